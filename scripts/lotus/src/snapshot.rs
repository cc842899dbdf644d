//! A chain in a CAR, as others hand it over. Its first root is the head, as in the snapshots of Lotus;
//! its second is what no header names.
//!
//! A file of strangers takes no more memory than its own bytes and what one tipset may hold: lists
//! whose nodes share their children are as long as their roots say, whatever the file weighs.

use std::collections::HashSet;
use std::io::Read;
use std::mem::size_of;

use anyhow::{Context, Result, bail, ensure};
use cid::Cid;
use fvm_ipld_blockstore::Blockstore;
use fvm_ipld_car::{Block, CarReader};
use fvm_ipld_encoding::CborStore;
use fvm_ipld_encoding::tuple::*;
use fvm_shared::ActorID;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::event::StampedEvent;
use fvm_shared::sector::SectorNumber;

use crate::block::{
    BlockHeader, MAX_EVENTS, MAX_LIST_BYTES, MessageRoots, event_bytes, not_found, read_events,
    read_receipts,
};
use crate::message::SignedMessage;
use crate::tipset::{Tipset, read_header, read_message};

/// What no chain gets to: so many epochs take a million years.
const MAX_HEIGHT: ChainEpoch = 1 << 40;
/// Seconds since the epoch of Unix. No chain begins so late.
const MAX_GENESIS_TIME: u64 = 1 << 40;

/// A sector that a node proved, and at which height.
pub type Sector = ((ActorID, SectorNumber), ChainEpoch);

/// What a chain has that its headers do not name.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Beside {
    /// The states before the messages of tipsets, from the head's parent down to the genesis.
    pub before: Vec<Cid>,
    pub sectors: Vec<Sector>,
}

/// A chain that was read, but for its head, which has no messages.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    pub head: Cid,
    pub parent: Tipset,
    /// Seconds since the epoch of Unix at which epoch 0 began.
    pub genesis_time: u64,
    pub sectors: Vec<Sector>,
}

/// A message on a chain, with the events of its execution.
#[derive(Clone, Debug, PartialEq)]
pub struct Executed {
    pub signed: SignedMessage,
    pub events: Vec<StampedEvent>,
}

impl Executed {
    /// Bytes of memory that it takes, or little less.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let events = self.events.iter().map(event_bytes).sum::<usize>();
        size_of::<Self>() + self.signed.message.params.len() + events
    }
}

/// Hands on the blocks of a CAR, and returns its two roots. The data of a block is what its CID says.
pub fn read_blocks(car: impl Read, mut visit: impl FnMut(Block) -> Result<()>) -> Result<[Cid; 2]> {
    let reader = CarReader::new(car)?;
    let [head, beside] = *reader.header.roots else {
        bail!("it has {} roots instead of two", reader.header.roots.len());
    };
    for block in reader {
        visit(block?)?;
    }
    Ok([head, beside])
}

/// Reads the chain that two roots reach: hands on each tipset below the head with its messages, down to
/// the genesis. It is a whole chain if this succeeds.
pub fn read(
    store: &impl Blockstore,
    roots: &[Cid; 2],
    mut visit: impl FnMut(&Tipset, Vec<Executed>) -> Result<()>,
) -> Result<Snapshot> {
    car::walk(store, roots, |_, _| Ok(()))?;
    let [root, beside] = *roots;
    let head = read_header(store, &root)?;
    ensure!(head.height <= MAX_HEIGHT, "its head is at epoch {}", head.height);
    let beside: Option<Beside> = store.get_cbor(&beside)?;
    let Beside { before, sectors } = beside.ok_or_else(|| not_found(&roots[1]))?;
    let (mut child, mut parent, mut known) = (head.clone(), None, HashSet::new());
    for before in before {
        let tipset = parent_of(store, &child, before)?;
        visit(&tipset, executed(store, &tipset, &mut known)?)?;
        child = tipset.header.clone();
        parent.get_or_insert(tipset);
    }
    ensure!(child.parents.is_empty(), "it ends above its genesis");
    ensure!(child.height == 0, "its genesis is at epoch {}", child.height);
    let genesis_time = child.timestamp;
    ensure!(genesis_time <= MAX_GENESIS_TIME, "its genesis is at {genesis_time} s");
    let parent = parent.context("the chain has no tipset but its head")?;
    let (bls, secp) = MessageRoots::read(store, &head.messages)?;
    let settled = bls.is_empty() && secp.is_empty() && head.height == parent.height() + 1;
    ensure!(settled, "its head has messages: export it with `cargo fab dev export`");
    Ok(Snapshot { head: root, parent, genesis_time, sectors })
}

/// The parent of a header, with what came of it, which the header names.
fn parent_of(store: &impl Blockstore, child: &BlockHeader, before: Cid) -> Result<Tipset> {
    let [block] = *child.parents else {
        bail!("a tipset has {} parents instead of one", child.parents.len());
    };
    let header = read_header(store, &block)?;
    ensure!(header.height < child.height, "block {block} is not below its child");
    Ok(Tipset {
        block,
        header,
        before,
        state: child.parent_state_root,
        receipts: child.parent_message_receipts,
        next_base_fee: child.parent_base_fee.clone(),
    })
}

/// The messages of a tipset, none of which was on the chain before: what is known of a chain is in
/// proportion to what its blocks weigh.
fn executed(
    store: &impl Blockstore,
    tipset: &Tipset,
    known: &mut HashSet<Cid>,
) -> Result<Vec<Executed>> {
    let (cids, receipts) = (tipset.message_cids(store)?, read_receipts(store, &tipset.receipts)?);
    ensure!(cids.len() == receipts.len(), "each message of {} has a receipt", tipset.block);
    let (mut all, mut count, mut bytes) = (Vec::with_capacity(cids.len()), 0, 0);
    for (cid, receipt) in cids.iter().zip(receipts) {
        ensure!(known.insert(*cid), "message {cid} is on the chain twice");
        let events = receipt.events_root.map(|root| read_events(store, &root)).transpose()?;
        let message =
            Executed { signed: read_message(store, cid)?, events: events.unwrap_or_default() };
        count += message.events.len() as u64;
        bytes += message.bytes();
        let fits = count <= MAX_EVENTS && bytes <= MAX_LIST_BYTES;
        ensure!(fits, "tipset {} has too much: {count} events, {bytes} bytes", tipset.block);
        all.push(message);
    }
    Ok(all)
}
