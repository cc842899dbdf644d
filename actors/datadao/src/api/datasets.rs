//! Datasets, and the deals that keep them.

use alloc::string::String;
use alloc::vec::Vec;

use cid::Cid;
use fvm_ipld_encoding::tuple::*;
use fvm_shared::ActorID;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::deal::DealID;
use fvm_shared::econ::TokenAmount;
use fvm_shared::piece::PaddedPieceSize;
use shared::ext::DataCid;

use super::{BasisPoints, DealPolicy};

/// Number of a dataset, from 1 in the order listed.
pub type DatasetId = u64;

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct AddDatasetParams {
    /// CommP of the piece. No two datasets have the same.
    pub piece_cid: Cid,
    /// Bytes after Fr32 padding: a power of two from 128 to 64 GiB.
    pub piece_size: PaddedPieceSize,
    /// What changes later, if need be.
    pub terms: DatasetTerms,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct UpdateDatasetParams {
    pub id: DatasetId,
    pub terms: DatasetTerms,
}

/// What the DAO wants of a dataset. Deals that were made under earlier terms keep them.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct DatasetTerms {
    /// Root of the data itself.
    pub payload_cid: DataCid,
    /// Where to fetch the data: at most 8 URLs of at most 256 bytes.
    pub locations: Vec<String>,
    /// A description of the data.
    pub metadata_cid: Option<DataCid>,
    /// Replicas wanted, 1 to 32, each at another provider.
    pub wanted: u32,
    /// AttoDATA for each replica, to the payee of the provider that takes it on: less than 2^128, and
    /// no more than the DAO's rules allow.
    pub reward: TokenAmount,
    /// Part of the reward that is due on publish, if not as the DAO's rules say.
    pub publish_share: Option<BasisPoints>,
    /// Bounds of its deals, beside those of the DAO's rules.
    pub policy: Option<DealPolicy>,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Dataset {
    pub piece_cid: Cid,
    pub piece_size: PaddedPieceSize,
    /// Whom the curator's share of revenue goes to: whoever listed it, the DAO itself if a proposal
    /// did; `None` for a piece that nobody listed.
    pub curator: Option<ActorID>,
    /// `None` for a piece that nobody listed: a provider with the provider role stored it.
    pub terms: Option<DatasetTerms>,
    /// Whether the DAO wants no more replicas of it.
    pub retired: bool,
    pub replicas: Vec<Replica>,
    pub dropouts: Vec<Dropout>,
}

/// A dataset as a list shows it: what there is and what is wanted.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct DatasetSummary {
    pub id: DatasetId,
    pub piece_cid: Cid,
    pub piece_size: PaddedPieceSize,
    /// Replicas wanted; none of a dataset that is retired.
    pub wanted: u32,
    /// Replicas there are, active or not yet.
    pub current: u32,
    /// Those of them whose deals the DAO has seen active.
    pub active: u32,
}

/// A replica: who stores it, by which deal, and what that earns.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Replica {
    pub deal: DealID,
    pub provider: ActorID,
    /// Owner of the provider when the deal was published.
    pub owner: ActorID,
    /// Whom the reward is for.
    pub payee: ActorID,
    pub start_epoch: ChainEpoch,
    pub end_epoch: ChainEpoch,
    /// When the deal became active, once the DAO has seen it.
    pub activated: Option<ChainEpoch>,
    /// AttoDATA that the replica earns if its deal comes to its end.
    pub reward: TokenAmount,
    /// Of these, what is due for the publish. The rest vests between activation and end.
    pub on_publish: TokenAmount,
    /// Of the reward, what was paid.
    pub paid: TokenAmount,
    /// AttoDATA of the provider's bond that this replica locks.
    pub bond: TokenAmount,
    /// Of these, what is lost if the deal misses its start or ends early.
    pub at_risk: TokenAmount,
}

/// A provider whose deal for a dataset failed when it had been paid already. Until that deal would
/// have ended it takes on no other replica of the dataset, and counts as one of its owner's.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Dropout {
    pub provider: ActorID,
    /// Its owner when the deal was published.
    pub owner: ActorID,
    /// First epoch at which it may take on a replica again.
    pub until: ChainEpoch,
}

/// A deal that the DAO is the client of.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Deal {
    pub dataset: DatasetId,
    pub replica: Replica,
}

/// What a refresh found of one dataset's replicas.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, Default, PartialEq, Eq)]
pub struct Refreshed {
    /// Deals that were seen to be active for the first time, before their end.
    pub activated: u32,
    /// Deals that missed their start, or that the market forgot before their end without their ever
    /// having been seen active.
    pub missed: u32,
    /// Deals that were seen active at their end.
    pub completed: u32,
    /// Active deals that the market forgot before their end.
    pub terminated: u32,
    /// Deals that the market forgot after their end, before the DAO looked: they keep what they were
    /// paid and lose nothing.
    pub unseen: u32,
    /// AttoDATA that payees earned.
    pub earned: TokenAmount,
}

/// All that a reader needs to fetch a dataset.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Retrieval {
    pub dataset: DatasetId,
    pub piece_cid: Cid,
    pub piece_size: PaddedPieceSize,
    pub payload_cid: Option<DataCid>,
    pub metadata_cid: Option<DataCid>,
    pub locations: Vec<String>,
    /// Those that have it, the active first.
    pub sources: Vec<Source>,
}

/// A provider that has a dataset: its miner actor tells peer ID and multiaddresses.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Source {
    pub provider: ActorID,
    pub deal: DealID,
    pub start_epoch: ChainEpoch,
    pub end_epoch: ChainEpoch,
    /// When the deal became active, once the DAO has seen it.
    pub activated: Option<ChainEpoch>,
}
