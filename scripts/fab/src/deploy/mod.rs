//! Puts the actors on a network of Lotus, each exactly once.
//!
//! [`mod@probe`] finds out whether the network takes native actors, before anything is spent; [`steps`] is
//! what is to be done; [`record`] is what was done, on disk; [`run`] carries out the steps by the record.

pub mod config;
pub mod probe;
pub mod record;
pub mod report;
pub mod run;
pub mod steps;
#[cfg(test)]
mod tests;

pub use abi::defaults;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use ::lotus::json::Addr;
use anyhow::{Context, Result, bail, ensure};
use cid::Cid;
use clap::{Args, Parser};
use fvm_harness::{Bundle, Call, TokenAmount};
use fvm_ipld_encoding::RawBytes;
use fvm_shared::address::{Address, Protocol};
use shared::ext::SYSTEM_ACTOR;

use crate::node::lotus::Identity;
use crate::node::{Chain, Connection, Endpoint, Lotus, Node, parse_address};
use crate::units::{fil, parse_amount};
use config::{Kind, Params};
use probe::{Way, probe};
use record::{Book, Deployment, Record};
use report::{Planned, State};
use run::Run;
use steps::{Code, Step, Wiring, Work, agent_code};

/// The actor that a market creates for each loan, by its name in the manifest.
const AGENT: &str = "loan-agent";
/// Gas of a call to an actor that is not there yet, at the most. That of a role is less than a third.
const CALL_GAS: u64 = 60_000_000;
/// Looks for a message in the time of one epoch, and epochs for which it is looked for.
const LOOKS: (u64, usize) = (3, 20);

#[derive(Args)]
pub struct Options {
    #[command(flatten)]
    node: Connection,
    /// The account that deploys, whose key the node has. Default: the node's default account.
    #[arg(long, value_name = "ADDRESS", value_parser = parse_address)]
    from: Option<Address>,
    /// Deploy these actors alone.
    #[arg(long, value_name = "ACTOR", value_delimiter = ',')]
    only: Vec<Kind>,
    /// First admin of the DAO. Default: the deployer, who then has the roles of curator, minter, guardian
    /// and arbiter too.
    #[arg(long, value_name = "ADDRESS", value_parser = parse_address)]
    admin: Option<Address>,
    /// Governor of the market. Default: the deployer.
    #[arg(long, value_name = "ADDRESS", value_parser = parse_address)]
    governor: Option<Address>,
    /// To whom the market pays its fees. Default: the deployer.
    #[arg(long, value_name = "ADDRESS", value_parser = parse_address)]
    treasury: Option<Address>,
    /// Appoint this underwriter of the market. Only its governor can.
    #[arg(long, value_name = "ADDRESS", value_parser = parse_address)]
    underwriter: Option<Address>,
    /// What the underwriter may have out at once: FIL, or attoFIL with that unit.
    #[arg(long, value_name = "AMOUNT", default_value = "10000", value_parser = parse_amount)]
    ceiling: TokenAmount,
    /// A file with constructor parameters by actor, as `--print-config` prints.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print the constructor parameters, and do nothing.
    #[arg(long)]
    print_config: bool,
    /// Where it is recorded what was done. A run goes on from there.
    #[arg(long, value_name = "FILE", default_value = "deployment.json")]
    record: PathBuf,
    /// Say what would be done and what it would cost, and send nothing.
    #[arg(long)]
    dry_run: bool,
}

/// `fab deploy`.
pub fn command(options: &Options) -> Result<()> {
    let bundle = Bundle::read(&crate::bundles()?.shipped)?;
    let mut node = options.node.node()?;
    deploy(&mut node, options, &codes(&bundle)?, &mut |line| println!("{line}"))
}

/// Deploys everything with the defaults through a node's default account, by a record of its own.
pub fn all(endpoint: Endpoint, record: PathBuf) -> Result<()> {
    let record = record.display().to_string();
    let options = Defaults::parse_from(["deploy", "--record", &record]).options;
    let bundle = Bundle::read(&crate::bundles()?.shipped)?;
    let mut node = Lotus::new(endpoint);
    deploy(&mut node, &options, &codes(&bundle)?, &mut |line| println!("{line}"))
}

/// The options as a command line has them.
#[derive(Parser)]
struct Defaults {
    #[command(flatten)]
    options: Options,
}

/// The code of all that is deployed, agents included.
fn codes(bundle: &Bundle) -> Result<Vec<Code>> {
    let names = Kind::ALL.map(Kind::name).into_iter().chain([AGENT]);
    let code = |name: &'static str| {
        let cid = bundle.code(name)?;
        let module = bundle.module(&cid).context("a bundle without its modules")?.to_vec();
        Ok(Code { name, cid, module })
    };
    names.map(code).collect()
}

