//! Wire shapes, and numbers of other actors' methods.

pub use builtin_common::filter::FilterEstimate;
pub use builtin_common::wire::{
    CurrentTotalPower, DeferredCronEventParams, EnrollCronEventParams, MinerConstructorParams,
    Power, ThisEpochReward,
};
use fvm_ipld_encoding::tuple::*;
use fvm_shared::MethodNum;
use fvm_shared::bigint::bigint_ser;
use fvm_shared::sector::StoragePower;

/// Methods of the reward actor.
pub const THIS_EPOCH_REWARD: MethodNum = 3;
pub const UPDATE_NETWORK_KPI: MethodNum = 4;
/// What wakes a miner.
pub const ON_DEFERRED_CRON_EVENT: MethodNum = 12;

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct MinerRawPowerReturn {
    #[serde(with = "bigint_ser")]
    pub raw_byte_power: StoragePower,
    pub meets_consensus_minimum: bool,
}
