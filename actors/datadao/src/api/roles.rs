//! Who may do what, and the pause.

use fvm_ipld_encoding::tuple::*;
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use serde::{Deserialize, Serialize};

/// What an account may do. An account can have several roles, and a role several accounts.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Grants and revokes the other roles. Handed over in two steps, so that it cannot be lost to a
    /// wrong address.
    Admin,
    /// Lists, changes and retires datasets, and sets who has access to them.
    Curator,
    /// Mints $DATA, within the cap.
    Minter,
    /// Pauses the DAO and vetoes proposals.
    Guardian,
    /// A storage provider whose deals are taken on whatever is wanted.
    Provider,
    /// Decides disputes over compute requests.
    Arbiter,
    /// Has access to the datasets that are open to members.
    Member,
}

/// Parameters of GrantRole and RevokeRole.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct RoleParams {
    pub role: Role,
    /// An actor that exists. The role of a provider is the miner's own.
    pub account: Address,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct OfferAdminParams {
    pub to: Address,
    /// Whether the caller stays an admin when the offer is accepted.
    pub keep: bool,
}

/// Parameters of Pause.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct PauseParams {
    /// Epochs from now: 1 to [`MAX_PAUSE`](crate::roles::MAX_PAUSE).
    pub duration: ChainEpoch,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct MintParams {
    pub to: Address,
    /// AttoDATA.
    pub amount: TokenAmount,
}
