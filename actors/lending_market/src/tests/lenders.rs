use super::*;
use crate::state::{LENDERS, Lenders};

impl World {
    pub fn deposit_atto(&mut self, lender: ActorID, amount: i128) -> Result<TokenAmount, Error> {
        self.deposit_for(lender, lender, atto(amount), fil(0))
    }

    pub fn deposit_for(
        &mut self,
        caller: ActorID,
        to: ActorID,
        amount: TokenAmount,
        min_shares: TokenAmount,
    ) -> Result<TokenAmount, Error> {
        self.act(caller, amount, |state, store, message| {
            Ok(state.deposit(store, message, to, &min_shares)?.shares)
        })
    }

    /// A movement by a method of the token.
    pub fn transfer(
        &mut self,
        from: ActorID,
        to: ActorID,
        shares: TokenAmount,
    ) -> Result<(), Error> {
        self.act(from, fil(0), |state, store, message| {
            state.moving(store, message.now, from, Some(to), &shares)?;
            state.token.transfer(store, message.now, from, to, &shares)?;
            Ok(())
        })
    }

    pub fn burn(&mut self, from: ActorID, shares: TokenAmount) -> Result<(), Error> {
        self.act(from, fil(0), |state, store, message| {
            state.moving(store, message.now, from, None, &shares)?;
            state.token.burn(store, message.now, from, &shares)?;
            Ok(())
        })
    }

    /// A loan of 1,200 FIL of a pool of 2,000, of Ann's, with its first instalment overdue.
    pub fn overdue(rate: BasisPoints) -> (Self, LoanId) {
        let mut world = World::lent(2_000);
        let loan = world.loan(LoanSpec { rate, prepayment_fee: 500, ..spec() });
        world.pass(36);
        (world, loan)
    }

    pub fn lost(rate: BasisPoints) -> (Self, LoanId) {
        let (mut world, loan) = World::overdue(rate);
        world.pass(30);
        world.write_off(loan).unwrap();
        (world, loan)
    }

    /// Where the price is two attoFIL a share.
    fn dear() -> Self {
        let mut world = World::lent(1_000);
        world.state.cash += fil(1_000) + atto(1_000_000);
        world.balance += fil(1_000) + atto(1_000_000);
        world
    }
}

#[test]
fn a_deposit_brings_fil() {
    assert_eq!(World::new().deposit(ANN, 0), Err(Error::NothingSent));
}

#[test]
fn a_deposit_is_for_whom_the_caller_says() {
    let mut world = World::new();
    world.deposit_for(ANN, BOB, fil(5), fil(5)).unwrap();
    let bob = world.lender(BOB);
    assert_eq!((&bob.shares, &bob.basis, &bob.deposited), (&fil(5), &fil(5), &fil(5)));
    assert_eq!(world.lender(ANN).shares, fil(0));
}

#[test]
fn the_pool_takes_deposits_up_to_its_cap() {
    let mut world = World::lent(2_000);
    world.loan(spec());
    world.pass(10);
    let room = fil(1_000_000) - world.pool().total_assets;
    let above = world.deposit_for(BOB, BOB, &room + atto(1), fil(0));
    assert_eq!(above, Err(Error::DepositCap(fil(1_000_000))));
    world.deposit_for(BOB, BOB, room, fil(0)).unwrap();
}

#[test]
fn a_deposit_comes_to_as_many_shares_as_the_caller_wants_at_the_least() {
    let mut world = World::dear();
    let refused = world.deposit_for(BOB, BOB, fil(2), fil(1) + atto(1));
    assert_eq!(refused, Err(Error::MinShares(fil(1))));
    assert_eq!(world.deposit_for(BOB, BOB, fil(2), fil(1)), Ok(fil(1)));
}

#[test]
fn a_deposit_comes_to_some_shares() {
    let mut world = World::dear();
    assert_eq!(world.deposit_atto(BOB, 1), Err(Error::MinShares(fil(0))));
    assert_eq!(world.deposit_atto(BOB, 2), Ok(atto(1)));
}

#[test]
fn an_exit_brings_as_much_as_the_caller_wants_at_the_least() {
    let mut world = World::dear();
    let refused = world.redeem_for(ANN, fil(1), fil(2) + atto(1), true);
    assert_eq!(refused, Err(Error::MinAmount(fil(2))));
    assert_eq!(world.redeem_for(ANN, fil(1), fil(2), false).unwrap().paid, fil(2));
}

#[test]
fn more_than_nothing_is_redeemed_and_for_more_than_nothing() {
    let mut world = World::lent(1_000);
    for nothing in [0, -1] {
        assert_eq!(world.redeem(ANN, atto(nothing), true), Err(Error::NoShares));
    }
    let (mut world, _) = World::lost(1_200);
    assert_eq!(world.redeem(ANN, atto(1), true), Err(Error::MinAmount(fil(0))));
}