/// Who deploys what where.
struct Order<'a> {
    on: Identity,
    /// The address of the deployer's key.
    from: Address,
    kinds: Vec<Kind>,
    params: Params,
    /// Codes of what is deployed, agents included.
    codes: Vec<Code>,
    options: &'a Options,
}

fn deploy(
    node: &mut Lotus,
    options: &Options,
    codes: &[Code],
    say: &mut dyn FnMut(String),
) -> Result<()> {
    let on = node.identity()?;
    node.poll = Duration::from_millis(on.block_delay * 1_000 / LOOKS.0);
    node.looks = usize::try_from(LOOKS.0)? * LOOKS.1;
    let record = Record::read(&options.record)?;
    let from = deployer(node, options, record.on(&on))?;
    let agent = code_of(codes, AGENT)?;
    let params = options.params(from, agent)?;
    if options.print_config {
        say(format!("{:#}", params.write()?));
        return Ok(());
    }
    let kinds = options.kinds();
    let market = kinds.contains(&Kind::LendingMarket);
    let wanted = |code: &&Code| {
        kinds.iter().any(|kind| kind.name() == code.name) || (market && code.name == AGENT)
    };
    let codes = codes.iter().filter(wanted).cloned().collect();
    let order = Order { on, from, kinds, params, codes, options };
    order.carry_out(node, &record, say)
}

impl Options {
    fn kinds(&self) -> Vec<Kind> {
        let only = |kind: &Kind| self.only.is_empty() || self.only.contains(kind);
        Kind::ALL.into_iter().filter(only).collect()
    }

    fn params(&self, from: Address, agent: Cid) -> Result<Params> {
        let mut params = Params::defaults(from, agent);
        if let Some(path) = &self.config {
            let of = || format!("{}", path.display());
            let text = fs::read_to_string(path).with_context(of)?;
            params.read(&text).with_context(of)?;
        }
        let market = &mut params.lending_market;
        let named = market.rules.agent_code.0;
        ensure!(
            named == agent,
            "{named} is the code of other agents than this build's: {agent} is"
        );
        market.governor = self.governor.unwrap_or(market.governor);
        market.treasury = self.treasury.unwrap_or(market.treasury);
        params.datadao.admin = self.admin.unwrap_or(params.datadao.admin);
        Ok(params)
    }
}

/// The address of the deployer's key: who is asked for, else who deployed here before, else the node's
/// default account.
fn deployer(node: &mut Lotus, options: &Options, before: Option<&Deployment>) -> Result<Address> {
    let before = before.map(|deployment| deployment.deployer.0);
    let account = match options.from.or(before) {
        Some(account) => account,
        None => node.default_wallet()?,
    };
    let from = node.key_of(&account)?;
    ensure!(
        matches!(from.protocol(), Protocol::Secp256k1 | Protocol::BLS),
        "{} cannot deploy: only accounts with an f1 or f3 address sign Filecoin messages. Name one by \
         --from",
        Addr(from)
    );
    if let Some(before) = before {
        ensure!(
            before == from,
            "{} deployed on this network before, by this record: leave out --from, or name another file by \
             --record",
            Addr(before)
        );
    }
    Ok(from)
}

fn code_of(codes: &[Code], name: &str) -> Result<Cid> {
    let code = codes.iter().find(|code| code.name == name);
    Ok(code.with_context(|| format!("the bundle has no actor {name}"))?.cid)
}

