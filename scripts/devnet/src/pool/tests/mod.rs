//! Stories of a pool, and what they need.

mod check;
mod model;
mod push;
mod select;
mod syntax;
mod upkeep;

use std::sync::Arc;

use fvm_ipld_encoding::RawBytes;
use fvm_shared::address::Address;
use fvm_shared::bigint::BigInt;
use fvm_shared::econ::TokenAmount;
use fvm_shared::message::Message;
use lotus::json::Base64;
use lotus::message::{SignatureJson, SignedMessage};

use super::refusal::Refusal;
use super::{Change, Checked, Pool, SenderFacts, check_syntax};

pub(crate) fn atto(amount: impl Into<BigInt>) -> TokenAmount {
    TokenAmount::from_atto(amount)
}

/// The address of the key of one of many senders.
pub(crate) fn sender(number: u64) -> Address {
    let mut key = [0; 65];
    key[..8].copy_from_slice(&number.to_le_bytes());
    Address::new_secp256k1(&key).unwrap()
}

/// A message that a block can include, with a fee cap of 200 and a premium of 100.
pub(crate) fn message(from: u64, nonce: u64) -> Message {
    Message {
        version: 0,
        from: sender(from),
        to: Address::new_id(1_000),
        sequence: nonce,
        value: TokenAmount::default(),
        method_num: 0,
        params: RawBytes::default(),
        gas_limit: 1_000_000,
        gas_fee_cap: atto(200),
        gas_premium: atto(100),
    }
}

/// The message with a signature of secp256k1 that nobody checks.
pub(crate) fn signed(message: Message) -> SignedMessage {
    signed_by(1, vec![7; 65], message)
}

/// The message with any signature.
fn signed_by(kind: u8, signature: Vec<u8>, message: Message) -> SignedMessage {
    let signature = SignatureJson { kind, data: Base64(signature) };
    SignedMessage { message, signature: signature.signature().unwrap() }
}

fn checked(message: Message) -> Checked {
    check_syntax(signed(message)).unwrap()
}

/// Someone who has sent nothing yet and has a FIL.
fn rich() -> SenderFacts {
    SenderFacts { nonce: 0, balance: TokenAmount::from_whole(1), may_send: true }
}

/// Pushes a message of someone rich.
fn push(pool: &mut Pool, message: Message) -> Result<Change, Refusal> {
    pool.push(checked(message), Some(&rich()))
}

/// Says why a message of this sender is refused.
fn refusal(pool: &mut Pool, message: Message, sender: &SenderFacts) -> String {
    pool.push(checked(message), Some(sender)).unwrap_err().to_string()
}

/// A pool to which these messages came, of (sender, nonce).
fn pool_of(messages: &[(u64, u64)]) -> Pool {
    let mut pool = Pool::default();
    for (from, nonce) in messages {
        push(&mut pool, message(*from, *nonce)).unwrap();
    }
    pool
}

/// Sender and nonce of messages, for senders below ten.
fn ids<'a>(messages: impl IntoIterator<Item = &'a Arc<SignedMessage>>) -> Vec<(u64, u64)> {
    let number = |address| (0..10).find(|number| sender(*number) == address).unwrap();
    let id = |signed: &Arc<SignedMessage>| (number(signed.message.from), signed.message.sequence);
    messages.into_iter().map(id).collect()
}

/// Sender and nonce of messages that changed.
fn changed(changes: &[Change]) -> Vec<(u64, u64)> {
    ids(changes.iter().map(|change| &change.message))
}
