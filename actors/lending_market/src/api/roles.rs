//! Underwriters, all amounts in attoFIL.

use fvm_ipld_encoding::tuple::*;
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct SetUnderwriterParams {
    pub underwriter: Address,
    pub limits: Limits,
}

/// How much of the pool's money an underwriter can commit.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Principal that it may have out or reserved at once: 0 to revoke it.
    pub ceiling: TokenAmount,
    /// What it may commit in one period.
    pub per_period: TokenAmount,
    /// Epochs of a period: 1 to 365 days. One begins with the first loan after the last one's end.
    pub period: ChainEpoch,
}

/// An underwriter.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, Default, PartialEq, Eq)]
pub struct Underwriter {
    pub limits: Limits,
    /// Principal of its loans that is out or reserved.
    pub outstanding: TokenAmount,
    /// When the current period began.
    pub period_start: ChainEpoch,
    /// What was committed in the current period.
    pub period_used: TokenAmount,
    /// What stands behind it.
    pub cover: TokenAmount,
    /// Shares of `cover` that sponsors have.
    pub cover_shares: TokenAmount,
    /// Loans of it that are impaired. While there are any, its cover stays.
    pub impaired: u32,
}
