//! Methods of the registry and of the DataCap token, parameters and replies.

use alloc::vec::Vec;
pub use builtin_common::wire::{
    AllocationClaim, AllocationRequest, AllocationRequests, AllocationsResponse,
    ClaimAllocationsParams, ClaimAllocationsReturn, ClaimExtensionRequest, SectorAllocationClaims,
};

use cid::Cid;
use fvm_ipld_encoding::tuple::*;
use fvm_shared::address::Address;
use fvm_shared::bigint::bigint_ser;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use fvm_shared::piece::PaddedPieceSize;
use fvm_shared::sector::{SectorNumber, StoragePower};
use fvm_shared::{ActorID, MethodNum};
use shared::ext::BatchReturn;
use shared::method_hash;

pub const ADD_VERIFIER: MethodNum = 2;
/// Parameter: one bare address.
pub const REMOVE_VERIFIER: MethodNum = 3;
pub const ADD_VERIFIED_CLIENT: MethodNum = 4;
pub const ADD_VERIFIED_CLIENT_EXPORTED: MethodNum = method_hash!("AddVerifiedClient");
pub const REMOVE_EXPIRED_ALLOCATIONS: MethodNum = 8;
pub const REMOVE_EXPIRED_ALLOCATIONS_EXPORTED: MethodNum = method_hash!("RemoveExpiredAllocations");
pub const CLAIM_ALLOCATIONS: MethodNum = 9;
pub const GET_CLAIMS: MethodNum = 10;
pub const GET_CLAIMS_EXPORTED: MethodNum = method_hash!("GetClaims");

/// What the registry calls on the DataCap token.
pub mod datacap {
    use super::*;

    pub const MINT: MethodNum = method_hash!("Mint");
    pub const BALANCE: MethodNum = method_hash!("Balance");
    pub const TRANSFER: MethodNum = method_hash!("Transfer");
    pub const BURN: MethodNum = method_hash!("Burn");

    #[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
    pub struct MintParams {
        pub to: Address,
        pub amount: TokenAmount,
        pub operators: Vec<Address>,
    }
}

/// A number of bytes. As a token, one whole DataCap is one byte.
pub type DataCap = StoragePower;
/// The number of an allocation, and of the claim that it becomes.
pub type AllocationID = u64;

/// Of a verifier, or of a client.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct AllowanceParams {
    pub address: Address,
    #[serde(with = "bigint_ser")]
    pub allowance: DataCap,
}

/// DataCap that a client has set aside for a piece with a provider.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Allocation {
    pub client: ActorID,
    pub provider: ActorID,
    pub data: Cid,
    pub size: PaddedPieceSize,
    /// Least and most epochs that the sector may live from its claim on.
    pub term_min: ChainEpoch,
    pub term_max: ChainEpoch,
    /// Last epoch at which it may be claimed, and first at which it may be removed.
    pub expiration: ChainEpoch,
}

/// An allocation whose piece the provider has proven.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    pub provider: ActorID,
    pub client: ActorID,
    pub data: Cid,
    pub size: PaddedPieceSize,
    pub term_min: ChainEpoch,
    pub term_max: ChainEpoch,
    /// The epoch of the claim.
    pub term_start: ChainEpoch,
    pub sector: SectorNumber,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct GetClaimsParams {
    pub provider: ActorID,
    pub claim_ids: Vec<AllocationID>,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct GetClaimsReturn {
    pub batch_info: BatchReturn,
    /// One for each that was found.
    pub claims: Vec<Claim>,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct RemoveExpiredAllocationsParams {
    pub client: ActorID,
    /// None means all.
    pub allocation_ids: Vec<AllocationID>,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct RemoveExpiredAllocationsReturn {
    pub considered: Vec<AllocationID>,
    pub results: BatchReturn,
    #[serde(with = "bigint_ser")]
    pub datacap_recovered: DataCap,
}
