//! The `fab` command against the node.

mod bots;
mod dev;
mod inspect;
mod invoke;

use anyhow::Result;
use clap::Parser;
use devnet::accounts::{keys, provide};
use fab::cli::Cli;
use fab::deploy::record::Record;
use fab::voice::{Heard, listen};
use lotus::json::Addr;
use serde_json::Value;

use super::setup::Dev;

/// A node with the actors deployed, and with accounts that have funds.
struct Deployed {
    dev: Dev,
    dao: String,
    storage: String,
    market: String,
    /// The deployer, who has every role, and the market's underwriter.
    ann: String,
    bob: String,
}

impl Deployed {
    fn new() -> Self {
        let dev = Dev::instant();
        let [ann, bob] = accounts(&dev);
        let record = dev.repo().join("deployment.json");
        let path = record.display().to_string();
        dev.fab(&["deploy", "--record", &path, "--underwriter", &bob]).end.unwrap();
        let deployment = Record::read(&record).unwrap().deployments.remove(0);
        let id = |actor| deployment.created(actor).unwrap().id.to_string();
        let [dao, storage, market] = ["datadao", "perpetual-storage", "lending-market"].map(id);
        Deployed { dev, dao, storage, market, ann, bob }
    }
}

/// The accounts of `fab devnet`, provided.
fn accounts(dev: &Dev) -> [String; 2] {
    let keys = keys(2, 0).unwrap();
    provide(dev.node(), &keys).unwrap();
    [0, 1].map(|n| Addr(keys[n].address()).to_string())
}

/// Runs a command line.
fn fab(args: &[&str]) -> Heard<Result<()>> {
    let cli = Cli::try_parse_from(["fab"].iter().chain(args));
    let cli = cli.unwrap_or_else(|error| panic!("{error}"));
    listen(|voice| cli.run(voice))
}

impl Dev {
    /// Runs a command line against the node.
    fn fab(&self, args: &[&str]) -> Heard<Result<()>> {
        fab(&[args, &["--rpc", &self.url, "--token", &self.token]].concat())
    }

    /// What a command line prints, which is JSON or nothing.
    #[track_caller]
    fn prints(&self, args: &[&str]) -> Value {
        let heard = self.fab(args);
        heard.end.unwrap_or_else(|error| panic!("{args:?}: {error:#}"));
        match heard.out.is_empty() {
            true => Value::Null,
            false => serde_json::from_str(&heard.out).unwrap(),
        }
    }

    /// Why a command line does not do what it says.
    #[track_caller]
    fn fails(&self, args: &[&str]) -> String {
        format!("{:#}", self.fab(args).end.unwrap_err())
    }

    /// What a method replies in the state of the head.
    #[track_caller]
    fn reads(&self, actor: &str, method: &str, params: &[&str]) -> Value {
        self.prints(&[&["invoke", actor, method, "--read-only"], params].concat())
    }
}
