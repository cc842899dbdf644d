//! Gas of every method and size of every actor, measured on the embedded network.

mod contract;
mod lending;
mod nouns;
pub mod profile;
pub mod scale;
mod storage;
mod token;

use std::collections::BTreeSet;
use std::path::PathBuf;

use actor_datadao::api::{
    AddDataset, AuthenticateMessage, Constructor, GetCredit, GetDataset, GetDeal, MarketNotifyDeal,
    RefreshDatasets, RetrieveDeal, Withdraw,
};
use actor_init::api::Exec;
use anyhow::{Context, Result, ensure};
use cid::Cid;
use clap::Args;
use fvm_harness::{Account, Call, Network, Outcome, atto};
use fvm_ipld_encoding::RawBytes;
use fvm_shared::address::Address;
use serde::Serialize;
use serde_json::json;
use shared::Method;
use shared::ext::{EAM_ACTOR, INIT_ACTOR, init};

use self::profile::{Part, Profile};
use crate::deploy::defaults;
use crate::story::{self, Dao};
use crate::table::{self, thousands};

#[derive(Args)]
pub struct Options {
    /// Print JSON.
    #[arg(long)]
    json: bool,
    /// Show instead where the gas of the methods that are called most goes.
    #[arg(long, conflicts_with = "json")]
    profile: bool,
    /// Compare instead with a contract of Ethereum's that does the same: the creation code in this file,
    /// which scripts/solidity makes. Needs an official bundle.
    #[arg(long, value_name = "HEX", conflicts_with_all = ["json", "profile"])]
    solidity: Option<PathBuf>,
    /// Measure instead how gas grows with what an actor keeps, from 10 to 100,000 entries.
    #[arg(long, conflicts_with_all = ["json", "profile", "solidity"])]
    scale: bool,
}

/// One measurement.
pub struct Row {
    pub actor: &'static str,
    pub method: &'static str,
    /// In what state of things.
    pub case: String,
    /// `gas_used` of the receipt of an explicit message, or, for what the market calls, of the call.
    pub gas: u64,
    pub profile: Profile,
}

/// An actor as it is shipped.
pub struct Shipped {
    pub name: &'static str,
    pub code: Cid,
    /// Bytes of WASM.
    pub bytes: usize,
}

/// Everything measured.
pub struct Report {
    /// Gas of an empty native call: a message to an actor whose code does nothing.
    pub floor: u64,
    pub rows: Vec<Row>,
    /// Every actor that the project ships.
    pub shipped: Vec<Shipped>,
}

pub fn command(options: &Options) -> Result<()> {
    if options.scale {
        return scale::command();
    }
    if options.solidity.is_some() {
        let missing = "contracts run on the official EVM actor alone";
        ensure!(
            crate::official_bundle().is_some(),
            "{missing}: set {} to an official bundle",
            crate::BUILTIN_ACTORS_CAR
        );
    }
    let report = measure()?;
    if let Some(hex) = &options.solidity {
        contract::compare(&report, &network, hex)?;
    } else if options.json {
        println!("{}", serde_json::to_string_pretty(&report.json())?);
    } else if options.profile {
        report.print_profile()?;
    } else {
        report.print();
    }
    Ok(())
}

/// A network that records calls.
fn network() -> Result<Network> {
    let mut net = Network::new(crate::actors()?)?;
    net.set_tracing(true);
    Ok(net)
}

/// Runs every case on networks of its own.
pub fn measure() -> Result<Report> {
    let actors = crate::actors()?;
    let mut rows = vec![];
    creation(&mut network()?, actors.code("loan-agent"), &mut rows);
    datasets(&mut Dao::pushing(network()?), &mut rows);
    for count in [1, 5, 20] {
        publish(&mut Dao::pushing(network()?), "minted", count, &mut rows);
    }
    for count in [1, 5, 20] {
        publish(&mut Dao::vesting(network()?), "vesting", count, &mut rows);
    }
    earnings(&mut Dao::vesting(network()?), &mut rows);
    nouns::measure(network()?, &mut rows);
    for holders in [3, 500] {
        token::measure(&mut Dao::pushing(network()?), holders, &mut rows);
    }
    storage::measure(network()?, &mut rows);
    for count in [1, 5, 20] {
        storage::publish(network()?, count, &mut rows);
    }
    lending::measure(network()?, &mut rows);
    lending::exits(network()?, &mut rows);
    let mut names = BTreeSet::new();
    for row in &rows {
        ensure!(names.insert(row.name()), "two measurements of {}", row.name());
    }
    let shipped = ["init", "datadao", "perpetual-storage", "lending-market", "loan-agent"];
    let shipped = shipped.map(|name| {
        let code = actors.code(name);
        Shipped { name, code, bytes: actors.size(&code) }
    });
    Ok(Report { floor: floor(&mut Network::new(actors)?), rows, shipped: shipped.into() })
}

