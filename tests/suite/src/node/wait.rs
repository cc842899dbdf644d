//! Finding what became of messages, and waiting for it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{scope, sleep};
use std::time::Duration;

use devnet::api::DEEPENED;
use fvm_harness::{atto, fil};
use fvm_shared::message::Message;
use lotus::cid_of;
use serde_json::{Value, json};

use super::payer::{Payer, bob, link};
use super::setup::Dev;

/// Long enough for a call to have begun.
const MOMENT: Duration = Duration::from_millis(150);

/// The same call, at fees that let it take the place of the first.
fn replacement(message: &Message) -> Message {
    Message { gas_premium: &message.gas_premium * 2, ..message.clone() }
}

#[test]
fn a_message_is_found_in_the_tipset_that_has_its_receipt() {
    let (dev, payer) = (Dev::manual(), Payer::faucet());
    let cid = payer.push(&dev, payer.pay(0, bob(), fil(1)));
    let search = || dev.ask("StateSearchMsg", json!([[], link(&cid), -1, true]));
    assert_eq!(search(), Value::Null);
    dev.node().mine().unwrap();
    assert_eq!(search(), Value::Null);
    dev.node().advance(3).unwrap();
    let (head, found) = (dev.ask("ChainHead", json!([])), search());
    assert_eq!((&found["Message"], &found["Height"]), (&link(&cid), &json!(4)));
    assert_eq!(found["TipSet"], head["Cids"]);
    assert_eq!((&found["Receipt"]["ExitCode"], &found["ReturnDec"]), (&json!(0), &Value::Null));

    dev.node().mine().unwrap();
    let within = |limit: i64| dev.ask("StateSearchMsg", json!([[], link(&cid), limit, true]));
    assert_eq!((within(0), within(1)), (Value::Null, found.clone()));
    let genesis = dev.ask("ChainGetGenesis", json!([]));
    let from = json!([genesis["Cids"], link(&cid), -1, true]);
    assert_eq!(dev.ask("StateSearchMsg", from), Value::Null);
}

#[test]
fn a_wait_ends_when_the_message_is_executed() {
    let (dev, payer) = (Dev::manual(), Payer::faucet());
    let cid = payer.push(&dev, payer.pay(0, bob(), fil(1)));
    scope(|scope| {
        let wait = scope.spawn(|| dev.ask("StateWaitMsg", json!([link(&cid), 0, -1, true])));
        sleep(MOMENT);
        dev.node().mine().unwrap();
        sleep(MOMENT);
        assert!(!wait.is_finished(), "the receipt is not there yet");
        dev.node().mine().unwrap();
        assert_eq!(wait.join().unwrap()["Height"], 2);
    });
}

#[test]
fn a_wait_with_confidence_lets_so_many_epochs_pass() {
    let (dev, payer) = (Dev::manual(), Payer::faucet());
    let cid = payer.push(&dev, payer.pay(0, bob(), fil(1)));
    dev.node().mine().unwrap();
    dev.node().mine().unwrap();
    scope(|scope| {
        let wait = scope.spawn(|| dev.ask("StateWaitMsg", json!([link(&cid), 5, -1, true])));
        sleep(MOMENT);
        dev.node().advance(4).unwrap();
        sleep(MOMENT);
        assert!(!wait.is_finished(), "four epochs are not five");
        dev.node().mine().unwrap();
        assert_eq!(wait.join().unwrap()["Height"], 2);
    });
    let (_, words) = dev.refused("StateWaitMsg", json!([link(&cid), 901, -1, true]));
    assert_eq!(words, "message confidence exceeds maximum: 901 > 900");
}

#[test]
fn a_wait_outlasts_a_revert() {
    let (dev, payer) = (Dev::manual(), Payer::faucet());
    let cid = payer.push(&dev, payer.pay(0, bob(), fil(1)));
    dev.node().mine().unwrap();
    dev.node().mine().unwrap();
    scope(|scope| {
        let wait = scope.spawn(|| dev.ask("StateWaitMsg", json!([link(&cid), 3, -1, true])));
        sleep(MOMENT);
        dev.node().revert(0).unwrap();
        dev.node().advance(6).unwrap();
        sleep(MOMENT);
        assert!(!wait.is_finished(), "the message is not on the chain");
        payer.push(&dev, payer.pay(0, bob(), fil(1)));
        dev.node().mine().unwrap();
        dev.node().mine().unwrap();
        dev.node().advance(3).unwrap();
        assert_eq!(wait.join().unwrap()["Height"], 8);
    });
}

