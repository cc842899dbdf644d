//! Init (f01): creates actors and maps addresses to IDs.

use alloc::string::String;

use cid::Cid;
use fvm_ipld_encoding::RawBytes;
use fvm_ipld_encoding::tuple::*;
use fvm_shared::MethodNum;
use fvm_shared::address::Address;

pub const EXEC: MethodNum = 2;
pub const EXEC4: MethodNum = 3;

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct ConstructorParams {
    pub network_name: String,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct ExecParams {
    pub code_cid: Cid,
    pub constructor_params: RawBytes,
}

/// Exec4 creates the actor at f4⟨caller⟩⟨subaddress⟩; the subaddress has at most 54 bytes.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Exec4Params {
    pub code_cid: Cid,
    pub constructor_params: RawBytes,
    pub subaddress: RawBytes,
}

/// Reply of both.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct ExecReturn {
    /// f0 address.
    pub id_address: Address,
    /// f2 address: the same after a re-organisation of the chain.
    pub robust_address: Address,
}
