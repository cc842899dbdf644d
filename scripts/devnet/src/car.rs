//! A chain as a CAR, to keep or to hand on: every tipset with its messages, receipts, events and states,
//! and the code of the actors. Its first root is the head, as in the snapshots of Lotus; its second what
//! no header names.

use std::fs::{self, File};
use std::io::{BufReader, BufWriter};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};
use cid::Cid;
use fvm::state_tree::StateTree;
use fvm_harness::{Store, car};
use fvm_ipld_car::CarReader;
use fvm_ipld_encoding::CborStore;
use fvm_ipld_encoding::tuple::*;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::event::Entry;
use lotus::block::{BlockHeader, MessageRoots, not_found, read_events, read_receipts};
use multihash_codetable::Code;
use rand::TryRng;
use rand::rngs::SysRng;
use shared::ext::SYSTEM_ACTOR;

use crate::chain::BELOW_GENESIS;
use crate::controls::Proven;
use crate::db::{Batch, Db, Placement};
use crate::node::Node;
use crate::tipset::{Tipset, read_header, read_message};

/// Bytes that are written to the store at once, or little more.
const CHUNK: usize = 64 << 20;
/// What no chain gets to: so many epochs take a million years.
const MAX_HEIGHT: ChainEpoch = 1 << 40;
/// Seconds since the epoch of Unix. No chain begins so late.
const MAX_GENESIS_TIME: u64 = 1 << 40;

/// What a chain has that its headers do not name.
#[derive(Serialize_tuple, Deserialize_tuple)]
struct Beside {
    /// The states before the messages of tipsets, from the head's parent down to the genesis.
    before: Vec<Cid>,
    /// The sectors that the node proved, and at which heights.
    sectors: Vec<(Proven, ChainEpoch)>,
}

impl Node {
    /// Writes the chain to a file, and returns its head: a tipset without messages, which is made for
    /// it, so that the states of all messages are named. Messages that wait are not of the chain. The
    /// file is there when it is whole.
    pub fn export(&self, file: &Path) -> Result<Cid> {
        let (head, beside) = self.conclude(|chain| {
            let (head, mut before) = (chain.head(), vec![]);
            let mut tipset = self.tipset_at_or_below(head.height() - 1)?;
            while let Some(Tipset { header, before: state, .. }) = tipset {
                before.push(state);
                tipset = self.tipset_at_or_below(header.height - 1)?;
            }
            Ok((head.block, Beside { before, sectors: self.db().sectors()? }))
        })?;
        // What is of this file alone is not for the node to keep.
        let store = Store::on(self.actors(), Arc::new(self.store().clone()));
        let roots = [head, store.put_cbor(&beside, Code::Blake2b256)?];
        let part = file.with_added_extension(format!("{:016x}.part", SysRng.try_next_u64()?));
        let write = || -> Result<()> {
            let mut out = BufWriter::new(File::create_new(&part)?);
            car::export(&store, &roots, &mut out)?;
            out.into_inner()?.sync_all()?;
            Ok(fs::rename(&part, file)?)
        };
        let written = write().with_context(|| format!("cannot write {}", file.display()));
        if written.is_err() {
            let _ = fs::remove_file(&part);
        }
        written.map(|()| head)
    }
}

/// A chain that was read into a store, but for its head, which has no messages.
pub struct Imported {
    pub head: Cid,
    pub parent: Tipset,
    /// The actors of the network, by name.
    pub actors: Vec<(String, Cid)>,
    /// Seconds since the epoch of Unix at which epoch 0 began.
    pub genesis_time: u64,
}

/// Reads a chain that [`Node::export`] wrote into a store that has none. It is no chain there before its
/// head is written.
pub fn import(db: &Db, file: &Path) -> Result<Imported> {
    read(db, file).with_context(|| format!("cannot import {}", file.display()))
}

