//! Reading the chain.

use std::sync::Arc;

use anyhow::{Result, bail};
use cid::Cid;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::receipt::Receipt;
use lotus::block::{TipsetKey, not_found, read_receipt};
use lotus::message::SignedMessage;
use tokio::sync::{broadcast, watch};

use super::Node;
use crate::db::Placement;
use crate::pool::Change;
use crate::tipset::{Tipset, read_header, read_message};
use crate::view::View;

/// A message on the chain, and what came of it.
#[derive(Clone, Debug)]
pub struct Lookup {
    pub message: SignedMessage,
    pub placement: Placement,
    pub receipt: Receipt,
    /// The tipset that names the state after the message: the child of the one that includes it.
    pub tipset: Tipset,
}

impl Node {
    #[must_use]
    pub fn head(&self) -> Arc<Tipset> {
        self.head.borrow().clone()
    }

    /// Tells of every new head.
    #[must_use]
    pub fn heads(&self) -> watch::Receiver<Arc<Tipset>> {
        self.head.subscribe()
    }

    /// Tells of every change of the message pool.
    #[must_use]
    pub fn changes(&self) -> broadcast::Receiver<Change> {
        self.changes.subscribe()
    }

    /// The tipset of a key; the head for the empty one.
    pub fn tipset(&self, key: &TipsetKey) -> Result<Arc<Tipset>> {
        let TipsetKey(blocks) = key;
        let Some(block) = blocks.first() else { return Ok(self.head()) };
        let header = read_header(self.store(), block);
        let header = header.map_err(|error| error.context(format!("get block {block}")))?;
        let tipset = self.tipset_at_or_below(header.height)?;
        match tipset {
            Some(tipset) if tipset.key() == *key => Ok(Arc::new(tipset)),
            _ => Err(not_found(block).context(format!("get block {block}"))),
        }
    }

    /// The tipset at a height, or the last one below.
    pub fn tipset_at_or_below(&self, height: ChainEpoch) -> Result<Option<Tipset>> {
        self.db.tipset_at_or_below(height)?.map(|bytes| Tipset::read(&bytes)).transpose()
    }

    /// The tipset at a height, or the first one above.
    pub fn tipset_at_or_above(&self, height: ChainEpoch) -> Result<Option<Tipset>> {
        self.db.tipset_at_or_above(height)?.map(|bytes| Tipset::read(&bytes)).transpose()
    }

    /// The tipset that names the state after this one, once there is one.
    pub fn child(&self, tipset: &Tipset) -> Result<Option<Tipset>> {
        self.tipset_at_or_above(tipset.height() + 1)
    }

    /// The state that a tipset names: the one after its parent's messages.
    #[must_use]
    pub fn view(&self, tipset: &Tipset) -> View {
        let root = tipset.header.parent_state_root;
        View { root, epoch: tipset.height(), ..self.view.clone() }
    }

    /// The state after a tipset's own messages.
    #[must_use]
    pub fn view_after(&self, tipset: &Tipset) -> View {
        View { root: tipset.state, epoch: tipset.height() + 1, ..self.view.clone() }
    }

    /// A message of whatever kind: one that waits, is on the chain, or was replaced by another. It has
    /// the CID of the message without its signature too, and comes then without one.
    pub fn message(&self, cid: &Cid) -> Result<SignedMessage> {
        if let Some(message) = self.pool().message(cid) {
            return Ok(SignedMessage::clone(message));
        }
        read_message(self.store(), cid)
    }

    /// A message that is on the chain and executed; `None` for others.
    pub fn lookup(&self, message: &Cid) -> Result<Option<Lookup>> {
        let Some(placement) = self.db.placement(message)? else { return Ok(None) };
        let Some(tipset) = self.tipset_at_or_above(placement.height + 1)? else { return Ok(None) };
        let receipts = &tipset.header.parent_message_receipts;
        let Some(receipt) = read_receipt(self.store(), receipts, placement.index)? else {
            bail!("the receipts at epoch {} do not have {message}", placement.height);
        };
        let message = self.message(message)?;
        Ok(Some(Lookup { message, placement, receipt, tipset }))
    }
}
