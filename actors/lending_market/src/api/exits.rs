//! The queue of exits.

use fvm_ipld_encoding::tuple::*;
use fvm_shared::ActorID;
use fvm_shared::econ::TokenAmount;

/// Number of a request in the queue, from 1.
pub type ExitId = u64;

/// A request that waits for cash.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct ExitInfo {
    pub lender: ActorID,
    pub shares: TokenAmount,
    /// AttoFIL that these shares must still bring: they are given back if they are worth less when
    /// their turn comes.
    pub min_amount: TokenAmount,
    /// AttoFIL that it would be paid now, if there were cash.
    pub value: TokenAmount,
    /// Whether no request is before it.
    pub is_next: bool,
}

/// What became of a request in the queue whose turn came.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct PaidExit {
    pub id: ExitId,
    pub lender: ActorID,
    /// Shares that were burnt for it.
    pub shares: TokenAmount,
    /// AttoFIL.
    pub paid: TokenAmount,
    /// Shares that were given back, as they were worth less than they had to bring, or nothing.
    pub returned: TokenAmount,
    /// Whether nothing of it waits any more.
    pub done: bool,
}
