//! Taking messages.

use std::sync::Arc;

use anyhow::Result;
use cid::Cid;
use fvm_ipld_blockstore::Blockstore;
use fvm_shared::address::Address;
use fvm_shared::message::Message;

use super::Node;
use crate::pool::refusal::Refusal;
use crate::pool::{Change, Checked, Pool, SenderFacts};

/// How the pool takes a message: [`Pool::push`] or [`Pool::push_untrusted`].
pub type Take = fn(&mut Pool, Checked, Option<&SenderFacts>) -> Result<Change, Refusal>;

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

    /// Takes a message whose signature is its sender's, and makes the next tipset if the node mines at
    /// once.
    pub fn push(&self, message: Checked) -> Result<Cid> {
        let cid = self.admit(message, Pool::push)?;
        self.mine_at_once()?;
        Ok(cid)
    }

    /// Takes a message whose signature is its sender's.
    pub fn admit(&self, message: Checked, take: Take) -> Result<Cid> {
        let Message { from, sequence: nonce, .. } = message.signed().message;
        let (cid, replaced) = self.with_pool(&from, |pool, facts| {
            let replaced = pool.message_at(&from, nonce).cloned();
            let change = take(pool, message, facts)?;
            let cid = change.cid;
            self.tell([change]);
            Ok::<_, Refusal>((cid, replaced))
        })??;
        if let Some(replaced) = replaced {
            // Who waits for it is told what took its place.
            self.db.put_keyed(&replaced.cid()?, &replaced.chain_bytes()?)?;
        }
        Ok(cid)
    }

    /// Removes messages that wait; see [`Pool::clear`].
    pub fn clear_pool(&self, local: bool) {
        let mut pool = self.pool();
        self.tell(pool.clear(local));
    }

    /// With the lock of the pool, so that subscribers hear of changes in their order.
    pub(super) fn tell(&self, changes: impl IntoIterator<Item = Change>) {
        for change in changes {
            // Nobody may be listening.
            let _ = self.changes.send(change);
        }
    }
}
