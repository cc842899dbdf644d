//! Blocks that link to each other: what roots reach in a store, as a CAR.

use std::collections::HashSet;
use std::io::Write;

use anyhow::{Context, Result, bail, ensure};
use cid::Cid;
use fvm_ipld_blockstore::Blockstore;
use fvm_ipld_car::{Block, CarWriter};
use fvm_ipld_encoding::{CBOR, DAG_CBOR, IPLD_RAW};
use fvm_shared::IDENTITY_HASH;

/// Major types of CBOR.
const BYTES: u8 = 2;
const TEXT: u8 = 3;
const ARRAY: u8 = 4;
const MAP: u8 = 5;
const TAG: u8 = 6;
/// The tag of a link.
const LINK: u64 = 42;

/// Writes every block that the roots reach, each once.
pub fn export(store: &impl Blockstore, roots: &[Cid], out: impl Write) -> Result<()> {
    let mut writer = CarWriter::new(roots.to_vec().into(), out)?;
    walk(store, roots, |cid, data| Ok(writer.write(Block { cid, data })?))?;
    writer.flush()?;
    Ok(())
}

/// Visits every block that the roots reach, each once. One that is missing is an error.
pub fn walk(
    store: &impl Blockstore,
    roots: &[Cid],
    mut visit: impl FnMut(Cid, Vec<u8>) -> Result<()>,
) -> Result<()> {
    let (mut open, mut seen) = (roots.to_vec(), roots.iter().copied().collect::<HashSet<_>>());
    while let Some(cid) = open.pop() {
        let data = store.get(&cid)?.with_context(|| format!("block {cid} is missing"))?;
        open.extend(links(cid.codec(), &data)?.into_iter().filter(|link| seen.insert(*link)));
        visit(cid, data)?;
    }
    Ok(())
}

/// The blocks that a block links to, as the FVM sees them: through identity CIDs, which hold their data,
/// and without commitments of pieces and sectors, which name data that is not in the state.
pub fn links(codec: u64, data: &[u8]) -> Result<Vec<Cid>> {
    let mut links = vec![];
    scan(codec, data, &mut links)?;
    Ok(links)
}

/// Adds the links of a block. Only headers of CBOR are read: any value may stand between two links.
fn scan(codec: u64, mut data: &[u8], links: &mut Vec<Cid>) -> Result<()> {
    if codec != DAG_CBOR {
        return Ok(());
    }
    let mut items = 1_u64;
    while items > 0 {
        items -= 1;
        let more = match header(&mut data)? {
            (BYTES | TEXT, length) => take(&mut data, length).map(|_| 0)?,
            (ARRAY, length) => length,
            (MAP, length) => length.checked_mul(2).context("a map is too long")?,
            (TAG, LINK) => visit(&link(&mut data)?, links).map(|()| 0)?,
            (TAG, _) => 1,
            _ => 0,
        };
        items = items.checked_add(more).context("a list is too long")?;
    }
    ensure!(data.is_empty(), "{} bytes are left", data.len());
    Ok(())
}

fn visit(link: &Cid, links: &mut Vec<Cid>) -> Result<()> {
    let (codec, hash) = (link.codec(), link.hash());
    match codec {
        CBOR | DAG_CBOR | IPLD_RAW if hash.code() == IDENTITY_HASH => {
            scan(codec, hash.digest(), links)?;
        }
        CBOR | DAG_CBOR | IPLD_RAW => links.push(*link),
        _ => {}
    }
    Ok(())
}

/// The CID after a tag: bytes that begin with a zero.
fn link(data: &mut &[u8]) -> Result<Cid> {
    let (major, length) = header(data)?;
    ensure!(major == BYTES, "a link is not of bytes");
    let [0, cid @ ..] = take(data, length)? else { bail!("a link does not begin with a zero") };
    Ok(Cid::try_from(cid)?)
}

