//! What a deployment would cost, and what it came to, for people.

use ::lotus::json::{Addr, Link};
use fvm_harness::TokenAmount;
use num_traits::Zero;

use super::config::Kind;
use super::record::{Attempt, Deployment, Outcome, Progress};
use crate::node::Quote;
use crate::node::lotus::Identity;
use crate::table::{render, thousands};
use crate::units::fil;

/// A step of a plan as it stands.
#[derive(Clone, Debug)]
pub struct Planned {
    pub step: String,
    pub state: State,
}

#[derive(Clone, Debug)]
pub enum State {
    Done,
    /// A message is signed, and sent again if need be. It costs so much at the most.
    Signed(TokenAmount),
    Estimated(Box<Quote>),
    /// The actor that it calls is not there yet: it takes gas up to a limit and FIL up to a sum.
    Bounded(u64, TokenAmount),
    /// Nothing can be said before its code is installed.
    Unknown,
}

impl State {
    /// AttoFIL that it costs at the most, at the present price of gas.
    #[must_use]
    pub fn cost(&self) -> TokenAmount {
        match self {
            State::Done | State::Unknown => TokenAmount::zero(),
            State::Signed(most) | State::Bounded(_, most) => most.clone(),
            State::Estimated(quote) => quote.max_cost(),
        }
    }

    /// AttoFIL that the pool wants to see on the account before it takes the message.
    fn hold(&self) -> TokenAmount {
        match self {
            State::Estimated(quote) => &quote.call.gas_fee_cap * quote.call.gas_limit,
            other => other.cost(),
        }
    }
}

#[must_use]
pub fn network(on: &Identity, deployer: Addr, balance: &TokenAmount) -> String {
    let chain = on.chain_id.map(|id| format!(", chain {id}")).unwrap_or_default();
    format!(
        "network   {}{chain}, version {}, first block {}\nnode      {}\ndeployer  {deployer}, which has {}\n",
        on.name,
        on.version,
        on.genesis,
        on.node,
        fil(balance)
    )
}

#[must_use]
pub fn plan(steps: &[Planned]) -> String {
    let row = |planned: &Planned| {
        let (state, gas, cost) = match &planned.state {
            State::Done => ("done", String::new(), String::new()),
            State::Signed(most) => ("signed before", String::new(), fil(most)),
            State::Estimated(quote) => {
                ("to send", thousands(quote.call.gas_limit), fil(&quote.max_cost()))
            }
            State::Bounded(gas, most) => ("to send", thousands(*gas), fil(most)),
            State::Unknown => ("after install", String::new(), String::new()),
        };
        vec![planned.step.clone(), state.into(), gas, cost]
    };
    let mut rows: Vec<_> = steps.iter().map(row).collect();
    rows.push(vec!["in all".into(), String::new(), String::new(), fil(&total(steps))]);
    render(&["step", "state", "gas at the most", "cost at the most"], &rows)
}

/// AttoFIL that the steps of a plan take at the most.
#[must_use]
pub fn total(steps: &[Planned]) -> TokenAmount {
    steps
        .iter()
        .map(|planned| planned.state.cost())
        .fold(TokenAmount::zero(), |sum, cost| sum + cost)
}

/// AttoFIL that the deployer must have: what everything costs, and what is held for the dearest message,
/// as one is sent at a time.
#[must_use]
pub fn needed(steps: &[Planned]) -> TokenAmount {
    let held = steps.iter().map(|planned| planned.state.hold()).max();
    total(steps) + held.unwrap_or_default()
}

/// What is where.
#[must_use]
pub fn deployed(deployment: &Deployment) -> String {
    let row = |progress: &Progress| {
        let created = progress.created?;
        let last = progress.last()?;
        let actor = progress.step.trim_start_matches("create ").to_owned();
        let Link(code) = created.code;
        let (id, robust) = (created.id.to_string(), created.robust.to_string());
        Some(vec![actor, id, robust, code.to_string(), last.cid.0.to_string()])
    };
    let rows: Vec<_> = deployment.steps.iter().filter_map(row).collect();
    render(&["actor", "f0", "f2", "code CID", "created by message"], &rows)
}

/// What each message took.
#[must_use]
pub fn spent(deployment: &Deployment) -> String {
    let row = |(step, attempt): (&str, &Attempt)| match &attempt.outcome {
        Some(Outcome::Ran { gas_used, cost, height, .. }) => {
            let cost = cost.as_ref().map(|cost| fil(&cost.0)).unwrap_or_default();
            Some(vec![step.to_owned(), height.to_string(), thousands(*gas_used), cost])
        }
        _ => None,
    };
    let attempts = deployment.steps.iter().flat_map(|progress| {
        progress.attempts.iter().map(|attempt| (progress.step.as_str(), attempt))
    });
    let rows: Vec<_> = attempts.filter_map(row).collect();
    render(&["message", "epoch", "gas", "cost"], &rows)
}

/// What to do with the actors.
#[must_use]
pub fn next(deployment: &Deployment) -> String {
    let mut lines = vec!["next:".to_owned()];
    for kind in Kind::ALL {
        let Some(created) = deployment.created(kind.name()) else { continue };
        let (id, robust) = (created.id, created.robust);
        lines.push(match kind {
            Kind::DataDao => format!("  cargo fab methods datadao            what {id} does"),
            Kind::PerpetualStorage => {
                format!("  cargo fab worker --actor {robust}   keep it, for the tips")
            }
            Kind::LendingMarket => {
                format!("  cargo fab underwrite --market {robust} …   assess a miner for a loan")
            }
        });
    }
    lines.join("\n")
}
