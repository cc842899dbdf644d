//! What an uploader wants.

use alloc::string::String;
use alloc::vec::Vec;

use fvm_ipld_encoding::tuple::*;
use fvm_shared::ActorID;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use serde::{Deserialize, Serialize};
use shared::ext::DataCid;

use super::BasisPoints;

/// What is wanted of a piece. The uploader can change it.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// What clients ask for when they retrieve the data.
    pub payload_cid: DataCid,
    /// Where providers get the data: 1 to 8 URLs of https, ipfs or s3, each of at most 256 bytes of
    /// printable ASCII.
    pub urls: Vec<String>,
    /// Replicas wanted: 1 to 16.
    pub replicas: u32,
    /// Epoch until which the data is kept; null for as long as there are funds.
    pub expiry: Option<ChainEpoch>,
    pub policy: Policy,
}

/// Bounds of the storage deals, beside what the market itself requires.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Epochs that a deal keeps the data: from the market's 180 days to its 1,278 less the renewal
    /// window. The last deals before the expiry keep it for less, but for 180 days at the least.
    pub duration: ChainEpoch,
    /// AttoFIL for a deal of the full duration, at the most: 1 to 2^128 - 1.
    pub max_bounty: TokenAmount,
    /// Part of a bounty that is due for the publish. The rest is earned from the proof of the sector
    /// to the deal's end.
    pub publish_share: BasisPoints,
    /// Whether what is due for the publish waits for that proof too.
    pub locked: bool,
    /// AttoFIL per epoch that the market pays the provider beside the bounty, at the most; 0 for
    /// deals that are free of charge. To 2^128 - 1.
    pub max_price_per_epoch: TokenAmount,
    /// Epochs from the publish to the deal's start, at the most: 1 to 120 days.
    pub max_start_delay: ChainEpoch,
    /// Replicas that providers of one owner may have: 1 to 16.
    pub max_replicas_per_owner: u32,
    pub providers: Providers,
    /// Bytes of raw power that a provider must have; 0 for any.
    pub min_power: u64,
    pub region: Option<Region>,
    pub min_record: Option<MinRecord>,
    /// Bytes of the storage's DataCap that the deals may use up; 0 for deals without.
    pub datacap: u64,
}

/// Which providers a policy takes. It names at most 32.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub enum Providers {
    Any,
    Only(Vec<ActorID>),
    Except(Vec<ActorID>),
}

/// Where providers must be, and whose word for it is taken.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Region {
    pub attester: ActorID,
    /// 1 to 32 bytes, as the attester writes it.
    pub name: String,
}

/// How a provider must have kept its earlier deals.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Copy, Debug, PartialEq, Eq)]
pub struct MinRecord {
    /// Deals that it kept to their end, at the least.
    pub kept: u64,
    /// Part of its deals that failed, at the most.
    pub failed: BasisPoints,
}
