use super::draws::against_pledge;
use super::loan::{accrued, amounts, bullet, milli, plain};
use super::*;
use shared::math::share_down;

impl World {
    fn books(&self) -> [TokenAmount; 4] {
        let State { performing, impaired, .. } = self.accrued();
        [performing.principal, performing.interest, impaired.principal, impaired.interest]
    }
}

#[test]
fn a_loan_is_impaired_that_is_overdue_for_longer_than_the_rules_allow() {
    let (mut world, loan) = World::running(plain());
    assert_eq!(world.impair(loan), Err(Error::NotOverdue(None)));
    world.now = 35 * DAY;
    assert_eq!(world.due(loan).impaired_from, Some(35 * DAY + 1));
    assert_eq!(world.impair(loan), Err(Error::NotOverdue(Some(35 * DAY + 1))));
    world.now += 1;
    assert_eq!(world.impair(loan), Ok(()));
}

#[test]
fn only_a_live_loan_is_impaired() {
    let impair = |world: &mut World, loan| world.impair(loan);
    assert_eq!(World::taken(&plain(), impair), [Phase::Live]);
}

#[test]
fn an_impaired_loan_is_in_the_other_book_with_its_interest() {
    let (mut world, loan) = World::running(bullet());
    assert_eq!(world.at(40).books(), [fil(1_200), milli(30_600) + accrued(10), fil(0), fil(0)]);
    world.impair(loan).unwrap();
    assert_eq!(world.books(), [fil(0), fil(0), fil(1_200), milli(30_600) + accrued(10)]);
    assert_eq!(world.pool().unrealised_loss, milli(1_230_600) + accrued(10));
    assert_eq!(world.at(50).books(), [fil(0), fil(0), fil(1_200), milli(30_600) + accrued(20)]);
    assert_eq!(world.state.performing.rate, fil(0));
}

#[test]
fn impairment_lowers_the_price_of_exits_and_not_that_of_deposits() {
    let (mut world, loan) = World::running(plain());
    let before = world.at(36).pool();
    world.impair(loan).unwrap();
    let pool = world.pool();
    assert_eq!((pool.total_assets, pool.entry_price), (before.total_assets, before.entry_price));
    assert!(pool.exit_price < fil(1).div_floor(2));
}

#[test]
fn a_loan_is_restored_when_nothing_is_overdue() {
    let (mut world, loan) = World::in_phase(Phase::Impaired, bullet());
    let owed = world.due(loan).arrears.total();
    // 36 FIL, late for 6 days.
    assert_eq!(owed, milli(36_216));
    assert_eq!(world.pay(loan, &owed - atto(1)).unwrap().phase, Phase::Impaired);
    assert_eq!(world.pay(loan, atto(1)).unwrap().phase, Phase::Live);
    // 6 days of interest, less what is spread: 90 percent of the fee, and the cover's 1.8 FIL.
    let [principal, interest, ..] = world.books();
    assert_eq!((principal, world.pool().unrealised_loss), (fil(1_200), fil(0)));
    let spread = milli(1_800) + milli(1_944).div_floor(10);
    // The treasury's part of two payments was rounded down twice.
    assert_eq!((interest, world.pool().unspread), (accrued(6), spread + atto(1)));
    assert_eq!(world.state.impaired.rate, fil(0));
    assert_eq!(world.impair(loan), Err(Error::NotOverdue(None)));
}

#[test]
fn a_loan_is_in_default_that_is_overdue_for_longer_than_its_grace() {
    let (mut world, loan) = World::running(plain());
    assert_eq!(world.write_off(loan), Err(Error::NotOverdue(None)));
    world.now = 60 * DAY;
    assert_eq!(world.due(loan).default_from, Some(60 * DAY + 1));
    assert_eq!(world.write_off(loan), Err(Error::NotOverdue(Some(60 * DAY + 1))));
    world.now += 1;
    assert_eq!(world.write_off(loan), Ok(()));
}

