//! The rules that the DAO sets itself: at its creation, and after that by its own proposals alone.

use alloc::string::String;
use alloc::vec::Vec;

use fvm_ipld_encoding::tuple::*;
use fvm_shared::ActorID;
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use serde::{Deserialize, Serialize};
pub use shared::math::BasisPoints;

/// How the DAO starts.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct ConstructorParams {
    /// The first admin.
    pub admin: Address,
    pub token: TokenRules,
    pub rules: Rules,
}

/// What never changes.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct TokenRules {
    /// 1 to 64 bytes.
    pub name: String,
    /// 1 to 16 bytes.
    pub symbol: String,
    /// AttoDATA that are ever minted, at the most: 1 to 2^256 - 1.
    pub mint_cap: TokenAmount,
    /// Whether $DATA votes wherever it is. If not, only staked $DATA does.
    pub liquid_votes: bool,
}

/// What only a proposal of the DAO's own changes, each part by its own action.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    pub policy: DealPolicy,
    pub rewards: RewardRules,
    pub staking: StakingRules,
    pub voting: VotingRules,
    pub revenue: RevenueRules,
    pub compute: ComputeRules,
}

/// Bounds of every deal that the DAO takes on, beside what the market itself requires. A dataset can
/// have narrower ones of its own.
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
    /// Bytes of the label, at the most.
    pub max_label_bytes: u32,
    pub verified: Verified,
    /// The providers whose deals are taken on; empty for any. At most 32.
    pub providers: Vec<ActorID>,
    /// Replicas of one dataset that providers of one owner may have.
    pub max_replicas_per_owner: u32,
}

/// Whether deals are verified, which spends the DAO's DataCap.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verified {
    Never,
    Allowed,
    Required,
}

/// When and to whom the reward for a replica is paid.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct RewardRules {
    /// Part of a reward that is due when the deal is published. The rest vests, epoch by epoch, from
    /// the deal's activation to its end.
    pub publish_share: BasisPoints,
    /// Whether the publish share waits for proof that the deal is active. Without this lock a
    /// provider is paid for publishing alone, at the risk of nothing but its collateral.
    pub locked: bool,
    pub to: Payee,
    /// Gas that a receiver's hook may spend when the DAO pays it $DATA: 1,000,000 to 250,000,000.
    pub hook_gas_limit: u64,
    /// Epochs during which a provider whose deal missed its start or ended early gets no new deals,
    /// nor, but for deals that lock a bond, do its owner's other providers.
    pub cooldown: ChainEpoch,
    /// AttoDATA that a dataset can offer for a replica, at the most: less than 2^128.
    pub max_reward: TokenAmount,
}

/// Who is paid for what a provider does.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payee {
    Owner,
    /// The beneficiary that the provider has when the deal is published (FIP-0029).
    Beneficiary,
}

/// What is at stake: $DATA of holders, for a share of what access is sold for, and of providers, as a
/// bond for larger rewards.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct StakingRules {
    /// Epochs from Unstake to the release of the tokens. They earn nothing and do not vote meanwhile.
    pub unbonding: ChainEpoch,
    /// Part of a replica's reward that its provider must have in free bond for the bonus.
    pub bond: BasisPoints,
    /// What is added to the reward of a bonded replica.
    pub bonus: BasisPoints,
    /// Part of a replica's bond that goes to the treasury if the deal misses its start or ends early.
    pub slash: BasisPoints,
}

/// How proposals are decided.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct VotingRules {
    /// Weight, in attoDATA, that a proposer must have.
    pub threshold: TokenAmount,
    /// Epochs from a proposal to its snapshot and the start of the vote: at least 1.
    pub delay: ChainEpoch,
    /// Epochs of voting: at least 1.
    pub period: ChainEpoch,
    /// Part of the supply at the snapshot that must vote For or Abstain.
    pub quorum: BasisPoints,
    /// If the quorum is reached in the last so many epochs, voting goes on for as many: once.
    pub late_extension: ChainEpoch,
    /// Epochs from a proposal's success to the first epoch at which it can be executed.
    pub timelock: ChainEpoch,
    /// Epochs after the timelock within which it must be executed: at least 1.
    pub grace: ChainEpoch,
}

/// How income from access is shared. What is left goes to the treasury.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct RevenueRules {
    /// To holders who stake.
    pub stakers: BasisPoints,
    /// To the curator who listed the dataset.
    pub curator: BasisPoints,
    /// To the payees of the dataset's active replicas, in equal parts.
    pub providers: BasisPoints,
}

/// How compute requests are secured.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct ComputeRules {
    /// Part of the bounty that a worker bonds to accept a request, and a requester to dispute it.
    pub bond: BasisPoints,
    /// Epochs from the delivery within which the requester can dispute.
    pub review: ChainEpoch,
    /// Epochs from the dispute within which an arbiter or the DAO must rule: more than a proposal takes
    /// from its making to its execution.
    pub arbitration: ChainEpoch,
}
