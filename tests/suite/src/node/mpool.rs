//! The message pool, as clients see it.

use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use devnet::pool::{MAX_PENDING, MAX_PENDING_UNTRUSTED};
use fvm_shared::address::Address;
use lotus::json::Addr;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{self, Message};

use super::setup::Dev;

/// A message that pays for its gas, whatever happens.
pub fn payment(from: &str, nonce: u64) -> Value {
    json!({
        "Version": 0, "To": "t01", "From": from, "Nonce": nonce, "Value": "1",
        "GasLimit": 10_000_000, "GasFeeCap": "200000", "GasPremium": "100000", "Method": 0,
        "Params": null,
    })
}

/// The same message with other fields.
pub fn with(mut message: Value, fields: Value) -> Value {
    for (name, value) in fields.as_object().unwrap() {
        message[name] = value.clone();
    }
    message
}

pub fn sign(dev: &Dev, message: &Value) -> Value {
    dev.ask("WalletSignMessage", json!([message["From"], message]))
}

pub fn nonces(messages: &Value) -> Vec<u64> {
    let messages = messages.as_array().unwrap();
    messages.iter().map(|message| message["Message"]["Nonce"].as_u64().unwrap()).collect()
}

pub fn pending(dev: &Dev) -> Vec<u64> {
    nonces(&dev.ask("MpoolPending", json!([null])))
}

#[test]
fn a_message_is_estimated_signed_pushed_and_mined() {
    let dev = Dev::manual();
    for key_type in ["secp256k1", "bls"] {
        let (ann, bob) = (dev.account(key_type), dev.account("bls"));
        let message = json!({ "From": ann, "To": bob, "Value": "1000" });
        let message = dev.ask("GasEstimateMessageGas", json!([message, null, null]));
        let nonce = dev.ask("MpoolGetNonce", json!([ann]));
        let signed = sign(&dev, &with(message, json!({ "Nonce": nonce })));

        let cid = dev.ask("MpoolPush", json!([signed]));
        assert_eq!(cid, signed["CID"]);
        assert_eq!(dev.ask("MpoolPending", json!([null])), json!([signed]));
        assert_eq!(dev.ask("MpoolSelect", json!([[], 0.5])), json!([signed]));
        assert_eq!(dev.ask("MpoolGetNonce", json!([ann])), json!(1));

        dev.node().mine().unwrap();
        assert_eq!(dev.ask("MpoolPending", json!([null])), json!([]));
        assert_eq!(dev.ask("MpoolSelect", json!([[], 0.5])), Value::Null);
        assert_eq!(dev.ask("MpoolGetNonce", json!([ann])), json!(1));
        dev.node().mine().unwrap();
        let cid = cid["/"].as_str().unwrap().parse().unwrap();
        assert!(dev.node().lookup(&cid).unwrap().unwrap().receipt.exit_code.is_success());
        assert_eq!(dev.ask("WalletBalance", json!([bob])), "10000000000000001000");
    }
}

#[test]
fn a_message_is_mined_at_once_where_the_node_does_so() {
    let dev = Dev::instant();
    let ann = dev.account("secp256k1");
    dev.ask("MpoolPush", json!([sign(&dev, &payment(&ann, 0))]));
    assert!(pending(&dev).is_empty());
    assert_eq!(dev.ask("MpoolGetNonce", json!([ann])), json!(1));
}

#[test]
fn a_message_is_replaced_by_one_that_offers_a_tenth_more() {
    let dev = Dev::manual();
    let ann = dev.account("secp256k1");
    let offer =
        |premium: &str| sign(&dev, &with(payment(&ann, 0), json!({ "GasPremium": premium })));
    dev.ask("MpoolPush", json!([offer("100000")]));
    let start = format!("failed to add locked: message from {ann} with nonce 0 already in mpool");
    let words = format!("{start}: message with nonce already exists");
    assert_eq!(dev.refused("MpoolPush", json!([offer("100000")])), (1, words));
    let words = format!(
        "{start}, increase GasPremium to 110001 from 110000 to trigger replace by fee: replace by \
         fee has too low GasPremium"
    );
    assert_eq!(dev.refused("MpoolPush", json!([offer("110000")])), (1, words));
    let better = offer("110001");
    dev.ask("MpoolPush", json!([better]));
    assert_eq!(dev.ask("MpoolPending", json!([[]])), json!([better]));
}