#[test]
fn a_node_that_mines_at_once_makes_some_epochs_for_who_waits_but_not_all() {
    let (dev, payer) = (Dev::instant(), Payer::faucet());
    let height_is = |height: i64| {
        while dev.node().head().height() != height {
            sleep(Duration::from_millis(1));
        }
    };
    let cid = payer.push(&dev, payer.pay(0, bob(), fil(1)));
    scope(|scope| {
        let params = json!([link(&cid), DEEPENED + 5, -1, true]);
        let wait = scope.spawn(|| dev.ask("StateWaitMsg", params));
        height_is(2 + DEEPENED);
        sleep(MOMENT);
        assert_eq!(dev.node().head().height(), 2 + DEEPENED, "no reader makes more");
        dev.node().revert(0).unwrap();
        payer.push(&dev, payer.pay(0, bob(), fil(1)));
        height_is(2 + DEEPENED);
        assert!(!wait.is_finished(), "nobody made the rest");
        dev.node().mine_some(5).unwrap();
        assert_eq!(wait.join().unwrap()["Height"], 2);
    });
}

#[test]
fn a_message_that_nobody_has_seen_is_not_waited_for() {
    let dev = Dev::manual();
    let missing = format!("failed to load message: ipld: could not find {}", cid_of(b"absent"));
    let absent = link(&cid_of(b"absent"));
    assert_eq!(dev.refused("StateWaitMsg", json!([absent, 0, -1, true])), (1, missing.clone()));
    assert_eq!(dev.refused("StateSearchMsg", json!([[], absent, -1, true])), (1, missing));
}

#[test]
fn what_replaced_a_message_counts_where_the_caller_says_so() {
    let (dev, payer) = (Dev::manual(), Payer::faucet());
    let message = payer.pay(0, bob(), fil(1));
    let first = payer.push(&dev, message.clone());
    let second = payer.push(&dev, replacement(&message));
    for _ in 0..3 {
        dev.node().mine().unwrap();
    }
    let search = |allowed: bool| json!([[], link(&first), -1, allowed]);
    let found = dev.ask("StateSearchMsg", search(true));
    assert_eq!((&found["Message"], &found["Height"]), (&link(&second), &json!(2)));
    assert_eq!(dev.ask("StateSearchMsg", search(false)), Value::Null);
    let wait = |allowed: bool| json!([link(&first), 0, -1, allowed]);
    assert_eq!(dev.ask("StateWaitMsg", wait(true)), found);
    let (_, words) = dev.refused("StateWaitMsg", wait(false));
    let why = "message was replaced: found message with equal nonce as the one we are looking for";
    assert_eq!(words, format!("{why} (F:{first} n 0, TS: {second} n0)"));
}

#[test]
fn another_call_in_the_place_of_a_message_is_no_replacement() {
    let (dev, payer) = (Dev::manual(), Payer::faucet());
    let message = payer.pay(0, bob(), fil(1));
    let first = payer.push(&dev, message.clone());
    scope(|scope| {
        let params = json!([link(&first), 0, -1, true]);
        let wait = scope.spawn(|| dev.refused("StateWaitMsg", params));
        sleep(MOMENT);
        payer.push(&dev, Message { value: atto(1), ..replacement(&message) });
        dev.node().mine().unwrap();
        let (_, words) = wait.join().unwrap();
        assert!(words.contains("that is NOT a valid replacement message"), "{words}");
    });
    let (_, words) = dev.refused("StateSearchMsg", json!([[], link(&first), -1, true]));
    assert!(words.starts_with("found message with equal nonce"), "{words}");
    let not_allowed = json!([[], link(&first), -1, false]);
    assert_eq!(dev.ask("StateSearchMsg", not_allowed), Value::Null);
}

#[test]
fn the_older_face_asks_for_less() {
    let (mut dev, payer) = (Dev::instant(), Payer::faucet());
    let cid = link(&payer.push(&dev, payer.pay(0, bob(), fil(1))));
    let found = dev.ask("StateSearchMsg", json!([[], cid, -1, true]));
    dev.url = dev.url.replace("v1", "v0");
    assert_eq!(dev.ask("StateSearchMsg", json!([cid])), found);
    assert_eq!(dev.ask("StateSearchMsgLimited", json!([cid, 0])), found);
    assert_eq!(dev.ask("StateWaitMsg", json!([cid, 0])), found);
    assert_eq!(dev.ask("StateWaitMsgLimited", json!([cid, 0, -1])), found);
    assert_eq!(dev.ask("StateGetReceipt", json!([cid, []])), found["Receipt"]);
}

#[test]
fn many_wait_at_once_while_tipsets_come() {
    let (dev, payer) = (Dev::manual(), Payer::faucet());
    let cids: Vec<_> = (0..200).map(|n| payer.push(&dev, payer.pay(n, bob(), atto(1)))).collect();
    let done = AtomicBool::new(false);
    scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                dev.node().mine().unwrap();
            }
        });
        let waits: Vec<_> = cids
            .iter()
            .map(|cid| {
                let params = json!([link(cid), 1, -1, true]);
                let dev = &dev;
                scope.spawn(move || dev.ask("StateWaitMsg", params))
            })
            .collect();
        for (wait, cid) in waits.into_iter().zip(&cids) {
            assert_eq!(wait.join().unwrap()["Message"], link(cid));
        }
        done.store(true, Ordering::Relaxed);
    });
}
