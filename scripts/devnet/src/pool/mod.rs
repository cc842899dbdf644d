//! Messages that wait to be included in a block.
//!
//! The pool decides by facts that it is given, and returns what changed; it reads no state, checks no
//! signature and tells nobody.
//!
//! All of its messages are local, as Lotus calls those that a client pushed to the node itself. So
//! none is dropped for want of room, and a gap between nonces is no reason to refuse one.

pub mod check;
pub mod json;
pub mod refusal;
mod select;
mod syntax;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use anyhow::Result;
use cid::Cid;
use fvm_ipld_encoding::to_vec;
use fvm_shared::address::Address;
use fvm_shared::econ::TokenAmount;
use fvm_shared::message::Message;
use lotus::cid_of;
use lotus::eth::EthHash;
use lotus::json::Addr;
use lotus::message::SignedMessage;

pub use select::{BLOCK, Limits};
pub use syntax::{
    Checked, MAX_SIZE, check_estimated, check_recipient, check_sanity, check_syntax,
    check_unsigned, check_valid, read,
};

use self::refusal::{Fil, Invalid, Refusal};
use crate::gas::{least_limit, required_funds};

/// Messages of one sender.
pub const MAX_PENDING: usize = 1_000;

/// Messages of one sender that a gateway lets in.
pub const MAX_PENDING_UNTRUSTED: usize = 100;

/// In percent of the premium of a message: what replaces it offers more than this.
const REPLACE_BY_FEE: u64 = 110;

/// The actor that sends a message, in the state after the last block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SenderFacts {
    /// Of the next message.
    pub nonce: u64,
    pub balance: TokenAmount,
    /// Whether it is an account, also one of Ethereum, or an address of Ethereum that has yet to
    /// send its first message.
    pub may_send: bool,
}

/// What became of a message in the pool.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    pub kind: ChangeKind,
    pub cid: Cid,
    pub message: Arc<SignedMessage>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// It came, perhaps in the place of another.
    Added,
    Removed,
}

/// Messages by sender and nonce, none of which is there twice. A sender is known by the address of
/// its key, which is the only one that it can sign as.
#[derive(Clone, Debug, Default)]
pub struct Pool {
    senders: BTreeMap<Address, Queue>,
    /// Sender and nonce of every message, in the order in which they came.
    arrivals: BTreeMap<i64, (Address, u64)>,
    /// Sender and nonce of every message, by its CID, and by that without its signature.
    cids: HashMap<Cid, (Address, u64)>,
    /// The same by the hash of its transaction.
    hashes: HashMap<EthHash, (Address, u64)>,
}

/// Messages of one sender.
#[derive(Clone, Debug, Default)]
struct Queue {
    messages: BTreeMap<u64, Pending>,
    /// What all of them require.
    required: TokenAmount,
}

#[derive(Clone, Debug)]
struct Pending {
    message: Arc<SignedMessage>,
    cid: Cid,
    hash: Option<EthHash>,
    /// Its key among the arrivals.
    arrival: i64,
}

impl Pool {
    /// Takes a message of which the signature is right, or says why not. There is no sender where the
    /// chain has no such actor.
    pub fn push(
        &mut self,
        message: Checked,
        sender: Option<&SenderFacts>,
    ) -> Result<Change, Refusal> {
        self.admit(message, sender, MAX_PENDING)
    }

    /// Takes a message of somebody who might not stop.
    pub fn push_untrusted(
        &mut self,
        message: Checked,
        sender: Option<&SenderFacts>,
    ) -> Result<Change, Refusal> {
        self.admit(message, sender, MAX_PENDING_UNTRUSTED)
    }

    fn admit(
        &mut self,
        checked: Checked,
        sender: Option<&SenderFacts>,
        most: usize,
    ) -> Result<Change, Refusal> {
        let message = &checked.signed.message;
        let (from, nonce) = (Addr(message.from), message.sequence);
        let sender = sender.ok_or(Refusal::UnknownSender(from))?;
        if nonce < sender.nonce {
            return Err(Refusal::NonceTooLow { expected: sender.nonce, nonce });
        }
        if !sender.may_send {
            return Err(Refusal::NotASender(from));
        }
        let (limit, least) = (message.gas_limit, least_limit(checked.length));
        if limit < least {
            return Err(Refusal::NeverIncluded(Invalid::LimitBelowStorage { limit, least }));
        }
        let queue = self.senders.get(&message.from);
        let earlier = queue.and_then(|queue| queue.messages.get(&nonce));
        check_funds(&checked, sender, queue, earlier)?;
        match earlier {
            Some(earlier) => check_replacement(&checked, earlier)?,
            None if queue.is_some_and(|queue| queue.messages.len() >= most) => {
                return Err(Refusal::TooManyPending);
            }
            None => {}
        }
        // What replaces a message takes its place in the order as well.
        let arrival = earlier.map_or_else(|| self.next_arrival(), |earlier| earlier.arrival);
        Ok(self.put(checked, arrival))
    }

