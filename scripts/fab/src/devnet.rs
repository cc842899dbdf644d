//! `fab devnet`: a node of one's own.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ::devnet::accounts;
use ::devnet::chain::Settings;
use ::devnet::gas::MINIMUM_BASE_FEE;
use ::devnet::node::Node;
use ::devnet::server::{Config, Mode, Running, listen, start_on};
use ::lotus::eth::EthAddress;
use ::lotus::json::Addr;
use ::lotus::keys::{Key, KeyInfo};
use ::lotus::repo::multiaddr;
use ::lotus::rpc::Limits;
use anyhow::{Context, Result, ensure};
use clap::Args;
use data_encoding::HEXLOWER;
use fvm_harness::{Bundle, TokenAmount};
use fvm_shared::address::Address;
use tokio::signal::ctrl_c;
use tokio::signal::unix::{SignalKind, signal};

use crate::build::workspace_root;
use crate::node::Endpoint;
use crate::node::endpoint::{FULLNODE_API_INFO, LOTUS_PATH};
use crate::{deploy, table};

#[derive(Args)]
pub struct Options {
    /// The address to listen on. Whoever reaches it can read, and with the token do anything.
    #[arg(long, value_name = "IP", default_value = "127.0.0.1")]
    host: IpAddr,
    /// The port to listen on; 0 takes any that is free.
    #[arg(long, default_value_t = 1234)]
    port: u16,
    /// Make a tipset every so often, as `1s` or `500ms`, instead of one for each message.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    block_time: Option<Duration>,
    /// Make tipsets only when told to, by `cargo fab dev mine`. Nothing is deployed: `cargo fab
    /// deploy` does it.
    #[arg(long, conflicts_with = "block_time")]
    manual: bool,
    /// Keep the chain and the keys in this directory, and go on there. Default: in memory.
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
    /// The directory in which clients find the node. Default: that of --state, else target/devnet.
    #[arg(long, value_name = "DIR", conflicts_with = "state")]
    repo: Option<PathBuf>,
    /// AttoFIL that a unit of gas burns. Default: 100 where each message has its tipset, as no other would
    /// ever include what offers less; else as demand has it, from 100 000 000 down.
    #[arg(long, value_name = "ATTO")]
    base_fee: Option<u64>,
    /// Accounts with 100 000 FIL that sign as Filecoin does.
    #[arg(long, value_name = "N", default_value_t = 8)]
    accounts: usize,
    /// Accounts with 100 000 FIL that sign as Ethereum does.
    #[arg(long, value_name = "N", default_value_t = 2)]
    eth_accounts: usize,
    /// Go on with the chain of another dev node, which `cargo fab dev export` wrote. Nothing is deployed:
    /// what was, is there.
    #[arg(long, value_name = "CAR")]
    import: Option<PathBuf>,
    /// Deploy nothing.
    #[arg(long)]
    bare: bool,
    /// The network's name, of a new chain.
    #[arg(long, default_value = "fab")]
    name: String,
}

/// Reads a time with its unit: `500ms`, `1s`, or seconds without one.
fn parse_time(text: &str) -> Result<Duration> {
    let (number, unit) = match text.strip_suffix("ms") {
        Some(number) => (number, 1),
        None => (text.strip_suffix('s').unwrap_or(text), 1_000),
    };
    let number: u64 = number.parse().context("a time is a number of s or ms")?;
    let time = Duration::from_millis(number * unit);
    ensure!(!time.is_zero(), "a tipset takes time: 1ms at the least");
    Ok(time)
}

impl Options {
    fn repo(&self) -> PathBuf {
        let named = self.state.clone().or_else(|| self.repo.clone());
        named.unwrap_or_else(default_repo)
    }

    fn config(&self) -> Result<Config> {
        let mode = match (self.block_time, self.manual) {
            (Some(time), _) => Mode::Interval(time),
            (None, true) => Mode::Manual,
            (None, false) => Mode::Instant,
        };
        let least = (mode == Mode::Instant).then_some(MINIMUM_BASE_FEE);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).context("the clock")?;
        Ok(Config {
            listen: SocketAddr::new(self.host, self.port),
            mode,
            repo: self.repo(),
            keep: self.state.is_some(),
            chain: Settings {
                name: self.name.clone(),
                genesis_time: now.as_secs(),
                base_fee: self.base_fee.or(least).map(TokenAmount::from_atto),
                import: self.import.clone(),
            },
            limits: Limits::default(),
        })
    }
}

