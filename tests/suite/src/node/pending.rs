//! Messages that wait, over stops and failures.

use std::sync::Arc;
use std::thread;

use devnet::chain::Settings;
use devnet::db::Db;
use devnet::node::{Mining, Node};
use devnet::pool::check_syntax;
use devnet::wallet::Wallet;
use fvm_harness::{TokenAmount, atto, fil};
use fvm_shared::message::Message;
use lotus::auth::Secret;
use lotus::cid_of;
use lotus::json::parse_address;
use lotus::message::SignedMessage;
use serde_json::json;

use super::disk::Disk;
use super::mpool::{payment, pending, sign, with};
use super::payer::{Payer, bob};
use super::setup::Dev;

/// The same call, at fees that let it take the place of the first.
fn replacement(message: &Message) -> Message {
    Message { gas_premium: &message.gas_premium * 2, ..message.clone() }
}

/// A node that is not served. Its base fee follows demand, or is fixed.
pub fn node_on(disk: &Disk, mining: Mining, base_fee: Option<TokenAmount>) -> Node {
    let db = Arc::new(Db::on(disk.clone()).unwrap());
    let chain = Settings { name: "pending".into(), genesis_time: 0, base_fee, import: None };
    let secret = Arc::new(Secret::generate().unwrap());
    let actors = fab::actors().unwrap();
    Node::open(db, actors, &chain, mining, 1, Wallet::default(), secret).unwrap()
}

fn manual(disk: &Disk) -> Node {
    node_on(disk, Mining::OnDemand, Some(atto(100)))
}

fn payments(count: u64) -> Vec<SignedMessage> {
    let payer = Payer::faucet();
    (0..count).map(|nonce| payer.sign(payer.pay(nonce, bob(), fil(1)))).collect()
}

#[test]
fn messages_wait_in_their_order_over_a_stop() {
    let mut dev = Dev::kept();
    let (ann, payer) = (dev.account("bls"), Payer::faucet());
    let first = dev.node().next_nonce(&payer.address()).unwrap().unwrap();
    let replaced = payer.pay(first, bob(), fil(1));
    payer.push(&dev, replaced.clone());
    dev.ask("MpoolPush", json!([sign(&dev, &payment(&ann, 0))]));
    payer.push(&dev, replacement(&replaced));
    dev.ask("MpoolPush", json!([sign(&dev, &payment(&ann, 2))]));
    let waiting = dev.ask("MpoolPending", json!([[]]));
    let next = dev.ask("MpoolSelect", json!([[], 1.0]));
    dev.restart();
    assert_eq!(dev.ask("MpoolPending", json!([[]])), waiting);
    assert_eq!(dev.ask("MpoolSelect", json!([[], 1.0])), next);
    dev.node().mine().unwrap();
    dev.restart();
    assert_eq!(pending(&dev), [2], "the nonces of the others are used");
}

#[test]
fn a_message_that_waits_for_funds_waits_over_a_stop() {
    let mut dev = Dev::kept();
    let ann = dev.account("secp256k1");
    let gift = with(payment(&ann, 0), json!({ "Value": fil(9).atto().to_string() }));
    let gas = json!({ "GasFeeCap": atto(200_000_000_000).atto().to_string() });
    for message in [gift, with(payment(&ann, 1), gas)] {
        dev.ask("MpoolPush", json!([sign(&dev, &message)]));
    }
    dev.node().mine().unwrap();
    dev.restart();
    assert_eq!(pending(&dev), [1], "two FIL of gas, where one is left");
    dev.node().fund(parse_address(&ann).unwrap(), fil(2)).unwrap();
    dev.node().mine().unwrap();
    assert!(pending(&dev).is_empty());
}

#[test]
fn messages_that_were_removed_stay_removed() {
    let (mut dev, payer) = (Dev::kept(), Payer::faucet());
    payer.push(&dev, payer.pay(0, bob(), fil(1)));
    dev.ask("MpoolClear", json!([true]));
    dev.restart();
    assert!(pending(&dev).is_empty());
    payer.push(&dev, payer.pay(0, bob(), fil(1)));
    dev.node().mine().unwrap();
    payer.push(&dev, payer.pay(1, bob(), fil(1)));
    dev.node().revert(0).unwrap();
    dev.restart();
    assert!(pending(&dev).is_empty());
}

#[test]
fn one_write_serves_all_who_wait_for_it() {
    let disk = Disk::default();
    let db = Db::on(disk.clone()).unwrap();
    let messages = payments(50);
    let queue = |message: &SignedMessage| db.queue(Arc::new(message.clone()), None, vec![]);
    let queued: Vec<_> = messages.iter().map(queue).collect();
    db.flush(queued[49]).unwrap();
    disk.fail_after(0);
    for earlier in queued {
        db.flush(earlier).unwrap();
    }
    let kept = Db::on(disk.after_power_loss(1)).unwrap();
    assert_eq!(kept.pending().unwrap(), messages);
}

#[test]
fn a_message_that_cannot_be_kept_is_not_taken() {
    let (disk, payer) = (Disk::default(), Payer::faucet());
    let node = manual(&disk);
    let push = |message: Message| node.push(check_syntax(payer.sign(message)).unwrap());
    let first = payer.pay(0, bob(), fil(1));
    let cid = push(first.clone()).unwrap();
    disk.fail_after(0);
    for refused in [payer.pay(1, bob(), fil(1)), replacement(&first)] {
        let error = format!("{:#}", push(refused).unwrap_err());
        assert!(error.starts_with("the message cannot be kept: "), "{error}");
        assert!(error.contains("start the node again"), "{error}");
    }
    node.clear_pool(false).unwrap();
    for node in [node, manual(&disk.after_power_loss(1))] {
        let pool = node.pool();
        assert_eq!((pool.len(), pool.message(&cid).is_some()), (1, true));
    }
}

#[test]
fn a_message_that_is_replaced_is_known_by_both_its_cids() {
    let (dev, payer) = (Dev::manual(), Payer::faucet());
    let first = payer.pay(0, bob(), fil(1));
    let cid = payer.push(&dev, first.clone());
    payer.push(&dev, replacement(&first));
    let unsigned = cid_of(&fvm_ipld_encoding::to_vec(&first).unwrap());
    for cid in [cid, unsigned] {
        assert_eq!(dev.node().message(&cid).unwrap().message, first);
    }
}

#[test]
fn what_comes_too_late_to_replace_a_message_is_known() {
    let (dev, payer) = (Dev::manual(), Payer::faucet());
    let node = dev.node();
    for nonce in 0..40 {
        let first = payer.pay(nonce, bob(), fil(1));
        payer.push(&dev, first.clone());
        let second = check_syntax(payer.sign(replacement(&first))).unwrap();
        let late = thread::scope(|scope| {
            let mining = scope.spawn(|| node.mine().unwrap());
            let late = node.push(second);
            mining.join().unwrap();
            late
        });
        match late {
            Ok(cid) => assert_eq!(node.message(&cid).unwrap().message, replacement(&first)),
            Err(refused) => assert!(refused.to_string().contains("minimum expected nonce")),
        }
        assert!(node.pool().is_empty());
    }
}
