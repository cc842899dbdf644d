//! Running a message to see what it would do.

use std::sync::Arc;

use anyhow::Result;
use fvm_harness::{Network, Outcome};
use fvm_ipld_encoding::RawBytes;
use fvm_shared::METHOD_SEND;
use fvm_shared::address::{Address, Protocol};
use fvm_shared::crypto::signature::SECP_SIG_LEN;
use fvm_shared::econ::TokenAmount;
use fvm_shared::message::Message;
use lotus::message::{Signature, SignatureType, SignedMessage};
use shared::ext::SYSTEM_ACTOR;

use crate::gas::BLOCK_GAS_LIMIT;
use crate::view::View;

/// Where messages are tried. Nothing of what they change is kept.
pub struct Trial {
    pub view: View,
    /// What runs before each of them.
    pub earlier: Vec<Arc<SignedMessage>>,
    /// Paid by those messages that offer anything for gas.
    pub base_fee: TokenAmount,
}

/// Who may send a message that is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// Who may send one that is signed.
    Account,
    /// Anybody: an address without an actor gets a placeholder, and a contract needs no gas for the
    /// message itself.
    Anybody,
}

impl Trial {
    /// Runs a message with its sender's next nonce. One that offers nothing for gas has it for nothing.
    pub fn run(&self, mut message: Message, sender: Sender) -> Result<Outcome> {
        let mut net = self.view.network()?;
        if !message.gas_fee_cap.is_zero() {
            net.set_base_fee(self.base_fee.clone());
        }
        net.set_tracing(true);
        for earlier in &self.earlier {
            net.execute(earlier.message.clone(), earlier.chain_bytes()?.len())?;
        }
        if sender == Sender::Anybody && net.actor(&message.from).is_none() {
            net.perform(nothing_for(message.from))?;
        }
        message.sequence = net.nonce(&message.from);
        match sender == Sender::Anybody && !self.is_account(&net, &message.from) {
            true => net.perform(message),
            false => {
                let length = length(&message)?;
                net.execute(message, length)
            }
        }
    }

    fn is_account(&self, net: &Network, address: &Address) -> bool {
        net.actor(address).is_some_and(|actor| {
            matches!(self.view.kind(&actor), Some("account" | "ethaccount" | "placeholder"))
        })
    }
}

/// A message by which the chain itself sends nothing to an address.
fn nothing_for(address: Address) -> Message {
    Message {
        version: 0,
        from: Address::new_id(SYSTEM_ACTOR),
        to: address,
        sequence: 0,
        value: TokenAmount::default(),
        method_num: METHOD_SEND,
        params: RawBytes::default(),
        gas_limit: BLOCK_GAS_LIMIT,
        gas_fee_cap: TokenAmount::default(),
        gas_premium: TokenAmount::default(),
    }
}

/// Bytes on chain of a message that nobody has signed. Its sender is a key's address.
fn length(message: &Message) -> Result<usize> {
    let (kind, length) = match message.from.protocol() {
        Protocol::BLS => (SignatureType::BLS, 0),
        Protocol::Delegated => (SignatureType::Delegated, SECP_SIG_LEN),
        _ => (SignatureType::Secp256k1, SECP_SIG_LEN),
    };
    let signature = Signature::new(kind, vec![0; length]);
    Ok(SignedMessage { message: message.clone(), signature }.chain_bytes()?.len())
}