fn read(db: &Db, file: &Path) -> Result<Imported> {
    // An import that was refused or cut off may have left something.
    let batch = Batch { cut: Some(BELOW_GENESIS), ..Batch::default() };
    let mut chunk = Chunk { batch, bytes: 0 };
    let roots @ [root, beside] = read_blocks(db, file, &mut chunk)?;
    car::walk(db, &roots, |_, _| Ok(()))?;
    let head = read_header(db, &root)?;
    ensure!(head.height <= MAX_HEIGHT, "its head is at epoch {}", head.height);
    let read: Option<Beside> = db.get_cbor(&beside)?;
    let Beside { before, sectors } = read.ok_or_else(|| not_found(&beside))?;
    chunk.batch.sectors = sectors;
    let (mut child, mut parent) = (head.clone(), None);
    for before in before {
        let tipset = parent_of(db, &child, before)?;
        add(db, &tipset, &mut chunk)?;
        child = tipset.header.clone();
        parent.get_or_insert(tipset);
    }
    chunk.write(db)?;
    ensure!(child.parents.is_empty(), "it ends above its genesis");
    ensure!(child.height == 0, "its genesis is at epoch {}", child.height);
    let genesis_time = child.timestamp;
    ensure!(genesis_time <= MAX_GENESIS_TIME, "its genesis is at {genesis_time} s");
    let parent = parent.context("the chain has no tipset but its head")?;
    let (bls, secp) = MessageRoots::read(db, &head.messages)?;
    let settled = bls.is_empty() && secp.is_empty() && head.height == parent.height() + 1;
    ensure!(settled, "its head has messages: export it with `cargo fab dev export`");
    Ok(Imported { head: root, actors: entries(db, &parent.state)?, parent, genesis_time })
}

/// What is written to the store at once.
struct Chunk {
    batch: Batch,
    bytes: usize,
}

impl Chunk {
    /// Counts what was added, and writes the chunk once it is full.
    fn grow(&mut self, db: &Db, bytes: usize) -> Result<()> {
        self.bytes += bytes;
        match self.bytes > CHUNK {
            true => self.write(db),
            false => Ok(()),
        }
    }

    fn write(&mut self, db: &Db) -> Result<()> {
        self.bytes = 0;
        db.commit(&std::mem::take(&mut self.batch))
    }
}

/// Writes the blocks of a CAR to the store, and returns its two roots. The data of a block is what its
/// CID says.
fn read_blocks(db: &Db, file: &Path, chunk: &mut Chunk) -> Result<[Cid; 2]> {
    let reader = CarReader::new(BufReader::new(File::open(file)?))?;
    let [head, beside] = *reader.header.roots else {
        bail!("it has {} roots instead of two", reader.header.roots.len());
    };
    for block in reader {
        let block = block?;
        let bytes = block.data.len();
        chunk.batch.blocks.insert(block.cid, block.data.into());
        chunk.grow(db, bytes)?;
    }
    chunk.write(db)?;
    Ok([head, beside])
}

/// The parent of a header, with what came of it, which the header names.
fn parent_of(db: &Db, child: &BlockHeader, before: Cid) -> Result<Tipset> {
    let [block] = *child.parents else {
        bail!("a tipset has {} parents instead of one", child.parents.len());
    };
    let header = read_header(db, &block)?;
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

/// Adds a tipset, and all by which its messages are found.
fn add(db: &Db, tipset: &Tipset, chunk: &mut Chunk) -> Result<()> {
    let (cids, receipts) = (tipset.message_cids(db)?, read_receipts(db, &tipset.receipts)?);
    ensure!(cids.len() == receipts.len(), "each message of {} has a receipt", tipset.block);
    let size = |entry: &Entry| entry.key.len() + entry.value.len();
    let (batch, mut bytes) = (&mut chunk.batch, 0);
    for ((index, cid), receipt) in (0..).zip(&cids).zip(receipts) {
        let events = receipt.events_root.map(|root| read_events(db, &root)).transpose()?;
        let events = events.unwrap_or_default();
        let signed = read_message(db, cid)?;
        bytes += signed.message.params.len()
            + events.iter().flat_map(|stamped| &stamped.event.entries).map(size).sum::<usize>();
        batch.add(&signed, Placement { height: tipset.height(), index }, events)?;
    }
    let (key, block) = tipset.key().block()?;
    batch.blocks.insert(key, block.into());
    let tipset_bytes = tipset.bytes()?;
    bytes += tipset_bytes.len();
    batch.tipsets.push((tipset.height(), tipset_bytes));
    chunk.grow(db, bytes)
}

/// The actors that the system actor of a state lists.
fn entries(db: &Db, state: &Cid) -> Result<Vec<(String, Cid)>> {
    let system = StateTree::new_from_root(db, state)?.get_actor(SYSTEM_ACTOR)?;
    let system = system.context("the state has no system actor")?.state;
    let (entries,): (Cid,) = db.get_cbor(&system)?.ok_or_else(|| not_found(&system))?;
    db.get_cbor(&entries)?.ok_or_else(|| not_found(&entries))
}
