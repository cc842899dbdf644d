//! What is called every epoch.

use alloc::vec::Vec;

use fvm_ipld_encoding::tuple::*;
use fvm_shared::MethodNum;
use fvm_shared::address::Address;

/// State of cron, and also its constructor's parameter.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// In the order of the calls.
    pub entries: Vec<Entry>,
}

/// A method that takes no parameters.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// f0 address.
    pub receiver: Address,
    pub method: MethodNum,
}
