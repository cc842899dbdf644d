//! What becomes of storage deals: pay, renewal, repair, expiry, and who is paid for the work.

use actor_perpetual_storage::api::{FindDue, PageParams, Refreshed};
use fvm_harness::{Provider, TokenAmount, fil};
use fvm_shared::error::ExitCode;

use crate::setup::{DAY, storage};

fn tips(storage: &fab::story::Storage, number: u64) -> TokenAmount {
    storage.state().rules.tip * number
}

#[test]
fn the_bounty_is_paid_to_the_miner_from_proof_to_end() {
    let mut storage = storage().keeping(1);
    let [ad] = storage.ads(1)[..] else { panic!("one ad") };
    let (deal, proposal) = storage.take(ad);
    let (miner, bounty) = (storage.sp.address(), storage.replicas(1)[0].bounty.clone());
    let published = storage.net.balance(miner);
    assert_eq!(storage.refresh(1), Refreshed::default());
    assert_eq!(storage.net.balance(miner), published, "nothing before the sector is proven");

    storage.activate(deal, &proposal);
    let activated = storage.net.epoch();
    let before = storage.net.balance(miner);
    let work = storage.refresh(1);
    assert_eq!((work.activated, &work.tip), (1, &tips(&storage, 1)));
    assert_eq!(storage.net.balance(miner) - before, work.paid);
    let fifth = bounty.div_floor(5);
    assert!(work.paid >= fifth && work.paid < &fifth + fil(1), "{}", work.paid);
    let middle = activated + (proposal.end_epoch - activated) / 2;
    storage.pass_to(middle);
    let earned = storage.refresh(1);
    assert_eq!(earned.tip, fil(0), "no tip for what the provider calls for itself");
    storage.pass_to(proposal.end_epoch);
    let last = storage.refresh(1);
    assert_eq!((last.completed, &last.tip), (1, &tips(&storage, 2)), "over, and an ad opened");
    assert_eq!(work.paid + earned.paid + last.paid, bounty);
    assert_eq!(storage.refresh(1), Refreshed::default(), "paid once");
    storage.check_invariants();
}

#[test]
fn what_is_due_on_publish_is_sent_at_once_where_the_policy_does_not_lock_it() {
    let mut storage = storage().keeping_with(1, |terms| terms.policy.locked = false);
    let [ad] = storage.ads(1)[..] else { panic!("one ad") };
    let info = storage.ad(ad);
    let due = info.bounty.div_floor(5);
    assert_eq!(info.min_provider_collateral, &due + tips(&storage, 3));
    let miner = storage.sp.address();
    let before = storage.net.balance(miner);
    storage.take(ad);
    assert_eq!(storage.net.balance(miner) - before, due);
    assert_eq!(storage.replicas(1)[0].paid, due);
    assert_eq!(storage.funds(&storage.uploader.clone()).spent, due);
    storage.check_invariants();
}

/// The attack of the issue: publish, take the money, miss the start, with one miner after the other.
#[test]
fn publishing_and_missing_with_many_miners_gains_nothing() {
    let mut storage = storage().keeping_with(1, |terms| {
        (terms.policy.locked, terms.policy.publish_share) = (false, 10_000);
    });
    let owner = storage.sp.owner.clone();
    let mut gained = fil(0);
    let mut burnt = fil(0);
    for round in 0..3 {
        let sp = if round == 0 {
            storage.sp.clone()
        } else {
            Provider::owned_by(&mut storage.net, &format!("miner{round}"), owner.clone())
        };
        let ad = storage.ads(1)[0];
        let proposal = storage.proposal(&sp, ad);
        let before = storage.net.balance(sp.address());
        if round == 1 {
            // The owner waits, whatever miner it comes with.
            let refused = sp.publish(&mut storage.net, &[proposal]);
            let refused = refused.refused(ExitCode::USR_ILLEGAL_ARGUMENT);
            assert!(refused.backtrace.contains("must wait until"), "{refused}");
            storage.pass_to(storage.net.epoch() + 31 * DAY);
            continue;
        }
        sp.publish_all(&mut storage.net, std::slice::from_ref(&proposal));
        gained += storage.net.balance(sp.address()) - before;
        burnt += &proposal.provider_collateral;
        storage.pass_to(proposal.start_epoch + 1);
        let work = storage.refresh(1);
        assert_eq!((work.missed, work.paid, work.opened), (1, fil(0), 1));
        gained += work.tip;
    }
    assert!(gained.is_positive() && gained <= burnt, "gained {gained}, burnt {burnt}");
    assert_eq!(storage.record(storage.sp.address()).missed, 1);
    storage.check_invariants();
}

