use super::loan::{accrued, amounts, bullet, milli, plain};
use super::*;

#[test]
fn what_is_not_due_is_kept_as_credit_and_pays_when_it_is() {
    let (mut world, loan) = World::running(plain());
    let payment = world.pay(loan, fil(130)).unwrap();
    assert_eq!(payment.paid, Amounts::default());
    assert_eq!((payment.received, payment.credit), (fil(130), fil(130)));
    assert_eq!(world.state.held, fil(130));
    let payment = world.at(30).touch(loan);
    assert_eq!((payment.paid.principal, payment.credit), (fil(100), fil(30)));
    let pool = world.pool();
    assert_eq!((pool.principal, pool.cash), (fil(1_100), fil(900)));
    assert_eq!(world.underwriter().outstanding, fil(1_100));
    assert_eq!(world.record(MINER).returned, fil(100));
}

#[test]
fn interest_is_the_lenders_less_what_the_treasury_and_the_cover_have() {
    let (mut world, loan) = World::running(bullet());
    world.cover(SPONSOR, 10).unwrap();
    let paid = world.at(30).pay(loan, fil(36)).unwrap().paid;
    assert_eq!(paid, amounts(fil(0), fil(36), fil(0)));
    let pool = world.pool();
    assert_eq!((pool.cash, pool.fees), (milli(830_600), milli(3_600)));
    assert_eq!(world.underwriter().cover, milli(11_800));
    assert_eq!(pool.interest, fil(0));
}

#[test]
fn the_covers_part_is_the_lenders_where_nobody_stakes() {
    let (mut world, loan) = World::running(bullet());
    world.at(30).pay(loan, fil(36)).unwrap();
    assert_eq!((world.pool().cash, world.underwriter().cover), (milli(832_400), fil(0)));
    assert_eq!(world.pool().unspread, milli(1_800));
    world.pass(8);
    assert_eq!((world.pool().interest, world.pool().unspread), (accrued(8), fil(0)));
}

#[test]
fn late_fees_are_shared_and_reach_the_lenders_over_days() {
    let (mut world, loan) = World::running(plain());
    world.at(40).pay(loan, fil(101)).unwrap();
    let pool = world.pool();
    assert_eq!((pool.fees, pool.unspread), (milli(100), milli(900)));
    assert_eq!(world.loan_info(loan).paid, amounts(fil(1), fil(0), fil(100)));
    world.pass(8);
    assert_eq!(world.pool().unspread, fil(0));
}

#[test]
fn a_payment_of_nothing_pays_nothing() {
    let (mut world, loan) = World::running(bullet());
    let before = world.due(loan);
    let payment = world.touch(loan);
    assert_eq!((payment.paid, payment.refunded), (Amounts::default(), fil(0)));
    assert_eq!(world.due(loan), before);
}

#[test]
fn one_atto_pays_a_fee_or_interest_before_principal() {
    let (mut world, loan) = World::running(bullet());
    let one = |world: &mut World| world.pay(loan, atto(1)).unwrap().paid;
    assert_eq!(one(world.at(30)), amounts(fil(0), atto(1), fil(0)));
    assert_eq!(one(world.at(31)), amounts(atto(1), fil(0), fil(0)));
}

#[test]
fn whatever_is_paid_the_balance_is_booked_and_the_loan_ends_with_its_last_instalment() {
    let (mut world, loan) = World::running(spec());
    for day in [29, 31, 95, 400] {
        let owed = world.at(day).due(loan).arrears.total();
        world.pay(loan, owed).unwrap();
    }
    assert_eq!(world.loan_info(loan).phase, Phase::Repaid);
    let pool = world.pool();
    assert_eq!((pool.principal, world.state.held.clone()), (fil(0), fil(0)));
    assert_eq!(world.underwriter().outstanding, fil(0));
    assert_eq!(world.record(BORROWER).repaid, 1);
}

#[test]
fn what_is_over_with_the_last_instalment_is_the_borrowers() {
    let (mut world, loan) = World::running(LoanSpec { late_rate: 0, ..plain() });
    world.at(330).pay(loan, fil(1_100)).unwrap();
    world.pay(loan, fil(130)).unwrap();
    let payment = world.at(360).touch(loan);
    assert_eq!((payment.phase, payment.credit), (Phase::Repaid, fil(0)));
    assert_eq!((payment.paid.principal, payment.refunded), (fil(100), fil(30)));
    assert_eq!(world.paid.last(), Some(&Payout { to: BORROWER, amount: fil(30) }));
}

#[test]
fn what_comes_for_a_loan_that_is_over_is_the_borrowers() {
    for phase in [Phase::Repaid, Phase::Recovered, Phase::Lapsed] {
        let (mut world, loan) = World::in_phase(phase, bullet());
        let before = world.loan_info(loan);
        let payment = world.at(200).pay(loan, fil(5)).unwrap();
        assert_eq!((payment.refunded, payment.paid), (fil(5), Amounts::default()));
        assert_eq!(world.paid.last(), Some(&Payout { to: BORROWER, amount: fil(5) }));
        assert_eq!(world.loan_info(loan), before);
    }
}

#[test]
fn nothing_is_paid_for_a_loan_that_is_not_activated() {
    let paid = World::taken(&plain(), |world, loan| world.pay(loan, fil(1)));
    let pulled = World::taken(&plain(), |world, loan| world.collectable(loan));
    assert!(!paid.contains(&Phase::Submitted) && !pulled.contains(&Phase::Submitted));
    assert_eq!((paid.len(), pulled.len()), (6, 6));
}

