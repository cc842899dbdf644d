//! Storage power (f04): creates miners and keeps their power.

use alloc::vec::Vec;

use fvm_ipld_encoding::tuple::*;
use fvm_ipld_encoding::{BytesDe, strict_bytes};
use fvm_shared::address::Address;
use fvm_shared::bigint::bigint_ser;
use fvm_shared::sector::{RegisteredPoStProof, StoragePower};
use fvm_shared::{ActorID, MethodNum};

use crate::Method;

/// The methods of storage power, as tools call them.
pub mod methods {
    use super::*;

    crate::methods! {
        /// Creates a miner, which gets the FIL that comes along.
        "CreateMiner" CreateMiner(CreateMinerParams) -> CreateMinerReturn;
        /// A miner's power, in bytes.
        "MinerPower" MinerPower(ActorID) -> MinerPowerReturn;
    }
}

pub const CREATE_MINER: MethodNum = methods::CreateMiner::NUMBER;
pub const MINER_POWER: MethodNum = methods::MinerPower::NUMBER;

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct CreateMinerParams {
    pub owner: Address,
    /// A BLS account.
    pub worker: Address,
    pub window_post_proof_type: RegisteredPoStProof,
    #[serde(with = "strict_bytes")]
    pub peer: Vec<u8>,
    pub multiaddrs: Vec<BytesDe>,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct CreateMinerReturn {
    pub id_address: Address,
    pub robust_address: Address,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct MinerPowerReturn {
    #[serde(with = "bigint_ser")]
    pub raw_byte_power: StoragePower,
    #[serde(with = "bigint_ser")]
    pub quality_adj_power: StoragePower,
}
