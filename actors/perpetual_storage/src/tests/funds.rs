use super::*;
use crate::funds::Accounts;

impl World {
    fn withdraw(&mut self, by: ActorID, amount: i64) -> Result<(), Error> {
        let message = self.by(by);
        self.attempt(|state, store| state.withdraw(store, &message, &atto(amount)))
    }

    fn accounts(&self) -> usize {
        let (mut number, cold) = (0, self.state.cold(&self.store).unwrap());
        let accounts = Accounts::load(&self.store, &cold.accounts).unwrap();
        accounts.for_each(|_, _| number += 1).unwrap();
        number
    }
}

fn free(amount: i64) -> Funds {
    Funds { free: atto(amount), ..Funds::default() }
}

#[test]
fn anyone_deposits_for_an_account_and_only_that_account_has_it() {
    let mut world = World::new().funded(70);
    let message = world.paying(BOB, 30);
    world.attempt(|state, store| state.deposit(store, &message, ANN)).unwrap();
    assert_eq!((world.funds(ANN), world.funds(BOB)), (free(100), free(0)));
    assert_eq!(world.state.booked, atto(100));
    world.check_invariants();
}

#[test]
fn a_deposit_brings_fil() {
    let mut world = World::new();
    let message = world.by(ANN);
    assert_eq!(code(world.attempt(|state, store| state.deposit(store, &message, ANN))), 50);
}

#[test]
fn an_account_withdraws_what_it_has_free_and_no_more() {
    let mut world = World::new().funded(100);
    assert_eq!(world.withdraw(ANN, 101), Err(Error::Free(atto(100))));
    assert_eq!(code(world.withdraw(ANN, 101)), 52);
    assert_eq!(code(world.withdraw(BOB, 1)), 52);
    world.withdraw(ANN, 40).unwrap();
    assert_eq!((world.funds(ANN), world.state.booked.clone()), (free(60), atto(60)));
    world.withdraw(ANN, 60).unwrap();
    assert_eq!((world.accounts(), world.state.booked.clone()), (0, atto(0)));
    world.check_invariants();
}

#[test]
fn more_than_nothing_is_withdrawn() {
    let mut world = World::new().funded(100);
    for nothing in [0, -1] {
        assert_eq!(code(world.withdraw(ANN, nothing)), 51);
    }
}

#[test]
fn what_perpetual_deals_hold_is_not_free() {
    let mut world = World::new().funded(1_004);
    world.create(ANN, 1, |_| {}).unwrap();
    let held = Funds { committed: atto(1_004), ..Funds::default() };
    assert_eq!(world.funds(ANN), held);
    assert_eq!(world.withdraw(ANN, 1), Err(Error::Free(atto(0))));
    world.check_invariants();
}

#[test]
fn the_books_tell_what_there_is_in_all() {
    let mut world = World::new();
    let nothing = Books { booked: atto(0), escrow: atto(0), going_rate: None, created: 0 };
    assert_eq!(world.state.books(), nothing);
    world = world.funded(10_000 + TERM);
    world.create(ANN, 1, |terms| terms.policy.max_price_per_epoch = atto(1)).unwrap();
    world.state.going_rate = Some(atto(7));
    let (booked, escrow) = (atto(10_000), atto(TERM));
    assert_eq!(
        world.state.books(),
        Books { booked, escrow, going_rate: Some(atto(7)), created: 1 }
    );
}
