use super::*;
use crate::staking::MAX_UNBONDINGS;
use shared::token::max_amount;

impl World {
    /// With $DATA of an account, all of it staked.
    pub fn staking(mut self, holder: ActorID, amount: i64) -> Self {
        self.give(holder, amount);
        self.stake(holder, amount).unwrap();
        self
    }

    pub fn stake(&mut self, holder: ActorID, amount: i64) -> Result<(), Error> {
        let message = self.by(holder);
        self.attempt(|state, store| state.stake(store, &message, &atto(amount)))
    }

    pub fn unstake(&mut self, holder: ActorID, amount: i64) -> Result<ChainEpoch, Error> {
        let message = self.by(holder);
        self.attempt(|state, store| state.unstake(store, &message, &atto(amount)))
    }

    pub fn release_unstaked(&mut self, holder: ActorID) -> TokenAmount {
        let message = self.by(EVE);
        self.attempt(|state, store| state.release_unstaked(store, &message, holder)).unwrap()
    }

    pub fn claim_revenue(&mut self, holder: ActorID) -> Cash {
        self.attempt(|state, store| state.claim_revenue(store, holder)).unwrap()
    }

    pub fn stake_of(&self, holder: ActorID) -> GetStakeReturn {
        self.state.stake_of(&self.store, holder).unwrap()
    }

    pub fn stake_earned(&self, holder: ActorID) -> Cash {
        self.stake_of(holder).earned
    }

    /// FIL comes in, all of it for those who stake; says whether there are any.
    fn stake_income(&mut self, amount: i64) -> bool {
        self.attempt(|state, store| {
            let mut cold = state.cold(store)?;
            cold.books.take_in(Currency::Fil, &atto(amount));
            let shared = cold.staking.distribute(Currency::Fil, &atto(amount));
            if !shared {
                cold.books.to_treasury(Currency::Fil, &atto(amount));
            }
            state.set_cold(store, &cold)?;
            Ok(shared)
        })
        .unwrap()
    }

    fn stake_weight(&self, holder: ActorID) -> TokenAmount {
        self.state.token.weight(&self.store, holder).unwrap()
    }
}

#[test]
fn a_stake_lies_with_the_dao_and_votes_for_its_holder() {
    let mut world = World::with(|c| c.token.liquid_votes = false);
    world.give(ANN, 100);
    assert_eq!(world.stake_weight(ANN), atto(0));
    world.stake(ANN, 60).unwrap();
    assert_eq!((world.balance(ANN), world.balance(DAO)), (atto(40), atto(60)));
    assert_eq!(world.stake_weight(ANN), atto(60));
    assert_eq!(world.stake_of(ANN).staked, atto(60));
    assert_eq!(world.treasury().booked, cash(0, 60));
    world.check_invariants();
}

#[test]
fn no_more_is_staked_than_one_has_and_no_more_unstaked_than_one_staked() {
    let mut world = World::new().staking(ANN, 60);
    assert_eq!(code(world.stake(ANN, 1)), 19);
    assert_eq!(code(world.unstake(ANN, 61)), 19);
    assert_eq!(code(world.unstake(BOB, 1)), 19);
    for nothing in [0, -1] {
        assert_eq!(code(world.stake(ANN, nothing)), 81);
        assert_eq!(code(world.unstake(ANN, nothing)), 81);
    }
    world.check_invariants();
}

#[test]
fn income_is_shared_in_proportion_and_the_dust_stays_in_the_pool() {
    let mut world = World::new().staking(ANN, 200).staking(BOB, 100);
    assert!(world.stake_income(100));
    assert_eq!((world.stake_earned(ANN), world.stake_earned(BOB)), (cash(66, 0), cash(33, 0)));
    assert_eq!((world.claim_revenue(ANN), world.claim_revenue(BOB)), (cash(66, 0), cash(33, 0)));
    assert_eq!(world.state.cold(&world.store).unwrap().staking.pool, cash(1, 0));
    assert_eq!(world.treasury().booked, cash(100, 300));
    world.check_invariants();
}

#[test]
fn income_that_nobody_stakes_for_is_not_taken() {
    let mut world = World::new().staking(ANN, 10);
    world.unstake(ANN, 10).unwrap();
    assert!(!world.stake_income(100));
    assert_eq!(world.state.cold(&world.store).unwrap().staking.pool, cash(0, 0));
    world.give(BOB, 10);
    world.stake(BOB, 10).unwrap();
    assert_eq!((world.stake_earned(ANN), world.stake_earned(BOB)), (cash(0, 0), cash(0, 0)));
    world.check_invariants();
}

#[test]
fn no_stake_has_a_part_of_income_from_before_it_was_made() {
    let mut world = World::new().staking(ANN, 128);
    assert!(world.stake_income(100));
    world = world.staking(BOB, 256).staking(ANN, 128);
    assert_eq!((world.stake_earned(ANN), world.stake_earned(BOB)), (cash(100, 0), cash(0, 0)));
    assert!(world.stake_income(70));
    assert_eq!((world.stake_earned(ANN), world.stake_earned(BOB)), (cash(135, 0), cash(35, 0)));
    world.check_invariants();
}

