//! Funds, all in attoFIL.

use fvm_ipld_encoding::tuple::*;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use fvm_shared::piece::PaddedPieceSize;

use super::Policy;

/// The funds of an account.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, Default, PartialEq, Eq)]
pub struct Funds {
    /// What it can withdraw. Its perpetual deals draw on it.
    pub free: TokenAmount,
    /// What its perpetual deals hold: for open ads, for running deals, in escrow, and for later.
    pub committed: TokenAmount,
    /// What its perpetual deals have paid to providers and keepers.
    pub spent: TokenAmount,
}

/// What the storage has.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Books {
    /// What of its balance is somebody's. It has the rest by chance, and nobody can take it.
    pub booked: TokenAmount,
    /// What of its escrow in the market no storage deal locks.
    pub escrow: TokenAmount,
    /// What the latest deals were promised for each GiB and epoch: an average in which the last of
    /// them counts for an eighth. `None` before the first.
    pub going_rate: Option<TokenAmount>,
    /// Perpetual deals that were ever created.
    pub created: u64,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct EstimateParams {
    pub piece_size: PaddedPieceSize,
    /// Replicas wanted: 1 to 16.
    pub replicas: u32,
    pub policy: Policy,
    /// The funds that there are.
    pub funds: TokenAmount,
    /// Epochs for which the piece is to be kept: 1 to a thousand years.
    pub epochs: ChainEpoch,
}

/// At the going rate, and at the policy's limits. Terms are paid one at a time, so the last one that
/// the funds cover counts in full.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct EstimateReturn {
    /// At what the latest deals were promised, within the limits. The same as `surely` before the
    /// first deal.
    pub likely: Outlook,
    /// If every bounty and price comes to its limit.
    pub surely: Outlook,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Outlook {
    /// What all replicas cost for one term, tips included.
    pub term: TokenAmount,
    /// Epochs for which the funds keep the piece.
    pub epochs: ChainEpoch,
    /// Funds that it takes for the epochs asked for.
    pub funds: TokenAmount,
}
