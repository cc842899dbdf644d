//! Methods of the registry and of the DataCap token, parameters and replies.

use alloc::vec::Vec;

use cid::Cid;
use fvm_ipld_encoding::tuple::*;
use fvm_shared::address::Address;
use fvm_shared::bigint::bigint_ser::{self, BigIntDe};
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
    pub claim: AllocationID,
    pub term_max: ChainEpoch,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct AllocationsResponse {
    pub allocation_results: BatchReturn,
    pub extension_results: BatchReturn,
    pub new_allocations: Vec<AllocationID>,
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
    pub allocation_id: AllocationID,
    pub data: Cid,
    pub size: PaddedPieceSize,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct ClaimAllocationsReturn {
    pub sector_results: BatchReturn,
    /// Bytes claimed by each sector that succeeded.
    pub sector_claims: Vec<BigIntDe>,
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
