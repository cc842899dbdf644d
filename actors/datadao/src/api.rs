//! The interface: every method with its parameters, reply and units.

use alloc::string::String;
use alloc::vec::Vec;

use cid::Cid;
use fvm_ipld_encoding::tuple::*;
use fvm_shared::ActorID;
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::deal::DealID;
use fvm_shared::econ::TokenAmount;
use fvm_shared::piece::PaddedPieceSize;
use shared::ext::DataCid;
use shared::ext::account::AuthenticateMessageParams;
use shared::ext::market::MarketNotifyDealParams;

/// Number of a dataset, from 1 in the order listed.
pub type DatasetId = u64;

shared::methods! {
    /// Called by Init when the DAO is created.
    "Constructor" Constructor(ConstructorParams) -> ();
    /// Lists a dataset. Caller: the admin.
    "AddDataset" AddDataset(AddDatasetParams) -> DatasetId;
    /// A dataset with its replicas.
    "GetDataset" GetDataset(DatasetId) -> Dataset;
    /// A deal that the DAO is the client of.
    "GetDeal" GetDeal(DealID) -> Deal;
    /// Whether the DAO would take on the proposal in the message. Caller: the market.
    "AuthenticateMessage" AuthenticateMessage(AuthenticateMessageParams) -> bool;
    /// A deal was published. Caller: the market.
    "MarketNotifyDeal" MarketNotifyDeal(MarketNotifyDealParams) -> ();
    /// What an owner of storage providers has earned and not yet been paid.
    "GetReward" GetReward(Address) -> TokenAmount;
    /// Pays owners what they have earned, at most [`CLAIM_MAX_OWNERS`] in a batch. Anyone may call
    /// it for anyone. Replies what each was paid: nothing for one that is owed nothing or refuses.
    /// An address that stands for no ID ends the whole call with USR_NOT_FOUND.
    "ClaimRewards" ClaimRewards(Vec<Address>) -> Vec<TokenAmount>;
}

/// Owners that one ClaimRewards can pay.
pub const CLAIM_MAX_OWNERS: usize = 32;

/// How the DAO starts.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct ConstructorParams {
    /// May list datasets.
    pub admin: Address,
    /// The token's name, 1 to 64 bytes.
    pub token_name: String,
    /// The token's ticker symbol, 1 to 16 bytes.
    pub token_symbol: String,
    pub policy: DealPolicy,
    pub payment: RewardPayment,
}

/// Bounds of every deal that the DAO takes on, beside what the market itself requires.
///
/// Anyone can fund the DAO's escrow in the market (AddBalance). The DAO has no method yet to take
/// FIL out again, so a DAO that pays for storage should be funded no further than it means to pay.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct DealPolicy {
    /// Epochs that a deal lasts at the least and at the most.
    pub min_duration: ChainEpoch,
    pub max_duration: ChainEpoch,
    /// Epochs from the publish to the deal's start, at the most.
    pub max_start_delay: ChainEpoch,
    /// AttoFIL per epoch out of the DAO's escrow, at the most.
    pub max_price_per_epoch: TokenAmount,
    /// AttoFIL of the DAO's escrow that a deal locks, at the most.
    pub max_client_collateral: TokenAmount,
}

/// When a reward is paid.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct RewardPayment {
    /// Whether a reward is minted to the provider's owner when the deal is published. If not, or if
    /// the owner refuses it, the owner claims it.
    pub push: bool,
    /// Gas that an owner's receiver hook may spend, for a pushed reward and for a claimed one:
    /// 1,000,000 to 250,000,000.
    pub hook_gas_limit: u64,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct AddDatasetParams {
    /// CommP of the piece. No two datasets have the same.
    pub piece_cid: Cid,
    /// Bytes after Fr32 padding: a power of two from 128 to 64 GiB.
    pub piece_size: PaddedPieceSize,
    /// Root of the data itself.
    pub payload_cid: DataCid,
    /// Where to fetch the data: at most 8 URLs of at most 256 bytes.
    pub locations: Vec<String>,
    /// Replicas wanted, 1 to 32, each at another provider.
    pub wanted: u32,
    /// AttoDATA for each replica, to the owner of the provider that takes it on: less than 2^128.
    pub reward: TokenAmount,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Dataset {
    pub piece_cid: Cid,
    pub piece_size: PaddedPieceSize,
    pub payload_cid: DataCid,
    pub locations: Vec<String>,
    /// Replicas wanted.
    pub wanted: u32,
    /// AttoDATA for each replica.
    pub reward: TokenAmount,
    /// The replicas there are.
    pub replicas: Vec<Replica>,
}

/// A replica: who has it, by which deal.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Replica {
    pub provider: ActorID,
    pub deal: DealID,
}

/// A deal that the DAO is the client of.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Deal {
    pub dataset: DatasetId,
    pub provider: ActorID,
    /// Owner of the provider when the deal was published: whom the reward is for.
    pub owner: ActorID,
    pub start_epoch: ChainEpoch,
    pub end_epoch: ChainEpoch,
}
