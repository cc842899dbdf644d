//! Reading the chain: `Chain*`.

use std::collections::HashSet;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail, ensure};
use cid::Cid;
use fvm_harness::Store;
use fvm_harness::car::links;
use fvm_ipld_blockstore::Blockstore;
use fvm_ipld_encoding::{CBOR, DAG_CBOR, IPLD_RAW};
use fvm_shared::clock::ChainEpoch;
use fvm_shared::event::StampedEvent;
use lotus::auth::Permission::Read;
use lotus::block::{
    BlockHeader, BlockJson, MessageRoots, ReceiptJson, TipsetJson, TipsetKey, not_found,
    read_events, read_receipts,
};
use lotus::json::{Base64, Link};
use lotus::message::{MessageJson, SignedMessage, SignedMessageJson};
use lotus::rpc::{Failure, Methods};
use serde::Serialize;
use tokio::sync::mpsc;

use super::shapes::{EventJson, HeadChange};
use crate::node::Node;
use crate::tipset::{Tipset, read_header, read_message, tipset_json};

/// Epochs after which Lotus holds a tipset for final.
pub const FINALITY: ChainEpoch = 900;
/// Tipsets of a path that is asked for: a day's.
const MAX_PATH: usize = 2_880;
/// Blocks of an object that are counted.
const MAX_OBJECT: usize = 100_000;
/// Changes of the head that a subscriber may be behind.
const BACKLOG: usize = 16;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct BlockMessages {
    bls_messages: Vec<MessageJson>,
    secpk_messages: Vec<SignedMessageJson>,
    cids: Vec<Link>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct CidMessage {
    cid: Link,
    message: MessageJson,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Stat {
    size: u64,
    links: u64,
}

pub fn add(methods: &mut Methods<Node>) {
    methods.call("ChainHead", Read, |node: &Node, ()| Ok(node.head().json()));
    methods.call("ChainGetGenesis", Read, |node: &Node, ()| {
        let genesis = node.tipset_at_or_above(0)?.context("the chain has no genesis")?;
        Ok(genesis.json())
    });
    methods.call("ChainGetTipSet", Read, |node: &Node, (key,): (TipsetKey,)| {
        if key == TipsetKey::default() {
            return Err(Failure::new("NewTipSet called with zero length array of blocks"));
        }
        Ok(node.tipset(&key)?.json())
    });
    type At = (ChainEpoch, TipsetKey);
    methods.call("ChainGetTipSetByHeight", Read, |node: &Node, (height, key): At| {
        below(node, height, &key)?;
        let found = node.tipset_at_or_below(height)?;
        Ok(found.context("the chain has no genesis")?.json())
    });
    methods.call("ChainGetTipSetAfterHeight", Read, |node: &Node, (height, key): At| {
        below(node, height, &key)?;
        let found = node.tipset_at_or_above(height)?;
        Ok(found.context("the chain has no head")?.json())
    });
    methods.call("ChainGetFinalizedTipSet", Read, |node: &Node, ()| {
        let height = node.head().height() - FINALITY;
        below(node, height, &TipsetKey::default())?;
        let found = node.tipset_at_or_below(height)?;
        Ok(found.context("the chain has no genesis")?.json())
    });
    methods.call("ChainTipSetWeight", Read, |node: &Node, (key,): (TipsetKey,)| {
        Ok(tipset(node, &key)?.weight().to_string())
    });
    methods.call("ChainGetPath", Read, |node: &Node, (from, to): (TipsetKey, TipsetKey)| {
        let end = |key: &TipsetKey, which| {
            let tipset = node.tipset(key);
            tipset.with_context(|| format!("loading {which} tipset {key}"))
        };
        let (from, to) = (end(&from, "from")?, end(&to, "to")?);
        Ok(path(node.store(), (*from).clone().into(), (*to).clone().into(), MAX_PATH)?)
    });
    methods.stream("ChainNotify", Read, |node: &Node, ()| Ok(notify(node)));
    add_blocks(methods);
    add_messages(methods);
}

fn add_blocks(methods: &mut Methods<Node>) {
    methods.call("ChainGetBlock", Read, |node: &Node, (Link(block),): (Link,)| {
        Ok(BlockJson::from(&read_header(node.store(), &block)?))
    });
    methods.call("ChainHasObj", Read, |node: &Node, (Link(cid),): (Link,)| {
        Ok(node.store().get(&cid)?.is_some())
    });
    methods.call("ChainReadObj", Read, |node: &Node, (Link(cid),): (Link,)| {
        let block = node.store().get(&cid)?.ok_or_else(|| not_found(&cid));
        Ok(Base64(block.context("blockstore get")?))
    });
    methods.call("ChainStatObj", Read, |node: &Node, (object, base): (Link, Option<Link>)| {
        Ok(stat(node.store(), object.0, base.map(|Link(cid)| cid))?)
    });
    methods.call("ChainGetEvents", Read, |node: &Node, (Link(root),): (Link,)| {
        let events = read_events(node.store(), &root).context("load events amt")?;
        let json = |event: StampedEvent| EventJson::from(&event);
        Ok(events.into_iter().map(json).collect::<Vec<_>>())
    });
}

fn add_messages(methods: &mut Methods<Node>) {
    methods.call("ChainGetMessage", Read, |node: &Node, (Link(cid),): (Link,)| {
        Ok(MessageJson::from(&node.message(&cid)?.message))
    });
    methods.call("ChainGetBlockMessages", Read, |node: &Node, (Link(block),): (Link,)| {
        let header = read_header(node.store(), &block)?;
        let found = messages(node.store(), &header)?;
        let (bls, secp): (Vec<_>, Vec<_>) =
            found.into_iter().partition(|(_, signed)| signed.is_bls());
        Ok(BlockMessages {
            bls_messages: bls.iter().map(|(_, signed)| (&signed.message).into()).collect(),
            secpk_messages: secp.iter().map(|(_, signed)| signed.into()).collect(),
            cids: bls.iter().chain(&secp).map(|(cid, _)| Link(*cid)).collect(),
        })
    });
    methods.call("ChainGetMessagesInTipset", Read, |node: &Node, (key,): (TipsetKey,)| {
        let tipset = node.tipset(&key)?;
        Ok(cid_messages(messages(node.store(), &tipset.header)?))
    });
    methods.call("ChainGetParentMessages", Read, |node: &Node, (Link(block),): (Link,)| {
        let header = read_header(node.store(), &block)?;
        let Some(parent) = header.parents.first() else { return Ok(None) };
        let parent = read_header(node.store(), parent)?;
        Ok(cid_messages(messages(node.store(), &parent)?))
    });
    methods.call("ChainGetParentReceipts", Read, |node: &Node, (Link(block),): (Link,)| {
        let header = read_header(node.store(), &block)?;
        if header.parents.is_empty() {
            return Ok(None);
        }
        let receipts = read_receipts(node.store(), &header.parent_message_receipts)?;
        Ok(Some(receipts.iter().map(ReceiptJson::from).collect::<Vec<_>>()))
    });
}

/// The tipset of a key; the head for the empty one.
pub fn tipset(node: &Node, key: &TipsetKey) -> Result<Arc<Tipset>> {
    node.tipset(key).with_context(|| format!("loading tipset {key}"))
}

/// Checks that a height is one of the chain up to a tipset.
fn below(node: &Node, height: ChainEpoch, key: &TipsetKey) -> Result<()> {
    let top = tipset(node, key)?.height();
    if height < 0 {
        bail!("height {height} is negative");
    }
    if height > top {
        let why = "looking for tipset with height greater than start point";
        bail!("{why}, req: {height}, head: {top}");
    }
    Ok(())
}

/// The messages of a block with their CIDs, in the order of execution.
fn messages(store: &Store, header: &BlockHeader) -> Result<Vec<(Cid, SignedMessage)>> {
    let (bls, secp) = MessageRoots::read(store, &header.messages)?;
    bls.into_iter().chain(secp).map(|cid| Ok((cid, read_message(store, &cid)?))).collect()
}

/// `None` where there are none.
fn cid_messages(messages: Vec<(Cid, SignedMessage)>) -> Option<Vec<CidMessage>> {
    let json = |(cid, signed): (Cid, SignedMessage)| CidMessage {
        cid: Link(cid),
        message: (&signed.message).into(),
    };
    let messages: Vec<_> = messages.into_iter().map(json).collect();
    Some(messages).filter(|messages| !messages.is_empty())
}

/// Bytes and blocks that an object reaches, without those that another one does.
fn stat(store: &Store, object: Cid, base: Option<Cid>) -> Result<Stat> {
    let mut seen = HashSet::new();
    if let Some(base) = base {
        walk(store, base, &mut seen)?;
    }
    let (size, links) = walk(store, object, &mut seen)?;
    Ok(Stat { size, links })
}

/// Visits every block that a root reaches and that has not been seen, and counts bytes and blocks.
fn walk(store: &Store, root: Cid, seen: &mut HashSet<Cid>) -> Result<(u64, u64)> {
    let (mut open, mut size, mut count) = (vec![root], 0, 0);
    while let Some(cid) = open.pop() {
        // Commitments of pieces and sectors name data that no node has.
        let is_block = matches!(cid.codec(), DAG_CBOR | CBOR | IPLD_RAW);
        if !is_block || !seen.insert(cid) {
            continue;
        }
        ensure!(
            seen.len() <= MAX_OBJECT,
            "the object has more than {MAX_OBJECT} blocks: ask for parts of it"
        );
        let block = store.get(&cid)?.ok_or_else(|| not_found(&cid))?;
        size += block.len() as u64;
        count += 1;
        open.extend(links(cid.codec(), &block)?);
    }
    Ok((size, count))
}

/// How the head gets from one block to another, by so many changes at most: back to where they meet, and
/// up from there. The ways of a chain that was reverted lead through blocks, which stay, and not through
/// its tipsets.
fn path(store: &Store, from: BlockAt, to: BlockAt, most: usize) -> Result<Vec<HeadChange>> {
    let (mut from, mut to) = (from, to);
    let (mut reverts, mut applies) = (vec![], vec![]);
    while from.block != to.block {
        ensure!(
            reverts.len() + applies.len() < most,
            "the path is longer than {most} tipsets: ask for it in parts"
        );
        if from.header.height >= to.header.height {
            reverts.push(HeadChange::revert(from.json()));
            from = from.parent(store)?;
        } else {
            applies.push(HeadChange::apply(to.json()));
            to = to.parent(store)?;
        }
    }
    reverts.extend(applies.into_iter().rev());
    Ok(reverts)
}

/// A block, which is the whole of its tipset.
#[derive(Clone)]
struct BlockAt {
    block: Cid,
    header: BlockHeader,
}

impl From<Tipset> for BlockAt {
    fn from(tipset: Tipset) -> Self {
        BlockAt { block: tipset.block, header: tipset.header }
    }
}

impl BlockAt {
    fn json(&self) -> TipsetJson {
        tipset_json(self.block, &self.header)
    }

    fn parent(&self, store: &Store) -> Result<Self> {
        let block = *self.header.parents.first().ok_or_else(|| anyhow!("two chains"))?;
        Ok(BlockAt { block, header: read_header(store, &block)? })
    }
}

/// Tells of the head, and of every change of it. A subscriber who does not read is let go.
fn notify(node: &Node) -> mpsc::Receiver<Vec<HeadChange>> {
    let (sender, receiver) = mpsc::channel(BACKLOG);
    let (mut heads, store) = (node.heads(), node.store().clone());
    tokio::spawn(async move {
        let mut at = BlockAt::from((**heads.borrow_and_update()).clone());
        let mut changes = vec![HeadChange::current(at.json())];
        while sender.try_send(changes).is_ok() {
            tokio::select! {
                () = sender.closed() => return,
                changed = heads.changed() => if changed.is_err() { return },
            }
            let head = BlockAt::from((**heads.borrow_and_update()).clone());
            let (store, from, to) = (store.clone(), at, head.clone());
            let found =
                tokio::task::spawn_blocking(move || path(&store, from, to, usize::MAX)).await;
            let Ok(Ok(way)) = found else { return };
            (changes, at) = (way, head);
        }
    });
    receiver
}
