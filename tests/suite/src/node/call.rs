//! Running messages to see what they would do, or did.

use fvm_harness::{atto, fil};
use fvm_ipld_encoding::from_slice;
use fvm_shared::address::Address;
use lotus::json::Addr;
use serde_json::{Value, json};

use super::payer::{Payer, bob, link};
use super::setup::Dev;

/// `PubkeyAddress` of an account.
const PUBKEY_ADDRESS: u64 = 2;

fn call(dev: &Dev, message: Value) -> Value {
    dev.ask("StateCall", json!([message, []]))
}

#[test]
fn anybody_may_be_the_sender_of_a_call() {
    let (dev, payer) = (Dev::manual(), Payer::faucet());
    let to = Addr(payer.address()).to_string();
    let asked = call(&dev, json!({ "From": "t00", "To": to, "Method": PUBKEY_ADDRESS }));
    let returned = asked["MsgRct"]["Return"].as_str().unwrap();
    let bytes = data_encoding::BASE64.decode(returned.as_bytes()).unwrap();
    assert_eq!(from_slice::<Address>(&bytes).unwrap(), payer.address());
    assert_eq!((&asked["Error"], &asked["MsgRct"]["ExitCode"]), (&json!(""), &json!(0)));
    assert_eq!(
        (&asked["GasCost"]["Message"], &asked["GasCost"]["TotalCost"]),
        (&Value::Null, &json!("0"))
    );
    let trace = &asked["ExecutionTrace"];
    assert_eq!((&trace["Msg"]["From"], &trace["Msg"]["To"]), (&json!("t00"), &json!(to)));
    assert_eq!(trace["MsgRct"]["Return"], json!(returned));
    // CBOR, or DAG-CBOR: actors reply by either.
    assert!([0x51, 0x71].map(|codec| json!(codec)).contains(&trace["MsgRct"]["ReturnCodec"]));
    assert_eq!((&trace["InvokedActor"]["Id"], &trace["Subcalls"]), (&json!(100), &Value::Null));
    assert!(trace["GasCharges"].as_array().unwrap().len() > 1, "{trace}");
}

#[test]
fn a_call_that_fails_says_why() {
    let (dev, payer) = (Dev::manual(), Payer::faucet());
    let to = Addr(payer.address()).to_string();
    let failed = call(&dev, json!({ "From": "t00", "To": to, "Method": 99 }));
    assert_eq!(failed["MsgRct"]["ExitCode"], 22);
    let error = failed["Error"].as_str().unwrap();
    let start = "message failed with backtrace:\n00: f0100 (method 99) -- ";
    assert!(error.starts_with(start) && error.ends_with("(22)\n (RetCode=22)"), "{error}");

    let poor = json!({ "From": to, "To": "t01", "Value": fil(2_000_000_000).atto().to_string() });
    let poor = call(&dev, poor);
    assert_eq!(poor["MsgRct"]["ExitCode"], 6);
    assert_eq!(poor["ExecutionTrace"]["MsgRct"]["ExitCode"], 6);
    let nowhere = call(&dev, json!({ "From": to, "To": "t09999999", "Method": 0 }));
    assert_eq!(nowhere["MsgRct"]["ExitCode"], 5);
}

#[test]
fn a_call_needs_a_sender_that_exists() {
    let dev = Dev::manual();
    let refused = |message: Value| dev.refused("StateCall", json!([message, []]));
    let undefined = "getting sender actor: GetActor called on undefined address";
    assert_eq!(refused(json!({ "To": "t01" })), (1, undefined.into()));
    let absent = Addr(bob()).to_string();
    let words = format!("sender {absent} not found on chain: sender validation failed");
    assert_eq!(refused(json!({ "From": absent, "To": "t01" })), (1, words));
}

#[test]
fn a_call_comes_after_its_senders_messages_in_the_tipset() {
    let (dev, payer) = (Dev::manual(), Payer::faucet());
    payer.push(&dev, payer.pay(0, bob(), fil(1)));
    dev.node().mine().unwrap();
    let from = Addr(payer.address()).to_string();
    let message = json!({ "From": from, "To": Addr(bob()).to_string(), "Value": "1" });
    let asked = call(&dev, message);
    assert_eq!((&asked["Msg"]["Nonce"], &asked["MsgRct"]["ExitCode"]), (&json!(1), &json!(0)));
    // Bob is made by the message before; nothing is left to make.
    assert_eq!(asked["ExecutionTrace"]["Subcalls"], Value::Null);
    dev.node().mine().unwrap();
    let balance = &dev.ask("StateGetActor", json!([Addr(bob()).to_string(), []]))["Balance"];
    assert_eq!(*balance, fil(1).atto().to_string(), "a call changes nothing");
}

