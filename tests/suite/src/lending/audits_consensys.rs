//! What auditors found in GLIF's pools and agents, tried here: Consensys Diligence's report of April 2023.

use actor_lending_market::api::*;
use actor_lending_market::error::Error;
use fab::story::Lending;
use fvm_harness::{Provider, TokenAmount, atto, fil};

use super::*;
use crate::setup::lending;

/// Consensys 5.1: an agent that nobody knows has the number that stands for none, and drains the pool.
#[test]
fn loan_zero_borrower_zero_and_miner_zero_are_nobody_s() {
    let mut m = lending().lent(2_000);
    let (keeper, none) = (m.keeper.clone(), code(Error::NoLoan(0)));
    for loan in [0, 1, u64::MAX] {
        m.collect(loan).refused(none);
        repay(&mut m, loan, fil(1)).refused(none);
        impair(&mut m, loan).refused(none);
        declare_default(&mut m, loan).refused(none);
        release(&mut m, loan).refused(none);
        m.call::<Activate>(&keeper, &loan).refused(none);
        m.call::<FreeReserve>(&keeper, &loan).refused(none);
        m.call::<Draw>(&keeper, &DrawParams { loan, amount: fil(1) }).refused(none);
        let income = WithdrawIncomeParams { loan, amount: fil(1) };
        m.call::<WithdrawIncome>(&keeper, &income).refused(none);
    }
    let spec = LoanSpec { borrower: 0, ..m.spec() };
    let signed = m.signed(&spec);
    m.call::<Submit>(&keeper, &signed).refused(code(Error::NotBorrower(0)));
    // The system actor has never signed anything.
    let spec = LoanSpec { underwriter: 0, ..m.spec() };
    let refused = m.submit(&spec);
    assert!(!refused.outcome.exit_code.is_success());
    let spec = LoanSpec { miner: 0, ..m.spec() };
    let submitted = m.submit(&spec).ok();
    m.activate(&spec, &submitted).refused(code(Error::NotMiner(0)));
    assert_eq!(m.pool().cash, fil(2_000));
    m.check_invariants();
}

/// Consensys 5.2: others ask for credentials in a borrower's name, so that its own are outdated.
#[test]
fn nobody_else_outdates_what_an_underwriter_vouches_for() {
    let mut m = lending().lent(4_000);
    let (eve, underwriter) = (m.net.account("eve"), m.underwriter.clone());
    let spec = m.spec();
    let hash = m.hash(&spec);
    m.call::<ApproveSpec>(&underwriter, &hash).ok();
    m.call::<ApproveSpec>(&eve, &hash).refused(code(Error::NotUnderwriter(0)));
    m.call::<CancelNonces>(&eve, &(0..64).collect()).ok();
    // Another specification for the same borrower and miner takes nothing from the first.
    let second = m.spec();
    m.submit(&second).ok();
    let by_approval = SubmitParams { spec: spec.clone(), signature: vec![] };
    let owner = m.sp.owner.clone();
    let submitted = m.call::<Submit>(&owner, &by_approval).ok();
    m.propose(&spec, &submitted).ok();
    m.activate(&spec, &submitted).ok();
    m.check_invariants();
}

/// Consensys 5.3 and 5.4: what is lent in all is wrong after payments and write-offs.
#[test]
fn principal_and_what_an_underwriter_has_out_are_right_after_every_payment_and_write_off() {
    let mut m = lending().lent(4_000);
    let bad = m.loan(|_| {}).loan;
    ruin(&mut m);
    let other = Provider::create(&mut m.net, "other");
    let spec = m.spec_for(&other);
    let good = m.lend(&spec).loan;
    let out = |m: &mut Lending| (m.pool().principal, known_underwriter(m).outstanding);
    assert_eq!(out(&mut m), (fil(2_400), fil(2_400)));
    m.pass_to_due(good);
    let odd = atto(12_345_678_901_234_567);
    let paid = repay(&mut m, bad, &odd * 3_000).ok().paid;
    let left = fil(2_400) - paid.principal;
    assert_eq!(out(&mut m), (left.clone(), left.clone()));
    let paid = m.collect(good).ok().paid;
    let left = left - paid.principal;
    assert_eq!(out(&mut m), (left.clone(), left.clone()));
    pass_to_default(&mut m, bad);
    m.collect(good).ok();
    declare_default(&mut m, bad).ok();
    let left = fil(1_200) - m.info(good).paid.principal;
    assert_eq!(out(&mut m), (left.clone(), left));
    // A recovery is no principal of a loan that runs.
    repay(&mut m, bad, fil(100)).ok();
    let left = fil(1_200) - m.info(good).paid.principal;
    assert_eq!(out(&mut m), (left.clone(), left));
    m.check_invariants();
}