#[test]
fn nobody_redeems_more_than_it_has() {
    let mut world = World::lent(1_000);
    world.deposit(BOB, 10).unwrap();
    let funds = |result: Result<RedeemReturn, Error>| {
        matches!(result, Err(Error::Shared(shared::Error::Funds(_))))
    };
    assert!(funds(world.redeem(BOB, fil(10) + atto(1), false)));
    world.loan(LoanSpec { amount: fil(1_010), ..spec() });
    assert!(funds(world.redeem(BOB, fil(10) + atto(1), true)));
    // What waits cannot be redeemed again.
    world.redeem(BOB, fil(10), true).unwrap();
    assert!(funds(world.redeem(BOB, fil(1), true)));
}

#[test]
fn an_exit_is_paid_at_once_as_far_as_all_of_it_is_there() {
    let mut world = World::lent(1_000);
    world.loan(LoanSpec { amount: fil(400), ..spec() });
    assert_eq!(world.redeem(ANN, fil(600) + atto(1), false), Err(Error::Cash(fil(600))));
    let all = world.redeem(ANN, fil(600), false).unwrap();
    assert_eq!(all, RedeemReturn { paid: fil(600), exit: None });
    let ann = world.lender(ANN);
    assert_eq!((ann.shares, ann.basis, ann.withdrawn), (fil(400), fil(400), fil(600)));
}

#[test]
fn an_exit_is_paid_with_all_interest_up_to_now() {
    let mut world = World::lent(2_000);
    world.loan(spec());
    world.pass(10);
    let interest = world.pool().interest;
    assert!(interest > fil(3));
    let paid = world.redeem(ANN, fil(500), false).unwrap().paid;
    assert_near(&paid, &(fil(500) + interest.div_floor(4_u64)), 1_000_000);
}

#[test]
fn a_pause_stops_deposits_and_never_exits() {
    let mut world = World::lent(2_000);
    let loan = world.loan(LoanSpec { amount: fil(1_000), ..spec() });
    let first = world.redeem(ANN, fil(1_500), true).unwrap().exit.unwrap();
    world.govern(|roles| roles.paused = true);
    assert_eq!(world.deposit(BOB, 1), Err(Error::Paused));
    let back = world
        .act(ANN, fil(0), |state, store, message| state.cancel_exit(store, message, first, MARKET));
    assert_eq!(back, Ok(fil(500)));
    world.transfer(ANN, BOB, fil(10)).unwrap();
    world.redeem(BOB, fil(10), true).unwrap();
    let payoff = world.due(loan).payoff.total();
    world.pay_off(loan, payoff).unwrap();
    assert_eq!(world.pay_exits(1).unwrap()[0].paid, fil(10));
    world.redeem(ANN, fil(990), false).unwrap();
    world.govern(|roles| roles.paused = false);
    world.deposit(BOB, 1).unwrap();
}

#[test]
fn a_loss_is_a_lender_s_once_and_nobody_s_who_came_after_it() {
    let (mut world, _) = World::lost(1_200);
    let lost = world.lender(ANN).losses;
    assert!(lost > fil(1_200));
    for _ in 0..2 {
        world.deposit(ANN, 100).unwrap();
        world.transfer(ANN, BOB, fil(100)).unwrap();
    }
    assert_eq!((world.lender(ANN).losses, world.lender(BOB).losses), (lost, fil(0)));
}

#[test]
fn all_lenders_can_leave_after_a_loss() {
    let (mut world, _) = World::lost(1_200);
    assert_eq!(world.redeem(ANN, fil(2_000), false).unwrap().paid, fil(800));
    assert_eq!((world.pool().total_assets, world.pool().shares), (fil(0), fil(0)));
}

#[test]
fn an_exit_takes_the_cost_of_its_shares_on_average() {
    let mut world = World::dear();
    world.deposit(ANN, 200).unwrap();
    // 1,100 shares cost 1,200 FIL.
    world.redeem(ANN, fil(110), false).unwrap();
    let ann = world.lender(ANN);
    assert_eq!((ann.basis, ann.withdrawn, ann.realised), (fil(1_080), fil(220), fil(100)));
    assert_eq!((ann.value, ann.unrealised, ann.deposited), (fil(1_980), fil(900), fil(1_200)));
}

