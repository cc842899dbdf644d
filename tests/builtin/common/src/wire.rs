//! What the built-in actors say to each other and nobody else hears: parameters and replies of
//! methods that `shared::ext` has no use for.

use alloc::vec::Vec;
use core::ops::{AddAssign, SubAssign};

use cid::Cid;
use fvm_ipld_bitfield::BitField;
use fvm_ipld_encoding::tuple::*;
use fvm_ipld_encoding::{BytesDe, RawBytes, strict_bytes};
use fvm_shared::ActorID;
use fvm_shared::address::Address;
use fvm_shared::bigint::{BigInt, bigint_ser};
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use fvm_shared::piece::PaddedPieceSize;
use fvm_shared::sector::{RegisteredPoStProof, SectorNumber, StoragePower};
use serde::{Deserialize, Serialize};
use shared::ext::BatchReturn;

use crate::filter::FilterEstimate;

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

/// Reply of the reward actor's ThisEpochReward.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct ThisEpochReward {
    /// In attoFIL.
    pub reward_smoothed: FilterEstimate,
    #[serde(with = "bigint_ser")]
    pub baseline_power: StoragePower,
}

/// Reply of storage power's CurrentTotalPower.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct CurrentTotalPower {
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
pub struct EnrollCronEventParams {
    pub event_epoch: ChainEpoch,
    pub payload: RawBytes,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct DeferredCronEventParams {
    #[serde(with = "strict_bytes")]
    pub event_payload: Vec<u8>,
    pub reward_smoothed: FilterEstimate,
    pub quality_adj_power_smoothed: FilterEstimate,
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

/// Reply of a miner's ControlAddresses.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct ControlAddresses {
    pub owner: Address,
    pub worker: Address,
    pub control_addresses: Vec<Address>,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct ApplyRewardsParams {
    pub reward: TokenAmount,
    pub penalty: TokenAmount,
}

/// Parameters of the market's OnMinerSectorsTerminate.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq)]
pub struct SectorsTerminated {
    pub epoch: ChainEpoch,
    pub sectors: BitField,
}

/// Changes of one sector. SectorContentChanged takes a bare list of them and replies, for each
/// sector and each of its pieces, whether the piece is accepted.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct SectorChanges {
    pub sector: SectorNumber,
    /// The sector is committed at least until this epoch.
    pub minimum_commitment_epoch: ChainEpoch,
    pub added: Vec<PieceChange>,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct PieceChange {
    pub data: Cid,
    pub size: PaddedPieceSize,
    /// What the notified actor knows the piece by: for the market, CBOR of the id of its deal.
    pub payload: RawBytes,
}

/// What a client asks for in the operator data of its transfer of DataCap.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct AllocationRequests {
    pub allocations: Vec<AllocationRequest>,
    pub extensions: Vec<ClaimExtensionRequest>,
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

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct ClaimExtensionRequest {
    pub provider: ActorID,
    pub claim: u64,
    pub term_max: ChainEpoch,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct AllocationsResponse {
    pub allocation_results: BatchReturn,
    pub extension_results: BatchReturn,
    pub new_allocations: Vec<u64>,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct ClaimAllocationsParams {
    pub sectors: Vec<SectorAllocationClaims>,
    /// Whether one sector that fails ends the whole call.
    pub all_or_nothing: bool,
}

/// The claims of one sector succeed or fail together.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct SectorAllocationClaims {
    pub sector: SectorNumber,
    pub expiry: ChainEpoch,
    pub claims: Vec<AllocationClaim>,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct AllocationClaim {
    pub client: ActorID,
    pub allocation_id: u64,
    pub data: Cid,
    pub size: PaddedPieceSize,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct ClaimAllocationsReturn {
    pub sector_results: BatchReturn,
    /// Bytes claimed, for each sector that succeeded.
    pub sector_claims: Vec<ClaimedSpace>,
}

#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(transparent)]
pub struct ClaimedSpace(#[serde(with = "bigint_ser")] pub BigInt);
