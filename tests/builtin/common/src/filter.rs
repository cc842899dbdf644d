//! The alpha-beta filter with which the network smooths its reward and its power.

use fvm_ipld_encoding::tuple::*;
use fvm_shared::bigint::{BigInt, Integer, bigint_ser};
use fvm_shared::clock::ChainEpoch;

/// Binary digits after the point in a [`FilterEstimate`].
pub const PRECISION: u64 = 128;
/// Shares of a surprise that go into the estimate and into its velocity, with [`PRECISION`] digits.
const ALPHA: u128 = 314_760_000_000_000_000_000_000_000_000_000_000;
const BETA: u128 = 96_640_100_000_000_000_000_000_000_000_000;

/// A smoothed quantity and its change per epoch, with [`PRECISION`] digits after the point.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, Default, PartialEq, Eq)]
pub struct FilterEstimate {
    #[serde(with = "bigint_ser")]
    pub position: BigInt,
    #[serde(with = "bigint_ser")]
    pub velocity: BigInt,
}

impl FilterEstimate {
    #[must_use]
    pub fn new(position: BigInt, velocity: BigInt) -> Self {
        FilterEstimate { position: position << PRECISION, velocity: velocity << PRECISION }
    }

    /// The smoothed quantity, rounded down.
    #[must_use]
    pub fn estimate(&self) -> BigInt {
        &self.position >> PRECISION
    }

    /// The estimate after `observed`, made so many epochs, one at least, after the last one.
    #[must_use]
    pub fn next(&self, observed: &BigInt, epochs: ChainEpoch) -> Self {
        let expected = &self.position + &self.velocity * epochs;
        let surprise = (observed << PRECISION) - &expected;
        let per_epoch = (&surprise * BETA).div_floor(&(BigInt::from(epochs) << PRECISION));
        FilterEstimate {
            position: expected + ((surprise * ALPHA) >> PRECISION),
            velocity: &self.velocity + per_epoch,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_moves_towards_what_it_observes() {
        let estimate = FilterEstimate::new(BigInt::from(1_000_000), BigInt::from(0));
        let next = estimate.next(&BigInt::from(2_000_000), 1);
        assert_eq!(next.estimate(), BigInt::from(1_000_924)); // α is 9.24996e-4
        assert!(next.velocity > BigInt::from(0));
        assert_eq!(estimate.next(&BigInt::from(1_000_000), 1), estimate);
    }
}
