use alloc::vec;

use proptest::prelude::*;

use super::loan::{any_spec, plain};
use super::*;
use crate::spec::MAX_DRAWS;

/// [`plain`] in draws of up to 300 FIL, for 100 days.
pub fn against_pledge() -> LoanSpec {
    let draws = PledgeDraws { max_draw: fil(300), window: 100 * DAY };
    LoanSpec { draws: Draws::Pledge(draws), ..plain() }
}

impl World {
    /// Draws where the pledge has grown by so much since activation, on collateral for any debt.
    pub fn draw(
        &mut self,
        id: LoanId,
        amount: TokenAmount,
        grown: TokenAmount,
    ) -> Result<TokenAmount, Error> {
        let pledged = Collateral::new(fil(0), fil(100_000), fil(12_000) + grown, fil(0));
        self.draw_on(BORROWER, id, amount, &pledged)
    }

    fn draw_on(
        &mut self,
        by: ActorID,
        id: LoanId,
        amount: TokenAmount,
        on: &Collateral,
    ) -> Result<TokenAmount, Error> {
        let payout = self
            .act(by, fil(0), |state, store, message| state.draw(store, message, id, &amount, on))?;
        assert_eq!(payout.to, MINER);
        let amount = payout.amount.clone();
        self.send([payout]);
        Ok(amount)
    }

    /// A loan against pledge that was activated at epoch 0.
    fn pledging(spec: LoanSpec) -> (World, LoanId) {
        let mut world = World::lent(2_000);
        let loan = world.submit(&spec).unwrap();
        let started = world.activate(loan, 12_000).unwrap();
        assert_eq!(started.payout, None);
        (world, loan)
    }

    fn instalments(&self, id: LoanId) -> Vec<TokenAmount> {
        let rows = self.state.schedule(&self.store, id).unwrap();
        rows.into_iter().map(|row| row.principal + row.interest).collect()
    }
}

#[test]
fn a_draw_goes_to_the_miner_less_the_fee() {
    let (mut world, loan) = World::pledging(LoanSpec { origination_fee: 100, ..against_pledge() });
    assert_eq!(world.draw(loan, fil(300), fil(0)), Ok(fil(297)));
    let info = world.loan_info(loan);
    assert_eq!((info.drawn, info.reserved), (fil(300), fil(900)));
    let pool = world.pool();
    assert_eq!((pool.principal, pool.reserved), (fil(300), fil(900)));
    assert_eq!(world.underwriter().outstanding, fil(1_200));
    assert_eq!(world.record(MINER).borrowed, fil(300));
}

#[test]
fn draws_share_the_due_epochs_that_are_left() {
    let (mut world, loan) = World::pledging(against_pledge());
    world.draw(loan, fil(120), fil(0)).unwrap();
    assert_eq!(world.instalments(loan), vec![fil(10); 12]);
    world.at(30).draw(loan, fil(220), fil(120)).unwrap_err();
    world.pay(loan, fil(10)).unwrap();
    world.draw(loan, fil(220), fil(120)).unwrap();
    let mut expected = vec![fil(30); 12];
    expected[0] = fil(10);
    assert_eq!(world.instalments(loan), expected);
    assert_eq!(world.at(60).due(loan).arrears.total(), fil(30));
    let next = NextInstalment { due: 90 * DAY, amount: fil(30) };
    assert_eq!(world.due(loan).next, Some(next));
    // 30 and then 60 FIL late for 30 days each.
    assert_eq!(world.at(120).due(loan).arrears, amounts_of(900 + 1_800, 90));
}

fn amounts_of(milli_fees: i64, principal: i64) -> Amounts {
    let fees = super::loan::milli(milli_fees);
    Amounts { fees, interest: fil(0), principal: fil(principal) }
}

#[test]
fn only_the_borrower_draws_and_only_of_a_live_loan() {
    let draw = |world: &mut World, loan| world.draw(loan, fil(1), fil(100));
    assert_eq!(World::taken(&against_pledge(), draw), [Phase::Live]);
    let (mut world, loan) = World::pledging(against_pledge());
    let refused = world.draw_on(ANN, loan, fil(1), &collateral(12_000));
    assert_eq!(refused, Err(Error::NotBorrower(ANN)));
}

#[test]
fn a_loan_that_is_not_against_pledge_has_no_draws() {
    let (mut world, loan) = World::running(plain());
    assert_eq!(world.draw(loan, fil(1), fil(0)), Err(Error::NoDraws(loan)));
}

#[test]
fn nothing_is_drawn_while_paused_or_once_the_underwriter_is_revoked() {
    let (mut world, loan) = World::pledging(against_pledge());
    let mut paused = world.clone();
    paused.pause();
    assert_eq!(paused.draw(loan, fil(1), fil(0)), Err(Error::Paused));
    world.revoke();
    assert_eq!(world.draw(loan, fil(1), fil(0)), Err(Error::NotUnderwriter(UNDERWRITER)));
}

