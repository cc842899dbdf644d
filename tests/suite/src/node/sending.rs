//! Messages that the node numbers and signs for its clients.

use std::collections::BTreeSet;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use fvm_harness::fil;
use fvm_shared::address::Address;
use lotus::json::Addr;
use serde_json::{Value, json};

use super::mpool::{nonces, payment, pending, with};
use super::payer::{Payer, bob};
use super::setup::Dev;

#[test]
fn the_node_numbers_and_signs_what_it_is_asked_to_send() {
    let dev = Dev::manual();
    let ann = dev.account("bls");
    let id = dev.node().view_after(&dev.node().head());
    let id = id.resolve(&lotus::json::parse_address(&ann).unwrap()).unwrap().unwrap();
    let message = json!({ "From": format!("t0{id}"), "To": "t01", "Value": "1" });
    let signed = dev.ask("MpoolPushMessage", json!([message, null]));
    assert_eq!(signed["Message"]["From"], *ann, "the address of the key");
    assert_eq!(dev.ask("MpoolBatchPushMessage", json!([[], null])), Value::Null);
    let batch = dev.ask("MpoolBatchPushMessage", json!([[message, message], null]));
    assert_eq!(nonces(&batch), [1, 2]);
    assert_eq!(pending(&dev), [0, 1, 2]);
    dev.node().mine().unwrap();
    assert!(pending(&dev).is_empty());
    assert_eq!(dev.ask("MpoolGetNonce", json!([format!("t0{id}")])), json!(3));
}

#[test]
fn a_message_of_one_name_is_sent_once() {
    let dev = Dev::instant();
    let ann = dev.account("secp256k1");
    let send = |id: &str| {
        let message = json!({ "From": ann, "To": "t01" });
        dev.ask("MpoolPushMessage", json!([message, { "MsgUuid": id }]))["Message"]["Nonce"].clone()
    };
    let name = "f7c4c1a9-5e7e-4f6e-9a57-0f8b0f8a5b3d";
    let none = "00000000-0000-0000-0000-000000000000";
    assert_eq!([send(name), send(name), send(none), send(none)], [0, 0, 1, 2]);
}

#[test]
fn a_name_outlasts_a_stop_and_goes_with_its_message() {
    let mut dev = Dev::kept();
    let ann = dev.account("bls");
    let send = |dev: &Dev| {
        let message = json!({ "From": ann, "To": "t01" });
        dev.ask("MpoolPushMessage", json!([message, { "MsgUuid": "1" }]))
    };
    let sent = send(&dev);
    dev.restart();
    assert_eq!(send(&dev), sent);
    dev.node().mine().unwrap();
    dev.ask("MpoolClear", json!([true]));
    assert_eq!(send(&dev), sent, "it is on the chain");
    dev.node().revert(dev.node().head().height() - 1).unwrap();
    assert!(pending(&dev).is_empty());
    assert_eq!(send(&dev)["Message"]["Nonce"], 0);
    assert_eq!(pending(&dev), [0], "what is gone is sent anew");
    dev.ask("MpoolClear", json!([true]));
    send(&dev);
    assert_eq!(pending(&dev), [0]);
}

#[test]
fn what_the_node_cannot_send_it_refuses_in_the_words_of_lotus() {
    let dev = Dev::manual();
    let ann = dev.account("secp256k1");
    let refused = |fields: Value| {
        dev.refused("MpoolPushMessage", json!([with(payment(&ann, 0), fields), null])).1
    };
    assert_eq!(
        refused(json!({ "Nonce": 3 })),
        "MpoolPushMessage expects message nonce to be 0, was 3"
    );
    assert_eq!(
        refused(json!({ "From": "t0999999" })),
        "getting key address: failed to find actor: t0999999"
    );
    assert_eq!(
        refused(json!({ "From": Addr(Address::new_actor(b"actor")).to_string() })),
        "getting key address: cannot resolve actor address to key address"
    );
    assert_eq!(
        refused(json!({ "Value": "10000000000000000000" })),
        "mpool push: not enough funds: 10000000000000000000 < 10000002000000000000"
    );
    let nobody = dev.ask("WalletNew", json!(["bls"]));
    assert_eq!(
        refused(json!({ "From": nobody, "Value": "0", "GasFeeCap": "1", "GasPremium": "1" })),
        "mpool push: not enough funds: 0 < 10000000"
    );
    assert_eq!(
        refused(json!({ "GasLimit": 1_000 })).split(": verify").next().unwrap(),
        "mpool push: failed to push message"
    );
    dev.ask("WalletDelete", json!([ann]));
    assert_eq!(
        refused(json!({})),
        format!("failed to sign message: key not found for {ann}, addr={ann}")
    );
    assert!(pending(&dev).is_empty());
}

#[test]
fn no_two_messages_take_one_nonce() {
    const THREADS: u64 = 16;
    const EACH: u64 = 6;
    for dev in [Dev::manual(), Dev::instant()] {
        let ann = dev.account("secp256k1");
        let send = || -> Vec<u64> {
            let message = with(payment(&ann, 0), json!({ "GasLimit": 2_000_000 }));
            let sent = (0..EACH).map(|_| dev.ask("MpoolPushMessage", json!([message, null])));
            sent.map(|sent| sent["Message"]["Nonce"].as_u64().unwrap()).collect()
        };
        let taken: Vec<u64> = thread::scope(|scope| {
            let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(send)).collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        let distinct: BTreeSet<_> = taken.iter().copied().collect();
        assert!(distinct.iter().copied().eq(0..THREADS * EACH), "{taken:?}");
        dev.node().mine().unwrap();
        assert!(pending(&dev).is_empty());
        assert_eq!(dev.ask("MpoolGetNonce", json!([ann])), json!(THREADS * EACH));
    }
}

#[test]
fn no_two_who_act_as_one_at_a_time_take_one_nonce() {
    let dev = Dev::manual();
    let (node, (begun, begins)) = (dev.node(), mpsc::channel());
    let paid = Payer::faucet().pay(0, bob(), fil(1));
    let acted: BTreeSet<_> = thread::scope(|scope| {
        scope.spawn(|| {
            node.intervene(|_| {
                begun.send(()).unwrap();
                // Until all wait for the chain.
                thread::sleep(Duration::from_millis(200));
                Ok(())
            })
        });
        begins.recv().unwrap();
        let threads = [(); 3].map(|()| scope.spawn(|| node.act_as(paid.clone()).unwrap()));
        threads.map(|thread| thread.join().unwrap()).into()
    });
    assert_eq!(acted.len(), 3);
    assert!(acted.iter().all(|cid| node.lookup(cid).unwrap().is_some()));
}
