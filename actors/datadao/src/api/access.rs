//! Access to datasets.

use alloc::vec::Vec;

use fvm_ipld_encoding::tuple::*;
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use serde::{Deserialize, Serialize};

use super::{Currency, DatasetId};

/// Who has access to a dataset, beside those to whom it was sold or granted earlier.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
pub enum AccessPolicy {
    /// Those to whom it is granted by name. So it is with a dataset whose policy was never set:
    /// nothing is open by accident.
    #[default]
    Granted,
    /// Everyone.
    Open,
    /// Whoever has the role [`Member`](super::Role::Member).
    Members,
    /// Whoever buys it.
    Paid(AccessPrice),
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct AccessPrice {
    pub currency: Currency,
    /// AttoFIL or attoDATA for a period: 1 to 2^128 - 1.
    pub amount: TokenAmount,
    /// Epochs of a period: 1 to ten years.
    pub period: ChainEpoch,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct SetAccessParams {
    pub dataset: DatasetId,
    pub policy: AccessPolicy,
}

/// The price may change before the message is executed: the buyer says what it agrees to.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct BuyAccessParams {
    pub dataset: DatasetId,
    /// Whom the access is for: an actor that exists.
    pub to: Address,
    /// Periods, one after the other from now or from the end of what was bought before: 1 to 100.
    pub periods: u32,
    /// AttoFIL or attoDATA that all of them cost, at the most.
    pub max_price: TokenAmount,
    /// Epochs of a period, at the least.
    pub min_period: ChainEpoch,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct GrantAccessParams {
    pub dataset: DatasetId,
    /// An actor that exists.
    pub to: Address,
    /// First epoch without access: later than now, by ten years at the most. It takes the place of
    /// what an earlier grant said.
    pub until: ChainEpoch,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct RevokeAccessParams {
    pub dataset: DatasetId,
    pub from: Address,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct ExpireAccessParams {
    pub dataset: DatasetId,
    /// At most 32.
    pub accounts: Vec<Address>,
}

/// Parameters of HasAccess and GetAccess.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct AccessParams {
    pub account: Address,
    pub dataset: DatasetId,
}

/// What an account may do with a dataset, and why.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct GetAccessReturn {
    pub policy: AccessPolicy,
    /// First epoch that was not bought; 0 if none was.
    pub bought_until: ChainEpoch,
    /// First epoch that was not granted; 0 if none was.
    pub granted_until: ChainEpoch,
    /// What HasAccess says.
    pub has: bool,
}
