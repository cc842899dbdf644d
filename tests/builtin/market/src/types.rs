//! Numbers and shapes of other actors' methods that `shared::ext` does not have.

pub use builtin_common::wire::{
    AllocationRequest, AllocationRequests, AllocationsResponse, ControlAddresses,
    CurrentTotalPower, PieceChange, SectorChanges, SectorsTerminated, ThisEpochReward,
};
use fvm_shared::MethodNum;
use shared::method_hash;

/// Methods of a miner.
pub const CONTROL_ADDRESSES: MethodNum = 2;
pub const SECTOR_CONTENT_CHANGED: MethodNum = method_hash!("SectorContentChanged");
/// Methods of the reward actor, the power actor and DataCap.
pub const THIS_EPOCH_REWARD: MethodNum = 3;
pub const CURRENT_TOTAL_POWER: MethodNum = 9;
pub const DATACAP_BALANCE: MethodNum = method_hash!("Balance");
pub const DATACAP_TRANSFER_FROM: MethodNum = method_hash!("TransferFrom");
