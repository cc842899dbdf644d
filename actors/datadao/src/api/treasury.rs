//! What the DAO has, and what it owes.

use fvm_ipld_encoding::tuple::*;
use fvm_shared::econ::TokenAmount;
use serde::{Deserialize, Serialize};

/// What a price or a bounty is in.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Currency {
    Fil,
    Data,
}

/// An amount of either currency.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, Default, PartialEq, Eq)]
pub struct Cash {
    /// AttoFIL.
    pub fil: TokenAmount,
    /// AttoDATA.
    pub data: TokenAmount,
}

/// The DAO's cash as its books have it.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, Default, PartialEq, Eq)]
pub struct GetTreasuryReturn {
    /// All that the DAO holds, for itself and for others. Never more than its balances.
    pub booked: Cash,
    /// The part of it that the DAO may spend.
    pub free: Cash,
}