/// The major type of what comes next, and its number: the length of what has one.
fn header(data: &mut &[u8]) -> Result<(u8, u64)> {
    let first = take(data, 1)?[0];
    let number = match first & 0x1f {
        low @ ..24 => low.into(),
        low @ 24..28 => {
            let bytes = take(data, 1 << (low - 24))?;
            bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
        }
        low => bail!("a header of CBOR ends in {low}"),
    };
    Ok((first >> 5, number))
}

fn take<'a>(data: &mut &'a [u8], length: u64) -> Result<&'a [u8]> {
    usize::try_from(length)
        .ok()
        .and_then(|length| data.split_off(..length))
        .context("CBOR is cut off")
}

#[cfg(test)]
mod tests {
    use cid::multihash::Multihash;
    use fvm_ipld_blockstore::{Block as Data, MemoryBlockstore};
    use fvm_ipld_encoding::to_vec;
    use fvm_shared::commcid::FIL_COMMITMENT_UNSEALED;
    use multihash_codetable::Code;

    use super::*;

    fn put(store: &MemoryBlockstore, codec: u64, data: &[u8]) -> Cid {
        store.put(Code::Blake2b256, &Data::new(codec, data)).unwrap()
    }

    /// What is exported from a root.
    fn exported(store: &MemoryBlockstore, root: Cid) -> HashSet<Cid> {
        let mut found = HashSet::new();
        let once = |cid: Cid, _| {
            ensure!(found.insert(cid), "block {cid} again");
            Ok(())
        };
        walk(store, &[root], once).unwrap();
        found
    }

    #[test]
    fn links_are_followed_where_the_fvm_follows_them() {
        let store = MemoryBlockstore::default();
        let raw = put(&store, IPLD_RAW, b"raw");
        let nobodys = Cid::new_v1(DAG_CBOR, *raw.hash());
        // What looks like a link in a block of plain CBOR is none.
        let plain = put(&store, CBOR, &to_vec(&nobodys).unwrap());
        let inline = |codec, link: &Cid| {
            Cid::new_v1(codec, Multihash::wrap(IDENTITY_HASH, &to_vec(link).unwrap()).unwrap())
        };
        let piece = Cid::new_v1(FIL_COMMITMENT_UNSEALED, *raw.hash());
        let links = (plain, inline(DAG_CBOR, &raw), inline(CBOR, &nobodys), piece);
        let root = put(&store, DAG_CBOR, &to_vec(&links).unwrap());
        assert_eq!(exported(&store, root), HashSet::from([root, plain, raw]));
    }

    #[test]
    fn a_state_may_hold_what_only_its_actor_reads() {
        let store = MemoryBlockstore::default();
        let raw = put(&store, IPLD_RAW, b"raw");
        // {1: undefined, 1: half of one, -1: [true, another tag's text, the link]}
        let mut state = b"\xa3\x01\xf7\x01\xf9\x38\x00\x20\x83\xf5\xc1\x61a".to_vec();
        state.extend(to_vec(&raw).unwrap());
        let root = put(&store, DAG_CBOR, &state);
        assert_eq!(exported(&store, root), HashSet::from([root, raw]));
    }

    #[test]
    fn what_the_fvm_does_not_take_for_a_block_has_no_links() {
        let refused = |data: &[u8]| links(DAG_CBOR, data).unwrap_err().to_string();
        assert_eq!(refused(b"\x82\x01"), "CBOR is cut off");
        assert_eq!(refused(b"\x01\x01"), "1 bytes are left");
        assert_eq!(refused(b"\x9f\xff"), "a header of CBOR ends in 31");
        assert_eq!(refused(b"\x82\xbb\xff\xff\xff\xff\xff\xff\xff\xff"), "a map is too long");
        assert_eq!(refused(b"\x82\x9b\xff\xff\xff\xff\xff\xff\xff\xff"), "a list is too long");
        assert_eq!(refused(b"\xd8\x2a\x61a"), "a link is not of bytes");
        assert_eq!(refused(b"\xd8\x2a\x41\x01"), "a link does not begin with a zero");
    }
}
