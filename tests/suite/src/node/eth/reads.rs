//! What wallets ask before they do anything.

use fvm_harness::{CHAIN_ID, fil};
use fvm_ipld_encoding::to_vec;
use lotus::cid_of;
use lotus::eth::EthAddress;
use lotus::eth::transaction::hash_of;
use serde_json::{Value, json};

use super::wallet::{World, number};
use crate::node::payer::{Payer, bob, link};
use crate::node::setup::Dev;

const BOB: EthAddress = EthAddress([0xb0; 20]);

#[test]
fn a_wallet_knows_the_network_at_once() {
    let dev = Dev::instant();
    for (method, answer) in [
        ("eth_chainId", json!("0x1df5e76")),
        ("net_version", json!("31415926")),
        ("net_listening", json!(true)),
        ("eth_protocolVersion", json!("0x1c")),
        ("eth_syncing", json!(false)),
        ("eth_accounts", json!([])),
        ("eth_blockNumber", json!("0x0")),
        ("eth_maxPriorityFeePerGas", json!("0x30d40")),
        ("eth_gasPrice", json!("0x30da4")),
        ("eth_baseFee", json!("0x64")),
    ] {
        assert_eq!(dev.ask(method, json!([])), answer, "{method}");
    }
    assert!(dev.ask("web3_clientVersion", json!([])).as_str().unwrap().starts_with("fab/"));
    let genesis = dev.ask("eth_getBlockByNumber", json!(["latest", false]));
    assert_eq!((&genesis["number"], &genesis["transactions"]), (&json!("0x0"), &json!([])));
    assert_eq!(dev.ask("eth_getBalance", json!([BOB, "latest"])), "0x0");
}

#[test]
fn a_block_is_named_in_many_ways() {
    let world = World::new();
    let dev = &world.dev;
    world.transfer(0, BOB, fil(1));
    let latest = dev.ask("eth_getBlockByNumber", json!(["latest", false]));
    let balance = |block: Value| dev.ask("eth_getBalance", json!([world.address, block]));
    let now = balance(json!("latest"));
    for name in [
        latest["number"].clone(),
        latest["hash"].clone(),
        json!({ "blockHash": latest["hash"], "requireCanonical": true }),
        json!({ "blockNumber": latest["number"] }),
        json!("pending"),
    ] {
        assert_eq!(balance(name), now);
    }
    assert_eq!(balance(json!("safe")), "0x0");
    let before = number(&latest["number"]) - 1;
    assert!(number(&balance(json!(format!("{before:#x}")))) > number(&now));

    let refused = |block: &str| dev.refused("eth_getBlockByNumber", json!([block, false])).1;
    assert_eq!(refused("0x9999"), "requested a future epoch (beyond 'latest')");
    assert_eq!(refused("earliest"), "block param \"earliest\" is not supported");
    assert!(refused("nonsense").starts_with("failed to parse block number: "));
    let (_, words) = dev.refused("eth_getBalance", json!([BOB, null]));
    assert_eq!(words, "invalid block param");
    let (code, words) = dev.refused("eth_call", json!([{ "to": BOB }, 7]));
    let why = "json: cannot unmarshal number into Go value of type string";
    let kind = "(param: *ethtypes.EthBlockNumberOrHash)";
    assert_eq!(
        (code, words),
        (-32700, format!("unmarshaling params for 'eth_call' {kind}: {why}"))
    );
    let (_, words) = dev.refused("eth_getBlockByHash", json!([format!("0x{:064}", 7), false]));
    assert!(
        words.starts_with("failed to get tipset by hash: cannot find tipset with cid bafy2bza")
    );
}

#[test]
fn a_null_round_is_no_block() {
    let dev = Dev::instant();
    let node = &dev.running.as_ref().unwrap().node;
    node.advance(1).unwrap();
    node.advance(3).unwrap();
    node.advance(1).unwrap();
    assert_eq!(dev.ask("eth_blockNumber", json!([])), "0x4");
    let (code, words) = dev.refused("eth_getBlockByNumber", json!(["0x2", false]));
    assert_eq!((code, words.as_str()), (12, "requested epoch was a null round (2)"));
    assert_eq!(dev.ask("eth_getBalance", json!([BOB, "0x2"])), "0x0");
}

#[test]
fn fees_are_told_block_by_block() {
    let world = World::new();
    world.transfer(0, BOB, fil(1));
    let history = world.dev.ask("eth_feeHistory", json!(["0x2", "latest", [10.0, 90.0]]));
    assert_eq!(history["baseFeePerGas"], json!(["0x64", "0x64", "0x64"]));
    let latest = world.dev.ask("eth_blockNumber", json!([]));
    assert_eq!(number(&history["oldestBlock"]) + 1, number(&latest));
    assert_eq!(history["reward"], json!([["0x186a0", "0x186a0"], ["0x30d40", "0x30d40"]]));
    let ratios = history["gasUsedRatio"].as_array().unwrap();
    assert!(ratios[0] == 0.0 && ratios[1].as_f64().unwrap() > 0.0, "{ratios:?}");
    let history = world.dev.ask("eth_feeHistory", json!([1, "latest"]));
    assert_eq!(history.get("reward"), None);
    let (_, words) = world.dev.refused("eth_feeHistory", json!(["0x401", "latest"]));
    assert_eq!(words, "block count should be smaller than 1024");
}

#[test]
fn addresses_of_both_worlds_name_one_actor() {
    let world = World::new();
    let dev = &world.dev;
    let filecoin = dev.ask("EthAddressToFilecoinAddress", json!([world.address]));
    assert!(filecoin.as_str().unwrap().starts_with("t410f"));
    assert_eq!(dev.ask("FilecoinAddressToEthAddress", json!([filecoin])), json!(world.address));
    let id = dev.ask("EthAddressToFilecoinAddress", json!([world.token]));
    assert_eq!(dev.ask("FilecoinAddressToEthAddress", json!([id])), json!(world.token));
    let faucet = fvm_harness::Key::secp256k1("faucet").address().unwrap().to_string();
    let masked = dev.ask("FilecoinAddressToEthAddress", json!([faucet, "latest"]));
    assert_eq!(masked, json!(EthAddress::masked(100)));
}

#[test]
fn an_actor_that_is_no_contract_has_no_code() {
    let world = World::new();
    for address in [world.token, world.address, BOB] {
        assert_eq!(world.dev.ask("eth_getCode", json!([address, "latest"])), "0x");
        let slot = world.dev.ask("eth_getStorageAt", json!([address, "0x0", "latest"]));
        assert_eq!(slot, json!(format!("0x{}", "0".repeat(64))));
    }
    let long = format!("0x{}", "1".repeat(66));
    let (_, words) = world.dev.refused("eth_getStorageAt", json!([BOB, long, "latest"]));
    assert_eq!(words, "supplied storage key is too long");
}

#[test]
fn a_message_that_waits_has_a_hash_by_its_own_cid() {
    let (dev, payer) = (Dev::manual(), Payer::faucet());
    let message = payer.pay(0, bob(), fil(1));
    let cid = payer.push(&dev, message.clone());
    let hash = |cid: &cid::Cid| dev.ask("EthGetTransactionHashByCid", json!([link(cid)]));
    assert_eq!(hash(&cid), json!(hash_of(&payer.sign(message.clone()), CHAIN_ID).unwrap()));
    assert_eq!(hash(&cid_of(&to_vec(&message).unwrap())), Value::Null);
    let found = dev.ask("EthGetMessageCidByTransactionHash", json!([hash(&cid)]));
    assert_eq!(found, link(&cid));
}
