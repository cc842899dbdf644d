//! AuthenticateMessage of whoever is said to have underwritten a loan. Submit calls it read-only and
//! believes `true` alone, with exit code 0.

use actor_lending_market::api::*;
use fab::story::Lending;
use fvm_harness::{Call, fil};
use fvm_ipld_encoding::{CBOR, DAG_CBOR, IPLD_RAW};
use fvm_shared::address::Address;
use hostile_puppet::Step;
use shared::Method;
use shared::ext::account::AUTHENTICATE_MESSAGE;

use super::puppet::{self, Attack, message, reply};
use super::table::Table;
use crate::setup::lending;

const TRUE: &[u8] = &[0xf5];

/// A market in which the puppet underwrites, and a specification that it has not signed.
fn stage() -> (Lending, Address, SubmitParams) {
    let mut m = lending().lent(5_000);
    let keeper = m.keeper.clone();
    let puppet = puppet::create(&mut m.net, &keeper);
    let limits = fab::deploy::defaults::limits(fil(2_400));
    let governor = m.governor.clone();
    m.call::<SetUnderwriter>(&governor, &SetUnderwriterParams { underwriter: puppet, limits }).ok();
    let spec = LoanSpec { underwriter: puppet.id().unwrap(), ..m.spec() };
    m.net.set_tracing(true);
    (m, puppet, SubmitParams { spec, signature: b"whatever".to_vec() })
}

fn attacks(m: &Lending, submit: &SubmitParams) -> Vec<Attack> {
    let cbor = |bytes: &[u8]| reply(DAG_CBOR, bytes);
    let unsigned = SubmitParams { signature: vec![], ..submit.clone() };
    let reenter = |params: &SubmitParams| {
        [vec![Step::Try(message::<Submit>(m.address, params))], cbor(TRUE)].concat()
    };
    let hash = m.hash(&submit.spec);
    let mut attacks = puppet::blunt();
    attacks.extend([
        ("replies `true`", cbor(TRUE)),
        ("replies `true` as CBOR that is not DAG-CBOR", reply(CBOR, TRUE)),
        ("replies `true` as raw bytes", reply(IPLD_RAW, TRUE)),
        ("replies no bytes", cbor(&[])),
        ("replies `null`", cbor(&[0xf6])),
        ("replies `false`", cbor(&[0xf4])),
        ("replies 1", cbor(&[0x01])),
        ("replies the text \"true\"", cbor(b"\x64true")),
        ("replies `[true]`", cbor(&[0x81, 0xf5])),
        ("replies `[true, true]`", cbor(&[0x82, 0xf5, 0xf5])),
        ("replies `true` and a byte more", reply(CBOR, &[0xf5, 0x00])),
        ("replies `true` in two bytes, as no encoder does", reply(CBOR, &[0xf8, 0x15])),
        ("replies `true` under a tag", reply(CBOR, &[0xc1, 0xf5])),
        ("replies garbage", reply(CBOR, &[0xff, 0x13, 0x37])),
        ("replies `true` and ends with exit code 90", vec![Step::Exit(90)]),
        ("writes, then replies `true`", [vec![Step::Forget], cbor(TRUE)].concat()),
        ("destroys itself, then replies `true`", [vec![Step::SelfDestruct], cbor(TRUE)].concat()),
        ("submits the same again, then replies `true`", reenter(submit)),
        ("submits it as approved, then replies `true`", reenter(&unsigned)),
        ("approves it, then replies `true`", {
            let approve = message::<ApproveSpec>(m.address, &hash);
            [vec![Step::Try(approve)], cbor(TRUE)].concat()
        }),
        ("sends FIL, then replies `true`", {
            let params = DepositParams { to: None, min_shares: fil(0) };
            let deposit = puppet::with_value(message::<Deposit>(m.address, &params), fil(1));
            [vec![Step::Try(deposit)], cbor(TRUE)].concat()
        }),
    ]);
    attacks
}

#[test]
fn an_underwriter_vouches_by_true_and_by_nothing_else() {
    let (mut m, puppet, submit) = stage();
    let start = m.net.snapshot();
    let mut table = Table::new("vouching", &["AuthenticateMessage", "Submit"]);
    for (attack, steps) in attacks(&m, &submit) {
        m.net.restore(&start);
        let says_true = steps.last().is_some_and(|last| {
            matches!(last, Step::Reply(block) if block.codec != IPLD_RAW && block.start == TRUE)
        });
        puppet::tell(&mut m.net, puppet, AUTHENTICATE_MESSAGE, steps);
        let borrower = Address::new_id(submit.spec.borrower);
        let call = Call::new(borrower, m.address).method(Submit::NUMBER, &submit);
        let outcome = puppet::run(&mut m.net, call);
        assert!(says_true || !outcome.exit_code.is_success(), "{attack}: {outcome}");
        if outcome.exit_code.is_success() {
            assert_eq!(m.pool().reserved, fil(1_200), "{attack}");
            m.check_invariants();
        }
        table.row(vec![attack.to_owned(), puppet::told(&outcome, puppet.id().unwrap())]);
    }
    table.verify();
}
