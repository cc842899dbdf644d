//! What the funds for ads reach to.

use alloc::vec::Vec;

use super::ads::{NOW, keeping};
use super::perpetual::{RESERVE, priced};
use super::*;
use crate::ads::Reach;
use crate::policy::MIN_DURATION;

#[test]
fn a_limit_is_lower_where_the_funds_do_not_reach_and_never_under_the_floor() {
    let changed = |funds: i64| {
        let mut world = World::new().keeping(1).funded(funds);
        let _ = world.change(world.by(ANN), 3, |_| {}).unwrap();
        world.check_invariants();
        (world.limits(), world.funds(ANN).free)
    };
    let limits = |limits: &[i64]| limits.iter().map(|limit| atto(*limit)).collect::<Vec<_>>();
    assert_eq!(changed(1), (limits(&[1_000]), atto(1)));
    assert_eq!(changed(203), (limits(&[1_000]), atto(203)));
    assert_eq!(changed(204), (limits(&[1_000, 200]), atto(0)));
    assert_eq!(changed(RESERVE - 1), (limits(&[1_000, 999]), atto(0)));
    assert_eq!(changed(RESERVE + 203), (limits(&[1_000, 1_000]), atto(203)));
    assert_eq!(changed(RESERVE + 204), (limits(&[1_000, 1_000, 200]), atto(0)));
    assert_eq!(changed(2 * RESERVE), (limits(&[1_000; 3]), atto(0)));
    assert_eq!(changed(2 * RESERVE + 1), (limits(&[1_000; 3]), atto(1)));
}

#[test]
fn the_floor_of_a_limit_is_rounded_down() {
    let odd = |terms: &mut Terms| terms.policy.max_bounty = atto(999);
    let changed = |funds| {
        let mut world = World::new().keeping_with(1, odd).funded(funds);
        let _ = world.change(world.by(ANN), 2, odd).unwrap();
        world.limits()
    };
    assert_eq!(
        (changed(4 + 198), changed(4 + 199)),
        ([atto(999)].to_vec(), [999, 199].map(atto).to_vec())
    );
}

#[test]
fn an_ad_pays_something_even_where_there_is_no_floor() {
    let mut world = World::with(|rules| (rules.bounty.floor, rules.bounty.auction) = (0, 10_000));
    world = world.keeping(1).funded(4);
    let _ = world.change(world.by(ANN), 2, |_| {}).unwrap();
    assert_eq!(world.limits(), [atto(1_000)]);
    world.deposit(ANN, 1);
    let _ = world.change(world.by(ANN), 2, |_| {}).unwrap();
    assert_eq!(world.limits(), [atto(1_000), atto(1)]);
    world.check_invariants();
}

#[test]
fn the_price_is_in_escrow_before_any_limit() {
    let mut world = World::new().keeping(1).funded(TERM + 204 - 1);
    let _ = world.change(world.by(ANN), 2, priced(1)).unwrap();
    // One of the price and of the limit, and no more: the other's price would leave too little.
    assert_eq!((world.limits(), world.perpetual(1).escrow), ([atto(1_000)].to_vec(), atto(TERM)));
    world.deposit(ANN, TERM + 1);
    let _ = world.change(world.by(ANN), 2, priced(1)).unwrap();
    assert_eq!(world.limits(), [1_000, 200].map(atto));
    assert_eq!(world.funds(ANN).free, atto(0));
    world.check_invariants();
}

#[test]
fn a_keeper_s_tip_comes_out_of_what_an_ad_can_pay() {
    let opened = |funds| {
        let mut world = World::new().keeping(1);
        let ad = world.ads(1)[0];
        let deal = world.take(ad, SP, OWNER);
        // The bounty was 400 of 1,000: the rest is in the purse.
        world.deposit(ANN, funds);
        world.now += 3 * DAY;
        let work = world.refresh(1, &[(deal, Standing::Waiting)]);
        assert_eq!((work.sum.missed, work.sum.opened, work.sum.tip), (1, 1, atto(4)));
        assert_eq!((world.perpetual(1).spent, world.funds(ANN).spent), (atto(4), atto(4)));
        world.check_invariants();
        (world.limits(), world.funds(ANN).free, world.perpetual(1).purse)
    };
    // Back come the 1,004 less a tip; the ad takes 1,004 and a tip.
    assert_eq!(opened(1), ([atto(997)].to_vec(), atto(0), atto(0)));
    assert_eq!(opened(3), ([atto(999)].to_vec(), atto(0), atto(0)));
    assert_eq!(opened(5), ([atto(1_000)].to_vec(), atto(1), atto(0)));
}

