//! Owners of providers whose receiver hook does harm: none of them blocks a publish, and none gets
//! more than its due.

use actor_datadao::api::ClaimRewards;
use fvm_harness::{Account, Call, Network, Provider, TokenAmount, fil};
use fvm_ipld_encoding::RawBytes;
use fvm_shared::address::Address;
use fvm_shared::error::ExitCode;
use hostile_owner::{Forward, Message, Mood, SetMood};
use shared::ext::MARKET_ACTOR;
use shared::ext::account::AUTHENTICATE_MESSAGE;
use shared::ext::market::PUBLISH_STORAGE_DEALS;
use shared::ext::miner::CHANGE_OWNER_ADDRESS;
use shared::{Method, token};

use fab::story::Dao;

use crate::setup::{HOOK_GAS, PIECE_SIZE, piece, pushing, pushing_with_gas_to_spare};

/// Creates the attacker and hands it the provider.
fn take_over(net: &mut Network, sp: &Provider) -> Address {
    let attacker = net.create(&sp.owner, "hostile-owner", &()).ok().id_address;
    give(net, sp, attacker);
    attacker
}

/// Hands a provider to the attacker.
fn give(net: &mut Network, sp: &Provider, attacker: Address) {
    let propose = Call::new(&sp.owner, sp.address()).method(CHANGE_OWNER_ADDRESS, &attacker);
    net.run(propose).ok();
    let confirm = Message {
        to: sp.address(),
        method: CHANGE_OWNER_ADDRESS,
        params: RawBytes::serialize(attacker).unwrap(),
    };
    net.call::<Forward>(&sp.owner, attacker, &confirm).ok();
}

fn set_mood(dao: &mut Dao, attacker: Address, mood: Mood) {
    dao.net.call::<SetMood>(&dao.admin, attacker, &mood).ok();
}

/// A message that moves $DATA.
fn transfer(dao: &Dao, to: &Account, amount: TokenAmount) -> Message {
    let operator_data = RawBytes::default();
    let params = token::TransferParams { to: to.address(), amount, operator_data };
    Message {
        to: dao.address,
        method: token::Transfer::NUMBER,
        params: RawBytes::serialize(params).unwrap(),
    }
}

#[test]
fn an_owner_that_refuses_is_owed_and_can_claim_later() {
    let mut dao = pushing().listing(1, 1);
    let attacker = take_over(&mut dao.net, &dao.sp);
    set_mood(&mut dao, attacker, Mood { refuses: true, ..Mood::FRIENDLY });
    let deal = dao.proposal(1);
    let outcome = dao.sp.publish(&mut dao.net, &[deal]).ok();
    assert_eq!(outcome.events_of("reward-refused").len(), 1);
    assert_eq!((dao.balance(attacker), dao.owed(attacker)), (fil(0), fil(100)));
    dao.check_invariants();

    let claim = vec![attacker];
    let paid = dao.net.call::<ClaimRewards>(&dao.admin, dao.address, &claim).ok();
    assert_eq!(paid, [fil(0)], "still refuses");
    assert_eq!(dao.owed(attacker), fil(100));
    set_mood(&mut dao, attacker, Mood::FRIENDLY);
    let paid = dao.net.call::<ClaimRewards>(&dao.admin, dao.address, &claim).ok();
    assert_eq!(paid, [fil(100)]);
    assert_eq!((dao.balance(attacker), dao.owed(attacker)), (fil(100), fil(0)));
    dao.check_invariants();
}

#[test]
fn an_owner_that_burns_gas_burns_no_more_than_its_limit() {
    let mut dao = pushing().listing(1, 1).listing(2, 1);
    let attacker = take_over(&mut dao.net, &dao.sp);
    set_mood(&mut dao, attacker, Mood { refuses: true, ..Mood::FRIENDLY });
    let deal = dao.proposal(2);
    let refused = dao.sp.publish(&mut dao.net, &[deal]).ok().gas_used;
    set_mood(&mut dao, attacker, Mood { burns_gas: true, ..Mood::FRIENDLY });
    let deal = dao.proposal(1);
    let burnt = dao.sp.publish(&mut dao.net, &[deal]).ok().gas_used;
    assert_eq!(dao.owed(attacker), fil(200));
    assert!(burnt > HOOK_GAS, "the hook did burn: {burnt}");
    assert!(burnt < refused + HOOK_GAS, "{burnt} against {refused} of a refusal");
    dao.check_invariants();
}

#[test]
fn an_owner_that_reenters_the_publish_earns_each_slot_once() {
    let mut dao = pushing_with_gas_to_spare().listing(1, 2).listing(2, 1);
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
    assert_eq!((dao.dataset(1).replicas.len(), dao.dataset(2).replicas.len()), (1, 1));
    assert_eq!((dao.balance(attacker), dao.owed(attacker)), (fil(200), fil(0)));
    dao.check_invariants();
}

