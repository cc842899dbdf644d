//! What a client is told of messages that it has yet to send.

use serde_json::{Value, json};

use super::*;
use crate::pool::check::{Chain, Draft};
use crate::pool::json::CheckStatus;

type Found = Vec<Vec<Value>>;

/// A chain with a base fee of 1,000 and this sender.
fn chain(
    facts: Result<SenderFacts, String>,
) -> Chain<impl FnMut(&Address) -> Result<SenderFacts, String>> {
    Chain { base_fee: atto(1_000), sender: move |_: &Address| facts.clone() }
}

fn some(balance: u64) -> Result<SenderFacts, String> {
    Ok(SenderFacts { balance: atto(balance), ..rich() })
}

fn json_of(found: Vec<Vec<crate::pool::check::Status>>) -> Found {
    let json = |status| serde_json::to_value(CheckStatus::from(status)).unwrap();
    found.into_iter().map(|statuses| statuses.into_iter().map(json).collect()).collect()
}

fn draft(message: Message) -> Draft {
    Draft { message, fixed_nonce: true }
}

fn check(drafts: &[Draft], facts: Result<SenderFacts, String>) -> Found {
    json_of(Pool::default().check(drafts, &mut chain(facts)).unwrap())
}

/// The codes of what is not as it should be, with what is told.
fn faults(statuses: &[Value]) -> Vec<(u64, &str)> {
    let told = statuses.iter().filter(|status| status["Err"] != "");
    told.map(|status| (status["Code"].as_u64().unwrap(), status["Err"].as_str().unwrap())).collect()
}

fn codes(statuses: &[Value]) -> Vec<u64> {
    statuses.iter().map(|status| status["Code"].as_u64().unwrap()).collect()
}

fn fine() -> Message {
    Message { gas_fee_cap: atto(10_000), ..message(1, 0) }
}

#[test]
fn a_message_that_is_fine_passes_all_checks_in_the_order_of_lotus() {
    let found = check(&[draft(fine())], some(10_000_000_000));
    assert_eq!(codes(&found[0]), [9, 11, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12]);
    assert_eq!(faults(&found[0]), []);
    assert!(found[0].iter().all(|status| status["OK"] == true));
}

#[test]
fn a_check_tells_what_it_compared() {
    let found = check(&[draft(fine())], some(10_000_000_000));
    let hints: Vec<_> = found[0].iter().map(|status| status["Hint"].clone()).collect();
    let length = fvm_ipld_encoding::to_vec(&fine()).unwrap().len() as u64;
    let gas = json!({
        "Name": "OnChainMessage", "Extra": null, "ComputeGas": 38_863,
        "StorageGas": 475_000 + (36 + length) * 1_300, "VirtualCompute": 0, "VirtualStorage": 0,
    });
    assert_eq!(
        hints,
        [
            json!({ "nonce": 0 }),
            json!({ "balance": "10000000000" }),
            Value::Null,
            Value::Null,
            Value::Null,
            json!({ "minGas": gas }),
            Value::Null,
            json!({ "baseFee": "1000" }),
            json!({ "baseFee": "1000", "baseFeeLowerBound": "100" }),
            json!({ "baseFee": "1000", "baseFeeUpperBound": "10000" }),
            json!({ "nextNonce": 0 }),
            json!({ "requiredFunds": "10000000000" }),
        ]
    );
    let status = json!({ "Cid": { "/": lotus::cid_of(&fvm_ipld_encoding::to_vec(&fine()).unwrap()).to_string() },
        "Code": 9, "OK": true, "Err": "", "Hint": { "nonce": 0 } });
    assert_eq!(found[0][0], status);
}

#[test]
fn a_sender_that_is_not_there_ends_the_check_of_its_messages() {
    let error = "resolution lookup failed (t01): actor not found";
    let found = check(&[draft(fine()), draft(fine())], Err(error.into()));
    for statuses in found {
        assert_eq!(
            faults(&statuses),
            [(9, format!("error retrieving state nonce: {error}").as_str())]
        );
        assert_eq!(codes(&statuses), [9]);
    }
}

#[test]
fn a_message_that_no_block_includes_ends_its_check() {
    let params = vec![7; 66_000].into();
    let found = check(&[draft(Message { gas_limit: 0, params, ..fine() })], some(0));
    let told = "syntactically invalid message: 'GasLimit' field 0 must be positive";
    assert_eq!(faults(&found[0]), [(2, "message too big"), (3, told)]);
    assert_eq!(codes(&found[0]), [9, 11, 1, 2, 3]);
}

#[test]
fn a_message_leaves_room_for_its_signature() {
    let of =
        |params: usize| Message { params: vec![7; params].into(), gas_limit: 90_000_000, ..fine() };
    let length = |params| fvm_ipld_encoding::to_vec(&of(params)).unwrap().len();
    let most = (65_000..66_000).find(|params| length(params + 1) > 65_408).unwrap();
    let found = check(&[draft(of(most))], some(900_000_000_000));
    assert_eq!(faults(&found[0]), []);
    let found = check(&[draft(of(most + 1))], some(900_000_000_000));
    assert_eq!(faults(&found[0]), [(2, "message too big")]);
}

