//! HAMT maps with a name and a declared shape.

use core::marker::PhantomData;

use alloc::vec::Vec;
use cid::Cid;
use fvm_ipld_blockstore::Blockstore;
use fvm_ipld_encoding::{BytesSer, CborStore};
use fvm_ipld_hamt::{BytesKey, Config, Hamt, Sha256};
use fvm_shared::address::Address;
use integer_encoding::VarInt;
use multihash_codetable::Code;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Error;

/// How a map is laid out on chain. A published map never changes it.
#[derive(Clone, Copy, Debug)]
pub struct MapSpec {
    /// What error messages call the map.
    pub name: &'static str,
    /// Bits of the key's hash for each level: a node has 2^width slots of up to three inline
    /// entries and is rewritten whole, so bytes written per update grow with the width and reads
    /// per look-up shrink with it. Chosen by measurement.
    pub bit_width: u32,
}

/// A key of a [`Map`]: its byte form is what is hashed and stored.
pub trait Key {
    fn to_key(&self) -> Vec<u8>;
}

impl Key for u64 {
    fn to_key(&self) -> Vec<u8> {
        self.encode_var_vec()
    }
}

/// Two numbers of which each says where it ends.
impl Key for (u64, u64) {
    fn to_key(&self) -> Vec<u8> {
        [self.0.to_key(), self.1.to_key()].concat()
    }
}

impl Key for Cid {
    fn to_key(&self) -> Vec<u8> {
        self.to_bytes()
    }
}

impl Key for Address {
    fn to_key(&self) -> Vec<u8> {
        self.to_bytes()
    }
}

impl Key for Vec<u8> {
    fn to_key(&self) -> Vec<u8> {
        self.clone()
    }
}

/// A persistent map from `K` to `V`. Changes are in memory until [`Map::flush`].
pub struct Map<'s, BS, K, V> {
    spec: &'static MapSpec,
    hamt: Hamt<&'s BS, V, BytesKey, Sha256>,
    key: PhantomData<K>,
}

impl<'s, BS, K, V> Map<'s, BS, K, V>
where
    BS: Blockstore,
    K: Key,
    V: Serialize + DeserializeOwned + PartialEq,
{
    /// The root of an empty map, written to the store.
    pub fn empty(store: &'s BS, spec: &'static MapSpec) -> Result<Cid, Error> {
        let hamt = Hamt::<_, V>::new_with_config(store, config(spec));
        { hamt }.flush().map_err(|e| Error::state(spec.name, e))
    }

    pub fn load(store: &'s BS, root: &Cid, spec: &'static MapSpec) -> Result<Self, Error> {
        let hamt = Hamt::load_with_config(root, store, config(spec))
            .map_err(|e| Error::state(spec.name, e))?;
        Ok(Self { spec, hamt, key: PhantomData })
    }

    pub fn get(&self, key: &K) -> Result<Option<&V>, Error> {
        self.hamt.get(key.to_key().as_slice()).map_err(|e| Error::state(self.spec.name, e))
    }

    pub fn contains(&self, key: &K) -> Result<bool, Error> {
        self.hamt.contains_key(key.to_key().as_slice()).map_err(|e| Error::state(self.spec.name, e))
    }

    /// Sets the value and returns the one that was there.
    pub fn set(&mut self, key: &K, value: V) -> Result<Option<V>, Error> {
        self.hamt.set(key.to_key().into(), value).map_err(|e| Error::state(self.spec.name, e))
    }

    /// Sets the value unless the key has one; says whether it did.
    pub fn set_if_absent(&mut self, key: &K, value: V) -> Result<bool, Error> {
        self.hamt
            .set_if_absent(key.to_key().into(), value)
            .map_err(|e| Error::state(self.spec.name, e))
    }

    /// Removes the key and returns the value that was there.
    pub fn delete(&mut self, key: &K) -> Result<Option<V>, Error> {
        let deleted = self
            .hamt
            .delete(key.to_key().as_slice())
            .map_err(|e| Error::state(self.spec.name, e))?;
        Ok(deleted.map(|(_, value)| value))
    }

    /// Visits every entry: for invariants and tests only, as its cost grows with the map.
    pub fn for_each(&self, mut visit: impl FnMut(&[u8], &V)) -> Result<(), Error> {
        self.hamt
            .for_each(|key, value| {
                visit(&key.0, value);
                Ok(())
            })
            .map_err(|e| Error::state(self.spec.name, e))
    }

    /// Writes what changed and returns the new root.
    pub fn flush(mut self) -> Result<Cid, Error> {
        self.hamt.flush().map_err(|e| Error::state(self.spec.name, e))
    }
}

