//! Accounts, and every actor that signs as one (FIP-0044).

use alloc::vec::Vec;

use fvm_ipld_encoding::strict_bytes;
use fvm_ipld_encoding::tuple::*;
use fvm_shared::MethodNum;

pub use fvm_actor_utils::receiver::UniversalReceiverParams;

use crate::method_hash;

/// Replies the account's public key address.
pub const PUBKEY_ADDRESS: MethodNum = 2;
/// Replies whether the actor vouches for a message. See [`crate::auth`].
pub const AUTHENTICATE_MESSAGE: MethodNum = method_hash!("AuthenticateMessage");
/// Universal receiver hook of FRC-46 and other tokens.
pub const RECEIVE: MethodNum = method_hash!("Receive");

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct AuthenticateMessageParams {
    #[serde(with = "strict_bytes")]
    pub signature: Vec<u8>,
    #[serde(with = "strict_bytes")]
    pub message: Vec<u8>,
}
