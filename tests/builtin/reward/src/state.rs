//! What the network mints, and what a block earns of it.

use builtin_common::filter::FilterEstimate;
use builtin_common::{Exit, Result};
use fvm_ipld_encoding::tuple::*;
use fvm_shared::bigint::BigInt;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use fvm_shared::sector::StoragePower;
use shared::ensure;

use crate::minting::{Progress, first_estimate, reward};
use crate::types::{ApplyRewardsParams, AwardBlockRewardParams, ThisEpochReward};

/// Winners that an epoch has on average, who share its reward.
const EXPECTED_WINNERS: u64 = 5;
/// What a miner pays for a penalty of one.
const PENALTY_MULTIPLIER: u64 = 3;

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// The epoch that reward and baseline are for.
    pub epoch: ChainEpoch,
    pub this_epoch_reward: TokenAmount,
    pub reward_smoothed: FilterEstimate,
    pub progress: Progress,
    /// All block rewards so far, without gas.
    pub total_storage_power_reward: TokenAmount,
}

impl State {
    /// The state at epoch 0 of a network with this power.
    #[must_use]
    pub fn new(power: &StoragePower) -> Self {
        let progress = Progress::new(power);
        State {
            epoch: 0,
            this_epoch_reward: reward(0, &BigInt::default(), &progress.time()),
            reward_smoothed: first_estimate(),
            progress,
            total_storage_power_reward: TokenAmount::default(),
        }
    }

    #[must_use]
    pub fn this_epoch(self) -> ThisEpochReward {
        ThisEpochReward {
            reward_smoothed: self.reward_smoothed,
            baseline_power: self.progress.baseline,
        }
    }

    /// Books the reward of a block and returns what its miner is due, which `balance` bounds. The
    /// balance has the gas reward in it already.
    pub fn award(
        &mut self,
        params: &AwardBlockRewardParams,
        balance: &TokenAmount,
    ) -> Result<ApplyRewardsParams> {
        ensure!(!params.penalty.is_negative(), Exit::illegal_argument("negative penalty"));
        ensure!(!params.gas_reward.is_negative(), Exit::illegal_argument("negative gas reward"));
        ensure!(balance >= &params.gas_reward, Exit::illegal_state("the gas reward did not come"));
        ensure!(params.win_count > 0, Exit::illegal_argument("a block without a win"));
        let earned = (&self.this_epoch_reward * params.win_count).div_floor(EXPECTED_WINNERS);
        let block_reward = earned.min(balance - &params.gas_reward);
        self.total_storage_power_reward += &block_reward;
        Ok(ApplyRewardsParams {
            reward: &params.gas_reward + block_reward,
            penalty: &params.penalty * PENALTY_MULTIPLIER,
        })
    }

    /// Ends epoch `now`, and all null epochs before it, in which the network had this power.
    pub fn end_epoch(&mut self, now: ChainEpoch, power: &StoragePower) {
        let nulls = (now - self.epoch).max(0);
        self.progress.pass(nulls, power);
        let before = self.progress.time();
        self.progress.pass(1, power);
        self.epoch += nulls + 1;
        self.this_epoch_reward = reward(self.epoch, &before, &self.progress.time());
        self.reward_smoothed = self.reward_smoothed.next(self.this_epoch_reward.atto(), nulls + 1);
    }
}

#[cfg(test)]
mod tests {
    use fvm_shared::address::Address;

    use super::*;

    const NOTHING: BigInt = BigInt::ZERO;

    fn block(gas_reward: TokenAmount, win_count: i64) -> AwardBlockRewardParams {
        let penalty = TokenAmount::from_whole(1);
        AwardBlockRewardParams { miner: Address::new_id(1000), penalty, gas_reward, win_count }
    }

    #[test]
    fn a_win_pays_a_fifth_of_the_epoch_and_the_gas_on_top() {
        let mut state = State::new(&NOTHING);
        let gas = TokenAmount::from_whole(2);
        let due = state.award(&block(gas.clone(), 2), &TokenAmount::from_whole(1_000)).unwrap();
        let block_reward = (state.this_epoch_reward.clone() * 2).div_floor(5u64);
        assert_eq!(due.reward, &block_reward + gas);
        assert_eq!(due.penalty, TokenAmount::from_whole(3));
        assert_eq!(state.total_storage_power_reward, block_reward);
    }

    #[test]
    fn a_reward_is_bounded_by_the_balance_and_gas_comes_first() {
        let mut state = State::new(&NOTHING);
        let gas = TokenAmount::from_whole(2);
        let due = state.award(&block(gas.clone(), 5), &TokenAmount::from_whole(3)).unwrap();
        assert_eq!(due.reward, TokenAmount::from_whole(3));
        assert_eq!(state.total_storage_power_reward, TokenAmount::from_whole(1));
        assert!(state.award(&block(gas, 5), &TokenAmount::from_whole(1)).is_err());
    }

    #[test]
    fn a_gap_of_null_epochs_ends_where_single_epochs_do() {
        let power = BigInt::from(32_u64 << 30);
        let (mut stepped, mut jumped) = (State::new(&NOTHING), State::new(&NOTHING));
        for epoch in 0..=99 {
            stepped.end_epoch(epoch, &power);
        }
        jumped.end_epoch(99, &power);
        assert_eq!((stepped.epoch, jumped.epoch), (100, 100));
        assert_eq!(stepped.this_epoch_reward, jumped.this_epoch_reward);
        assert_eq!(stepped.progress, jumped.progress);
    }

    #[test]
    fn a_long_gap_is_off_by_a_byte_for_each_epoch_at_most() {
        let (mut stepped, mut jumped) = (State::new(&NOTHING), State::new(&NOTHING));
        for epoch in 0..=4_999 {
            stepped.end_epoch(epoch, &NOTHING);
        }
        jumped.end_epoch(4_999, &NOTHING);
        assert_eq!(stepped.this_epoch_reward, jumped.this_epoch_reward);
        let off = jumped.progress.baseline - stepped.progress.baseline;
        assert!(off >= NOTHING && off <= 5_000.into(), "{off}");
    }
}