#[test]
fn a_transfer_takes_the_cost_of_shares_with_it() {
    let mut world = World::dear();
    world.deposit(BOB, 200).unwrap();
    world.transfer(ANN, BOB, fil(250)).unwrap();
    let (ann, bob) = (world.lender(ANN), world.lender(BOB));
    for lender in [&ann, &bob] {
        assert_eq!((&lender.withdrawn, &lender.realised), (&fil(0), &fil(0)));
    }
    assert_eq!((ann.shares, ann.basis, ann.unrealised), (fil(750), fil(750), fil(750)));
    assert_eq!((bob.shares, bob.basis, bob.unrealised), (fil(350), fil(450), fil(250)));
}

#[test]
fn the_cost_of_shares_that_wait_and_of_those_at_hand_is_one() {
    let mut world = World::dear();
    world.deposit(ANN, 200).unwrap();
    world.loan(LoanSpec { amount: fil(2_200) + atto(1_000_000), ..spec() });
    world.redeem(ANN, fil(550), true).unwrap();
    world.transfer(ANN, BOB, fil(110)).unwrap();
    let (ann, bob) = (world.lender(ANN), world.lender(BOB));
    assert_eq!((ann.shares, ann.queued, ann.basis), (fil(440), fil(550), fil(1_080)));
    assert_eq!((bob.shares, bob.basis), (fil(110), fil(120)));
}

#[test]
fn income_before_a_transfer_is_the_sender_s_and_after_it_the_receiver_s() {
    let mut world = World::lent(2_000);
    world.loan(spec());
    world.pass(10);
    world.transfer(ANN, BOB, fil(2_000)).unwrap();
    let first = world.pool().interest;
    world.pass(10);
    let second = world.pool().interest - &first;
    assert!(second.is_positive());
    let (ann, bob) = (world.lender(ANN), world.lender(BOB));
    assert_near(&ann.income, &first, 1_000_000);
    assert_near(&bob.income, &second, 1_000_000);
    assert_eq!((ann.value, bob.basis), (fil(0), fil(2_000)));
}

#[test]
fn whoever_burns_shares_loses_what_they_cost() {
    let mut world = World::lent(1_000);
    world.burn(ANN, fil(400)).unwrap();
    let ann = world.lender(ANN);
    assert_eq!((ann.shares, ann.basis, ann.realised), (fil(600), fil(600), fil(-400)));
    assert_near(&ann.value, &fil(1_000), 1_000_000);
}

#[test]
fn a_transfer_to_oneself_changes_nothing() {
    let mut world = World::lent(1_000);
    world.pass(1);
    let before = (world.lender(ANN), world.state.lenders);
    world.transfer(ANN, ANN, fil(400)).unwrap();
    assert_eq!((world.lender(ANN), world.state.lenders), before);
}

#[test]
fn a_movement_of_more_than_there_is_changes_nothing() {
    let mut world = World::lent(1_000);
    let lenders = world.state.lenders;
    world.state.moving(&world.store, 0, ANN, Some(BOB), &(fil(1_000) + atto(1))).unwrap();
    assert_eq!(world.state.lenders, lenders);
    assert!(world.transfer(ANN, BOB, fil(1_000) + atto(1)).is_err());
}

#[test]
fn shares_are_as_old_as_they_are_on_average() {
    let mut world = World::new();
    let since = |world: &World, lender| {
        let lenders = Lenders::load(&world.store, &world.state.lenders, &LENDERS).unwrap();
        lenders.get(&lender).unwrap().unwrap().since
    };
    world.now = 1_000;
    world.deposit(ANN, 100).unwrap();
    assert_eq!(since(&world, ANN), 1_000);
    world.now = 2_000;
    world.deposit(ANN, 300).unwrap();
    assert_eq!(since(&world, ANN), 1_750);
    // A receiver's are new, the sender's are no younger for it.
    world.transfer(ANN, BOB, fil(100)).unwrap();
    assert_eq!((since(&world, ANN), since(&world, BOB)), (1_750, 2_000));
    // Nothing makes nobody's shares younger; the age of what was there before does not count.
    world.now = 3_000;
    world.transfer(ANN, BOB, fil(0)).unwrap();
    assert_eq!(since(&world, BOB), 2_000);
    world.redeem(BOB, fil(100), false).unwrap();
    world.deposit(BOB, 1).unwrap();
    assert_eq!(since(&world, BOB), 3_000);
    // What waits counts. An age is rounded down.
    world.loan(LoanSpec { amount: fil(301), ..spec() });
    world.redeem(ANN, fil(300), true).unwrap();
    world.now = 4_000;
    world.transfer(BOB, ANN, atto(1)).unwrap();
    assert_eq!(since(&world, ANN), 1_751);
    world.now = 5_000;
    world.deposit_for(ANN, ANN, fil(1), fil(0)).unwrap();
    assert!((1_751..1_800).contains(&since(&world, ANN)));
}
