//! Tipsets as blocks of Ethereum, how clients name them, and what gas cost in them.

use std::str::FromStr;

use fvm_shared::bigint::BigUint;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use thiserror::Error;

use super::call::CALL_GAS;
use super::json::NumberError;
use super::logs::Bloom;
use super::tx::EthTx;
use super::{EthAddress, EthBigInt, EthBytes, EthHash, EthUint64};

/// Keccak-256 of the RLP of an empty list: the hash of no uncles.
const NO_UNCLES: EthHash = EthHash([
    0x1d, 0xcc, 0x4d, 0xe8, 0xde, 0xc7, 0x5d, 0x7a, 0xab, 0x85, 0xb5, 0x67, 0xb6, 0xcc, 0xd4, 0x1a,
    0xd3, 0x12, 0x45, 0x1b, 0x94, 0x8a, 0x74, 0x13, 0xf0, 0xa1, 0x42, 0xfd, 0x40, 0xd4, 0x93, 0x47,
]);
/// Keccak-256 of the RLP of nothing: the root of no transactions.
const NO_TRANSACTIONS: EthHash = EthHash([
    0x56, 0xe8, 0x1f, 0x17, 0x1b, 0xcc, 0x55, 0xa6, 0xff, 0x83, 0x45, 0xe6, 0x92, 0xc0, 0xf8, 0x6e,
    0x5b, 0x48, 0xe0, 0x1b, 0x99, 0x6c, 0xad, 0xc0, 0x01, 0x62, 0x2f, 0xb5, 0xe3, 0x63, 0xb4, 0x21,
]);

/// The transactions of a block: by hash or in full, as the client asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Transactions {
    Hashes(Vec<EthHash>),
    Full(Vec<EthTx>),
}

impl Transactions {
    fn is_empty(&self) -> bool {
        match self {
            Transactions::Hashes(hashes) => hashes.is_empty(),
            Transactions::Full(transactions) => transactions.is_empty(),
        }
    }
}

/// What the chain knows of a tipset.
#[derive(Clone, Debug)]
pub struct Tipset {
    /// The digest of the CID of its key.
    pub hash: EthHash,
    pub parent_hash: EthHash,
    pub epoch: u64,
    /// How many blocks it has.
    pub blocks: u64,
    /// In seconds, of its first block.
    pub timestamp: u64,
    /// In attoFIL for a unit of gas.
    pub base_fee: BigUint,
    /// By all of its messages, failed ones included.
    pub gas_used: u64,
    pub logs_bloom: Bloom,
}

/// A block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EthBlock {
    pub hash: EthHash,
    pub parent_hash: EthHash,
    pub sha3_uncles: EthHash,
    pub miner: EthAddress,
    pub state_root: EthHash,
    pub transactions_root: EthHash,
    pub receipts_root: EthHash,
    pub logs_bloom: Bloom,
    pub difficulty: EthUint64,
    pub total_difficulty: EthUint64,
    pub number: EthUint64,
    pub gas_limit: EthUint64,
    pub gas_used: EthUint64,
    pub timestamp: EthUint64,
    pub extra_data: EthBytes,
    pub mix_hash: EthHash,
    pub nonce: EthBytes,
    pub base_fee_per_gas: EthBigInt,
    pub size: EthUint64,
    pub transactions: Transactions,
    pub uncles: [EthHash; 0],
}

