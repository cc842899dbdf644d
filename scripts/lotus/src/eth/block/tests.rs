use serde_json::json;

use super::*;

fn tipset() -> Tipset {
    Tipset {
        hash: EthHash([1; 32]),
        parent_hash: EthHash([2; 32]),
        epoch: 12,
        blocks: 2,
        timestamp: 1_700_000_000,
        base_fee: BigUint::from(100u8),
        gas_used: 77,
        logs_bloom: Bloom::default(),
    }
}

#[test]
fn a_tipset_is_a_block() {
    let block = EthBlock::of(tipset(), Transactions::Hashes(vec![EthHash([3; 32])]));
    let zero = EthHash::default();
    assert_eq!(
        serde_json::to_value(block).unwrap(),
        json!({
            "hash": EthHash([1; 32]),
            "parentHash": EthHash([2; 32]),
            "sha3Uncles": "0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347",
            "miner": "0x0000000000000000000000000000000000000000",
            "stateRoot": zero,
            "transactionsRoot": zero,
            "receiptsRoot": zero,
            "logsBloom": format!("0x{}", "0".repeat(512)),
            "difficulty": "0x0",
            "totalDifficulty": "0x0",
            "number": "0xc",
            "gasLimit": "0x4a817c800",
            "gasUsed": "0x4d",
            "timestamp": "0x6553f100",
            "extraData": "0x",
            "mixHash": zero,
            "nonce": "0x0000000000000000",
            "baseFeePerGas": "0x64",
            "size": "0x0",
            "transactions": [EthHash([3; 32])],
            "uncles": [],
        })
    );
}

#[test]
fn a_block_without_transactions_has_the_root_of_none() {
    let block = EthBlock::of(tipset(), Transactions::Full(Vec::new()));
    let json = serde_json::to_value(block).unwrap();
    assert_eq!(
        json["transactionsRoot"],
        "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"
    );
    assert_eq!(json["transactions"], json!([]));
}

#[test]
fn the_roots_of_nothing_are_hashes_of_rlp() {
    assert_eq!(NO_UNCLES, super::super::keccak(&[0xc0]));
    assert_eq!(NO_TRANSACTIONS, super::super::keccak(&[0x80]));
}

#[test]
fn rewards_are_there_only_if_asked_for() {
    let history = EthFeeHistory {
        oldest_block: EthUint64(1),
        base_fee_per_gas: vec![EthBigInt::default(); 2],
        gas_used_ratio: vec![0.5],
        reward: None,
    };
    assert_eq!(
        serde_json::to_value(history).unwrap(),
        json!({"oldestBlock": "0x1", "baseFeePerGas": ["0x0", "0x0"], "gasUsedRatio": [0.5]})
    );
}

fn block(json: serde_json::Value) -> Result<Option<BlockParam>, String> {
    let read = serde_json::from_value::<BlockNumberOrHash>(json);
    read.map(|param| param.0).map_err(|e| e.to_string())
}

#[test]
fn a_block_is_named_by_tag_number_or_hash() {
    let hash = EthHash([7; 32]);
    assert_eq!(block(json!("latest")), Ok(Some(BlockParam::Tag(Tag::Latest))));
    assert_eq!(block(json!("0x10")), Ok(Some(BlockParam::Number(16))));
    assert_eq!(block(json!("16")), Ok(Some(BlockParam::Number(16))));
    assert_eq!(block(json!(hash)), Ok(Some(BlockParam::Hash { hash, canonical: false })));
}

#[test]
fn a_block_is_named_by_an_object() {
    let hash = EthHash([7; 32]);
    let canonical = json!({"blockHash": hash, "requireCanonical": true});
    assert_eq!(block(canonical), Ok(Some(BlockParam::Hash { hash, canonical: true })));
    assert_eq!(block(json!({"blockNumber": "0x1"})), Ok(Some(BlockParam::Number(1))));
    assert_eq!(block(json!({})), Ok(None));
    assert_eq!(block(json!(null)), Ok(None));
    assert_eq!(
        block(json!({"blockNumber": "0x1", "blockHash": hash})).unwrap_err(),
        "cannot specify both blockNumber and blockHash"
    );
}

#[test]
fn what_names_no_block_is_refused() {
    assert_eq!(block(json!("first")).unwrap_err(), "invalid block param");
    assert_eq!(
        block(json!(1)).unwrap_err(),
        "json: cannot unmarshal number into Go value of type string"
    );
    assert_eq!(
        "x".parse::<BlockParam>().unwrap_err().to_string(),
        "failed to parse block number: strconv.ParseUint: parsing \"x\": invalid syntax"
    );
}
