//! What random sequences found, each in its shortest form.

use super::*;

/// A market in which all of Ann's 1,000 FIL are lent, due with interest in a day, for a fee of 1.23 %.
fn all_lent() -> (World, LoanId) {
    let mut world = World::with(Rules { impair_after: DAY, ..rules() });
    world.deposit(ANN, 1_000).unwrap();
    world.cover(SPONSOR, 100).unwrap();
    let loan = world.loan(LoanSpec {
        amount: fil(1_000),
        instalments: 1,
        days_between: 1,
        origination_fee: 123,
        grace: DAY,
        ..spec()
    });
    (world, loan)
}

#[test]
fn what_is_paid_before_it_is_due_bears_no_late_fee() {
    let (mut world, loan) = all_lent();
    let next = world.due(loan).next.unwrap().amount;
    world.pay(loan, next).unwrap();
    world.pass(14);
    let payment = world.pay(loan, fil(0)).unwrap();
    assert_eq!((payment.phase, payment.paid.fees), (Phase::Repaid, fil(0)));
}

#[test]
fn all_of_a_cover_that_paid_for_a_loss_can_be_withdrawn() {
    let mut world = World::lent(1_000);
    let shares = world.cover(SPONSOR, 1_000).unwrap();
    let loan = world.loan(LoanSpec { amount: fil(500), instalments: 1, ..spec() });
    world.pass(61);
    world.write_off(loan).unwrap();
    world
        .act(SPONSOR, fil(0), |s, store, m| s.unstake_cover(store, m, UNDERWRITER, &shares))
        .unwrap();
    world.pass(30);
    let payout =
        world.act(SPONSOR, fil(0), |s, store, m| s.withdraw_cover(store, m, UNDERWRITER)).unwrap();
    world.send([payout]);
    assert_eq!((world.underwriter().cover, world.state.held.clone()), (fil(0), fil(0)));
}

#[test]
fn all_shares_of_a_pool_that_lost_come_to_no_more_than_it_has() {
    let mut world = World::lent(1_000);
    let loan = world.loan(LoanSpec { amount: fil(500), instalments: 1, ..spec() });
    world.pass(61);
    world.write_off(loan).unwrap();
    let info = world.lender(ANN);
    assert_eq!(info.value, world.pool().total_assets);
    world.redeem(ANN, info.shares, false).unwrap();
    assert_eq!(world.pool().total_assets, fil(0));
}

#[test]
fn nobody_is_paid_for_an_exit_while_a_pool_has_only_what_is_still_to_be_spread() {
    let (mut world, loan) = all_lent();
    world.deposit(BOB, 1).unwrap();
    let shares = world.lender(ANN).shares;
    // What cash there is, with the fee that is still to be spread, goes out at once.
    world.redeem(ANN, shares, true).unwrap();
    let balance = world.balance.clone();
    world.pass(3);
    world.impair(loan).unwrap();
    assert!(world.accrued().exit_assets().is_negative());
    let paid = world.act(BOB, fil(0), |s, store, m| s.pay_exits(store, m.now, MARKET, 4)).unwrap();
    assert_eq!((&paid[0].paid, world.pool().exit_price), (&fil(0), fil(0)));
    world.check_balance();
    assert_eq!(world.balance, balance);
}

#[test]
fn the_credit_of_a_loan_in_default_is_not_collected_again() {
    let (mut world, loan) = all_lent();
    world.pay(loan, fil(1)).unwrap();
    world.pass(3);
    world.write_off(loan).unwrap();
    let to_collect = |world: &World| {
        world.state.open(&world.store, loan).unwrap().to_collect(world.now).unwrap()
    };
    let due = to_collect(&world);
    let payment = world.pay(loan, due).unwrap();
    assert_eq!((payment.phase, payment.refunded), (Phase::Recovered, fil(0)));
}