#[test]
fn a_replay_shows_what_a_message_did_and_cost() {
    let (dev, payer) = (Dev::manual(), Payer::faucet());
    payer.push(&dev, payer.pay(0, bob(), fil(1)));
    let message = payer.pay(1, bob(), atto(5));
    let cid = payer.push(&dev, message.clone());
    dev.node().advance(3).unwrap();
    let key = dev.ask("ChainHead", json!([]))["Cids"].clone();
    dev.node().mine().unwrap();
    let receipt = &dev.ask("StateSearchMsg", json!([[], link(&cid), -1, true]))["Receipt"];
    let replayed = dev.ask("StateReplay", json!([[], link(&cid)]));
    assert_eq!((&replayed["MsgCid"], &replayed["MsgRct"]), (&link(&cid), receipt));
    let cost = |what| replayed["GasCost"][what].as_str().unwrap().parse::<u64>().unwrap();
    assert_eq!(cost("GasUsed"), receipt["GasUsed"].as_u64().unwrap());
    assert_eq!(cost("BaseFeeBurn"), cost("GasUsed") * 100);
    assert_eq!(cost("MinerTip"), message.gas_limit * 100);
    let spent = cost("BaseFeeBurn") + cost("OverEstimationBurn") + cost("MinerTip");
    assert_eq!(cost("TotalCost"), spent);
    assert_eq!(cost("TotalCost") + cost("Refund"), message.gas_limit * 1_000);

    let by_tipset = dev.ask("StateReplay", json!([key, link(&cid)]));
    assert_eq!(by_tipset["GasCost"], replayed["GasCost"]);
    let genesis = dev.ask("ChainGetGenesis", json!([]))["Cids"].clone();
    let (_, words) = dev.refused("StateReplay", json!([genesis, link(&cid)]));
    assert_eq!(words, "given message not found in tipset");
    let pending = payer.push(&dev, payer.pay(2, bob(), atto(1)));
    let (_, words) = dev.refused("StateReplay", json!([[], link(&pending)]));
    assert_eq!(words, format!("didn't find msg {pending}"));
}

#[test]
fn a_tipset_computed_again_has_its_own_state() {
    let (dev, payer) = (Dev::manual(), Payer::faucet());
    payer.push(&dev, payer.pay(0, bob(), fil(1)));
    dev.node().advance(3).unwrap();
    let head = dev.ask("ChainHead", json!([]));
    let (height, key) = (head["Height"].as_i64().unwrap(), head["Cids"].clone());
    dev.node().mine().unwrap();
    let after = dev.ask("ChainHead", json!([]))["Blocks"][0]["ParentStateRoot"].clone();
    let computed = dev.ask("StateCompute", json!([height, null, key]));
    assert_eq!(computed["Root"], after);
    // Two null rounds, the message, and the end of the epoch.
    let trace = computed["Trace"].as_array().unwrap();
    let to: Vec<_> = trace.iter().map(|run| run["Msg"]["To"].as_str().unwrap()).collect();
    assert_eq!(to, ["t03", "t03", &Addr(bob()).to_string(), "t03"]);
    assert_eq!(trace[2]["ExecutionTrace"]["Msg"]["Value"], fil(1).atto().to_string());

    let from = Addr(payer.address()).to_string();
    let more =
        json!([{ "From": from, "To": "t099", "Nonce": 1, "Value": "1", "GasLimit": 10_000_000 }]);
    let computed = dev.ask("StateCompute", json!([height + 10, more, key]));
    let last = computed["Trace"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["Msg"]["To"], &last["MsgRct"]["ExitCode"]), (&json!("t099"), &json!(0)));
    assert_ne!(computed["Root"], after);
}

#[test]
fn what_ran_after_a_long_time_runs_again_as_it_did() {
    let (dev, payer) = (Dev::manual(), Payer::faucet());
    let cid = payer.push(&dev, payer.pay(0, bob(), fil(1)));
    // Ticks only at the ends of deadlines, which leaves another state than every tick.
    dev.node().skip(2_880).unwrap();
    let head = dev.ask("ChainHead", json!([]));
    dev.node().mine().unwrap();
    let receipt = &dev.ask("StateSearchMsg", json!([[], link(&cid), -1, true]))["Receipt"];
    assert_eq!(dev.ask("StateReplay", json!([[], link(&cid)]))["MsgRct"], *receipt);
    let after = dev.ask("ChainHead", json!([]))["Blocks"][0]["ParentStateRoot"].clone();
    let computed = dev.ask("StateCompute", json!([head["Height"], null, head["Cids"]]));
    assert_eq!(computed["Root"], after);
    let trace = computed["Trace"].as_array().unwrap();
    assert_eq!(trace.len(), 2, "the message and the end of the epoch, and no null rounds");

    // Two tipsets: one in which the control does its work, and one that names the state after it.
    dev.node().fund(bob(), fil(5)).unwrap();
    let head = dev.ask("ChainHead", json!([]));
    let (height, block) = (head["Height"].as_i64().unwrap() - 1, &head["Blocks"][0]);
    let computed = dev.ask("StateCompute", json!([height, null, block["Parents"]]));
    assert_eq!(computed["Root"], block["ParentStateRoot"]);
}

#[test]
fn messages_are_computed_that_a_block_has_room_for() {
    let (dev, payer) = (Dev::manual(), Payer::faucet());
    let from = Addr(payer.address()).to_string();
    let message = |nonce: u64, gas: u64| json!({ "From": from, "To": "t099", "Nonce": nonce, "GasLimit": gas });
    let two = json!([message(0, 5_000_000_000), message(1, 5_000_000_000)]);
    let computed = dev.ask("StateCompute", json!([1, two, []]));
    assert_eq!(computed["Trace"].as_array().unwrap().len(), 2);
    let too_much = json!([message(0, 5_000_000_000), message(1, 5_000_000_001)]);
    let words = "the messages may use 10000000001 gas, and a block has 10000000000: lower their gas \
                 limits, or compute fewer at once";
    assert_eq!(dev.refused("StateCompute", json!([1, too_much, []])), (1, words.into()));
    let most = dev.ask("StateCompute", json!([1, [message(0, u64::MAX)], []]));
    assert_eq!(most["Trace"][0]["Msg"]["GasLimit"], 10_000_000_000_u64);

    dev.node().advance(3).unwrap();
    let words = "height 2 is before the tipset: ask for 3 or later";
    assert_eq!(dev.refused("StateCompute", json!([2, null, []])), (1, words.into()));
}