#[test]
fn a_stake_for_one_moment_earns_its_share_and_is_locked_for_it() {
    let mut world = World::new().staking(ANN, 100).staking(EVE, 300);
    assert!(world.stake_income(100));
    assert_eq!(world.unstake(EVE, 300), Ok(1_030));
    assert!(world.stake_income(100));
    assert_eq!((world.claim_revenue(ANN), world.claim_revenue(EVE)), (cash(125, 0), cash(75, 0)));
    world.now = 1_029;
    assert_eq!((world.release_unstaked(EVE), world.owed(EVE)), (atto(0), cash(75, 0)));
    world.now = 1_030;
    assert_eq!((world.release_unstaked(EVE), world.owed(EVE)), (atto(300), cash(75, 300)));
    world.check_invariants();
}

#[test]
fn what_is_unstaked_neither_votes_nor_earns() {
    let mut world = World::with(|c| c.token.liquid_votes = false).staking(ANN, 256);
    world = world.staking(BOB, 192);
    world.unstake(ANN, 192).unwrap();
    assert_eq!((world.stake_weight(ANN), world.stake_weight(BOB)), (atto(64), atto(192)));
    assert!(world.stake_income(40));
    assert_eq!((world.stake_earned(ANN), world.stake_earned(BOB)), (cash(10, 0), cash(30, 0)));
    world.check_invariants();
}

#[test]
fn what_is_earned_is_claimed_once_and_not_lost_by_unstaking() {
    let mut world = World::new().staking(ANN, 8);
    assert!(world.stake_income(7));
    world.unstake(ANN, 8).unwrap();
    assert_eq!(world.claim_revenue(ANN), cash(7, 0));
    assert_eq!(world.claim_revenue(ANN), cash(0, 0));
    assert_eq!(world.owed(ANN), cash(7, 0));
    world.check_invariants();
}

#[test]
fn what_is_due_is_released_once_and_the_rest_later() {
    let mut world = World::new().staking(ANN, 100);
    world.unstake(ANN, 10).unwrap();
    world.now = 1_010;
    world.unstake(ANN, 20).unwrap();
    world.now = 1_030;
    assert_eq!((world.release_unstaked(ANN), world.release_unstaked(ANN)), (atto(10), atto(0)));
    assert_eq!(world.stake_of(ANN).unbonding, [(1_040, atto(20))]);
    world.now = 1_040;
    assert_eq!((world.release_unstaked(ANN), world.release_unstaked(ANN)), (atto(20), atto(0)));
    assert_eq!(world.owed(ANN), cash(0, 30));
    world.check_invariants();
}

#[test]
fn eight_unbondings_run_at_a_time_and_those_of_one_epoch_are_one() {
    let mut world = World::new().staking(ANN, 100);
    for _ in 0..MAX_UNBONDINGS {
        world.unstake(ANN, 1).unwrap();
        world.unstake(ANN, 2).unwrap();
        world.now += 1;
    }
    assert!(world.stake_of(ANN).unbonding.iter().all(|(_, sum)| *sum == atto(3)));
    assert_eq!(code(world.unstake(ANN, 1)), 82);
    world.now = 1_030;
    assert_eq!(world.release_unstaked(ANN), atto(3));
    world.unstake(ANN, 1).unwrap();
    world.check_invariants();
}

#[test]
fn a_pause_stops_stakes_and_no_exit() {
    let mut world = World::new().staking(ANN, 128);
    assert!(world.stake_income(7));
    let guardian = world.by(ADMIN);
    world.attempt(|state, store| state.pause(store, &guardian, 100)).unwrap();
    assert_eq!(code(world.stake(ANN, 1)), 59);
    world.unstake(ANN, 128).unwrap();
    world.now = 1_030;
    assert_eq!((world.release_unstaked(ANN), world.claim_revenue(ANN)), (atto(128), cash(7, 0)));
    world.check_invariants();
}

#[test]
fn who_has_nothing_left_is_forgotten() {
    let mut world = World::new();
    let before = world.state.cold(&world.store).unwrap().staking.stakes;
    world = world.staking(ANN, 10);
    assert!(world.stake_income(7));
    world.unstake(ANN, 10).unwrap();
    world.now = 1_030;
    world.release_unstaked(ANN);
    world.claim_revenue(ANN);
    assert_eq!(world.state.cold(&world.store).unwrap().staking.stakes, before);
    assert_eq!(world.stake_of(ANN), GetStakeReturn::default());
    world.check_invariants();
}

#[test]
fn the_index_fits_whatever_is_earned() {
    let mut world = World::new().staking(ANN, 1);
    let mut cold = world.state.cold(&world.store).unwrap();
    assert!(cold.staking.distribute(Currency::Data, &max_amount()));
    let most = &cold.staking.index.data * u64::MAX;
    cold.staking.index.data = most.clone();
    world.state.set_cold(&world.store, &cold).unwrap();
    assert_eq!(world.state.cold(&world.store).unwrap().staking.index.data, most);
    assert_eq!(world.stake_earned(ANN).data, max_amount() * u64::MAX);
}
