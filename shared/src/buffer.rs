//! The blocks of one method, kept in memory: what is read twice is asked for once, what is
//! overwritten before the state is committed is never written, and what is short stands in its link.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use cid::Cid;
use fvm_ipld_blockstore::{Block as Raw, Blockstore};
use fvm_ipld_encoding::DAG_CBOR;
use fvm_shared::IDENTITY_HASH;
use multihash_codetable::{Code, Multihash};

/// The Blake2b-256 digest by which a block of state is known, whatever its codec: as words, which
/// compare in fewer instructions than bytes.
type Digest = [u64; 4];

/// Blocks that were read, or that wait to be written.
#[derive(Debug, Default)]
pub struct Buffer {
    blocks: BTreeMap<Digest, Block>,
}

#[derive(Debug)]
struct Block {
    cid: Cid,
    data: Vec<u8>,
    /// Whether the store below has it.
    stored: bool,
}

impl Buffer {
    #[must_use]
    pub const fn new() -> Self {
        Buffer { blocks: BTreeMap::new() }
    }

    /// A block that was read or made before, else from the store below.
    pub fn get(&mut self, below: &impl Blockstore, cid: &Cid) -> anyhow::Result<Option<Vec<u8>>> {
        let Some(digest) = digest(cid) else { return below.get(cid) };
        if let Some(block) = self.blocks.get(&digest) {
            return Ok(Some(block.data.clone()));
        }
        let found = below.get(cid)?;
        if let Some(data) = &found {
            self.blocks.insert(digest, Block { cid: *cid, data: data.clone(), stored: true });
        }
        Ok(found)
    }

    /// Keeps a block until [`Buffer::flush`] asks for it, or writes it at once where it is not hashed
    /// as state is.
    pub fn put(&mut self, below: &impl Blockstore, cid: Cid, data: &[u8]) -> anyhow::Result<()> {
        let Some(digest) = digest(&cid) else { return below.put_keyed(&cid, data) };
        let block = || Block { cid, data: data.to_vec(), stored: false };
        self.blocks.entry(digest).or_insert_with(block);
        Ok(())
    }

    /// Writes the blocks that this one leads to and that the store below has not, and it last: the FVM
    /// takes no block whose links it cannot reach. It goes as deep as the blocks are linked that one
    /// method makes.
    pub fn flush(&mut self, below: &impl Blockstore, root: &Cid) -> anyhow::Result<()> {
        digest(root).map_or(Ok(()), |root| self.write(below, &root))
    }

    fn write(&mut self, below: &impl Blockstore, digest: &Digest) -> anyhow::Result<()> {
        let Some(block) = self.blocks.get_mut(digest).filter(|block| !block.stored) else {
            return Ok(());
        };
        block.stored = true;
        let (cid, data) = (block.cid, core::mem::take(&mut block.data));
        if cid.codec() == DAG_CBOR {
            for link in Links(&data) {
                self.write(below, &link)?;
            }
        }
        below.put_keyed(&cid, &data)?;
        if let Some(block) = self.blocks.get_mut(digest) {
            block.data = data;
        }
        Ok(())
    }
}

/// Bytes of the longest block that stands in its link, as many as a CID can hold. To keep a block of its
/// own costs as much gas as 150 bytes of another, and to read it as much as 60.
const INLINE_MAX: usize = 64;

/// The link to a short block that holds it: a CID whose hash is the data itself. Only a block that
/// leads to no other is put so: nodes take what stands in a link for a leaf when they export or prune
/// a state (as Lotus does), and would lose what it leads to.
#[must_use]
pub fn inline(codec: u64, data: &[u8]) -> Option<Cid> {
    let short = data.len() <= INLINE_MAX;
    let leaf = codec != DAG_CBOR || Links(data).next().is_none();
    let hash = Multihash::wrap(IDENTITY_HASH, data).ok().filter(|_| short && leaf)?;
    Some(Cid::new_v1(codec, hash))
}

/// A store in which blocks lie as actors leave them, for whoever makes an actor's state off chain.
pub struct Inlined<'s, BS>(pub &'s BS);

impl<BS: Blockstore> Blockstore for Inlined<'_, BS> {
    fn get(&self, cid: &Cid) -> anyhow::Result<Option<Vec<u8>>> {
        match cid.hash() {
            hash if hash.code() == IDENTITY_HASH => Ok(Some(hash.digest().to_vec())),
            _ => self.0.get(cid),
        }
    }

    fn put_keyed(&self, cid: &Cid, data: &[u8]) -> anyhow::Result<()> {
        self.0.put_keyed(cid, data)
    }

    fn put<D: AsRef<[u8]>>(&self, code: Code, block: &Raw<D>) -> anyhow::Result<Cid> {
        match inline(block.codec, block.data.as_ref()) {
            Some(cid) => Ok(cid),
            None => self.0.put(code, block),
        }
    }
}