#[test]
fn limits_are_raised_when_funds_come_before_more_ads_are_opened() {
    let mut world = World::new().keeping(1).funded(204);
    let _ = world.change(world.by(ANN), 3, |_| {}).unwrap();
    assert_eq!(world.limits(), [1_000, 200].map(atto));
    world.deposit(ANN, 300);
    let work = world.refresh(1, &[]);
    assert_eq!((work.sum, world.limits()), (Refreshed::default(), [1_000, 500].map(atto).to_vec()));
    assert_eq!(world.funds(ANN).free, atto(0));
    world.check_invariants();
    // 705 are left when the second has its limit: 6 go to tips.
    world.top_up(BOB, 500).unwrap();
    world.deposit(ANN, 705);
    let work = world.refresh(1, &[]);
    assert_eq!((work.sum.opened, work.sum.tip), (1, atto(2)));
    assert_eq!(world.limits(), [1_000, 1_000, 699].map(atto));
    assert_eq!(world.perpetual(1).ads[1].id, 1_000_000_003);
    world.check_invariants();
}

#[test]
fn its_own_purse_is_spent_before_its_uploader_s_account() {
    let mut world = World::new().keeping(1).funded(RESERVE);
    world.top_up(BOB, 300).unwrap();
    let _ = world.change(world.by(ANN), 2, |_| {}).unwrap();
    assert_eq!((world.perpetual(1).purse, world.funds(ANN).free), (atto(0), atto(300)));
    world.top_up(BOB, 800).unwrap();
    let _ = world.change(world.by(ANN), 3, |_| {}).unwrap();
    assert_eq!((world.perpetual(1).purse, world.funds(ANN).free), (atto(0), atto(96)));
    world.top_up(BOB, RESERVE + 1).unwrap();
    let _ = world.change(world.by(ANN), 4, |_| {}).unwrap();
    assert_eq!((world.perpetual(1).purse, world.funds(ANN).free), (atto(1), atto(96)));
    world.check_invariants();
}

#[test]
fn a_limit_is_raised_to_what_the_ad_s_own_term_is_worth() {
    let (mut perpetual, mut terms) = (keeping(&[]), terms(1));
    terms.expiry = Some(NOW + MIN_DURATION);
    perpetual.purse = atto(504);
    let mut funds = Funds::default();
    let open = |perpetual: &mut Perpetual, funds: &mut Funds| {
        perpetual.open_ads(1, &terms, &rules(), funds, NOW, Reach::Some).unwrap();
        (perpetual.ads[0].limit.clone(), funds.free.clone())
    };
    assert_eq!(open(&mut perpetual, &mut funds), (atto(500), atto(0)));
    funds.free = atto(1_000);
    assert_eq!(open(&mut perpetual, &mut funds), (atto(900), atto(600)));
    assert_eq!(open(&mut perpetual, &mut funds), (atto(900), atto(600)));
}

#[test]
fn limits_are_raised_in_the_order_of_the_ads_as_far_as_the_funds_reach() {
    let mut perpetual = keeping(&[]);
    perpetual.open(&terms(2));
    for ad in &mut perpetual.ads {
        ad.limit = atto(500);
    }
    perpetual.purse = atto(100);
    let mut funds = Funds { free: atto(600), ..Funds::default() };
    perpetual.open_ads(1, &terms(2), &rules(), &mut funds, NOW, Reach::Some).unwrap();
    let limits = [0, 1].map(|n| perpetual.ads[n].limit.clone());
    assert_eq!((limits, perpetual.purse, funds.free), ([1_000, 700].map(atto), atto(0), atto(0)));
}
