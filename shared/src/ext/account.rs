//! Accounts, and every actor that signs as one (FIP-0044).

use alloc::vec::Vec;

use fvm_ipld_encoding::strict_bytes;
use fvm_ipld_encoding::tuple::*;
use fvm_shared::MethodNum;
use fvm_shared::address::Address;

pub use fvm_actor_utils::receiver::UniversalReceiverParams;

use crate::{Method, method_hash};

/// The methods of an account, as tools call them.
pub mod methods {
    use super::*;

    crate::methods! {
        /// The account's public key address.
        "PubkeyAddress" = PUBKEY_ADDRESS, PubkeyAddress(()) -> Address;
        /// Whether the actor vouches for a message. See [`crate::auth`].
        "AuthenticateMessage" AuthenticateMessage(AuthenticateMessageParams) -> bool;
    }
}

pub const PUBKEY_ADDRESS: MethodNum = 2;
pub const AUTHENTICATE_MESSAGE: MethodNum = methods::AuthenticateMessage::NUMBER;
/// Universal receiver hook of FRC-46 and other tokens.
pub const RECEIVE: MethodNum = method_hash!("Receive");

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct AuthenticateMessageParams {
    #[serde(with = "strict_bytes")]
    pub signature: Vec<u8>,
    #[serde(with = "strict_bytes")]
    pub message: Vec<u8>,
}