/// The root of an empty map, written to the store. It is the same for all maps, so an actor with
/// several of them pays for it once.
pub fn empty(store: &impl Blockstore) -> Result<Cid, Error> {
    let node = (BytesSer(&[]), <[(); 0]>::default());
    put_block(store, "empty map", &node)
}

fn config(spec: &MapSpec) -> Config {
    Config { bit_width: spec.bit_width, min_data_depth: 0, max_array_width: 3 }
}

/// The ID that a key of a map of IDs stands for; `None` for any other key. For invariants and tests.
#[must_use]
pub fn decode_id(key: &[u8]) -> Option<u64> {
    u64::decode_var(key).filter(|(_, read)| *read == key.len()).map(|(id, _)| id)
}

/// The two numbers that a key of a map of pairs stands for, on the terms of [`decode_id`].
#[must_use]
pub fn decode_pair(key: &[u8]) -> Option<(u64, u64)> {
    let (first, read) = u64::decode_var(key)?;
    Some((first, decode_id(key.get(read..)?)?))
}

/// Writes a value as a block of its own, for what is read seldom.
pub fn put_block<T: Serialize>(
    store: &impl Blockstore,
    what: &'static str,
    value: &T,
) -> Result<Cid, Error> {
    store.put_cbor(value, Code::Blake2b256).map_err(|e| Error::state(what, e))
}

/// Reads a block that must exist.
pub fn get_block<T: DeserializeOwned>(
    store: &impl Blockstore,
    what: &'static str,
    cid: &Cid,
) -> Result<T, Error> {
    store
        .get_cbor(cid)
        .map_err(|e| Error::state(what, e))?
        .ok_or_else(|| Error::state(what, "block is missing"))
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use fvm_ipld_blockstore::MemoryBlockstore;

    use super::*;

    static AGES: MapSpec = MapSpec { name: "ages", bit_width: 3 };
    type Ages<'s> = Map<'s, MemoryBlockstore, u64, u64>;

    #[test]
    fn a_map_keeps_what_was_flushed_and_nothing_else() {
        let store = MemoryBlockstore::default();
        let root = Ages::empty(&store, &AGES).unwrap();
        let mut ages = Ages::load(&store, &root, &AGES).unwrap();
        assert_eq!(ages.set(&7, 70).unwrap(), None);
        assert!(!ages.set_if_absent(&7, 71).unwrap());
        assert_eq!(ages.set(&8, 80).unwrap(), None);
        assert_eq!(ages.delete(&8).unwrap(), Some(80));
        let flushed = ages.flush().unwrap();
        assert_eq!(Ages::load(&store, &flushed, &AGES).unwrap().get(&7).unwrap(), Some(&70));
        assert!(!Ages::load(&store, &flushed, &AGES).unwrap().contains(&8).unwrap());
        assert_eq!(Ages::load(&store, &root, &AGES).unwrap().get(&7).unwrap(), None);
    }

    #[test]
    fn no_two_pairs_have_the_same_key() {
        let numbers = [0, 1, 127, 128, 129, 16_384, u64::MAX];
        for pair in numbers.iter().flat_map(|a| numbers.iter().map(|b| (*a, *b))) {
            let key = pair.to_key();
            assert_eq!(decode_pair(&key), Some(pair));
            assert_eq!((decode_id(&key), decode_pair(&key[..key.len() - 1])), (None, None));
        }
    }

    #[test]
    fn all_empty_maps_have_one_root() {
        let store = MemoryBlockstore::default();
        let root = empty(&store).unwrap();
        for bit_width in 1..=8 {
            let spec: &'static MapSpec =
                alloc::boxed::Box::leak(alloc::boxed::Box::new(MapSpec { name: "any", bit_width }));
            assert_eq!(Ages::empty(&store, spec).unwrap(), root);
        }
        assert_eq!(Ages::load(&store, &root, &AGES).unwrap().get(&7).unwrap(), None);
    }

    #[test]
    fn an_unreadable_map_is_named_in_the_error() {
        let (store, other) = (MemoryBlockstore::default(), MemoryBlockstore::default());
        let root = Ages::empty(&other, &AGES).unwrap();
        let error = Ages::load(&store, &root, &AGES).err().unwrap();
        assert!(error.to_string().starts_with("state of ages"), "{error}");
    }
}