#[test]
fn messages_after_a_gap_wait_until_it_is_filled() {
    let dev = Dev::instant();
    let ann = dev.account("bls");
    dev.ask("MpoolPush", json!([sign(&dev, &payment(&ann, 2))]));
    dev.ask("MpoolPush", json!([sign(&dev, &payment(&ann, 1))]));
    assert_eq!(pending(&dev), [1, 2]);
    assert_eq!(dev.ask("MpoolGetNonce", json!([ann])), json!(0));
    dev.ask("MpoolPush", json!([sign(&dev, &payment(&ann, 0))]));
    assert!(pending(&dev).is_empty());
    assert_eq!(dev.ask("MpoolGetNonce", json!([ann])), json!(3));
}

#[test]
fn a_message_that_cannot_be_included_is_refused_in_the_words_of_lotus() {
    let dev = Dev::manual();
    let ann = dev.account("secp256k1");
    dev.ask("MpoolPush", json!([sign(&dev, &payment(&ann, 0))]));
    dev.node().mine().unwrap();
    let invalid = "message not valid for block inclusion: ";
    for (fields, words) in [
        (json!({ "Version": 1 }), format!("{invalid}'Version' unsupported")),
        (json!({ "Value": "-1" }), format!("{invalid}'Value' field cannot be negative")),
        (
            json!({ "Value": "2000000000000000000000000001" }),
            format!("{invalid}'Value' field cannot be greater than total filecoin supply"),
        ),
        (
            json!({ "Value": "2000000000000000000000000000" }),
            "cannot send more filecoin than will ever exist".into(),
        ),
        (json!({ "GasPremium": "200001" }), format!("{invalid}'GasFeeCap' less than 'GasPremium'")),
        (
            json!({ "GasLimit": 10_000_000_001_u64 }),
            format!(
                "{invalid}'GasLimit' field cannot be greater than a block's gas limit \
                 (10000000001 > 10000000000)"
            ),
        ),
        (json!({ "GasLimit": 0 }), format!("{invalid}'GasLimit' field 0 must be positive")),
        (json!({ "GasFeeCap": "99", "GasPremium": "9" }), "gas fee cap too low".into()),
        (json!({ "Nonce": 0 }), "minimum expected nonce is 1, got 0: message nonce too low".into()),
        (
            json!({ "GasFeeCap": "2000000000000" }),
            "failed to check balance: not enough funds (required: 20 FIL, balance: ".into(),
        ),
        (
            json!({ "GasLimit": 1_000 }),
            "verify msg failed: message will not be included in a block: 'GasLimit' field cannot \
             be less than the cost of storing a message on chain 1000 < "
                .into(),
        ),
    ] {
        let signed = sign(&dev, &with(payment(&ann, 1), fields.clone()));
        let (code, told) = dev.refused("MpoolPush", json!([signed]));
        assert!(code == 1 && told.starts_with(&words), "{fields}: {told}");
    }
    assert!(pending(&dev).is_empty());
}

