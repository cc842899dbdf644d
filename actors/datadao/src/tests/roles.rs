use super::*;
use crate::roles::MAX_PAUSE;

impl World {
    fn grant(&mut self, by: ActorID, role: Role, to: ActorID) -> Result<(), Error> {
        let message = self.by(by);
        self.attempt(|state, store| state.grant_role(store, &message, role, to))
    }

    fn revoke(&mut self, by: ActorID, role: Role, from: ActorID) -> Result<(), Error> {
        let message = self.by(by);
        self.attempt(|state, store| state.revoke_role(store, &message, role, from))
    }

    fn has(&self, account: ActorID, role: Role) -> bool {
        self.state.roles(&self.store, account).unwrap().has(role)
    }

    fn offer(&mut self, by: ActorID, to: ActorID, keep: bool) -> Result<(), Error> {
        let message = self.by(by);
        self.attempt(|state, store| state.offer_admin(store, &message, to, keep))
    }

    fn accept(&mut self, by: ActorID) -> Result<Option<ActorID>, Error> {
        let message = self.by(by);
        self.attempt(|state, store| state.accept_admin(store, &message))
    }
}

#[test]
fn an_admin_grants_and_revokes_every_role_but_its_own() {
    let mut world = World::new();
    for role in [Role::Curator, Role::Minter, Role::Guardian, Role::Provider, Role::Member] {
        world.grant(ADMIN, role, ANN).unwrap();
        assert!(world.has(ANN, role));
        world.revoke(ADMIN, role, ANN).unwrap();
        assert!(!world.has(ANN, role));
        assert_eq!(code(world.revoke(ADMIN, role, ANN)), 67);
    }
    assert_eq!(code(world.grant(ADMIN, Role::Admin, ANN)), 68);
    world.check_invariants();
}

#[test]
fn nobody_else_grants_or_revokes_but_everyone_can_resign() {
    let mut world = World::new();
    world.grant(ADMIN, Role::Curator, ANN).unwrap();
    assert_eq!(code(world.grant(ANN, Role::Curator, BOB)), 32);
    assert_eq!(code(world.revoke(BOB, Role::Curator, ANN)), 32);
    world.revoke(ANN, Role::Curator, ANN).unwrap();
    assert!(!world.has(ANN, Role::Curator));
}

#[test]
fn the_dao_itself_needs_no_role() {
    let mut world = World::new();
    world.grant(DAO, Role::Curator, ANN).unwrap();
    world.revoke(DAO, Role::Admin, ADMIN).unwrap();
    assert_eq!(code(world.grant(ADMIN, Role::Curator, BOB)), 32);
}

#[test]
fn the_admin_role_changes_hands_in_two_steps() {
    let mut world = World::new();
    assert_eq!(code(world.offer(ANN, ANN, true)), 32);
    world.offer(ADMIN, ANN, false).unwrap();
    assert!(!world.has(ANN, Role::Admin));
    assert_eq!(code(world.accept(BOB)), 69);
    assert_eq!(world.accept(ANN).unwrap(), Some(ADMIN));
    assert!(world.has(ANN, Role::Admin) && !world.has(ADMIN, Role::Admin));
    assert_eq!(code(world.accept(ANN)), 69);
}

#[test]
fn there_can_be_several_admins() {
    let mut world = World::new();
    world.offer(ADMIN, ANN, true).unwrap();
    assert_eq!(world.accept(ANN).unwrap(), None);
    assert!(world.has(ANN, Role::Admin) && world.has(ADMIN, Role::Admin));
    world.revoke(ANN, Role::Admin, ADMIN).unwrap();
    assert!(!world.has(ADMIN, Role::Admin));
}

#[test]
fn an_offer_of_one_who_is_no_admin_any_more_is_void() {
    let mut world = World::new();
    world.offer(ADMIN, ANN, true).unwrap();
    world.accept(ANN).unwrap();
    world.offer(ANN, EVE, true).unwrap();
    world.revoke(ADMIN, Role::Admin, ANN).unwrap();
    assert_eq!(code(world.accept(EVE)), 69);
}

#[test]
fn an_offer_ends_with_the_role_of_who_made_it() {
    let mut world = World::new();
    world.offer(ADMIN, ANN, true).unwrap();
    world.accept(ANN).unwrap();
    world.offer(ANN, EVE, true).unwrap();
    world.revoke(ADMIN, Role::Admin, ANN).unwrap();
    world.offer(ADMIN, ANN, true).unwrap();
    world.accept(ANN).unwrap();
    assert_eq!(code(world.accept(EVE)), 69);
}

#[test]
fn no_admin_takes_back_the_offer_of_the_dao() {
    let mut world = World::new();
    world.offer(DAO, ANN, true).unwrap();
    assert_eq!(code(world.offer(ADMIN, EVE, true)), 75);
    world.offer(DAO, BOB, true).unwrap();
    assert_eq!(world.accept(BOB).unwrap(), None);
    world.offer(ADMIN, EVE, true).unwrap();
}

#[test]
fn an_admin_that_offers_the_role_to_itself_keeps_it() {
    let mut world = World::new();
    world.offer(ADMIN, ADMIN, false).unwrap();
    assert_eq!(world.accept(ADMIN).unwrap(), None);
    assert!(world.has(ADMIN, Role::Admin));
}

#[test]
fn a_pause_stops_new_deals_and_bonds_and_ends_by_itself() {
    let mut world = World::new().listing(1, 1);
    world.give(OWNER, 50);
    let guardian = world.by(ADMIN);
    let pause = |length| {
        move |state: &mut State, store: &MemoryBlockstore| {
            state.pause(store, &Message { now: 1_000, ..guardian.clone() }, length)
        }
    };
    for length in [0, -1, MAX_PAUSE + 1] {
        assert_eq!(code(world.attempt(pause.clone()(length))), 70);
    }
    world.attempt(pause(10)).unwrap();
    assert_eq!(code(world.ask(&world.proposal(0), SP)), 59);
    let owner = world.by(OWNER);
    assert_eq!(code(world.attempt(|state, store| state.bond(store, &owner, SP, &atto(5)))), 59);
    world.now += 10;
    assert_eq!(world.ask(&world.proposal(0), SP), Ok(()));
}

#[test]
fn a_guardian_alone_pauses_and_ends_a_pause() {
    let mut world = World::new();
    let (eve, guardian) = (world.by(EVE), world.by(ADMIN));
    assert_eq!(code(world.attempt(|state, store| state.pause(store, &eve, 1))), 67);
    world.attempt(|state, store| state.pause(store, &guardian, 1)).unwrap();
    assert_eq!(code(world.attempt(|state, store| state.unpause(store, &eve))), 67);
    world.attempt(|state, store| state.unpause(store, &guardian)).unwrap();
    assert_eq!(world.state.check_running(world.now), Ok(()));
}

#[test]
fn a_minter_mints_up_to_the_cap_less_what_is_promised() {
    let mut world = World::with(|config| config.token.mint_cap = atto(250)).listing(1, 1);
    let mint = |world: &mut World, by, amount| {
        let message = world.by(by);
        world.attempt(|state, store| state.mint_by_hand(store, &message, ANN, &atto(amount)))
    };
    assert_eq!(code(mint(&mut world, EVE, 1)), 67);
    let _ = world.record(&world.proposal(0), 7, SP, OWNER).unwrap();
    assert_eq!(code(mint(&mut world, ADMIN, 151)), 60);
    mint(&mut world, ADMIN, 150).unwrap();
    assert_eq!(world.balance(ANN), atto(150));
    assert_eq!(code(mint(&mut world, ADMIN, -1)), 16);
    world.check_invariants();
}
