use super::*;
use shared::deal::Fate;

impl World {
    /// With a bond of provider `SP`.
    fn bonded(mut self, amount: i64) -> Self {
        self.give(OWNER, amount);
        self.bond(amount).unwrap();
        self
    }

    fn bond(&mut self, amount: i64) -> Result<(), Error> {
        let message = self.by(OWNER);
        self.attempt(|state, store| state.bond(store, &message, SP, &atto(amount)))
    }

    fn unbond(&mut self, amount: i64) -> Result<(), Error> {
        let message = self.by(OWNER);
        self.attempt(|state, store| state.unbond(store, &message, SP, &atto(amount)))
    }

    fn record_of(&self, id: ActorID) -> Record {
        self.state.record(&self.store, id).unwrap()
    }

    /// What provider `SP` has in bond, and what of it is locked.
    fn bond_of_sp(&self) -> (TokenAmount, TokenAmount) {
        let Record { bond, locked, .. } = self.record_of(SP);
        (bond, locked)
    }
}

#[test]
fn a_bond_earns_the_bonus_and_is_locked_while_the_replica_is_there() {
    // A reward of 100 asks for a bond of 10 and has a bonus of 20.
    let mut world = World::new().listing(2, 1).bonded(15);
    let recorded = world.record(&world.proposal(0), 7, SP, OWNER).unwrap();
    assert_eq!(recorded.promised, atto(120));
    assert_eq!(world.bond_of_sp(), (atto(15), atto(10)));
    let unbonded = world.record(&world.proposal(1), 8, SP, OWNER).unwrap();
    assert_eq!(unbonded.promised, atto(100), "5 are free, not 10");
    assert_eq!(code(world.unbond(6)), 80);
    world.unbond(5).unwrap();
    assert_eq!(world.owed(OWNER).data, atto(5));
    world.now = 1_060;
    world.refresh(1, &[(7, Standing::Active(1_050))]).unwrap();
    assert_eq!(world.bond_of_sp(), (atto(10), atto(0)));
    assert_eq!(world.owed(OWNER).data, atto(125));
    world.unbond(10).unwrap();
    assert_eq!(world.record_of(SP), Record::default());
    world.check_invariants();
}

#[test]
fn a_deal_that_misses_its_start_or_ends_early_is_slashed_into_the_treasury() {
    let mut world = World::new().listing(2, 1).bonded(21);
    for (n, deal) in [(0, 7), (1, 8)] {
        let _ = world.record(&world.proposal(n), deal, SP, OWNER).unwrap();
    }
    world.now = 1_051;
    world.refresh(2, &[(8, Standing::Active(1_050))]).unwrap();
    world.refresh(1, &[(7, Standing::Waiting)]).unwrap();
    assert_eq!(world.bond_of_sp(), (atto(16), atto(10)));
    assert_eq!(world.treasury().free.data, atto(5));
    world.refresh(2, &[(8, Standing::Gone)]).unwrap();
    assert_eq!(world.bond_of_sp(), (atto(11), atto(0)));
    assert_eq!(world.treasury().free.data, atto(10));
    world.check_invariants();
}

#[test]
fn a_deal_that_was_settled_after_its_end_is_not_slashed() {
    let mut world = World::new().listing(1, 1).bonded(10);
    let _ = world.record(&world.proposal(0), 7, SP, OWNER).unwrap();
    world.now = 1_055;
    world.refresh(1, &[(7, Standing::Active(1_050))]).unwrap();
    world.now = 1_060;
    world.refresh(1, &[(7, Standing::Gone)]).unwrap();
    assert_eq!((world.record_of(SP).bond, world.treasury().free.data), (atto(10), atto(0)));
}

#[test]
fn a_bond_is_more_than_nothing_and_no_more_than_the_caller_has() {
    let mut world = World::new().bonded(10);
    for amount in [0, -1] {
        assert_eq!(code(world.bond(amount)), 83);
        assert_eq!(code(world.unbond(amount)), 83);
    }
    assert_eq!(code(world.bond(1)), 19);
    assert_eq!(code(world.unbond(11)), 80);
    world.check_invariants();
}

#[test]
fn a_bond_can_be_taken_out_while_the_dao_is_paused() {
    let mut world = World::new().bonded(10);
    let guardian = world.by(ADMIN);
    world.attempt(|state, store| state.pause(store, &guardian, 5)).unwrap();
    assert_eq!(code(world.bond(1)), 59);
    world.unbond(10).unwrap();
}

#[test]
fn a_bonus_without_a_bond_to_lock_is_not_given() {
    let mut world = World::with(|c| c.rules.staking.bond = 0).listing(1, 1).bonded(10);
    let recorded = world.record(&world.proposal(0), 7, SP, OWNER).unwrap();
    assert_eq!((recorded.promised, world.record_of(SP).locked), (atto(100), atto(0)));
}

/// Anyone can make a miner and name a victim its owner.
#[test]
fn a_miner_cannot_put_its_owner_s_other_bonds_at_risk() {
    let mut world = World::new().listing(2, 2).bonded(10);
    let stranger = SP + 7;
    let recorded = world.record(&world.proposal(0), 7, stranger, OWNER).unwrap();
    assert_eq!(recorded.promised, atto(100), "no bonus for a bond that is not its own");
    world.now = 1_051;
    assert_eq!(world.refresh(1, &[(7, Standing::Waiting)]).unwrap()[0].fate, Fate::Missed);
    assert_eq!(world.bond_of_sp(), (atto(10), atto(0)));
    assert_eq!(world.ask(&world.proposal(1), SP), Ok(()));
    let _ = world.record(&world.proposal(1), 8, SP, OWNER).unwrap();
    let unbonded = world.record(&world.proposal(1), 9, SP + 8, OWNER);
    assert_eq!(unbonded, Err(Error::Barred(OWNER, 1_071)));
    world.check_invariants();
}

#[test]
fn a_bond_that_a_deal_does_not_lock_lifts_no_bar() {
    let mut world = World::new().listing(2, 2).bonded(9);
    let _ = world.record(&world.proposal(0), 7, SP + 7, OWNER).unwrap();
    world.now = 1_051;
    world.refresh(1, &[(7, Standing::Waiting)]).unwrap();
    let too_little = world.record(&world.proposal(1), 8, SP, OWNER);
    assert_eq!(too_little, Err(Error::Barred(OWNER, 1_071)), "9 are free, not 10");
}

#[test]
fn what_is_at_risk_is_what_it_was_when_the_deal_was_published() {
    let mut world = World::new().listing(1, 1).bonded(10);
    let _ = world.record(&world.proposal(0), 7, SP, OWNER).unwrap();
    let mut config = world.state.config(&world.store).unwrap();
    config.rules.staking.slash = 10_000;
    world.state.config = shared::map::put_block(&world.store, "config", &config).unwrap();
    world.now = 1_051;
    world.refresh(1, &[(7, Standing::Waiting)]).unwrap();
    assert_eq!(world.bond_of_sp(), (atto(5), atto(0)));
    world.check_invariants();
}

#[test]
fn where_the_cap_does_not_cover_the_bonus_there_is_none_and_no_bond_is_locked() {
    let mut world = World::with(|c| c.token.mint_cap = atto(110 + 10)).listing(1, 1).bonded(10);
    assert_eq!(world.ask(&world.proposal(0), SP), Ok(()));
    let recorded = world.record(&world.proposal(0), 7, SP, OWNER).unwrap();
    assert_eq!((recorded.promised, world.bond_of_sp().1), (atto(100), atto(0)));
    world.check_invariants();
}
