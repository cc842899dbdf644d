use alloc::vec;

use proptest::prelude::*;

use super::*;
use crate::loan::Split;
use crate::schedule::Sums;

/// 1,200 FIL for twelve instalments of 100 without interest, one each 30 days; a thousandth a day is
/// the fee on what is late.
pub fn plain() -> LoanSpec {
    LoanSpec { rate: 0, late_rate: 3_650, ..spec() }
}

/// 1,200 FIL until day 360; 36 FIL of interest each 30 days, of which 5.4 are charged.
pub fn bullet() -> LoanSpec {
    LoanSpec { plan: Plan::Bullet, rate: 3_650, late_rate: 3_650, ..spec() }
}

/// What the lenders' interest of [`bullet`] comes to in so many days: each epoch has whole attoFIL of
/// 30.6 FIL in 30 days.
pub fn accrued(days: i64) -> TokenAmount {
    atto(354_166_666_666_666) * days * DAY
}

/// Thousandths of a FIL.
pub fn milli(amount: i64) -> TokenAmount {
    fil(amount).div_floor(1_000)
}

pub fn amounts(fees: TokenAmount, interest: TokenAmount, principal: TokenAmount) -> Amounts {
    Amounts { fees, interest, principal }
}

impl World {
    /// A loan that was activated at epoch 0.
    pub fn running(spec: LoanSpec) -> (World, LoanId) {
        let mut world = World::lent(2_000);
        let loan = world.loan(spec);
        (world, loan)
    }

    pub fn at(&mut self, day: i64) -> &mut Self {
        self.now = day * DAY;
        self
    }

    /// What Collect does where the miner has nothing.
    pub fn touch(&mut self, id: LoanId) -> Payment {
        self.pay(id, fil(0)).unwrap()
    }

    pub fn collectable(&self, id: LoanId) -> Result<TokenAmount, Error> {
        self.state.open(&self.store, id)?.to_collect(self.now)
    }

    pub fn record(&self, id: ActorID) -> Record {
        self.state.reputation(&self.store, id, self.now).unwrap().record
    }
}

fn split(fees: i128, interest: i128, charge: i128, principal: i128) -> Split {
    let [fees, interest, charge, principal] = [fees, interest, charge, principal].map(atto);
    Split { fees, sums: Sums { principal, interest, charge } }
}

#[test]
fn a_payment_pays_fees_then_interest_then_what_is_charged_then_principal() {
    let owed = split(1, 2, 3, 4);
    let paid = |pot| {
        let mut pot = atto(pot);
        (owed.pay_from(&mut pot), pot)
    };
    assert_eq!(paid(0), (split(0, 0, 0, 0), atto(0)));
    assert_eq!(paid(2), (split(1, 1, 0, 0), atto(0)));
    assert_eq!(paid(4), (split(1, 2, 1, 0), atto(0)));
    assert_eq!(paid(9), (split(1, 2, 3, 3), atto(0)));
    assert_eq!(paid(15), (split(1, 2, 3, 4), atto(5)));
    assert_eq!(owed.amounts(), amounts(atto(1), atto(5), atto(4)));
}

#[test]
fn an_instalment_is_in_arrears_from_its_due_epoch_on() {
    let (mut world, loan) = World::running(plain());
    world.now = 30 * DAY - 1;
    assert_eq!((world.due(loan).arrears.total(), world.due(loan).overdue_since), (fil(0), None));
    world.now = 30 * DAY;
    assert_eq!(world.due(loan).arrears, amounts(fil(0), fil(0), fil(100)));
    assert_eq!(world.due(loan).overdue_since, Some(30 * DAY));
}

#[test]
fn late_fees_are_on_each_instalment_from_its_due_epoch() {
    let (mut world, loan) = World::running(plain());
    let fees = |world: &World| world.due(loan).arrears.fees;
    assert_eq!(fees(world.at(30)), fil(0));
    world.now += 1;
    // 100 FIL × 3,650 ÷ 10,000 ÷ 1,051,200 = 34,722,222,222,222.2…
    assert_eq!(fees(&world), atto(34_722_222_222_223));
    assert_eq!(fees(world.at(40)), fil(1));
    assert_eq!(fees(world.at(60)), fil(3));
    assert_eq!(fees(world.at(65)), fil(3) + fil(1));
    // 100 for 90 days, 200 and 300 for 30 less each, and 400 for 5.
    assert_eq!(fees(world.at(125)), milli(3_000 + 6_000 + 9_000 + 2_000));
}

