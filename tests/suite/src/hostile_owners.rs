//! Owners of providers whose receiver hook does harm: none of them blocks a publish, and none gets
//! more than its due.

use actor_datadao::api::ClaimRewards;
use fvm_harness::{Call, Network, Provider, fil};
use fvm_ipld_encoding::RawBytes;
use fvm_shared::address::Address;
use hostile_owner::{Forward, Message, Mood, SetMood};
use shared::ext::MARKET_ACTOR;
use shared::ext::market::PUBLISH_STORAGE_DEALS;
use shared::ext::miner::CHANGE_OWNER_ADDRESS;

use crate::setup::{Dao, HOOK_GAS, PIECE_SIZE, piece};

/// Creates the attacker and hands it the provider.
fn take_over(net: &mut Network, sp: &Provider) -> Address {
    let attacker = net.create(&sp.owner, "hostile-owner", &()).ok().id_address;
    let propose = Call::new(&sp.owner, sp.address()).method(CHANGE_OWNER_ADDRESS, &attacker);
    net.run(propose).ok();
    let confirm = Message {
        to: sp.address(),
        method: CHANGE_OWNER_ADDRESS,
        params: RawBytes::serialize(attacker).unwrap(),
    };
    net.call::<Forward>(&sp.owner, attacker, &confirm).ok();
    attacker
}

fn set_mood(dao: &mut Dao, attacker: Address, mood: Mood) {
    dao.net.call::<SetMood>(&dao.admin, attacker, &mood).ok();
}

#[test]
fn an_owner_that_refuses_is_owed_and_can_claim_later() {
    let mut dao = Dao::pushing().listing(1, 1);
    let attacker = take_over(&mut dao.net, &dao.sp);
    set_mood(&mut dao, attacker, Mood { refuses: true, ..Mood::FRIENDLY });
    let deal = dao.proposal(1);
    let outcome = dao.sp.publish(&mut dao.net, &[deal]).ok();
    assert_eq!(outcome.events_of("reward-refused").len(), 1);
    let owner = attacker.id().unwrap();
    assert_eq!((dao.balance(attacker), dao.owed(owner)), (fil(0), fil(100)));
    dao.check_invariants();

    let claim = vec![owner];
    let paid = dao.net.call::<ClaimRewards>(&dao.admin, dao.address, &claim).ok();
    assert_eq!(paid, [fil(0)], "still refuses");
    assert_eq!(dao.owed(owner), fil(100));
    set_mood(&mut dao, attacker, Mood::FRIENDLY);
    let paid = dao.net.call::<ClaimRewards>(&dao.admin, dao.address, &claim).ok();
    assert_eq!(paid, [fil(100)]);
    assert_eq!((dao.balance(attacker), dao.owed(owner)), (fil(100), fil(0)));
    dao.check_invariants();
}

#[test]
fn an_owner_that_burns_gas_burns_no_more_than_its_limit() {
    let mut dao = Dao::pushing().listing(1, 1).listing(2, 1);
    let friendly = dao.proposal(2);
    let honest = dao.sp.publish(&mut dao.net, &[friendly]).ok().gas_used;
    let attacker = take_over(&mut dao.net, &dao.sp);
    set_mood(&mut dao, attacker, Mood { burns_gas: true, ..Mood::FRIENDLY });
    let deal = dao.proposal(1);
    let burnt = dao.sp.publish(&mut dao.net, &[deal]).ok().gas_used;
    assert_eq!(dao.owed(attacker.id().unwrap()), fil(100));
    assert!(burnt > HOOK_GAS, "the hook did burn: {burnt}");
    assert!(burnt < honest + 3 * HOOK_GAS, "{burnt} against {honest} honest");
    dao.check_invariants();
}

#[test]
fn an_owner_that_reenters_the_publish_earns_each_slot_once() {
    let mut dao = Dao::pushing_with_gas_to_spare().listing(1, 2).listing(2, 1);
    let attacker = take_over(&mut dao.net, &dao.sp);
    let nested = dao.sp.publish_call(&[dao.proposal(2)]);
    let publish = Message {
        to: Address::new_id(MARKET_ACTOR),
        method: PUBLISH_STORAGE_DEALS,
        params: nested.params,
    };
    set_mood(&mut dao, attacker, Mood { sends: Some(publish), ..Mood::FRIENDLY });
    let deal = dao.proposal(1);
    dao.sp.publish(&mut dao.net, &[deal]).ok();
    let earned = dao.balance(attacker) + dao.owed(attacker.id().unwrap());
    let filled = dao.dataset(1).replicas.len() + dao.dataset(2).replicas.len();
    assert_eq!(earned, fil(100) * u64::try_from(filled).unwrap());
    assert_eq!(dao.dataset(1).replicas.len(), 1);
    dao.check_invariants();
}

#[test]
fn an_owner_that_reenters_for_the_same_slot_fails_itself_only() {
    let mut dao = Dao::pushing_with_gas_to_spare().listing(1, 2);
    let attacker = take_over(&mut dao.net, &dao.sp);
    let mut again = dao.sp.proposal(&dao.net, dao.address, piece(1), PIECE_SIZE);
    again.label = shared::ext::market::Label::String("again".into());
    let publish = Message {
        to: Address::new_id(MARKET_ACTOR),
        method: PUBLISH_STORAGE_DEALS,
        params: dao.sp.publish_call(&[again]).params,
    };
    set_mood(&mut dao, attacker, Mood { sends: Some(publish), ..Mood::FRIENDLY });
    let deal = dao.proposal(1);
    dao.sp.publish(&mut dao.net, &[deal]).ok();
    assert_eq!(dao.dataset(1).replicas.len(), 1);
    assert_eq!(dao.balance(attacker), fil(0));
    assert_eq!(dao.owed(attacker.id().unwrap()), fil(100));
    dao.check_invariants();
}