fn digest(cid: &Cid) -> Option<Digest> {
    let hash = cid.hash();
    (hash.code() == BLAKE2B_256).then(|| hash.digest().try_into().ok().map(words)).flatten()
}

fn words(digest: &[u8; 32]) -> Digest {
    let (words, _) = digest.as_chunks();
    core::array::from_fn(|n| words.get(n).copied().map_or(0, u64::from_le_bytes))
}

/// The multicodec of Blake2b-256, and how a CID of 32 bytes of it ends before its digest.
const BLAKE2B_256: u64 = 0xb220;
const HASHED: [u8; 4] = [0xa0, 0xe4, 0x02, 0x20];

/// The digests of the links of a block of DAG-CBOR that this program encoded. What holds other items (arrays, maps,
/// tags) stands before them, so that a walk from head to head meets each item once, however deep.
struct Links<'b>(&'b [u8]);

/// The tag of a link, as in the DAG-CBOR specification.
const LINK: u64 = 42;

impl Iterator for Links<'_> {
    type Item = Digest;

    fn next(&mut self) -> Option<Digest> {
        let mut tag = None;
        loop {
            let (major, number) = self.head()?;
            let last = core::mem::replace(&mut tag, (major == 6).then_some(number));
            if major != 2 && major != 3 {
                continue;
            }
            let (content, rest) = self.0.split_at_checked(usize::try_from(number).ok()?)?;
            self.0 = rest;
            if let (Some(LINK), Some((start, digest))) = (last, content.split_last_chunk())
                && start.ends_with(&HASHED)
            {
                return Some(words(digest));
            }
        }
    }
}

