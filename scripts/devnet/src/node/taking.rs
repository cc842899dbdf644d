//! Taking messages.

use std::sync::Arc;

use anyhow::{Context, Result};
use cid::Cid;
use fvm_shared::address::Address;
use fvm_shared::message::Message;
use lotus::message::SignedMessage;

use super::Node;
use crate::db::{Batch, blocks_of};
use crate::pool::refusal::Refusal;
use crate::pool::{Change, Checked, Pool, SenderFacts};

/// How the pool takes a message: [`Pool::push`] or [`Pool::push_untrusted`].
pub type Take = fn(&mut Pool, Checked, Option<&SenderFacts>) -> Result<Change, Refusal>;

/// A message that the pool took, and that is yet to be answered for.
pub(crate) struct Taken {
    cid: Cid,
    place: (Address, u64),
    /// By what the store knows it while it is queued.
    queued: u64,
    replaced: Option<Arc<SignedMessage>>,
}

impl Node {
    /// The facts about a sender that the message pool decides by.
    pub fn sender(&self, address: &Address) -> Result<Option<SenderFacts>> {
        self.view_after(&self.head()).sender(address)
    }

    /// Looks at the pool and at a sender as they are at one moment, so that no tipset comes between
    /// what is known of the sender and what is done to the pool.
    pub fn with_pool<T>(
        &self,
        sender: &Address,
        decide: impl FnOnce(&mut Pool, Option<&SenderFacts>) -> T,
    ) -> Result<T> {
        loop {
            let head = self.head();
            let facts = self.view_after(&head).sender(sender)?;
            let mut pool = self.pool();
            // A head changes only together with the pool.
            if Arc::ptr_eq(&head, &self.head.borrow()) {
                return Ok(decide(&mut pool, facts.as_ref()));
            }
        }
    }

    /// The nonce of an account's next message, counting those that wait.
    pub fn next_nonce(&self, sender: &Address) -> Result<Option<u64>> {
        self.with_pool(sender, |pool, facts| {
            facts.map(|facts| pool.next_nonce(sender, facts.nonce))
        })
    }

    /// Takes a message whose signature is its sender's.
    pub fn push(&self, message: Checked) -> Result<Cid> {
        self.admit(message, Pool::push)
    }

    /// Takes a message whose signature is its sender's, in one way or another. When this returns, the
    /// message is on the disk, and on the chain if the node mines at once and it could be included.
    pub fn admit(&self, message: Checked, take: Take) -> Result<Cid> {
        let taken = self.take(message, take, None)?;
        self.answer_for(taken)
    }

    /// Takes a message, and the name under which it is sent. It is yet to be answered for.
    pub(crate) fn take(&self, message: Checked, take: Take, name: Option<&str>) -> Result<Taken> {
        let Message { from, sequence: nonce, .. } = message.signed().message;
        self.with_pool(&from, |pool, facts| {
            let replaced = pool.message_at(&from, nonce).cloned();
            // Who waits for the one that is replaced is told what took its place.
            let blocks = replaced.as_deref().map(blocks_of).transpose()?.unwrap_or_default();
            let change = take(pool, message, facts)?;
            let (cid, message) = (change.cid, change.message.clone());
            self.broken.forget(&cid);
            self.tell([change]);
            let queued = self.db.queue(message, name, blocks);
            Ok(Taken { cid, place: (from, nonce), queued, replaced })
        })?
    }

    /// Does for a message that was taken what its sender may rely on.
    pub(crate) fn answer_for(&self, taken: Taken) -> Result<Cid> {
        let cid = taken.cid;
        self.mine_at_once();
        let kept = self.db.flush(taken.queued).context("the message cannot be kept");
        match kept {
            Err(error) if self.take_back(taken)? => Err(error),
            // Where it could not be taken back, a tipset was made with it, or without it.
            _ => self.broken.check(&cid).map(|()| cid),
        }
    }

    /// Takes a message out of the pool that is not on the disk. Returns whether it was in neither.
    fn take_back(&self, taken: Taken) -> Result<bool> {
        let mut pool = self.pool();
        if !self.db.take_back(taken.queued) {
            return Ok(false);
        }
        if pool.message(&taken.cid).is_some() {
            self.tell(pool.remove_included(&[taken.place]));
            let replaced = taken.replaced.map(|message| SignedMessage::clone(&message));
            self.tell(pool.restore(replaced)?);
        }
        Ok(true)
    }

    /// Takes the messages again that waited when the node stopped. They were checked once: one that its
    /// sender cannot pay for now waits for funds, as it did.
    pub(super) fn take_again(&self) -> Result<()> {
        let (mut waiting, mut dropped) = (vec![], vec![]);
        for signed in self.db.pending()? {
            let Message { from, sequence: nonce, .. } = signed.message;
            match self.sender(&from)?.is_some_and(|sender| nonce < sender.nonce) {
                true => dropped.push((from, nonce)),
                false => waiting.push(signed),
            }
        }
        self.pool().restore(waiting)?;
        self.db.commit(&Batch { dropped, ..Batch::default() })
    }

    /// Removes messages that wait; see [`Pool::clear`].
    pub fn clear_pool(&self, local: bool) -> Result<()> {
        let mut pool = self.pool();
        if local {
            self.db.commit(&Batch { cleared: true, ..Batch::default() })?;
        }
        self.tell(pool.clear(local));
        Ok(())
    }

    /// With the lock of the pool, so that subscribers hear of changes in their order.
    pub(super) fn tell(&self, changes: impl IntoIterator<Item = Change>) {
        for change in changes {
            // Nobody may be listening.
            let _ = self.changes.send(change);
        }
    }
}