impl Report {
    /// The measurement of a method whose case begins so.
    pub fn row(&self, actor: &str, method: &str, case: &str) -> Result<&Row> {
        let is =
            |row: &&Row| row.actor == actor && row.method == method && row.case.starts_with(case);
        let row = self.rows.iter().find(is);
        row.with_context(|| format!("no measurement of {actor} {method} {case}"))
    }

    fn json(&self) -> serde_json::Value {
        let row = |r: &Row| {
            json!({
                "actor": r.actor, "method": r.method, "case": r.case,
                "gas": r.gas, "ratio": self.ratio(r.gas),
            })
        };
        let shipped = |s: &Shipped| json!({ "name": s.name, "bytes": s.bytes });
        json!({
            "floor": self.floor,
            "methods": self.rows.iter().map(row).collect::<Vec<_>>(),
            "actors": self.shipped.iter().map(shipped).collect::<Vec<_>>(),
        })
    }

    fn ratio(&self, gas: u64) -> f64 {
        let hundredths = (gas * 100 + self.floor / 2) / self.floor.max(1);
        f64::from(u32::try_from(hundredths).unwrap_or(u32::MAX)) / 100.0
    }

    /// Of the methods that are called most: thousands of gas for each part, and what of the state is
    /// read and written.
    fn print_profile(&self) -> Result<()> {
        let row = |(actor, method, case): &(&str, &str, &str)| {
            let row = self.row(actor, method, case)?;
            let profile = &row.profile;
            let parts = Part::ALL.iter().map(|part| thousands(profile.gas(*part) / 1_000));
            let written =
                format!("{}: {}", profile.blocks_written, thousands(profile.bytes_written as u64));
            let row = [row.method.to_owned(), row.case.clone(), thousands(row.gas / 1_000)];
            let row = row.into_iter().chain(parts);
            Ok(row.chain([profile.blocks_read.to_string(), written]).collect())
        };
        let rows = profile::HOT.iter().map(row).collect::<Result<Vec<Vec<_>>>>()?;
        let header: Vec<_> = ["method", "case", "gas, thousands"]
            .into_iter()
            .chain(Part::ALL.iter().map(|part| part.name()))
            .chain(["blocks read", "written: bytes"])
            .collect();
        table::print(&header, &rows);
        Ok(())
    }

    fn print(&self) {
        println!("An empty native call costs {} gas.\n", thousands(self.floor));
        let row = |r: &Row| {
            vec![
                r.actor.to_owned(),
                r.method.to_owned(),
                r.case.clone(),
                thousands(r.gas),
                format!("{:.2}", self.ratio(r.gas)),
            ]
        };
        let rows: Vec<_> = self.rows.iter().map(row).collect();
        table::print(&["actor", "method", "case", "gas", "× empty call"], &rows);
        println!();
        let row = |s: &Shipped| vec![s.name.to_owned(), thousands(s.bytes as u64)];
        let sizes: Vec<_> = self.shipped.iter().map(row).collect();
        table::print(&["actor", "bytes of WASM"], &sizes);
    }
}

impl Row {
    /// Actor, method and case. No two measurements have the same.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{} {} {}", self.actor, self.method, self.case).trim_end().to_owned()
    }
}

/// A message to a placeholder, whose whole code is to return.
fn floor(net: &mut Network) -> u64 {
    let ann = net.account("ann");
    let placeholder = Address::new_delegated(EAM_ACTOR, &[1; 20]).expect("a short subaddress");
    net.fund(placeholder, atto(1));
    net.run(Call::new(&ann, placeholder).raw(1 << 24, &[])).ok().gas_used
}

