//! A chain as a CAR, to keep or to hand on: every tipset with its messages, receipts, events and states,
//! and the code of the actors. Its first root is the head, as in the snapshots of Lotus; its second what
//! no header names.

use std::fs::{self, File};
use std::io::{BufReader, BufWriter};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use cid::Cid;
use fvm::state_tree::StateTree;
use fvm_harness::{Store, car};
use fvm_ipld_encoding::CborStore;
use fvm_shared::clock::ChainEpoch;
use lotus::block::not_found;
use lotus::snapshot::{self, Beside, Executed, Sector, Snapshot};
use multihash_codetable::Code;
use rand::TryRng;
use rand::rngs::SysRng;
use shared::ext::SYSTEM_ACTOR;

use crate::chain::BELOW_GENESIS;
use crate::controls::Proven;
use crate::db::{Batch, Db, Placement};
use crate::node::Node;
use crate::tipset::Tipset;

/// Bytes that are written to the store at once, or little more.
const CHUNK: usize = 64 << 20;

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
            let sectors = self.db().sectors()?.into_iter().map(numbered).collect();
            Ok((head.block, Beside { before, sectors }))
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
    let roots = snapshot::read_blocks(BufReader::new(File::open(file)?), |block| {
        let bytes = block.data.len();
        chunk.batch.blocks.insert(block.cid, block.data.into());
        chunk.grow(db, bytes)
    })?;
    chunk.write(db)?;
    let read =
        snapshot::read(db, &roots, |tipset, executed| add(db, tipset, executed, &mut chunk))?;
    let Snapshot { head, parent, genesis_time, sectors } = read;
    chunk.batch.sectors = sectors.into_iter().map(proven).collect();
    chunk.write(db)?;
    Ok(Imported { head, actors: entries(db, &parent.state)?, parent, genesis_time })
}

fn numbered((Proven { miner, sector }, height): (Proven, ChainEpoch)) -> Sector {
    ((miner, sector), height)
}

fn proven(((miner, sector), height): Sector) -> (Proven, ChainEpoch) {
    (Proven { miner, sector }, height)
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

/// Adds a tipset, and all by which its messages are found.
fn add(db: &Db, tipset: &Tipset, executed: Vec<Executed>, chunk: &mut Chunk) -> Result<()> {
    let (batch, mut bytes) = (&mut chunk.batch, 0);
    for (index, message) in (0..).zip(executed) {
        bytes += message.bytes();
        let Executed { signed, events } = message;
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