#[test]
fn every_fault_of_a_message_is_told() {
    let poor = Message { gas_limit: 1_000, gas_fee_cap: atto(150), ..message(1, 4) };
    let found = check(&[draft(poor)], some(149_999));
    assert_eq!(
        faults(&found[0]),
        [
            (4, "GasLimit less than epoch minimum gas"),
            (6, "GasFeeCap less than current base fee"),
            (8, "GasFeeCap less than base fee upper bound for inclusion in next 20 epochs"),
            (10, "message nonce doesn't match next nonce (0)"),
            (12, "insufficient balance"),
        ]
    );
    let warning = found[0].iter().find(|status| status["Code"] == 8).unwrap();
    assert_eq!(warning["OK"], true);
}

#[test]
fn a_fee_cap_is_compared_with_what_the_base_fee_may_be_soon() {
    let cheap = Message { gas_fee_cap: atto(199), ..message(1, 0) };
    let mut chain = Chain { base_fee: atto(2_000), sender: |_: &Address| Ok(rich()) };
    let found = json_of(Pool::default().check(&[draft(cheap)], &mut chain).unwrap());
    let lower = "GasFeeCap less than base fee lower bound for inclusion in next 20 epochs";
    assert!(faults(&found[0]).contains(&(7, lower)));
}

#[test]
fn a_fee_cap_below_the_minimum_is_compared_with_nothing_else() {
    let cheap = Message { gas_fee_cap: atto(99), gas_premium: atto(0), ..message(1, 0) };
    let found = check(&[draft(cheap)], some(1_000_000_000));
    assert_eq!(faults(&found[0]), [(5, "GasFeeCap less than minimum base fee")]);
    assert_eq!(codes(&found[0]), [9, 11, 1, 2, 3, 4, 5, 10, 12]);
}

#[test]
fn messages_of_a_sender_follow_each_other_and_add_up() {
    let drafts = [draft(fine()), draft(Message { sequence: 1, value: atto(5), ..fine() })];
    let found = check(&drafts, some(20_000_000_004));
    assert_eq!(faults(&found[0]), []);
    assert_eq!(faults(&found[1]), [(12, "insufficient balance")]);
    assert_eq!(found[1][0]["Hint"], Value::Null);
    assert_eq!(found[1][10]["Hint"], json!({ "nextNonce": 1 }));
    assert_eq!(found[1][11]["Hint"], json!({ "requiredFunds": "20000000005" }));
}

#[test]
fn a_message_that_is_yet_to_be_numbered_has_the_next_nonce() {
    let open = |nonce| Draft { message: Message { sequence: nonce, ..fine() }, fixed_nonce: false };
    let found = check(&[open(9), open(9)], some(99_000_000_000));
    assert_eq!(faults(&found[0]), []);
    assert_eq!(found[1][10]["Hint"], json!({ "nextNonce": 1 }));
}

#[test]
fn new_messages_come_after_those_that_are_pending() {
    let mut pool = Pool::default();
    push(&mut pool, Message { value: atto(3), ..fine() }).unwrap();
    let next = draft(Message { sequence: 1, ..fine() });
    let found = json_of(pool.check(&[next], &mut chain(some(20_000_000_003))).unwrap());
    assert_eq!(found[0][0]["Hint"], json!({ "nonce": 1 }));
    assert_eq!(found[0][11]["Hint"], json!({ "requiredFunds": "20000000003" }));
    assert_eq!(faults(&found[0]), []);
}

#[test]
fn pending_messages_are_checked_from_the_state_on() {
    let mut pool = pool_of(&[(1, 1), (2, 0)]);
    assert_eq!(pool.check_pending(&sender(3), &mut chain(some(0))).unwrap(), None);
    push(&mut pool, fine()).unwrap();
    let found = pool.check_pending(&sender(1), &mut chain(some(99_000_000_000))).unwrap().unwrap();
    let found = json_of(found);
    assert_eq!(found[0][10]["Hint"], json!({ "nextNonce": 0 }));
    assert_eq!(found[1][10]["Hint"], json!({ "nextNonce": 1 }));
    assert_eq!(found.len(), 2);
}

#[test]
fn replacements_are_checked_in_the_place_of_what_they_replace() {
    let pool = pool_of(&[(1, 0), (1, 1), (2, 0)]);
    let dear = Message { gas_fee_cap: atto(20_000), ..message(1, 0) };
    let found = pool.check_replace(&[dear], &mut chain(some(20_100_000_000))).unwrap();
    let found = json_of(found);
    assert_eq!(faults(&found[0]), []);
    assert_eq!(faults(&found[1]).last(), Some(&(12, "insufficient balance")));
    assert_eq!(found[1][11]["Hint"], json!({ "requiredFunds": "20200000000" }));
    assert_eq!(found.len(), 2);
}
