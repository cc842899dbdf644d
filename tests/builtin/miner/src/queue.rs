//! Sector numbers by the epoch at which something is due for them.

use alloc::vec::Vec;

use builtin_common::Result;
use cid::Cid;
use fvm_ipld_blockstore::Blockstore;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::sector::SectorNumber;
use shared::map::{get_block, put_block};

const NAME: &str = "queue of sectors";

/// Ascending by epoch; epochs without sectors are not in it.
type Queue = Vec<(ChainEpoch, Vec<SectorNumber>)>;

pub fn empty(store: &impl Blockstore) -> Result<Cid> {
    Ok(put_block(store, NAME, &Queue::new())?)
}

/// Adds sectors; returns the new root.
pub fn add(
    store: &impl Blockstore,
    root: &Cid,
    entries: impl IntoIterator<Item = (ChainEpoch, SectorNumber)>,
) -> Result<Cid> {
    let mut queue: Queue = get_block(store, NAME, root)?;
    for (epoch, sector) in entries {
        let at = queue.partition_point(|(due, _)| *due < epoch);
        match queue.get_mut(at) {
            Some((due, sectors)) if *due == epoch => sectors.push(sector),
            _ => queue.insert(at, (epoch, Vec::from([sector]))),
        }
    }
    Ok(put_block(store, NAME, &queue)?)
}

/// All that is in the queue, in order.
pub fn all(store: &impl Blockstore, root: &Cid) -> Result<Vec<SectorNumber>> {
    let queue: Queue = get_block(store, NAME, root)?;
    Ok(queue.into_iter().flat_map(|(_, sectors)| sectors).collect())
}

/// Takes out what is due at `now` or before; returns the new root with it.
pub fn take_due(
    store: &impl Blockstore,
    root: &Cid,
    now: ChainEpoch,
) -> Result<(Cid, Vec<SectorNumber>)> {
    let mut queue: Queue = get_block(store, NAME, root)?;
    let count = queue.partition_point(|(due, _)| *due <= now);
    let due = queue.drain(..count).flat_map(|(_, sectors)| sectors).collect();
    Ok((put_block(store, NAME, &queue)?, due))
}