    /// The nonce of the next message of a sender: the first that no message has, from the one that
    /// the state expects.
    #[must_use]
    pub fn next_nonce(&self, sender: &Address, state_nonce: u64) -> u64 {
        let queue = self.senders.get(sender);
        let nonces = queue.into_iter().flat_map(|queue| queue.messages.range(state_nonce..));
        let nonces = nonces.map(|(nonce, _)| *nonce).zip(state_nonce..);
        state_nonce + nonces.take_while(|(nonce, next)| nonce == next).count() as u64
    }

    /// All messages, sender by sender, in the order of their nonces.
    pub fn pending(&self) -> impl Iterator<Item = &Arc<SignedMessage>> {
        self.senders.values().flat_map(Queue::iter)
    }

    /// Messages of one sender, in the order of their nonces.
    pub fn pending_of(&self, sender: &Address) -> impl Iterator<Item = &Arc<SignedMessage>> {
        self.senders.get(sender).into_iter().flat_map(Queue::iter)
    }

    /// The message of a sender with a nonce.
    #[must_use]
    pub fn message_at(&self, sender: &Address, nonce: u64) -> Option<&Arc<SignedMessage>> {
        Some(&self.senders.get(sender)?.messages.get(&nonce)?.message)
    }

    /// The message with a CID, be it that with or without its signature.
    #[must_use]
    pub fn message(&self, cid: &Cid) -> Option<&Arc<SignedMessage>> {
        let (sender, nonce) = self.cids.get(cid)?;
        self.message_at(sender, *nonce)
    }

    /// The message that clients of Ethereum know by a hash.
    #[must_use]
    pub fn transaction(&self, hash: &EthHash) -> Option<&Arc<SignedMessage>> {
        let (sender, nonce) = self.hashes.get(hash)?;
        self.message_at(sender, *nonce)
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.arrivals.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.arrivals.is_empty()
    }

    /// Removes what has the senders and nonces of messages that a block included, be it those or
    /// others.
    pub fn remove_included(&mut self, included: &[(Address, u64)]) -> Vec<Change> {
        included.iter().filter_map(|(sender, nonce)| self.take(sender, *nonce)).collect()
    }

    /// Removes messages of a sender that the state is past.
    pub fn drop_stale(&mut self, sender: &Address, state_nonce: u64) -> Vec<Change> {
        let queue = self.senders.get(sender);
        let stale = queue.into_iter().flat_map(|queue| queue.messages.range(..state_nonce));
        let stale: Vec<_> = stale.map(|(nonce, _)| (*sender, *nonce)).collect();
        self.remove_included(&stale)
    }

    /// Puts messages back that were taken before, in this order and ahead of all others, without a
    /// check: those whose blocks are no longer on the chain, say. What is pending in their place stays.
    pub fn restore(
        &mut self,
        messages: impl IntoIterator<Item = SignedMessage>,
    ) -> Result<Vec<Change>> {
        let messages: Result<Vec<_>> =
            messages.into_iter().map(Arc::new).map(Checked::measure).collect();
        let mut changes = vec![];
        for message in messages?.into_iter().rev() {
            let Message { from, sequence, .. } = &message.signed.message;
            if !self.senders.get(from).is_some_and(|queue| queue.messages.contains_key(sequence)) {
                let arrival = self.arrivals.first_key_value().map_or(0, |(first, _)| first - 1);
                changes.push(self.put(message, arrival));
            }
        }
        changes.reverse();
        Ok(changes)
    }

    /// Removes all messages. Where local ones are to stay, all of them do.
    pub fn clear(&mut self, local: bool) -> Vec<Change> {
        if !local {
            return vec![];
        }
        self.arrivals.clear();
        self.cids.clear();
        self.hashes.clear();
        let queues = std::mem::take(&mut self.senders).into_values();
        queues.flat_map(|queue| queue.messages.into_values()).map(Pending::removed).collect()
    }

