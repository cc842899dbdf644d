//! Stakes of holders.

use alloc::vec::Vec;

use fvm_ipld_encoding::tuple::*;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;

use super::Cash;

/// Parameters of Stake and Unstake.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct StakeParams {
    /// AttoDATA, more than zero.
    pub amount: TokenAmount,
}

/// What the DAO knows of a holder's stake.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, Default, PartialEq, Eq)]
pub struct GetStakeReturn {
    /// AttoDATA that earn and vote.
    pub staked: TokenAmount,
    /// What can be claimed now.
    pub earned: Cash,
    /// AttoDATA that neither earn nor vote any more, by the epoch from which they can be released:
    /// at most 8 entries.
    pub unbonding: Vec<(ChainEpoch, TokenAmount)>,
}
