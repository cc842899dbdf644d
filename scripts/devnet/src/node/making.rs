//! Making tipsets, and what only a development network does to the chain.

use std::sync::{Arc, MutexGuard};

use anyhow::Result;
use cid::Cid;
use fvm_harness::Network;
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use lotus::message::SignedMessage;

use super::{Mining, Node};
use crate::chain::{Chain, Failure};
use crate::db::{Batch, blocks_of};
use crate::pool::{self, Pool};
use crate::tipset::Tipset;

/// Sender and nonce of a message.
type Place = (Address, u64);

/// A message on which the machine breaks.
struct LeftOut {
    message: Arc<SignedMessage>,
    cid: Cid,
    error: anyhow::Error,
}

impl Node {
    /// Makes the next tipset out of the messages that wait.
    pub fn mine(&self) -> Result<()> {
        let mut chain = self.chain();
        let messages = self.select(&chain, pool::BLOCK);
        self.include(&mut chain, messages)
    }

    /// Makes tipsets of what waits, if the node mines as soon as there is a message. That none can be
    /// made is the node's to tell, not that of whoever sent a message.
    pub(super) fn mine_at_once(&self) {
        if self.mining == Mining::Instant
            && let Err(error) = self.mine_all()
        {
            eprintln!("devnet: no tipset could be made: {error:#}");
        }
    }

    /// Makes a tipset for each message that can be included, and one in which the last receipt is,
    /// whoever made the tipsets before.
    fn mine_all(&self) -> Result<()> {
        let mut chain = self.chain();
        let one = pool::Limits { messages: 1, ..pool::BLOCK };
        loop {
            let messages = self.select(&chain, one);
            if messages.is_empty() && chain.is_concluded()? {
                return Ok(());
            }
            self.include(&mut chain, messages)?;
        }
    }

    /// Makes empty tipsets up to a height that somebody waits for, if the node mines at once: nobody
    /// else would. Returns the height that the chain has then.
    pub fn deepen(&self, height: ChainEpoch) -> Result<ChainEpoch> {
        loop {
            // Others have their turn between two tipsets.
            let mut chain = self.chain();
            let reached = chain.head().height();
            if self.mining == Mining::OnDemand || reached >= height {
                return Ok(reached);
            }
            self.include(&mut chain, vec![])?;
        }
    }

    fn select(&self, chain: &Chain, limits: pool::Limits) -> Vec<Arc<SignedMessage>> {
        let view = self.view_after(chain.head());
        let base_fee = &chain.head().next_base_fee;
        self.pool().select(limits, base_fee, |from| view.sender(from).ok().flatten())
    }

    /// Makes the next tipset of messages that wait. One on which the machine breaks is left out, with
    /// what its sender numbered after it; where all goes well without it, it is dropped.
    fn include(&self, chain: &mut Chain, messages: Vec<Arc<SignedMessage>>) -> Result<()> {
        self.include_after(|_| Ok(()), chain, messages)
    }

    /// The same after time has passed, which is undone wherever the machine breaks.
    fn include_after(
        &self,
        pass: impl Fn(&mut Chain) -> Result<()>,
        chain: &mut Chain,
        mut messages: Vec<Arc<SignedMessage>>,
    ) -> Result<()> {
        let mut left_out: Vec<LeftOut> = vec![];
        loop {
            chain.whole(&pass)?;
            let made = chain.produce(&messages, |batch| self.settle(&messages, &left_out, batch));
            let Failure { message: culprit, error } = match made {
                Ok((pool, gone)) => {
                    for LeftOut { message, cid, error } in &left_out {
                        if gone.contains(&place(message)) {
                            self.broken.remember(*cid, error);
                        }
                    }
                    self.arrived(chain, pool, &gone);
                    return Ok(());
                }
                Err(failure) => failure,
            };
            let is_culprit = |message: &&Arc<SignedMessage>| message.cid().ok() == culprit;
            let Some(message) = messages.iter().find(is_culprit).cloned() else {
                return Err(error);
            };
            let cid = message.cid()?;
            eprintln!("devnet: the machine breaks on the message {cid}: {error:#}");
            let (from, nonce) = place(&message);
            messages.retain(|other| other.message.from != from || other.message.sequence < nonce);
            left_out.push(LeftOut { message, cid, error });
        }
    }

