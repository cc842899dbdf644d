//! Loans that are not repaid as they should be: impaired, restored, written off, recovered.

use actor_lending_market::api::*;
use actor_lending_market::error::Error;
use fab::story::Lending;
use fvm_harness::{Call, TokenAmount, atto, fil};
use shared::ext::miner::CHANGE_OWNER_ADDRESS;

use super::*;
use crate::setup::{DAY, lending};

/// A market with a loan that can be impaired.
fn impairable(mut m: Lending) -> (Lending, LoanId) {
    let loan = overdue(&mut m);
    pass_to_impairment(&mut m, loan);
    (m, loan)
}

/// A market with a loan that can be declared in default.
fn defaultable(mut m: Lending) -> (Lending, LoanId) {
    let loan = overdue(&mut m);
    pass_to_default(&mut m, loan);
    (m, loan)
}

/// 100 FIL of cover stand behind the underwriter of 2,000 FIL.
fn covered() -> Lending {
    let mut m = lending().lent(2_000);
    let sponsor = m.net.account("sponsor");
    stake(&mut m, &sponsor, fil(100));
    m
}

#[test]
fn anyone_impairs_a_loan_after_five_days_of_arrears_and_not_before_and_once() {
    let mut m = lending().lent(2_000);
    let loan = overdue(&mut m);
    let due = m.net.epoch();
    assert_eq!(m.due(loan).overdue_since, Some(due));
    let from = due + 5 * DAY + 1;
    assert_eq!(m.due(loan).impaired_from, Some(from));
    impair(&mut m, loan).refused(code(Error::NotOverdue(None)));
    m.pass_to(from - 1);
    impair(&mut m, loan).refused(code(Error::NotOverdue(None)));
    m.pass_to(from);
    let outcome = impair(&mut m, loan).outcome.ok();
    assert_eq!(outcome.events_of("loan-impaired").len(), 1);
    assert_eq!(outcome.returned::<Payment>().phase, Phase::Impaired);
    assert_eq!(m.info(loan).phase, Phase::Impaired);
    impair(&mut m, loan).refused(code(Error::Phase(Phase::Impaired)));
    m.check_invariants();
}

#[test]
fn a_loan_without_arrears_is_neither_impaired_nor_in_default() {
    let mut m = lending().lent(2_000);
    let loan = m.loan(|_| {}).loan;
    impair(&mut m, loan).refused(code(Error::NotOverdue(None)));
    declare_default(&mut m, loan).refused(code(Error::NotOverdue(None)));
    m.check_invariants();
}

#[test]
fn a_miner_with_money_is_collected_instead_of_impaired() {
    let (mut m, loan) = impairable(lending().lent(2_000));
    let arrears = m.due(loan).arrears;
    assert!(arrears.fees.is_positive());
    endow(&mut m, &fil(500));
    let payment = impair(&mut m, loan).ok();
    assert_eq!((payment.phase, payment.paid), (Phase::Live, arrears.clone()));
    assert_eq!((m.info(loan).phase, m.pool().unrealised_loss), (Phase::Live, fil(0)));
    assert_eq!(available(&mut m), fil(500) - arrears.total());
    impair(&mut m, loan).refused(code(Error::NotOverdue(None)));
    m.check_invariants();
}

#[test]
fn exits_are_priced_without_an_impaired_loan_at_once_and_deposits_with_it() {
    let (mut m, loan) = impairable(lending().lent(2_000));
    let before = m.pool();
    impair(&mut m, loan).ok();
    let after = m.pool();
    assert_eq!(after.total_assets, before.total_assets);
    assert_eq!(after.unrealised_loss, fil(1_200) + &before.interest);
    assert_eq!(after.entry_price, before.entry_price);
    // 800 of 2,000.
    assert_eq!(after.exit_price, fil(2).div_floor(5));
    let ann = m.ann.clone();
    assert_about(&m.redeem(&ann, fil(100)).ok().paid, fil(40));
    m.check_invariants();
}