#[test]
fn a_deal_is_renewed_without_a_gap_and_without_double_pay() {
    let mut storage = storage().keeping(1);
    let [ad] = storage.ads(1)[..] else { panic!("one ad") };
    let (first, proposal) = storage.store(ad);
    storage.refresh(1);
    storage.pass_to(proposal.end_epoch - 30 * DAY);
    let work = storage.refresh(1);
    assert_eq!((work.opened, &work.tip), (1, &tips(&storage, 1)));
    let [renewal] = storage.ads(1)[..] else { panic!("one ad") };
    let info = storage.ad(renewal);
    assert_eq!((info.ad.renews, info.renews_until), (Some(first), Some(proposal.end_epoch)));
    let (second, next) = storage.store(renewal);
    assert_eq!(next.end_epoch, proposal.end_epoch + 200 * DAY);
    let fifth = storage.replicas(1)[1].on_publish.clone();
    storage.refresh(1);
    let renewed = storage.replicas(1).into_iter().find(|replica| replica.deal == second).unwrap();
    assert_eq!((renewed.paid, renewed.renews), (fifth, Some(first)), "no more before its time");
    storage.pass_to(proposal.end_epoch);
    let work = storage.refresh(1);
    assert_eq!((work.completed, work.opened), (1, 0));
    let [replica] = &storage.replicas(1)[..] else { panic!("one replica") };
    assert_eq!((replica.deal, replica.renews), (second, None));
    storage.check_invariants();
}

#[test]
fn a_deal_that_ends_early_earns_nothing_more_and_is_repaired() {
    let mut storage = storage().keeping(2);
    let ads = storage.ads(1);
    let (deal, proposal) = storage.take(ads[0]);
    let sector = storage.activate(deal, &proposal);
    let sp = storage.sp.clone();
    storage.refresh(1);
    let (paid, bounty) = {
        let replica = &storage.replicas(1)[0];
        (replica.paid.clone(), replica.bounty.clone())
    };
    let uploader = storage.uploader.clone();
    let spent = storage.funds(&uploader).spent;
    sp.end_sector(&mut storage.net, sector).ok();
    let before = storage.net.balance(sp.address());
    let work = storage.refresh(1);
    assert_eq!((work.terminated, work.opened, work.paid), (1, 1, fil(0)));
    assert_eq!(storage.net.balance(sp.address()), before);
    assert_eq!(storage.funds(&uploader).spent - spent, tips(&storage, 2));
    assert!(paid < bounty && storage.ads(1).len() == 2);
    assert_eq!(storage.record(sp.address()).terminated, 1);
    assert_eq!(storage.record(&sp.owner).others_barred_until, storage.net.epoch() + 30 * DAY);
    storage.check_invariants();
}

#[test]
fn a_perpetual_deal_with_a_date_ends_then() {
    let storage = storage();
    let expiry = storage.net.epoch() + 200 * DAY;
    let mut storage = storage.keeping_with(1, |terms| terms.expiry = Some(expiry));
    let [ad] = storage.ads(1)[..] else { panic!("one ad") };
    assert_eq!(storage.ad(ad).ad.duration, 200 * DAY);
    let (_, proposal) = storage.store(ad);
    storage.refresh(1);
    storage.pass_to(expiry);
    let work = storage.refresh(1);
    assert!(work.expired && work.opened == 0, "{work:?}");
    assert!(storage.perpetual(1).closed);
    storage.pass_to(proposal.end_epoch);
    assert_eq!(storage.refresh(1).completed, 1);
    let uploader = storage.uploader.clone();
    assert_eq!(storage.funds(&uploader).committed, fil(0));
    assert_eq!(storage.refresh(1), Refreshed::default(), "it is over");
    storage.check_invariants();
}

#[test]
fn a_bot_is_told_what_is_due_and_nothing_else() {
    let mut storage = storage().keeping(1);
    storage.create(2, 1, |_| {}).ok();
    let page = PageParams { from: 1, limit: 100 };
    let address = storage.address;
    assert_eq!(storage.net.view::<FindDue>(address, &page), []);
    let [ad] = storage.ads(2)[..] else { panic!("one ad") };
    storage.store(ad);
    let due = storage.net.view::<FindDue>(address, &page);
    assert_eq!(due.iter().map(|due| due.id).collect::<Vec<_>>(), [2]);
    assert_eq!(due[0].work, storage.refresh(2));
    assert_eq!(storage.net.view::<FindDue>(address, &page), []);
    storage.check_invariants();
}
