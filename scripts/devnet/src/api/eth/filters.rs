//! Filters that clients install, and ask from time to time for what is new.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use fvm_harness::CHAIN_ID;
use fvm_shared::clock::ChainEpoch;
use lotus::eth::EthHash;
use lotus::eth::filter::{EthFilterSpec, LogFilter, Range};
use lotus::eth::logs::EthLog;
use lotus::eth::transaction::hash_of;
use rand::TryRng;
use rand::rngs::SysRng;
use serde::Serialize;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::TryRecvError;

use super::names::{by_hash, hash_of as tipset_hash, latest};
use super::{Table, logs};
use crate::follow::{Place, tipsets};
use crate::node::Node;
use crate::pool::{Change, ChangeKind};

/// Filters of all clients.
const MAX_FILTERS: usize = 100;
/// After which a filter is gone that nobody asked.
const LIFETIME: Duration = Duration::from_secs(60 * 60);
/// What a filter tells at once: the last so many.
const MAX_NEWS: usize = 10_000;

pub fn add(methods: &mut Table<'_>) {
    methods.add("EthNewFilter", |node, (spec,): (EthFilterSpec,)| {
        install(node, Filter::Logs(Logs::new(node, &spec)?))
    });
    methods.add("EthNewBlockFilter", |node, ()| {
        install(node, Filter::Blocks(Place::at(&node.head())))
    });
    methods.add("EthNewPendingTransactionFilter", |node, ()| {
        install(node, Filter::Pending(node.changes()))
    });
    methods.add("EthGetFilterChanges", |node, (id,): (EthHash,)| changes(node, id, |_| true));
    methods.add("EthGetFilterLogs", |node, (id,): (EthHash,)| {
        changes(node, id, |filter| matches!(filter, Filter::Logs(_)))
    });
    methods.add("EthUninstallFilter", |node, (id,): (EthHash,)| {
        Ok(node.filters().live().remove(&id).is_some())
    });
}

/// The filters that are installed, by their IDs.
#[derive(Default)]
pub struct Filters(Mutex<HashMap<EthHash, Installed>>);

struct Installed {
    asked: Instant,
    filter: Arc<Mutex<Filter>>,
}

/// What a client wants to know, and how far it does.
enum Filter {
    Logs(Logs),
    Blocks(Place),
    Pending(broadcast::Receiver<Change>),
}

struct Logs {
    filter: LogFilter,
    from: ChainEpoch,
    to: ChainEpoch,
    place: Place,
}

/// What a filter tells.
#[derive(Serialize)]
#[serde(untagged)]
enum News {
    Logs(Vec<EthLog>),
    Hashes(Vec<EthHash>),
}

impl Filters {
    /// Those that somebody has asked lately.
    fn live(&self) -> MutexGuard<'_, HashMap<EthHash, Installed>> {
        let mut filters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        filters.retain(|_, installed| installed.asked.elapsed() < LIFETIME);
        filters
    }
}

/// An ID as Lotus makes them: half of it is random, which is enough that nobody guesses it.
pub fn new_id() -> Result<EthHash> {
    let mut id = EthHash::default();
    let (random, _) = id.0.split_at_mut(16);
    SysRng.try_fill_bytes(random).context("the system has no randomness")?;
    Ok(id)
}

fn install(node: &Node, filter: Filter) -> Result<EthHash> {
    let mut filters = node.filters().live();
    ensure!(
        filters.len() < MAX_FILTERS,
        "failed to install event filter: maximum number of filters registered"
    );
    let id = new_id()?;
    let filter = Arc::new(Mutex::new(filter));
    filters.insert(id, Installed { asked: Instant::now(), filter });
    Ok(id)
}

fn changes(node: &Node, id: EthHash, fits: fn(&Filter) -> bool) -> Result<News> {
    let filter = {
        let mut filters = node.filters().live();
        let installed = filters.get_mut(&id).context("filter not found")?;
        installed.asked = Instant::now();
        Arc::clone(&installed.filter)
    };
    let mut filter = filter.lock().unwrap_or_else(PoisonError::into_inner);
    if !fits(&filter) {
        bail!("wrong filter type");
    }
    filter.news(node)
}

impl Filter {
    fn news(&mut self, node: &Node) -> Result<News> {
        Ok(match self {
            Filter::Logs(logs) => News::Logs(logs.news(node)?),
            Filter::Blocks(place) => {
                let heights = place.go_on(node, &node.head())?;
                let new = tipsets(node, &heights)?;
                let hashes = new.iter().map(|tipset| tipset_hash(&tipset.key()));
                News::Hashes(last(hashes.collect::<Result<_>>()?))
            }
            Filter::Pending(changes) => News::Hashes(last(taken(changes)?)),
        })
    }
}

impl Logs {
    /// What it tells begins in the past, where the client says so.
    fn new(node: &Node, spec: &EthFilterSpec) -> Result<Self> {
        let (from, to) = match logs::range(node, spec)? {
            Range::Block(hash) => {
                let height = by_hash(node, hash).context("failed to get tipset by cid")?.height();
                (height, height)
            }
            Range::Epochs { from, to } => (from, to.unwrap_or(ChainEpoch::MAX)),
        };
        let latest = latest(node)?;
        let before = (from - 1).clamp(0, latest.height());
        let before = node.tipset_at_or_below(before)?.context("a chain without genesis")?;
        Ok(Logs { filter: spec.filter()?, from, to, place: Place::at(&before) })
    }

    fn news(&mut self, node: &Node) -> Result<Vec<EthLog>> {
        let new = self.place.go_on(node, &*latest(node)?)?;
        let heights = self.from.max(*new.start())..=self.to.min(*new.end());
        let mut news = vec![];
        for logs in logs::search(node, heights, &self.filter) {
            news.extend(logs?);
            news = last(news);
        }
        Ok(news)
    }
}

/// The hashes of the messages that the pool took. Those that nobody asked for in time are gone.
fn taken(changes: &mut broadcast::Receiver<Change>) -> Result<Vec<EthHash>> {
    let mut hashes = vec![];
    loop {
        match changes.try_recv() {
            Ok(change) if change.kind == ChangeKind::Added => {
                hashes.push(hash_of(&change.message, CHAIN_ID)?);
            }
            Ok(_) | Err(TryRecvError::Lagged(_)) => {}
            Err(TryRecvError::Empty | TryRecvError::Closed) => return Ok(hashes),
        }
    }
}

fn last<T>(mut news: Vec<T>) -> Vec<T> {
    news.drain(..news.len().saturating_sub(MAX_NEWS));
    news
}