#[test]
fn a_pause_stops_no_repayment() {
    let (mut world, loan) = World::running(plain());
    world.pause();
    world.at(40).pay(loan, fil(101)).unwrap();
    world.impair(loan).unwrap_err();
    world.at(66).impair(loan).unwrap();
    world.at(91).write_off(loan).unwrap();
    world.pay(loan, fil(1)).unwrap();
    let (mut world, loan) = World::running(plain());
    world.pause();
    world.pay_off(loan, fil(1_200)).unwrap();
}

#[test]
fn an_instalment_is_on_time_for_a_day() {
    let (mut world, loan) = World::running(plain());
    world.now = 31 * DAY;
    world.pay(loan, milli(100_100)).unwrap();
    assert_eq!((world.record(MINER).on_time, world.record(MINER).late), (1, 0));
    world.now = 61 * DAY + 1;
    let owed = world.due(loan).arrears.total();
    world.pay(loan, owed).unwrap();
    assert_eq!((world.record(MINER).on_time, world.record(MINER).late), (1, 1));
    assert_eq!(world.record(BORROWER), world.record(MINER));
    assert_eq!(world.loan_info(loan).settled, 2);
}

#[test]
fn an_instalment_is_settled_when_all_of_it_is_paid() {
    let (mut world, loan) = World::running(plain());
    world.at(30).pay(loan, fil(100) - atto(1)).unwrap();
    assert_eq!((world.loan_info(loan).settled, world.record(MINER).on_time), (0, 0));
    world.at(35).touch(loan);
    let owed = world.due(loan).arrears.total();
    world.pay(loan, owed).unwrap();
    assert_eq!((world.record(MINER).on_time, world.record(MINER).late), (0, 1));
}

#[test]
fn what_credit_paid_was_on_time_whenever_it_is_booked() {
    let (mut world, loan) = World::running(plain());
    world.at(10).pay(loan, fil(150)).unwrap();
    world.at(65).touch(loan);
    assert_eq!((world.record(MINER).on_time, world.record(MINER).late), (1, 0));
    world.pay(loan, fil(51)).unwrap();
    assert_eq!((world.record(MINER).on_time, world.record(MINER).late), (1, 1));
}

#[test]
fn instalments_that_early_repayment_spares_are_not_on_time() {
    let (mut world, loan) = World::running(plain());
    world.at(30).pay_off(loan, fil(1_200)).unwrap();
    let record = world.record(BORROWER);
    assert_eq!((record.on_time, record.late, record.repaid), (1, 0, 1));
    assert_eq!(world.loan_info(loan).settled, 1);
}

#[test]
fn paying_off_early_ends_the_loan_and_returns_what_is_over() {
    let (mut world, loan) = World::running(LoanSpec { prepayment_fee: 100, ..bullet() });
    world.at(10).pay(loan, fil(3)).unwrap();
    let payment = world.pay_off(loan, fil(1_230)).unwrap();
    assert_eq!(payment.paid, amounts(fil(12), fil(12), fil(1_200)));
    assert_eq!((payment.refunded, payment.credit, payment.phase), (fil(9), fil(0), Phase::Repaid));
    let pool = world.pool();
    assert_eq!((pool.principal, pool.rate.clone()), (fil(0), world.state.performing.rate.clone()));
    world.pass(400);
    // 2,000 FIL, 85 percent of the interest, and 90 of what else there was.
    let pool = world.pool();
    assert_eq!((pool.interest, pool.rate), (fil(0), fil(0)));
    assert_eq!(pool.total_assets, fil(2_000) + milli(10_200 + 600 + 10_800));
}

#[test]
fn interest_that_is_rounded_up_for_early_repayment_is_income() {
    let (mut world, loan) = World::running(spec());
    world.now = 12_345;
    let owed = world.due(loan).payoff.total();
    assert!(world.pool().interest.is_positive());
    world.pay_off(loan, owed).unwrap();
    world.pass(8);
    let pool = world.pool();
    assert_eq!((pool.interest, pool.cash), (fil(0), pool.total_assets));
}

#[test]
fn paying_off_wants_all_of_the_debt() {
    let (mut world, loan) = World::running(plain());
    world.pay(loan, fil(50)).unwrap();
    world.at(40);
    // A fee of 0.5 FIL is late.
    let owed = milli(1_150_500);
    let refused = world.clone().pay_off(loan, &owed - atto(1));
    assert_eq!(refused, Err(Error::Missing(atto(1))));
    let paid = world.paid.len();
    assert_eq!(world.pay_off(loan, owed).unwrap().refunded, fil(0));
    assert_eq!(world.paid.len(), paid);
}

#[test]
fn a_loan_that_runs_is_paid_off() {
    let paid_off = World::taken(&plain(), |world, loan| world.pay_off(loan, fil(1_300)));
    assert_eq!(paid_off, [Phase::Live, Phase::Impaired]);
}

#[test]
fn an_impaired_loan_that_is_paid_off_leaves_nothing_in_the_books() {
    let (mut world, loan) = World::in_phase(Phase::Impaired, spec());
    let owed = world.due(loan).payoff.total();
    world.pay_off(loan, owed).unwrap();
    assert_eq!(world.pool().unrealised_loss, fil(0));
    assert_eq!((world.state.impaired.value(), world.state.impaired.rate.clone()), (fil(0), fil(0)));
}
