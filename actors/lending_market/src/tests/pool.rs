use proptest::prelude::*;

use super::*;
use crate::book::SPREAD_DAYS;
use crate::lenders::INDEX_SCALE;
use crate::pool::VIRTUAL;

/// A pool with so much cash and so much that is impaired, for so many shares, which Ann has.
fn pool(cash: u128, impaired: u128, shares: u128) -> World {
    let mut world = World::new();
    let shares = TokenAmount::from_atto(shares);
    world.state.token.mint(&world.store, 0, ANN, &shares).unwrap();
    world.state.cash = TokenAmount::from_atto(cash);
    world.state.impaired.principal = TokenAmount::from_atto(impaired);
    world
}

const V: u128 = VIRTUAL as u128;

#[test]
fn the_first_share_costs_an_atto() {
    let mut world = World::new();
    assert_eq!(world.deposit(ANN, 7), Ok(fil(7)));
    let pool = world.pool();
    assert_eq!((pool.entry_price, pool.exit_price), (fil(1), fil(1)));
}

#[test]
fn every_price_is_rounded_for_the_pool() {
    // A share for an atto and a half.
    let state = pool(2 * V, 0, V).state;
    assert_eq!([3, 4, 5].map(|n| state.shares_down(&atto(n)).unwrap()), [2, 2, 3].map(atto));
    assert_eq!([2, 3, 4].map(|n| state.value_down(&atto(n)).unwrap()), [3, 4, 6].map(atto));
    assert_eq!([2, 3, 4].map(|n| state.cost_up(&atto(n)).unwrap()), [3, 5, 6].map(atto));
    assert_eq!([3, 4, 5].map(|n| state.shares_for_down(&atto(n)).unwrap()), [2, 2, 3].map(atto));
}

#[test]
fn deposits_count_on_impaired_loans_and_exits_do_not() {
    let state = pool(V, 2 * V, V).state;
    assert_eq!(state.total_assets(), atto(3 * V.cast_signed()));
    assert_eq!(state.unrealised_loss(), atto(2 * V.cast_signed()));
    assert_eq!(state.shares_down(&atto(4)).unwrap(), atto(2));
    assert_eq!(state.cost_up(&atto(2)).unwrap(), atto(4));
    assert_eq!(state.value_down(&atto(2)).unwrap(), atto(2));
    assert_eq!(state.shares_for_down(&atto(2)).unwrap(), atto(2));
}

#[test]
fn cash_is_free_as_far_as_no_loan_waits_for_it() {
    let mut world = World::lent(2_000);
    world.submit(&spec()).unwrap();
    let pool = world.pool();
    assert_eq!((pool.cash, pool.reserved), (fil(2_000), fil(1_200)));
    assert_eq!(world.state.free_cash(), fil(800));
}

#[test]
fn the_pool_tells_all_that_it_has() {
    let mut world = World::lent(2_000);
    let loan = world.loan(spec());
    world.submit(&LoanSpec { nonce: 2, amount: fil(100), ..spec() }).unwrap();
    world.pass(10);
    let pool = world.pool();
    assert_eq!((&pool.cash, &pool.reserved, &pool.principal), (&fil(800), &fil(100), &fil(1_200)));
    assert_eq!(pool.interest, &pool.rate * 10 * DAY);
    assert_eq!(pool.total_assets, fil(2_000) + &pool.interest);
    assert_eq!((pool.shares, pool.queued, pool.fees), (fil(2_000), fil(0), fil(0)));
    assert_eq!(pool.unrealised_loss, fil(0));
    assert_eq!(&pool.entry_price - &pool.exit_price, atto(1));
    world.pass(26);
    world.impair(loan).unwrap();
    let pool = world.pool();
    assert_eq!(pool.unrealised_loss, &pool.principal + &pool.interest);
    assert!(pool.rate.is_positive());
    assert_near(&pool.exit_price, &(fil(800).div_floor(2_000_u64)), 1_000_000);
    assert!(pool.entry_price > fil(1));
}

#[test]
fn whoever_makes_shares_dear_gives_away_a_million_times_what_it_takes() {
    // Were there a way to give the pool some 1,000 FIL for nothing, once the attacker has the only
    // share,
    let mut world = pool((V + 1) * 10_u128.pow(15) - V, 0, 1);
    let dear = atto(10_i128.pow(15));
    assert_eq!(world.pool().entry_price, &dear * 10_i64.pow(18));
    // the next deposit would lose less than a share,
    let deposit = fil(100) + &dear - atto(1);
    let shares = world.state.shares_down(&deposit).unwrap();
    assert_eq!(shares, atto(100_000));
    world.state.cash += &deposit;
    world.state.token.mint(&world.store, 0, BOB, &shares).unwrap();
    assert!(deposit - world.state.value_down(&shares).unwrap() < dear);
    // and the attacker have a millionth of what it gave.
    assert_near(&world.state.value_down(&atto(1)).unwrap(), &dear, 10_i128.pow(9));
}

#[test]
fn all_shares_together_are_never_worth_more_than_exits_count_on() {
    // After a loss virtual assets stand behind shares that are worth less than theirs.
    let state = pool(V / 2, 0, 10 * V).state;
    assert_eq!(state.value_down(&atto(10 * V.cast_signed())).unwrap(), atto(V.cast_signed() / 2));
    let state = pool(0, 0, 10 * V).state;
    assert_eq!(state.value_down(&atto(10 * V.cast_signed())).unwrap(), atto(0));
}

