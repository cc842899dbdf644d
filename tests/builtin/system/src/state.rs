//! Where the manifest is.

use alloc::string::String;
use alloc::vec::Vec;

use builtin_common::Result;
use cid::Cid;
use fvm_ipld_blockstore::Blockstore;
use fvm_ipld_encoding::tuple::*;
use shared::map::put_block;

/// State of the system actor, in the layout that the FVM reads.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// A block of (name, code) pairs, by manifest position.
    pub builtin_actors: Cid,
}

impl State {
    /// The state that names no built-in actors.
    pub fn new(store: &impl Blockstore) -> Result<Self> {
        let none: Vec<(String, Cid)> = Vec::new();
        Ok(State { builtin_actors: put_block(store, "manifest", &none)? })
    }
}