fn creation(net: &mut Network, agents: Cid, rows: &mut Vec<Row>) {
    let ann = net.account("ann");
    let dao = story::constructor_params(&ann, story::on_publish());
    create(net, &ann, "datadao", "a DataDAO", &dao, rows);
    create(
        net,
        &ann,
        "perpetual-storage",
        "a PerpetualStorage",
        &defaults::perpetual_storage(),
        rows,
    );
    let market = defaults::lending_market(ann.address(), ann.address(), agents);
    create(net, &ann, "lending-market", "a LendingMarket", &market, rows);
    let params = init::Exec4Params {
        constructor_params: RawBytes::serialize(&dao).expect("parameters that encode"),
        ..net.exec4_params("datadao", b"gas")
    };
    let call = Call::new(&ann, Address::new_id(INIT_ACTOR)).method(init::EXEC4, &params);
    push(rows, "init", "Exec4", "a DataDAO", net.run(call));
}

fn create<P: Serialize + 'static>(
    net: &mut Network,
    ann: &Account,
    actor: &'static str,
    what: &str,
    params: &P,
    rows: &mut Vec<Row>,
) {
    let created = net.create(ann, actor, params).outcome.ok();
    within::<Constructor>(rows, net, actor, "", &created);
    push(rows, "init", Exec::NAME, what, created);
}

fn datasets(dao: &mut Dao, rows: &mut Vec<Row>) {
    for listed in [0, 60] {
        list(dao, listed);
        let params = story::dataset(1_000 + listed, 10);
        let added = dao.net.call::<AddDataset>(&dao.admin, dao.address, &params).outcome;
        push(rows, "datadao", AddDataset::NAME, format!("{listed} listed"), added);
    }
    read::<GetDataset>(dao, "62 listed", &30, rows);
}

fn publish(dao: &mut Dao, payment: &str, count: u64, rows: &mut Vec<Row>) {
    list(dao, 60);
    let deals: Vec<_> = (1..=count).map(|n| dao.proposal(n)).collect();
    let published = dao.sp.publish(&mut dao.net, &deals);
    let case = format!("{count} deals, reward {payment}");
    share(rows, &dao.net, "datadao", &published, &case);
    push(rows, "market", "PublishStorageDeals", case, published);
}

/// Notes what each deal of a publish costs of its client.
fn share(rows: &mut Vec<Row>, net: &Network, actor: &'static str, published: &Outcome, case: &str) {
    let case = format!("of {case}: per deal");
    within::<AuthenticateMessage>(rows, net, actor, &case, published);
    within::<MarketNotifyDeal>(rows, net, actor, &case, published);
}

/// Notes what a message's calls of an actor's method cost on the mean, if there are any.
fn within<M: Method>(
    rows: &mut Vec<Row>,
    net: &Network,
    actor: &'static str,
    case: &str,
    outcome: &Outcome,
) {
    let code = net.actors().code(actor);
    let mut calls = outcome.calls.of_method(M::NUMBER);
    calls.retain(|call| call.invoked.as_ref().is_some_and(|(_, invoked)| invoked.code == code));
    if !calls.is_empty() {
        let gas = calls.iter().map(|call| call.gas).sum::<u64>() / calls.len() as u64;
        let profile = Profile::of_each(&calls);
        rows.push(Row { actor, method: M::NAME, case: case.to_owned(), gas, profile });
    }
}

fn earnings(dao: &mut Dao, rows: &mut Vec<Row>) {
    list(dao, 2);
    let proposal = dao.proposal(1);
    let deal = dao.sp.publish_all(&mut dao.net, std::slice::from_ref(&proposal))[0];
    dao.sp.activate(&mut dao.net, deal, &proposal);
    let owner = dao.sp.owner.address();
    read::<GetDeal>(dao, "1 deal", &deal, rows);
    read::<RetrieveDeal>(dao, "1 deal", &deal, rows);
    read::<RefreshDatasets>(dao, "1 deal activated", &vec![1], rows);
    read::<GetCredit>(dao, "1 owner", &owner, rows);
    read::<Withdraw>(dao, "1 owner", &vec![owner], rows);
}

fn list(dao: &mut Dao, count: u64) {
    for n in 1..=count {
        dao.list(n, 10);
    }
}

fn read<M: Method>(dao: &mut Dao, case: &str, params: &M::Params, rows: &mut Vec<Row>) {
    let outcome = dao.net.call::<M>(&dao.admin, dao.address, params).outcome;
    push(rows, "datadao", M::NAME, case, outcome);
}

fn push(
    rows: &mut Vec<Row>,
    actor: &'static str,
    method: &'static str,
    case: impl Into<String>,
    outcome: Outcome,
) {
    let outcome = outcome.ok();
    let profile = Profile::of(&outcome.calls);
    rows.push(Row { actor, method, case: case.into(), gas: outcome.gas_used, profile });
}
