//! Running messages to see what they would do, or did: `StateCall`, `StateReplay`, `StateCompute`.
//!
//! A tipset runs again from the state on which its messages were executed. What came before them, null
//! rounds and what the node's own controls did, need not.

use anyhow::{Context, Result, bail, ensure};
use cid::Cid;
use fvm_harness::{BLOCK_GAS_LIMIT, Network, Outcome, Snapshot, TokenAmount};
use fvm_ipld_encoding::{RawBytes, to_vec};
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::message::Message;
use lotus::auth::Permission::Read;
use lotus::block::TipsetKey;
use lotus::json::{Addr, Link};
use lotus::message::{MessageJson, SignedMessage};
use lotus::rpc::Methods;
use num_traits::Zero;
use serde::Serialize;
use shared::ext::{CRON_ACTOR, SYSTEM_ACTOR};

use super::chain::tipset;
use super::trace::{Fees, Invocation};
use super::wait::find_executed;
use crate::chain::{execute, is_acting};
use crate::gate::Simulation;
use crate::node::Node;
use crate::tipset::Tipset;

/// `EpochTick` of cron.
const EPOCH_TICK: u64 = 2;
/// Gas that a tick may use, as in Lotus.
const TICK_GAS: u64 = BLOCK_GAS_LIMIT * 10_000;
/// Null rounds before a tipset that its trace shows; where there are more, it shows none.
const MAX_ROUNDS: ChainEpoch = 60;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Computed {
    root: Link,
    trace: Vec<Invocation>,
}

pub fn add(methods: &mut Methods<Node>) {
    methods.call("StateCall", Read, |node: &Node, (message, key): (MessageJson, TipsetKey)| {
        let tipset = node.tipset(&key).with_context(|| format!("loading tipset {key}"))?;
        Ok(call(node, message, &tipset)?)
    });
    methods.call("StateReplay", Read, |node: &Node, (key, Link(cid)): (TipsetKey, Link)| {
        Ok(replay(node, &key, cid)?)
    });
    type Compute = (ChainEpoch, Option<Vec<MessageJson>>, TipsetKey);
    methods.call("StateCompute", Read, |node: &Node, (height, messages, key): Compute| {
        let tipset = tipset(node, &key)?;
        Ok(compute(node, &tipset, height, messages.unwrap_or_default())?)
    });
}

/// Runs a message on the state that a tipset names, after those of its sender in the tipset. It needs
/// no signature, no nonce and no gas, and its sender may be any actor. Other than in Lotus it gets no
/// more gas than a block has, for a caller could hold up the node with a loop.
fn call(node: &Node, message: MessageJson, tipset: &Tipset) -> Result<Invocation> {
    let Some(Addr(from)) = message.from else {
        bail!("getting sender actor: GetActor called on undefined address");
    };
    let mut message = message.message().context("cannot marshal undefined address")?;
    let view = node.view(tipset);
    if view.actor(&from)?.is_none() {
        bail!("sender {} not found on chain: sender validation failed", Addr(from));
    }
    let mut network = view.network()?;
    network.set_base_fee(tipset.header.parent_base_fee.clone());
    for earlier in tipset.messages(node.store())? {
        if earlier.message.from == from {
            run(&mut network, &earlier)?;
        }
    }
    if message.gas_fee_cap.is_zero() {
        network.set_base_fee(TokenAmount::zero());
    }
    network.set_tracing(true);
    message.sequence = network.nonce(&from);
    message.gas_limit = allowed(message.gas_limit);
    Invocation::of(message, Fees::None, |message| network.perform(message))
}

/// The gas that a message gets which asks for so much, or leaves it open.
fn allowed(gas_limit: u64) -> u64 {
    match gas_limit {
        0 => BLOCK_GAS_LIMIT,
        limit => limit.min(BLOCK_GAS_LIMIT),
    }
}

/// Runs the messages of a tipset again, up to one of them.
fn replay(node: &Node, key: &TipsetKey, cid: Cid) -> Result<Invocation> {
    let (tipset, cid) = match key.0.is_empty() {
        false => ((*tipset(node, key)?).clone(), cid),
        true => {
            let found = find_executed(node, cid);
            let found = found.with_context(|| format!("searching for msg {cid}"))?;
            let lookup = found.with_context(|| format!("didn't find msg {cid}"))?;
            let height = lookup.placement.height;
            let tipset = node.tipset_at_or_below(height)?.context("a tipset that is gone")?;
            (tipset, lookup.message.cid()?)
        }
    };
    let mut network = start(node, &tipset)?;
    for signed in tipset.messages(node.store())? {
        if signed.cid()? == cid {
            let invocation = traced(&mut network, &signed)?;
            return Ok(Invocation { msg_cid: Link(cid), ..invocation });
        }
        run(&mut network, &signed)?;
    }
    bail!("given message not found in tipset")
}

