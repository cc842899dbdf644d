//! Messages on their way into the pool: those that clients signed, and those that the node numbers and
//! signs for them.

use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result, anyhow};
use fvm_harness::CHAIN_ID;
use fvm_shared::crypto::signature::BLS_SIG_LEN;
use fvm_shared::message::Message;
use lotus::json::Addr;
use lotus::keys;
use lotus::message::{MessageJson, SignedMessage, SignedMessageJson};

use crate::gas::{self, MessageSendSpec};
use crate::node::Node;
use crate::pool::refusal::Unverified;
use crate::pool::{self, Checked, Pool, check_estimated, check_syntax, check_unsigned};

/// Who holds the lock numbers the next message: no two take one nonce.
#[derive(Default)]
pub struct Outbox(Mutex<()>);

impl Outbox {
    fn numbering(&self) -> MutexGuard<'_, ()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The message that a client signed.
pub fn read(json: SignedMessageJson) -> Result<SignedMessage> {
    let kind = json.signature.kind;
    let message = pool::read(json.message)?;
    let signature = json.signature.signature().ok_or(Unverified::UnknownType(kind))?;
    Ok(SignedMessage { message, signature })
}

/// Checks all that a message says by itself, its signature last.
pub fn check(signed: SignedMessage) -> Result<Checked> {
    let checked = check_syntax(signed)?;
    let signed = checked.signed();
    if signed.is_bls() && signed.signature.bytes.len() != BLS_SIG_LEN {
        return Err(Unverified::BlsLength.into());
    }
    keys::verify(signed, CHAIN_ID).map_err(Unverified::Invalid)?;
    Ok(checked)
}

impl Node {
    /// Numbers, signs and pushes a message, with the gas that it leaves open filled in. The same name
    /// in the spec gives the same message again.
    ///
    /// The nonce is the one after those on the chain and in the pool. Lotus also remembers the last one
    /// that it gave, and leaves a gap where the chain went back.
    pub fn send(&self, message: MessageJson, spec: &MessageSendSpec) -> Result<SignedMessage> {
        if let Some(sent) = self.sent(spec)? {
            return Ok(sent);
        }
        let given = pool::read(message)?;
        check_unsigned(&given)?;
        let head = self.head();
        let signer = self.view_after(&head).signer(&given.from).context("getting key address")?;
        let estimated = gas::complete(self, given.clone(), spec, &head)
            .context("GasEstimateMessageGas error")?;
        let balance = self.sender(&signer)?.map(|sender| sender.balance).unwrap_or_default();
        check_estimated(&given, &estimated, &balance)?;
        self.number(Message { from: signer, ..estimated }, spec)
    }

    /// The message that was sent under the same name.
    fn sent(&self, spec: &MessageSendSpec) -> Result<Option<SignedMessage>> {
        spec.id().map_or(Ok(None), |name| self.db().named(name))
    }

    fn number(&self, mut message: Message, spec: &MessageSendSpec) -> Result<SignedMessage> {
        let numbering = self.outbox().numbering();
        if let Some(earlier) = self.sent(spec)? {
            return Ok(earlier);
        }
        let from = message.from;
        let nonce = self.next_nonce(&from)?.ok_or_else(|| unknown(Addr(from)));
        message.sequence =
            nonce.context("failed to create nonce: failed to get nonce from mempool")?;
        let key = self
            .wallet()
            .key(&from)
            .map_err(|error| anyhow!("failed to sign message: {error}, addr={}", Addr(from)))?;
        let signed = key.sign_message(message, CHAIN_ID)?;
        let taken = check(signed.clone())
            .and_then(|checked| self.take(checked, Pool::push, spec.id()))
            .context("mpool push: failed to push message")?;
        drop(numbering);
        self.answer_for(taken)?;
        Ok(signed)
    }
}

/// What is said of an account that is not on the chain.
pub(crate) fn unknown(address: Addr) -> anyhow::Error {
    anyhow!("resolution lookup failed ({address}): actor not found")
}