#[test]
fn a_loan_is_written_off_once_and_only_one_that_runs() {
    let write_off = |world: &mut World, loan| world.write_off(loan);
    assert_eq!(World::taken(&plain(), write_off), [Phase::Live, Phase::Impaired]);
}

#[test]
fn the_oldest_instalment_counts_for_default_and_credit_covers_it() {
    let (mut world, loan) = World::running(plain());
    world.pay(loan, fil(100)).unwrap();
    world.at(61);
    assert_eq!(world.write_off(loan), Err(Error::NotOverdue(Some(90 * DAY + 1))));
    // 200 FIL and 0.1 for the day.
    world.pay(loan, milli(100_100)).unwrap();
    assert_eq!(world.write_off(loan), Err(Error::NotOverdue(None)));
}

#[test]
fn a_write_off_costs_the_principal_and_the_interest_that_has_accrued() {
    let (mut world, loan) = World::running(bullet());
    world.at(30).pay(loan, fil(36)).unwrap();
    world.at(91);
    let before = world.pool();
    world.write_off(loan).unwrap();
    let loss = fil(1_200) + milli(61_200) + accrued(1);
    let info = world.loan_info(loan);
    assert_eq!((info.loss, info.slashed, info.phase), (loss.clone(), fil(0), Phase::Defaulted));
    assert_eq!(world.pool().total_assets, before.total_assets - &loss);
    // Virtual shares have theirs.
    let rest = &loss - world.lender(ANN).losses;
    assert!(rest.is_positive() && rest < atto(1_000_000));
    assert_eq!(world.underwriter().outstanding, fil(0));
    let record = world.record(MINER);
    assert_eq!((record.defaults, record.lost), (1, loss));
    assert_eq!(world.books(), [(); 4].map(|()| fil(0)));
}

#[test]
fn cover_pays_for_a_loss_first() {
    let (mut world, loan) = World::running(bullet());
    world.cover(SPONSOR, 1_300).unwrap();
    world.at(61).write_off(loan).unwrap();
    let (info, loss) = (world.loan_info(loan), fil(1_200) + milli(61_200) + accrued(1));
    assert_eq!((info.loss, &info.slashed), (fil(0), &loss));
    assert_eq!(
        (world.underwriter().cover, world.pool().cash),
        (fil(1_300) - &loss, fil(800) + loss)
    );
    assert_eq!(world.lender(ANN).losses, fil(0));
}

#[test]
fn an_impaired_loan_is_written_off_out_of_its_book() {
    let (mut world, loan) = World::in_phase(Phase::Impaired, spec());
    world.at(61).write_off(loan).unwrap();
    assert_eq!(world.books(), [(); 4].map(|()| fil(0)));
    assert_eq!(world.pool().rate, fil(0));
}

#[test]
fn what_waits_to_be_drawn_is_free_again_after_default() {
    let (world, loan) = World::in_phase(Phase::Defaulted, against_pledge());
    let info = world.loan_info(loan);
    assert_eq!((info.drawn, info.reserved), (fil(100), fil(0)));
    assert_eq!((world.pool().reserved, world.underwriter().outstanding), (fil(0), fil(0)));
    assert_eq!(world.state.free_cash(), fil(1_900));
}

#[test]
fn a_debt_in_default_is_all_that_was_owed_and_grows_no_more() {
    let (mut world, loan) = World::running(LoanSpec { prepayment_fee: 1_000, ..bullet() });
    world.at(61).write_off(loan).unwrap();
    // 36 FIL late for 31 days and as much for 1; interest for 61 days; no fee for prepayment.
    let owed = amounts(milli(1_116 + 36), milli(73_200), fil(1_200));
    for day in [61, 100, 700] {
        let due = world.at(day).due(loan);
        assert_eq!((&due.arrears, &due.payoff, due.next), (&owed, &owed, None));
        assert_eq!(due.overdue_since, Some(61 * DAY));
        assert_eq!((due.impaired_from, due.default_from), (None, None));
        assert_eq!(world.collectable(loan), Ok(owed.total()));
        world.touch(loan);
    }
}

