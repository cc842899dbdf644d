//! Deals that the market pays for, out of the storage's escrow.

use actor_perpetual_storage::api::ClosePerpetualDeal;
use fab::story::Storage;
use fvm_harness::{Call, Provider, TokenAmount, atto, fil};
use fvm_shared::address::Address;
use fvm_shared::deal::DealID;
use fvm_shared::error::ExitCode;
use shared::ext::MARKET_ACTOR;
use shared::ext::market::{ADD_BALANCE, DealProposal};

use crate::setup::{DAY, storage};

const TERM: i64 = 200 * DAY;

/// A millionth of a FIL per epoch.
fn price() -> TokenAmount {
    atto(1_000_000_000_000)
}

/// With a perpetual deal for so many replicas, whose deals have a price.
fn priced(replicas: u32) -> Storage {
    storage().keeping_with(replicas, |terms| terms.policy.max_price_per_epoch = price())
}

/// The provider takes the first ad of a perpetual deal at half the price.
fn take(storage: &mut Storage, id: u64, sp: &Provider) -> (DealID, DealProposal) {
    let ad = storage.ads(id)[0];
    let half = price().div_floor(2);
    let proposal = DealProposal { storage_price_per_epoch: half, ..storage.proposal(sp, ad) };
    let deal = sp.publish_all(&mut storage.net, std::slice::from_ref(&proposal))[0];
    (deal, proposal)
}

#[test]
fn escrow_is_added_for_ads_and_what_a_deal_does_not_lock_comes_back() {
    let mut storage = priced(1);
    assert_eq!(storage.unlocked(), price() * TERM);
    assert_eq!(storage.perpetual(1).escrow, price() * TERM);
    let sp = storage.sp.clone();
    let ad = storage.ads(1)[0];
    let dear =
        DealProposal { storage_price_per_epoch: price() + atto(1), ..storage.proposal(&sp, ad) };
    storage.asked(&dear).refused(ExitCode::new(67));
    take(&mut storage, 1, &sp);
    assert_eq!(storage.unlocked(), price() * TERM - price().div_floor(2) * TERM);
    storage.refresh(1);
    assert_eq!((storage.unlocked(), storage.perpetual(1).escrow), (fil(0), fil(0)));
    storage.check_invariants();
    let uploader = storage.uploader.clone();
    storage.call::<ClosePerpetualDeal>(&uploader, &1).ok();
    storage.check_invariants();
}

#[test]
fn the_price_of_a_missed_deal_comes_back_at_once() {
    let mut storage = priced(1);
    let (sp, uploader) = (storage.sp.clone(), storage.uploader.clone());
    let all = storage.funds(&uploader);
    let (_, proposal) = take(&mut storage, 1, &sp);
    storage.pass_to(proposal.start_epoch + 1);
    let work = storage.refresh(1);
    assert_eq!((work.missed, work.opened), (1, 1));
    let funds = storage.funds(&uploader);
    assert_eq!(funds.free + funds.committed, all.free + all.committed - &work.tip);
    assert_eq!(funds.spent, work.tip);
    assert_eq!(storage.unlocked(), price() * TERM);
    storage.check_invariants();
}

#[test]
fn a_completed_deal_has_cost_its_bounty_its_price_and_its_tips() {
    let mut storage = priced(1);
    let (sp, uploader) = (storage.sp.clone(), storage.uploader.clone());
    let (deal, proposal) = take(&mut storage, 1, &sp);
    storage.activate(deal, &proposal);
    storage.refresh(1);
    storage.call::<ClosePerpetualDeal>(&uploader, &1).ok();
    let bounty = storage.replicas(1)[0].bounty.clone();
    storage.pass_to(proposal.end_epoch);
    assert_eq!(storage.refresh(1).completed, 1);
    let funds = storage.funds(&uploader);
    let cost = bounty + price().div_floor(2) * TERM + storage.state().rules.tip * 2_u64;
    assert_eq!((&funds.spent, &funds.committed), (&cost, &fil(0)));
    assert_eq!(funds.free, fil(500) - cost);
    storage.check_invariants();
}

/// The story's provider takes the only ad of the first perpetual deal, keeps the data for 100 days, and
/// ends the sector.
fn store_for_100_days(storage: &mut Storage) {
    let sp = storage.sp.clone();
    let (deal, proposal) = take(storage, 1, &sp);
    let sector = storage.activate(deal, &proposal);
    storage.refresh(1);
    storage.pass_to(storage.net.epoch() + 100 * DAY);
    storage.sp.clone().end_sector(&mut storage.net, sector).ok();
}

#[test]
fn a_terminated_deal_gives_back_what_the_market_did_not_pay() {
    let mut storage = priced(1);
    store_for_100_days(&mut storage);
    let (refund, spent) = (storage.unlocked(), storage.perpetual(1).spent);
    let half = price().div_floor(2);
    assert!(refund > &half * (TERM - 103 * DAY) && refund < &half * (TERM - 97 * DAY), "{refund}");
    let work = storage.refresh(1);
    assert_eq!((work.terminated, work.opened), (1, 1));
    let cost = half * TERM - refund;
    assert_eq!(storage.perpetual(1).spent - spent, cost + work.tip);
    storage.check_invariants();
}

/// What came in for a deal that was not proven in time is its own, although one that ended early is
/// refreshed first and could have come in for as much.
#[test]
fn a_refund_goes_to_no_other_deal_that_ended_early() {
    let mut storage = priced(1);
    storage.create(2, 1, |terms| terms.policy.max_price_per_epoch = price()).ok();
    let other = Provider::create(&mut storage.net, "other");
    let (_, missed) = take(&mut storage, 2, &other);
    store_for_100_days(&mut storage);
    assert!(storage.net.epoch() > missed.start_epoch + 31 * DAY, "the market has timed it out");
    let half = price().div_floor(2);
    let spent = storage.perpetual(1).spent;
    let work = storage.refresh(1);
    let lost = storage.perpetual(1).spent - spent - work.tip;
    assert!(lost > &half * (97 * DAY) && lost < &half * (103 * DAY), "{lost}");
    let work = storage.refresh(2);
    assert_eq!((work.missed, storage.perpetual(2).spent), (1, work.tip));
    storage.check_invariants();
}

/// Attack 9: escrow that others add for the storage is nobody's.
#[test]
fn donated_escrow_changes_nothing() {
    let mut storage = priced(1);
    let keeper = storage.keeper.clone();
    let market = Address::new_id(MARKET_ACTOR);
    let add = Call::new(&keeper, market).method(ADD_BALANCE, &storage.address).value(fil(3));
    storage.net.run(add).ok();
    let before = storage.state();
    storage.refresh(1);
    assert_eq!(storage.state(), before);
    storage.check_invariants();
}

/// Attack 8: a price that the storage's escrow covers, but only with what is another's.
#[test]
fn no_deal_locks_another_s_escrow() {
    let mut storage = priced(1);
    storage.create(2, 1, |terms| terms.policy.max_price_per_epoch = price()).ok();
    let sp = storage.sp.clone();
    let ad = storage.ads(1)[0];
    let dear = DealProposal { storage_price_per_epoch: price() * 2, ..storage.proposal(&sp, ad) };
    storage.asked(&dear).refused(ExitCode::new(67));
    sp.publish(&mut storage.net, &[dear]).refused(ExitCode::USR_ILLEGAL_ARGUMENT);
    assert_eq!(storage.unlocked(), price() * TERM * 2);
    storage.check_invariants();
}
