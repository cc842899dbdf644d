//! What keeps an underwriter's loans, its cover and its reserves together when things go wrong.

use super::draws::against_pledge;
use super::loan::plain;
use super::*;
use crate::spec::MAX_DRAWS;

impl World {
    /// A market with a loan against pledge of which nothing is drawn, by an underwriter that needs a
    /// tenth of cover and has more.
    fn pledged() -> (World, LoanId) {
        let mut world = World::with(Rules { min_cover: 1_000, ..rules() });
        world.deposit(ANN, 4_000).unwrap();
        world.cover(SPONSOR, 300).unwrap();
        let loan = world.submit(&against_pledge()).unwrap();
        world.activate(loan, 12_000).unwrap();
        (world, loan)
    }

    /// Another loan of the same underwriter, that is overdue for longer than the rules allow.
    fn other_overdue(&mut self) -> LoanId {
        let loan = self.loan(LoanSpec { nonce: 7, miner: MINER + 7, ..plain() });
        self.now = self.due(loan).next.unwrap().due + 6 * DAY;
        loan
    }

    fn frees(&mut self, id: LoanId) -> Result<TokenAmount, Error> {
        self.act(BOB, fil(0), |s, store, message| s.free_reserve(store, message, id))
            .map(|(freed, _)| freed)
    }
}

#[test]
fn nothing_goes_out_on_the_word_of_whoever_has_lost_its_cover() {
    let (mut world, loan) = World::pledged();
    let submitted = world
        .submit(&LoanSpec { nonce: 8, miner: MINER + 8, amount: fil(600), ..plain() })
        .unwrap();
    world.state.change_underwriter(&world.store, UNDERWRITER, |u| Ok(u.slash(&fil(300)))).unwrap();
    world.state.held -= fil(300);
    assert_eq!(world.draw(loan, fil(100), fil(0)), Err(Error::MinCover(fil(180))));
    assert_eq!(world.activate(submitted, 12_000).unwrap_err(), Error::MinCover(fil(180)));
}

#[test]
fn cover_stays_while_a_loan_of_its_underwriter_is_impaired() {
    let (mut world, _) = World::pledged();
    let overdue = world.other_overdue();
    world.impair(overdue).unwrap();
    assert_eq!(world.underwriter().impaired, 1);
    let all = world.state.cover(&world.store, UNDERWRITER, SPONSOR).unwrap().shares;
    world
        .act(SPONSOR, fil(0), |s, store, m| {
            s.unstake_cover(store, m, UNDERWRITER, &all.div_floor(100_u64))
        })
        .unwrap();
    world.pass(30);
    let withdraw = |s: &mut State, store: &MemoryBlockstore, m: &Message| {
        s.withdraw_cover(store, m, UNDERWRITER)
    };
    assert_eq!(world.act(SPONSOR, fil(0), withdraw), Err(Error::CoverHeld(1)));
    let arrears = world.due(overdue).arrears.total();
    world.pay(overdue, arrears).unwrap();
    assert_eq!(world.underwriter().impaired, 0);
    assert!(world.act(SPONSOR, fil(0), withdraw).is_ok());
}

#[test]
fn an_impaired_loan_counts_no_more_once_it_is_repaid_or_written_off() {
    for ends in [World::write_off, |world: &mut World, id| {
        let payoff = world.due(id).payoff.total();
        world.pay_off(id, payoff).map(|_| ())
    }] {
        let (mut world, _) = World::pledged();
        let overdue = world.other_overdue();
        world.impair(overdue).unwrap();
        world.pass(30);
        ends(&mut world, overdue).unwrap();
        assert_eq!(world.underwriter().impaired, 0);
    }
}

