//! A disk that loses power: what was not synced may be there, in part, or not at all.

use std::io::{Error, ErrorKind, Result};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use redb::StorageBackend;

/// A disk on which a store can be opened. Clones are the same disk.
#[derive(Clone, Debug, Default)]
pub struct Disk(Arc<Mutex<Sectors>>);

#[derive(Clone, Debug, Default)]
struct Sectors {
    /// As the store sees it.
    written: Vec<u8>,
    /// What has happened since the last sync, in order.
    unsynced: Vec<Change>,
    /// As it was at the last sync.
    synced: Vec<u8>,
    /// Changes and syncs that still succeed, where the power goes at some time.
    left: Option<u64>,
}

#[derive(Clone, Debug)]
enum Change {
    Length(usize),
    Write(usize, Vec<u8>),
}

impl Disk {
    fn sectors(&self) -> MutexGuard<'_, Sectors> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Another disk with the same content, all of it synced.
    pub fn copy(&self) -> Self {
        let written = self.sectors().written.clone();
        let sectors = Sectors { synced: written.clone(), written, ..Sectors::default() };
        Disk(Arc::new(Mutex::new(sectors)))
    }

    /// Lets the power go after so many changes and syncs.
    pub fn fail_after(&self, changes: u64) {
        self.sectors().left = Some(changes);
    }

    /// Changes and syncs that still succeed.
    pub fn left(&self) -> u64 {
        self.sectors().left.unwrap_or(u64::MAX)
    }

    /// What is on the disk when the power is back: everything up to the last sync, and of every change
    /// after it all, a part, or nothing.
    pub fn after_power_loss(&self, seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let sectors = self.sectors();
        let mut content = sectors.synced.clone();
        for change in &sectors.unsynced {
            match change {
                Change::Length(length) => {
                    if rng.random_bool(0.5) {
                        content.resize(*length, 0);
                    }
                }
                Change::Write(offset, data) => {
                    let whole = rng.random_bool(0.5);
                    let kept = if whole { data.len() } else { rng.random_range(0..=data.len()) };
                    if kept > 0 && offset + kept <= content.len() {
                        content[*offset..offset + kept].copy_from_slice(&data[..kept]);
                    }
                }
            }
        }
        let sectors = Sectors { synced: content.clone(), written: content, ..Sectors::default() };
        Disk(Arc::new(Mutex::new(sectors)))
    }
}

impl Sectors {
    fn spend(&mut self) -> Result<()> {
        match &mut self.left {
            Some(0) => Err(Error::other("the power is gone")),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> Result<u64> {
        Ok(self.sectors().written.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<()> {
        let (sectors, start) = (self.sectors(), usize::try_from(offset).unwrap());
        let found = sectors.written.get(start..start + out.len());
        out.copy_from_slice(found.ok_or_else(|| Error::from(ErrorKind::UnexpectedEof))?);
        Ok(())
    }

    fn set_len(&self, len: u64) -> Result<()> {
        let (mut sectors, length) = (self.sectors(), usize::try_from(len).unwrap());
        let change = Change::Length(length);
        sectors.unsynced.push(change);
        let result = sectors.spend();
        if result.is_ok() {
            sectors.written.resize(length, 0);
        }
        result
    }

    fn sync_data(&self) -> Result<()> {
        let mut sectors = self.sectors();
        sectors.spend()?;
        for change in std::mem::take(&mut sectors.unsynced) {
            match change {
                Change::Length(length) => sectors.synced.resize(length, 0),
                Change::Write(offset, data) => {
                    sectors.synced[offset..offset + data.len()].copy_from_slice(&data);
                }
            }
        }
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<()> {
        let (mut sectors, start) = (self.sectors(), usize::try_from(offset).unwrap());
        sectors.unsynced.push(Change::Write(start, data.to_vec()));
        sectors.spend()?;
        sectors.written[start..start + data.len()].copy_from_slice(data);
        Ok(())
    }
}