#[test]
fn late_fees_bear_no_late_fees() {
    let (mut world, loan) = World::running(plain());
    world.at(40).touch(loan);
    world.at(50).touch(loan);
    assert_eq!(world.at(60).due(loan).arrears, amounts(fil(3), fil(0), fil(200)));
}

#[test]
fn late_fees_are_on_interest_too() {
    let (mut world, loan) = World::running(bullet());
    assert_eq!(world.at(40).due(loan).arrears, amounts(milli(360), fil(36), fil(0)));
}

#[test]
fn there_is_no_late_fee_on_what_credit_covers_though_nobody_books_it() {
    let (mut world, loan) = World::running(plain());
    world.at(10).pay(loan, fil(150)).unwrap();
    assert_eq!(world.at(59).due(loan).arrears.total(), fil(0));
    assert_eq!(world.due(loan).overdue_since, None);
    let arrears = world.at(70).due(loan).arrears;
    assert_eq!(arrears, amounts(milli(500), fil(0), fil(50)));
    assert_eq!(world.due(loan).overdue_since, Some(60 * DAY));
    let paid = world.touch(loan).paid;
    assert_eq!(paid, amounts(fil(0), fil(0), fil(150)));
    assert_eq!(world.due(loan).arrears, arrears);
}

#[test]
fn nothing_becomes_dearer_by_booking_the_credit_sooner() {
    let (mut sooner, loan) = World::running(plain());
    sooner.at(10).pay(loan, fil(150)).unwrap();
    let mut later = sooner.clone();
    for day in [30, 35, 60, 61, 75] {
        sooner.at(day).touch(loan);
    }
    for world in [&mut sooner, &mut later] {
        world.at(80).pay(loan, fil(40)).unwrap();
        world.at(100);
    }
    // 50 for 20 days; 11 and then 111 FIL for 10 each.
    assert_eq!(sooner.due(loan).arrears.fees, milli(110 + 110 + 1_000));
    assert_eq!(sooner.due(loan), later.due(loan));
    assert_eq!(sooner.record(BORROWER), later.record(BORROWER));
}

#[test]
fn a_loan_is_overdue_since_the_oldest_instalment_that_is_not_covered() {
    let (mut world, loan) = World::running(plain());
    let since = |world: &World| world.due(loan).overdue_since.map(|due| due / DAY);
    assert_eq!(since(world.at(65)), Some(30));
    // What is late first pays 4 FIL of fees.
    world.pay(loan, fil(103)).unwrap();
    assert_eq!(since(&world), Some(30));
    world.pay(loan, fil(1)).unwrap();
    assert_eq!(since(&world), Some(60));
    world.pay(loan, fil(100)).unwrap();
    assert_eq!(since(&world), None);
}

#[test]
fn what_is_due_and_not_covered_is_pulled_and_no_more() {
    let (mut world, loan) = World::running(plain());
    assert_eq!(world.collectable(loan), Ok(fil(0)));
    world.pay(loan, fil(30)).unwrap();
    assert_eq!(world.collectable(loan), Ok(fil(0)));
    assert_eq!(world.at(30).collectable(loan), Ok(fil(70)));
    assert_eq!(world.at(40).collectable(loan), Ok(milli(70_700)));
    let pulled = world.collectable(loan).unwrap();
    world.pay(loan, pulled).unwrap();
    assert_eq!(world.collectable(loan), Ok(fil(0)));
    assert_eq!(world.due(loan).arrears.total(), fil(0));
}