#[test]
fn what_is_recovered_is_the_pools_loss_then_the_covers_then_income() {
    let (mut world, loan) = World::running(bullet());
    world.cover(SPONSOR, 100).unwrap();
    world.at(61).write_off(loan).unwrap();
    let loss = fil(1_100) + milli(61_200) + accrued(1);
    let parts = |world: &World| {
        let info = world.loan_info(loan);
        (info.loss, info.slashed, world.underwriter().cover, world.state.fees.clone())
    };
    assert_eq!(parts(&world), (loss.clone(), fil(100), fil(0), fil(0)));
    let cash = world.pool().cash;
    world.pay(loan, fil(1_000)).unwrap();
    assert_eq!(parts(&world), (&loss - fil(1_000), fil(100), fil(0), fil(0)));
    assert_eq!(world.pool().cash, cash + fil(1_000));
    assert_eq!((world.pool().unspread, world.record(MINER).lost), (fil(1_000), &loss - fil(900)));
    world.pay(loan, &loss - fil(990)).unwrap();
    assert_eq!(parts(&world), (fil(0), fil(90), fil(10), fil(0)));
    assert_eq!(world.loan_info(loan).phase, Phase::Defaulted);
    // What was charged, 10.98 FIL, 1.152 of late fees, and the last day's rounding.
    let income = milli(10_980 + 1_152) + milli(1_020) - accrued(1);
    let payment = world.pay(loan, fil(90) + &income).unwrap();
    assert_eq!((payment.phase, payment.refunded), (Phase::Recovered, fil(0)));
    let charged = share_down(&income, 1_500).unwrap();
    let fees = charged.atto() * 2 / 3;
    let fees = TokenAmount::from_atto(fees);
    assert_eq!(parts(&world), (fil(0), fil(0), fil(100) + charged - &fees, fees));
    let record = world.record(BORROWER);
    assert_eq!((record.lost, record.returned, record.repaid), (fil(0), fil(1_200), 0));
}

#[test]
fn no_more_is_recovered_than_is_owed() {
    let (mut world, loan) = World::in_phase(Phase::Defaulted, plain());
    // 3 FIL and 0.2 were late.
    let owed = milli(1_203_200);
    assert_eq!(world.collectable(loan), Ok(owed.clone()));
    assert_eq!(world.pay(loan, &owed - atto(1)).unwrap().phase, Phase::Defaulted);
    let payment = world.pay(loan, fil(9)).unwrap();
    assert_eq!((payment.phase, payment.refunded), (Phase::Recovered, fil(9) - atto(1)));
    assert_eq!((payment.credit, world.state.held.clone()), (fil(0), fil(0)));
}

#[test]
fn credit_that_a_write_off_finds_is_kept_for_the_debt() {
    let (mut world, loan) = World::running(plain());
    world.pay(loan, fil(40)).unwrap();
    world.at(61).write_off(loan).unwrap();
    assert_eq!(world.loan_info(loan).credit, fil(40));
    // 60 FIL late for 31 days, and 100 for one.
    let owed = milli(1_200_000 + 1_860 + 100 - 40_000);
    assert_eq!(world.collectable(loan), Ok(owed.clone()));
    assert_eq!(world.pay(loan, owed).unwrap().phase, Phase::Recovered);
}

#[test]
fn recovery_reaches_the_lenders_over_days() {
    let (mut world, loan) = World::in_phase(Phase::Defaulted, plain());
    let before = world.pool().total_assets;
    world.pay(loan, fil(1_200)).unwrap();
    assert_eq!(world.pool().total_assets, before);
    world.pass(8);
    assert_eq!(world.pool().total_assets, before + fil(1_200));
}
