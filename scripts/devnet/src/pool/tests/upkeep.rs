//! What the pool says of its messages, and how they leave it and come back.

use fvm_harness::CHAIN_ID;
use lotus::eth::transaction::hash_of;

use super::*;
use crate::pool::ChangeKind;

#[test]
fn messages_are_listed_by_sender_and_nonce() {
    let pool = pool_of(&[(1, 2), (2, 0), (1, 0), (2, 1), (1, 1)]);
    let listed = ids(pool.pending());
    let of = |number| {
        let nonces = listed.iter().filter(move |(from, _)| *from == number);
        nonces.map(|(_, nonce)| *nonce).collect::<Vec<_>>()
    };
    assert_eq!((of(1), of(2)), (vec![0, 1, 2], vec![0, 1]));
    let first = listed[0].0;
    assert!(listed.iter().take_while(|(from, _)| *from == first).count() == of(first).len());
    assert_eq!(ids(pool.pending_of(&sender(1))), [(1, 0), (1, 1), (1, 2)]);
    assert_eq!(ids(pool.pending_of(&sender(3))), []);
}

#[test]
fn the_next_nonce_is_the_first_that_is_free() {
    let pool = pool_of(&[(1, 2), (1, 0), (1, 1), (1, 4)]);
    assert_eq!(pool.next_nonce(&sender(1), 0), 3);
    assert_eq!(pool.next_nonce(&sender(1), 2), 3);
    assert_eq!(pool.next_nonce(&sender(1), 4), 5);
    assert_eq!(pool.next_nonce(&sender(1), 9), 9);
    assert_eq!(pool.next_nonce(&sender(2), 7), 7);
}

#[test]
fn what_a_block_included_is_gone() {
    let mut pool = pool_of(&[(1, 0), (1, 1), (2, 0)]);
    let changes = pool.remove_included(&[(sender(1), 0), (sender(2), 0), (sender(3), 0)]);
    assert_eq!(changed(&changes), [(1, 0), (2, 0)]);
    assert!(changes.iter().all(|change| change.kind == ChangeKind::Removed));
    assert_eq!(ids(pool.pending()), [(1, 1)]);
    assert_eq!(pool.len(), 1);
}

#[test]
fn what_the_state_is_past_is_dropped() {
    let mut pool = pool_of(&[(1, 0), (1, 1), (1, 2), (2, 0)]);
    assert_eq!(changed(&pool.drop_stale(&sender(1), 2)), [(1, 0), (1, 1)]);
    assert_eq!(pool.len(), 2);
    assert_eq!(pool.drop_stale(&sender(3), 2), []);
}

#[test]
fn what_a_revert_took_off_the_chain_is_first_again() {
    let mut pool = pool_of(&[(2, 0)]);
    let reverted = [signed(message(1, 0)), signed(message(2, 7)), signed(message(1, 1))];
    let changes = pool.restore(reverted).unwrap();
    assert_eq!(changed(&changes), [(1, 0), (2, 7), (1, 1)]);
    assert!(changes.iter().all(|change| change.kind == ChangeKind::Added));
    let base_fee = atto(100);
    let chosen = pool.select(crate::pool::BLOCK, &base_fee, |_| Some(rich()));
    assert_eq!(ids(&chosen), [(1, 0), (1, 1), (2, 0)]);
}

#[test]
fn what_took_the_place_of_a_reverted_message_stays() {
    let mut pool = Pool::default();
    let kept = Message { value: atto(7), ..message(1, 0) };
    push(&mut pool, kept.clone()).unwrap();
    assert_eq!(pool.restore([signed(message(1, 0))]).unwrap(), []);
    assert_eq!(pool.pending().next().unwrap().message, kept);
}

#[test]
fn a_pool_is_cleared_of_all_or_of_what_is_not_local_which_is_nothing() {
    let mut pool = pool_of(&[(1, 0), (1, 1), (2, 0)]);
    assert_eq!(pool.clear(false), []);
    assert_eq!(pool.len(), 3);
    assert_eq!(pool.clear(true).len(), 3);
    assert!(pool.is_empty());
    push(&mut pool, message(1, 0)).unwrap();
    assert_eq!(pool.next_nonce(&sender(1), 0), 1);
}

#[test]
fn subscribers_hear_what_came_and_what_went() {
    let mut pool = Pool::default();
    let came = push(&mut pool, message(1, 0)).unwrap();
    let went = pool.clear(true);
    let json = |change| serde_json::to_value(crate::pool::json::PoolUpdate::from(change)).unwrap();
    assert_eq!(json(&came)["Type"], 0);
    assert_eq!(json(&went[0])["Type"], 1);
    assert_eq!(json(&came)["Message"]["CID"]["/"], came.cid.to_string());
}

#[test]
fn a_message_is_found_by_its_hash_in_ethereum_while_it_waits() {
    let mut pool = pool_of(&[(1, 0), (1, 1), (1, 2)]);
    let hash = |message: &Message| hash_of(&signed(message.clone()), CHAIN_ID).unwrap();
    let first = hash(&message(1, 0));
    assert_eq!(ids(pool.transaction(&first)), [(1, 0)]);
    let dearer = Message { gas_premium: atto(150), ..message(1, 0) };
    push(&mut pool, dearer.clone()).unwrap();
    assert_eq!(pool.transaction(&first), None);
    assert_eq!(ids(pool.transaction(&hash(&dearer))), [(1, 0)]);
    pool.remove_included(&[(sender(1), 0)]);
    assert_eq!(pool.transaction(&hash(&dearer)), None);
    pool.clear(true);
    assert_eq!(pool.transaction(&hash(&message(1, 2))), None);
}
