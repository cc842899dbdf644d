//! Making tipsets, and what only a development network does to the chain.

use std::sync::Arc;

use anyhow::{Result, ensure};
use cid::Cid;
use fvm_harness::Network;
use fvm_shared::clock::ChainEpoch;
use lotus::message::SignedMessage;

use super::{Mining, Node};
use crate::chain::{Chain, is_acting};
use crate::pool;

impl Node {
    /// Makes the next tipset out of the messages that wait.
    pub fn mine(&self) -> Result<()> {
        let mut chain = self.chain();
        let messages = self.select(&chain, pool::BLOCK);
        self.include(&mut chain, &messages, |_| Ok(()))
    }

    /// Makes a tipset for each message that can be included, and one in which the last receipt is.
    fn mine_all(&self) -> Result<()> {
        let mut chain = self.chain();
        let one = pool::Limits { messages: 1, ..pool::BLOCK };
        let mut mined = false;
        loop {
            let messages = self.select(&chain, one);
            if messages.is_empty() {
                break;
            }
            self.include(&mut chain, &messages, |_| Ok(()))?;
            mined = true;
        }
        if mined {
            self.include(&mut chain, &[], |_| Ok(()))?;
        }
        Ok(())
    }

    /// Makes empty tipsets up to a height that somebody waits for, if the node mines at once: nobody
    /// else would.
    pub fn deepen(&self, height: ChainEpoch) -> Result<()> {
        let mut chain = self.chain();
        while self.mining == Mining::Instant && chain.head().height() < height {
            self.include(&mut chain, &[], |_| Ok(()))?;
        }
        Ok(())
    }

    fn select(&self, chain: &Chain, limits: pool::Limits) -> Vec<Arc<SignedMessage>> {
        let view = self.view_after(chain.head());
        let base_fee = &chain.head().next_base_fee;
        self.pool().select(limits, base_fee, |from| view.sender(from).ok().flatten())
    }

    fn include<T>(
        &self,
        chain: &mut Chain,
        messages: &[Arc<SignedMessage>],
        work: impl FnOnce(&mut Network) -> Result<T>,
    ) -> Result<T> {
        let done = chain.produce(messages, work)?;
        let included: Vec<_> =
            messages.iter().map(|m| (m.message.from, m.message.sequence)).collect();
        let mut pool = self.pool();
        let removed = pool.remove_included(&included);
        self.head.send_replace(chain.head().clone());
        self.inclusions.happened(&included);
        self.tell(removed);
        Ok(done)
    }

    /// Makes tipsets of what waits, if the node mines as soon as there is a message.
    pub fn mine_at_once(&self) -> Result<()> {
        match self.mining {
            Mining::Instant => self.mine_all(),
            Mining::OnDemand => Ok(()),
        }
    }

    /// Changes the state by other means than messages of accounts, and makes the tipsets that show it.
    pub fn intervene<T>(&self, work: impl FnOnce(&mut Network) -> Result<T>) -> Result<T> {
        let mut chain = self.chain();
        let done = self.include(&mut chain, &[], work)?;
        self.include(&mut chain, &[], |_| Ok(()))?;
        Ok(done)
    }

    /// Makes a tipset without messages, which names all that came of those before it.
    pub(crate) fn settle(&self) -> Result<Arc<Tipset>> {
        let mut chain = self.chain();
        self.include(&mut chain, &[], |_| Ok(()))?;
        Ok(chain.head().clone())
    }

    /// Runs a message for a sender that does not sign: no nonce, no fee. Its receipt is in the chain as
    /// any other's.
    pub fn act(&self, message: SignedMessage) -> Result<Cid> {
        ensure!(is_acting(&message), "a message that is signed is to be pushed");
        let cid = message.cid()?;
        let mut chain = self.chain();
        self.include(&mut chain, &[Arc::new(message)], |_| Ok(()))?;
        self.include(&mut chain, &[], |_| Ok(()))?;
        Ok(cid)
    }

    /// Makes the next tipset after time has passed.
    pub(crate) fn produce_after(&self, pass: impl FnOnce(&mut Chain) -> Result<()>) -> Result<()> {
        let mut chain = self.chain();
        chain.whole(pass)?;
        let messages = self.select(&chain, pool::BLOCK);
        self.include(&mut chain, &messages, |_| Ok(()))
    }

    /// Goes back to the tipset at a height. Messages that are no longer on the chain are gone, and so
    /// are those that wait.
    pub fn revert(&self, height: ChainEpoch) -> Result<()> {
        let mut chain = self.chain();
        chain.revert(height)?;
        let mut pool = self.pool();
        let dropped = pool.clear(true);
        self.head.send_replace(chain.head().clone());
        self.tell(dropped);
        Ok(())
    }
}
