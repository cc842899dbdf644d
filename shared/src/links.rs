//! What a block of state leads to, and which stand in the links to them.

use alloc::vec::Vec;

use cid::Cid;
use fvm_ipld_blockstore::{Block, Blockstore};
use fvm_ipld_encoding::DAG_CBOR;
use fvm_shared::IDENTITY_HASH;
use multihash_codetable::{Code, Multihash};

/// The Blake2b-256 digest by which a block of state is known: as words, which compare in fewer
/// instructions than bytes.
pub type Digest = [u64; 4];

/// The digest by which a CID names a block; `None` of one that is not hashed as state is.
pub fn digest(cid: &Cid) -> Option<Digest> {
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

/// The digests of the links of a block of DAG-CBOR that this program encoded. What holds other items
/// (arrays, maps, tags) stands before them, so that a walk from head to head meets each item once,
/// however deep.
pub struct Links<'b>(pub &'b [u8]);

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

    fn put<D: AsRef<[u8]>>(&self, code: Code, block: &Block<D>) -> anyhow::Result<Cid> {
        match inline(block.codec, block.data.as_ref()) {
            Some(cid) => Ok(cid),
            None => self.0.put(code, block),
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeMap;

    use fvm_ipld_blockstore::MemoryBlockstore;
    use fvm_ipld_encoding::{BytesSer, to_vec};
    use multihash_codetable::MultihashDigest;

    use super::*;

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
        let leaf = Cid::new_v1(DAG_CBOR, Code::Blake2b256.digest(b"leaf"));
        let inlined = |links: &[Cid]| inline(DAG_CBOR, &to_vec(&(2, links)).unwrap());
        let short = inlined(&[]).unwrap();
        assert!(inlined(&[short]).is_some_and(|nested| inlined(&[nested]).is_some()));
        assert_eq!((inlined(&[leaf]), inlined(&[short, leaf])), (None, None));
        assert_eq!(inline(DAG_CBOR, &[0; INLINE_MAX]).map(|cid| cid.hash().size()), Some(64));
        assert_eq!(inline(DAG_CBOR, &[0; INLINE_MAX + 1]), None);
    }

    #[test]
    fn blocks_made_off_chain_lie_as_actors_leave_them() {
        let below = MemoryBlockstore::default();
        let store = Inlined(&below);
        for (data, stored) in [([7; 64].to_vec(), false), ([7; 65].to_vec(), true)] {
            let cid = store.put(Code::Blake2b256, &Block::new(DAG_CBOR, &data)).unwrap();
            assert_eq!((below.has(&cid).unwrap(), store.get(&cid).unwrap()), (stored, Some(data)));
        }
    }

    #[test]
    fn what_only_looks_like_a_link_is_none() {
        let link = Cid::new_v1(DAG_CBOR, Code::Blake2b256.digest(b"link")).to_bytes();
        let untagged = to_vec(&BytesSer(&link)).unwrap();
        let cut = [&[0xd8, 42, 0x58, 39][..], &link].concat();
        for data in [&[][..], &untagged, &cut, &[0xd8], &[0xff]] {
            assert_eq!(Links(data).next(), None);
        }
    }
}