impl EthBlock {
    /// A tipset with its transactions. What has no counterpart is zero.
    #[must_use]
    pub fn of(tipset: Tipset, transactions: Transactions) -> Self {
        EthBlock {
            hash: tipset.hash,
            parent_hash: tipset.parent_hash,
            sha3_uncles: NO_UNCLES,
            miner: EthAddress::default(),
            state_root: EthHash::default(),
            transactions_root: match transactions.is_empty() {
                true => NO_TRANSACTIONS,
                false => EthHash::default(),
            },
            receipts_root: EthHash::default(),
            logs_bloom: tipset.logs_bloom,
            difficulty: EthUint64(0),
            total_difficulty: EthUint64(0),
            number: EthUint64(tipset.epoch),
            gas_limit: EthUint64(CALL_GAS.saturating_mul(tipset.blocks)),
            gas_used: EthUint64(tipset.gas_used),
            timestamp: EthUint64(tipset.timestamp),
            extra_data: EthBytes::default(),
            mix_hash: EthHash::default(),
            nonce: EthBytes(vec![0; 8]),
            base_fee_per_gas: EthBigInt(tipset.base_fee),
            size: EthUint64(0),
            transactions,
            uncles: [],
        }
    }
}

/// What gas cost in a range of tipsets, the oldest first.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EthFeeHistory {
    /// 1 if there are none.
    pub oldest_block: EthUint64,
    /// One more than there are tipsets.
    pub base_fee_per_gas: Vec<EthBigInt>,
    /// From 0 to 1.
    pub gas_used_ratio: Vec<f64>,
    /// Of each tipset the premium at each percentile, if any were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reward: Option<Vec<Vec<EthBigInt>>>,
}

/// A block by its part in the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tag {
    Earliest,
    Pending,
    Latest,
    Finalized,
    Safe,
}

impl Tag {
    fn of(text: &str) -> Option<Self> {
        match text {
            "earliest" => Some(Tag::Earliest),
            "pending" => Some(Tag::Pending),
            "latest" => Some(Tag::Latest),
            "finalized" => Some(Tag::Finalized),
            "safe" => Some(Tag::Safe),
            _ => None,
        }
    }
}

/// How a client names a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockParam {
    Tag(Tag),
    Number(u64),
    Hash {
        hash: EthHash,
        /// Whether a block off the chain is refused.
        canonical: bool,
    },
}

/// A block by its part in the chain or its number, where a hash is not taken.
impl FromStr for BlockParam {
    type Err = BlockNumberError;

    fn from_str(text: &str) -> Result<Self, BlockNumberError> {
        match Tag::of(text) {
            Some(tag) => Ok(BlockParam::Tag(tag)),
            None => Ok(BlockParam::Number(text.parse::<EthUint64>()?.0)),
        }
    }
}

/// Why text is not the number of a block.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("failed to parse block number: {0}")]
pub struct BlockNumberError(#[from] NumberError);

/// A block by any name, that of EIP-1898 included. Null and an empty object name none, which is an
/// error only where the block is needed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BlockNumberOrHash(pub Option<BlockParam>);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct Eip1898 {
    block_number: Option<EthUint64>,
    block_hash: Option<EthHash>,
    require_canonical: Option<bool>,
}

impl<'de> Deserialize<'de> for BlockNumberOrHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        if let Value::Object(_) = value {
            let shape: Eip1898 = serde_json::from_value(value).map_err(|_| {
                D::Error::custom("json: cannot unmarshal object into Go value of type string")
            })?;
            let canonical = shape.require_canonical.unwrap_or_default();
            return match (shape.block_number, shape.block_hash) {
                (Some(_), Some(_)) => {
                    Err(D::Error::custom("cannot specify both blockNumber and blockHash"))
                }
                (Some(number), None) => Ok(Self(Some(BlockParam::Number(number.0)))),
                (None, Some(hash)) => Ok(Self(Some(BlockParam::Hash { hash, canonical }))),
                (None, None) => Ok(Self(None)),
            };
        }
        if value.is_null() {
            return Ok(Self(None));
        }
        let text = super::json::text(value).map_err(D::Error::custom)?;
        if text.len() == 66 && text.starts_with("0x") {
            let hash = text.parse().map_err(D::Error::custom)?;
            return Ok(Self(Some(BlockParam::Hash { hash, canonical: false })));
        }
        let param = text.parse().map_err(|_| D::Error::custom("invalid block param"))?;
        Ok(Self(Some(param)))
    }
}

#[cfg(test)]
mod tests;
