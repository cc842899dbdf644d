//! Invocations, against a server that answers as Lotus does.

use ::lotus::json::Atto;
use clap::Parser;
use data_encoding::BASE64;
use fvm_harness::atto;
use fvm_ipld_encoding::to_vec;
use serde_json::Value;

use super::*;
use crate::node::lotus::tests::{Scripted, estimated, failed, head, link, lookup, receipt, signed};
use crate::voice::{Heard, listen};

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    options: Options,
}

fn parse(args: &[&str]) -> Options {
    Cli::try_parse_from(["invoke"].iter().chain(args))
        .unwrap_or_else(|error| panic!("{error}"))
        .options
}

/// How an invocation ended, and what it printed.
struct Done {
    end: Result<()>,
    out: String,
    aside: String,
    asked: Vec<Value>,
}

fn run(lotus: Scripted, args: &[&str]) -> Done {
    let Heard { end, out, aside } = listen(|voice| invoke(&mut lotus.node(), &parse(args), voice));
    Done { end, out, aside, asked: lotus.asked() }
}

impl Done {
    #[track_caller]
    fn error(&self) -> String {
        format!("{:#}", self.end.as_ref().unwrap_err())
    }
}

/// What a node is asked to find out that an actor of this kind is at an address.
fn kind(name: &str) -> Vec<(&'static str, Value)> {
    let actor = json!({ "Code": link(), "Head": link(), "Nonce": 0, "Balance": "0" });
    vec![
        ("StateGetActor", actor),
        ("StateNetworkVersion", json!(28)),
        ("StateActorCodeCIDs", json!({ name: link() })),
    ]
}

fn call(exit: u32, reply: &Value) -> (&'static str, Value) {
    let error = if exit == 0 { "" } else { "00: f01002 (method 1) -- no (18)" };
    ("StateCall", json!({ "MsgRct": receipt_of(exit, reply), "Error": error }))
}

fn receipt_of(exit: u32, reply: &Value) -> Value {
    match reply {
        Value::Null => json!({ "ExitCode": exit, "Return": null, "GasUsed": 800 }),
        reply => receipt(exit, reply),
    }
}

const READ: [&str; 4] = ["f01002", "--read-only", "--from", "f0100"];

fn read<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&READ[..], more].concat()
}

