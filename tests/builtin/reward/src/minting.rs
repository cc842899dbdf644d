//! How reward and baseline move with the epochs. Factors have 128 fractional bits.

use builtin_common::filter::FilterEstimate;
use fvm_shared::bigint::BigInt;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use fvm_shared::sector::StoragePower;

const FRACTION_BITS: usize = 128;

/// Reward of epoch 0, in attoFIL: the first epoch's part of 330 million FIL.
const FIRST_REWARD: u128 = 36_266_264_293_777_134_739;
/// e^-λ with λ = ln 2 over the epochs of six years.
const REWARD_DECAY: u128 = 340_282_329_524_669_078_482_128_901_167_120_026_304;
/// Baseline of epoch 0, in bytes.
const FIRST_BASELINE: u128 = 2_888_888_879_999_999_999;
/// What the baseline's factor per epoch has above one. It doubles the baseline in a year.
const BASELINE_GROWTH: u128 = 224_377_702_615_002_589_582_494_545_262_197;

/// What the smoothed reward starts with, in attoFIL and attoFIL per epoch.
const FIRST_ESTIMATE: u128 = 36_266_260_308_195_979_333;
const FIRST_VELOCITY: i64 = -109_897_758_509;

/// What all winners of an epoch are expected to be paid.
#[must_use]
pub fn reward_at(epoch: ChainEpoch) -> TokenAmount {
    TokenAmount::from_atto(scale(BigInt::from(FIRST_REWARD), &power(REWARD_DECAY.into(), epoch)))
}

/// The power that the network is meant to have at epoch 0.
#[must_use]
pub fn first_baseline() -> StoragePower {
    FIRST_BASELINE.into()
}

/// The baseline so many epochs after it was `baseline`. Over a gap it can be more than the official
/// one, which rounds down at every epoch, by as many bytes as there are epochs.
#[must_use]
pub fn grow_baseline(baseline: StoragePower, epochs: ChainEpoch) -> StoragePower {
    scale(baseline, &power(one() + BASELINE_GROWTH, epochs))
}

/// The smoothed reward that the network starts with.
#[must_use]
pub fn first_estimate() -> FilterEstimate {
    FilterEstimate::new(BigInt::from(FIRST_ESTIMATE), BigInt::from(FIRST_VELOCITY))
}

fn one() -> BigInt {
    BigInt::from(1) << FRACTION_BITS
}

fn scale(quantity: BigInt, factor: &BigInt) -> BigInt {
    (quantity * factor) >> FRACTION_BITS
}

/// `factor` to the power of `exponent`, by squaring, so that a long gap costs little.
fn power(mut factor: BigInt, mut exponent: ChainEpoch) -> BigInt {
    let mut result = one();
    while exponent > 0 {
        if exponent % 2 == 1 {
            result = scale(result, &factor);
        }
        factor = scale(factor.clone(), &factor);
        exponent /= 2;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reward_follows_the_official_simple_minting() {
        let official: [(ChainEpoch, u128); 4] = [
            (0, 36_266_264_293_777_134_739),
            (1, 36_266_260_308_195_979_333),
            (1_000, 36_262_278_931_397_944_883),
            (1_051_200, 32_309_568_371_064_807_033),
        ];
        for (epoch, reward) in official {
            let off = reward_at(epoch) - TokenAmount::from_atto(reward);
            assert!(off.atto().magnitude() <= &2u8.into(), "epoch {epoch}: off by {off}");
        }
    }

    #[test]
    fn the_baseline_follows_the_official_one_epoch_by_epoch() {
        let next = grow_baseline(first_baseline(), 1);
        assert_eq!(next, 2_888_890_784_895_207_675u128.into());
        let year = grow_baseline(first_baseline(), 1_051_200);
        let off: BigInt = first_baseline() * 2 - &year;
        assert!(off.magnitude() < &1_000_000u32.into(), "off by {off}");
    }

    #[test]
    fn the_estimate_follows_the_official_filter() {
        let next = first_estimate().next(&36_266_260_308_195_979_333u128.into(), 1);
        let position = "12340768859682133116633185207693951957137358868085414559744";
        let velocity = "-37396258764217853067736562373739139597454335279104";
        assert_eq!(next.position, position.parse().unwrap());
        assert_eq!(next.velocity, velocity.parse().unwrap());
    }
}
