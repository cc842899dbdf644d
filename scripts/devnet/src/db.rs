//! What a node keeps: blocks of IPLD, tipsets, and where to find messages. One embedded store, in a
//! file or in memory.
//!
//! A tipset is written with everything that belongs to it in one transaction. Whatever happens, a
//! store has all of a tipset or nothing. Messages that wait are written before they are answered for.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result};
use cid::Cid;
use fvm_harness::CHAIN_ID;
use fvm_ipld_blockstore::Blockstore;
use fvm_ipld_encoding::tuple::*;
use fvm_ipld_encoding::{from_slice, to_vec};
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::event::StampedEvent;
use lotus::cid_of;
use lotus::eth::transaction::hash_of;
use lotus::message::{SignatureType, SignedMessage};
use redb::{
    Database, ReadableDatabase, ReadableTable, StorageBackend, TableDefinition, WriteTransaction,
};
use serde::de::DeserializeOwned;

use crate::controls::Proven;
use crate::pending::{self, Queue};

/// Blocks of IPLD by CID. None is ever removed.
const BLOCKS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("blocks");
/// Tipsets of the chain by height.
const TIPSETS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("tipsets");
/// Where messages are, by CID: height and index.
pub(crate) const MESSAGES: TableDefinition<'_, &[u8], (u64, u64)> =
    TableDefinition::new("messages");
/// CIDs of messages by hash of their transaction of Ethereum.
const TRANSACTIONS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("transactions");
/// Events by height, where there are any.
const EVENTS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("events");
/// Sectors that the node proved, by miner and number: the height at which it did.
const SECTORS: TableDefinition<'_, (u64, u64), u64> = TableDefinition::new("sectors");
/// What there is one of.
const SINGLE: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("single");

/// After one write that failed, a store takes no other before it is opened anew.
const UNWRITABLE: &str = "the store cannot be written: look to the disk, and start the node again";

/// Bytes of memory for blocks that were read or written lately.
const RECENT_BYTES: usize = 64 << 20;

/// Events of the messages of a tipset: index of the message, and its events in order.
pub type TipsetEvents = Vec<(u64, Vec<StampedEvent>)>;

/// Where a message is.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placement {
    pub height: ChainEpoch,
    /// Among the messages of the tipset, in the order of execution.
    pub index: u64,
}

/// The store of a node.
pub struct Db {
    database: Database,
    recent: Mutex<Recent>,
    queue: Queue,
    /// Whose transaction it is.
    turn: Mutex<()>,
}

/// All that one transaction writes.
#[derive(Default)]
pub struct Batch {
    pub blocks: HashMap<Cid, Arc<[u8]>>,
    /// Heights above this one are no longer of the chain.
    pub cut: Option<ChainEpoch>,
    /// Tipsets with their heights.
    pub tipsets: Vec<(ChainEpoch, Vec<u8>)>,
    pub messages: Vec<(Cid, Placement)>,
    pub transactions: Vec<([u8; 32], Cid)>,
    pub events: BTreeMap<ChainEpoch, TipsetEvents>,
    /// Senders and nonces of messages that no longer wait.
    pub settled: Vec<(Address, u64)>,
    /// The same of messages that are dropped: they are on no chain, and their names are free again.
    pub dropped: Vec<(Address, u64)>,
    /// No message waits any more.
    pub cleared: bool,
    /// Sectors that were proved, and at which heights.
    pub sectors: Vec<(Proven, ChainEpoch)>,
    pub single: Vec<(&'static str, Vec<u8>)>,
}

impl Batch {
    /// Adds all by which a message on the chain is found: its CID, the one without its signature, the
    /// hash of its transaction of Ethereum, and its events.
    pub fn add(
        &mut self,
        signed: &SignedMessage,
        at: Placement,
        events: Vec<StampedEvent>,
    ) -> Result<Cid> {
        let cid = signed.cid()?;
        self.blocks.extend(blocks_of(signed)?);
        if signed.signature.signature_type() == SignatureType::Delegated {
            self.transactions.push((hash_of(signed, CHAIN_ID)?.0, cid));
        }
        if !events.is_empty() {
            self.events.entry(at.height).or_default().push((at.index, events));
        }
        self.messages.push((cid, at));
        Ok(cid)
    }
}

impl Db {
    /// Opens the file, or makes it.
    pub fn open(path: &Path) -> Result<Self> {
        let database = Database::create(path)
            .with_context(|| format!("cannot open the chain's store {}", path.display()))?;
        Self::with(database)
    }

    /// A store that lasts as long as the process.
    pub fn in_memory() -> Result<Self> {
        Self::on(redb::backends::InMemoryBackend::new())
    }

    /// A store on whatever keeps bytes.
    pub fn on(backend: impl StorageBackend) -> Result<Self> {
        Self::with(Database::builder().create_with_backend(backend)?)
    }