/// Runs a tipset again, and messages of the caller's own after it, at an epoch of their choice.
fn compute(
    node: &Node,
    tipset: &Tipset,
    height: ChainEpoch,
    messages: Vec<MessageJson>,
) -> Result<Computed> {
    let least = tipset.height();
    ensure!(height >= least, "height {height} is before the tipset: ask for {least} or later");
    let messages = of_one_block(messages)?;
    if tipset.height() == 0 && messages.is_empty() {
        return Ok(Computed { root: Link(tipset.state), trace: vec![] });
    }
    let mut network = start(node, tipset)?;
    let mut trace = null_rounds(node, tipset, &mut network)?;
    for signed in tipset.messages(node.store())? {
        trace.push(traced(&mut network, &signed)?);
    }
    if tipset.height() > 0 {
        trace.push(tick(&mut network)?);
    }
    let root = network.snapshot().root;
    network.restore(&Snapshot { root, epoch: height });
    for message in messages {
        let length = to_vec(&message)?.len();
        let run = |message| network.execute(message, length);
        trace.push(Invocation::of(message, Fees::Paid, run)?);
    }
    Ok(Computed { root: Link(network.snapshot().root), trace })
}

/// Messages with the gas that they get, which is a block's at the most for all of them.
fn of_one_block(messages: Vec<MessageJson>) -> Result<Vec<Message>> {
    let read = |json: MessageJson| {
        let message = json.message().context("a message has no address")?;
        Ok(Message { gas_limit: allowed(message.gas_limit), ..message })
    };
    let messages = messages.into_iter().map(read).collect::<Result<Vec<_>>>()?;
    let gas = messages.iter().fold(0_u64, |gas, message| gas.saturating_add(message.gas_limit));
    ensure!(
        gas <= BLOCK_GAS_LIMIT,
        "the messages may use {gas} gas, and a block has {BLOCK_GAS_LIMIT}: lower their gas limits, or \
         compute fewer at once"
    );
    Ok(messages)
}

/// A network at a tipset's epoch, before its messages.
fn start(node: &Node, tipset: &Tipset) -> Result<Simulation> {
    let mut network = node.view(tipset).network()?;
    network.set_base_fee(tipset.header.parent_base_fee.clone());
    network.set_tracing(true);
    network.restore(&Snapshot { root: tipset.before, epoch: tipset.height() });
    Ok(network)
}

/// What happened in the null rounds before a tipset, to whose messages the network comes back.
fn null_rounds(node: &Node, tipset: &Tipset, network: &mut Network) -> Result<Vec<Invocation>> {
    let here = network.snapshot();
    let parent = node.tipset_at_or_below(tipset.height() - 1)?;
    let first = parent.map_or(0, |parent| parent.height() + 1);
    let (mut trace, mut root) = (vec![], tipset.header.parent_state_root);
    if tipset.height() - first <= MAX_ROUNDS {
        for epoch in first..tipset.height() {
            network.restore(&Snapshot { root, epoch });
            trace.push(tick(network)?);
            root = network.snapshot().root;
        }
    }
    network.restore(&here);
    Ok(trace)
}

/// Runs a message as the chain does.
fn run(network: &mut Network, signed: &SignedMessage) -> Result<Outcome> {
    execute(network, signed, signed.chain_bytes()?.len())
}

fn traced(network: &mut Network, signed: &SignedMessage) -> Result<Invocation> {
    let fees = if is_acting(signed) { Fees::None } else { Fees::Paid };
    Invocation::of(signed.message.clone(), fees, |_| run(network, signed))
}

/// The tick of cron at the end of an epoch.
fn tick(network: &mut Network) -> Result<Invocation> {
    let message = Message {
        version: 0,
        from: Address::new_id(SYSTEM_ACTOR),
        to: Address::new_id(CRON_ACTOR),
        sequence: network.epoch().unsigned_abs(),
        value: TokenAmount::zero(),
        method_num: EPOCH_TICK,
        params: RawBytes::default(),
        gas_limit: TICK_GAS,
        gas_fee_cap: TokenAmount::zero(),
        gas_premium: TokenAmount::zero(),
    };
    Invocation::of(message, Fees::None, |message| network.perform(message))
}
