//! Each rule about a message and its sender, in the words of Lotus.

use lotus::json::Addr;

use super::*;
use crate::pool::{ChangeKind, MAX_PENDING, MAX_PENDING_UNTRUSTED};

#[test]
fn a_message_is_pending_once_it_came() {
    let mut pool = Pool::default();
    let change = push(&mut pool, message(1, 0)).unwrap();
    assert_eq!(change.kind, ChangeKind::Added);
    assert_eq!(change.cid, signed(message(1, 0)).cid().unwrap());
    assert_eq!(ids(pool.pending()), [(1, 0)]);
}

#[test]
fn a_sender_that_the_chain_does_not_know_is_refused() {
    let refusal = Pool::default().push(checked(message(1, 0)), None).unwrap_err().to_string();
    let from = Addr(sender(1));
    assert_eq!(
        refusal,
        format!(
            "failed to look up actor state nonce: resolution lookup failed ({from}): \
             actor not found: validation failure"
        )
    );
}

#[test]
fn a_nonce_that_was_used_is_refused() {
    let used = SenderFacts { nonce: 5, ..rich() };
    let refusal = refusal(&mut Pool::default(), message(1, 3), &used);
    assert_eq!(refusal, "minimum expected nonce is 5, got 3: message nonce too low");
}

#[test]
fn an_actor_that_is_no_account_sends_nothing() {
    let actor = SenderFacts { may_send: false, ..rich() };
    let refusal = refusal(&mut Pool::default(), message(1, 0), &actor);
    assert_eq!(
        refusal,
        format!("sender actor {} is not a valid top-level sender", Addr(sender(1)))
    );
}

#[test]
fn a_gas_limit_covers_what_inclusion_takes() {
    let with_limit = |gas_limit| Message { gas_limit, ..message(1, 0) };
    let length = |message| signed(message).chain_bytes().unwrap().len() as u64;
    let least = 513_863 + (36 + length(with_limit(600_000))) * 1_300;
    push(&mut Pool::default(), with_limit(least)).unwrap();
    let refusal = refusal(&mut Pool::default(), with_limit(least - 1), &rich());
    assert_eq!(
        refusal,
        format!(
            "verify msg failed: message will not be included in a block: 'GasLimit' field cannot \
             be less than the cost of storing a message on chain {} < {least}",
            least - 1
        )
    );
}

#[test]
fn a_sender_can_pay_the_gas_but_need_not_have_the_value() {
    let dear = Message { gas_fee_cap: TokenAmount::from_nano(70), ..message(1, 0) };
    let some = |fil: u64| SenderFacts { balance: TokenAmount::from_nano(fil), ..rich() };
    let worth = Message { value: TokenAmount::from_whole(9), ..dear.clone() };
    Pool::default().push(checked(worth), Some(&some(70_000_000))).unwrap();
    assert_eq!(
        refusal(&mut Pool::default(), dear, &some(10_000_000)),
        "failed to check balance: not enough funds (required: 0.07 FIL, balance: 0.01 FIL): \
         not enough funds to execute transaction"
    );
}

#[test]
fn a_sender_can_pay_the_gas_of_all_that_is_pending() {
    let dear = |nonce| Message { gas_fee_cap: TokenAmount::from_nano(400), ..message(1, nonce) };
    let mut pool = Pool::default();
    push(&mut pool, dear(0)).unwrap();
    push(&mut pool, dear(1)).unwrap();
    assert_eq!(
        refusal(&mut pool, dear(2), &rich()),
        "failed to check balance: not enough funds including pending messages \
         (required: 1.2 FIL, balance: 1 FIL): validation failure"
    );
    pool.remove_included(&[(sender(1), 0)]);
    push(&mut pool, dear(2)).unwrap();
}

#[test]
fn what_is_replaced_is_not_to_be_paid() {
    let offer = |premium: u64| Message {
        gas_fee_cap: TokenAmount::from_nano(900),
        gas_premium: atto(premium),
        ..message(1, 0)
    };
    let mut pool = Pool::default();
    push(&mut pool, offer(100)).unwrap();
    push(&mut pool, offer(111)).unwrap();
    push(&mut pool, offer(200)).unwrap();
}

#[test]
fn a_message_that_is_pending_is_refused_again() {
    let mut pool = Pool::default();
    push(&mut pool, message(1, 4)).unwrap();
    let refusal = refusal(&mut pool, message(1, 4), &rich());
    let from = Addr(sender(1));
    assert_eq!(
        refusal,
        format!(
            "failed to add locked: message from {from} with nonce 4 already in mpool: \
             message with nonce already exists"
        )
    );
}

#[test]
fn a_replacement_offers_more_than_a_tenth_more() {
    let offer = |premium: u64| Message {
        gas_fee_cap: atto(200_000),
        gas_premium: atto(premium),
        ..message(1, 4)
    };
    let mut pool = Pool::default();
    push(&mut pool, offer(100_001)).unwrap();
    let refusal = refusal(&mut pool, offer(110_001), &rich());
    let from = Addr(sender(1));
    assert_eq!(
        refusal,
        format!(
            "failed to add locked: message from {from} with nonce 4 already in mpool, \
             increase GasPremium to 110002 from 110001 to trigger replace by fee: \
             replace by fee has too low GasPremium"
        )
    );
    let change = push(&mut pool, offer(110_002)).unwrap();
    assert_eq!(change.kind, ChangeKind::Added);
    let pending: Vec<_> = pool.pending().map(|pending| pending.message.clone()).collect();
    assert_eq!(pending, [offer(110_002)]);
}

#[test]
fn a_sender_has_a_thousand_messages_at_the_most() {
    let mut pool = Pool::default();
    for nonce in 0..MAX_PENDING as u64 {
        push(&mut pool, message(1, nonce)).unwrap();
    }
    let refusal = refusal(&mut pool, message(1, 1_000), &rich());
    assert_eq!(refusal, "failed to add locked: too many pending messages for actor");
    push(&mut pool, Message { gas_premium: atto(200), ..message(1, 7) }).unwrap();
    push(&mut pool, message(2, 0)).unwrap();
}

#[test]
fn a_sender_nobody_trusts_has_a_hundred_at_the_most() {
    let mut pool = Pool::default();
    for nonce in 0..MAX_PENDING_UNTRUSTED as u64 {
        pool.push_untrusted(checked(message(1, nonce)), Some(&rich())).unwrap();
    }
    let refusal = pool.push_untrusted(checked(message(1, 100)), Some(&rich())).unwrap_err();
    assert_eq!(refusal.to_string(), "failed to add locked: too many pending messages for actor");
    push(&mut pool, message(1, 100)).unwrap();
}

#[test]
fn of_two_faults_the_one_that_lotus_checks_first_is_told() {
    let faulty = Message { gas_limit: 1, ..message(1, 0) };
    let facts = |nonce, may_send| SenderFacts { nonce, balance: atto(0), may_send };
    let mut pool = Pool::default();
    let mut of = |nonce, may_send| {
        pool.push(checked(faulty.clone()), Some(&facts(nonce, may_send))).unwrap_err()
    };
    assert!(matches!(of(1, false), Refusal::NonceTooLow { .. }));
    assert!(matches!(of(0, false), Refusal::NotASender(_)));
    assert!(matches!(of(0, true), Refusal::NeverIncluded(_)));
}