impl Links<'_> {
    /// The major type of the next item, and its number: a value, a length or a tag.
    fn head(&mut self) -> Option<(u8, u64)> {
        let (first, rest) = self.0.split_first()?;
        let (major, short) = (first >> 5, first & 31);
        let bytes = match short {
            0..24 => 0,
            24..28 => 1_usize.wrapping_shl(u32::from(short & 3)),
            _ => return None,
        };
        let (number, rest) = rest.split_at_checked(bytes)?;
        self.0 = rest;
        let long = || number.iter().fold(0, |n, byte| n << 8 | u64::from(*byte));
        Some((major, if bytes == 0 { short.into() } else { long() }))
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;
    use core::cell::RefCell;

    use fvm_ipld_blockstore::MemoryBlockstore;
    use fvm_ipld_encoding::to_vec;
    use multihash_codetable::MultihashDigest;

    use super::*;

    /// A store that notes what it is asked for.
    #[derive(Default)]
    struct Below {
        blocks: MemoryBlockstore,
        read: RefCell<Vec<Cid>>,
        written: RefCell<Vec<Cid>>,
    }

    impl Blockstore for Below {
        fn get(&self, cid: &Cid) -> anyhow::Result<Option<Vec<u8>>> {
            self.read.borrow_mut().push(*cid);
            self.blocks.get(cid)
        }

        fn put_keyed(&self, cid: &Cid, data: &[u8]) -> anyhow::Result<()> {
            self.written.borrow_mut().push(*cid);
            self.blocks.put_keyed(cid, data)
        }
    }

    /// Makes a block of a number and links.
    fn make(buffer: &mut Buffer, number: u64, links: &[Cid]) -> Cid {
        let data = to_vec(&(number, links)).unwrap();
        let cid = Cid::new_v1(DAG_CBOR, Code::Blake2b256.digest(&data));
        buffer.put(&Below::default(), cid, &data).unwrap();
        cid
    }

    #[test]
    fn a_block_is_read_once() {
        let (below, mut buffer) = (Below::default(), Buffer::new());
        let cid = make(&mut buffer, 7, &[]);
        buffer.flush(&below, &cid).unwrap();
        let mut fresh = Buffer::new();
        let first = fresh.get(&below, &cid).unwrap();
        assert_eq!(
            (first.clone(), first),
            (to_vec(&(7, [(); 0])).ok(), fresh.get(&below, &cid).unwrap())
        );
        assert_eq!(below.read.into_inner(), [cid]);
    }

    #[test]
    fn only_what_the_root_leads_to_is_written_and_links_before_it() {
        let (below, mut buffer) = (Below::default(), Buffer::new());
        let (leaf, overwritten) = (make(&mut buffer, 1, &[]), make(&mut buffer, 2, &[]));
        let branch = make(&mut buffer, 3, &[leaf]);
        let root = make(&mut buffer, 4, &[branch, leaf]);
        buffer.flush(&below, &root).unwrap();
        assert_eq!(*below.written.borrow(), [leaf, branch, root]);
        assert!(below.read.borrow().is_empty() && !below.blocks.has(&overwritten).unwrap());
    }

    #[test]
    fn what_is_written_or_was_read_is_not_written_again() {
        let (below, mut buffer) = (Below::default(), Buffer::new());
        let first = make(&mut buffer, 1, &[]);
        buffer.flush(&below, &first).unwrap();
        make(&mut buffer, 1, &[]);
        let second = make(&mut buffer, 2, &[first]);
        buffer.flush(&below, &second).unwrap();
        let mut fresh = Buffer::new();
        fresh.get(&below, &second).unwrap();
        fresh.flush(&below, &second).unwrap();
        assert_eq!(below.written.into_inner(), [first, second]);
    }

    #[test]
    fn a_block_that_was_passed_over_is_written_by_the_root_that_leads_to_it() {
        let (below, mut buffer) = (Below::default(), Buffer::new());
        let late = make(&mut buffer, 1, &[]);
        let first = make(&mut buffer, 2, &[]);
        buffer.flush(&below, &first).unwrap();
        let second = make(&mut buffer, 3, &[late]);
        buffer.flush(&below, &second).unwrap();
        assert_eq!(below.written.into_inner(), [first, late, second]);
    }

    #[test]
    fn links_are_found_wherever_they_stand() {
        let cids = [1_u8, 2, 3, 4].map(|n| Cid::new_v1(DAG_CBOR, Code::Blake2b256.digest(&[n])));
        let foreign = Cid::new_v1(DAG_CBOR, Code::Keccak256.digest(&[7]));
        let others = (&[7_u8; 300][..], "text", u64::MAX, -1_i64, 1.5_f64, foreign);
        let map: BTreeMap<_, _> = [("a", Some(cids[1])), ("b", None)].into();
        let block = to_vec(&(cids[0], others, (true, (map, [cids[2]])), cids[3])).unwrap();
        assert!(Links(&block).eq(cids.iter().filter_map(digest)));
    }

    #[test]
    fn a_short_block_that_leads_nowhere_stands_in_its_link() {
        let mut buffer = Buffer::new();
        let leaf = make(&mut buffer, 1, &[]);
        let inlined = |links: &[Cid]| inline(DAG_CBOR, &to_vec(&(2, links)).unwrap());
        let short = inlined(&[]).unwrap();
        assert!(inlined(&[short]).is_some_and(|nested| inlined(&[nested]).is_some()));
        assert_eq!((inlined(&[leaf]), inlined(&[short, leaf])), (None, None));
        assert_eq!(inline(DAG_CBOR, &[0; INLINE_MAX]).map(|cid| cid.hash().size()), Some(64));
        assert_eq!(inline(DAG_CBOR, &[0; INLINE_MAX + 1]), None);
    }

    #[test]
    fn a_link_that_holds_its_block_does_not_hide_those_after_it() {
        let (below, mut buffer) = (Below::default(), Buffer::new());
        let short = inline(DAG_CBOR, &to_vec(&[7]).unwrap()).unwrap();
        let last = make(&mut buffer, 3, &[]);
        let root = make(&mut buffer, 4, &[short, last]);
        buffer.flush(&below, &root).unwrap();
        assert_eq!(below.written.into_inner(), [last, root]);
    }

    #[test]
    fn blocks_made_off_chain_lie_as_actors_leave_them() {
        let below = MemoryBlockstore::default();
        let store = Inlined(&below);
        for (data, stored) in [([7; 64].to_vec(), false), ([7; 65].to_vec(), true)] {
            let cid = store.put(Code::Blake2b256, &Raw::new(DAG_CBOR, &data)).unwrap();
            assert_eq!((below.has(&cid).unwrap(), store.get(&cid).unwrap()), (stored, Some(data)));
        }
    }

    #[test]
    fn what_only_looks_like_a_link_is_none() {
        let link = Cid::new_v1(DAG_CBOR, Code::Blake2b256.digest(b"link")).to_bytes();
        let untagged = to_vec(&fvm_ipld_encoding::BytesSer(&link)).unwrap();
        let cut = [&[0xd8, 42, 0x58, 39][..], &link].concat();
        for data in [&[][..], &untagged, &cut, &[0xd8], &[0xff]] {
            assert_eq!(Links(data).next(), None);
        }
    }

    #[test]
    fn what_is_not_hashed_as_state_is_passes_through() {
        let (below, mut buffer) = (Below::default(), Buffer::new());
        let cid = Cid::new_v1(DAG_CBOR, Code::Keccak256.digest(b"7"));
        buffer.put(&below, cid, b"7").unwrap();
        assert_eq!(buffer.get(&below, &cid).unwrap().as_deref(), Some(&b"7"[..]));
        assert_eq!((below.written.into_inner(), below.read.into_inner()), (vec![cid], vec![cid]));
    }

    #[test]
    fn a_link_to_what_is_nowhere_is_left_to_the_store_below() {
        let (below, mut buffer) = (Below::default(), Buffer::new());
        let foreign = Cid::new_v1(DAG_CBOR, Code::Blake2b256.digest(b"foreign"));
        let root = make(&mut buffer, 1, &[foreign]);
        buffer.flush(&below, &root).unwrap();
        assert_eq!(below.written.into_inner(), [root]);
    }
}