#[test]
fn a_loan_that_is_over_owes_nothing_and_nothing_is_pulled_for_it() {
    let (mut world, loan) = World::running(bullet());
    world.pay_off(loan, fil(1_200)).unwrap();
    for day in [100, 400] {
        assert_eq!(world.at(day).collectable(loan), Ok(fil(0)));
        let due = world.due(loan);
        assert_eq!((due.arrears.total(), due.payoff.total()), (fil(0), fil(0)));
        assert_eq!((due.overdue_since, due.next), (None, None));
        assert_eq!((due.impaired_from, due.default_from), (None, None));
    }
    let summary =
        world.state.list_loans(&world.store, &PageParams { from: 1, limit: 1 }, world.now);
    assert_eq!(summary.unwrap()[0].arrears, fil(0));
}

#[test]
fn early_repayment_has_interest_up_to_now_only() {
    let (mut world, loan) = World::running(bullet());
    assert_eq!(world.due(loan).payoff, amounts(fil(0), fil(0), fil(1_200)));
    assert_eq!(world.at(10).due(loan).payoff, amounts(fil(0), fil(12), fil(1_200)));
    // 36 FIL are due, late for 10 days, and 12 more have accrued.
    assert_eq!(world.at(40).due(loan).payoff, amounts(milli(360), fil(48), fil(1_200)));
}

#[test]
fn the_fee_for_prepayment_is_on_principal_that_is_not_due_rounded_up() {
    let (mut world, loan) = World::running(LoanSpec { prepayment_fee: 100, ..plain() });
    assert_eq!(world.due(loan).payoff.fees, fil(12));
    assert_eq!(world.at(30).due(loan).payoff.fees, fil(11));
    assert_eq!(world.at(360).due(loan).payoff.total(), world.due(loan).arrears.total());
    let spec = LoanSpec { prepayment_fee: 1, amount: atto(24), ..plain() };
    let (world, loan) = {
        let mut world = World::lent(1);
        let loan = world.submit(&spec).unwrap();
        world.activate(loan, 1).unwrap();
        (world, loan)
    };
    assert_eq!(world.due(loan).payoff.fees, atto(1));
}

#[test]
fn at_maturity_all_is_due() {
    for spec in [plain(), bullet(), spec()] {
        let (mut world, loan) = World::running(LoanSpec { prepayment_fee: 1_000, ..spec });
        world.at(360);
        assert_eq!(world.due(loan).payoff, world.due(loan).arrears);
        world.at(400);
        assert_eq!(world.due(loan).payoff, world.due(loan).arrears);
    }
}

/// A loan of up to a FIL, with interest, over up to 2,400 days.
pub fn any_spec() -> impl Strategy<Value = LoanSpec> {
    let size = (1..=1_000_000_000_u64, 1..=60_u32, 1..=40_u32, prop::bool::ANY);
    let rates = (1..=10_000_u32, 0..=10_000_u32, 0..=1_000_u32, 5..=60_i64);
    (size, rates).prop_map(|(size, rates)| {
        let (nano, instalments, days_between, level) = size;
        let (rate, late_rate, prepayment_fee, grace) = rates;
        let plan = if level { Plan::Level } else { Plan::Bullet };
        LoanSpec {
            amount: atto(i128::from(nano) * 1_000_000_000 + 1),
            plan,
            instalments,
            days_between,
            rate,
            late_rate,
            prepayment_fee,
            grace: grace * DAY,
            control: Control::Beneficiary,
            ..spec()
        }
    })
}

impl World {
    pub fn begun(spec: &LoanSpec, start: ChainEpoch) -> (World, LoanId) {
        let mut world = World::lent(2);
        world.now = start;
        let loan = world.submit(&LoanSpec { deadline: start, ..spec.clone() }).unwrap();
        world.activate(loan, 1_000).unwrap();
        (world, loan)
    }

    /// All that was ever paid in, and all that it takes to end the loan now.
    pub fn ever(&self, id: LoanId) -> TokenAmount {
        let info = self.loan_info(id);
        info.paid.total() + info.credit + self.due(id).payoff.total()
    }
}

