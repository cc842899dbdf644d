//! Wire shapes that `shared::ext` does not have.

use alloc::vec::Vec;

use cid::Cid;
use fvm_ipld_bitfield::BitField;
use fvm_ipld_encoding::RawBytes;
use fvm_ipld_encoding::tuple::*;
use fvm_shared::address::Address;
use fvm_shared::bigint::{BigInt, bigint_ser};
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use fvm_shared::piece::PaddedPieceSize;
use fvm_shared::sector::{SectorNumber, StoragePower};
use fvm_shared::{ActorID, MethodNum};
use shared::ext::BatchReturn;
use shared::method_hash;

/// Methods of a miner.
pub const CONTROL_ADDRESSES: MethodNum = 2;
pub const SECTOR_CONTENT_CHANGED: MethodNum = method_hash!("SectorContentChanged");
/// Methods of the reward actor, the power actor and DataCap.
pub const THIS_EPOCH_REWARD: MethodNum = 3;
pub const CURRENT_TOTAL_POWER: MethodNum = 9;
pub const DATACAP_BALANCE: MethodNum = method_hash!("Balance");
pub const DATACAP_TRANSFER_FROM: MethodNum = method_hash!("TransferFrom");

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug)]
pub struct OnMinerSectorsTerminateParams {
    pub epoch: ChainEpoch,
    pub sectors: BitField,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug)]
pub struct SectorChanges {
    pub sector: SectorNumber,
    /// The sector is committed at least until this epoch.
    pub minimum_commitment_epoch: ChainEpoch,
    pub added: Vec<PieceChange>,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug)]
pub struct PieceChange {
    pub data: Cid,
    pub size: PaddedPieceSize,
    /// CBOR of the id of the deal that the piece is for.
    pub payload: RawBytes,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug)]
pub struct ControlAddressesReturn {
    pub owner: Address,
    pub worker: Address,
    pub control_addresses: Vec<Address>,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug)]
pub struct FilterEstimate {
    #[serde(with = "bigint_ser")]
    pub position: BigInt,
    #[serde(with = "bigint_ser")]
    pub velocity: BigInt,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug)]
pub struct ThisEpochRewardReturn {
    pub this_epoch_reward_smoothed: FilterEstimate,
    #[serde(with = "bigint_ser")]
    pub this_epoch_baseline_power: StoragePower,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug)]
pub struct CurrentTotalPowerReturn {
    #[serde(with = "bigint_ser")]
    pub raw_byte_power: StoragePower,
    #[serde(with = "bigint_ser")]
    pub quality_adj_power: StoragePower,
    pub pledge_collateral: TokenAmount,
    pub quality_adj_power_smoothed: FilterEstimate,
    pub ramp_start_epoch: ChainEpoch,
    pub ramp_duration_epochs: u64,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct AllocationRequest {
    pub provider: ActorID,
    pub data: Cid,
    pub size: PaddedPieceSize,
    pub term_min: ChainEpoch,
    pub term_max: ChainEpoch,
    pub expiration: ChainEpoch,
}

/// What the verified registry reads in the operator data of a DataCap transfer.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug)]
pub struct AllocationRequests {
    pub allocations: Vec<AllocationRequest>,
    /// Extensions of claims: the market never asks for any.
    pub extensions: [(); 0],
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug)]
pub struct AllocationsResponse {
    pub allocation_results: BatchReturn,
    pub extension_results: BatchReturn,
    pub new_allocations: Vec<u64>,
}
