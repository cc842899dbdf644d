//! An actor that answers every method as it was told: as a token receiver, as an account that vouches,
//! as a storage provider, as whatever Init creates.
//!
//! What it is told is a [`Script`]: for each method, [`Step`]s that it takes one after the other. A
//! method that is not in the script ends with exit code 0 and no reply, as those of placeholders do.
#![no_std]
extern crate alloc;

#[cfg(target_arch = "wasm32")]
mod actor;

use alloc::vec::Vec;

use fvm_ipld_encoding::RawBytes;
use fvm_ipld_encoding::ipld_block::IpldBlock;
use fvm_ipld_encoding::{strict_bytes, tuple::*};
use fvm_shared::MethodNum;
use fvm_shared::address::Address;
use fvm_shared::econ::TokenAmount;
use serde::{Deserialize, Serialize};

shared::methods! {
    /// Is told the script, and takes its steps for the constructor, if it has any.
    "Constructor" Constructor(Script) -> ();
    "SetScript" SetScript(Script) -> ();
    /// Sends a message as this actor; fails where the receiver fails.
    "Forward" Forward(Message) -> ();
}

/// What to do in which method.
pub type Script = Vec<(MethodNum, Vec<Step>)>;

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Replaces the script: what is sent after it finds an actor that does no harm.
    Forget,
    /// Sends a message, and goes on whatever becomes of it.
    Try(Message),
    /// Sends a message, and ends with exit code 91 where that fails.
    Send(Message),
    /// Spends all the gas there is.
    BurnGas,
    /// Destroys the actor; its balance is burnt. The steps after it are taken all the same.
    SelfDestruct,
    /// Ends with an exit code, and with a reply, if there is one.
    Exit(u32, Option<Block>),
    /// Ends with exit code 0 and a reply.
    Reply(Block),
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub to: Address,
    pub method: MethodNum,
    pub params: RawBytes,
    pub value: TokenAmount,
}

/// A block that can be larger than what tells of it.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Block {
    pub codec: u64,
    /// What it starts with.
    #[serde(with = "strict_bytes")]
    pub start: Vec<u8>,
    /// The byte that follows, so many times.
    pub fill: u8,
    pub times: u32,
}

impl Block {
    #[must_use]
    pub fn whole(&self) -> IpldBlock {
        let fill = core::iter::repeat_n(self.fill, self.times as usize);
        let data = self.start.iter().copied().chain(fill).collect();
        IpldBlock { codec: self.codec, data }
    }
}
