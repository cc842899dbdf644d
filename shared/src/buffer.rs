//! The blocks of one method, kept in memory: what is read twice is asked for once, what is
//! overwritten before the state is committed is never written.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use cid::Cid;
use fvm_ipld_blockstore::Blockstore;
use fvm_ipld_encoding::DAG_CBOR;

use crate::links::{Digest, Links, digest};

/// Blocks that were read, or that wait to be written. State is DAG-CBOR alone: the bytes of a block that
/// is here are not kept by a second CID.
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
        let (cid, data) = (block.cid, core::mem::take(&mut block.data));
        let written = self.write_links(below, &cid, &data);
        let written = written.and_then(|()| below.put_keyed(&cid, &data));
        if let Some(block) = self.blocks.get_mut(digest) {
            *block = Block { cid, data, stored: written.is_ok() };
        }
        written
    }

    fn write_links(
        &mut self,
        below: &impl Blockstore,
        cid: &Cid,
        data: &[u8],
    ) -> anyhow::Result<()> {
        if cid.codec() == DAG_CBOR {
            for link in Links(data) {
                self.write(below, &link)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;
    use core::cell::RefCell;

    use fvm_ipld_blockstore::MemoryBlockstore;
    use fvm_ipld_encoding::to_vec;
    use multihash_codetable::{Code, MultihashDigest};

    use crate::links::inline;

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
    fn a_link_that_holds_its_block_does_not_hide_those_after_it() {
        let (below, mut buffer) = (Below::default(), Buffer::new());
        let short = inline(DAG_CBOR, &to_vec(&[7]).unwrap()).unwrap();
        let last = make(&mut buffer, 3, &[]);
        let root = make(&mut buffer, 4, &[short, last]);
        buffer.flush(&below, &root).unwrap();
        assert_eq!(below.written.into_inner(), [last, root]);
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

    #[test]
    fn a_flush_that_fails_can_be_tried_again() {
        struct Full;
        impl Blockstore for Full {
            fn get(&self, _: &Cid) -> anyhow::Result<Option<Vec<u8>>> {
                Ok(None)
            }

            fn put_keyed(&self, _: &Cid, _: &[u8]) -> anyhow::Result<()> {
                anyhow::bail!("full")
            }
        }
        let (below, mut buffer) = (Below::default(), Buffer::new());
        let leaf = make(&mut buffer, 1, &[]);
        let root = make(&mut buffer, 2, &[leaf]);
        buffer.flush(&Full, &root).unwrap_err();
        assert_eq!(buffer.get(&Full, &leaf).unwrap(), to_vec(&(1, [(); 0])).ok());
        buffer.flush(&below, &root).unwrap();
        assert_eq!(below.written.into_inner(), [leaf, root]);
    }
}
