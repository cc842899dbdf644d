//! Messages on which the machine breaks. The pool takes none, so they come into it by the back door.

use std::sync::{Arc, mpsc};
use std::thread::{scope, sleep};
use std::time::Duration;

use devnet::pool::refusal::Refusal;
use devnet::pool::{Change, Checked, Pool, SenderFacts, check_syntax};
use fvm_harness::{atto, fil};
use fvm_shared::message::Message;
use lotus::message::{Signature, SignatureType, SignedMessage};
use serde_json::json;

use super::mpool::{payment, pending, sign};
use super::payer::{Payer, bob, link};
use super::setup::Dev;

/// Longer than a call takes.
const MOMENT: Duration = Duration::from_millis(200);

/// A message of the faucet without gas, which breaks the machine.
fn breaking(nonce: u64) -> SignedMessage {
    let payer = Payer::faucet();
    payer.sign(Message { gas_limit: 0, ..payer.pay(nonce, bob(), fil(1)) })
}

/// Takes a message that breaks the machine in the place of another.
fn take_breaking(
    pool: &mut Pool,
    message: Checked,
    _: Option<&SenderFacts>,
) -> Result<Change, Refusal> {
    let nonce = message.signed().message.sequence;
    Ok(pool.restore([breaking(nonce)]).unwrap().remove(0))
}

fn checked(message: Message) -> Checked {
    check_syntax(Payer::faucet().sign(message)).unwrap()
}

#[test]
fn a_message_on_which_the_machine_breaks_stops_nobody_else() {
    let (dev, payer) = (Dev::instant(), Payer::faucet());
    let ann = dev.account("bls");
    let nonce = dev.node().next_nonce(&payer.address()).unwrap().unwrap();
    let after_it = payer.sign(payer.pay(nonce + 1, bob(), fil(1)));
    dev.node().pool().restore([breaking(nonce), after_it]).unwrap();
    dev.ask("MpoolPush", json!([sign(&dev, &payment(&ann, 0))]));
    assert_eq!(dev.ask("MpoolGetNonce", json!([ann])), json!(1));
    assert_eq!(pending(&dev), [nonce + 1], "it waits for another with the nonce");
    payer.push(&dev, payer.pay(nonce, bob(), fil(1)));
    assert!(pending(&dev).is_empty());
}

#[test]
fn who_sent_it_is_told_whoever_meets_it() {
    let (dev, payer) = (Dev::instant(), Payer::faucet());
    let payments = [(); 5].map(|()| sign(&dev, &payment(&dev.account("bls"), 0)));
    let nonce = dev.node().next_nonce(&payer.address()).unwrap().unwrap();
    let (node, (begun, begins)) = (dev.node(), mpsc::channel());
    let told = scope(|scope| {
        // Until all wait for the chain.
        scope.spawn(|| {
            node.intervene(|_| {
                begun.send(()).unwrap();
                while node.pool().len() <= payments.len() {
                    sleep(Duration::from_millis(1));
                }
                Ok(())
            })
        });
        begins.recv().unwrap();
        for paid in &payments {
            let dev = &dev;
            scope.spawn(move || dev.ask("MpoolPush", json!([paid])));
        }
        node.admit(checked(payer.pay(nonce, bob(), fil(1))), take_breaking)
    });
    let cid = breaking(nonce).cid().unwrap();
    let told = told.unwrap_err().to_string();
    assert!(told.starts_with(&format!("the machine breaks on the message {cid}: ")), "{told}");
    assert!(pending(&dev).is_empty());
}

#[test]
fn who_waits_for_it_is_told() {
    let (dev, payer) = (Dev::manual(), Payer::faucet());
    let cid = dev.node().admit(checked(payer.pay(0, bob(), fil(1))), take_breaking).unwrap();
    let wait = || dev.refused("StateWaitMsg", json!([link(&cid), 0, -1, true])).1;
    scope(|scope| {
        let waiting = scope.spawn(wait);
        sleep(MOMENT);
        dev.node().mine().unwrap();
        let told = waiting.join().unwrap();
        assert!(told.starts_with(&format!("the machine breaks on the message {cid}: ")), "{told}");
        assert_eq!(wait(), told, "also who comes later");
    });
}

#[test]
fn what_cannot_be_written_after_it_ran_is_dropped_too() {
    let (dev, payer) = (Dev::manual(), Payer::faucet());
    for kind in [SignatureType::BLS, SignatureType::Delegated] {
        let signature = Signature::new(kind, vec![7; 96]);
        let message = payer.pay(0, bob(), fil(1));
        dev.node().pool().restore([SignedMessage { message, signature }]).unwrap();
        dev.node().mine().unwrap();
        assert!(pending(&dev).is_empty());
        assert_eq!(dev.node().next_nonce(&payer.address()).unwrap(), Some(0));
    }
}

#[test]
fn time_passes_all_the_same() {
    let dev = Dev::manual();
    dev.node().pool().restore([breaking(0)]).unwrap();
    dev.node().advance(10).unwrap();
    assert_eq!(dev.node().head().height(), 10);
}

#[test]
fn its_name_is_free_again() {
    let dev = Dev::manual();
    let named = json!([{ "From": dev.faucet(), "To": "t01" }, { "MsgUuid": "1" }]);
    dev.node().pool().restore([breaking(0)]).unwrap();
    dev.node().db().queue(Arc::new(breaking(0)), Some("1"), vec![]);
    assert_eq!(dev.ask("MpoolPushMessage", named.clone())["Message"]["GasLimit"], 0);
    dev.node().mine().unwrap();
    assert!(pending(&dev).is_empty());
    assert_ne!(dev.ask("MpoolPushMessage", named)["Message"]["GasLimit"], 0);
    assert_eq!(pending(&dev), [0]);
}

#[test]
fn what_replaces_it_meanwhile_is_not_dropped_with_it() {
    let (dev, payer) = (Dev::manual(), Payer::faucet());
    let node = dev.node();
    for nonce in 0..40 {
        node.pool().restore([breaking(nonce)]).unwrap();
        let premium = atto(500);
        let better = Message { gas_premium: premium, ..payer.pay(nonce, bob(), fil(1)) };
        let cid = scope(|scope| {
            scope.spawn(|| node.mine().unwrap());
            node.push(checked(better)).unwrap()
        });
        node.mine().unwrap();
        assert!(node.db().placement(&cid).unwrap().is_some());
    }
}