#[test]
fn a_pool_that_has_lost_more_than_99_percent_takes_no_deposits() {
    let ruined = |cash: TokenAmount| {
        let mut world = World::lent(1_000);
        world.state.cash = cash;
        world.state.is_ruined()
    };
    assert!(!ruined(fil(10)) && ruined(fil(10) - atto(1)));
    let mut world = World::lent(1_000);
    world.state.cash = fil(9);
    let deposit = |s: &mut State, store: &_, m: &_| s.deposit(store, m, BOB, &fil(0));
    assert_eq!(world.act(BOB, fil(1), deposit), Err(Error::Ruined));
}

#[test]
fn a_pool_that_owes_more_than_it_has_takes_no_deposits_and_pays_no_exits() {
    let mut world = World::with(Rules { impair_after: DAY, ..rules() });
    world.deposit(ANN, 1_000).unwrap();
    let short = LoanSpec {
        amount: fil(1_000),
        plan: Plan::Bullet,
        instalments: 1,
        days_between: 1,
        grace: DAY,
        ..spec()
    };
    // A loan is recovered after a total loss, and what came in is lent and lost while it is spread.
    let lost = world.loan(short.clone());
    world.now = world.due(lost).next.unwrap().due + DAY + 1;
    world.write_off(lost).unwrap();
    assert_eq!(world.pool().total_assets, fil(0));
    world.pay(lost, fil(700)).unwrap();
    let again = world.loan(LoanSpec { amount: fil(700), nonce: 2, miner: MINER + 1, ..short });
    world.now = world.due(again).next.unwrap().due + DAY + 1;
    world.write_off(again).unwrap();
    assert!(world.pool().total_assets.is_negative());
    assert_eq!(world.deposit(BOB, 1), Err(Error::Ruined));
    assert_eq!(world.redeem(ANN, fil(1_000), true), Err(Error::MinAmount(fil(0))));
    assert_eq!(world.lender(ANN).value, fil(0));
    // Once all of it is spread, there is nothing, and nothing is owed.
    world.pass(SPREAD_DAYS);
    assert_eq!(world.pool().total_assets, fil(0));
    assert_eq!(world.deposit(BOB, 1), Err(Error::Ruined));
}

#[test]
fn income_and_losses_are_those_of_the_shares_that_there_are() {
    let mut world = pool(10 * V, 0, 3 * V);
    world.state.performing.rate = atto(8);
    world.state.impaired.rate = atto(4);
    world.state.accrue(&world.store, 1_000_000).unwrap();
    // Virtual shares have their part: 12 attoFIL an epoch are 3 for each million shares.
    assert_eq!(world.state.income_index, BigInt::from(3 * INDEX_SCALE));
    world.state.book_loss(&atto(10 * V.cast_signed()));
    assert_eq!(world.state.loss_index, BigInt::from(10 * INDEX_SCALE) / 4);
}

fn amount() -> impl Strategy<Value = u128> {
    prop_oneof![0..10_u128, 0..10 * V, 0..10_u128.pow(27)]
}

proptest! {
    #[test]
    fn a_deposit_that_is_redeemed_at_once_never_profits(
        (cash, impaired, shares) in (amount(), amount(), amount()),
        deposit in amount(),
    ) {
        let mut world = pool(cash, impaired, shares);
        let deposit = TokenAmount::from_atto(deposit);
        let price = |world: &World| {
            let state = &world.state;
            (state.total_assets().atto() + VIRTUAL, state.token.supply.atto() + VIRTUAL)
        };
        let (assets, supply) = price(&world);
        let minted = world.state.shares_down(&deposit).unwrap();
        world.state.cash += &deposit;
        world.state.token.mint(&world.store, 0, BOB, &minted).unwrap();
        let (more, supplied) = price(&world);
        // Nobody else loses by it either,
        prop_assert!(&more * &supply >= &assets * &supplied);
        let worth = world.state.value_down(&minted).unwrap();
        prop_assert!(worth <= deposit);
        // nor by the exit.
        world.state.cash -= &worth;
        world.state.token.burn(&world.store, 0, BOB, &minted).unwrap();
        let (rest, left) = price(&world);
        prop_assert!(&rest * &supplied >= &more * &left);
    }

    #[test]
    fn exits_never_come_to_more_than_they_count_on(
        (cash, impaired, shares) in (amount(), amount(), amount()),
        parts in prop::collection::vec(1..1_000_u64, 1..5),
    ) {
        let mut world = pool(cash, impaired, shares);
        let all: u64 = parts.iter().sum();
        for part in &parts {
            let shares = (TokenAmount::from_atto(shares) * *part).div_floor(all);
            let value = world.state.value_down(&shares).unwrap();
            world.state.cash -= &value;
            world.state.token.burn(&world.store, 0, ANN, &shares).unwrap();
        }
        prop_assert!(!world.state.cash.is_negative());
        prop_assert_eq!(world.state.impaired.principal, TokenAmount::from_atto(impaired));
    }

    #[test]
    fn shares_for_an_amount_are_as_many_as_it_pays_for(
        (cash, impaired, shares) in (amount(), amount(), amount()),
        wanted in amount(),
    ) {
        prop_assume!(cash > 0 || shares == 0);
        let state = pool(cash, impaired, shares).state;
        let wanted = TokenAmount::from_atto(wanted);
        let found = state.shares_for_down(&wanted).unwrap();
        prop_assert!(state.value_down(&found).unwrap() <= wanted);
        let counted = if cash < shares { 0 } else { V };
        let (assets, supply) = (BigInt::from(cash + counted), BigInt::from(shares + counted));
        prop_assert!((found.atto() + 1) * assets > wanted.atto() * supply);
    }
}
