//! Perpetual deals, and the storage deals that they are made of.

use alloc::vec::Vec;

use cid::Cid;
use fvm_ipld_encoding::tuple::*;
use fvm_shared::ActorID;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::deal::DealID;
use fvm_shared::econ::TokenAmount;
use fvm_shared::piece::PaddedPieceSize;

use super::{Ad, Terms};

/// Number of a perpetual deal, from 1.
pub type PerpetualDealId = u64;

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct CreatePerpetualDealParams {
    /// CommP of the piece.
    pub piece_cid: Cid,
    /// Bytes after Fr32 padding: a power of two from 128 to 64 GiB.
    pub piece_size: PaddedPieceSize,
    pub terms: Terms,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct ChangePerpetualDealParams {
    pub id: PerpetualDealId,
    pub terms: Terms,
}

/// A perpetual deal. Amounts are attoFIL.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct PerpetualDealInfo {
    pub uploader: ActorID,
    pub created: ChainEpoch,
    pub piece_cid: Cid,
    pub piece_size: PaddedPieceSize,
    pub terms: Terms,
    /// Whether it buys no more storage deals.
    pub closed: bool,
    /// Its own funds that nothing is promised from yet.
    pub purse: TokenAmount,
    /// Its part of the escrow in the market that no storage deal locks.
    pub escrow: TokenAmount,
    /// All that it holds, purse and escrow included.
    pub committed: TokenAmount,
    /// What it has paid to providers and keepers.
    pub spent: TokenAmount,
    /// What its uploader has free, on which it draws when its own funds run out.
    pub uploader_free: TokenAmount,
    /// Bytes of DataCap that its deals have used up.
    pub datacap_used: u64,
    pub ads: Vec<Ad>,
    pub replicas: Vec<Replica>,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct PerpetualDealSummary {
    pub id: PerpetualDealId,
    pub uploader: ActorID,
    pub piece_cid: Cid,
    pub wanted: u32,
    /// Replicas with a storage deal, a renewal not counted beside what it renews.
    pub current: u32,
    /// Those of them that have been seen active.
    pub active: u32,
    /// Ads that are open.
    pub ads: u32,
    pub expiry: Option<ChainEpoch>,
    pub closed: bool,
}

/// A storage deal that keeps a replica. Amounts are attoFIL.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Replica {
    pub deal: DealID,
    pub provider: ActorID,
    pub owner: ActorID,
    /// Last epoch at which its sector may be proven.
    pub start_epoch: ChainEpoch,
    /// First epoch after it.
    pub end_epoch: ChainEpoch,
    /// No earlier epoch earns: when the deal was published, or the end of the one that it renews.
    pub from: ChainEpoch,
    /// Since when it is active, and when it was last seen so.
    pub active: Option<Activity>,
    pub bounty: TokenAmount,
    /// Part of the bounty that was due for the publish.
    pub on_publish: TokenAmount,
    /// Part of the bounty that is paid.
    pub paid: TokenAmount,
    /// What the market pays the provider beside, out of escrow.
    pub price_per_epoch: TokenAmount,
    pub verified: bool,
    /// The deal that it renews, while that one runs.
    pub renews: Option<DealID>,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Activity {
    /// When its sector was proven.
    pub since: ChainEpoch,
    /// When it was last seen active.
    pub seen: ChainEpoch,
}

/// What one refresh did for a perpetual deal. Amounts are attoFIL.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, Default, PartialEq, Eq)]
pub struct Refreshed {
    pub activated: u32,
    /// Never proven in time.
    pub missed: u32,
    /// Seen active at their end, or on their last day and settled since.
    pub completed: u32,
    /// Gone before their end.
    pub terminated: u32,
    /// Gone after their end without that, so that nobody can tell how: they earn nothing more, and
    /// nobody is blamed.
    pub unseen: u32,
    /// Ads that were opened.
    pub opened: u32,
    /// Whether the perpetual deal expired.
    pub expired: bool,
    /// Paid to providers.
    pub paid: TokenAmount,
    /// Paid to the caller.
    pub tip: TokenAmount,
}

/// What a refresh of a perpetual deal would do.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Due {
    pub id: PerpetualDealId,
    pub work: Refreshed,
}
