//! Wire shapes.

use alloc::vec::Vec;
use core::ops::{AddAssign, SubAssign};

use fvm_ipld_encoding::tuple::*;
use fvm_ipld_encoding::{BytesDe, RawBytes, strict_bytes};
use fvm_shared::MethodNum;
use fvm_shared::address::Address;
use fvm_shared::bigint::{BigInt, bigint_ser};
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use fvm_shared::sector::{RegisteredPoStProof, StoragePower};

/// Methods of the reward actor.
pub const THIS_EPOCH_REWARD: MethodNum = 3;
pub const UPDATE_NETWORK_KPI: MethodNum = 4;
/// What wakes a miner.
pub const ON_DEFERRED_CRON_EVENT: MethodNum = 12;

/// Raw and quality-adjusted bytes: a claim, and the parameter of UpdateClaimedPower.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, Default, PartialEq, Eq)]
pub struct Power {
    #[serde(with = "bigint_ser")]
    pub raw: StoragePower,
    #[serde(with = "bigint_ser")]
    pub quality_adjusted: StoragePower,
}

impl AddAssign<&Power> for Power {
    fn add_assign(&mut self, other: &Power) {
        self.raw += &other.raw;
        self.quality_adjusted += &other.quality_adjusted;
    }
}

impl SubAssign<&Power> for Power {
    fn sub_assign(&mut self, other: &Power) {
        self.raw -= &other.raw;
        self.quality_adjusted -= &other.quality_adjusted;
    }
}

/// Binary digits after the point in a [`FilterEstimate`].
const PRECISION: u64 = 128;
/// Gains of the alpha-beta filter, with [`PRECISION`] digits.
const ALPHA: u128 = 314_760_000_000_000_000_000_000_000_000_000_000;
const BETA: u128 = 96_640_100_000_000_000_000_000_000_000_000;

/// A smoothed quantity and its change per epoch.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, Default, PartialEq, Eq)]
pub struct FilterEstimate {
    #[serde(with = "bigint_ser")]
    pub position: BigInt,
    #[serde(with = "bigint_ser")]
    pub velocity: BigInt,
}

impl FilterEstimate {
    pub fn new(position: BigInt, velocity: BigInt) -> Self {
        FilterEstimate { position: position << PRECISION, velocity: velocity << PRECISION }
    }

    /// The estimate one epoch and one observation later.
    #[must_use]
    pub fn next(&self, observed: &BigInt) -> Self {
        let predicted = &self.position + &self.velocity;
        let residual = (observed << PRECISION) - &predicted;
        FilterEstimate {
            position: predicted + ((&residual * ALPHA) >> PRECISION),
            velocity: &self.velocity + ((residual * BETA) >> PRECISION),
        }
    }
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct ThisEpochReward {
    pub reward_smoothed: FilterEstimate,
    #[serde(with = "bigint_ser")]
    pub baseline_power: StoragePower,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct MinerConstructorParams {
    pub owner: Address,
    pub worker: Address,
    pub control_addresses: Vec<Address>,
    pub window_post_proof_type: RegisteredPoStProof,
    #[serde(with = "strict_bytes")]
    pub peer_id: Vec<u8>,
    pub multi_addresses: Vec<BytesDe>,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct DeferredCronEventParams {
    #[serde(with = "strict_bytes")]
    pub event_payload: Vec<u8>,
    pub reward_smoothed: FilterEstimate,
    pub quality_adj_power_smoothed: FilterEstimate,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct EnrollCronEventParams {
    pub event_epoch: ChainEpoch,
    pub payload: RawBytes,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct CurrentTotalPowerReturn {
    #[serde(with = "bigint_ser")]
    pub raw_byte_power: StoragePower,
    #[serde(with = "bigint_ser")]
    pub quality_adj_power: StoragePower,
    pub pledge_collateral: TokenAmount,
    pub quality_adj_power_smoothed: FilterEstimate,
    /// The ramp of FIP-0081: zero and zero, as it is over.
    pub ramp_start_epoch: ChainEpoch,
    pub ramp_duration_epochs: u64,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct MinerRawPowerReturn {
    #[serde(with = "bigint_ser")]
    pub raw_byte_power: StoragePower,
    pub meets_consensus_minimum: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_moves_towards_what_it_observes() {
        let estimate = FilterEstimate::new(BigInt::from(1_000_000), BigInt::from(0));
        let next = estimate.next(&BigInt::from(2_000_000));
        assert_eq!(next.position >> PRECISION, BigInt::from(1_000_924)); // α is 9.24996e-4
        assert!(next.velocity > BigInt::from(0));
        assert_eq!(estimate.next(&BigInt::from(1_000_000)), estimate);
    }
}
