//! What sectors cost: deposits, pledge and fees, as functions of the network's size and rewards.

use builtin_common::curves::ln;
use builtin_common::filter::{FilterEstimate, PRECISION};
use builtin_common::policy::EPOCHS_IN_DAY;
use fvm_shared::bigint::{BigInt, Integer};
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use fvm_shared::sector::{SectorSize, StoragePower};
use num_traits::{Signed, Zero};

/// Square of a velocity, with [`PRECISION`] digits, up to which it counts as standing still.
const STANDSTILL: u128 = 302_231_454_903_657_293_676_544;

const PLEDGE_PERIOD: ChainEpoch = 20 * EPOCHS_IN_DAY;
const FAULT_PERIOD: ChainEpoch = EPOCHS_IN_DAY * 351 / 100;
/// Age from which a sector pays the whole termination fee.
const TERMINATION_AGE: ChainEpoch = 140 * EPOCHS_IN_DAY;
/// Part of the supply that a byte of power pays a day.
const DAILY_FEE: u64 = 161_817;
const DAILY_FEE_UNIT: u128 = 1_000_000_000_000_000_000_000_000_000_000;
/// Power for which a new miner locks a pledge as deposit (FIP-0077).
const NEW_MINER_POWER: i64 = (10 << 40) / 10;

/// What the network was like at the last tick.
#[derive(Clone, Debug)]
pub struct Network {
    pub reward: FilterEstimate,
    pub power: FilterEstimate,
    pub baseline: StoragePower,
    pub circulating: TokenAmount,
}

impl Network {
    pub fn new_miner_deposit(&self) -> TokenAmount {
        self.initial_pledge(&BigInt::from(NEW_MINER_POWER))
    }

    /// For a sector full of verified data.
    pub fn pre_commit_deposit(&self, size: SectorSize) -> TokenAmount {
        let power = BigInt::from(size as u64) * 10;
        self.expected_reward(&power, PLEDGE_PERIOD).max(TokenAmount::from_atto(1))
    }

    /// The expected reward of 20 days and a share of 30% of the supply, at most 1 FIL for 32 GiB of
    /// quality-adjusted power. FIP-0081: the share is 70% of what the baseline gives and 30% of what
    /// the network's power gives.
    pub fn initial_pledge(&self, power: &StoragePower) -> TokenAmount {
        let storage = self.expected_reward(power, PLEDGE_PERIOD).max(TokenAmount::from_atto(1));
        let network = self.power.estimate();
        let simple = network.max(power.clone());
        let baseline = (&simple).max(&self.baseline);
        let target = self.circulating.atto() * 3 * power;
        let share = |weight: i32, of: &BigInt| -> BigInt {
            let numerator: BigInt = &target * weight;
            if of.is_positive() { numerator.div_floor(&(of * 10 * 1_000)) } else { BigInt::zero() }
        };
        let consensus = share(700, baseline) + share(300, &simple);
        let cap = TokenAmount::from_whole(1).div_floor(32i64 << 30).atto() * power;
        (storage + TokenAmount::from_atto(consensus)).min(TokenAmount::from_atto(cap))
    }

    /// For a sector of this power that stays faulty for a proving period.
    pub fn fault_fee(&self, power: &StoragePower) -> TokenAmount {
        self.expected_reward(power, FAULT_PERIOD)
    }

    pub fn max_termination_fee(&self, power: &StoragePower, pledge: &TokenAmount) -> TokenAmount {
        termination_fee(pledge, TERMINATION_AGE, &self.fault_fee(power))
    }

    /// FIP-0100: what new power pays a day, as a part of the supply.
    pub fn daily_fee(&self, power: &StoragePower) -> TokenAmount {
        let fee = self.circulating.atto() * DAILY_FEE * power;
        TokenAmount::from_atto(fee.div_floor(&BigInt::from(DAILY_FEE_UNIT)))
    }

    /// Of daily fees, what is charged: at most half of what the power is expected to earn in a day.
    pub fn charged(&self, daily_fee: TokenAmount, power: &StoragePower) -> TokenAmount {
        daily_fee.min(self.expected_reward(power, EPOCHS_IN_DAY).div_floor(2))
    }

    /// Rewards that power is expected to earn, as both estimates go on changing as they do.
    fn expected_reward(&self, power: &StoragePower, epochs: ChainEpoch) -> TokenAmount {
        if self.power.estimate().is_zero() {
            return TokenAmount::from_atto(self.reward.estimate());
        }
        let reward = (power * sum_of_ratio(&self.reward, &self.power, epochs)) >> PRECISION;
        TokenAmount::from_atto(reward.max(BigInt::zero()))
    }
}

