//! Deals that the root block lists, and whoever takes them from it.

use super::*;
use crate::ads::ADS_PER_DEAL;
use crate::deals::Fill;
use crate::state::MAX_RECENT;

const AD: AdId = ADS_PER_DEAL + 1;

/// Takes what the root block lists for a perpetual deal from it.
fn fold(world: &mut World, id: PerpetualDealId) {
    let perpetual = world.perpetual(id);
    world
        .attempt(|state, store| {
            state.change_accounts(store, |state, accounts| {
                state.set_perpetual(store, accounts, id, &perpetual)
            })
        })
        .unwrap();
}

#[test]
fn a_deal_writes_the_root_block_alone_and_is_seen_as_if_it_had_written_all() {
    let unlocked = |terms: &mut Terms| {
        (terms.policy.locked, terms.policy.datacap) = (false, SIZE.0);
        terms.policy.max_price_per_epoch = atto(3);
    };
    let mut world = World::new().keeping_with(3, unlocked);
    let (deals, cold, records) = (world.state.deals, world.state.cold, world.state.records);
    for n in 0..2 {
        let take = |p: &mut DealProposal| {
            (p.verified_deal, p.storage_price_per_epoch) = (n == 0, atto(2));
        };
        world.take_with(AD + n, SP + n, OWNER, take).unwrap();
    }
    let state = &world.state;
    assert_eq!((state.deals, state.cold, state.records), (deals, cold, records));
    assert_eq!(state.recent.iter().map(|fill| fill.ad).collect::<vec::Vec<_>>(), [AD, AD + 1]);
    let seen = |world: &World| {
        let info = world.state.perpetual_info(&world.store, 1).unwrap();
        let page = PageParams { from: 1, limit: 1 };
        (info, world.funds(ANN), world.state.list_perpetual(&world.store, &page).unwrap())
    };
    let before = seen(&world);
    world.check_invariants();
    fold(&mut world, 1);
    assert_eq!((world.state.recent.len(), seen(&world)), (0, before));
    world.check_invariants();
}

#[test]
fn when_the_list_is_full_the_oldest_perpetual_deal_takes_its_deals_from_it() {
    let unlocked = |terms: &mut Terms| terms.policy.locked = false;
    let mut world = World::new().keeping_with(16, unlocked);
    world.deposit(BOB, 1_000_000);
    world.create(BOB, 16, unlocked).unwrap();
    let ads = [world.ads(1), world.ads(2)].concat();
    // The second's are the oldest, and the first's the one too many.
    let order = [&ads[16..25], &ads[..16]].concat();
    let (full, more) = order.split_at(MAX_RECENT);
    for (sp, ad) in (SP..).zip(full) {
        world.take(*ad, sp, OWNER);
    }
    assert_eq!(world.state.recent.len(), MAX_RECENT);
    let cold = world.state.cold;
    let mut folded = world.clone();
    world.take(more[0], SP + 99, OWNER);
    assert_ne!(world.state.cold, cold);
    assert_eq!(world.state.recent.len(), 16);
    assert!(world.state.recent.iter().all(|fill: &Fill| fill.perpetual_deal() == 1));
    fold(&mut folded, 2);
    folded.take(more[0], SP + 99, OWNER);
    for id in [1, 2] {
        assert_eq!(world.perpetual(id), folded.perpetual(id));
    }
    assert_eq!([ANN, BOB].map(|id| world.funds(id)), [ANN, BOB].map(|id| folded.funds(id)));
    world.check_invariants();
}
