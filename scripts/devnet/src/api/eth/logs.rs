//! Events of the chain as logs.

use std::ops::RangeInclusive;

use anyhow::{Context, Result, bail, ensure};
use fvm_harness::CHAIN_ID;
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
    let logs = between(node, first..=last, &spec.filter()?)?;
    let one_tipset =
        logs.first().map(|log| log.block_number) == logs.last().map(|log| log.block_number);
    ensure!(
        one_tipset || logs.len() <= MAX_LOGS,
        "failed to get events for filter from chain indexer: failed to get events: filter matches too \
         many events, try a more restricted filter"
    );
    Ok(logs)
}

/// The logs of the tipsets at some heights that a filter asks for, in order.
pub fn between(
    node: &Node,
    heights: RangeInclusive<ChainEpoch>,
    filter: &LogFilter,
) -> Result<Vec<EthLog>> {
    let mut logs = vec![];
    for (height, events) in node.db().events(*heights.start(), *heights.end())? {
        let tipset = node.tipset_at_or_below(height)?.context("events without a tipset")?;
        logs.extend(matching(node, &tipset, &events, filter)?);
    }
    Ok(logs)
}

/// The logs of a tipset that a filter asks for, in order.
pub fn of_tipset(node: &Node, tipset: &Tipset, filter: &LogFilter) -> Result<Vec<EthLog>> {
    between(node, tipset.height()..=tipset.height(), filter)
}

fn matching(
    node: &Node,
    tipset: &Tipset,
    events: &TipsetEvents,
    filter: &LogFilter,
) -> Result<Vec<EthLog>> {
    let view = node.view_after(tipset);
    let messages = tipset.message_cids(node.store())?;
    let (mut logs, mut next) = (vec![], 0);
    for (index, events) in events {
        let cid = usize::try_from(*index).ok().and_then(|index| messages.get(index));
        let message = read_message(node.store(), cid.context("events without a message")?)?;
        let (hash, placement) = (hash_of(&message, CHAIN_ID)?, placement(tipset, *index)?);
        for stamped in events {
            let address = eth_address(&view, &Address::new_id(stamped.emitter))?;
            let address = address.unwrap_or_else(|| EthAddress::masked(stamped.emitter));
            if filter.matches(stamped.emitter, address, &stamped.event) {
                let one = std::slice::from_ref(stamped);
                logs.extend(logs_of(one, next, hash, placement, |_| address));
            }
            next += 1;
        }
    }
    Ok(logs)
}
