//! AuthenticateMessage of whoever is said to have underwritten a loan. Submit calls it read-only and
//! believes `true` alone, with exit code 0.

use actor_lending_market::api::*;
use fab::story::Lending;
use fvm_harness::{Call, fil};
use fvm_ipld_encoding::{CBOR, DAG_CBOR, IPLD_RAW};
use fvm_shared::address::Address;
use hostile_puppet::{Block, Step};
use shared::Method;
use shared::ext::account::AUTHENTICATE_MESSAGE;

use super::puppet::{self, Attack, message, reply};
use super::sites;
use super::table::Table;
use crate::setup::lending;

const TRUE: &[u8] = &[0xf5];

/// A market in which the puppet underwrites, and a specification for a loan to itself that it has not
/// signed. It has FIL.
fn stage() -> (Lending, Address, SubmitParams) {
    let mut m = lending().lent(5_000);
    let keeper = m.keeper.clone();
    let puppet = puppet::create(&mut m.net, &keeper);
    m.net.fund(puppet, fil(10));
    let limits = fab::deploy::defaults::limits(fil(2_400));
    let governor = m.governor.clone();
    m.call::<SetUnderwriter>(&governor, &SetUnderwriterParams { underwriter: puppet, limits }).ok();
    let id = puppet.id().unwrap();
    let spec = LoanSpec { underwriter: id, borrower: id, ..m.spec() };
    m.net.set_tracing(true);
    (m, puppet, SubmitParams { spec, signature: b"whatever".to_vec() })
}

fn attacks(m: &mut Lending, submit: &SubmitParams) -> Vec<Attack> {
    let at = m.address;
    let cbor = |bytes: &[u8]| reply(DAG_CBOR, bytes);
    let with_true = |step: Step| [vec![step], cbor(TRUE)].concat();
    let reenter = |params: &SubmitParams| with_true(Step::Try(message::<Submit>(at, params)));
    let unsigned = SubmitParams { signature: vec![], ..submit.clone() };
    let another = LoanSpec { borrower: submit.spec.borrower, ..m.spec() };
    let another = m.signed(&another);
    let deposit = message::<Deposit>(at, &DepositParams { to: None, min_shares: fil(0) });
    let deposit = puppet::with_value(deposit, fil(1));
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
        ("replies `true` and ends with exit code 90", {
            let reply = Block { codec: DAG_CBOR, start: TRUE.to_vec(), fill: 0, times: 0 };
            vec![Step::Exit(90, Some(reply))]
        }),
        ("writes, then replies `true`", with_true(Step::Forget)),
        ("destroys itself, then replies `true`", with_true(Step::SelfDestruct)),
        ("submits the same again, then replies `true`", reenter(submit)),
        ("submits it as approved, then replies `true`", reenter(&unsigned)),
        ("submits another that is signed, then replies `true`", reenter(&another)),
        ("approves it, then replies `true`", {
            with_true(Step::Try(message::<ApproveSpec>(at, &hash)))
        }),
        ("sends FIL, then replies `true`", with_true(Step::Send(deposit))),
    ]);
    attacks
}

#[test]
fn an_underwriter_vouches_by_true_and_by_nothing_else() {
    let (mut m, puppet, submit) = stage();
    let start = m.net.snapshot();
    let mut table = Table::new("vouching", &["AuthenticateMessage", "Submit"]);
    for (attack, steps) in attacks(&mut m, &submit) {
        m.net.restore(&start);
        let says_true = steps.last().is_some_and(|last| {
            matches!(last, Step::Reply(block) if block.codec != IPLD_RAW && block.start == TRUE)
        });
        puppet::tell(&mut m.net, puppet, AUTHENTICATE_MESSAGE, steps);
        let borrower = Address::new_id(submit.spec.borrower);
        let call = Call::new(borrower, m.address).method(Submit::NUMBER, &submit);
        let outcome = puppet::run(&mut m.net, call);
        sites::assert_attacked(&m.net, "Submit", &outcome.calls, &puppet);
        assert!(says_true || !outcome.exit_code.is_success(), "{attack}: {outcome}");
        if outcome.exit_code.is_success() {
            assert_eq!(m.pool().reserved, fil(1_200), "{attack}");
            m.check_invariants();
        }
        table.row(vec![attack.to_owned(), puppet::told(&outcome, puppet.id().unwrap())]);
    }
    table.verify();
}
