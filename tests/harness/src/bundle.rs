//! Bundles of actors: CAR files of WASM modules with a manifest.

use std::collections::{HashMap, HashSet};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};
use cid::Cid;
use fvm_ipld_car::{Block, CarReader, CarWriter};
use fvm_ipld_encoding::{DAG_CBOR, from_slice, to_vec};
use multihash_codetable::{Code, MultihashDigest};

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

    /// Reads the bytes of a bundle. What a block holds is checked against its CID.
    pub fn parse(data: &[u8]) -> Result<Self> {
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

    /// The WASM module of a code.
    #[must_use]
    pub fn module(&self, code: &Cid) -> Option<&[u8]> {
        self.blocks.get(code).map(|module| &**module)
    }

    /// This bundle with the entries of another one after its own.
    pub fn followed_by(mut self, other: Bundle) -> Result<Self> {
        self.entries.extend(other.entries);
        self.blocks.extend(other.blocks);
        check_unique(&self.entries)?;
        Ok(self)
    }

    /// Writes the bundle as a CAR and returns its root. The same actors give the same bytes: the
    /// manifest first, then the modules in its order.
    pub fn write(&self, out: impl Write) -> Result<Cid> {
        let data = dag_cbor(to_vec(&self.entries)?);
        let manifest = dag_cbor(to_vec(&(1_u32, data.cid))?);
        let root = manifest.cid;
        let mut writer = CarWriter::new(vec![root].into(), out)?;
        writer.write(manifest)?;
        writer.write(data)?;
        for (name, code) in &self.entries {
            let module = self.blocks.get(code);
            let module = module.with_context(|| format!("the module of {name} is missing"))?;
            writer.write(Block { cid: *code, data: module.to_vec() })?;
        }
        writer.flush()?;
        Ok(root)
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
        let init = shipped.code("init")?;
        let official = builtin.entries.into_iter().map(|(name, code)| match name.as_str() {
            "init" => (name, init),
            _ => (name, code),
        });
        let ours = shipped.entries.into_iter().chain(extra.entries);
        let entries = official.chain(ours.filter(|(name, _)| name != "init")).collect();
        let mut blocks = builtin.blocks;
        blocks.extend(shipped.blocks);
        blocks.extend(extra.blocks);
        Self::of(Bundle { entries, blocks })
    }

    /// Those of a bundle that has the official ones first.
    pub fn of(bundle: Bundle) -> Result<Self> {
        let Bundle { entries, blocks } = bundle;
        let names: Vec<&str> = entries.iter().map(|(name, _)| name.as_str()).collect();
        ensure!(names.starts_with(&OFFICIAL), "not the official manifest order: {names:?}");
        check_unique(&entries)?;
        Ok(Actors { entries, blocks: Arc::new(blocks) })
    }

    /// The actors with these names and codes, out of a store that has their modules.
    pub fn stored(
        entries: Vec<(String, Cid)>,
        get: impl Fn(&Cid) -> Result<Option<Vec<u8>>>,
    ) -> Result<Self> {
        let mut blocks = HashMap::new();
        for (name, code) in &entries {
            let module = get(code)?.with_context(|| format!("the code of {name} is missing"))?;
            blocks.insert(*code, Arc::from(module));
        }
        Ok(Actors { entries, blocks: Arc::new(blocks) })
    }

    /// All blocks of the bundles, by CID.
    pub fn blocks(&self) -> impl Iterator<Item = (&Cid, &Arc<[u8]>)> {
        self.blocks.iter()
    }

    /// These actors as one bundle.
    #[must_use]
    pub fn bundle(&self) -> Bundle {
        Bundle { entries: self.entries.clone(), blocks: (*self.blocks).clone() }
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

/// A manifest tells its entries apart by name and by code: neither may be there twice.
fn check_unique(entries: &[(String, Cid)]) -> Result<()> {
    let (mut seen, mut codes) = (HashSet::new(), HashMap::new());
    for (name, code) in entries {
        ensure!(seen.insert(name), "two actors have the name {name}");
        if let Some(other) = codes.insert(code, name) {
            bail!("the actors {other} and {name} have the same code {code}");
        }
    }
    Ok(())
}

fn dag_cbor(data: Vec<u8>) -> Block {
    Block { cid: Cid::new_v1(DAG_CBOR, Code::Blake2b256.digest(&data)), data }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RAW: u64 = 0x55;

    /// A bundle of made-up modules.
    fn bundle(names: &[&str], mark: &str) -> Bundle {
        let (mut entries, mut blocks) = (vec![], HashMap::new());
        for name in names {
            let module = format!("{name} {mark}").into_bytes();
            let code = Cid::new_v1(RAW, Code::Blake2b256.digest(&module));
            entries.push(((*name).to_owned(), code));
            blocks.insert(code, Arc::from(module));
        }
        Bundle { entries, blocks }
    }

    fn merged() -> Actors {
        let ours = bundle(&["init", "dao", "market"], "ours");
        Actors::merge(bundle(&OFFICIAL, "official"), ours, Bundle::default()).unwrap()
    }

    #[test]
    fn ours_come_after_the_official_ones_of_which_init_alone_is_replaced() {
        let Actors { entries, .. } = merged();
        let (official, ours) = (bundle(&OFFICIAL, "official"), bundle(&["init"], "ours"));
        for (place, (entry, was)) in entries.iter().zip(&official.entries).enumerate() {
            assert_eq!(entry, if place == 1 { &ours.entries[0] } else { was });
        }
        let names: Vec<_> = entries[16..].iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["dao", "market"]);
    }

    #[test]
    fn a_bundle_is_read_as_it_was_written_and_written_alike_each_time() {
        let write = |actors: &Actors| {
            let mut car = vec![];
            actors.bundle().write(&mut car).unwrap();
            car
        };
        let (once, again) = (write(&merged()), write(&merged()));
        assert!(once == again);
        let read = Bundle::parse(&once).unwrap();
        assert_eq!(read.entries, merged().entries);
        let codes = |bundle: &Bundle| bundle.entries.iter().map(|(_, code)| *code).collect();
        let codes: Vec<Cid> = codes(&read);
        assert!(
            codes.iter().all(|code| read.module(code) == merged().blocks.get(code).map(|m| &**m))
        );
        assert!(write(&Actors::of(read).unwrap()) == once);
    }

    #[test]
    fn a_module_that_was_changed_is_refused() {
        let mut car = vec![];
        merged().bundle().write(&mut car).unwrap();
        *car.last_mut().unwrap() ^= 1;
        assert!(Bundle::parse(&car).is_err());
    }

    #[test]
    fn another_order_a_name_or_a_code_twice_are_refused() {
        let refused = |builtin: Bundle, ours: Bundle| {
            Actors::merge(builtin, ours, Bundle::default()).unwrap_err().to_string()
        };
        let ours = || bundle(&["init", "dao"], "ours");
        let mut swapped = bundle(&OFFICIAL, "official");
        swapped.entries.swap(2, 3);
        assert!(refused(swapped, ours()).contains("not the official manifest order"));

        let mut named = ours();
        named.entries.push(("cron".into(), bundle(&["x"], "ours").entries[0].1));
        let told = refused(bundle(&OFFICIAL, "official"), named);
        assert_eq!(told, "two actors have the name cron");

        let mut alike = ours();
        alike.entries.push(("other".into(), alike.entries[1].1));
        let told = refused(bundle(&OFFICIAL, "official"), alike);
        assert!(told.starts_with("the actors dao and other have the same code"), "{told}");
    }
}