#[test]
fn nothing_is_sent_where_it_gets_lost() {
    let dev = Dev::manual();
    let ann = dev.account("secp256k1");
    let lost = Addr(Address::new_delegated(10, &[7; 19]).unwrap()).to_string();
    let why = format!(
        "failed sanity check: message recipient {lost} is a delegated address but not a valid Eth \
         Address"
    );
    let message = with(payment(&ann, 0), json!({ "To": lost }));
    let signed = sign(&dev, &message);
    let cid = signed["CID"]["/"].as_str().unwrap();
    let words = format!("message {cid} from {ann} with nonce 0 {why}");
    assert_eq!(dev.refused("MpoolPush", json!([signed])), (1, words.clone()));
    let good = sign(&dev, &payment(&ann, 0));
    assert_eq!(dev.refused("MpoolBatchPush", json!([[good, signed]])), (1, words));
    let words = format!("message from {ann} {why}");
    assert_eq!(dev.refused("MpoolPushMessage", json!([message, null])), (1, words));
    let words = format!("message #1 from {ann} with {why}");
    let batch = json!([[payment(&ann, 0), message], null]);
    assert_eq!(dev.refused("MpoolBatchPushMessage", batch), (1, words));
    assert!(pending(&dev).is_empty());
}

#[test]
fn only_its_sender_signs_a_message() {
    let dev = Dev::manual();
    let (ann, eve) = (dev.account("secp256k1"), dev.account("secp256k1"));
    let signed = dev.ask("WalletSignMessage", json!([eve, payment(&ann, 0)]));
    let failed = "signature verification failed: ";
    let cid = signed["CID"]["/"].as_str().unwrap();
    let words = format!(
        "{failed}failed to validate signature: invalid signature for message {cid} (type 1): \
         signature did not match"
    );
    assert_eq!(dev.refused("MpoolPush", json!([signed])), (1, words));
    let refused = |kind: u8, data: &str| {
        let signature = json!({ "Type": kind, "Data": data });
        dev.refused("MpoolPush", json!([with(signed.clone(), json!({ "Signature": signature }))]))
    };
    assert_eq!(refused(2, "AQ=="), (1, format!("{failed}bls signature incorrectly sized")));
    assert_eq!(refused(9, "AQ=="), (1, format!("{failed}unrecognized signature type: 9")));
    let words = format!(
        "{failed}failed to validate signature: failed to reconstruct Ethereum transaction: sender \
         was not an eth account"
    );
    assert_eq!(refused(3, "AQ=="), (1, words));
}

#[test]
fn who_is_not_on_the_chain_sends_nothing() {
    let dev = Dev::manual();
    let nobody = dev.ask("WalletNew", json!(["bls"]));
    let name = nobody.as_str().unwrap();
    let unknown = format!("resolution lookup failed ({name}): actor not found");
    let words = format!("failed to look up actor state nonce: {unknown}: validation failure");
    let signed = sign(&dev, &payment(name, 0));
    assert_eq!(dev.refused("MpoolPush", json!([signed])), (1, words));
    assert_eq!(dev.refused("MpoolGetNonce", json!([nobody])), (1, unknown));
    let words = "ID address not found in lookback state";
    assert_eq!(dev.refused("MpoolGetNonce", json!(["t0999999"])), (1, words.into()));
}

#[test]
fn who_might_not_stop_has_a_tenth_of_the_room() {
    let dev = Dev::manual();
    let faucet = dev.faucet();
    let cheap = |nonce| with(payment(&faucet, nonce), json!({ "GasLimit": 1_000_000 }));
    let first = dev.ask("MpoolGetNonce", json!([faucet])).as_u64().unwrap();
    let many = first..first + MAX_PENDING_UNTRUSTED as u64;
    let signed: Vec<_> = many.map(|nonce| sign(&dev, &cheap(nonce))).collect();
    let pushed = dev.ask("MpoolBatchPushUntrusted", json!([signed]));
    assert_eq!(pushed.as_array().unwrap().len(), MAX_PENDING_UNTRUSTED);
    let next = sign(&dev, &cheap(first + MAX_PENDING_UNTRUSTED as u64));
    let words = "failed to add locked: too many pending messages for actor";
    assert_eq!(dev.refused("MpoolPushUntrusted", json!([next])), (1, words.into()));
    dev.ask("MpoolPush", json!([next]));
    assert!(pending(&dev).len() < MAX_PENDING);
}

