//! What nodes and clients of Filecoin say to each other: messages and blocks with their CIDs, their
//! shapes in the JSON-RPC of Lotus, and the transport.
//!
//! [`message`], [`mod@block`], [`tipset`] and [`actor`] are the types; [`snapshot`] is a chain in a file;
//! [`keys`], [`signature`] and [`keystore`] sign them; [`eth`] is the Ethereum face of the same chain.
//! [`rpc`] is the server and its framing, [`auth`] the tokens that it asks for, [`repo`] the directory in
//! which clients find both. There is no network in here and no FVM: `devnet` puts these on a chain.

pub mod actor;
pub mod auth;
pub mod block;
pub mod eth;
pub mod json;
pub mod keys;
pub mod keystore;
pub mod message;
pub mod repo;
pub mod rpc;
pub mod signature;
pub mod snapshot;
pub mod tipset;

use cid::Cid;
use fvm_ipld_encoding::DAG_CBOR;
use multihash_codetable::{Code, MultihashDigest};

/// The CID of a block of DAG-CBOR, as the chain hashes all of them.
#[must_use]
pub fn cid_of(block: &[u8]) -> Cid {
    Cid::new_v1(DAG_CBOR, Code::Blake2b256.digest(block))
}
