//! The command: its options, and what it asks of a node.

use actor_lending_market::api::Submitted;
use clap::Parser;
use data_encoding::{BASE64, HEXLOWER};
use fvm_harness::Key;
use serde_json::{Value, json};
use shared::ext::miner::{GetOwnerReturn, GetVestingFundsReturn};

use super::*;
use crate::node::lotus::tests::{Scripted, head, invocation};
use crate::voice::listen;

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    options: Options,
}

fn options(args: &[&str]) -> Result<Options, clap::Error> {
    let needed = ["fab", "--market", "f01003", "--miner", "f01004", "--amount", "1000"];
    Cli::try_parse_from(needed.iter().chain(args)).map(|cli| cli.options)
}

#[test]
fn options_have_defaults_and_units() {
    let read = |args: &[&str]| options(args).unwrap().wish(&facts()).unwrap();
    assert_eq!(read(&["--nonce", "7"]), wish());
    let args = ["--plan", "bullet", "--control", "beneficiary", "--base-rate", "12.5"];
    let args = [&args[..], &["--max-debt", "50", "--grace", "10", "--valid-for", "30"]].concat();
    let other = Wish {
        plan: Plan::Bullet,
        control: Control::Beneficiary,
        base_rate: 1_250,
        max_debt: 5_000,
        grace: 10 * DAY,
        valid_for: 30 * DAY,
        ..wish()
    };
    let read = Wish { nonce: 7, ..read(&args) };
    assert_eq!(read, other);
}

#[test]
fn options_that_no_market_takes_are_refused() {
    for args in [
        ["--instalments", "61"],
        ["--days-between", "0"],
        ["--valid-for", "31"],
        ["--grace", "366"],
        ["--plan", "other"],
    ] {
        assert!(options(&args).is_err(), "{args:?}");
    }
    assert!(options(&["--approve"]).is_err(), "which account approves must be said");
    let both = ["--approve", "--underwriter", "f0201", "--key", "file"];
    assert!(options(&both).is_err());
}

/// What a node answers that knows these facts, to all that is asked for them.
fn answers(facts: &Facts) -> Vec<(&'static str, Value)> {
    let called = |reply: Value| ("StateCall", reply);
    let owner = GetOwnerReturn { owner: Address::new_id(OWNER), proposed: facts.next_owner };
    let vesting = GetVestingFundsReturn { vesting_funds: facts.vesting.clone() };
    let sectors = facts.sectors.unwrap();
    vec![
        called(invocation(0, &facts.rules)),
        called(invocation(0, &facts.collateral)),
        called(invocation(0, &owner)),
        called(invocation(0, &vesting)),
        called(invocation(0, &facts.of_miner)),
        called(invocation(0, &facts.of_borrower)),
        ("ChainHead", head(facts.now)),
        ("EthChainId", json!(format!("{:#x}", facts.chain_id))),
        called(invocation(0, &facts.roles)),
        called(invocation(0, &facts.pool)),
        called(invocation(0, &facts.standing)),
        called(invocation(0, &facts.power)),
        ("StateMinerSectorCount", json!({ "Live": sectors.live, "Faulty": sectors.faulty })),
        called(invocation(0, &facts.beneficiary)),
        // An account has no GetAgent, ends with OK and replies nothing.
        called(json!({ "MsgRct": { "ExitCode": 0, "Return": null, "GasUsed": 1 }, "Error": "" })),
    ]
}

/// Runs the command with these options beside those that it needs, on a node with these answers. Returns
/// the object that it writes.
fn run(script: Vec<(&'static str, Value)>, name: &str, args: &[&str]) -> (Result<()>, Value) {
    let lotus = Scripted::new(script);
    let out = std::env::temp_dir().join(format!("fab-{name}-{}.json", std::process::id()));
    let underwriter = format!("f0{UNDERWRITER}");
    let common = ["--rpc", &lotus.endpoint.url, "--token", "secret", "--underwriter", &underwriter];
    let args = [&common[..], &["--nonce", "7", "--out", out.to_str().unwrap()], args].concat();
    let done = listen(|voice| command(&options(&args).unwrap(), voice)).end;
    lotus.asked();
    let object = serde_json::from_slice(&fs::read(&out).unwrap()).unwrap();
    fs::remove_file(out).unwrap();
    (done, object)
}

#[test]
fn facts_are_what_a_node_like_lotus_says() {
    let facts = facts();
    let lotus = Scripted::new(answers(&facts));
    let [market, miner, underwriter] = [MARKET, MINER, UNDERWRITER].map(Address::new_id);
    let parties = Parties { market, miner, underwriter };
    assert_eq!(gather(&mut lotus.node(), &parties), Ok(facts));
    let asked = lotus.asked();
    assert_eq!((&asked[0][0]["To"], &asked[0][0]["From"]), (&"t01003".into(), &"t0201".into()));
    assert_eq!(asked[2][0]["To"], "t01004");
}

#[test]
fn the_command_signs_with_a_key_file_and_rehearses_what_it_signed() {
    let rate = assessed(|_, _| {}).rate.rate;
    let offer = Offer::new(&facts(), &wish(), rate).unwrap();
    let submitted = Submitted {
        loan: 1,
        agent: 1_010,
        agent_address: offer.agent,
        quota: TokenAmount::default(),
        expiration: 0,
    };
    let mut script = answers(&facts());
    script.push(("StateCall", invocation(0, &true)));
    script.push(("StateCall", invocation(0, &submitted)));
    let Key::Secp256k1(key) = Key::secp256k1("ann") else { panic!("another key") };
    let exported = json!({ "Type": "secp256k1", "PrivateKey": BASE64.encode(&key.to_bytes()) });
    let file = std::env::temp_dir().join(format!("fab-key-{}", std::process::id()));
    fs::write(&file, HEXLOWER.encode(exported.to_string().as_bytes())).unwrap();
    let (done, object) = run(script, "signed", &["--key", file.to_str().unwrap()]);
    fs::remove_file(file).unwrap();
    done.unwrap();
    let signed = Vouched::Signed(Key::Secp256k1(key).sign(&offer.message).unwrap().bytes);
    let hex = HEXLOWER.encode(&offer.submit(&signed).params);
    assert_eq!(object["offer"]["submit"]["params_hex"], hex);
    assert_eq!(object["offer"]["agent"], offer.agent.to_string());
}

#[test]
fn the_command_has_the_node_sign_and_stops_where_the_chain_does_not_know_the_signature() {
    let mut script = answers(&facts());
    script.push(("WalletSign", json!({ "Type": 1, "Data": "AQID" })));
    script.push(("StateCall", invocation(0, &false)));
    let lotus = Scripted::new(script);
    let args = ["--rpc", &lotus.endpoint.url, "--token", "secret", "--underwriter", "f0201"];
    let done = listen(|voice| command(&options(&args).unwrap(), voice)).end;
    let told = done.unwrap_err().to_string();
    assert!(told.contains("f0201 does not take the signature"), "{told}");
    let asked = lotus.asked();
    assert_eq!(asked[asked.len() - 2][0], "f0201");
}

#[test]
fn a_refusal_writes_its_reasons_and_signs_nothing() {
    let mut facts = facts();
    facts.roles.paused = true;
    let (done, object) = run(answers(&facts), "refused", &["--json"]);
    assert!(done.unwrap_err().to_string().starts_with("no loan: the market is paused"));
    assert!(object["offer"].is_null() && object["refused"].as_array().unwrap().len() == 1);
}