#[test]
fn a_method_takes_and_replies_json() {
    let dao = Scripted::new([kind("datadao"), vec![call(0, &json!([]))]].concat());
    let done = run(dao, &read(&["ListDeals", r#"{"from": 1, "limit": 2}"#]));
    done.end.unwrap();
    assert_eq!(done.out, "[]\n");
    assert_eq!(done.aside, "gas       800\nexit      0\n");
    let message = &done.asked[3][0];
    assert_eq!((&message["Params"], &message["From"]), (&json!("ggEC"), &json!("t0100")));
}

#[test]
fn what_is_asked_for_is_all_that_can_be_piped() {
    let dao = || Scripted::new(vec![call(0, &json!([]))]);
    let typed = ["--actor", "datadao", "ListDeals", "[1, 2]"];
    assert_eq!(run(dao(), &read(&typed)).out, "[]\n");
    let raw = [&typed[..], &["--raw"]].concat();
    assert_eq!(run(dao(), &read(&raw)).out, "gA==\n");
    let nothing = || Scripted::new(vec![call(0, &Value::Null)]);
    let accept = ["--actor", "datadao", "AcceptAdmin"];
    assert_eq!(run(nothing(), &read(&accept)).out, "");
    let raw = [&accept[..], &["--raw"]].concat();
    assert_eq!(run(nothing(), &read(&raw)).out, "OK\n");
}

#[test]
fn a_reply_of_another_kind_is_printed_as_it_is() {
    let dao = Scripted::new(vec![call(0, &json!("word"))]);
    let done = run(dao, &read(&["--actor", "datadao", "ListDeals", "[1, 2]"]));
    assert_eq!(done.out, format!("{}\n", BASE64.encode(&to_vec("word").unwrap())));
    assert!(done.aside.contains("not what ListDeals replies"), "{}", done.aside);
}

#[test]
fn an_actor_of_another_kind_takes_numbers_and_bytes_alone() {
    let other = || Scripted::new(kind("evm"));
    let error = run(other(), &read(&["Transfer"])).error();
    assert!(error.contains("of the kind evm") && error.contains("--actor"), "{error}");
    let error = run(other(), &read(&["7", "[1]"])).error();
    assert!(error.contains("--base64 or --hex"), "{error}");
    for bytes in [["--hex", "0x8101"], ["--base64", "gQE="]] {
        let called = Scripted::new([kind("evm"), vec![call(0, &json!(5))]].concat());
        let done = run(called, &read(&[&["7"][..], &bytes].concat()));
        assert_eq!((done.out.as_str(), &done.asked[3][0]["Params"]), ("BQ==\n", &json!("gQE=")));
    }
}

#[test]
fn a_method_that_is_not_there_is_told_of_before_anything_is_asked() {
    let nobody = || Scripted::new(vec![]);
    let error = run(nobody(), &read(&["--actor", "datadao", "ListDeal", "[1, 2]"])).error();
    assert!(error.contains("did you mean ListDeals?"), "{error}");
    let error = run(nobody(), &read(&["--actor", "datadao", "ListDeals"])).error();
    assert!(error.contains("fab encode datadao ListDeals --example"), "{error}");
    let error =
        run(nobody(), &read(&["--actor", "datadao", "AcceptAdmin", "--value", "1"])).error();
    assert_eq!(error, "AcceptAdmin takes no FIL: leave out --value");
    let error = run(nobody(), &read(&["--actor", "datadao", "7", "--hex", "abc"])).error();
    assert!(error.starts_with("--hex"), "{error}");
}

#[test]
fn built_in_actors_have_methods_with_names_as_well() {
    let miner = || kind("storageminer");
    let called = Scripted::new([miner(), vec![call(0, &Value::Null)]].concat());
    let change = r#"{"new_worker": "f0101", "new_control_addresses": ["f0102"]}"#;
    let done = run(called, &read(&["ChangeWorkerAddress", change]));
    done.end.as_ref().unwrap();
    assert_eq!(done.asked[3][0]["Params"], json!("gkIAZYFCAGY="));
    let error = run(Scripted::new(miner()), &read(&["GetOwnr"])).error();
    assert!(error.contains("did you mean GetOwner?"), "{error}");
    let error = run(Scripted::new(miner()), &read(&["Terminate"])).error();
    assert!(
        error.ends_with("Terminate; `cargo fab methods storageminer` describes them"),
        "{error}"
    );
}

#[test]
fn an_address_without_an_actor_is_told_of() {
    let missing = "resolution lookup failed (t01002): resolve address t01002: actor not found";
    let done = run(Scripted::error("StateGetActor", missing), &read(&["ListDeals"]));
    assert!(done.error().starts_with("no actor is at f01002: check"), "{}", done.error());
}

#[test]
fn a_call_that_fails_is_explained() {
    let dao = Scripted::new(vec![call(18, &Value::Null)]);
    let done = run(dao, &read(&["--actor", "datadao", "AcceptAdmin"]));
    let error = done.error();
    assert!(error.starts_with("the message failed: USR_FORBIDDEN (18)"), "{error}");
    assert!(error.ends_with("00: f01002 (method 1) -- no (18)"), "{error}");
    assert_eq!((done.out.as_str(), done.aside.as_str()), ("", "gas       800\nexit      18\n"));
}

/// What a node is asked to send a message: the last is its CID.
fn sent() -> (Vec<(&'static str, Value)>, String) {
    let (message, cid) = signed();
    (vec![("ChainHead", head(7)), ("MpoolPushMessage", message)], cid)
}

const SEND: [&str; 7] =
    ["f01002", "AcceptAdmin", "--actor", "datadao", "--from", "f0100", "--gas-limit=9"];

fn found(exit: u32) -> Vec<(&'static str, Value)> {
    let replayed = json!({ "GasCost": { "TotalCost": "5000" }, "Error": "refused" });
    vec![
        ("ChainHead", head(9)),
        ("StateSearchMsg", lookup(receipt_of(exit, &Value::Null))),
        ("StateReplay", replayed),
    ]
}

#[test]
fn a_message_is_told_of_at_once_and_waited_for() {
    let (script, cid) = sent();
    let waits = vec![("ChainHead", head(8)), ("StateSearchMsg", Value::Null)];
    let done = run(Scripted::new([script, waits, found(0)].concat()), &SEND);
    done.end.unwrap();
    let facts = format!("message   {cid}\ncost      5000 attoFIL\ngas       800\nexit      0\n");
    assert_eq!((done.out.as_str(), done.aside), ("", facts));
    let [message, limits] = [&done.asked[1][0], &done.asked[1][1]];
    assert_eq!((&message["GasLimit"], &message["GasFeeCap"]), (&json!(9), &json!("0")));
    assert_eq!(limits, &Value::Null);
}

#[test]
fn a_message_that_fails_on_chain_is_an_error() {
    let done = run(Scripted::new([sent().0, found(32)].concat()), &SEND);
    let error = done.error();
    assert!(error.starts_with("the message failed: NotAdmin (32)"), "{error}");
    assert!(error.ends_with("\nrefused") && done.out.is_empty(), "{error}");
}

#[test]
fn who_does_not_wait_gets_the_cid() {
    let (script, cid) = sent();
    let args = [&SEND[..], &["--no-wait", "--max-fee", "0.5"]].concat();
    let done = run(Scripted::new(script), &args);
    assert_eq!((done.out, done.aside.as_str()), (format!("{cid}\n"), ""));
    assert_eq!(done.asked[1][1], json!({ "MaxFee": Atto(atto(500_000_000_000_000_000)) }));
}

#[test]
fn the_node_waits_until_a_receipt_is_old_enough() {
    let lookup = || lookup(receipt_of(0, &Value::Null));
    let found = vec![("ChainHead", head(7)), ("StateSearchMsg", lookup())];
    let old = vec![("ChainHead", head(7)), ("StateWaitMsg", lookup())];
    let replay = vec![("StateReplay", json!({ "GasCost": { "TotalCost": "1" } }))];
    let (script, cid) = sent();
    let args = [&SEND[..], &["--confidence", "3"]].concat();
    let done = run(Scripted::new([script, found, old, replay].concat()), &args);
    done.end.unwrap();
    assert_eq!(done.asked[5], json!([{ "/": cid }, 3, 10, true]));
    assert!(done.aside.contains("epoch     7, to be 3 epochs old: a dev node"), "{}", done.aside);
}

#[test]
fn an_estimate_sends_nothing() {
    let script = vec![("GasEstimateMessageGas", estimated()), ("ChainHead", head(7))];
    let done = run(Scripted::new(script), &[&SEND[..], &["--estimate"]].concat());
    done.end.unwrap();
    let told: Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!((&told["gas_limit"], &told["cost"]), (&json!(1_000), &json!("102000")));
    assert_eq!(done.aside, "cost      0.0001 nanoFIL at the most, at the present base fee\n");
}

#[test]
fn a_message_that_would_fail_is_not_sent_and_explained() {
    let told = "message execution failed (exit=[32], vm error=[message failed])";
    let refused = failed(vec![("ChainHead", head(7))], "MpoolPushMessage", told);
    let error = run(refused, &SEND).error();
    assert!(
        error.starts_with("nothing was sent, as the message would fail: NotAdmin (32)"),
        "{error}"
    );
    assert_eq!(exit_of("(exit=[SysErrOutOfGas(7)], vm error=[])"), Some(7));
    assert_eq!(exit_of("not enough funds"), None);
}

#[test]
fn a_sender_without_funds_is_told_what_to_do() {
    let told = "mpool push: not enough funds: 0 < 5";
    let error = run(failed(vec![("ChainHead", head(7))], "MpoolPushMessage", told), &SEND).error();
    assert!(error.contains("not enough funds") && error.contains("Send FIL"), "{error}");
}

#[test]
fn nobody_needs_an_account_to_look() {
    let refused = failed(vec![], "WalletDefaultAddress", "missing permission to invoke");
    let mut options = parse(&["f01002", "7", "--read-only"]);
    assert_eq!(options.sender(&mut refused.node()).unwrap(), Address::new_id(SYSTEM_ACTOR));
    options.read_only = false;
    let refused = failed(vec![], "WalletDefaultAddress", "key info not found");
    assert!(options.sender(&mut refused.node()).is_err());
}

#[test]
fn options_that_exclude_each_other_are_refused() {
    let both = [
        &["--read-only", "--estimate"][..],
        &["--no-wait", "--read-only"],
        &["--max-fee", "1", "--gas-premium", "1"],
        &["--hex", "80", "--base64", "gA=="],
        &["--confidence", "901"],
        &["--gas-fee-cap", "1.5"],
    ];
    for args in both {
        let args = [&["invoke", "f01002", "7"][..], args].concat();
        assert!(Cli::try_parse_from(args.clone()).is_err(), "{args:?}");
    }
}
