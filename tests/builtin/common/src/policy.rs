//! Figures of the network that several stand-ins need, as on mainnet.

use fvm_shared::clock::ChainEpoch;

pub const EPOCHS_IN_DAY: ChainEpoch = 2_880;

/// Deadlines of a proving period, and epochs in each.
pub const DEADLINES: u64 = 48;
pub const CHALLENGE_WINDOW: ChainEpoch = 60;
pub const PROVING_PERIOD: ChainEpoch = EPOCHS_IN_DAY;
