//! What lenders gain and lose: nobody by coming or going at the right moment.

use proptest::prelude::*;

use super::*;

const CAROL: ActorID = 132;
const DAVE: ActorID = 133;

/// What Bob gains who deposits 1,000 FIL just before something happens and leaves just after it.
fn gain(mut world: World, happens: impl FnOnce(&mut World)) -> TokenAmount {
    let shares = world.deposit(BOB, 1_000).unwrap();
    happens(&mut world);
    world.redeem(BOB, shares, false).unwrap().paid - fil(1_000)
}

/// To an attoFIL for each epoch of a period, of which that many are paid at once with a payoff, and to
/// the virtual assets.
#[track_caller]
fn assert_only_rounded(gain: TokenAmount) {
    assert_near(&gain, &fil(0), 1_000_000);
}

#[test]
fn nobody_gains_by_coming_just_before_a_payment() {
    let mut world = World::lent(2_000);
    let loan = world.loan(spec());
    world.now = world.due(loan).next.unwrap().due;
    let due = world.due(loan).arrears.total();
    assert!(due.is_positive());
    assert_only_rounded(gain(world, |world| {
        world.pay(loan, due).unwrap();
    }));
}

#[test]
fn nobody_gains_by_coming_just_before_a_late_fee_or_a_payoff_with_a_fee() {
    let (world, loan) = World::overdue(1_200);
    let due = world.due(loan);
    assert!(due.arrears.fees.is_positive() && due.payoff.fees > fil(50));
    assert_only_rounded(gain(world.clone(), |world| {
        world.pay(loan, due.arrears.total()).unwrap();
    }));
    assert_only_rounded(gain(world, |world| {
        world.pay_off(loan, due.payoff.total()).unwrap();
    }));
}

#[test]
fn nobody_gains_by_coming_just_before_a_fee_at_the_start_of_a_loan() {
    let world = World::lent(2_000);
    assert_only_rounded(gain(world, |world| {
        world.loan(LoanSpec { origination_fee: 1_000, ..spec() });
    }));
}

#[test]
fn nobody_gains_by_coming_just_before_a_recovery() {
    let (world, loan) = World::lost(1_200);
    assert_only_rounded(gain(world, |world| {
        world.pay(loan, fil(1_000)).unwrap();
    }));
}

#[test]
fn nobody_gains_by_coming_while_a_loan_is_impaired() {
    let (mut world, loan) = World::overdue(1_200);
    world.impair(loan).unwrap();
    let due = world.due(loan).arrears.total();
    assert_only_rounded(gain(world.clone(), |world| {
        world.pay(loan, due).unwrap();
        assert_eq!(world.loan_info(loan).phase, Phase::Live);
    }));
    assert!(gain(world, |_| ()) < fil(-300));
}

#[test]
fn income_at_once_is_shared_by_those_who_stay_while_it_is_spread() {
    let mut world = World::lent(2_000);
    world.deposit(CAROL, 2_000).unwrap();
    world.loan(LoanSpec { rate: 0, origination_fee: 1_000, ..spec() });
    // 90 % of the fee of 120 FIL, as the cover's part is the lenders' too.
    assert_near(&world.lender(ANN).income, &fil(0), 0);
    world.pass(7);
    assert_near(&world.lender(ANN).income, &fil(54), 1_000_000);
    assert_near(&world.lender(CAROL).value, &fil(2_054), 1_000_000);
}

#[test]
fn nobody_gains_by_leaving_before_a_loan_is_written_off_and_coming_back() {
    for covered in [0, 500] {
        let mut world = World::lent(1_000);
        world.deposit(BOB, 1_000).unwrap();
        if covered > 0 {
            world.cover(SPONSOR, covered).unwrap();
        }
        let loan = world.loan(spec());
        world.pass(36);
        world.impair(loan).unwrap();
        world.pass(30);
        let mut stays = world.clone();
        stays.write_off(loan).unwrap();
        let stayed = stays.lender(BOB).value;
        let paid = world.redeem(BOB, fil(1_000), false).unwrap().paid;
        world.write_off(loan).unwrap();
        world.deposit_for(BOB, BOB, paid.clone(), fil(0)).unwrap();
        let returned = world.lender(BOB).value;
        assert!(returned <= &stayed + atto(10));
        assert!(covered > 0 || returned > stayed - atto(1_000_000));
    }
}

