//! The shapes of Lotus, against a server that answers as it does.

mod pool;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::{JoinHandle, spawn};

use ::lotus::message::{SignedMessage, SignedMessageJson};
use actor_perpetual_storage::api::{Books, Due, PageParams, Refresh, Refreshed};
use fvm_harness::{BLOCK_GAS_LIMIT, atto};
use fvm_ipld_encoding::to_vec;
use fvm_shared::crypto::signature::Signature;
use serde::Serialize;
use serde_json::Value;
use shared::Method;

use super::*;
use crate::worker::keeper::{Job, Keeper};

/// A server that knows what it is asked.
pub struct Scripted {
    pub endpoint: Endpoint,
    server: JoinHandle<Vec<Value>>,
}

impl Scripted {
    /// Expects these methods in this order, and answers each with the HTTP status and body.
    fn http(script: Vec<(&'static str, u16, String)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/rpc/v1", listener.local_addr().unwrap());
        let server = spawn(move || {
            let answer = |(method, status, body)| {
                let (stream, _) = listener.accept().unwrap();
                serve(stream, method, status, body)
            };
            script.into_iter().map(answer).collect()
        });
        Scripted { endpoint: Endpoint { url, token: Some("secret".into()) }, server }
    }

    /// The same for calls that succeed.
    pub fn new(script: Vec<(&'static str, Value)>) -> Self {
        Self::answers(script.into_iter().map(|(method, result)| (method, Ok(result))))
    }

    /// The same for calls that succeed, and for some that do not.
    pub fn answers<'a>(
        script: impl IntoIterator<Item = (&'static str, Result<Value, &'a str>)>,
    ) -> Self {
        let answer = |(method, answer)| {
            let body = match answer {
                Ok(result) => json!({ "jsonrpc": "2.0", "id": 1, "result": result }),
                Err(message) => {
                    let error = json!({ "code": 1, "message": message });
                    json!({ "jsonrpc": "2.0", "id": 1, "error": error })
                }
            };
            (method, 200, body.to_string())
        };
        Self::http(script.into_iter().map(answer).collect())
    }

    /// A server that does not know the method.
    pub fn unknown(method: &'static str) -> Self {
        let error = json!({ "code": -32_601, "message": "method not found" });
        let body = json!({ "jsonrpc": "2.0", "id": 1, "error": error });
        Self::http(vec![(method, 200, body.to_string())])
    }

    pub fn error(method: &'static str, message: &str) -> Self {
        failed(vec![], method, message)
    }

    pub fn node(&self) -> Lotus {
        Lotus { poll: Duration::ZERO, looks: 3, ..Lotus::new(self.endpoint.clone()) }
    }

    /// The parameters of all that was asked.
    pub fn asked(self) -> Vec<Value> {
        self.server.join().unwrap()
    }
}

/// A server on which calls succeed until one does not.
pub fn failed(first: Vec<(&'static str, Value)>, last: &'static str, message: &str) -> Scripted {
    let succeed = first.into_iter().map(|(method, result)| (method, Ok(result)));
    Scripted::answers(succeed.chain([(last, Err(message))]))
}

/// Checks one request, answers it, and returns its parameters.
fn serve(stream: TcpStream, method: &str, status: u16, body: String) -> Value {
    let mut reader = BufReader::new(&stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(reader.read_line(&mut head).unwrap(), 0, "a request that ends early: {head}");
    }
    assert!(head.starts_with("POST /rpc/v1 HTTP/1.1\r\n"), "{head}");
    assert!(head.contains("Authorization: Bearer secret\r\n"), "{head}");
    let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")).unwrap();
    let mut request = vec![0; length.parse().unwrap()];
    reader.read_exact(&mut request).unwrap();
    let request: Value = serde_json::from_slice(&request).unwrap();
    assert_eq!(request["jsonrpc"], "2.0");
    let namespace = if method.contains('.') { "" } else { "Filecoin." };
    assert_eq!(request["method"], format!("{namespace}{method}"));
    let length = body.len();
    let head =
        format!("HTTP/1.1 {status} X\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    (&stream).write_all((head + &body).as_bytes()).unwrap();
    request["params"].clone()
}

/// A CID of nothing in particular.
pub fn link() -> Value {
    json!({ "/": ::lotus::cid_of(b"something").to_string() })
}

/// A message that a node has signed, and its CID.
pub fn signed() -> (Value, String) {
    let signature = Signature::new_secp256k1(vec![7; 65]);
    let signed = SignedMessage { message: call().message(3), signature: signature.into() };
    (json!(SignedMessageJson::from(&signed)), signed.cid().unwrap().to_string())
}

pub fn head(height: ChainEpoch) -> Value {
    let blocks = [json!({ "Miner": "t01000", "Height": height, "ParentBaseFee": "100" })];
    json!({ "Cids": [link()], "Blocks": blocks, "Height": height })
}

pub fn receipt(exit: u32, reply: &impl Serialize) -> Value {
    let reply = BASE64.encode(&to_vec(reply).unwrap());
    json!({ "ExitCode": exit, "Return": reply, "GasUsed": 800, "EventsRoot": null })
}

pub fn invocation(exit: u32, reply: &impl Serialize) -> Value {
    let error = if exit == 0 { "" } else { "no such deal (RetCode=33)" };
    let message = link();
    json!({ "MsgCid": message, "MsgRct": receipt(exit, reply), "Error": error, "Duration": 9 })
}

pub fn estimated() -> Value {
    json!({
        "Version": 0, "To": "t01003", "From": "t0100", "Nonce": 0, "Value": "0", "GasLimit": 1_000,
        "GasFeeCap": "300", "GasPremium": "2", "Method": Refresh::NUMBER, "Params": "gQE=",
        "CID": link(),
    })
}

pub fn lookup(receipt: Value) -> Value {
    json!({ "Message": link(), "Receipt": receipt, "TipSet": [], "Height": 7 })
}

fn call() -> Call {
    Call::new(Address::new_id(100), Address::new_id(1_003)).method(Refresh::NUMBER, &vec![1_u64])
}

#[test]
fn a_call_and_its_receipt_have_the_shapes_of_lotus() {
    let lotus = Scripted::new(vec![("StateCall", invocation(0, &7_u64))]);
    let receipt = lotus.node().dry_run(&call()).unwrap();
    assert_eq!((receipt.reply::<u64>(), receipt.gas_used), (Ok(7), 800));
    let message = json!({
        "Version": 0, "To": "t01003", "From": "t0100", "Nonce": 0, "Value": "0", "GasLimit": 0,
        "GasFeeCap": "0", "GasPremium": "0", "Method": Refresh::NUMBER, "Params": "gQE=",
    });
    let mut asked = lotus.asked();
    asked[0][0].as_object_mut().unwrap().shift_remove("CID");
    assert_eq!(asked, [json!([message, []])]);
}

#[test]
fn a_message_is_looked_for_at_once_and_then_ever_less_often() {
    let lotus = Lotus { poll: Duration::from_millis(150), ..Scripted::new(vec![]).node() };
    let pauses: Vec<_> = lotus.pauses().take(5).map(|pause| pause.as_millis()).collect();
    assert_eq!(pauses, [0, 50, 100, 150, 150]);
}

#[test]
fn a_reply_of_nothing_is_null() {
    let empty = json!({ "ExitCode": 0, "Return": null, "GasUsed": 1 });
    let lotus = Scripted::new(vec![("StateCall", json!({ "MsgRct": empty, "Error": "" }))]);
    assert!(lotus.node().dry_run(&call()).unwrap().return_data.is_empty());
}

#[test]
fn a_call_that_fails_tells_what_the_node_tells() {
    let lotus = Scripted::new(vec![("StateCall", invocation(33, &()))]);
    let receipt = lotus.node().dry_run(&call()).unwrap();
    assert_eq!(receipt.failure(), "exit 33: no such deal (RetCode=33)");
}

#[test]
fn a_message_is_sent_with_the_gas_that_the_node_estimates() {
    let (signed, cid) = signed();
    let script = vec![
        ("GasEstimateMessageGas", estimated()),
        ("ChainHead", head(7)),
        ("ChainHead", head(7)),
        ("MpoolPushMessage", signed),
    ];
    let lotus = Scripted::new(script);
    let mut node = lotus.node();
    let quote = node.quote(call()).unwrap();
    assert_eq!((quote.cost(800), quote.max_cost()), (atto(82_000), atto(102_000)));
    let sent = node.send(&quote.call).unwrap();
    assert_eq!(sent, Sent { name: cid, epoch: 7 });
    let asked = lotus.asked();
    assert_eq!(
        (&asked[0][0]["GasLimit"], &asked[0][1], &asked[0][2]),
        (&json!(0), &Value::Null, &json!([]))
    );
    let message = &asked[3][0];
    assert_eq!((&message["GasLimit"], &message["GasFeeCap"]), (&json!(1_000), &json!("300")));
    assert_eq!((&message["GasPremium"], &message["Nonce"]), (&json!("2"), &json!(0)));
    assert_eq!(asked[3][1], Value::Null);
}

#[test]
fn a_message_is_looked_for_until_it_is_on_chain() {
    let script = vec![
        ("ChainHead", head(7)),
        ("StateSearchMsg", Value::Null),
        ("ChainHead", head(9)),
        ("StateSearchMsg", lookup(receipt(0, &()))),
    ];
    let lotus = Scripted::new(script);
    let sent = Sent { name: "bafymessage".into(), epoch: 7 };
    assert!(lotus.node().wait(&sent).unwrap().is_some());
    let asked = lotus.asked();
    assert_eq!(asked[1], json!([[], { "/": "bafymessage" }, 10, true]));
    assert_eq!(asked[3], json!([[], { "/": "bafymessage" }, 12, true]));
}

#[test]
fn a_message_that_takes_too_long_is_none() {
    let looks = [("ChainHead", head(7)), ("StateSearchMsg", Value::Null)];
    let lotus = Scripted::new([looks.clone(), looks.clone(), looks].concat());
    assert_eq!(lotus.node().wait(&Sent { name: "bafymessage".into(), epoch: 7 }), Ok(None));
    assert_eq!(lotus.asked().len(), 6);
}

#[test]
fn an_error_of_the_node_is_told_with_what_to_do() {
    let missing = "missing permission to invoke 'MpoolPushMessage' (need 'sign')";
    let told = [
        (missing, "lotus auth create-token --perm sign"),
        ("missing permission to invoke 'Mine' (need 'admin')", "--perm admin"),
        ("gas fee cap too low", "Raise --gas-fee-cap"),
        ("'GasLimit' field cannot be less than the cost", "Leave out --gas-limit"),
        ("getting key address: failed to find actor", "lotus wallet list"),
        ("mpool push: not enough funds: 0 < 5", "Send FIL to the sender's account"),
        ("signing: key info not found", "lotus wallet import"),
    ];
    for (message, advice) in told {
        let lotus = Scripted::error("StateCall", message);
        let Err(Trouble::Refused(told)) = lotus.node().dry_run(&call()) else {
            panic!("{message}")
        };
        assert!(told.starts_with(&format!("StateCall: {message}")), "{told}");
        assert!(told.contains(advice), "{told}");
    }
}

#[test]
fn a_node_that_cannot_be_asked_is_told_of_with_what_to_do() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let endpoint = Endpoint { url: format!("http://{closed}/rpc/v1"), token: None };
    let Err(Trouble::Unreachable(told)) = Lotus::new(endpoint).epoch() else { panic!() };
    assert!(told.contains("does not answer") && told.contains("--rpc"), "{told}");

    let answers = [(401, "lotus auth create-token"), (404, "HTTP status 404 and no JSON-RPC")];
    for (status, advice) in answers {
        let lotus = Scripted::http(vec![("ChainHead", status, "<html>".into())]);
        let Err(Trouble::Unreachable(told)) = lotus.node().epoch() else { panic!() };
        assert!(told.contains(advice), "{told}");
    }
}

#[test]
fn an_answer_of_another_shape_is_refused() {
    let lotus = Scripted::new(vec![("ChainHead", json!({ "Height": "seven" }))]);
    let Err(Trouble::Refused(told)) = lotus.node().epoch() else { panic!() };
    assert!(told.starts_with("ChainHead: not the answer of Lotus"), "{told}");
}

#[test]
fn the_default_account_is_asked_for() {
    let lotus = Scripted::new(vec![("WalletDefaultAddress", json!("t0100"))]);
    assert_eq!(lotus.node().default_wallet(), Ok(Address::new_id(100)));
    let lotus = Scripted::new(vec![("WalletDefaultAddress", json!("<empty>"))]);
    let Err(Trouble::Refused(told)) = lotus.node().default_wallet() else { panic!() };
    assert!(told.contains("lotus wallet new"), "{told}");
}

#[test]
fn the_number_of_the_chain_is_hexadecimal() {
    let lotus = Scripted::new(vec![("EthChainId", json!("0x4cb2f"))]);
    assert_eq!(lotus.node().chain_id(), Ok(314_159));
    let lotus = Scripted::new(vec![("EthChainId", json!("314"))]);
    let Err(Trouble::Refused(told)) = lotus.node().chain_id() else { panic!() };
    assert!(told.contains("no number"), "{told}");
}

#[test]
fn an_address_is_looked_up_unless_it_is_an_id() {
    let key = fvm_harness::Key::secp256k1("ann").address().unwrap();
    let lotus = Scripted::new(vec![("StateLookupID", json!("t0107"))]);
    let mut node = lotus.node();
    assert_eq!((node.id_of(&key), node.id_of(&Address::new_id(5))), (Ok(107), Ok(5)));
    assert_eq!(lotus.asked(), [json!([key.to_string(), []])]);
}

#[test]
fn sectors_are_counted_where_the_node_knows_how() {
    let count = json!({ "Live": 100, "Active": 97, "Faulty": 3 });
    let lotus = Scripted::new(vec![("StateMinerSectorCount", count)]);
    assert_eq!(lotus.node().sectors(1_004), Ok(Some(Sectors { live: 100, faulty: 3 })));
    assert_eq!(lotus.asked(), [json!(["f01004", []])]);

    let lotus = Scripted::unknown("StateMinerSectorCount");
    assert_eq!(lotus.node().sectors(1_004), Ok(None));

    let lotus = Scripted::error("StateMinerSectorCount", "loading miner actor: actor not found");
    assert!(lotus.node().sectors(1_004).is_err(), "that is another answer than not to know");
}

#[test]
fn the_node_signs_bytes_with_a_key_that_it_has() {
    let signature = json!({ "Type": 1, "Data": "AQID" });
    let lotus = Scripted::new(vec![("WalletSign", signature)]);
    let signed = lotus.node().sign(&Address::new_id(100), b"loan").unwrap();
    assert_eq!(signed, [1, 2, 3]);
    assert_eq!(lotus.asked(), [json!(["f0100", "bG9hbg=="])]);

    let lotus = Scripted::error("WalletSign", "signing using key 'f0100': key info not found");
    let Err(Trouble::Refused(told)) = lotus.node().sign(&Address::new_id(100), b"") else {
        panic!()
    };
    assert!(told.contains("lotus wallet import"), "{told}");
}

/// The whole of a round, as a node is asked for it.
#[test]
fn a_round_ends_though_its_message_fails_on_chain() {
    let work = Refreshed { opened: 1, tip: atto(1_000_000), ..Refreshed::default() };
    let (booked, escrow) = (atto(0), atto(0));
    let books = Books { booked, escrow, going_rate: None, created: 1 };
    let script = vec![
        ("ChainHead", head(7)),
        ("StateCall", invocation(0, &books)),
        ("StateCall", invocation(0, &vec![Due { id: 1, work: work.clone() }])),
        ("StateCall", invocation(0, &vec![work])),
        ("GasEstimateMessageGas", estimated()),
        ("ChainHead", head(7)),
        ("ChainHead", head(7)),
        ("MpoolPushMessage", signed().0),
        ("ChainHead", head(8)),
        ("StateSearchMsg", lookup(json!({ "ExitCode": 33, "Return": null, "GasUsed": 700 }))),
        ("ChainHead", head(8)),
    ];
    let lotus = Scripted::new(script);
    let (storage, from) = (Address::new_id(1_003), Address::new_id(100));
    let mut keeper = Keeper::new(Job { storage, from, min_profit: atto(0), dry_run: false });
    let mut lines = vec![];
    let round = keeper.round(&mut lotus.node(), &mut |line| lines.push(line)).unwrap();
    assert_eq!((round.messages, round.failed, round.cost), (1, 1, atto(72_000)));
    let message = signed().1;
    assert_eq!(lines[0], format!("epoch         7  sent        deal 1: message {message}"));
    assert!(lines[1].starts_with("epoch         8  failed      deal 1: exit 33; gas"), "{lines:?}");
    let asked = lotus.asked();
    let page = BASE64.encode(&to_vec(&PageParams { from: 1, limit: 100 }).unwrap());
    assert_eq!(asked[2][0]["Params"], page);
    assert!(call().gas_limit == BLOCK_GAS_LIMIT && asked[3][0]["GasLimit"] == 0);
}
