use super::*;
use crate::cover::WITHDRAWAL_WINDOW;

const OTHER: ActorID = 104;
const DELAY: ChainEpoch = 30 * DAY;

impl World {
    fn unstake(&mut self, sponsor: ActorID, shares: &TokenAmount) -> Result<(), Error> {
        self.act(sponsor, fil(0), |state, store, message| {
            state.unstake_cover(store, message, UNDERWRITER, shares)
        })
    }

    fn withdraw(&mut self, sponsor: ActorID) -> Result<TokenAmount, Error> {
        let payout = self.act(sponsor, fil(0), |state, store, message| {
            state.withdraw_cover(store, message, UNDERWRITER)
        })?;
        assert_eq!(payout.to, sponsor);
        self.send([payout.clone()]);
        Ok(payout.amount)
    }

    fn stake_of(&self, sponsor: ActorID) -> CoverInfo {
        self.state.cover(&self.store, UNDERWRITER, sponsor).unwrap()
    }

    /// Lets a loan of 1,200 FIL go bad.
    fn lose(&mut self, nonce: u64) -> LoanId {
        let loan = self.loan(LoanSpec { nonce, miner: MINER + nonce, ..spec() });
        self.now = self.due(loan).next.unwrap().due + 31 * DAY;
        self.write_off(loan).unwrap();
        loan
    }

    /// What a sponsor gets who asks for all of its stake.
    fn leave(&mut self, sponsor: ActorID) -> Result<TokenAmount, Error> {
        let shares = self.stake_of(sponsor).shares;
        self.unstake(sponsor, &shares)?;
        self.now += DELAY;
        self.withdraw(sponsor)
    }
}

#[test]
fn a_stake_brings_fil() {
    assert_eq!(World::new().cover(SPONSOR, 0), Err(Error::NothingSent));
}

#[test]
fn nobody_stakes_behind_who_is_no_underwriter() {
    let mut world = World::new();
    let staked =
        world.act(SPONSOR, fil(1), |state, store, message| state.stake_cover(store, message, BOB));
    assert_eq!(staked, Err(Error::NotUnderwriter(BOB)));
}

#[test]
fn a_stake_comes_to_shares_of_what_the_cover_is_worth() {
    let mut world = World::lent(2_000);
    assert_eq!(world.cover(SPONSOR, 100), Ok(fil(100)));
    // 5 % of the fee of 120 FIL is the cover's.
    let fee = LoanSpec { origination_fee: 1_000, ..spec() };
    world.loan(fee);
    assert_eq!(world.underwriter().cover, fil(106));
    assert_near(&world.cover(OTHER, 106).unwrap(), &fil(100), 1_000_000);
    let value = world.stake_of(OTHER).value;
    assert_near(&value, &fil(106), 1_000_000);
    assert!(value <= fil(106));
    assert_near(&world.stake_of(SPONSOR).value, &fil(106), 1_000_000);
}

#[test]
fn a_stake_that_comes_to_no_shares_is_refused() {
    let mut world = World::lent(2_000);
    world.cover(SPONSOR, 100).unwrap();
    world
        .state
        .change_underwriter(&world.store, UNDERWRITER, |known| {
            known.cover += fil(200);
            Ok(())
        })
        .unwrap();
    world.state.held += fil(200);
    world.balance += fil(200);
    let staked = world.act(OTHER, atto(2), |state, store, message| {
        state.stake_cover(store, message, UNDERWRITER)
    });
    assert_eq!(staked, Err(Error::MinShares(fil(0))));
}

#[test]
fn all_of_what_leaves_waits_from_when_it_was_asked_for_last() {
    let mut world = World::new();
    world.cover(SPONSOR, 100).unwrap();
    world.unstake(SPONSOR, &fil(10)).unwrap();
    assert_eq!(world.stake_of(SPONSOR).free_at, DELAY);
    world.pass(29);
    world.unstake(SPONSOR, &fil(20)).unwrap();
    let stake = world.stake_of(SPONSOR);
    assert_eq!((stake.leaving, stake.free_at), (fil(20), 29 * DAY + DELAY));
    world.pass(1);
    let waits = Error::CoverWaits(59 * DAY, 66 * DAY);
    assert_eq!(world.withdraw(SPONSOR), Err(waits));
    // And none of it, if that is what it asks for.
    world.unstake(SPONSOR, &fil(0)).unwrap();
    world.pass(30);
    assert_eq!(world.withdraw(SPONSOR), Err(Error::Stake(fil(0))));
}

#[test]
fn cover_is_withdrawn_within_its_window() {
    let mut world = World::new();
    world.cover(SPONSOR, 100).unwrap();
    world.unstake(SPONSOR, &fil(40)).unwrap();
    let lapses = DELAY + WITHDRAWAL_WINDOW;
    for now in [DELAY - 1, lapses + 1] {
        world.now = now;
        assert_eq!(world.withdraw(SPONSOR), Err(Error::CoverWaits(DELAY, lapses)));
    }
    for now in [DELAY, lapses] {
        let mut world = world.clone();
        world.now = now;
        assert_eq!(world.withdraw(SPONSOR), Ok(fil(40)));
        let stake = world.stake_of(SPONSOR);
        assert_eq!((stake.shares, stake.value, stake.leaving), (fil(60), fil(60), fil(0)));
        assert_eq!(world.withdraw(SPONSOR), Err(Error::Stake(fil(0))));
    }
}

