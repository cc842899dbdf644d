//! Wire shapes.

use alloc::vec::Vec;
pub use builtin_common::wire::{
    AllocationClaim, ApplyRewardsParams, ClaimAllocationsParams, ClaimAllocationsReturn,
    ClaimedSpace, ControlAddresses, CurrentTotalPower, DeferredCronEventParams,
    EnrollCronEventParams, MinerConstructorParams, PieceChange, Power, SectorAllocationClaims,
    SectorChanges, SectorsTerminated, ThisEpochReward,
};

use cid::Cid;
use fvm_ipld_bitfield::BitField;
use fvm_ipld_encoding::tuple::*;
use fvm_ipld_encoding::{BytesDe, RawBytes, strict_bytes};
use fvm_shared::address::Address;
use fvm_shared::bigint::bigint_ser;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::deal::DealID;
use fvm_shared::econ::TokenAmount;
use fvm_shared::piece::PaddedPieceSize;
use fvm_shared::randomness::Randomness;
use fvm_shared::sector::{
    PoStProof, RegisteredAggregateProof, RegisteredSealProof, SectorNumber, StoragePower,
};
use fvm_shared::{ActorID, MethodNum};
use shared::method_hash;

/// Methods of other actors.
pub const REWARD_THIS_EPOCH: MethodNum = 3;
pub const POWER_UPDATE_CLAIM: MethodNum = 3;
pub const POWER_ENROLL_CRON: MethodNum = 4;
pub const POWER_UPDATE_PLEDGE: MethodNum = 6;
pub const POWER_CURRENT_TOTAL: MethodNum = 9;
pub const MARKET_SECTORS_TERMINATE: MethodNum = 7;
pub const VERIFREG_CLAIM_ALLOCATIONS: MethodNum = 9;
/// What a data consumer is told when its pieces are in a proven sector.
pub const SECTOR_CONTENT_CHANGED: MethodNum = method_hash!("SectorContentChanged");

/// The cron event at the end of a deadline.
pub const CRON_PROVING_DEADLINE: i64 = 1;

/// Parameter of ChangePeerID and reply of GetPeerID.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct PeerId {
    #[serde(with = "strict_bytes")]
    pub id: Vec<u8>,
}

/// Parameter of ChangeMultiaddrs and reply of GetMultiaddrs.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Multiaddrs {
    pub multiaddrs: Vec<BytesDe>,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct CronEventPayload {
    pub event_type: i64,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq)]
pub struct PostPartition {
    pub index: u64,
    pub skipped: BitField,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq)]
pub struct SubmitWindowedPostParams {
    pub deadline: u64,
    pub partitions: Vec<PostPartition>,
    pub proofs: Vec<PoStProof>,
    pub chain_commit_epoch: ChainEpoch,
    pub chain_commit_rand: Randomness,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct PreCommitParams {
    pub sectors: Vec<PreCommitInfo>,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct PreCommitInfo {
    pub seal_proof: RegisteredSealProof,
    pub sector_number: SectorNumber,
    /// CommR.
    pub sealed_cid: Cid,
    pub seal_rand_epoch: ChainEpoch,
    pub deal_ids: Vec<DealID>,
    pub expiration: ChainEpoch,
    /// CommD; none for a sector of zeros.
    pub unsealed_cid: Option<Cid>,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct ProveCommitParams {
    pub sector_activations: Vec<SectorActivation>,
    /// One for each sector, unless there is an aggregate proof.
    pub sector_proofs: Vec<RawBytes>,
    pub aggregate_proof: RawBytes,
    pub aggregate_proof_type: Option<RegisteredAggregateProof>,
    pub require_activation_success: bool,
    pub require_notification_success: bool,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct SectorActivation {
    pub sector_number: SectorNumber,
    /// In their order in the sector.
    pub pieces: Vec<PieceActivation>,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct PieceActivation {
    pub cid: Cid,
    pub size: PaddedPieceSize,
    pub verified_allocation_key: Option<AllocationKey>,
    pub notify: Vec<Notification>,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct AllocationKey {
    pub client: ActorID,
    pub id: u64,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    pub address: Address,
    pub payload: RawBytes,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq)]
pub struct TerminateSectorsParams {
    pub terminations: Vec<Termination>,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq)]
pub struct Termination {
    pub deadline: u64,
    pub partition: u64,
    pub sectors: BitField,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct TerminateSectorsReturn {
    pub done: bool,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct MaxTerminationFeeParams {
    #[serde(with = "bigint_ser")]
    pub power: StoragePower,
    pub initial_pledge: TokenAmount,
}

/// FIP-0112. How a sector is, on the wire.
pub mod status {
    pub const DEAD: u8 = 0;
    pub const ACTIVE: u8 = 1;
    /// Sectors of the stand-in never are.
    pub const FAULTY: u8 = 2;
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct GenerateSectorLocationParams {
    pub sector_number: SectorNumber,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct GenerateSectorLocationReturn {
    pub status: u8,
    /// CBOR of a [`SectorLocation`].
    #[serde(with = "strict_bytes")]
    pub aux_data: Vec<u8>,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct ValidateSectorStatusParams {
    pub sector_number: SectorNumber,
    pub status: u8,
    /// CBOR of a [`SectorLocation`].
    #[serde(with = "strict_bytes")]
    pub aux_data: Vec<u8>,
}

/// Both are [`SectorLocation::NOWHERE`] for a sector that the miner does not have.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct SectorLocation {
    pub deadline: i64,
    pub partition: i64,
}

impl SectorLocation {
    pub const NOWHERE: i64 = -1;
}
