//! The node: the chain, the messages that wait for it, and who is told of what happens.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use anyhow::{Context, Result, bail, ensure};
use cid::Cid;
use fvm_harness::{Network, Store};
use fvm_ipld_blockstore::Blockstore;
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::message::Message;
use fvm_shared::receipt::Receipt;
use lotus::auth::Secret;
use lotus::block::{TipsetKey, not_found, read_receipt};
use lotus::message::SignedMessage;
use rand::TryRng;
use rand::rngs::SysRng;
use tokio::sync::{broadcast, watch};

use crate::api::Filters;
use crate::chain::{Chain, Settings};
use crate::db::{Db, Placement};
use crate::gas::Premiums;
use crate::gate::Gate;
use crate::inclusion::Inclusions;
use crate::outbox::Outbox;
use crate::pool::json::PoolConfig;
use crate::pool::refusal::Refusal;
use crate::pool::{self, Change, Checked, Pool, SenderFacts};
use crate::tipset::{Tipset, read_header, read_message};
use crate::view::View;
use crate::wallet::Wallet;

/// Changes of the message pool that a slow subscriber may be behind.
const BACKLOG: usize = 20_000;

/// When the next tipset is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mining {
    /// As soon as there is a message: one tipset for each, and one after the last in which its receipt
    /// is.
    Instant,
    /// When somebody says so: a clock, or a person.
    OnDemand,
}

/// A node. Readers see the head as it was when they asked; only one tipset is made at a time.
pub struct Node {
    chain: Mutex<Chain>,
    pool: Mutex<Pool>,
    pool_config: Mutex<PoolConfig>,
    outbox: Outbox,
    premiums: Premiums,
    mining: Mining,
    block_delay: u64,
    head: watch::Sender<Arc<Tipset>>,
    changes: broadcast::Sender<Change>,
    db: Arc<Db>,
    wallet: Wallet,
    secret: Arc<Secret>,
    inclusions: Inclusions,
    session: Session,
    filters: Filters,
    /// A view whose state and epoch are yet to be said.
    view: View,
}

/// How the pool takes a message: [`Pool::push`] or [`Pool::push_untrusted`].
pub type Take = fn(&mut Pool, Checked, Option<&SenderFacts>) -> Result<Change, Refusal>;

/// A message on the chain, and what came of it.
#[derive(Clone, Debug)]
pub struct Lookup {
    pub message: SignedMessage,
    pub placement: Placement,
    pub receipt: Receipt,
    /// The tipset that names the state after the message: the child of the one that includes it.
    pub tipset: Tipset,
}

/// What tells one run of a node from another.
pub struct Session {
    /// Random.
    pub id: u128,
    pub started: SystemTime,
}

impl Session {
    fn begin() -> Result<Self> {
        let mut id = [0; 16];
        SysRng.try_fill_bytes(&mut id).context("the system has no randomness")?;
        Ok(Session { id: u128::from_be_bytes(id), started: SystemTime::now() })
    }
}

impl Node {
    /// A node on a store.
    pub fn open(
        db: Arc<Db>,
        actors: &fvm_harness::Actors,
        settings: &Settings,
        mining: Mining,
        block_delay: u64,
        wallet: Wallet,
        secret: Arc<Secret>,
    ) -> Result<Self> {
        let chain = Chain::open(db.clone(), actors, settings)?;
        let head = chain.head();
        let view = View {
            store: chain.store().clone(),
            actors: chain.actors().clone(),
            genesis_time: chain.genesis_time(),
            simulations: Arc::new(Gate::of_simulations()),
            root: head.state,
            epoch: head.height(),
        };
        Ok(Node {
            head: watch::Sender::new(head.clone()),
            changes: broadcast::Sender::new(BACKLOG),
            chain: Mutex::new(chain),
            pool: Mutex::default(),
            pool_config: Mutex::default(),
            outbox: Outbox::default(),
            premiums: Premiums::default(),
            mining,
            block_delay,
            db,
            wallet,
            secret,
            inclusions: Inclusions::default(),
            session: Session::begin()?,
            filters: Filters::default(),
            view,
        })
    }

    fn chain(&self) -> MutexGuard<'_, Chain> {
        self.chain.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The messages that wait.
    pub fn pool(&self) -> MutexGuard<'_, Pool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How the pool is set up.
    pub fn pool_config(&self) -> MutexGuard<'_, PoolConfig> {
        self.pool_config.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    pub(crate) fn premiums(&self) -> &Premiums {
        &self.premiums
    }

    #[must_use]
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// All blocks: those of states and those of the chain itself.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.view.store
    }

    #[must_use]
    pub fn actors(&self) -> &fvm_harness::Actors {
        &self.view.actors
    }

    #[must_use]
    pub fn genesis_time(&self) -> u64 {
        self.view.genesis_time
    }

    /// Seconds in which clients may expect the next tipset.
    #[must_use]
    pub fn block_delay(&self) -> u64 {
        self.block_delay
    }

    #[must_use]
    pub fn wallet(&self) -> &Wallet {
        &self.wallet
    }

    /// By which the node knows its tokens.
    #[must_use]
    pub fn secret(&self) -> &Arc<Secret> {
        &self.secret
    }

    /// Wakes who waits for messages.
    #[must_use]
    pub fn inclusions(&self) -> &Inclusions {
        &self.inclusions
    }

    #[must_use]
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// What clients of Ethereum ask for from time to time.
    #[must_use]
    pub fn filters(&self) -> &Filters {
        &self.filters
    }

    // Reading the chain

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

    // Taking messages

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

    /// Makes tipsets of what waits, if the node mines as soon as there is a message.
    pub fn mine_at_once(&self) -> Result<()> {
        match self.mining {
            Mining::Instant => self.mine_all(),
            Mining::OnDemand => Ok(()),
        }
    }

    /// With the lock of the pool, so that subscribers hear of changes in their order.
    fn tell(&self, changes: impl IntoIterator<Item = Change>) {
        for change in changes {
            // Nobody may be listening.
            let _ = self.changes.send(change);
        }
    }

    // Making tipsets

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

    // What only a development network does

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
        ensure!(crate::chain::is_acting(&message), "a message that is signed is to be pushed");
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
