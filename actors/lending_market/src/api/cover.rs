//! First-loss cover, all amounts in attoFIL.

use fvm_ipld_encoding::tuple::*;
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct UnstakeCoverParams {
    pub underwriter: Address,
    /// Shares of the cover, of all that leave from now on; zero to leave with none.
    pub shares: TokenAmount,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct GetCoverParams {
    pub underwriter: Address,
    pub sponsor: Address,
}

/// A sponsor's stake behind an underwriter.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, Default, PartialEq, Eq)]
pub struct CoverInfo {
    pub shares: TokenAmount,
    /// What they are worth now.
    pub value: TokenAmount,
    /// Shares that were asked back, and the first epoch at which they can be withdrawn.
    pub leaving: TokenAmount,
    pub free_at: ChainEpoch,
}
