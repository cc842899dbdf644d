//! An owner of storage providers whose token receiver hook does harm.
//!
//! It does as it is told ([`Forward`]), so that it can take over a miner, and meets tokens with the
//! [`Mood`] it is in.
#![no_std]

#[cfg(target_arch = "wasm32")]
mod actor;

use fvm_ipld_encoding::RawBytes;
use fvm_ipld_encoding::tuple::*;
use fvm_shared::MethodNum;
use fvm_shared::address::Address;

shared::methods! {
    "Constructor" Constructor(()) -> ();
    /// Sends a message as this actor; fails where the receiver fails.
    "Forward" Forward(Message) -> ();
    /// Sends a message as an EVM contract does, with raw calldata for parameters, and replies the
    /// return data; fails where the receiver fails.
    "CallAsContract" CallAsContract(Message) -> RawBytes;
    "SetMood" SetMood(Mood) -> ();
    /// How often a hook went through.
    "Received" Received(()) -> u64;
}

/// What the hook does.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Mood {
    /// Ends with exit code 90.
    pub refuses: bool,
    /// Spends all the gas it gets.
    pub burns_gas: bool,
    /// Sends this message first, and fails where that fails.
    pub sends: Option<Message>,
}

impl Mood {
    pub const FRIENDLY: Mood = Mood { refuses: false, burns_gas: false, sends: None };
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub to: Address,
    pub method: MethodNum,
    pub params: RawBytes,
}
