use fvm_shared::event::{Entry, Flags};

use super::*;

fn entry(key: &str, codec: u64, value: &[u8]) -> Entry {
    Entry { flags: Flags::FLAG_INDEXED_ALL, key: key.to_owned(), codec, value: value.to_vec() }
}

fn raw(key: &str, value: &[u8]) -> Entry {
    entry(key, IPLD_RAW, value)
}

fn read(entries: &[Entry]) -> Option<(Vec<EthHash>, Vec<u8>)> {
    topics_and_data(&entries.to_vec().into())
}

#[test]
fn an_event_of_a_contract_has_topics_and_data() {
    let topics = [EthHash([1; 32]), EthHash([2; 32])];
    let entries = [raw("t2", &[2; 32]), raw("t1", &[1; 32]), raw("d", b"data")];
    assert_eq!(read(&entries), Some((topics.to_vec(), b"data".to_vec())));
    assert_eq!(read(&entries[..2]), Some((topics.to_vec(), vec![])));
}

#[test]
fn an_event_that_says_nothing_in_ethereum_is_an_empty_log() {
    assert_eq!(read(&[]), Some((vec![], vec![])));
    assert_eq!(read(&[raw("type", b"x"), raw("t5", &[1; 32])]), Some((vec![], vec![])));
}

#[test]
fn an_event_that_is_not_of_ethereums_kind_is_no_log() {
    let topic = raw("t1", &[1; 32]);
    assert_eq!(read(&[topic.clone(), entry("x", 0x51, &[0])]), None);
    assert_eq!(read(&[raw("t1", &[1; 31])]), None);
    assert_eq!(read(&[topic.clone(), topic.clone()]), None);
    assert_eq!(read(&[raw("d", &[]), raw("d", &[])]), None);
    assert_eq!(read(&[raw("t2", &[1; 32])]), None);
    assert_eq!(read(&[topic, raw("t3", &[1; 32])]), None);
}

#[test]
fn every_event_counts_in_the_index_of_a_log() {
    let native = StampedEvent::new(7, vec![entry("x", 0x51, &[0])].into());
    let log = StampedEvent::new(8, vec![raw("t1", &[1; 32])].into());
    let placement = Placement { block_hash: EthHash([9; 32]), block_number: 5, index: 2 };
    let events = [native.clone(), log.clone(), native, log];
    let logs = logs_of(&events, 10, EthHash([3; 32]), placement, EthAddress::masked);
    let found: Vec<_> = logs.iter().map(|log| (log.log_index.0, log.address)).collect();
    assert_eq!(found, [(11, EthAddress::masked(8)), (13, EthAddress::masked(8))]);
    let json = serde_json::to_value(&logs[0]).unwrap();
    assert_eq!(
        json,
        serde_json::json!({
            "address": "0xff00000000000000000000000000000000000008",
            "data": "0x",
            "topics": [EthHash([1; 32])],
            "removed": false,
            "logIndex": "0xb",
            "transactionIndex": "0x2",
            "transactionHash": EthHash([3; 32]),
            "blockHash": EthHash([9; 32]),
            "blockNumber": "0x5",
        })
    );
}

/// Made with ethers.js 6.
#[test]
fn a_bloom_filter_has_the_address_and_the_topics() {
    let address: EthAddress = "0x52908400098527886E0F7030069857D2E4169EE7".parse().unwrap();
    let log = EthLog {
        address,
        data: EthBytes::default(),
        topics: vec![keccak(b"Transfer(address,address,uint256)")],
        removed: false,
        log_index: EthUint64(0),
        transaction_index: EthUint64(0),
        transaction_hash: EthHash::default(),
        block_hash: EthHash::default(),
        block_number: EthUint64(0),
    };
    assert_eq!(
        serde_json::to_value(Bloom::of([&log])).unwrap(),
        "0x00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000008000000000000000000000000000000000000000000800000000000000000000000000000000000000000000000000010000000000000000000000000000000000000000000000000000000000000000000000000000000000000100000000000000000000080000000000000000000000000000000000002000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
    );
    assert_eq!(Bloom::of([]), Bloom::default());
}
