//! A pause stops what is new. It stops nobody from repaying, from leaving, or from facing a loss.

use actor_lending_market::api::*;
use actor_lending_market::error::Error;
use fvm_harness::{Call, Provider, fil};
use shared::ext::miner::CHANGE_OWNER_ADDRESS;

use super::*;
use crate::setup::{DAY, lending};

#[test]
fn a_pause_stops_deposits_loans_draws_and_income() {
    let mut m = lending().lent(4_000);
    let (ann, owner) = (m.ann.clone(), m.sp.owner.clone());
    let draws = PledgeDraws { max_draw: fil(600), window: 200 * DAY };
    let loan = m.loan(|spec| spec.draws = Draws::Pledge(draws)).loan;
    let other = Provider::create(&mut m.net, "other");
    let waiting = m.spec_for(&other);
    let submitted = m.submit(&waiting).ok();
    m.propose(&waiting, &submitted).ok();
    let third = Provider::create(&mut m.net, "third");
    let new = m.spec_for(&third);
    pause(&mut m);
    let paused = code(Error::Paused);
    m.deposit(&ann, fil(1)).refused(paused);
    m.submit(&new).refused(paused);
    m.activate(&waiting, &submitted).refused(paused);
    let draw = DrawParams { loan, amount: fil(1) };
    m.call::<Draw>(&owner, &draw).refused(paused);
    let income = WithdrawIncomeParams { loan, amount: fil(1) };
    m.call::<WithdrawIncome>(&owner, &income).refused(paused);
    m.check_invariants();

    let governor = m.governor.clone();
    m.call::<SetPaused>(&governor, &false).ok();
    m.deposit(&ann, fil(1)).ok();
    m.submit(&new).ok();
    m.activate(&waiting, &submitted).ok();
    m.call::<Draw>(&owner, &draw).ok();
    m.call::<WithdrawIncome>(&owner, &income).ok();
    m.check_invariants();
}

#[test]
fn a_pause_stops_no_exit() {
    let mut m = lending().lent(1_300);
    let (ann, keeper) = (m.ann.clone(), m.keeper.clone());
    let loan = m.loan(|_| {}).loan;
    pause(&mut m);
    assert_eq!(m.redeem(&ann, fil(60)).ok().paid, fil(60));
    let exit = m.redeem(&ann, fil(100)).ok();
    assert_eq!((exit.paid, exit.exit), (fil(40), Some(1)));
    assert_eq!(m.call::<CancelExit>(&ann, &1).ok(), fil(60));
    for _ in 0..6 {
        m.redeem(&ann, fil(10)).ok();
    }
    // A payment pays four exits, and anyone the others.
    m.pass_to_due(loan);
    m.collect(loan).ok();
    assert_eq!(m.pool().queued, fil(20));
    assert_eq!(m.call::<PayExits>(&keeper, &32).ok().len(), 2);
    m.check_invariants();
}

#[test]
fn a_pause_stops_no_repayment_no_release_and_no_withdrawal_of_cover() {
    let mut m = lending().lent(2_000);
    let sponsor = m.net.account("sponsor");
    stake(&mut m, &sponsor, fil(100));
    let (loan, owner) = (m.loan(|_| {}).loan, m.sp.owner.clone());
    pause(&mut m);
    assert_eq!(repay(&mut m, loan, fil(5)).ok().credit, fil(5));
    let underwriter = m.underwriter.address();
    let leave = UnstakeCoverParams { underwriter, shares: fil(100) };
    m.call::<UnstakeCover>(&sponsor, &leave).ok();
    m.pass_to_due(loan);
    m.collect(loan).ok();
    assert!(m.call::<WithdrawCover>(&sponsor, &underwriter).ok() > fil(100));
    assert_eq!(pay_off(&mut m, loan).ok().phase, Phase::Repaid);
    assert_eq!(release(&mut m, loan).ok(), Holding::Offered);
    let confirm = Call::new(&owner, m.sp.address());
    m.net.run(confirm.method(CHANGE_OWNER_ADDRESS, &owner.address())).ok();
    assert_eq!(release(&mut m, loan).ok(), Holding::Released);
    let keeper = m.keeper.clone();
    assert!(m.call::<PayTreasury>(&keeper, &()).ok().is_positive());
    m.check_invariants();
}

#[test]
fn a_pause_stops_no_impairment_and_no_default() {
    let mut m = lending().lent(2_000);
    let loan = m.loan(|_| {}).loan;
    pause(&mut m);
    ruin(&mut m);
    m.pass_to_due(loan);
    let due = m.due(loan);
    m.pass_to(due.impaired_from.expect("an overdue loan"));
    assert_eq!(impair(&mut m, loan).ok().phase, Phase::Impaired);
    m.pass_to(due.default_from.expect("an overdue loan"));
    assert_eq!(declare_default(&mut m, loan).ok().phase, Phase::Defaulted);
    m.check_invariants();
}

#[test]
fn a_pause_leaves_a_reserve_to_be_freed() {
    let mut m = lending().lent(2_000);
    let spec = m.spec();
    let loan = m.submit(&spec).ok().loan;
    pause(&mut m);
    let owner = m.sp.owner.clone();
    assert_eq!(m.call::<FreeReserve>(&owner, &loan).ok(), fil(1_200));
    m.check_invariants();
}