#[derive(Clone, Debug)]
enum Step {
    Deposit(usize, i64),
    Redeem(usize, u64),
    Transfer(usize, usize, u64),
    Burn(usize, u64),
    PayExits,
    Pass(i64),
    Pay(i64),
    PayOff,
    WriteOff,
}

const MOVERS: [ActorID; 3] = [ANN, BOB, CAROL];

fn step() -> impl Strategy<Value = Step> {
    let lender = || 0..MOVERS.len();
    prop_oneof![
        2 => (lender(), 1..2_000_i64).prop_map(|(lender, amount)| Step::Deposit(lender, amount)),
        3 => (lender(), 1..=8_u64).prop_map(|(lender, part)| Step::Redeem(lender, part)),
        2 => (lender(), lender(), 1..=8_u64).prop_map(|(from, to, part)| {
            Step::Transfer(from, to, part)
        }),
        1 => (lender(), 1..=2_u64).prop_map(|(lender, part)| Step::Burn(lender, part)),
        2 => Just(Step::PayExits),
        4 => (1..20_i64).prop_map(Step::Pass),
        3 => (1..300_i64).prop_map(Step::Pay),
        1 => Just(Step::PayOff),
        1 => Just(Step::WriteOff),
    ]
}

impl World {
    /// Does what can be done, of shares so many eighths.
    fn step(&mut self, loan: LoanId, step: Step) {
        let part = |world: &World, lender: usize, part: u64| {
            (world.lender(MOVERS[lender]).shares * part).div_floor(8_u64)
        };
        match step {
            Step::Deposit(lender, amount) => {
                self.deposit(MOVERS[lender], amount).ok();
            }
            Step::Redeem(lender, eighths) => {
                let shares = part(self, lender, eighths);
                self.redeem(MOVERS[lender], shares, true).ok();
            }
            Step::Transfer(from, to, eighths) => {
                let shares = part(self, from, eighths);
                self.transfer(MOVERS[from], MOVERS[to], shares).unwrap();
            }
            Step::Burn(lender, eighths) => {
                let shares = part(self, lender, eighths);
                self.burn(MOVERS[lender], shares).unwrap();
            }
            Step::PayExits => {
                self.pay_exits(3).unwrap();
            }
            Step::Pass(days) => self.pass(days),
            Step::Pay(amount) => {
                self.pay(loan, fil(amount)).unwrap();
            }
            Step::PayOff => {
                let payoff = self.due(loan).payoff.total();
                self.pay_off(loan, payoff).ok();
            }
            Step::WriteOff => {
                self.write_off(loan).ok();
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_lenders_gain_and_lose_adds_up(steps in prop::collection::vec(step(), 1..30)) {
        let mut world = World::lent(2_000);
        world.deposit(DAVE, 1_000).unwrap();
        world.cover(SPONSOR, 300).unwrap();
        let loan = world.loan(LoanSpec { prepayment_fee: 500, origination_fee: 100, ..spec() });
        for step in steps {
            world.step(loan, step);
            let (mut gained, mut told, mut paid) = (fil(0), fil(0), fil(0));
            for lender in [ANN, BOB, CAROL, DAVE].map(|lender| world.lender(lender)) {
                prop_assert!(!lender.basis.is_negative());
                prop_assert_eq!(&lender.unrealised, &(&lender.value - &lender.basis));
                gained += &lender.unrealised + &lender.realised;
                told += &lender.income - &lender.losses;
                paid += &lender.basis + &lender.withdrawn - &lender.realised - &lender.deposited;
            }
            assert_near(&told, &gained, 10_i128.pow(8));
            // Nothing that was paid for shares gets lost on the way.
            prop_assert_eq!(paid, fil(0));
        }
    }
}
