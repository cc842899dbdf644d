//! A node that runs: its clock, and its server.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use fvm_harness::Actors;
use lotus::auth::Secret;
use lotus::repo::Repo;
use lotus::rpc::{Limits, serve};
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::{Instant, timeout, timeout_at};

use crate::api;
use crate::chain::Settings;
use crate::db::Db;
use crate::node::{Mining, Node};
use crate::wallet::Wallet;

/// The chain's store in the directory of a node that keeps it.
const STORE: &str = "chain.redb";

/// When tipsets are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// One for each message, as it comes.
    Instant,
    /// One every so often.
    Interval(Duration),
    /// When somebody says so.
    Manual,
}

/// How a node is run.
#[derive(Clone, Debug)]
pub struct Config {
    /// Port 0 takes any that is free.
    pub listen: SocketAddr,
    pub mode: Mode,
    /// The directory in which clients find the node's address and token.
    pub repo: PathBuf,
    /// Whether the chain and the keys are kept there too.
    pub keep: bool,
    pub chain: Settings,
    pub limits: Limits,
}

/// A node that is served until [`Running::stop`].
pub struct Running {
    pub node: Arc<Node>,
    pub address: SocketAddr,
    /// Grants everything.
    pub token: String,
    stop: watch::Sender<bool>,
    grace: Duration,
    tasks: Vec<JoinHandle<()>>,
    _repo: Arc<Repo>,
}

/// Takes the address that a node is to be served on.
pub async fn listen(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}: choose another port"))
}

/// Starts a node. It runs as long as the runtime does, or until it is stopped.
pub async fn start(config: Config, actors: &Actors) -> Result<Running> {
    start_on(listen(config.listen).await?, config, actors).await
}

/// Starts a node where an address is taken for it.
#[expect(clippy::unused_async, reason = "its tasks are those of the runtime that awaits it")]
pub async fn start_on(listener: TcpListener, config: Config, actors: &Actors) -> Result<Running> {
    let repo = Arc::new(Repo::open(&config.repo)?);
    let (secret, token) = repo.secret()?;
    let secret = Arc::new(secret);
    let node = open(&config, actors, &repo, secret.clone())?;
    let address = listener.local_addr()?;
    repo.announce(address)?;
    let (stop, stopped) = watch::channel(false);
    let mut tasks = vec![];
    if let Mode::Interval(period) = config.mode {
        let (node, stopped) = (node.clone(), stopped.clone());
        tasks.push(spawn_blocking(move || mine_every(period, &node, &stopped)));
    }
    let (shutdown, grace) = (until(stopped), config.limits.grace);
    let endpoints = api::endpoints();
    tasks.push(tokio::spawn(serve(
        listener,
        endpoints,
        node.clone(),
        secret,
        config.limits,
        shutdown,
    )));
    Ok(Running { node, address, token, stop, grace, tasks, _repo: repo })
}

fn open(
    config: &Config,
    actors: &Actors,
    repo: &Arc<Repo>,
    secret: Arc<Secret>,
) -> Result<Arc<Node>> {
    let (db, wallet) = match config.keep {
        true => (Db::open(&config.repo.join(STORE))?, Wallet::kept(repo.clone())?),
        false => (Db::in_memory()?, Wallet::default()),
    };
    let (mining, block_delay) = match config.mode {
        Mode::Instant => (Mining::Instant, 1),
        Mode::Interval(time) => (Mining::OnDemand, time.as_secs().max(1)),
        Mode::Manual => (Mining::OnDemand, 1),
    };
    let (db, chain) = (Arc::new(db), &config.chain);
    Ok(Arc::new(Node::open(db, actors, chain, mining, block_delay, wallet, secret)?))
}

async fn until(mut stopped: watch::Receiver<bool>) {
    // A sender that is gone stops the node too.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

/// Makes a tipset every so often. It stays on one thread, so that calls cannot take all that there are.
fn mine_every(period: Duration, node: &Node, stopped: &watch::Receiver<bool>) {
    let runtime = Handle::current();
    let mut next = Instant::now() + period;
    while runtime.block_on(timeout_at(next, until(stopped.clone()))).is_err() {
        next = Instant::now() + period;
        if let Err(error) = node.mine() {
            eprintln!("devnet: no tipset could be made: {error:#}");
        }
    }
}

impl Running {
    /// Stops the clock and the server, and waits for what is being done, but not for long: the store has
    /// all of a tipset or nothing, whenever the process ends.
    pub async fn stop(self) -> Result<()> {
        self.stop.send_replace(true);
        for task in self.tasks {
            if let Ok(ended) = timeout(self.grace, task).await {
                ended?;
            }
        }
        Ok(())
    }
}
