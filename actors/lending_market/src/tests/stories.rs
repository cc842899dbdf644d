//! Whole loans, from the deposit to the last exit.

use super::*;

#[test]
fn a_loan_that_is_repaid_by_its_schedule_leaves_its_interest_to_the_lender() {
    let mut world = World::lent(2_000);
    let loan = world.loan(spec());
    let mut paid = fil(0);
    for _ in 0..12 {
        let next = world.due(loan).next.unwrap();
        world.now = next.due;
        paid += &next.amount;
        world.pay(loan, next.amount).unwrap();
    }
    assert_eq!(world.loan_info(loan).phase, Phase::Repaid);
    let interest = paid - fil(1_200);
    let shares = world.lender(ANN).shares;
    let reply = world.redeem(ANN, shares, false).unwrap();
    // 15 % of the interest is the treasury's, as nobody stakes cover; each rounding is the pool's.
    let pool = world.pool();
    assert!(reply.paid > fil(2_000) && reply.paid < fil(2_000) + &interest);
    assert_eq!(pool.principal, fil(0));
    assert_eq!(&reply.paid + &pool.fees + &pool.cash, fil(2_000) + interest);
}

#[test]
fn a_loan_in_default_costs_the_cover_first_and_is_recovered_for_the_pool_first() {
    let mut world = World::lent(2_000);
    world.cover(SPONSOR, 100).unwrap();
    let loan = world.loan(spec());
    world.now = world.due(loan).next.unwrap().due;
    world.pass(6);
    world.impair(loan).unwrap();
    assert!(world.pool().unrealised_loss > fil(1_200));
    world.pass(25);
    world.write_off(loan).unwrap();
    let info = world.loan_info(loan);
    assert_eq!((info.phase, &info.slashed), (Phase::Defaulted, &fil(100)));
    assert_eq!(world.underwriter().cover, fil(0));
    let owed = world.due(loan).payoff.total();
    let payment = world.pay(loan, &owed + fil(7)).unwrap();
    assert_eq!((payment.phase, payment.refunded), (Phase::Recovered, fil(7)));
    world.pass(8);
    assert!(world.lender(ANN).value > fil(2_000));
    assert!(world.underwriter().cover >= fil(100));
}

#[test]
fn exits_wait_for_cash_and_are_paid_in_turn() {
    let mut world = World::lent(1_200);
    let loan = world.loan(spec());
    world.deposit(BOB, 10).unwrap();
    let shares = world.lender(ANN).shares;
    let reply = world.redeem(ANN, shares, true).unwrap();
    // What cash there is goes out at once.
    assert_eq!(reply.exit, Some(1));
    assert!(world.pool().cash < atto(2_000_000));
    assert_eq!(world.redeem(BOB, fil(1), false), Err(Error::Cash(fil(0))));
    let payoff = world.due(loan).payoff.total();
    world.pay_off(loan, payoff).unwrap();
    world.pay_exits(4).unwrap();
    assert_eq!(world.pool().queued, fil(0));
    assert!(world.lender(ANN).withdrawn >= fil(1_199));
}