#[test]
fn an_owner_that_reenters_for_the_same_slot_fails_itself_only() {
    let mut dao = pushing_with_gas_to_spare().listing(1, 2);
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
    dao.net.set_tracing(true);
    let outcome = dao.sp.publish(&mut dao.net, &[deal]).ok();
    let asked = outcome.calls.of_method(AUTHENTICATE_MESSAGE);
    let answers: Vec<_> = asked.iter().filter_map(|call| call.exit_code).collect();
    assert_eq!(answers, [ExitCode::OK, ExitCode::new(52)], "the nested proposal is refused");
    assert_eq!(dao.dataset(1).replicas.len(), 1);
    assert_eq!(dao.balance(attacker), fil(0));
    assert_eq!(dao.owed(attacker), fil(100));
    dao.check_invariants();
}

/// The one way to overfill a dataset at the notice: between the market's questions and its notice
/// for the second deal, the first deal's hook fills the second's last slot from another miner.
#[test]
fn a_slot_that_is_filled_between_question_and_notice_fails_the_batch() {
    let mut dao = pushing_with_gas_to_spare().listing(1, 1).listing(2, 1);
    let other = Provider::owned_by(&mut dao.net, "other", dao.sp.owner.clone());
    let attacker = take_over(&mut dao.net, &dao.sp);
    give(&mut dao.net, &other, attacker);
    let nested = other.proposal(&dao.net, dao.address, piece(2), PIECE_SIZE);
    let publish = Message {
        to: Address::new_id(MARKET_ACTOR),
        method: PUBLISH_STORAGE_DEALS,
        params: other.publish_call(&[nested]).params,
    };
    set_mood(&mut dao, attacker, Mood { sends: Some(publish), ..Mood::FRIENDLY });
    let batch = [dao.proposal(1), dao.proposal(2)];
    let outcome = dao.sp.publish(&mut dao.net, &batch);
    let outcome = outcome.refused(ExitCode::USR_ILLEGAL_ARGUMENT);
    assert!(outcome.backtrace.contains("has the 1 replicas that it wants"), "{outcome}");
    assert_eq!((dao.dataset(1).replicas.len(), dao.dataset(2).replicas.len()), (0, 0));
    assert_eq!(dao.balance(attacker) + dao.owed(attacker), fil(0));
    dao.check_invariants();
}

#[test]
fn an_owner_that_moves_its_reward_on_and_then_refuses_keeps_and_moves_nothing() {
    let mut dao = pushing_with_gas_to_spare().listing(1, 1);
    let (attacker, friend) = (take_over(&mut dao.net, &dao.sp), dao.net.account("friend"));
    let transfer = transfer(&dao, &friend, fil(100));
    let mood = Mood { refuses: true, sends: Some(transfer), ..Mood::FRIENDLY };
    set_mood(&mut dao, attacker, mood);
    let deal = dao.proposal(1);
    dao.sp.publish(&mut dao.net, &[deal]).ok();
    assert_eq!((dao.balance(attacker), dao.balance(&friend)), (fil(0), fil(0)));
    assert_eq!(dao.owed(attacker), fil(100));
    dao.check_invariants();
}

#[test]
fn an_owner_that_moves_its_reward_on_in_its_hook_has_moved_it() {
    let mut dao = pushing_with_gas_to_spare().listing(1, 1);
    let (attacker, friend) = (take_over(&mut dao.net, &dao.sp), dao.net.account("friend"));
    let transfer = transfer(&dao, &friend, fil(60));
    set_mood(&mut dao, attacker, Mood { sends: Some(transfer), ..Mood::FRIENDLY });
    let deal = dao.proposal(1);
    dao.sp.publish(&mut dao.net, &[deal]).ok();
    assert_eq!((dao.balance(attacker), dao.balance(&friend)), (fil(40), fil(60)));
    dao.check_invariants();
}

#[test]
fn an_owner_that_claims_again_in_its_hook_is_paid_once() {
    let mut dao = pushing_with_gas_to_spare().listing(1, 1);
    let attacker = take_over(&mut dao.net, &dao.sp);
    set_mood(&mut dao, attacker, Mood { refuses: true, ..Mood::FRIENDLY });
    let deal = dao.proposal(1);
    dao.sp.publish(&mut dao.net, &[deal]).ok();
    let again = Message {
        to: dao.address,
        method: ClaimRewards::NUMBER,
        params: RawBytes::serialize(vec![attacker]).unwrap(),
    };
    set_mood(&mut dao, attacker, Mood { sends: Some(again), ..Mood::FRIENDLY });
    let owners = vec![attacker, attacker];
    let paid = dao.net.call::<ClaimRewards>(&dao.admin, dao.address, &owners).ok();
    assert_eq!(paid, [fil(100), fil(0)]);
    assert_eq!((dao.balance(attacker), dao.owed(attacker)), (fil(100), fil(0)));
    assert_eq!(dao.state().token.supply, fil(100));
    dao.check_invariants();
}
