//! Which messages a block includes, and in which order.

use super::*;
use crate::pool::{BLOCK, Limits};

/// What a block with a base fee of 100 includes, of senders who are rich.
fn chosen(pool: &Pool, limits: Limits) -> Vec<(u64, u64)> {
    ids(&pool.select(limits, &atto(100), |_| Some(rich())))
}

#[test]
fn messages_are_included_in_the_order_in_which_they_came() {
    let pool = pool_of(&[(2, 0), (1, 0), (3, 0), (1, 1), (2, 1)]);
    assert_eq!(chosen(&pool, BLOCK), [(2, 0), (1, 0), (3, 0), (1, 1), (2, 1)]);
}

#[test]
fn a_message_that_came_before_its_turn_follows_the_one_it_waited_for() {
    let pool = pool_of(&[(1, 2), (1, 1), (2, 0), (1, 0), (2, 1), (1, 3)]);
    assert_eq!(chosen(&pool, BLOCK), [(2, 0), (1, 0), (1, 1), (1, 2), (2, 1), (1, 3)]);
}

#[test]
fn a_gap_holds_up_what_is_behind_it() {
    let pool = pool_of(&[(1, 0), (1, 2), (2, 1)]);
    assert_eq!(chosen(&pool, BLOCK), [(1, 0)]);
}

#[test]
fn nonces_start_at_the_one_that_the_state_expects() {
    let pool = pool_of(&[(1, 0), (1, 1), (1, 2)]);
    let chosen = pool.select(BLOCK, &atto(100), |_| Some(SenderFacts { nonce: 1, ..rich() }));
    assert_eq!(ids(&chosen), [(1, 1), (1, 2)]);
}

#[test]
fn a_sender_that_cannot_send_any_more_is_passed_over() {
    let pool = pool_of(&[(1, 0), (2, 0), (3, 0)]);
    let facts = |from: &Address| {
        (*from != sender(1)).then(|| SenderFacts { may_send: *from == sender(3), ..rich() })
    };
    assert_eq!(ids(&pool.select(BLOCK, &atto(100), facts)), [(3, 0)]);
}

#[test]
fn a_fee_cap_below_the_base_fee_holds_up_its_sender_only() {
    let mut pool = Pool::default();
    push(&mut pool, Message { gas_fee_cap: atto(150), ..message(1, 0) }).unwrap();
    push(&mut pool, message(1, 1)).unwrap();
    push(&mut pool, message(2, 0)).unwrap();
    let at = |base_fee: u64| ids(&pool.select(BLOCK, &atto(base_fee), |_| Some(rich())));
    assert_eq!(at(150), [(1, 0), (1, 1), (2, 0)]);
    assert_eq!(at(151), [(2, 0)]);
}

#[test]
fn a_block_holds_so_much_gas_by_limits() {
    let mut pool = Pool::default();
    for (from, gas_limit) in [(1, 6_000_000_000), (2, 4_000_000_001), (3, 4_000_000_000)] {
        push(&mut pool, Message { gas_limit, ..message(from, 0) }).unwrap();
    }
    push(&mut pool, message(2, 1)).unwrap();
    assert_eq!(chosen(&pool, BLOCK), [(1, 0), (3, 0)]);
}

#[test]
fn a_block_holds_so_many_messages() {
    let pool = pool_of(&[(1, 1), (1, 2), (1, 0), (2, 0)]);
    assert_eq!(chosen(&pool, Limits { messages: 2, ..BLOCK }), [(1, 0), (1, 1)]);
    assert_eq!(chosen(&pool, Limits { messages: 0, ..BLOCK }), []);
}

#[test]
fn a_sender_pays_for_all_of_its_messages_in_a_block() {
    let mut pool = Pool::default();
    push(&mut pool, Message { value: atto(50), ..message(1, 0) }).unwrap();
    push(&mut pool, message(1, 1)).unwrap();
    let with = |balance: u64| {
        let facts = SenderFacts { balance: atto(balance), ..rich() };
        ids(&pool.select(BLOCK, &atto(100), |_| Some(facts.clone())))
    };
    assert_eq!(with(400_000_050), [(1, 0), (1, 1)]);
    assert_eq!(with(400_000_049), [(1, 0)]);
    assert_eq!(with(199_999_999), []);
}

#[test]
fn a_replacement_keeps_the_place_of_what_it_replaces() {
    let mut pool = pool_of(&[(1, 0), (2, 0)]);
    push(&mut pool, Message { gas_premium: atto(150), ..message(1, 0) }).unwrap();
    assert_eq!(chosen(&pool, BLOCK), [(1, 0), (2, 0)]);
}

#[test]
fn the_first_message_is_the_one_that_a_block_starts_with() {
    let pool = pool_of(&[(1, 1), (2, 0), (1, 0)]);
    let first = pool.first(&atto(100), |_| Some(rich()));
    assert_eq!(ids(&first), [(2, 0)]);
    assert_eq!(pool.first(&atto(201), |_| Some(rich())), None);
}

#[test]
fn a_sender_is_asked_for_once_and_only_if_it_comes_up() {
    let pool = pool_of(&[(1, 0), (1, 1), (2, 0), (3, 0)]);
    let mut asked = vec![];
    let facts = |from: &Address| {
        asked.push(*from);
        Some(rich())
    };
    assert_eq!(pool.select(Limits { messages: 3, ..BLOCK }, &atto(100), facts).len(), 3);
    assert_eq!(asked, [sender(1), sender(2)]);
}

#[test]
fn ten_thousand_messages_fit_into_a_block_and_are_gone_after() {
    for accounts in [50, 10_000] {
        let mut pool = Pool::default();
        for number in 0..10_000 {
            push(&mut pool, message(number % accounts, number / accounts)).unwrap();
        }
        let chosen = pool.select(BLOCK, &atto(100), |_| Some(rich()));
        assert_eq!(chosen.len(), 10_000);
        let included: Vec<_> =
            chosen.iter().map(|signed| (signed.message.from, signed.message.sequence)).collect();
        assert_eq!(pool.remove_included(&included).len(), 10_000);
        assert!(pool.is_empty());
    }
}
