//! Providers: what is known of them.

use alloc::string::String;

use fvm_ipld_encoding::tuple::*;
use fvm_shared::ActorID;
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;

/// How a provider has kept its deals, or what counts against an owner of providers.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// Deals that came to their end.
    pub kept: u64,
    /// Deals that were never proven in time.
    pub missed: u64,
    /// Deals that were gone before their end.
    pub terminated: u64,
    /// The owner that answers for the provider.
    pub answers: Option<ActorID>,
    /// First epoch at which it may take on a deal again; of an owner, at which its providers may.
    pub barred_until: ChainEpoch,
    /// Of an owner: the same for those of its providers that it does not answer for.
    pub others_barred_until: ChainEpoch,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct AttestRegionParams {
    pub provider: Address,
    /// 1 to 32 bytes; null takes the word back.
    pub region: Option<Attestation>,
}

/// What an account says of a provider.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Attestation {
    /// 1 to 32 bytes.
    pub region: String,
    /// First epoch at which it no longer holds.
    pub until: ChainEpoch,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct GetRegionParams {
    pub attester: Address,
    pub provider: Address,
}