#[test]
fn a_draw_is_within_its_time() {
    let mut world = World::lent(2_000);
    let loan = world.submit(&against_pledge()).unwrap();
    world.at(1).activate(loan, 12_000).unwrap();
    world.now = 101 * DAY + 1;
    assert_eq!(world.draw(loan, fil(1), fil(0)), Err(Error::NoDraws(loan)));
    world.now = 101 * DAY;
    assert!(world.draw(loan, fil(1), fil(0)).is_ok());
}

#[test]
fn a_draw_is_of_something_up_to_the_most_and_to_what_is_left() {
    let refused = || Err(Error::Draw(fil(300)));
    let (mut world, loan) = World::pledging(against_pledge());
    for amount in [fil(-1), fil(0), fil(300) + atto(1)] {
        assert_eq!(world.draw(loan, amount, fil(0)), refused());
    }
    for drawn in 0..4 {
        assert!(world.draw(loan, fil(300) - atto(1), fil(drawn * 300)).is_ok());
    }
    assert_eq!(world.draw(loan, atto(5), fil(1_200)), refused());
    assert!(world.draw(loan, atto(4), fil(1_200)).is_err_and(|e| e != Error::Draw(fil(300))));
    assert_eq!(world.loan_info(loan).reserved, atto(4));
}

#[test]
fn there_are_8_draws() {
    let (mut world, loan) = World::pledging(against_pledge());
    for drawn in 0..MAX_DRAWS.cast_signed() as i64 {
        assert!(world.draw(loan, fil(12), fil(drawn * 12)).is_ok());
    }
    assert_eq!(world.draw(loan, fil(12), fil(120)), Err(Error::NoDraws(loan)));
}

#[test]
fn what_was_drawn_is_pledged_before_more_is_drawn() {
    let (mut world, loan) = World::pledging(against_pledge());
    assert_eq!(world.draw(loan, fil(24), atto(-1)), Err(Error::NotPledged(fil(0))));
    world.draw(loan, fil(24), fil(0)).unwrap();
    let refused = world.draw(loan, fil(24), fil(24) - atto(1));
    assert_eq!(refused, Err(Error::NotPledged(fil(24))));
    world.draw(loan, fil(24), fil(24)).unwrap();
    assert_eq!(world.draw(loan, fil(24), fil(24)), Err(Error::NotPledged(fil(48))));
}

#[test]
fn what_was_repaid_stays_pledged() {
    let (mut world, loan) = World::pledging(against_pledge());
    world.draw(loan, fil(240), fil(0)).unwrap();
    world.at(30).pay(loan, fil(20)).unwrap();
    assert_eq!(world.draw(loan, fil(1), fil(220)), Err(Error::NotPledged(fil(240))));
}

#[test]
fn nothing_is_drawn_in_arrears() {
    let (mut world, loan) = World::pledging(against_pledge());
    world.draw(loan, fil(120), fil(0)).unwrap();
    world.pay(loan, fil(10) - atto(1)).unwrap();
    assert_eq!(world.at(30).draw(loan, fil(12), fil(120)), Err(Error::Arrears));
    world.pay(loan, atto(1)).unwrap();
    assert!(world.draw(loan, fil(12), fil(120)).is_ok());
}

#[test]
fn credit_for_what_is_due_lets_a_draw_through() {
    let (mut world, loan) = World::pledging(against_pledge());
    world.draw(loan, fil(120), fil(0)).unwrap();
    world.pay(loan, fil(10)).unwrap();
    assert!(world.at(40).draw(loan, fil(12), fil(120)).is_ok());
    assert_eq!(world.due(loan).arrears.total(), fil(0));
}

#[test]
fn principal_with_the_draw_is_up_to_a_part_of_the_collateral() {
    let (mut world, loan) = World::pledging(against_pledge());
    world.draw(loan, fil(120), fil(0)).unwrap();
    world.at(30).pay(loan, fil(10)).unwrap();
    let on = |vesting| Collateral::new(fil(-12_120), fil(vesting), fil(12_120), fil(0));
    let mut draw = |vesting| world.draw_on(BORROWER, loan, fil(50), &on(vesting));
    assert_eq!(draw(199), Err(Error::Collateral(super::loan::milli(159_200))));
    assert!(draw(200).is_ok());
}

#[test]
fn a_first_draw_before_the_last_but_one_instalment_is_repaid_by_the_last() {
    let draws = PledgeDraws { max_draw: fil(300), window: 30 * DAY };
    let spec = LoanSpec { instalments: 2, draws: Draws::Pledge(draws), ..plain() };
    let (mut world, loan) = World::pledging(spec);
    world.at(30).draw(loan, fil(300), fil(0)).unwrap();
    assert_eq!(world.instalments(loan), [fil(0), fil(300)]);
}

#[test]
fn a_loan_of_which_nothing_is_drawn_owes_nothing_and_waits() {
    let (mut world, loan) = World::pledging(against_pledge());
    assert_eq!(world.at(40).touch(loan).phase, Phase::Live);
    assert_eq!((world.due(loan).arrears.total(), world.due(loan).overdue_since), (fil(0), None));
    assert_eq!(world.due(loan).next.map(|next| next.amount), Some(fil(0)));
    assert_eq!(world.pay(loan, fil(5)).unwrap().credit, fil(5));
    assert_eq!(world.pay_off(loan, fil(0)).unwrap().refunded, fil(5));
    assert_eq!(world.state.free_cash(), fil(2_000));
}