#[test]
fn anyone_frees_what_can_no_longer_be_drawn() {
    let (mut world, loan) = World::pledged();
    assert_eq!(world.frees(loan), Err(Error::Reserved(100 * DAY)));
    let mut revoked = world.clone();
    revoked.revoke();
    assert_eq!(revoked.frees(loan), Ok(fil(1_200)));
    for n in 0..MAX_DRAWS {
        let drawn = i64::try_from(n).unwrap();
        world.draw(loan, fil(1), fil(drawn)).unwrap();
    }
    assert_eq!(world.clone().frees(loan), Ok(fil(1_192)));
    let (mut world, loan) = World::pledged();
    world.draw(loan, fil(100), fil(0)).unwrap();
    world.now = world.due(loan).next.unwrap().due + 6 * DAY;
    assert_eq!(world.frees(loan), Err(Error::Reserved(100 * DAY)));
    world.impair(loan).unwrap();
    assert_eq!(world.frees(loan), Ok(fil(1_100)));
}

#[test]
fn draws_wait_for_a_year_at_the_most() {
    let long = |window| LoanSpec {
        instalments: 24,
        draws: Draws::Pledge(PledgeDraws { max_draw: fil(300), window }),
        ..plain()
    };
    let mut world = World::lent(2_000);
    assert_eq!(world.submit(&long(365 * DAY + 1)), Err(Error::Spec("time to draw")));
    assert!(world.submit(&long(365 * DAY)).is_ok());
}

#[test]
fn a_loan_of_which_nothing_was_drawn_makes_no_good_name() {
    let (mut world, loan) = World::pledged();
    world.act(BORROWER, fil(0), |s, store, m| s.free_reserve(store, m, loan)).unwrap();
    assert_eq!(world.loan_info(loan).phase, Phase::Repaid);
    let known = world.state.reputation(&world.store, BORROWER, world.now).unwrap();
    assert_eq!((known.record.loans, known.record.repaid), (1, 0));
}

#[test]
fn early_repayment_pulls_what_is_missing_and_no_more() {
    let mut world = World::lent(2_000);
    let loan = world.loan(plain());
    world.pay(loan, fil(150)).unwrap();
    let missing = |brought: i64| {
        let opened = world.state.open(&world.store, loan).unwrap();
        opened.to_pay_off(world.now, &fil(brought)).unwrap()
    };
    assert_eq!((missing(0), missing(50)), (fil(1_050), fil(1_000)));
    assert_eq!(missing(2_000), fil(0));
}

#[test]
fn nobody_buys_into_loans_of_which_nobody_has_a_share() {
    let mut world = World::lent(2_000);
    world.loan(plain());
    let shares = world.lender(ANN).shares;
    world
        .act(ANN, fil(0), |state, store, message| {
            state.moving(store, message.now, ANN, None, &shares)?;
            Ok(state.token.burn(store, message.now, ANN, &shares)?)
        })
        .unwrap();
    assert_eq!(world.deposit(BOB, 100), Err(Error::Unowned));
}

#[test]
fn late_fees_end_with_the_grace_after_the_last_instalment() {
    let mut world = World::lent(2_000);
    let loan = world.loan(plain());
    let fees = |world: &World| world.due(loan).arrears.fees;
    world.now = (360 + 30) * DAY;
    let before = fees(&world);
    world.now += 1;
    let last = fees(&world);
    world.pass(400);
    assert!(before < last && last == fees(&world));
}

#[test]
fn nobody_gains_by_coming_after_a_recovery_that_is_still_to_be_spread() {
    let mut world = World::lent(2_000);
    let loan = world.loan(plain());
    world.now = 61 * DAY;
    world.write_off(loan).unwrap();
    world.pay(loan, fil(1_000)).unwrap();
    world.deposit(BOB, 1_000).unwrap();
    // What is still to be spread is paid for, and comes back as it is.
    assert!(world.lender(BOB).value < fil(800));
    world.pass(8);
    let gained = world.lender(BOB).value - fil(1_000);
    assert!(gained.atto().magnitude() <= atto(2_000_000).atto().magnitude(), "{gained}");
}