/// FIP-0098: 8.5% of the pledge, in proportion to the sector's age up to 140 days; at least 2% of
/// the pledge and 105% of a fault fee.
pub fn termination_fee(
    pledge: &TokenAmount,
    age: ChainEpoch,
    fault_fee: &TokenAmount,
) -> TokenAmount {
    let full = (pledge * 85).div_floor(1_000);
    let by_age = (&full * age).div_floor(TERMINATION_AGE);
    let least = (pledge * 2).div_floor(100).max((fault_fee * 105).div_floor(100));
    full.min(by_age).max(least)
}

/// Power of a sector: verified bytes count tenfold.
pub fn quality_adjusted(size: SectorSize, verified: &BigInt) -> StoragePower {
    BigInt::from(size as u64) + verified * 9
}

/// The integral over `epochs` of one estimate divided by another, with [`PRECISION`] digits.
fn sum_of_ratio(of: &FilterEstimate, by: &FilterEstimate, epochs: ChainEpoch) -> BigInt {
    let end = &by.position + &by.velocity * epochs;
    let square = (&by.velocity * &by.velocity) >> PRECISION;
    if square <= BigInt::from(STANDSTILL) || !by.position.is_positive() || !end.is_positive() {
        let middle: BigInt = &of.position + ((&of.velocity * epochs) >> 1);
        let sum: BigInt = (middle * epochs) << PRECISION;
        return sum.div_floor(&by.position);
    }
    let growth = ln(&end) - ln(&by.position);
    let steady = (&growth * &of.position * &by.velocity) >> PRECISION;
    let change = ((&by.velocity * epochs) << PRECISION) - growth * &by.position;
    let changing = (change * &of.velocity) >> PRECISION;
    (steady + changing).div_floor(&square)
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    fn network() -> Network {
        let estimate = |position: i128, velocity: i128| FilterEstimate {
            position: BigInt::from(position) << PRECISION,
            velocity: BigInt::from(velocity) << PRECISION,
        };
        Network {
            reward: estimate(36_266_260_308_195_979_333, -109_897_758_509),
            power: estimate(750_000 << 30, 3_840 << 30),
            baseline: BigInt::from(2_888_888_880_000_000_000i64),
            circulating: TokenAmount::from_whole(500_000_000),
        }
    }

    #[test]
    fn the_expected_reward_is_the_sum_over_the_epochs() {
        let network = network();
        let power = BigInt::from(32i64 << 30);
        let expected = network.expected_reward(&power, 10_000);
        let reward = |t: f64| 36_266_260_308_195_979_333.0 - 109_897_758_509.0 * t;
        let share = |t: f64| 32.0 / (750_000.0 + 3_840.0 * t);
        let sum: f64 = (0..10_000).map(|t| f64::from(t) + 0.5).map(|t| reward(t) * share(t)).sum();
        let exact: BigInt = format!("{sum:.0}").parse().unwrap();
        let difference = expected.atto() - exact;
        assert!(difference.abs() * 10_000 < *expected.atto(), "{expected} is not {sum}");
    }

    #[test]
    fn pledge_is_at_most_one_fil_for_32_gib() {
        let network = network();
        // One FIL for 2^35 bytes, rounded down for each byte.
        let most = TokenAmount::from_atto(29_103_830i64) * (32i64 << 30);
        assert_eq!(network.initial_pledge(&BigInt::from(32i64 << 30)), most);
        assert_eq!(network.new_miner_deposit(), most * 32);
    }

    #[test]
    fn the_termination_fee_grows_with_age_between_its_floors_and_its_top() {
        let (pledge, nothing) = (TokenAmount::from_whole(1_000), TokenAmount::zero());
        let fee = |age, fault: i64| {
            termination_fee(&pledge, age * EPOCHS_IN_DAY, &TokenAmount::from_whole(fault))
        };
        assert_eq!(termination_fee(&pledge, 0, &nothing), TokenAmount::from_whole(20));
        assert_eq!(fee(70, 0), TokenAmount::from_nano(42_500_000_000i64));
        assert_eq!(fee(140, 0), TokenAmount::from_whole(85));
        assert_eq!(fee(1_000, 0), TokenAmount::from_whole(85));
        assert_eq!(fee(140, 100), TokenAmount::from_whole(105));
    }
}
