//! How the DAO decides: proposals, votes, and what a proposal can do.

use alloc::string::String;
use alloc::vec::Vec;

use fvm_ipld_encoding::tuple::*;
use fvm_shared::ActorID;
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use serde::{Deserialize, Serialize};

use super::{
    AddDatasetParams, ComputeRules, Currency, DatasetId, DealPolicy, RevenueRules, RewardRules,
    Role, RuleComputeParams, SetAccessParams, StakingRules, UpdateDatasetParams, VotingRules,
};

/// Number of a proposal, from 1.
pub type ProposalId = u64;

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct GetVotesParams {
    pub account: Address,
    /// Epoch at whose end the weight counted: the snapshot of a proposal whose vote is not over.
    /// `None` for now.
    pub snapshot: Option<ChainEpoch>,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct ProposeParams {
    /// What is done if the proposal succeeds, in this order, all or nothing: 1 to 10 actions, encoded
    /// at most 16,384 bytes.
    pub actions: Vec<Action>,
    /// At most 2,048 bytes.
    pub description: String,
}

/// What a proposal can do, once it has succeeded. The DAO does it itself and needs no role. Whoever
/// is named must be an actor when it is done.
///
/// Nothing here changes the actor's code or what [`TokenRules`](super::TokenRules) fix.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub enum Action {
    AddDataset(AddDatasetParams),
    UpdateDataset(UpdateDatasetParams),
    RetireDataset(DatasetId),
    SetPolicy(DealPolicy),
    SetRewards(RewardRules),
    SetStaking(StakingRules),
    /// For proposals to come. Those there are go on under the rules that they were made under.
    SetVoting(VotingRules),
    SetRevenue(RevenueRules),
    SetCompute(ComputeRules),
    /// Credits an account other than the DAO's own out of the treasury: more than zero.
    Spend {
        to: Address,
        currency: Currency,
        amount: TokenAmount,
    },
    /// Mints within the cap and credits an account other than the DAO's own: attoDATA, more than zero.
    Mint {
        to: Address,
        amount: TokenAmount,
    },
    /// Any role but the admin's.
    GrantRole {
        role: Role,
        account: Address,
    },
    /// Any role.
    RevokeRole {
        role: Role,
        account: Address,
    },
    /// Offers the admin role. Other admins stay.
    OfferAdmin {
        to: Address,
    },
    Unpause,
    /// Sets who has access to a dataset.
    SetAccess(SetAccessParams),
    /// Decides a dispute over a compute request.
    RuleCompute(RuleComputeParams),
    /// Moves FIL of the treasury to the DAO's escrow in the market: attoFIL, more than zero. It
    /// leaves after all other actions.
    AddEscrow {
        amount: TokenAmount,
    },
    /// Moves FIL of the DAO's escrow in the market to the treasury, as far as deals do not lock it:
    /// attoFIL, more than zero. It comes after all other actions, so none of them can spend it.
    WithdrawEscrow {
        amount: TokenAmount,
    },
}

#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    For,
    Against,
    /// Counts for the quorum alone.
    Abstain,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct CastVoteParams {
    pub proposal: ProposalId,
    pub choice: Choice,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct GetVoteParams {
    pub proposal: ProposalId,
    pub voter: Address,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Vote {
    pub choice: Choice,
    /// AttoDATA at the proposal's snapshot, more than zero.
    pub weight: TokenAmount,
}

/// Weights of the votes cast, in attoDATA.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub in_favour: TokenAmount,
    pub against: TokenAmount,
    pub abstain: TokenAmount,
}

/// Where a proposal is in its life.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProposalState {
    /// The snapshot is not over.
    Pending,
    /// It can be voted on.
    Active,
    /// No majority For, or no quorum.
    Defeated,
    /// It has succeeded, and waits for its time.
    Timelocked,
    Executable,
    Executed,
    Cancelled,
    Vetoed,
    /// It has succeeded, and nobody executed it in time.
    Expired,
}

/// A proposal as a list shows it.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct ProposalSummary {
    pub id: ProposalId,
    pub proposer: ActorID,
    pub state: ProposalState,
    /// Epoch at whose end weights count. Votes are cast from the next one on.
    pub snapshot: ChainEpoch,
    /// Last epoch of voting.
    pub end: ChainEpoch,
    /// First epoch at which it can be executed, if it succeeds and voting is over.
    pub eta: ChainEpoch,
    pub tally: Tally,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    pub summary: ProposalSummary,
    /// The rules that it was made under, which hold for it until its end.
    pub rules: VotingRules,
    /// AttoDATA that must vote For or Abstain, from the first vote on.
    pub quorum: Option<TokenAmount>,
    pub actions: Vec<Action>,
    pub description: String,
}
