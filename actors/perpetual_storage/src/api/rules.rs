//! The rules of the storage: fixed when it is created, as nobody is in charge of it.

use fvm_ipld_encoding::tuple::*;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;

use super::BasisPoints;

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct ConstructorParams {
    pub rules: Rules,
}

/// What never changes.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    pub bounty: BountyRule,
    /// Epochs before the end of a storage deal from which on its renewal is offered: 1 to 120 days.
    pub renewal_window: ChainEpoch,
    /// Epochs for which a provider waits, and whoever answers for it, when a deal of it failed: 0 to
    /// a year.
    pub cooldown: ChainEpoch,
    /// AttoFIL for each step of a refresh that was due: 0 to 2^128 - 1.
    pub tip: TokenAmount,
}

/// The bounty of an ad, in parts of its limit that are added up, and never more than the limit. None
/// of them is more than a whole, and the first and the last together are no less: every bounty comes
/// to its limit if nobody takes it before.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Copy, Debug, PartialEq, Eq)]
pub struct BountyRule {
    /// Always.
    pub floor: BasisPoints,
    /// Where no replica is there; as much less of it as there are replicas.
    pub scarcity: BasisPoints,
    /// Where nothing keeps the ad's replica; for a renewal as much less of it as its predecessor has
    /// left of the renewal window.
    pub urgency: BasisPoints,
    /// After the auction's period; evenly rising from nothing when the ad is opened.
    pub auction: BasisPoints,
    /// Epochs that the auction takes: 1 to 120 days.
    pub auction_period: ChainEpoch,
}