#[test]
fn a_payment_that_clears_the_arrears_restores_a_loan_and_less_does_not() {
    let (mut m, loan) = impairable(lending().lent(2_000));
    impair(&mut m, loan).ok();
    let arrears = m.due(loan).arrears.total();
    let less = repay(&mut m, loan, &arrears - fil(1)).ok();
    assert_eq!((less.phase, less.credit), (Phase::Impaired, fil(0)));
    assert!(m.pool().unrealised_loss > fil(1_000));
    let total = m.pool().total_assets;
    let rest = repay(&mut m, loan, fil(1)).outcome.ok();
    assert_eq!(rest.events_of("loan-restored").len(), 1);
    assert_eq!(rest.returned::<Payment>().phase, Phase::Live);
    let pool = m.pool();
    assert_eq!((pool.unrealised_loss, pool.total_assets), (fil(0), total));
    // Until then, fees and what would be the cover's wait to be spread.
    m.pass(8);
    let (entry, exit) = prices(&mut m);
    assert!(&entry - &exit <= atto(1));
    m.check_invariants();
}

#[test]
fn anyone_declares_a_default_after_the_grace_and_not_before_and_never_twice() {
    let mut m = lending().lent(2_000);
    let loan = overdue(&mut m);
    let from = m.net.epoch() + 30 * DAY + 1;
    assert_eq!(m.due(loan).default_from, Some(from));
    m.pass_to(from - 1);
    declare_default(&mut m, loan).refused(code(Error::NotOverdue(None)));
    m.pass_to(from);
    let before = m.pool();
    let outcome = declare_default(&mut m, loan).outcome.ok();
    assert_eq!(outcome.events_of("loan-defaulted").len(), 1);
    assert_eq!(outcome.returned::<Payment>().phase, Phase::Defaulted);
    let (info, after) = (m.info(loan), m.pool());
    assert_eq!(info.loss, &before.principal + &before.interest);
    assert_eq!(after.total_assets, before.total_assets - info.loss);
    assert_eq!((after.principal, after.interest, after.rate), (fil(0), fil(0), fil(0)));
    assert_eq!(known_underwriter(&mut m).outstanding, fil(0));
    declare_default(&mut m, loan).refused(code(Error::Phase(Phase::Defaulted)));
    impair(&mut m, loan).refused(code(Error::Phase(Phase::Defaulted)));
    // What is owed no longer grows.
    let owed = m.due(loan).payoff;
    m.pass(100);
    assert_eq!(m.due(loan).payoff, owed);
    m.check_invariants();
}

#[test]
fn a_loan_goes_from_impaired_to_default_at_no_further_cost_to_exits() {
    let (mut m, loan) = impairable(lending().lent(2_000));
    impair(&mut m, loan).ok();
    pass_to_default(&mut m, loan);
    let (entry, exit) = prices(&mut m);
    declare_default(&mut m, loan).ok();
    let after = prices(&mut m);
    assert_eq!(after.1, exit);
    assert!(after.0 < entry);
    assert_about(&after.0, exit);
    m.check_invariants();
}

#[test]
fn a_miner_that_pays_the_oldest_instalment_is_not_in_default() {
    let (mut m, loan) = defaultable(lending().lent(2_000));
    let (schedule, due) = (m.view::<GetSchedule>(&loan), m.due(loan));
    let oldest = &schedule[0].principal + &schedule[0].interest + &due.arrears.fees;
    assert!(due.arrears.total() > oldest, "the second instalment is due too");
    endow(&mut m, &oldest);
    let payment = declare_default(&mut m, loan).ok();
    assert_eq!((payment.phase, &payment.received), (Phase::Live, &oldest));
    assert_eq!(m.due(loan).overdue_since, Some(schedule[1].due));
    declare_default(&mut m, loan).refused(code(Error::NotOverdue(None)));
    m.check_invariants();
}

