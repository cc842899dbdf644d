use super::*;

impl World {
    fn fund(&mut self, amount: i64) {
        let message = self.paying(ANN, atto(amount));
        self.attempt(|state, store| state.fund(store, &message.value)).unwrap();
    }

    fn book(&mut self, balance: i64) -> Result<Cash, Error> {
        self.attempt(|state, store| state.book_donations(store, DAO, &atto(balance)))
    }

    fn withdraw(&mut self, account: ActorID) -> Option<Cash> {
        let message = self.by(EVE);
        self.attempt(|state, store| state.withdraw(store, &message, account)).unwrap()
    }
}

#[test]
fn what_is_funded_is_the_treasury_s() {
    let mut world = World::new();
    world.fund(70);
    let treasury = world.treasury();
    assert_eq!((treasury.booked, treasury.free), (cash(70, 0), cash(70, 0)));
    world.check_invariants();
}

#[test]
fn donations_are_booked_once_and_nothing_that_is_owed_is_taken_for_one() {
    let mut world = World::new();
    world.fund(70);
    world.give(ANN, 50);
    let ann = world.by(ANN);
    world.attempt(|state, store| state.bond(store, &ann, SP, &atto(20))).unwrap();
    assert_eq!(code(world.book(70)), 161);
    world
        .attempt(|state, store| Ok(state.token.transfer(store, 1_000, ANN, DAO, &atto(3))?))
        .unwrap();
    assert_eq!(world.book(75), Ok(cash(5, 3)));
    assert_eq!(code(world.book(75)), 161);
    assert_eq!(world.treasury().free, cash(75, 3));
    world.check_invariants();
}

#[test]
fn what_is_owed_is_paid_once_and_owed_again_if_it_is_refused() {
    let mut world = World::new();
    world.give(ANN, 50);
    let ann = world.by(ANN);
    world.attempt(|state, store| state.bond(store, &ann, SP, &atto(20))).unwrap();
    world.attempt(|state, store| state.unbond(store, &ann, SP, &atto(20))).unwrap();
    assert_eq!(world.owed(ANN), cash(0, 20));
    assert_eq!(world.withdraw(ANN), Some(cash(0, 20)));
    assert_eq!(world.balance(ANN), atto(50));
    assert_eq!(world.withdraw(ANN), None);
    world.check_invariants();
    world.attempt(|state, store| state.take_back(store, &ann, ANN, &atto(20))).unwrap();
    assert_eq!((world.balance(ANN), world.owed(ANN)), (atto(30), cash(0, 20)));
    world.check_invariants();
}

#[test]
fn the_treasury_is_not_overspent() {
    let mut world = World::new();
    world.fund(70);
    let mut cold = world.state.cold(&world.store).unwrap();
    assert_eq!(code(cold.books.spend(Currency::Fil, &atto(71))), 160);
    assert_eq!(code(cold.books.spend(Currency::Fil, &atto(-1))), 160);
    assert_eq!(code(cold.books.spend(Currency::Data, &atto(1))), 160);
    cold.books.spend(Currency::Fil, &atto(70)).unwrap();
    assert_eq!(cold.books.treasury, cash(0, 0));
}

#[test]
fn fil_that_cannot_be_sent_is_owed_again() {
    let mut world = World::new();
    world.fund(70);
    let spend = |state: &mut State, store: &MemoryBlockstore| {
        let mut cold = state.cold(store)?;
        cold.books.spend(Currency::Fil, &atto(30))?;
        cold.books.credit(store, &[(ANN, cash(30, 0))])?;
        state.set_cold(store, &cold)
    };
    world.attempt(spend).unwrap();
    let paid = world.withdraw(ANN).unwrap();
    assert_eq!(world.treasury().booked, cash(40, 0));
    world.attempt(|state, store| state.owe_again(store, ANN, &paid)).unwrap();
    assert_eq!((world.owed(ANN), world.treasury().booked), (cash(30, 0), cash(70, 0)));
    world.check_invariants();
}
