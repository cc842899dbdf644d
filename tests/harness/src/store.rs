//! The blockstore of a network.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Result;
use cid::Cid;
use fvm_ipld_blockstore::Blockstore;
use fvm_shared::IDENTITY_HASH;

use crate::bundle::Actors;
use car::links;

type Blocks = HashMap<Cid, Arc<[u8]>>;

/// Blocks in memory: those of a network, over those of the bundles it runs, which all networks of
/// the process share. Clones see the same blocks. Nothing is ever lost, so a state root of the past
/// stays readable: blocks leave the memory by [`Store::drain`] alone, for a base that keeps them.
#[derive(Clone, Default)]
pub struct Store {
    bundles: Arc<Blocks>,
    blocks: Arc<Mutex<Blocks>>,
    base: Option<Arc<dyn Blockstore + Send + Sync>>,
}

impl Store {
    /// A store over the blocks of some bundles.
    #[must_use]
    pub fn over(bundles: Arc<Blocks>) -> Self {
        Store { bundles, ..Store::default() }
    }

    /// A store over the blocks of the network's actors, and over what `base` keeps.
    #[must_use]
    pub fn on(actors: &Actors, base: Arc<dyn Blockstore + Send + Sync>) -> Self {
        Store { base: Some(base), ..Store::over(actors.blocks.clone()) }
    }

    /// The blocks in memory, for the base to keep: with `write` they leave the memory once they are
    /// written, so that a reader finds each block at every moment.
    pub fn drain<E>(
        &self,
        write: impl FnOnce(&HashMap<Cid, Arc<[u8]>>) -> Result<(), E>,
    ) -> Result<(), E> {
        let blocks = self.blocks().clone();
        write(&blocks)?;
        self.blocks().retain(|cid, _| !blocks.contains_key(cid));
        Ok(())
    }

    /// Drops the blocks in memory that a root does not reach: those of states that nobody will read.
    /// Readers are not held up, and what is put meanwhile stays.
    pub fn keep_reachable(&self, root: Cid) -> Result<()> {
        let mut unreached = self.blocks().clone();
        let mut open = vec![root];
        while let Some(cid) = open.pop() {
            if let Some(block) = unreached.remove(&cid) {
                open.extend(links(cid.codec(), &block)?);
            }
        }
        self.blocks().retain(|cid, _| !unreached.contains_key(cid));
        Ok(())
    }

    fn blocks(&self) -> MutexGuard<'_, Blocks> {
        self.blocks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Blockstore for Store {
    fn get(&self, k: &Cid) -> Result<Option<Vec<u8>>> {
        if k.hash().code() == IDENTITY_HASH {
            return Ok(Some(k.hash().digest().to_vec()));
        }
        if let Some(block) = self.bundles.get(k) {
            return Ok(Some(block.to_vec()));
        }
        // The base is asked without the lock: a block that is drained meanwhile is there.
        let block = self.blocks().get(k).map(|block| block.to_vec());
        match (block, &self.base) {
            (None, Some(base)) => base.get(k),
            (block, _) => Ok(block),
        }
    }

    fn put_keyed(&self, k: &Cid, block: &[u8]) -> Result<()> {
        self.blocks().insert(*k, block.into());
        Ok(())
    }

    fn has(&self, k: &Cid) -> Result<bool> {
        let here = k.hash().code() == IDENTITY_HASH
            || self.bundles.contains_key(k)
            || self.blocks().contains_key(k);
        match &self.base {
            Some(base) if !here => base.has(k),
            _ => Ok(here),
        }
    }
}