#[test]
fn what_is_collected_from_a_miner_in_default_lessens_the_loss() {
    let (mut m, loan) = defaultable(lending().lent(2_000));
    endow(&mut m, &fil(40));
    let before = m.pool();
    let payment = declare_default(&mut m, loan).ok();
    assert_eq!((payment.phase, &payment.received), (Phase::Defaulted, &fil(40)));
    // All interest of two instalments is paid with it, of which lenders have 85 %.
    let (paid, schedule) = (payment.paid, m.view::<GetSchedule>(&loan));
    assert_eq!(paid.interest, &schedule[0].interest + &schedule[1].interest);
    let charge = |row: &InstalmentInfo| (&row.interest * 1_500).div_floor(10_000);
    let charges = charge(&schedule[0]) + charge(&schedule[1]);
    let lost = before.principal + before.interest - paid.principal - paid.interest + charges;
    assert_eq!(m.info(loan).loss, lost);
    m.check_invariants();
}

#[test]
fn cover_pays_before_lenders_do() {
    let (mut m, loan) = defaultable(covered());
    let before = m.pool();
    declare_default(&mut m, loan).ok();
    let (info, after) = (m.info(loan), m.pool());
    assert_eq!(info.slashed, fil(100));
    assert_eq!(info.loss, before.principal + before.interest - fil(100));
    assert_eq!(after.total_assets, before.total_assets - info.loss);
    assert_eq!(after.cash, before.cash + fil(100));
    assert_eq!(known_underwriter(&mut m).cover, fil(0));
    m.check_invariants();
}

#[test]
fn cover_that_suffices_leaves_lenders_without_a_loss() {
    let mut m = covered();
    let other = m.net.account("other sponsor");
    stake(&mut m, &other, fil(1_900));
    let (mut m, loan) = defaultable(m);
    let (before, total) = (prices(&mut m), m.pool().total_assets);
    declare_default(&mut m, loan).ok();
    let info = m.info(loan);
    assert_eq!((info.loss, m.pool().total_assets), (fil(0), total));
    assert_eq!(prices(&mut m), before);
    // Both sponsors bear it as they staked.
    let left = fil(2_000) - info.slashed;
    let underwriter = m.underwriter.address();
    let params = GetCoverParams { underwriter, sponsor: other.address() };
    assert_about(&m.view::<GetCover>(&params).value, (left * 95).div_floor(100));
    m.check_invariants();
}

/// Ann's exit of 1,200 shares waits for 800 FIL; Bob keeps 400 shares.
fn queued(cover: i64) -> (Lending, LoanId) {
    let mut m = lending().lent(1_200);
    let (ann, bob) = (m.ann.clone(), m.net.account("bob"));
    if cover > 0 {
        let sponsor = m.net.account("sponsor");
        stake(&mut m, &sponsor, fil(cover));
    }
    let loan = m.loan(|_| {}).loan;
    m.deposit(&bob, fil(400)).ok();
    let reply = m.redeem(&ann, fil(1_200)).ok();
    assert_eq!((reply.paid, reply.exit), (fil(400), Some(1)));
    assert_eq!(m.pool().queued, fil(800));
    ruin(&mut m);
    m.pass_to_due(loan);
    pass_to_default(&mut m, loan);
    (m, loan)
}

#[test]
fn queued_exits_bear_a_write_off_like_all_shares() {
    let (mut m, loan) = queued(600);
    let (ann, bob) = (m.ann.clone(), m.net.account("bob"));
    declare_default(&mut m, loan).ok();
    // 600 FIL for 1,200 shares: the cover paid Ann's exit at once.
    let paid = m.lender(&ann).withdrawn - fil(400);
    assert_about(&paid, fil(400));
    assert_about(&m.lender(&bob).value, fil(200));
    assert_eq!(m.pool().queued, fil(0));
    m.check_invariants();
}

#[test]
fn what_a_default_collects_pays_no_exit_at_the_price_before_it() {
    let (mut m, loan) = queued(0);
    let (ann, bob) = (m.ann.clone(), m.net.account("bob"));
    endow(&mut m, &fil(60));
    declare_default(&mut m, loan).ok();
    let paid = m.lender(&ann).withdrawn - fil(400);
    assert!(paid > fil(30) && paid < fil(40), "{paid}");
    assert_about(&paid, m.lender(&bob).value * 2);
    m.check_invariants();
}

