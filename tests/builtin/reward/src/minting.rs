//! What the network mints, and the power that it is meant to have. Factors have [`PRECISION`] binary
//! digits after the point.

use builtin_common::curves::exp_neg;
use builtin_common::filter::{FilterEstimate, PRECISION};
use fvm_ipld_encoding::tuple::*;
use fvm_shared::bigint::{BigInt, Integer, bigint_ser};
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use fvm_shared::sector::StoragePower;

/// Whole FIL that are minted over time alone, and with the power of the network.
const SIMPLE_TOTAL: i64 = 330_000_000;
const BASELINE_TOTAL: i64 = 770_000_000;
/// λ, the rate of both: ln 2 over the epochs of six years; and e^λ - 1.
const RATE: u128 = 37_396_271_439_864_487_274_534_522_888_786;
const FIRST_PART: u128 = 37_396_273_494_747_879_394_193_016_954_629;

/// Baseline of epoch 0, in bytes, and what its growth starts from.
const FIRST_BASELINE: u128 = 2_888_888_879_999_999_999;
const BASELINE_START: u128 = 2_888_888_880_000_000_000;
/// What the baseline's factor per epoch has above one. It doubles the baseline in a year.
const BASELINE_GROWTH: u128 = 224_377_702_615_002_589_582_494_545_262_197;
/// Null epochs that are gone through one by one, as the official actor does with all of them.
const SINGLE_EPOCHS: ChainEpoch = 2_880;

/// What the smoothed reward starts with, in attoFIL and attoFIL per epoch.
const FIRST_ESTIMATE: u128 = 36_266_260_308_195_979_333;
const FIRST_VELOCITY: i64 = -109_897_758_509;

/// How far the network has come in what it is meant to store. Its own time stands where the baseline
/// had stored as much by then as the network has by now.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The power that the network is meant to have now.
    #[serde(with = "bigint_ser")]
    pub baseline: StoragePower,
    /// Byte-epochs that the network stored, those above the baseline left out.
    #[serde(with = "bigint_ser")]
    stored: BigInt,
    /// The network's own time in epochs, rounded up.
    time: ChainEpoch,
    /// Baseline at that time, and the byte-epochs of the baseline until then.
    #[serde(with = "bigint_ser")]
    baseline_then: StoragePower,
    #[serde(with = "bigint_ser")]
    meant: BigInt,
}

impl Progress {
    /// That of epoch 0.
    #[must_use]
    pub fn new(power: &StoragePower) -> Self {
        let mut progress = Progress {
            baseline: FIRST_BASELINE.into(),
            stored: BigInt::default(),
            time: 0,
            baseline_then: BASELINE_START.into(),
            meant: BigInt::default(),
        };
        progress.store(power, 1);
        progress
    }

    /// Goes on by so many epochs. Over a long gap the baseline can be more than the official one,
    /// which rounds down at every epoch, by as many bytes as there are epochs.
    pub fn pass(&mut self, epochs: ChainEpoch, power: &StoragePower) {
        if epochs > SINGLE_EPOCHS {
            self.baseline = grow(&self.baseline, epochs);
            self.store(power, epochs);
        } else {
            for _ in 0..epochs {
                self.baseline = grow(&self.baseline, 1);
                self.store(power, 1);
            }
        }
    }

    fn store(&mut self, power: &StoragePower, epochs: ChainEpoch) {
        self.stored += power.min(&self.baseline) * epochs;
        while self.stored > self.meant {
            self.time += 1;
            self.baseline_then = grow(&self.baseline_then, 1);
            self.meant += &self.baseline_then;
        }
    }

    /// The network's own time, a fixed-point number of epochs.
    #[must_use]
    pub fn time(&self) -> BigInt {
        if self.time == 0 {
            return BigInt::default();
        }
        let ahead = (&self.meant - &self.stored) << PRECISION;
        (BigInt::from(self.time) << PRECISION) - ahead.div_floor(&self.baseline_then)
    }
}

/// What all winners of an epoch are expected to be paid, where the network's own time went on like
/// this in it.
#[must_use]
pub fn reward(epoch: ChainEpoch, before: &BigInt, after: &BigInt) -> TokenAmount {
    let first = total(SIMPLE_TOTAL) * FIRST_PART;
    let simple = (first * exp_neg(&(BigInt::from(RATE) * epoch))) >> PRECISION;
    let minted = |time: &BigInt| {
        let left = exp_neg(&((time * RATE) >> PRECISION));
        ((BigInt::from(1) << PRECISION) - left) * total(BASELINE_TOTAL)
    };
    TokenAmount::from_atto((simple + minted(after) - minted(before)) >> PRECISION)
}

/// The smoothed reward that the network starts with.
#[must_use]
pub fn first_estimate() -> FilterEstimate {
    FilterEstimate::new(BigInt::from(FIRST_ESTIMATE), BigInt::from(FIRST_VELOCITY))
}

fn total(fil: i64) -> BigInt {
    TokenAmount::from_whole(fil).atto().clone()
}

/// The baseline so many epochs after it was `baseline`, by squaring, so that a long gap costs little.
fn grow(baseline: &StoragePower, mut epochs: ChainEpoch) -> StoragePower {
    let mut factor = (BigInt::from(1) << PRECISION) + BASELINE_GROWTH;
    let mut grown: BigInt = BigInt::from(1) << PRECISION;
    while epochs > 0 {
        if epochs % 2 == 1 {
            grown = (grown * &factor) >> PRECISION;
        }
        factor = (&factor * &factor) >> PRECISION;
        epochs /= 2;
    }
    (baseline * grown) >> PRECISION
}

#[cfg(test)]
mod tests {
    use super::*;

    const NO_TIME: BigInt = BigInt::ZERO;

    #[test]
    fn the_reward_of_a_network_without_power_follows_the_official_simple_minting() {
        let official: [(ChainEpoch, u128); 4] = [
            (0, 36_266_264_293_777_134_739),
            (1, 36_266_260_308_195_979_333),
            (1_000, 36_262_278_931_397_944_883),
            (1_051_200, 32_309_568_371_064_807_033),
        ];
        for (epoch, expected) in official {
            let reward = reward(epoch, &NO_TIME, &NO_TIME);
            assert_eq!(reward, TokenAmount::from_atto(expected), "epoch {epoch}");
        }
    }

    #[test]
    fn an_epoch_at_the_baseline_mints_the_baseline_s_part_as_well() {
        let power = BigInt::from(1) << 80;
        let mut progress = Progress::new(&power);
        let before = progress.time();
        progress.pass(1, &power);
        let epoch = progress.time() - &before;
        assert!(epoch.bits().abs_diff(PRECISION) <= 1, "{epoch}");
        let both = reward(1, &before, &progress.time());
        let simple = reward(1, &NO_TIME, &NO_TIME);
        // The totals are as 77 to 33. The baseline of epoch 0 is behind its own time by an epoch's
        // growth, less than a millionth.
        let (part, expected) = ((both - &simple) * 33, simple * 77);
        let off = &expected - &part;
        assert!(off.is_positive() && off * 1_000_000 < expected, "{part} of {expected}");
    }

    #[test]
    fn the_baseline_follows_the_official_one_epoch_by_epoch() {
        let mut progress = Progress::new(&NO_TIME);
        progress.pass(1, &NO_TIME);
        assert_eq!(progress.baseline, 2_888_890_784_895_207_675u128.into());
        let year = grow(&FIRST_BASELINE.into(), 1_051_200);
        let off: BigInt = BigInt::from(FIRST_BASELINE) * 2 - &year;
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
