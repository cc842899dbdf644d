//! The node: the chain, the messages that wait for it, and who is told of what happens.

mod broken;
mod making;
mod reading;
mod taking;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use anyhow::{Context, Result};
use fvm_harness::Store;
use lotus::auth::Secret;
use rand::TryRng;
use rand::rngs::SysRng;
use tokio::sync::{broadcast, watch};

use crate::api::Filters;
use crate::chain::{Chain, Settings};
use crate::controls::Snapshots;
use crate::db::Db;
use crate::gas::Premiums;
use crate::gate::Gate;
use crate::inclusion::Inclusions;
use crate::outbox::Outbox;
use crate::pool::json::PoolConfig;
use crate::pool::{Change, Pool};
use crate::tipset::Tipset;
use crate::view::View;
use crate::wallet::Wallet;

pub use broken::Broken;
pub use reading::Lookup;
pub use taking::Take;

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
    broken: Broken,
    session: Session,
    snapshots: Mutex<Snapshots>,
    filters: Filters,
    /// A view whose state and epoch are yet to be said.
    view: View,
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
        let node = Node {
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
            broken: Broken::default(),
            session: Session::begin()?,
            snapshots: Mutex::default(),
            filters: Filters::default(),
            view,
        };
        node.take_again()?;
        node.mine_at_once();
        Ok(node)
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

    pub(crate) fn snapshots(&self) -> MutexGuard<'_, Snapshots> {
        self.snapshots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[must_use]
    pub fn broken(&self) -> &Broken {
        &self.broken
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
}