#[test]
fn recoveries_are_the_pool_s_then_the_cover_s_then_income_and_the_excess_is_returned() {
    let (mut m, loan) = defaultable(covered());
    declare_default(&mut m, loan).ok();
    let (info, owed, start) = (m.info(loan), m.due(loan).payoff.total(), m.pool());
    let rest = owed - &info.loss - &info.slashed;
    assert!(rest.is_positive());

    let first = repay(&mut m, loan, info.loss.clone()).ok();
    assert_eq!(first.phase, Phase::Defaulted);
    assert_eq!((m.info(loan).loss, m.info(loan).slashed), (fil(0), fil(100)));
    assert_eq!(known_underwriter(&mut m).cover, fil(0));
    // The lenders' part comes over the next days.
    assert_eq!(m.pool().total_assets, start.total_assets);
    repay(&mut m, loan, fil(100)).ok();
    assert_eq!((m.info(loan).slashed, known_underwriter(&mut m).cover), (fil(0), fil(100)));

    let borrower = m.sp.owner.clone();
    let before = m.net.balance(&borrower);
    let last = repay(&mut m, loan, &rest + fil(7)).outcome.ok();
    assert_eq!(last.events_of("loan-recovered").len(), 1);
    let last: Payment = last.returned();
    assert_eq!((last.phase, last.refunded), (Phase::Recovered, fil(7)));
    assert_eq!(m.net.balance(&borrower), before + fil(7));
    let charge = (&rest * 1_500).div_floor(10_000);
    let fee = (&charge * 1_000).div_floor(1_500);
    assert_eq!(m.pool().fees, start.fees + &fee);
    assert_eq!(known_underwriter(&mut m).cover, fil(100) + &charge - &fee);
    m.pass(8);
    assert_eq!(m.pool().total_assets, start.total_assets + info.loss + rest - charge);
    m.check_invariants();
}

#[test]
fn a_miner_in_default_is_given_back_after_full_recovery_and_not_before() {
    let (mut m, loan) = defaultable(lending().lent(2_000));
    declare_default(&mut m, loan).ok();
    let owed = m.due(loan).payoff.total();
    repay(&mut m, loan, &owed - atto(1)).ok();
    release(&mut m, loan).refused(code(Error::Phase(Phase::Defaulted)));
    // Collect asks for all that is left, and no more.
    endow(&mut m, &fil(1));
    let last = m.collect(loan).ok();
    assert_eq!((last.received, last.phase), (atto(1), Phase::Recovered));
    assert_eq!(release(&mut m, loan).ok(), Holding::Offered);
    let sp = m.sp.clone();
    let confirm = Call::new(&sp.owner, sp.address());
    m.net.run(confirm.method(CHANGE_OWNER_ADDRESS, &sp.owner.address())).ok();
    assert_eq!(release(&mut m, loan).ok(), Holding::Released);
    assert_eq!(m.owner(&sp).owner, sp.owner.address());
    m.check_invariants();
}

#[test]
fn a_default_stays_on_the_record_of_borrower_and_miner() {
    let (mut m, loan) = defaultable(covered());
    declare_default(&mut m, loan).ok();
    let info = m.info(loan);
    let lost: TokenAmount = &info.loss + &info.slashed;
    for subject in [m.sp.owner.address(), m.sp.address()] {
        let known = m.view::<GetReputation>(&subject);
        assert_eq!((known.record.defaults, &known.record.lost), (1, &lost));
        assert_eq!(known.score, 2_000);
    }
    let owed = m.due(loan).payoff.total();
    repay(&mut m, loan, owed).ok();
    let record = m.view::<GetReputation>(&m.sp.address()).record;
    assert_eq!((record.defaults, record.lost, record.repaid), (1, fil(0), 0));
    m.check_invariants();
}