#[test]
fn nobody_asks_for_more_than_its_stake() {
    let mut world = World::new();
    world.cover(SPONSOR, 100).unwrap();
    world.cover(OTHER, 100).unwrap();
    for shares in [fil(100) + atto(1), atto(-1)] {
        assert_eq!(world.unstake(SPONSOR, &shares), Err(Error::Stake(fil(100))));
    }
    assert_eq!(world.unstake(BOB, &atto(1)), Err(Error::Stake(fil(0))));
    assert_eq!(world.withdraw(BOB), Err(Error::Stake(fil(0))));
}

#[test]
fn what_leaves_pays_for_losses_until_it_is_withdrawn() {
    let mut world = World::lent(2_000);
    world.cover(SPONSOR, 4_000).unwrap();
    let loan = world.loan(spec());
    world.now = world.due(loan).next.unwrap().due + 31 * DAY - DELAY;
    world.unstake(SPONSOR, &fil(4_000)).unwrap();
    world.now += DELAY;
    world.write_off(loan).unwrap();
    let slashed = world.loan_info(loan).slashed;
    assert!(slashed > fil(1_200));
    assert_eq!(world.withdraw(SPONSOR), Ok(fil(4_000) - slashed));
}

#[test]
fn enough_cover_stays_for_what_the_underwriter_has_out() {
    let mut world = World::with(Rules { min_cover: 1_000, ..rules() });
    world.deposit(ANN, 2_000).unwrap();
    world.cover(SPONSOR, 200).unwrap();
    let above = LoanSpec { amount: fil(1_200), instalments: 1, plan: Plan::Bullet, ..spec() };
    let loan = world.loan(above);
    world.unstake(SPONSOR, &(fil(80) + atto(1))).unwrap();
    world.now = DELAY;
    assert_eq!(world.withdraw(SPONSOR), Err(Error::MinCover(fil(120))));
    world.unstake(SPONSOR, &fil(80)).unwrap();
    world.now += DELAY;
    assert_eq!(world.withdraw(SPONSOR), Ok(fil(80)));
    // Once nothing is out, nothing has to stay.
    let payoff = world.due(loan).payoff.total();
    world.pay_off(loan, payoff).unwrap();
    let left = world.underwriter().cover;
    assert_near(&world.leave(SPONSOR).unwrap(), &left, 1_000_000);
    assert_eq!(world.underwriter().cover_shares, fil(0));
}

#[test]
fn cover_pays_for_a_loss_before_lenders_do() {
    let mut world = World::lent(2_000);
    world.cover(SPONSOR, 4_000).unwrap();
    let before = world.lender(ANN).value;
    let loan = world.lose(1);
    let info = world.loan_info(loan);
    assert_eq!((info.loss, world.underwriter().cover), (fil(0), fil(4_000) - info.slashed));
    assert!(world.lender(ANN).value > before);
    assert_eq!(world.lender(ANN).losses, fil(0));
}

#[test]
fn sponsors_bear_a_loss_by_their_shares_and_all_of_them_can_leave() {
    let mut world = World::lent(4_000);
    world.cover(SPONSOR, 3_000).unwrap();
    world.cover(OTHER, 1_000).unwrap();
    let loan = world.lose(1);
    let left = fil(4_000) - world.loan_info(loan).slashed;
    let first = world.leave(SPONSOR).unwrap();
    assert_near(&first, &(&left * 3_u64).div_floor(4_u64), 1_000_000);
    let last = world.leave(OTHER).unwrap();
    assert!(&first + &last <= left && first + last > left - atto(1_000_000));
}

#[test]
fn cover_that_is_slashed_to_nothing_can_be_staked_again_once_its_sponsors_have_left() {
    let mut world = World::lent(4_000);
    world.cover(SPONSOR, 100).unwrap();
    world.lose(1);
    let known = world.underwriter();
    assert_eq!((known.cover, known.cover_shares), (fil(0), fil(100)));
    assert_eq!(world.stake_of(SPONSOR).value, fil(0));
    // What is recovered is the sponsor's, and not for sale.
    assert_eq!(world.cover(OTHER, 50), Err(Error::Ruined));
    assert_eq!(world.leave(SPONSOR), Ok(fil(0)));
    world.cover(OTHER, 50).unwrap();
    assert_eq!(world.stake_of(OTHER).value, fil(50));
    world.lose(2);
    assert_eq!((world.underwriter().cover, world.stake_of(OTHER).value), (fil(0), fil(0)));
}

#[test]
fn cover_of_one_underwriter_does_not_pay_for_another() {
    let mut world = World::lent(2_000);
    world
        .act(GOVERNOR, fil(0), |state, store, message| {
            state.set_underwriter(store, message.caller, BOB, limits())
        })
        .unwrap();
    world
        .act(SPONSOR, fil(50), |state, store, message| state.stake_cover(store, message, BOB))
        .unwrap();
    let loan = world.lose(1);
    assert_eq!(world.loan_info(loan).slashed, fil(0));
    assert_eq!(world.state.cover(&world.store, BOB, SPONSOR).unwrap().value, fil(50));
}
