//! States, with the blocks that they link to.

use anyhow::anyhow;
use cid::Cid;
use fvm_ipld_amt::Amt;
use fvm_ipld_blockstore::Blockstore;
use fvm_ipld_hamt::{BytesKey, Config, Hamt, Sha256};
use fvm_shared::address::Address;
use integer_encoding::VarInt;
use ipld_core::ipld::Ipld;
use serde_json::{Map, Value, json};

use crate::decode::{Decoder, parse};
use crate::error::{Error, Path};
use crate::schema::{Actor, Link, Shape, Type};
use crate::{Leaf, leaf};

/// What stands for the entries that are left out.
const MORE: &str = "…";

/// The greatest width of a HAMT. To read one entry by entry it need not be known: no key is looked up.
const ANY_WIDTH: u32 = 8;

/// Reads a block.
pub type Get<'a> = dyn Fn(&Cid) -> anyhow::Result<Option<Vec<u8>>> + 'a;

/// Where links lead, and how many entries of each map and array are shown.
pub(crate) struct Blocks<'a> {
    pub get: &'a Get<'a>,
    pub limit: usize,
}

impl Actor {
    /// The state with all that it links to in the place of the links, up to `limit` entries of each
    /// map and array. One with more has an entry `…` more. `None` where the state is not described.
    pub fn state_to_json(
        &self,
        root: &Cid,
        get: &Get<'_>,
        limit: usize,
    ) -> Result<Option<Value>, Error> {
        let Some(state) = self.state.clone() else { return Ok(None) };
        let blocks = Blocks { get, limit };
        let decoder = Decoder { actor: self, blocks: Some(&blocks) };
        decoder.follow(&blocks, &Link::Block(state), root, &Path::Root("state")).map(Some)
    }
}

impl Decoder<'_> {
    pub(crate) fn follow(
        &self,
        blocks: &Blocks<'_>,
        link: &Link,
        cid: &Cid,
        at: &Path<'_>,
    ) -> Result<Value, Error> {
        let fault = |error: &dyn std::fmt::Display| Error::new(at, format_args!("{cid}: {error}"));
        match link {
            Link::Block(ty) => {
                let block = (blocks.get)(cid).map_err(|error| fault(&error))?;
                let block = block.ok_or_else(|| fault(&"the node does not have this block"))?;
                self.value(ty, &parse(&block, at)?, at)
            }
            Link::Map { key, value } => {
                let config = Config { bit_width: ANY_WIDTH, ..Config::default() };
                let map: Hamt<_, Ipld, BytesKey, Sha256> =
                    Hamt::load_with_config(cid, blocks, config).map_err(|error| fault(&error))?;
                let entries = map.iter().map(|entry| {
                    let (bytes, ipld) = entry.map_err(|error| fault(&error))?;
                    Ok((self.key(key, &bytes.0, at)?, ipld))
                });
                self.entries(value, entries, blocks.limit, at)
            }
            Link::Array(ty) => {
                let array: Amt<Ipld, _> = Amt::load(cid, blocks).map_err(|error| fault(&error))?;
                let entries = array.iter().map(|entry| {
                    let (index, ipld) = entry.map_err(|error| fault(&error))?;
                    Ok((index.to_string(), ipld))
                });
                self.entries(ty, entries, blocks.limit, at)
            }
        }
    }

    /// So many entries, and a word on those that are left out. How many these are only a walk through
    /// all of them would tell.
    fn entries<'v>(
        &self,
        ty: &Type,
        entries: impl Iterator<Item = Result<(String, &'v Ipld), Error>>,
        limit: usize,
        at: &Path<'_>,
    ) -> Result<Value, Error> {
        let mut shown = Map::new();
        for entry in entries {
            let (key, ipld) = entry?;
            if shown.len() == limit {
                shown.insert(MORE.to_owned(), json!("there are more"));
                break;
            }
            let value = self.value(ty, ipld, &Path::Entry(at, &key))?;
            shown.insert(key, value);
        }
        Ok(Value::Object(shown))
    }

    /// A map's key as text, from the bytes that `shared::map::Key` makes of it: actors as their f0
    /// addresses, the parts of a pair with a stroke between them.
    fn key(&self, ty: &Type, bytes: &[u8], at: &Path<'_>) -> Result<String, Error> {
        let mut rest = bytes;
        let text = self.key_part(ty, &mut rest, at)?.filter(|_| rest.is_empty());
        text.ok_or_else(|| Error::new(at, format_args!("the key {} is no {ty}", leaf::hex(bytes))))
    }

    fn key_part(
        &self,
        ty: &Type,
        rest: &mut &[u8],
        at: &Path<'_>,
    ) -> Result<Option<String>, Error> {
        Ok(match ty {
            Type::Named(name) => match &self.actor.definition(name, at)?.shape {
                Shape::As(ty) => self.key_part(ty, rest, at)?,
                _ => None,
            },
            Type::Leaf(Leaf::U64 | Leaf::DealId) => number(rest).map(|n| n.to_string()),
            Type::Leaf(Leaf::ActorId) => number(rest).map(|id| Address::new_id(id).to_string()),
            Type::Leaf(Leaf::Address) => {
                Address::from_bytes(std::mem::take(rest)).ok().map(|address| address.to_string())
            }
            Type::List(inner) if **inner == Type::Leaf(Leaf::U8) => {
                Some(leaf::hex(std::mem::take(rest)))
            }
            Type::Tuple(types) => {
                let mut parts = Vec::new();
                for ty in types {
                    let Some(part) = self.key_part(ty, rest, at)? else { return Ok(None) };
                    parts.push(part);
                }
                Some(parts.join("/"))
            }
            _ => None,
        })
    }
}

fn number(rest: &mut &[u8]) -> Option<u64> {
    let (number, read) = u64::decode_var(rest)?;
    *rest = rest.get(read..)?;
    Some(number)
}

impl Blockstore for Blocks<'_> {
    fn get(&self, cid: &Cid) -> anyhow::Result<Option<Vec<u8>>> {
        (self.get)(cid)
    }

    fn put_keyed(&self, _: &Cid, _: &[u8]) -> anyhow::Result<()> {
        Err(anyhow!("a state that is shown is not changed"))
    }
}