impl Order<'_> {
    fn carry_out(
        &self,
        node: &mut Lotus,
        record: &Record,
        say: &mut dyn FnMut(String),
    ) -> Result<()> {
        let deployer = Addr(self.from);
        let account = node.actor(&self.from)?;
        let balance = account.as_ref().map(|account| account.balance.clone()).unwrap_or_default();
        say(report::network(&self.on, deployer, &balance));
        let way = self.probe(node, account.is_some())?;
        ensure!(account.is_some(), "{deployer} is not on chain: send it FIL first");
        let before = record.on(&self.on);
        if before.is_none()
            && let Some(line) = record.unknown(&self.on)
        {
            say(line);
        }
        let missing = match &way {
            Way::Listed => &[][..],
            Way::Install(missing) => missing,
        };
        let wiring = self.wiring(node)?;
        let steps = steps::plan(&self.kinds, &self.params, &self.codes, missing, &wiring)?;
        let planned = self.estimate(node, &steps, missing, before)?;
        say(report::plan(&planned));
        if self.options.dry_run {
            say("dry run: nothing was sent".into());
            return Ok(());
        }
        let needed = report::needed(&planned);
        ensure!(
            balance >= needed,
            "{deployer} has {}, and this takes {} with what is held for a message: send it {} more. Nothing \
             was sent",
            fil(&balance),
            fil(&needed),
            fil(&(&needed - &balance))
        );
        let book = Book::open(&self.options.record, &self.on, deployer)?;
        let mut run = Run { node: &mut *node, book, from: self.from, say: &mut *say };
        for step in &steps {
            run.step(step)?;
        }
        let deployment = run.book.deployment()?.clone();
        self.check_agents(node, &deployment)?;
        say(format!("\n{}", report::deployed(&deployment)));
        say(report::spent(&deployment));
        say(report::next(&deployment));
        Ok(())
    }

    /// Asks for the deployer. Where it is not on chain yet the system is asked for, without parameters that
    /// name the deployer: a network that takes no native actors is told of before anyone buys FIL for it.
    fn probe(&self, node: &mut Lotus, there: bool) -> Result<Way> {
        let asker = if there { self.from } else { Address::new_id(SYSTEM_ACTOR) };
        let kinds = self.kinds.iter().filter(|_| there);
        let params = kinds.map(|kind| Ok((kind.name(), self.params.of(*kind)?)));
        let params: BTreeMap<&str, RawBytes> = params.collect::<Result<_>>()?;
        probe(node, &self.on, asker, &self.codes, &params)
    }

    /// The deployer grants and appoints what is its own to grant and to appoint.
    fn wiring(&self, node: &mut Lotus) -> Result<Wiring> {
        let deployer = node.id_of(&self.from)?;
        let admin = node.id_of(&self.params.datadao.admin)?;
        let governor = node.id_of(&self.params.lending_market.governor)?;
        let limits = defaults::limits(self.options.ceiling.clone());
        let underwriter = self.options.underwriter.map(|address| (address, limits));
        if underwriter.is_some() && governor != deployer {
            bail!(
                "only the market's governor appoints underwriters: leave out --underwriter, or deploy from \
                 {}",
                Addr(self.params.lending_market.governor)
            );
        }
        Ok(Wiring { roles: (admin == deployer).then_some(self.from), underwriter })
    }

    /// How each step stands, and what it would take.
    fn estimate(
        &self,
        node: &mut Lotus,
        steps: &[Step],
        missing: &[Code],
        before: Option<&Deployment>,
    ) -> Result<Vec<Planned>> {
        let of = |step: &Step| {
            let state = self.state(node, step, missing, before)?;
            Ok(Planned { step: step.name(), state })
        };
        steps.iter().map(of).collect()
    }

    fn state(
        &self,
        node: &mut Lotus,
        step: &Step,
        missing: &[Code],
        before: Option<&Deployment>,
    ) -> Result<State> {
        let last = before.and_then(|before| before.step(&step.name())?.last());
        match last.map(|last| (&last.outcome, &last.message.0.message)) {
            Some((Some(outcome), _)) if outcome.is_success() => return Ok(State::Done),
            Some((None, message)) => {
                return Ok(State::Signed(&message.gas_fee_cap * message.gas_limit));
            }
            _ => {}
        }
        let creates = matches!(step.work, Work::Create { .. });
        if creates && missing.iter().any(|code| code.name == step.actor) {
            return Ok(State::Unknown);
        }
        let actor = before.and_then(|before| before.created(step.actor));
        match step.call(self.from, actor.map(|created| created.robust.0)) {
            Some(call) => Ok(State::Estimated(Box::new(node.quote(call)?))),
            None => {
                // A plain send of the deployer to itself tells the price of gas.
                let send = node.quote(Call::new(self.from, self.from))?;
                let price = &send.base_fee + &send.call.gas_premium;
                Ok(State::Bounded(CALL_GAS, price * CALL_GAS))
            }
        }
    }

    /// A market with other agents could not make a single loan.
    fn check_agents(&self, node: &mut Lotus, deployment: &Deployment) -> Result<()> {
        let market = deployment.created(Kind::LendingMarket.name());
        let Some(market) = market.filter(|_| self.kinds.contains(&Kind::LendingMarket)) else {
            return Ok(());
        };
        let (wired, agent) =
            (agent_code(node, self.from, market.robust.0)?, code_of(&self.codes, AGENT)?);
        ensure!(wired == agent, "the market creates agents of code {wired}, not {agent}");
        Ok(())
    }
}
