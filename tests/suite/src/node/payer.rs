//! An account that signs for itself, and pushes in process.

use cid::Cid;
use devnet::pool::check_syntax;
use fvm_harness::{CHAIN_ID, Key as HarnessKey, TokenAmount, atto};
use fvm_ipld_encoding::RawBytes;
use fvm_shared::address::Address;
use fvm_shared::message::Message;
use lotus::keys::Key;
use lotus::message::{SignatureType, SignedMessage};
use serde_json::{Value, json};

use super::setup::Dev;

/// The faucet of a network, which has all of its FIL.
pub struct Payer(Key);

impl Payer {
    pub fn faucet() -> Self {
        let HarnessKey::Secp256k1(key) = HarnessKey::secp256k1("faucet") else {
            unreachable!("a key of secp256k1")
        };
        Payer(Key::from_bytes(SignatureType::Secp256k1, &key.to_bytes()).unwrap())
    }

    pub fn address(&self) -> Address {
        self.0.address()
    }

    /// A transfer with a nonce. It offers 1,000 attoFIL for a unit of gas.
    pub fn pay(&self, nonce: u64, to: Address, value: TokenAmount) -> Message {
        Message {
            version: 0,
            from: self.address(),
            to,
            sequence: nonce,
            value,
            method_num: 0,
            params: RawBytes::default(),
            gas_limit: 10_000_000,
            gas_fee_cap: atto(1_000),
            gas_premium: atto(100),
        }
    }

    pub fn sign(&self, message: Message) -> SignedMessage {
        self.0.sign_message(message, CHAIN_ID).unwrap()
    }

    /// Signs and pushes a message.
    pub fn push(&self, dev: &Dev, message: Message) -> Cid {
        dev.node().push(check_syntax(self.sign(message)).unwrap()).unwrap()
    }
}

/// A CID as JSON.
pub fn link(cid: &Cid) -> Value {
    json!({ "/": cid.to_string() })
}

/// Somebody whom the network does not know yet.
pub fn bob() -> Address {
    HarnessKey::secp256k1("bob").address().unwrap()
}
