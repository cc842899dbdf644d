//! Providers and their bonds.

use fvm_ipld_encoding::tuple::*;
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;

/// Parameters of Bond and Unbond.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct BondParams {
    /// A miner that the caller owns. The bond goes with the miner if its owner changes.
    pub provider: Address,
    /// AttoDATA, more than zero.
    pub amount: TokenAmount,
}

/// What the DAO knows of a provider, or of an owner of providers.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// First epoch at which it gets new deals again. An owner's does not count for deals that lock a
    /// bond: a miner can name anyone its owner, a bond is the owner's own act.
    pub barred_until: ChainEpoch,
    /// AttoDATA in bond.
    pub bond: TokenAmount,
    /// Of these, what replicas lock.
    pub locked: TokenAmount,
}