    fn with(database: Database) -> Result<Self> {
        let write = database.begin_write()?;
        write.open_table(BLOCKS)?;
        write.open_table(TIPSETS)?;
        write.open_table(MESSAGES)?;
        write.open_table(TRANSACTIONS)?;
        write.open_table(EVENTS)?;
        write.open_table(SECTORS)?;
        write.open_table(SINGLE)?;
        let queue = Queue::default();
        queue.go_on(&write)?;
        write.commit()?;
        Ok(Db { database, recent: Mutex::default(), queue, turn: Mutex::default() })
    }

    fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes everything or nothing. What is written outlasts the process, and the machine.
    pub fn commit(&self, batch: &Batch) -> Result<()> {
        let _turn = self.turn();
        self.write(batch).context(UNWRITABLE)
    }

    /// Writes a batch, after the messages that are queued.
    fn write(&self, batch: &Batch) -> Result<()> {
        let write = self.database.begin_write()?;
        let queued = self.queue.taken();
        queued.write(&write)?;
        pending::remove(&write, &batch.settled)?;
        pending::discard(&write, &batch.dropped)?;
        if let Some(height) = batch.cut {
            cut(&write, height)?;
        }
        if batch.cleared {
            pending::clear(&write)?;
        }
        let mut blocks = write.open_table(BLOCKS)?;
        for (cid, block) in batch.blocks.iter().chain(&queued.replaced) {
            blocks.insert(cid.to_bytes().as_slice(), &**block)?;
        }
        drop(blocks);
        let mut messages = write.open_table(MESSAGES)?;
        for (cid, placement) in &batch.messages {
            let at = (placement.height.unsigned_abs(), placement.index);
            messages.insert(cid.to_bytes().as_slice(), at)?;
        }
        drop(messages);
        let mut transactions = write.open_table(TRANSACTIONS)?;
        for (hash, cid) in &batch.transactions {
            transactions.insert(hash.as_slice(), cid.to_bytes().as_slice())?;
        }
        drop(transactions);
        let mut tipsets = write.open_table(TIPSETS)?;
        for (height, tipset) in &batch.tipsets {
            tipsets.insert(height.unsigned_abs(), tipset.as_slice())?;
        }
        drop(tipsets);
        let mut events = write.open_table(EVENTS)?;
        for (height, of_tipset) in &batch.events {
            events.insert(height.unsigned_abs(), to_vec(of_tipset)?.as_slice())?;
        }
        drop(events);
        let mut sectors = write.open_table(SECTORS)?;
        for (Proven { miner, sector }, height) in &batch.sectors {
            sectors.insert((*miner, *sector), height.unsigned_abs())?;
        }
        drop(sectors);
        let mut single = write.open_table(SINGLE)?;
        for (key, value) in &batch.single {
            single.insert(*key, value.as_slice())?;
        }
        drop(single);
        write.commit()?;
        self.queue.forget(&queued);
        let mut recent = self.recent();
        for (cid, block) in &batch.blocks {
            recent.add(*cid, block.clone());
        }
        Ok(())
    }

    /// Queues a message that the pool takes, the name by which it is known, and the blocks of the one
    /// that it replaces. Returns by what [`Db::flush`] knows it.
    pub fn queue(
        &self,
        message: Arc<SignedMessage>,
        name: Option<&str>,
        replaced: Vec<(Cid, Arc<[u8]>)>,
    ) -> u64 {
        self.queue.push(message, name, replaced)
    }

    /// Has a queued message on the disk, with all others that are queued by then.
    pub fn flush(&self, queued: u64) -> Result<()> {
        let _turn = self.turn();
        match self.queue.holds(queued) {
            true => self.write(&Batch::default()).context(UNWRITABLE),
            // The transaction of another took it along.
            false => Ok(()),
        }
    }

    /// Takes a queued message back, if it is not written yet.
    pub fn take_back(&self, queued: u64) -> bool {
        let _turn = self.turn();
        self.queue.remove(queued)
    }

    /// All messages that wait, in the order in which they came.
    pub fn pending(&self) -> Result<Vec<SignedMessage>> {
        pending::all(&self.database.begin_read()?)
    }

    /// The message that was sent under a name. It is on the disk.
    pub fn named(&self, name: &str) -> Result<Option<SignedMessage>> {
        if let Some(queued) = self.queue.named(name) {
            self.flush(queued)?;
        }
        pending::named(&self.database.begin_read()?, name)
    }

    fn recent(&self) -> MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The sectors that the node proved, and at which heights.
    pub fn sectors(&self) -> Result<Vec<(Proven, ChainEpoch)>> {
        let table = self.database.begin_read()?.open_table(SECTORS)?;
        let mut sectors = vec![];
        for entry in table.iter()? {
            let (sector, height) = entry?;
            let (miner, sector) = sector.value();
            sectors.push((Proven { miner, sector }, height.value().cast_signed()));
        }
        Ok(sectors)
    }