    /// Writes with a tipset which messages no longer wait, and returns them. The pool stays as it is
    /// until that is done, so that it takes nothing in the place of what is on the chain.
    fn settle(
        &self,
        included: &[Arc<SignedMessage>],
        left_out: &[LeftOut],
        batch: &mut Batch,
    ) -> Result<(MutexGuard<'_, Pool>, Vec<Place>)> {
        let pool = self.pool();
        let waits = |(from, nonce): Place| pool.message_at(&from, nonce);
        for message in included {
            batch.settled.push(place(message));
            // What came meanwhile to replace it did not.
            if let Some(late) = waits(place(message)).filter(|late| *late != message) {
                batch.blocks.extend(blocks_of(late)?);
            }
        }
        // What came meanwhile to replace one of these waits for the next tipset.
        let dropped =
            left_out.iter().filter(|left| waits(place(&left.message)) == Some(&left.message));
        batch.dropped.extend(dropped.map(|left| place(&left.message)));
        let gone = [&*batch.settled, &batch.dropped].concat();
        Ok((pool, gone))
    }

    /// Tells of a new head, and of the messages that no longer wait.
    fn arrived(&self, chain: &Chain, mut pool: MutexGuard<'_, Pool>, gone: &[Place]) {
        let removed = pool.remove_included(gone);
        self.head.send_replace(chain.head().clone());
        self.inclusions.happened(gone);
        self.tell(removed);
    }

    // What only a development network does

    /// Changes the state by other means than messages of accounts, and makes the tipsets that show it.
    pub fn intervene<T>(&self, work: impl FnOnce(&mut Network) -> Result<T>) -> Result<T> {
        self.change(|net, _| work(net))
    }

    /// Changes the state, and what is written with the tipset.
    pub(crate) fn change<T>(
        &self,
        work: impl FnOnce(&mut Network, &mut Batch) -> Result<T>,
    ) -> Result<T> {
        let mut chain = self.chain();
        let (done, pool) = chain.change(work, |_| Ok(self.pool()))?;
        self.arrived(&chain, pool, &[]);
        self.include(&mut chain, vec![])?;
        Ok(done)
    }

    /// Makes a tipset without messages, which names all that came of those before it, and reads the
    /// chain as it is then.
    pub(crate) fn conclude<T>(&self, read: impl FnOnce(&Chain) -> Result<T>) -> Result<T> {
        let mut chain = self.chain();
        self.include(&mut chain, vec![])?;
        read(&chain)
    }

    /// Runs a message for a sender that does not sign: no nonce, no fee. Its receipt is in the chain as
    /// any other's. It is made when the head is known that it comes after: no other comes between.
    pub(crate) fn act(&self, make: impl FnOnce(&Tipset) -> SignedMessage) -> Result<Cid> {
        let mut chain = self.chain();
        let message = make(chain.head());
        let cid = message.cid()?;
        let pool = chain.produce(&[Arc::new(message)], |_| Ok(self.pool()))?;
        self.arrived(&chain, pool, &[]);
        self.include(&mut chain, vec![])?;
        Ok(cid)
    }

    /// Makes the next tipset after time has passed. The chain is not to be had meanwhile: a tipset in
    /// between would keep a part of what is to be whole.
    pub(crate) fn produce_after(&self, pass: impl Fn(&mut Chain) -> Result<()>) -> Result<()> {
        let mut chain = self.chain();
        let messages = self.select(&chain, pool::BLOCK);
        self.include_after(pass, &mut chain, messages)
    }

    /// Goes back to the tipset at a height. Messages that are no longer on the chain are gone, and so
    /// are those that wait.
    pub fn revert(&self, height: ChainEpoch) -> Result<()> {
        let mut chain = self.chain();
        let mut pool = self.pool();
        chain.revert(height)?;
        let dropped = pool.clear(true);
        self.head.send_replace(chain.head().clone());
        self.tell(dropped);
        drop((pool, chain));
        self.mine_at_once();
        Ok(())
    }
}

fn place(signed: &SignedMessage) -> Place {
    (signed.message.from, signed.message.sequence)
}
