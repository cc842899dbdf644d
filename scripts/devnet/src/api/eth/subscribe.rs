//! What is pushed to clients as it happens.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, anyhow};
use cid::Cid;
use fvm_harness::CHAIN_ID;
use lotus::auth::Permission::Read;
use lotus::eth::EthHash;
use lotus::eth::block::EthBlock;
use lotus::eth::filter::{EthFilterSpec, LogFilter};
use lotus::eth::logs::EthLog;
use lotus::eth::transaction::hash_of;
use lotus::rpc::{Failure, Methods, Raw, Subscription};
use serde::{Serialize, Serializer};
use tokio::sync::mpsc::{self, Sender};
use tokio::sync::{broadcast, watch};

use super::blocks::block;
use super::filters::new_id;
use super::names::latest;
use super::{logs, param, params};
use crate::follow::Place;
use crate::node::Node;
use crate::pool::{Change, ChangeKind};
use crate::tipset::Tipset;

/// Pushes that are made ahead of a client who reads slowly. Others wait until it has read.
const BACKLOG: usize = 64;
/// Blocks that are kept for other clients who want them.
const MAX_BLOCKS: usize = 16;

pub fn add(methods: &mut Methods<Node>) {
    let blocks = Arc::new(Blocks::default());
    methods.subscribe("EthSubscribe", Read, move |node: &Arc<Node>, raw: Raw| {
        subscribe(node, &blocks, &raw)
    });
    methods.unsubscribe("EthUnsubscribe", Read);
}

#[derive(Serialize)]
#[serde(untagged)]
enum Push {
    Head(#[serde(serialize_with = "shared")] Arc<EthBlock>),
    Log(EthLog),
    Transaction(EthHash),
}

fn shared<S: Serializer>(block: &Arc<EthBlock>, serializer: S) -> Result<S::Ok, S::Error> {
    block.serialize(serializer)
}

/// The last blocks that were made. Each is made once, whatever number of clients wants it.
#[derive(Default)]
struct Blocks(Mutex<VecDeque<(Cid, Arc<EthBlock>)>>);

impl Blocks {
    fn of(&self, node: &Node, tipset: &Tipset) -> Result<Arc<EthBlock>> {
        let mut blocks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, block)) = blocks.iter().find(|(cid, _)| *cid == tipset.block) {
            return Ok(Arc::clone(block));
        }
        let made = Arc::new(block(node, tipset, true)?);
        blocks.truncate(MAX_BLOCKS - 1);
        blocks.push_front((tipset.block, Arc::clone(&made)));
        Ok(made)
    }
}

/// What of new tipsets is pushed.
#[derive(Clone)]
enum Wanted {
    Heads(Arc<Blocks>),
    Logs(LogFilter),
}

fn subscribe(
    node: &Arc<Node>,
    blocks: &Arc<Blocks>,
    raw: &Raw,
) -> Result<Subscription<Push>, Failure> {
    let params = params(raw, 1, 2)?;
    let kind: String = param(&params, 0)?.unwrap_or_default();
    let (pushes, events) = mpsc::channel(BACKLOG);
    let subscription = Subscription { id: new_id()?.to_string(), events };
    let wanted = match kind.as_str() {
        "newHeads" => Wanted::Heads(Arc::clone(blocks)),
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
            if pushes.send(Push::Transaction(hash)).await.is_err() {
                return;
            }
        }
    }
}

/// Pushes what is new up to the latest tipset whenever there is a new head, tipset by tipset.
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
        loop {
            let (node, wanted) = (Arc::clone(&node), wanted.clone());
            let next = tokio::task::spawn_blocking(move || {
                let news = wanted.next(&node, &mut place);
                news.map(|news| (news, place))
            });
            let Ok(Ok((news, reached))) = next.await else { return };
            place = reached;
            let Some(news) = news else { break };
            for push in news {
                if pushes.send(push).await.is_err() {
                    return;
                }
            }
        }
    }
}

impl Wanted {
    /// Goes on by a tipset, if there is another.
    fn next(&self, node: &Node, place: &mut Place) -> Result<Option<Vec<Push>>> {
        let end = latest(node).context("the head is gone")?;
        let heights = place.go_on(node, &end)?;
        let next = node.tipset_at_or_above(*heights.start())?;
        let Some(next) = next.filter(|next| next.height() <= *heights.end()) else {
            return Ok(None);
        };
        *place = Place::at(&next);
        Ok(Some(match self {
            Wanted::Heads(blocks) => vec![Push::Head(blocks.of(node, &next)?)],
            Wanted::Logs(filter) => {
                logs::of_tipset(node, &next, filter)?.into_iter().map(Push::Log).collect()
            }
        }))
    }
}
