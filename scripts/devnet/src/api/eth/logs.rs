//! Events of the chain as logs.

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::{iter, slice};

use anyhow::{Context, Result, bail, ensure};
use fvm_harness::CHAIN_ID;
use fvm_shared::ActorID;
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use lotus::eth::EthAddress;
use lotus::eth::filter::{EthFilterSpec, FilterError, LogFilter, Range};
use lotus::eth::logs::{EthLog, logs_of};
use lotus::eth::transaction::hash_of;
use lotus::rpc::Failure;

use super::names::by_hash;
use super::transactions::placement;
use super::{Table, eth_address};
use crate::db::TipsetEvents;
use crate::node::Node;
use crate::tipset::{Tipset, read_message};
use crate::view::View;

/// Epochs that a filter may span: a day.
const MAX_RANGE: ChainEpoch = 2_880;
/// Logs of more than one tipset that an answer may have.
const MAX_LOGS: usize = 10_000;

pub fn add(methods: &mut Table<'_>) {
    methods.add("EthGetLogs", |node, (spec,): (EthFilterSpec,)| match range(node, &spec) {
        Ok(range) => get(node, &spec, range).context("failed to get events for filter"),
        Err(error) if error.is::<Failure>() => Err(error),
        Err(error) => Err(error
            .context("failed to parse eth filter spec")
            .context("failed to get events for filter")),
    });
}

/// The tipsets that a filter reaches. One that reaches too far is refused with a code of its own.
pub fn range(node: &Node, spec: &EthFilterSpec) -> Result<Range> {
    spec.filter()?;
    match spec.range(node.head().height(), MAX_RANGE) {
        Err(FilterError::TooWide { max, got }) => Err(Failure::block_range(max, got).into()),
        range => Ok(range?),
    }
}

fn get(node: &Node, spec: &EthFilterSpec, range: Range) -> Result<Vec<EthLog>> {
    let head = node.head().height();
    let (first, last) = match range {
        Range::Block(hash) => {
            let height = by_hash(node, hash).context("failed to get tipset by cid")?.height();
            (height, height)
        }
        Range::Epochs { from, to } => (from, to.unwrap_or(head - 1)),
    };
    if first.max(last) >= head && head > 0 {
        bail!("events for the requested block are not yet available");
    }
    let (filter, mut logs) = (spec.filter()?, vec![]);
    for of_tipset in search(node, first..=last, &filter) {
        let of_tipset = of_tipset?;
        let one_tipset = logs.is_empty() || of_tipset.is_empty();
        ensure!(
            one_tipset || logs.len() + of_tipset.len() <= MAX_LOGS,
            "failed to get events for filter from chain indexer: failed to get events: filter matches \
             too many events, try a more restricted filter"
        );
        logs.extend(of_tipset);
    }
    Ok(logs)
}

/// The logs of the tipsets at some heights that a filter asks for, in order: those of one tipset after
/// the other, as they are asked for.
pub fn search<'a>(
    node: &'a Node,
    heights: RangeInclusive<ChainEpoch>,
    filter: &'a LogFilter,
) -> impl Iterator<Item = Result<Vec<EthLog>>> + 'a {
    let (mut next, last) = heights.into_inner();
    let mut emitters = HashMap::new();
    iter::from_fn(move || {
        let (height, events) = match node.db().events(next, last).transpose()? {
            Ok(found) => found,
            Err(error) => return Some(Err(error)),
        };
        next = height + 1;
        Some(matching(node, height, &events, filter, &mut emitters))
    })
}

/// The logs of a tipset that a filter asks for, in order.
pub fn of_tipset(node: &Node, tipset: &Tipset, filter: &LogFilter) -> Result<Vec<EthLog>> {
    let logs = search(node, tipset.height()..=tipset.height(), filter).next();
    Ok(logs.transpose()?.unwrap_or_default())
}

/// Addresses in Ethereum of actors that emit events. An actor has the same as long as it lives.
type Emitters = HashMap<ActorID, EthAddress>;

fn matching(
    node: &Node,
    height: ChainEpoch,
    events: &TipsetEvents,
    filter: &LogFilter,
    emitters: &mut Emitters,
) -> Result<Vec<EthLog>> {
    let tipset = node.tipset_at_or_below(height)?.context("events without a tipset")?;
    let view = node.view_after(&tipset);
    let messages = tipset.message_cids(node.store())?;
    let (mut logs, mut next) = (vec![], 0);
    for (index, events) in events {
        let mut wanted = vec![];
        for stamped in events {
            if filter.asks_for_topics_of(&stamped.event) {
                let address = address_of(stamped.emitter, &view, emitters)?;
                if filter.asks_for_emitter(stamped.emitter, address) {
                    wanted.push((next, stamped, address));
                }
            }
            next += 1;
        }
        let cid = usize::try_from(*index).ok().and_then(|index| messages.get(index));
        let cid = cid.context("events without a message")?;
        if wanted.is_empty() {
            continue;
        }
        let hash = hash_of(&read_message(node.store(), cid)?, CHAIN_ID)?;
        let placement = placement(&tipset, *index)?;
        for (first, stamped, address) in wanted {
            logs.extend(logs_of(slice::from_ref(stamped), first, hash, placement, |_| address));
        }
    }
    Ok(logs)
}

fn address_of(emitter: ActorID, view: &View, known: &mut Emitters) -> Result<EthAddress> {
    if let Some(address) = known.get(&emitter) {
        return Ok(*address);
    }
    let address = eth_address(view, &Address::new_id(emitter))?;
    let address = address.unwrap_or_else(|| EthAddress::masked(emitter));
    known.insert(emitter, address);
    Ok(address)
}
