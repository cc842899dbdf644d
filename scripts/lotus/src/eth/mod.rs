//! The face that Filecoin shows to clients of Ethereum: addresses, transactions, blocks and logs, as
//! Lotus makes them of messages, tipsets and events.

pub mod address;
pub mod block;
pub mod call;
mod decode;
mod error;
pub mod filter;
pub mod json;
pub mod logs;
pub mod receipt;
pub mod rlp;
mod seal;
pub mod transaction;
pub mod tx;

pub use address::EthAddress;
pub use json::{EthBigInt, EthBytes, EthHash, EthUint64};

use multihash_codetable::{Code, MultihashDigest};

/// The Keccak-256 of some bytes.
#[must_use]
pub fn keccak(bytes: &[u8]) -> EthHash {
    let mut hash = EthHash::default();
    hash.0.copy_from_slice(Code::Keccak256.digest(bytes).digest());
    hash
}