/// Where clients find a node whose directory nobody named.
#[must_use]
pub fn default_repo() -> PathBuf {
    workspace_root().join("target/devnet")
}

pub fn command(options: &Options) -> Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    let config = options.config()?;
    // A port that is taken is to be told of before the actors are compiled.
    let listener = runtime.block_on(listen(config.listen))?;
    let actors = crate::actors()?;
    let keys = accounts::keys(options.accounts, options.eth_accounts)?;
    let running = runtime.block_on(start_on(listener, config, actors))?;
    accounts::provide(&running.node, &keys)?;
    print_accounts(&keys)?;
    if options.import.is_some() {
        print_actors(&running.node)?;
    } else if !options.bare && !options.manual {
        let endpoint = Endpoint {
            url: format!("http://{}/rpc/v1", running.address),
            token: Some(running.token.clone()),
        };
        let record = options.repo().join("deployment.json");
        println!();
        deploy::all(endpoint, record)?;
    }
    print_where(&running, options);
    let stopped = runtime.block_on(async {
        told_to_stop().await?;
        println!("\nstopping when what is being done is done: Ctrl-C again stops at once");
        tokio::select! {
            stopped = running.stop() => stopped,
            again = told_to_stop() => again,
        }
    });
    // What still runs is left to end with the process.
    runtime.shutdown_background();
    stopped
}

/// Waits for Ctrl-C, or for what stops a service: SIGTERM.
async fn told_to_stop() -> Result<()> {
    let mut terminated = signal(SignalKind::terminate())?;
    tokio::select! {
        told = ctrl_c() => Ok(told?),
        _ = terminated.recv() => Ok(()),
    }
}

fn print_accounts(keys: &[Key]) -> Result<()> {
    let row = |(n, key): (usize, &Key)| -> Result<Vec<String>> {
        let address = key.address();
        let eth = EthAddress::from_f410(&address).map(|eth| eth.to_string()).unwrap_or_default();
        let secret = HEXLOWER.encode(&KeyInfo::from(key).private_key.0);
        Ok(vec![n.to_string(), Addr(address).to_string(), eth, secret])
    };
    let rows = keys.iter().enumerate().map(row).collect::<Result<Vec<_>>>()?;
    println!(
        "\nAccounts with 100 000 FIL each. Everybody knows their keys: use them nowhere else.\n"
    );
    table::print(&["", "address", "of Ethereum", "private key"], &rows);
    Ok(())
}

/// The actors of ours that a chain has.
fn print_actors(node: &Node) -> Result<()> {
    let shipped = Bundle::read(&crate::bundles()?.shipped)?;
    let (view, mut rows) = (node.view_after(&node.head()), vec![]);
    view.each_actor(|id, actor| {
        let kind = view.kind(actor).filter(|kind| shipped.code(kind).is_ok());
        if let Some(kind) = kind.filter(|kind| *kind != "init") {
            rows.push(vec![kind.to_owned(), Addr(Address::new_id(id)).to_string()]);
        }
    })?;
    println!(
        "\nActors that were deployed. Their record, `deployment.json`, stayed with the node that made it.\n"
    );
    table::print(&["actor", "address"], &rows);
    Ok(())
}

fn print_where(running: &Running, options: &Options) {
    let address = running.address;
    println!(
        "\nlistening   http://{address}/rpc/v1, ws://{address}/rpc/v1; for wallets of Ethereum http://{address}"
    );
    println!("chain id    {}", fvm_harness::CHAIN_ID);
    println!("repository  {}", options.repo().display());
    for name in [FULLNODE_API_INFO, LOTUS_PATH] {
        if std::env::var_os(name).is_some_and(|set| Path::new(&set) != options.repo()) {
            println!(
                "{name} names another node here, which `cargo fab` will ask: unset it, or run the line below"
            );
        }
    }
    println!("export FULLNODE_API_INFO={}:{}", running.token, multiaddr(address));
}

#[cfg(test)]
mod tests {
    use std::future::ready;
    use std::pin::pin;
    use std::process::{Command, id};

    use super::*;

    #[tokio::test]
    async fn a_node_is_stopped_as_services_are() {
        let mut told = pin!(told_to_stop());
        tokio::select! {
            biased;
            _ = &mut told => panic!("nobody told it to stop"),
            () = ready(()) => {}
        }
        let kill = Command::new("kill").args(["-TERM", &id().to_string()]).status();
        assert!(kill.unwrap().success());
        told.await.unwrap();
    }
}
