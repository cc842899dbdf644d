//! The rules of a market: fixed when it is created.

use alloc::string::String;

use fvm_ipld_encoding::tuple::*;
use fvm_shared::ActorID;
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use shared::ext::DataCid;

use super::BasisPoints;

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct ConstructorParams {
    /// Who governs: an account, a multisig or a DAO.
    pub governor: Address,
    /// To whom fees are paid.
    pub treasury: Address,
    /// AttoFIL of total assets that the pool takes; the governor can change it.
    pub deposit_cap: TokenAmount,
    pub rules: Rules,
}

/// What never changes.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// What wallets call a share of the pool: 1 to 64 bytes.
    pub name: String,
    /// The ticker symbol of a share: 1 to 16 bytes.
    pub symbol: String,
    /// Code of the LoanAgent.
    pub agent_code: DataCid,
    /// Part of interest and fees that is the treasury's.
    pub protocol_fee: BasisPoints,
    /// Part of interest and fees that is the underwriter's cover's. Both together are at most a whole.
    pub cover_share: BasisPoints,
    /// Cover that an underwriter must have, as a part of what it has out.
    pub min_cover: BasisPoints,
    /// Debt that a specification may allow, as a part of the collateral's value: at most a whole.
    pub max_debt: BasisPoints,
    /// Epochs after which a loan that is overdue counts as impaired: 1 to 180 days.
    pub impair_after: ChainEpoch,
    /// Epochs for which cover that is asked back stays behind its underwriter: 1 to 365 days.
    pub cover_delay: ChainEpoch,
    /// Epochs after maturity and grace for which a beneficiary's term must last: 30 to 1,460 days.
    pub recovery: ChainEpoch,
    /// AttoFIL that an exit must be worth to wait in the queue: 1 to 2^128 - 1.
    pub min_exit: TokenAmount,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Roles {
    pub governor: ActorID,
    /// Whom the governor named to follow it.
    pub successor: Option<ActorID>,
    pub treasury: ActorID,
    pub deposit_cap: TokenAmount,
    pub paused: bool,
}