#[test]
fn a_batch_is_pushed_up_to_the_first_that_is_refused() {
    let dev = Dev::manual();
    let ann = dev.account("secp256k1");
    let [one, two, three] = [0, 1, 2].map(|nonce| sign(&dev, &payment(&ann, nonce)));
    assert_eq!(dev.ask("MpoolBatchPush", json!([[]])), Value::Null);
    assert_eq!(dev.ask("MpoolBatchPush", json!([[one]])), json!([one["CID"]]));
    dev.refused("MpoolBatchPush", json!([[two, one, three]]));
    assert_eq!(pending(&dev), [0, 1]);
}

#[test]
fn a_message_pushed_over_and_over_is_included_once() {
    let dev = Dev::instant();
    let ann = dev.account("secp256k1");
    for nonce in 0..4 {
        let signed = sign(&dev, &payment(&ann, nonce));
        let push = || dev.answer("Filecoin.MpoolPush", json!([signed])).get("result").is_some();
        let taken: usize = thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(push)).collect();
            threads.into_iter().map(|thread| usize::from(thread.join().unwrap())).sum()
        });
        assert_eq!(taken, 1);
        assert!(pending(&dev).is_empty(), "none stays behind the chain");
    }
}

#[test]
fn the_pool_is_cleared_of_all_messages_but_never_of_others_only() {
    let dev = Dev::manual();
    let ann = dev.account("bls");
    dev.ask("MpoolPush", json!([sign(&dev, &payment(&ann, 0))]));
    assert_eq!(dev.ask("MpoolClear", json!([false])), Value::Null);
    assert_eq!(pending(&dev), [0]);
    dev.ask("MpoolClear", json!([true]));
    assert!(pending(&dev).is_empty());
    assert_eq!(dev.ask("MpoolGetNonce", json!([ann])), json!(0));
}

#[test]
fn the_pool_is_set_up_within_bounds() {
    let dev = Dev::manual();
    let config = dev.ask("MpoolGetConfig", json!([]));
    let set = |name: &str, value: Value| with(config.clone(), json!({ name: value }));
    assert_eq!(
        dev.refused("MpoolSetConfig", json!([set("ReplaceByFeeRatio", json!(1.05))])),
        (1, "'ReplaceByFeeRatio' is less than required 1.05 < 1.10".into())
    );
    assert_eq!(
        dev.refused("MpoolSetConfig", json!([set("GasLimitOverestimation", json!(0.9))])),
        (1, "'GasLimitOverestimation' cannot be less than 1".into())
    );
    let doubled = set("GasLimitOverestimation", json!(2.0));
    dev.ask("MpoolSetConfig", json!([doubled]));
    assert_eq!(dev.ask("MpoolGetConfig", json!([])), doubled);
    let message = json!({ "From": dev.faucet(), "To": "t01" });
    let used = dev.ask("GasEstimateGasLimit", json!([message, null])).as_u64().unwrap();
    let complete = dev.ask("GasEstimateMessageGas", json!([message, null, null]));
    assert_eq!(complete["GasLimit"], used * 2);
}

