//! Parameters and replies.

pub use builtin_common::wire::{ApplyRewardsParams, ThisEpochReward};
use fvm_ipld_encoding::tuple::*;
use fvm_shared::MethodNum;
use fvm_shared::address::Address;
use fvm_shared::econ::TokenAmount;

pub const AWARD_BLOCK_REWARD: MethodNum = 2;
pub const THIS_EPOCH_REWARD: MethodNum = 3;
/// Parameter: the network's power, as one bare bigint.
pub const UPDATE_NETWORK_KPI: MethodNum = 4;
/// What this actor calls on the miner that it pays.
pub const APPLY_REWARDS: MethodNum = 14;

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct AwardBlockRewardParams {
    pub miner: Address,
    pub penalty: TokenAmount,
    /// Comes with the call, and is paid on top of the block reward.
    pub gas_reward: TokenAmount,
    pub win_count: i64,
}
