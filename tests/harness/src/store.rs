//! The blockstore of a network.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Result;
use cid::Cid;
use fvm_ipld_blockstore::Blockstore;

type Blocks = HashMap<Cid, Arc<[u8]>>;

/// Blocks in memory: those of a network, over those of the bundles it runs, which all networks of
/// the process share. Clones see the same blocks. Nothing is ever removed, so a state root of the
/// past stays readable.
#[derive(Clone, Default)]
pub struct Store {
    bundles: Arc<Blocks>,
    blocks: Arc<Mutex<Blocks>>,
}

impl Store {
    /// A store over the blocks of some bundles.
    #[must_use]
    pub fn over(bundles: Arc<Blocks>) -> Self {
        Store { bundles, blocks: Arc::default() }
    }

    fn blocks(&self) -> MutexGuard<'_, Blocks> {
        self.blocks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Blockstore for Store {
    fn get(&self, k: &Cid) -> Result<Option<Vec<u8>>> {
        if let Some(block) = self.bundles.get(k) {
            return Ok(Some(block.to_vec()));
        }
        Ok(self.blocks().get(k).map(|block| block.to_vec()))
    }

    fn put_keyed(&self, k: &Cid, block: &[u8]) -> Result<()> {
        self.blocks().insert(*k, block.into());
        Ok(())
    }

    fn has(&self, k: &Cid) -> Result<bool> {
        Ok(self.bundles.contains_key(k) || self.blocks().contains_key(k))
    }
}
