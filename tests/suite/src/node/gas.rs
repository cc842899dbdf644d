//! What the node says that gas costs.

use fvm_shared::address::Address;
use lotus::json::Addr;
use serde_json::{Value, json};

use super::setup::Dev;

fn estimate(dev: &Dev, message: &Value, spec: Value) -> Value {
    dev.ask("GasEstimateMessageGas", json!([message, spec, null]))
}

#[test]
fn a_message_is_completed_with_a_limit_a_premium_and_a_fee_cap() {
    let dev = Dev::instant();
    let (ann, bob) = (dev.account("secp256k1"), dev.account("bls"));
    let message = json!({ "From": ann, "To": bob, "Value": "1" });
    let used = dev.ask("GasEstimateGasLimit", json!([message, null])).as_u64().unwrap();
    let premium = dev.ask("GasEstimateGasPremium", json!([10, ann, 0, null]));
    let offered = json!({ "GasPremium": premium });
    let cap = dev.ask("GasEstimateFeeCap", json!([offered, 20, null]));
    let complete = estimate(&dev, &message, Value::Null);
    assert_eq!(complete["GasLimit"], used * 5 / 4);
    assert_eq!(complete["GasPremium"], premium);
    assert_eq!(complete["GasFeeCap"], cap);
    assert_eq!((&complete["Nonce"], &complete["From"]), (&json!(0), &json!(ann)));

    let sent = dev.ask("MpoolPushMessage", json!([message, null]));
    let cid = sent["CID"]["/"].as_str().unwrap().parse().unwrap();
    let receipt = dev.node().lookup(&cid).unwrap().unwrap().receipt;
    assert!(receipt.exit_code.is_success());
    // The message as it is sent has a few bytes more: of its gas, and of its nonce.
    assert!((used..used + 40 * 1_300).contains(&receipt.gas_used), "{used}: {receipt:?}");
}

#[test]
fn the_fee_cap_outlasts_so_many_blocks_at_the_base_fee_of_the_tipset() {
    let dev = Dev::manual();
    let cap =
        |blocks: u64| dev.ask("GasEstimateFeeCap", json!([{ "GasPremium": "7" }, blocks, null]));
    assert_eq!(cap(1), "119");
    assert_eq!(cap(20), "1061");
}

#[test]
fn the_premium_is_the_least_where_nobody_is_in_the_way() {
    let dev = Dev::manual();
    let premium = |blocks: u64| dev.ask("GasEstimateGasPremium", json!([blocks, "t01", 0, []]));
    assert_eq!([premium(1), premium(2), premium(10)], ["200000", "150000", "100000"]);
}

#[test]
fn the_premium_follows_what_others_pay() {
    let dev = Dev::instant();
    let message =
        json!({ "From": dev.faucet(), "To": "t01", "GasPremium": "900000", "GasFeeCap": "900200" });
    let premium = || dev.ask("GasEstimateGasPremium", json!([10, "t01", 0, null]));
    assert_eq!(premium(), "100000");
    dev.ask("MpoolPushMessage", json!([message, null]));
    assert_eq!(premium(), "900000");
}

#[test]
fn what_the_sender_chose_stays_within_what_it_will_pay() {
    let dev = Dev::instant();
    let ann = dev.account("bls");
    let message = json!({
        "From": ann, "To": "t01", "GasLimit": 10_000_000, "GasFeeCap": "700", "GasPremium": "600",
    });
    let gas = |spec: Value| {
        let complete = estimate(&dev, &message, spec);
        [
            complete["GasLimit"].clone(),
            complete["GasFeeCap"].clone(),
            complete["GasPremium"].clone(),
        ]
    };
    assert_eq!(gas(Value::Null), [json!(10_000_000), json!("700"), json!("600")]);
    let most = json!({ "MaxFee": "5000000000" });
    assert_eq!(gas(most), [json!(10_000_000), json!("500"), json!("500")]);
    let highest = json!({ "MaxFee": "10000000000", "MaximizeFeeCap": true });
    assert_eq!(gas(highest), [json!(10_000_000), json!("1000"), json!("600")]);
}

#[test]
fn a_limit_is_told_after_the_messages_that_wait() {
    let dev = Dev::manual();
    let (ann, bob) = (dev.account("bls"), dev.ask("WalletNew", json!(["bls"])));
    let send = |nonce: u64| json!({ "From": ann, "To": bob, "Value": "1", "Nonce": nonce });
    let limit = |nonce: u64| dev.ask("GasEstimateGasLimit", json!([send(nonce), null])).as_u64();
    let creating = limit(0);
    dev.ask("MpoolPushMessage", json!([send(0), null]));
    assert_eq!(limit(0), creating);
    assert!(limit(1) < creating, "the first message has made the account");
}

#[test]
fn a_message_that_fails_has_no_limit_but_a_reason() {
    let dev = Dev::instant();
    let ann = dev.account("secp256k1");
    let message = json!({ "From": ann, "To": "t01", "Value": "20000000000000000000" });
    let answer = dev.answer("Filecoin.GasEstimateGasLimit", json!([message, null]));
    let error = &answer["error"];
    let words = error["message"].as_str().unwrap();
    assert_eq!((&error["code"], &error["data"]), (&json!(3), &json!("0x")));
    let start = "message execution failed (exit=[SysErrInsufficientFunds(6)], vm error=[";
    assert!(words.starts_with(start) && words.ends_with(" (RetCode=6)])"), "{words}");
    let answer = dev.answer("Filecoin.GasEstimateMessageGas", json!([message, null, null]));
    assert_eq!(answer["error"], *error, "the code survives");
    let wrapped = dev.refused("MpoolPushMessage", json!([message, null]));
    assert_eq!(wrapped, (1, format!("GasEstimateMessageGas error: {words}")));
}

#[test]
fn who_sends_is_to_be_on_the_chain() {
    let dev = Dev::instant();
    let nobody = dev.ask("WalletNew", json!(["bls"]));
    let refused = |from: &Value| {
        dev.refused("GasEstimateGasLimit", json!([{ "From": from, "To": "t01" }, null]))
    };
    let name = nobody.as_str().unwrap();
    let words = format!(
        "gas estimation failed: CallWithGas failed: sender {name} not found on chain: sender \
         validation failed"
    );
    assert_eq!(refused(&nobody), (1, words));
    let actor = Addr(Address::new_actor(b"actor")).to_string();
    for (from, why) in [
        ("t0999999", "failed to find actor: t0999999"),
        ("t01", "failed to get account actor state for t01: actor code is not account: init"),
        (&actor, "cannot resolve actor address to key address"),
    ] {
        let words = format!(
            "gas estimation failed: resolving sender {from} ({why}): sender validation failed"
        );
        assert_eq!(refused(&json!(from)), (1, words));
    }
}

#[test]
fn a_message_says_who_sends_it_and_to_whom() {
    let dev = Dev::manual();
    let refused =
        |message: Value| dev.refused("GasEstimateMessageGas", json!([message, null, null]));
    let words = |field: &str| (1, format!("message {field} address is undefined"));
    assert_eq!(refused(json!({ "From": "t01" })), words("To"));
    assert_eq!(refused(json!({ "To": "t01" })), words("From"));
}
