//! A transaction from the wallet to the log.

use devnet::db::Batch;
use fvm_harness::fil;
use lotus::eth::EthAddress;
use serde_json::{Value, json};
use shared::token::erc20;

use super::wallet::{TRANSFER, World, calldata, number, topic, transfer_to};
use crate::node::setup::Dev;

const BOB: EthAddress = EthAddress([0xb0; 20]);

#[test]
fn a_wallet_spends_a_native_actors_token() {
    let world = World::new();
    let dev = &world.dev;
    assert_eq!(world.balance(world.address), fil(100));
    assert_eq!(dev.ask("eth_getTransactionCount", json!([world.address, "latest"])), "0x0");

    let hash = world.transfer(0, BOB, fil(30));
    assert_eq!((world.balance(world.address), world.balance(BOB)), (fil(70), fil(30)));
    assert_eq!(dev.ask("eth_getTransactionCount", json!([world.address, "latest"])), "0x1");
    assert_eq!(dev.ask("eth_getTransactionCount", json!([world.address, "pending"])), "0x1");

    let receipt = dev.ask("eth_getTransactionReceipt", json!([hash]));
    assert_eq!(receipt["status"], "0x1", "{receipt}");
    assert_eq!(receipt["from"], json!(world.address));
    assert_eq!(receipt["to"], json!(world.token));
    assert_eq!(receipt["contractAddress"], Value::Null);
    assert!(number(&receipt["gasUsed"]) > 1_000_000);
    let log = &receipt["logs"][0];
    assert_eq!(log["address"], json!(world.token));
    assert_eq!(log["topics"], json!([TRANSFER, topic(world.address), topic(BOB)]));
    assert_eq!(log["transactionHash"], hash);
    let paid = number(&receipt["effectiveGasPrice"]) * number(&receipt["gasUsed"]);
    let balance = dev.ask("eth_getBalance", json!([world.address, "latest"]));
    let spent = 10_000_000_000_000_000_000 - number(&balance);
    assert!(spent >= paid && spent - paid < number(&receipt["gasUsed"]), "{spent} for {paid}");
}

#[test]
fn blocks_transactions_and_receipts_agree() {
    let world = World::new();
    let dev = &world.dev;
    let hash = world.transfer(0, BOB, fil(1));
    let latest = dev.ask("eth_getBlockByNumber", json!(["latest", false]));
    assert_eq!(latest["transactions"], json!([hash]));
    assert_eq!(latest["number"], dev.ask("eth_blockNumber", json!([])));
    assert_eq!(dev.ask("eth_getBlockByNumber", json!([latest["number"], false])), latest);
    assert_eq!(dev.ask("eth_getBlockByHash", json!([latest["hash"], false])), latest);

    let tx = dev.ask("eth_getTransactionByHash", json!([hash]));
    let block = dev.ask("eth_getBlockByHash", json!([latest["hash"], true]));
    assert_eq!(block["transactions"], json!([tx]));
    assert_eq!((&tx["blockHash"], &tx["blockNumber"]), (&latest["hash"], &latest["number"]));
    assert_eq!(
        tx["input"],
        json!(calldata(&erc20::Call::Transfer { to: erc20::EthAddress(BOB.0), amount: fil(1) }))
    );
    for (method, name) in [
        ("eth_getTransactionByBlockHashAndIndex", &latest["hash"]),
        ("eth_getTransactionByBlockNumberAndIndex", &latest["number"]),
    ] {
        assert_eq!(dev.ask(method, json!([name, "0x0"])), tx);
        let (_, words) = dev.refused(method, json!([name, "0x1"]));
        assert_eq!(words, "index 1 out of range: tipset contains 1 messages");
    }
    let count = dev.ask("eth_getBlockTransactionCountByNumber", json!([latest["number"]]));
    assert_eq!(count, "0x1");
    let count = dev.ask("eth_getBlockTransactionCountByHash", json!([latest["hash"]]));
    assert_eq!(count, "0x1");

    let receipt = dev.ask("eth_getTransactionReceipt", json!([hash]));
    assert_eq!(dev.ask("eth_getBlockReceipts", json!([latest["number"]])), json!([receipt]));
    assert_eq!(receipt["blockHash"], latest["hash"]);
    assert_eq!(receipt["gasUsed"], latest["gasUsed"]);
    assert_eq!(receipt["logsBloom"], latest["logsBloom"]);
    let parent = dev.ask("eth_getBlockByHash", json!([latest["parentHash"], false]));
    assert_eq!(number(&parent["number"]) + 1, number(&latest["number"]));

    let cid = dev.ask("EthGetMessageCidByTransactionHash", json!([hash]));
    assert_eq!(dev.ask("EthGetTransactionHashByCid", json!([cid])), hash);
}

#[test]
fn logs_are_found_by_address_and_topic() {
    let world = World::new();
    let dev = &world.dev;
    world.transfer(0, BOB, fil(1));
    let eve = EthAddress([0xee; 20]);
    world.transfer(1, eve, fil(2));
    let find = |spec: Value| dev.ask("eth_getLogs", json!([spec]));
    let all = find(json!({ "fromBlock": "0x1", "address": world.token, "topics": [TRANSFER] }));
    assert_eq!(all.as_array().unwrap().len(), 2, "{all}");
    let to_eve = json!([TRANSFER, null, [topic(eve), topic(world.token)]]);
    let found = find(json!({ "fromBlock": "earliest", "toBlock": "latest", "topics": to_eve }));
    assert_eq!(found, json!([all[1]]));
    let block = &all[0]["blockHash"];
    assert_eq!(find(json!({ "blockHash": block })), json!([all[0]]));
    assert_eq!(find(json!({ "fromBlock": "0x1", "address": [BOB] })), json!([]));

    let refused = |spec: Value| dev.refused("eth_getLogs", json!([spec]));
    let failed = "failed to get events for filter: ";
    let (_, words) = refused(json!({ "fromBlock": "pending" }));
    assert_eq!(words, format!("{failed}failed to parse eth filter spec: FromBlock is not a hex"));
    let (_, words) = refused(json!({ "fromBlock": "0x9999" }));
    assert_eq!(words, format!("{failed}events for the requested block are not yet available"));
    let (code, words) = refused(json!({ "fromBlock": "0x0", "toBlock": "0xb41" }));
    assert_eq!((code, words.as_str()), (-32005, "block range exceeds maximum of 2880 (got 2881)"));
}

