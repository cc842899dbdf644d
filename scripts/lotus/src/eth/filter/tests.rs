use fvm_shared::event::Entry;
use serde_json::{Value, json};

use super::*;

fn spec(json: Value) -> EthFilterSpec {
    serde_json::from_value(json).unwrap()
}

const TOPIC: EthHash = EthHash([1; 32]);
const OTHER: EthHash = EthHash([2; 32]);

fn topic(key: &str, value: EthHash) -> Entry {
    Entry {
        flags: Flags::FLAG_INDEXED_ALL,
        key: key.to_owned(),
        codec: IPLD_RAW,
        value: value.0.to_vec(),
    }
}

/// Whether a filter takes an event of actor 8, with topics TOPIC and OTHER.
#[track_caller]
fn check(json: Value, taken: bool) {
    let event = vec![topic("t1", TOPIC), topic("t2", OTHER)].into();
    let filter = spec(json).filter().unwrap();
    let from = filter.asks_for_emitter(8, EthAddress([8; 20]));
    assert_eq!(from && filter.asks_for_topics_of(&event), taken);
}

#[test]
fn an_empty_filter_takes_all() {
    check(json!({}), true);
    check(json!({"address": null, "topics": null}), true);
    check(json!({"address": [], "topics": [null, []]}), true);
}

#[test]
fn an_address_is_the_emitters_own_or_its_masked_id() {
    let (own, id, other) = (EthAddress([8; 20]), EthAddress::masked(8), EthAddress::masked(9));
    check(json!({"address": own}), true);
    check(json!({"address": id}), true);
    check(json!({"address": [other, own]}), true);
    check(json!({"address": [other]}), false);
}

#[test]
fn each_topic_is_any_of_those_asked_for() {
    check(json!({"topics": [TOPIC]}), true);
    check(json!({"topics": [[OTHER, TOPIC], OTHER]}), true);
    check(json!({"topics": [null, OTHER]}), true);
    check(json!({"topics": [OTHER]}), false);
    check(json!({"topics": [TOPIC, TOPIC]}), false);
    check(json!({"topics": [null, null, TOPIC]}), false);
}

#[test]
fn a_topic_counts_if_it_is_raw_and_indexed() {
    let filter = spec(json!({"topics": [TOPIC]})).filter().unwrap();
    let taken = |entry| filter.asks_for_topics_of(&vec![entry].into());
    let indexed = topic("t1", TOPIC);
    assert!(taken(Entry { flags: Flags::FLAG_INDEXED_KEY, ..indexed.clone() }));
    assert!(!taken(Entry { flags: Flags::empty(), ..indexed.clone() }));
    assert!(!taken(Entry { codec: 0x51, ..indexed }));
}

#[test]
fn more_than_four_topics_are_refused() {
    assert_eq!(
        spec(json!({"topics": [null, null, null, null, null]})).filter().unwrap_err().to_string(),
        "too many topics in filter: 5, max: 4"
    );
}

#[track_caller]
fn range(json: Value, range: Result<(ChainEpoch, Option<ChainEpoch>), &str>) {
    let found = spec(json).range(101, 50).map_err(|e| e.to_string());
    assert_eq!(found, range.map(|(from, to)| Range::Epochs { from, to }).map_err(str::to_owned));
}

#[test]
fn a_range_starts_with_the_latest_tipset_whose_events_are_known() {
    range(json!({}), Ok((100, None)));
    range(json!({"fromBlock": "latest", "toBlock": ""}), Ok((100, None)));
    range(json!({"fromBlock": "0x40", "toBlock": "0x64"}), Ok((64, Some(100))));
    range(json!({"fromBlock": "earliest", "toBlock": "earliest"}), Ok((0, Some(0))));
}

#[test]
fn a_range_is_refused_in_the_words_of_lotus() {
    range(json!({"fromBlock": "pending"}), Err("FromBlock is not a hex"));
    range(json!({"toBlock": "12"}), Err("ToBlock is not a hex"));
    for bad in ["0x", "0xzz", "0x-1", "0x+1", "0x8000000000000000"] {
        range(json!({ "fromBlock": bad }), Err("invalid epoch"));
    }
    range(
        json!({"fromBlock": "0x2", "toBlock": "0x1"}),
        Err("invalid epoch range: to block (1) must be after from block (2)"),
    );
    range(json!({"fromBlock": "earliest"}), Err("block range exceeds maximum of 50 (got 100)"));
    range(
        json!({"fromBlock": "0x1", "toBlock": "0x34"}),
        Err("block range exceeds maximum of 50 (got 51)"),
    );
}

#[test]
fn a_block_by_hash_goes_without_a_range() {
    let by_hash = spec(json!({ "blockHash": TOPIC }));
    assert_eq!(by_hash.range(101, 50), Ok(Range::Block(TOPIC)));
    range(
        json!({"blockHash": TOPIC, "toBlock": "0x1"}),
        Err("must not specify block hash and from/to block"),
    );
}