    fn next_arrival(&self) -> i64 {
        self.arrivals.last_key_value().map_or(0, |(last, _)| last + 1)
    }

    /// Puts a message in its place, from which another goes.
    fn put(&mut self, checked: Checked, arrival: i64) -> Change {
        let Checked { signed: message, cid, hash, .. } = checked;
        let (from, nonce) = (message.message.from, message.message.sequence);
        let queue = self.senders.entry(from).or_default();
        queue.required += required_funds(&message.message);
        let pending = Pending { message: Arc::clone(&message), cid, hash, arrival };
        let cids = pending.cids();
        if let Some(replaced) = queue.messages.insert(nonce, pending) {
            queue.required -= required_funds(&replaced.message.message);
            self.forget(&replaced);
        }
        self.cids.extend(cids.map(|cid| (cid, (from, nonce))));
        self.hashes.extend(hash.map(|hash| (hash, (from, nonce))));
        self.arrivals.insert(arrival, (from, nonce));
        Change { kind: ChangeKind::Added, cid, message }
    }

    /// Takes a message out, if it is there.
    fn take(&mut self, sender: &Address, nonce: u64) -> Option<Change> {
        let queue = self.senders.get_mut(sender)?;
        let pending = queue.messages.remove(&nonce)?;
        queue.required -= required_funds(&pending.message.message);
        if queue.messages.is_empty() {
            self.senders.remove(sender);
        }
        self.arrivals.remove(&pending.arrival);
        self.forget(&pending);
        Some(pending.removed())
    }

    /// Takes a message out of what messages are found by.
    fn forget(&mut self, pending: &Pending) {
        for cid in pending.cids() {
            self.cids.remove(&cid);
        }
        if let Some(hash) = pending.hash {
            self.hashes.remove(&hash);
        }
    }
}

impl Queue {
    fn iter(&self) -> impl Iterator<Item = &Arc<SignedMessage>> {
        self.messages.values().map(|pending| &pending.message)
    }
}

impl Pending {
    /// The CID of the message, and that without its signature.
    fn cids(&self) -> impl Iterator<Item = Cid> + use<> {
        let unsigned = to_vec(&self.message.message).ok().map(|bytes| cid_of(&bytes));
        [self.cid].into_iter().chain(unsigned)
    }

    fn removed(self) -> Change {
        Change { kind: ChangeKind::Removed, cid: self.cid, message: self.message }
    }
}

/// Checks that a sender can pay the gas of a message, and of all others that are pending. What it
/// sends does not count: a message that cannot send it fails, and is paid for.
fn check_funds(
    checked: &Checked,
    sender: &SenderFacts,
    queue: Option<&Queue>,
    replaced: Option<&Pending>,
) -> Result<(), Refusal> {
    let mut required = required_funds(&checked.signed.message);
    let balance = &sender.balance;
    if *balance < required {
        let (required, balance) = (Fil(required), Fil(balance.clone()));
        return Err(Refusal::NotEnoughFunds { required, balance });
    }
    required += queue.map(|queue| queue.required.clone()).unwrap_or_default();
    required -=
        replaced.map(|pending| required_funds(&pending.message.message)).unwrap_or_default();
    if *balance < required {
        let (required, balance) = (Fil(required), Fil(balance.clone()));
        return Err(Refusal::NotEnoughForPending { required, balance });
    }
    Ok(())
}

/// Checks that a message is another than the one in its place, and offers enough more.
fn check_replacement(checked: &Checked, earlier: &Pending) -> Result<(), Refusal> {
    let message = &checked.signed.message;
    let (from, nonce) = (Addr(message.from), message.sequence);
    if checked.cid == earlier.cid {
        return Err(Refusal::AlreadyThere { from, nonce });
    }
    let least = least_premium(&earlier.message.message.gas_premium);
    match message.gas_premium < least {
        true => {
            let (from, given) = (Box::new(from), message.gas_premium.clone());
            Err(Refusal::PremiumTooLow { from, nonce, least, given })
        }
        false => Ok(()),
    }
}

/// What replaces a message with this premium offers at the least.
fn least_premium(premium: &TokenAmount) -> TokenAmount {
    (premium * REPLACE_BY_FEE).div_floor(100) + TokenAmount::from_atto(1)
}