#[test]
fn logs_of_several_tipsets_are_ten_thousand_at_most() {
    let world = World::new();
    let (dev, db) = (&world.dev, world.dev.node().db());
    (0..3).for_each(|nonce| drop(world.transfer(nonce, BOB, fil(1))));
    let find = |first: i64, last: i64| {
        let (from, to) = (format!("{first:#x}"), format!("{last:#x}"));
        json!([{ "fromBlock": from, "toBlock": to, "topics": [TRANSFER, null, topic(BOB)] }])
    };
    let ends = find(1, dev.node().head().height() - 1);
    let logs = dev.ask("eth_getLogs", ends);
    let height = |log: &Value| number(&log["blockNumber"]).cast_signed();
    let heights: Vec<_> = logs.as_array().unwrap().iter().map(height).collect();
    let [first, second, third] = heights[..] else { panic!("{heights:?}") };
    // As if the message had done so often what it did, or another message that is not there.
    let repeat = |height: i64, count: usize, message: u64| {
        let (_, events) = db.events(height, height).unwrap().unwrap();
        let event = events[0].1[0].clone();
        let events = [(height, vec![(message, vec![event; count])])].into();
        db.commit(&Batch { events, ..Batch::default() }).unwrap();
    };
    repeat(first, 9_999, 0);
    let count = |spec: Value| dev.ask("eth_getLogs", spec).as_array().unwrap().len();
    assert_eq!(count(find(first, second)), 10_000);
    repeat(first, 10_001, 0);
    assert_eq!(count(find(first, first)), 10_001);
    repeat(third, 1, 99);
    // The third tipset is not looked at any more.
    let (_, words) = dev.refused("eth_getLogs", find(first, third));
    assert!(words.ends_with("filter matches too many events, try a more restricted filter"));
}

#[test]
fn a_call_that_fails_says_why() {
    let world = World::new();
    let dev = &world.dev;
    let too_much = json!({
        "from": world.address,
        "to": world.token,
        "data": lotus::eth::EthBytes(transfer_to(BOB, fil(101))),
    });
    for method in ["eth_call", "eth_estimateGas"] {
        let (code, words) = dev.refused(method, json!([too_much, "latest"]));
        assert_eq!(code, 3, "{words}");
        assert!(words.starts_with("message execution failed (exit=[ErrInsufficientFunds(19)]"));
        assert!(words.contains("vm error=[message failed with backtrace:"), "{words}");
    }
    let nothing = dev.ask("eth_call", json!([{ "to": BOB, "data": "0x01" }, "latest"]));
    assert_eq!(nothing, "0x");
}

#[test]
fn what_is_estimated_is_enough() {
    let world = World::new();
    let dev = &world.dev;
    let call = json!({
        "from": world.address,
        "to": world.token,
        "data": lotus::eth::EthBytes(transfer_to(BOB, fil(1))),
    });
    let estimate = number(&dev.ask("eth_estimateGas", json!([call])));
    let hash = world.transfer(0, BOB, fil(1));
    let used = number(&dev.ask("eth_getTransactionReceipt", json!([hash]))["gasUsed"]);
    assert!((used..used * 3 / 2).contains(&estimate), "{estimate} for {used}");
    let anybody = json!({ "to": BOB, "value": "0x0" });
    assert!(number(&dev.ask("eth_estimateGas", json!([anybody, "latest"]))) > 500_000);
    let (_, words) = dev.refused("eth_estimateGas", json!([]));
    assert_eq!(words, "decoding params: expected 1 or 2 params, got 0");
}

#[test]
fn a_transaction_that_waits_has_no_block() {
    let world = World::on(Dev::manual());
    let dev = &world.dev;
    let hash = world.transfer(0, BOB, fil(1));
    let tx = dev.ask("eth_getTransactionByHash", json!([hash]));
    assert_eq!((&tx["hash"], &tx["blockHash"]), (&hash, &Value::Null));
    assert_eq!(dev.ask("eth_getTransactionReceipt", json!([hash])), Value::Null);
    assert_eq!(dev.ask("eth_getTransactionCount", json!([world.address, "pending"])), "0x1");
    let node = &dev.running.as_ref().unwrap().node;
    node.mine().unwrap();
    // Included, but the receipt comes with the next tipset.
    assert_eq!(dev.ask("eth_getTransactionReceipt", json!([hash])), Value::Null);
    node.mine().unwrap();
    assert_eq!(dev.ask("eth_getTransactionReceipt", json!([hash]))["status"], "0x1");
}

#[test]
fn a_transaction_that_cannot_be_taken_is_refused() {
    let world = World::new();
    let refused = |raw: Value| world.dev.refused("eth_sendRawTransaction", json!([raw])).1;
    assert_eq!(refused(json!("0x")), "empty data");
    assert_eq!(refused(json!("0x01")), "EIP-2930 transaction is not supported");
    world.transfer(0, BOB, fil(1));
    let again = world.signed(0, world.token, 0, transfer_to(BOB, fil(2)));
    assert_eq!(refused(json!(again)), "minimum expected nonce is 1, got 0: message nonce too low");
}