#[test]
fn what_is_not_drawn_makes_no_record_of_instalments() {
    let (mut world, loan) = World::pledging(against_pledge());
    world.touch(loan);
    world.at(60).touch(loan);
    world.draw(loan, fil(100), fil(0)).unwrap();
    world.at(90).pay(loan, fil(10)).unwrap();
    world.at(125).pay(loan, fil(20)).unwrap();
    let record = world.record(BORROWER);
    assert_eq!((record.on_time, record.late), (1, 1));
}

#[test]
fn what_is_left_to_draw_is_free_again_after_its_time_and_for_the_borrower_before() {
    let (mut world, loan) = World::pledging(against_pledge());
    world.draw(loan, fil(120), fil(0)).unwrap();
    let mut early = world.clone();
    assert_eq!(early.free(BORROWER, loan), Ok(fil(1_080)));
    assert_eq!(early.draw(loan, fil(1), fil(120)), Err(Error::NoDraws(loan)));
    world.at(100);
    assert_eq!(world.free(ANN, loan), Err(Error::Reserved(100 * DAY)));
    world.now += 1;
    assert_eq!(world.free(ANN, loan), Ok(fil(1_080)));
    for world in [early, world] {
        assert_eq!(world.loan_info(loan).phase, Phase::Live);
        assert_eq!(world.underwriter().outstanding, fil(120));
    }
}

#[test]
fn a_loan_whose_draws_are_all_repaid_ends_when_the_rest_is_freed() {
    let (mut world, loan) = World::pledging(against_pledge());
    world.draw(loan, fil(120), fil(0)).unwrap();
    let mut ahead = world.clone();
    ahead.pay(loan, fil(120)).unwrap();
    ahead.free(BORROWER, loan).unwrap();
    assert_eq!(ahead.loan_info(loan).phase, Phase::Live);
    let draws = PledgeDraws { max_draw: fil(300), window: 30 * DAY };
    let spec = LoanSpec { instalments: 2, draws: Draws::Pledge(draws), ..plain() };
    let (mut world, loan) = World::pledging(spec);
    world.draw(loan, fil(100), fil(0)).unwrap();
    assert_eq!(world.at(60).pay(loan, fil(110)).unwrap().phase, Phase::Live);
    assert_eq!(world.free(ANN, loan), Ok(fil(1_100)));
    assert_eq!(world.loan_info(loan).phase, Phase::Repaid);
    // A fee of 1.5 FIL was late; the rest of the payment is the borrower's.
    let refund = Payout { to: BORROWER, amount: super::loan::milli(8_500) };
    assert_eq!(world.paid.last(), Some(&refund));
}

#[test]
fn sixty_instalments_of_eight_draws_are_paid() {
    let spec = LoanSpec { instalments: 60, days_between: 1, rate: 1_200, ..against_pledge() };
    let draws = PledgeDraws { max_draw: fil(300), window: 20 * DAY };
    let (mut world, loan) = World::pledging(LoanSpec { draws: Draws::Pledge(draws), ..spec });
    for drawn in 0..8 {
        world.now += 1;
        world.draw(loan, fil(150), fil(150 * drawn)).unwrap();
    }
    assert_eq!(world.at(60).due(loan).overdue_since, Some(DAY));
    let owed = world.due(loan).arrears.total();
    let paid = world.pay(loan, owed).unwrap();
    assert_eq!((paid.phase, paid.paid.principal), (Phase::Repaid, fil(1_200)));
    assert_eq!(world.record(MINER).late, 58);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_term_covers_a_loan_however_it_is_drawn(
        spec in any_spec(), start in 0..=DAY, waits in prop::collection::vec(0..=10 * DAY, 1..=8),
    ) {
        let window = i64::from(spec.days_between * (spec.instalments - 1)) * DAY;
        prop_assume!((1..=365 * DAY).contains(&window));
        let part = spec.amount.div_ceil(waits.len() as u64);
        let draws = Draws::Pledge(PledgeDraws { max_draw: part.clone(), window });
        let (mut world, loan) = World::begun(&LoanSpec { draws, ..spec.clone() }, start);
        let quota = spec.term(start, &rules()).unwrap().quota;
        for wait in waits {
            world.now = (world.now + wait).min(start + window);
            let owed = world.due(loan).arrears.total();
            world.pay(loan, owed).unwrap();
            let left = world.loan_info(loan).reserved;
            match world.draw(loan, part.clone().min(left), fil(1)) {
                // All is drawn, or the rest makes no instalments.
                Err(Error::NoDraws(_) | Error::Schedule(_)) => break,
                drawn => prop_assert!(drawn.is_ok(), "{drawn:?}"),
            }
        }
        world.now = spec.dues(start).unwrap().into_iter().next_back().unwrap() + spec.grace + 1;
        prop_assert!(world.ever(loan) <= quota);
    }
}