/// Hundredths of an instalment after so many epochs.
fn any_payments() -> impl Strategy<Value = Vec<(ChainEpoch, u32)>> {
    prop::collection::vec((0..=20 * DAY, prop_oneof![Just(0), 0..=250_u32]), 1..16)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_term_covers_the_loan_however_it_is_paid_until_default(
        spec in any_spec(), start in 0..=DAY, payments in any_payments(),
    ) {
        let (mut world, loan) = World::begun(&spec, start);
        let quota = spec.term(start, &rules()).unwrap().quota;
        for (after, hundredths) in payments {
            prop_assert!(world.ever(loan) <= quota);
            let wait = world.now + after;
            let last = world.due(loan).default_from;
            world.now = last.map_or(wait, |last| last.min(wait)).max(world.now);
            prop_assert!(world.ever(loan) <= quota);
            if last.is_some_and(|last| world.now >= last) {
                world.write_off(loan).unwrap();
                prop_assert!(world.ever(loan) <= quota);
                break;
            }
            let next = world.due(loan).next.map_or(fil(0), |next| next.amount);
            let amount = (next * hundredths).div_floor(100_u32).min(world.due(loan).payoff.total());
            if world.pay(loan, amount).unwrap().phase != Phase::Live {
                break;
            }
        }
        let last = world.now.max(spec.dues(start).unwrap().into_iter().next_back().unwrap());
        if world.loan_info(loan).phase == Phase::Live {
            world.now = world.due(loan).default_from.unwrap_or(last + spec.grace + 1);
            prop_assert!(world.ever(loan) <= quota);
        }
    }

    #[test]
    fn a_payment_in_parts_pays_what_it_would_at_once(
        spec in any_spec(), wait in 0..=400 * DAY, parts in prop::collection::vec(0..=50_u32, 1..8),
    ) {
        let (mut whole, loan) = World::begun(&spec, 0);
        whole.now = wait;
        let mut split = whole.clone();
        let owed = whole.due(loan).payoff.total();
        let parts: Vec<_> = parts.iter().map(|part| (&owed * *part).div_floor(100_u32)).collect();
        let all: TokenAmount = parts.iter().sum();
        whole.pay(loan, all.clone()).unwrap();
        for part in &parts {
            split.pay(loan, part.clone()).unwrap();
        }
        prop_assert_eq!(whole.loan_info(loan), split.loan_info(loan));
        prop_assert_eq!(whole.due(loan), split.due(loan));
        prop_assert_eq!(whole.record(MINER), split.record(MINER));
        prop_assert_eq!(whole.paid.iter().map(|paid| &paid.amount).sum::<TokenAmount>(),
            split.paid.iter().map(|paid| &paid.amount).sum::<TokenAmount>());
        // Shares of fees and of interest are rounded for each payment.
        let apart = (whole.state.fees - split.state.fees).atto().clone();
        prop_assert!(apart >= 0.into() && apart <= (2 * parts.len()).into());
    }

    #[test]
    fn whoever_looks_on_costs_the_borrower_an_atto_at_the_most(
        spec in any_spec(), payments in any_payments(), looks in prop::collection::vec(0..=100 * DAY, 0..8),
    ) {
        let (mut alone, loan) = World::begun(&spec, 0);
        let mut watched = alone.clone();
        let mut epochs = vec![];
        let mut now = 0;
        for (after, hundredths) in payments {
            now += after;
            epochs.push((now, Some(hundredths)));
        }
        epochs.extend(looks.iter().map(|look| (*look, None)));
        epochs.sort_by_key(|(epoch, paid)| (*epoch, paid.is_some()));
        for (epoch, paid) in epochs {
            alone.now = epoch;
            watched.now = epoch;
            let Some(hundredths) = paid else {
                watched.touch(loan);
                continue;
            };
            let amount = (&spec.amount * hundredths).div_floor(1_000_u32);
            alone.pay(loan, amount.clone()).unwrap();
            watched.pay(loan, amount).unwrap();
            prop_assert!(alone.due(loan).payoff.total() <= watched.due(loan).payoff.total());
        }
        alone.touch(loan);
        watched.touch(loan);
        let apart = watched.ever(loan) - alone.ever(loan);
        prop_assert!(apart >= fil(0) && apart <= atto(4 * looks.len() as i128));
    }
}
