//! What is pushed to clients as it happens.

use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use fvm_harness::CHAIN_ID;
use lotus::auth::Permission::Read;
use lotus::eth::EthHash;
use lotus::eth::block::EthBlock;
use lotus::eth::filter::{EthFilterSpec, LogFilter};
use lotus::eth::logs::EthLog;
use lotus::eth::transaction::hash_of;
use lotus::rpc::{Failure, Methods, Raw, Subscription};
use serde::Serialize;
use tokio::sync::mpsc::{self, Sender};
use tokio::sync::{broadcast, watch};

use super::blocks::block;
use super::filters::new_id;
use super::names::latest;
use super::{logs, param, params};
use crate::follow::{Place, tipsets};
use crate::node::Node;
use crate::pool::{Change, ChangeKind};
use crate::tipset::Tipset;

/// Pushes that a client may be behind before it gets no more.
const BACKLOG: usize = 20_000;

pub fn add(methods: &mut Methods<Node>) {
    methods.subscribe("EthSubscribe", Read, subscribe);
    methods.unsubscribe("EthUnsubscribe", Read);
}

#[derive(Serialize)]
#[serde(untagged)]
enum Push {
    Head(Box<EthBlock>),
    Log(EthLog),
    Transaction(EthHash),
}

/// What of new tipsets is pushed.
#[derive(Clone)]
enum Wanted {
    Heads,
    Logs(LogFilter),
}

fn subscribe(node: &Arc<Node>, raw: Raw) -> Result<Subscription<Push>, Failure> {
    let params = params(&raw, 1, 2)?;
    let kind: String = param(&params, 0)?.unwrap_or_default();
    let (pushes, events) = mpsc::channel(BACKLOG);
    let subscription = Subscription { id: new_id()?.to_string(), events };
    let wanted = match kind.as_str() {
        "newHeads" => Wanted::Heads,
        "logs" => {
            let spec = param::<EthFilterSpec>(&params, 1)?.unwrap_or_default();
            Wanted::Logs(spec.filter().map_err(anyhow::Error::from)?)
        }
        "newPendingTransactions" => {
            tokio::spawn(push_transactions(node.changes(), pushes));
            return Ok(subscription);
        }
        _ => return Err(anyhow!("unsupported event type: {kind}").into()),
    };
    let heads = node.heads();
    let place = Place::at(&*latest(node)?);
    tokio::spawn(push_tipsets(Arc::clone(node), heads, place, wanted, pushes));
    Ok(subscription)
}

async fn push_transactions(mut changes: broadcast::Receiver<Change>, pushes: Sender<Push>) {
    loop {
        let change = tokio::select! {
            () = pushes.closed() => return,
            change = changes.recv() => change,
        };
        let Ok(change) = change else { return };
        if change.kind == ChangeKind::Added {
            let Ok(hash) = hash_of(&change.message, CHAIN_ID) else { return };
            if pushes.try_send(Push::Transaction(hash)).is_err() {
                return;
            }
        }
    }
}

/// Pushes what is new up to the latest tipset whenever there is a new head.
async fn push_tipsets(
    node: Arc<Node>,
    mut heads: watch::Receiver<Arc<Tipset>>,
    mut place: Place,
    wanted: Wanted,
    pushes: Sender<Push>,
) {
    loop {
        let changed = tokio::select! {
            () = pushes.closed() => return,
            changed = heads.changed() => changed,
        };
        if changed.is_err() {
            return;
        }
        let (node, wanted) = (Arc::clone(&node), wanted.clone());
        let news = tokio::task::spawn_blocking(move || {
            let news = wanted.news(&node, &mut place);
            news.map(|news| (news, place))
        });
        let Ok(Ok((news, reached))) = news.await else { return };
        place = reached;
        for push in news {
            if pushes.try_send(push).is_err() {
                return;
            }
        }
    }
}

impl Wanted {
    fn news(&self, node: &Node, place: &mut Place) -> Result<Vec<Push>> {
        let end = latest(node).context("the head is gone")?;
        let heights = place.go_on(node, &end)?;
        match self {
            Wanted::Heads => {
                let head = |tipset| Ok(Push::Head(Box::new(block(node, &tipset, true)?)));
                tipsets(node, &heights)?.into_iter().map(head).collect()
            }
            Wanted::Logs(filter) => {
                let logs = logs::between(node, heights, filter)?;
                Ok(logs.into_iter().map(Push::Log).collect())
            }
        }
    }
}