/// Consensys 5.5: anyone uses up a borrower's quota.
#[test]
fn nobody_but_the_borrower_uses_up_an_underwriter_s_limit() {
    let mut m = lending().lent(4_000);
    let eve = m.net.account("eve");
    let spec = m.spec();
    let forged = eve.key.sign(&actor_lending_market::spec::message(&spec).expect("a message"));
    let forged = SubmitParams { spec: spec.clone(), signature: forged.expect("a key").bytes };
    let owner = m.sp.owner.clone();
    m.call::<Submit>(&owner, &forged).refused(ExitCode::USR_FORBIDDEN);
    let unsigned = SubmitParams { spec: spec.clone(), signature: vec![] };
    m.call::<Submit>(&owner, &unsigned).refused(code(Error::NotApproved(0)));
    let signed = m.signed(&spec);
    m.call::<Submit>(&eve, &signed).refused(code(Error::NotBorrower(0)));
    let before = known_underwriter(&mut m);
    assert_eq!((before.period_used, before.outstanding), (fil(0), fil(0)));
    m.submit(&spec).ok();
    let after = known_underwriter(&mut m);
    assert_eq!((after.period_used, after.outstanding), (fil(1_200), fil(1_200)));
    m.check_invariants();
}

/// Consensys 5.7: what is recovered beyond the debt is stuck.
#[test]
fn what_is_recovered_beyond_the_debt_is_the_borrower_s() {
    let mut m = lending().lent(2_000);
    let loan = overdue(&mut m);
    pass_to_default(&mut m, loan);
    declare_default(&mut m, loan).ok();
    let (owed, borrower) = (m.due(loan).payoff.total(), m.sp.owner.clone());
    let before = m.net.balance(&borrower);
    let payment = repay(&mut m, loan, owed + fil(300)).ok();
    assert_eq!((payment.phase, payment.refunded), (Phase::Recovered, fil(300)));
    // And what comes once the loan is over.
    assert_eq!(repay(&mut m, loan, fil(11)).ok().refunded, fil(11));
    assert_eq!(m.net.balance(&borrower), before + fil(311));
    let at = m.address;
    assert_eq!(m.state().booked(), m.net.balance(at));
    m.check_invariants();
}

/// Consensys 5.10: the first lender makes a share dear by a donation, and takes the next one's deposit.
#[test]
fn a_donation_takes_nothing_from_the_next_lender() {
    let mut m = lending();
    let (ann, eve, at) = (m.ann.clone(), m.net.account("eve"), m.address);
    m.deposit(&eve, atto(1)).ok();
    donate(&mut m, &eve, at, fil(50_000));
    assert_eq!(m.deposit(&ann, fil(100)).ok().shares, fil(100));
    assert_eq!((m.lender(&ann).value, m.lender(&eve).value), (fil(100), atto(1)));
    m.check_invariants();
}

/// Consensys 5.15: roundings have a borrower pay more than it owes.
#[test]
fn a_loan_of_an_odd_amount_is_repaid_to_the_atto_however_it_is_paid() {
    let mut m = lending().lent(2_000);
    let odd = fil(1_000) + atto(7_777_777_777_777_777);
    let loan = m.loan(|spec| {
        (spec.amount, spec.rate, spec.instalments) = (odd.clone(), 1_237, 7);
    });
    let schedule = m.view::<GetSchedule>(&loan.loan);
    let owed: TokenAmount = schedule.iter().map(|row| &row.principal + &row.interest).sum();
    let mut paid = fil(0);
    for number in 1..=7_u64 {
        m.pass_to_due(loan.loan);
        // In part by anyone, in odd pieces; the rest from the miner.
        let piece = atto(333_333_333_333_333_331) * number;
        paid += repay(&mut m, loan.loan, piece).ok().paid.total();
        paid += m.collect(loan.loan).ok().paid.total();
        assert_eq!(m.collect(loan.loan).ok().received, fil(0));
    }
    assert_eq!((paid, m.info(loan.loan).phase), (owed, Phase::Repaid));
    assert_eq!(m.info(loan.loan).paid.principal, odd);
    m.check_invariants();
}