#[test]
fn checks_tell_all_that_is_wrong_with_a_message() {
    let dev = Dev::manual();
    let ann = dev.account("bls");
    let failed = |checks: &Value| -> Vec<String> {
        let checks = checks.as_array().unwrap().iter();
        let failed = checks.filter(|check| check["OK"] == json!(false));
        failed.map(|check| check["Err"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(dev.ask("MpoolCheckPendingMessages", json!([ann])), Value::Null);
    dev.ask("MpoolPush", json!([sign(&dev, &payment(&ann, 0))]));
    assert_eq!(failed(&dev.ask("MpoolCheckPendingMessages", json!([ann]))[0]), [""; 0]);
    let poor = with(payment(&ann, 5), json!({ "Value": "10000000000000000000" }));
    let wrong = ["message nonce doesn't match next nonce (1)", "insufficient balance"];
    let prototype = json!({ "Message": poor, "ValidNonce": true });
    assert_eq!(failed(&dev.ask("MpoolCheckMessages", json!([[prototype]]))[0]), wrong);
    let replaced = with(poor, json!({ "Nonce": 0 }));
    let checks = dev.ask("MpoolCheckReplaceMessages", json!([[replaced]]));
    assert_eq!(failed(&checks[0]), wrong[1..]);
    let nobody = dev.ask("WalletNew", json!(["bls"]));
    let stranger = json!({ "Message": with(payment(&ann, 0), json!({ "From": nobody })) });
    let words = format!(
        "error retrieving state nonce: resolution lookup failed ({}): actor not found",
        nobody.as_str().unwrap()
    );
    assert_eq!(failed(&dev.ask("MpoolCheckMessages", json!([[stranger]]))[0]), [words]);
}

#[test]
fn subscribers_hear_of_messages_that_come_and_go() {
    let dev = Dev::manual();
    let ann = dev.account("bls");
    let over_http = dev.refused("MpoolSub", json!([]));
    assert_eq!(over_http.0, -32601);
    let address = dev.running.as_ref().unwrap().address;
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let (mut socket, _) =
        tungstenite::client(format!("ws://{address}/rpc/v1?token={}", dev.token), stream).unwrap();
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "Filecoin.MpoolSub", "params": [] });
    let signed = sign(&dev, &payment(&ann, 0));
    socket.send(Message::text(call.to_string())).unwrap();
    let mut heard = || loop {
        if let Message::Text(text) = socket.read().unwrap() {
            return serde_json::from_str::<Value>(&text).unwrap();
        }
    };
    assert_eq!(heard()["result"], 1);
    dev.ask("MpoolPush", json!([signed]));
    assert_eq!(heard()["params"], json!([1, { "Type": 0, "Message": signed }]));
    dev.node().mine().unwrap();
    assert_eq!(heard()["params"], json!([1, { "Type": 1, "Message": signed }]));
}

#[test]
fn each_method_of_the_pool_asks_for_its_permission() {
    let mut dev = Dev::manual();
    let message = payment("t01", 0);
    let signed = json!({ "Message": message, "Signature": { "Type": 1, "Data": "" } });
    let config = dev.ask("MpoolGetConfig", json!([]));
    dev.permit(&["read"]);
    for (method, need, params) in [
        ("MpoolPush", "write", json!([signed])),
        ("MpoolPushUntrusted", "write", json!([signed])),
        ("MpoolBatchPush", "write", json!([[]])),
        ("MpoolBatchPushUntrusted", "write", json!([[]])),
        ("MpoolClear", "write", json!([true])),
        ("MpoolPushMessage", "sign", json!([message, null])),
        ("MpoolBatchPushMessage", "sign", json!([[], null])),
        ("MpoolSetConfig", "admin", json!([config])),
    ] {
        let words = format!("missing permission to invoke '{method}' (need '{need}')");
        assert_eq!(dev.refused(method, params), (1, words));
    }
    dev.ask("MpoolPending", json!([null]));
    dev.ask("MpoolSelect", json!([null, 1.0]));
    dev.ask("MpoolCheckMessages", json!([[]]));
    dev.ask("MpoolCheckReplaceMessages", json!([[]]));
}

#[test]
fn the_older_face_has_the_same_pool() {
    let mut dev = Dev::manual();
    let ann = dev.account("bls");
    dev.url = dev.url.replace("/rpc/v1", "/rpc/v0");
    let message = json!({ "From": ann, "To": "t01" });
    dev.ask("MpoolPushMessage", json!([message, null]));
    assert_eq!(pending(&dev), [0]);
}
