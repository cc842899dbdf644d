//! Messages that wait, as the store keeps them: one that was answered for is there after a crash.
//!
//! A message is queued when the pool takes it, and each transaction takes along all that is queued. So
//! one write to the disk serves all who wait for it, and a tipset never comes before its messages.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Result;
use cid::Cid;
use fvm_ipld_encoding::{from_slice, to_vec};
use fvm_shared::address::Address;
use lotus::message::SignedMessage;
use redb::{ReadTransaction, ReadableTable, TableDefinition, WriteTransaction};

use crate::db::MESSAGES;

/// Sender and nonce.
type Place<'a> = (&'a [u8], u64);
/// A place in the order in which messages came, and a message.
type Arrived<'a> = (u64, &'a [u8]);

/// Messages that wait.
const PENDING: TableDefinition<'_, Place<'_>, Arrived<'_>> = TableDefinition::new("pending");
/// Messages that the node signed, and their CIDs, by the names that clients gave them.
const NAMED: TableDefinition<'_, &str, (&[u8], &[u8])> = TableDefinition::new("named");

/// A message on its way to the disk.
#[derive(Clone)]
struct Row {
    arrival: u64,
    message: Arc<SignedMessage>,
    name: Option<String>,
}

/// Messages on their way to the disk.
#[derive(Default)]
pub struct Queue(Mutex<Rows>);

#[derive(Default)]
struct Rows {
    waiting: Vec<Row>,
    next_arrival: u64,
    /// What they replace, for who waits for it.
    replaced: HashMap<Cid, Arc<[u8]>>,
}

/// What a transaction takes along.
pub struct Taken {
    rows: Vec<Row>,
    pub replaced: HashMap<Cid, Arc<[u8]>>,
}

impl Queue {
    fn rows(&self) -> MutexGuard<'_, Rows> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a message at the end, and returns its place in the order in which they came.
    pub fn push(
        &self,
        message: Arc<SignedMessage>,
        name: Option<&str>,
        replaced: Vec<(Cid, Arc<[u8]>)>,
    ) -> u64 {
        let mut rows = self.rows();
        let arrival = rows.next_arrival;
        rows.next_arrival += 1;
        rows.waiting.push(Row { arrival, message, name: name.map(str::to_owned) });
        rows.replaced.extend(replaced);
        arrival
    }

    pub fn holds(&self, arrival: u64) -> bool {
        self.rows().waiting.iter().any(|row| row.arrival == arrival)
    }

    /// Takes a message out, if it is there.
    pub fn remove(&self, arrival: u64) -> bool {
        let mut rows = self.rows();
        let before = rows.waiting.len();
        rows.waiting.retain(|row| row.arrival != arrival);
        rows.waiting.len() < before
    }

    /// A block of a message that is replaced.
    pub fn replaced(&self, cid: &Cid) -> Option<Arc<[u8]>> {
        self.rows().replaced.get(cid).cloned()
    }

    /// The message that is sent under a name.
    pub fn named(&self, name: &str) -> Option<u64> {
        let rows = self.rows();
        let row = rows.waiting.iter().find(|row| row.name.as_deref() == Some(name))?;
        Some(row.arrival)
    }

    pub fn taken(&self) -> Taken {
        let rows = self.rows();
        Taken { rows: rows.waiting.clone(), replaced: rows.replaced.clone() }
    }

    /// Forgets what is written.
    pub fn forget(&self, taken: &Taken) {
        let Some(last) = taken.rows.last() else { return };
        let mut rows = self.rows();
        rows.waiting.retain(|row| row.arrival > last.arrival);
        rows.replaced.retain(|cid, _| !taken.replaced.contains_key(cid));
    }

    /// Goes on with the order of the messages that are kept.
    pub fn go_on(&self, write: &WriteTransaction) -> Result<()> {
        let mut rows = self.rows();
        for entry in write.open_table(PENDING)?.iter()? {
            let (arrival, _) = entry?.1.value();
            rows.next_arrival = rows.next_arrival.max(arrival + 1);
        }
        write.open_table(NAMED)?;
        Ok(())
    }
}

impl Taken {
    /// Writes the messages. One that replaces another has its place in the order.
    pub fn write(&self, write: &WriteTransaction) -> Result<()> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let (mut pending, mut named) = (write.open_table(PENDING)?, write.open_table(NAMED)?);
        for Row { arrival, message, name } in &self.rows {
            let from = message.message.from.to_bytes();
            let key = (from.as_slice(), message.message.sequence);
            let earlier = pending.get(key)?.map(|replaced| replaced.value().0);
            let bytes = to_vec(&(&message.message, &message.signature))?;
            pending.insert(key, (earlier.unwrap_or(*arrival), bytes.as_slice()))?;
            if let Some(name) = name {
                let cid = message.cid()?.to_bytes();
                named.insert(name.as_str(), (cid.as_slice(), bytes.as_slice()))?;
            }
        }
        Ok(())
    }
}

/// Removes messages that no longer wait.
pub fn remove(write: &WriteTransaction, settled: &[(Address, u64)]) -> Result<()> {
    let mut pending = write.open_table(PENDING)?;
    for (from, nonce) in settled {
        pending.remove((from.to_bytes().as_slice(), *nonce))?;
    }
    Ok(())
}

/// Removes messages that are on no chain, and their names.
pub fn discard(write: &WriteTransaction, dropped: &[(Address, u64)]) -> Result<()> {
    let (mut pending, mut named) = (write.open_table(PENDING)?, write.open_table(NAMED)?);
    for (from, nonce) in dropped {
        let Some(row) = pending.remove((from.to_bytes().as_slice(), *nonce))? else { continue };
        let (_, message) = row.value();
        named.retain(|_, (_, sent)| sent != message)?;
    }
    Ok(())
}

/// Removes all messages that wait, and the names of those that are not on the chain.
pub fn clear(write: &WriteTransaction) -> Result<()> {
    write.open_table(PENDING)?.retain(|_, _| false)?;
    let placements = write.open_table(MESSAGES)?;
    let mut named = write.open_table(NAMED)?;
    named.retain(|_, (cid, _)| !matches!(placements.get(cid), Ok(None)))?;
    Ok(())
}

/// All messages that wait, in the order in which they came.
pub fn all(read: &ReadTransaction) -> Result<Vec<SignedMessage>> {
    let mut found = BTreeMap::new();
    for entry in read.open_table(PENDING)?.iter()? {
        let (_, row) = entry?;
        let (arrival, bytes) = row.value();
        found.insert(arrival, signed(bytes)?);
    }
    Ok(found.into_values().collect())
}

/// The message that was sent under a name.
pub fn named(read: &ReadTransaction, name: &str) -> Result<Option<SignedMessage>> {
    let found = read.open_table(NAMED)?.get(name)?;
    found.map(|found| signed(found.value().1)).transpose()
}

fn signed(bytes: &[u8]) -> Result<SignedMessage> {
    let (message, signature) = from_slice(bytes)?;
    Ok(SignedMessage { message, signature })
}