    /// The tipset at a height, or the last one below; `None` below the first.
    pub fn tipset_at_or_below(&self, height: ChainEpoch) -> Result<Option<Vec<u8>>> {
        let Ok(height) = u64::try_from(height) else { return Ok(None) };
        let table = self.database.begin_read()?.open_table(TIPSETS)?;
        let last = table.range(..=height)?.next_back().transpose()?;
        Ok(last.map(|(_, tipset)| tipset.value().to_vec()))
    }

    /// The tipset at a height, or the first one above.
    pub fn tipset_at_or_above(&self, height: ChainEpoch) -> Result<Option<Vec<u8>>> {
        let height = u64::try_from(height).unwrap_or(0);
        let table = self.database.begin_read()?.open_table(TIPSETS)?;
        let first = table.range(height..)?.next().transpose()?;
        Ok(first.map(|(_, tipset)| tipset.value().to_vec()))
    }

    /// Where a message is on the chain.
    pub fn placement(&self, message: &Cid) -> Result<Option<Placement>> {
        let table = self.database.begin_read()?.open_table(MESSAGES)?;
        let found = table.get(message.to_bytes().as_slice())?;
        Ok(found.map(|at| {
            let (height, index) = at.value();
            Placement { height: height.cast_signed(), index }
        }))
    }

    /// The CID of the message that is this transaction of Ethereum.
    pub fn transaction(&self, hash: &[u8; 32]) -> Result<Option<Cid>> {
        let table = self.database.begin_read()?.open_table(TRANSACTIONS)?;
        let found = table.get(hash.as_slice())?;
        found.map(|cid| Ok(Cid::try_from(cid.value())?)).transpose()
    }

    /// The first events at some heights, both ends included.
    pub fn events(
        &self,
        first: ChainEpoch,
        last: ChainEpoch,
    ) -> Result<Option<(ChainEpoch, TipsetEvents)>> {
        let range = u64::try_from(first).unwrap_or(0)..=u64::try_from(last).unwrap_or(0);
        if range.is_empty() {
            return Ok(None);
        }
        let table = self.database.begin_read()?.open_table(EVENTS)?;
        let Some((height, events)) = table.range(range)?.next().transpose()? else {
            return Ok(None);
        };
        Ok(Some((height.value().cast_signed(), from_slice(events.value())?)))
    }

    /// What is kept under a name.
    pub fn single<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>> {
        let table = self.database.begin_read()?.open_table(SINGLE)?;
        let found = table.get(key)?;
        found.map(|value| Ok(from_slice(value.value())?)).transpose()
    }
}

/// The blocks of a message: it is found by the CID without its signature too.
pub fn blocks_of(signed: &SignedMessage) -> Result<Vec<(Cid, Arc<[u8]>)>> {
    let parts = [signed.chain_bytes()?, to_vec(&signed.message)?];
    Ok(parts.map(|bytes| (cid_of(&bytes), bytes.into())).into())
}

/// Takes what is above a height off the chain. Its blocks stay.
fn cut(write: &WriteTransaction, height: ChainEpoch) -> Result<()> {
    let first = u64::try_from(height + 1)?;
    write.open_table(TIPSETS)?.retain_in(first.., |_, _| false)?;
    write.open_table(EVENTS)?.retain_in(first.., |_, _| false)?;
    write.open_table(SECTORS)?.retain(|_, height| height < first)?;
    write.open_table(MESSAGES)?.retain(|_, (height, _)| height < first)?;
    Ok(())
}

impl Blockstore for Db {
    fn get(&self, k: &Cid) -> Result<Option<Vec<u8>>> {
        if let Some(block) = self.recent().blocks.get(k) {
            return Ok(Some(block.to_vec()));
        }
        if let Some(block) = self.queue.replaced(k) {
            return Ok(Some(block.to_vec()));
        }
        let table = self.database.begin_read()?.open_table(BLOCKS)?;
        let Some(found) = table.get(k.to_bytes().as_slice())? else { return Ok(None) };
        let block: Arc<[u8]> = found.value().into();
        self.recent().add(*k, block.clone());
        Ok(Some(block.to_vec()))
    }

    fn put_keyed(&self, k: &Cid, block: &[u8]) -> Result<()> {
        let blocks = HashMap::from([(*k, Arc::from(block))]);
        self.commit(&Batch { blocks, ..Batch::default() })
    }
}

/// Blocks that were read or written lately. All go at once when they are too many, which keeps the
/// book-keeping at nothing.
#[derive(Default)]
struct Recent {
    blocks: HashMap<Cid, Arc<[u8]>>,
    bytes: usize,
}

impl Recent {
    fn add(&mut self, cid: Cid, block: Arc<[u8]>) {
        if self.bytes > RECENT_BYTES {
            *self = Recent::default();
        }
        let length = block.len();
        if self.blocks.insert(cid, block).is_none() {
            self.bytes += length;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_that_is_there_already_takes_no_more_room() {
        let (mut recent, cid) = (Recent::default(), lotus::cid_of(b"block"));
        recent.add(cid, Arc::from(*b"block"));
        recent.add(cid, Arc::from(*b"block"));
        assert_eq!(recent.bytes, 5);
    }
}
