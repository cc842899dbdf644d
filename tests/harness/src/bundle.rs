//! Bundles of actors: CAR files of WASM modules with a manifest.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};
use cid::Cid;
use fvm_ipld_car::CarReader;
use fvm_ipld_encoding::from_slice;

/// Names of the official manifest entries, in their binding order.
pub const OFFICIAL: [&str; 16] = [
    "system",
    "init",
    "cron",
    "account",
    "storagepower",
    "storageminer",
    "storagemarket",
    "paymentchannel",
    "multisig",
    "reward",
    "verifiedregistry",
    "datacap",
    "placeholder",
    "evm",
    "eam",
    "ethaccount",
];

/// One CAR of actors.
#[derive(Clone, Debug, Default)]
pub struct Bundle {
    /// Names and code CIDs, in the order of the manifest.
    pub entries: Vec<(String, Cid)>,
    blocks: HashMap<Cid, Arc<[u8]>>,
}

impl Bundle {
    /// Reads a bundle, checking that it has one root, a version 1 manifest and every code it names.
    pub fn read(path: &Path) -> Result<Self> {
        let data = std::fs::read(path)
            .with_context(|| format!("cannot read the bundle {}", path.display()))?;
        Self::parse(&data).with_context(|| format!("bundle {}", path.display()))
    }

    fn parse(data: &[u8]) -> Result<Self> {
        let reader = CarReader::new(data)?;
        let [root] = reader.header.roots.as_slice() else {
            bail!("has {} roots instead of one", reader.header.roots.len());
        };
        let root = *root;
        let mut blocks = HashMap::new();
        for block in reader {
            let block = block?;
            blocks.insert(block.cid, Arc::from(block.data));
        }
        let get = |cid: &Cid| -> Result<&Arc<[u8]>> {
            blocks.get(cid).with_context(|| format!("block {cid} is missing"))
        };
        let (version, data): (u32, Cid) = from_slice(get(&root)?).context("manifest")?;
        ensure!(version == 1, "manifest version {version} is not 1");
        let entries: Vec<(String, Cid)> = from_slice(get(&data)?).context("manifest data")?;
        for (name, code) in &entries {
            get(code).with_context(|| format!("actor {name}"))?;
        }
        Ok(Bundle { entries, blocks })
    }

    /// The code of an actor.
    pub fn code(&self, name: &str) -> Result<Cid> {
        let entry = self.entries.iter().find(|(entry, _)| entry == name);
        Ok(entry.with_context(|| format!("the bundle has no actor {name}"))?.1)
    }
}

/// The actors of a network: the built-in ones with Init replaced, then ours.
#[derive(Clone, Debug)]
pub struct Actors {
    /// Names and code CIDs; the position in this list plus one is the actor's type.
    pub entries: Vec<(String, Cid)>,
    pub(crate) blocks: Arc<HashMap<Cid, Arc<[u8]>>>,
}

impl Actors {
    /// The sixteen of `builtin`, with Init taken from `shipped`, then the others of `shipped`, then
    /// those of `extra`.
    pub fn merge(builtin: Bundle, shipped: Bundle, extra: Bundle) -> Result<Self> {
        let names: Vec<&str> = builtin.entries.iter().map(|(name, _)| name.as_str()).collect();
        ensure!(names == OFFICIAL, "not the official manifest order: {names:?}");
        let mut entries = builtin.entries;
        let init = shipped.code("init")?;
        for (name, code) in shipped.entries.into_iter().chain(extra.entries) {
            if name != "init" {
                entries.push((name, code));
            }
        }
        entries[1].1 = init;
        let mut blocks = builtin.blocks;
        blocks.extend(shipped.blocks);
        blocks.extend(extra.blocks);
        Ok(Actors { entries, blocks: Arc::new(blocks) })
    }

    /// The code of an actor.
    ///
    /// # Panics
    /// Where there is no such actor.
    #[must_use]
    pub fn code(&self, name: &str) -> Cid {
        let entry = self.entries.iter().find(|(entry, _)| entry == name);
        entry.unwrap_or_else(|| panic!("no actor {name} in this network")).1
    }

    /// The name of a code, for traces.
    #[must_use]
    pub fn name(&self, code: &Cid) -> Option<&str> {
        self.entries.iter().find(|(_, entry)| entry == code).map(|(name, _)| name.as_str())
    }

    /// The size of an actor's WASM module, in bytes.
    #[must_use]
    pub fn size(&self, code: &Cid) -> usize {
        self.blocks.get(code).map_or(0, |module| module.len())
    }
}
