//! What roots reach, as a CAR.

use std::collections::HashSet;
use std::io::Write;

use anyhow::{Context, Result};
use cid::Cid;
use fvm_ipld_blockstore::Blockstore;
use fvm_ipld_car::{Block, CarWriter};
use fvm_ipld_encoding::{CBOR, DAG_CBOR, IPLD_RAW, from_slice};

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
        for link in links(cid.codec(), &data)? {
            // Identity CIDs hold their data; commitments of pieces and sectors name data that is
            // not in the state.
            let is_block = link.hash().code() != 0 && matches!(link.codec(), DAG_CBOR | IPLD_RAW);
            if is_block && seen.insert(link) {
                open.push(link);
            }
        }
        visit(cid, data)?;
    }
    Ok(())
}

/// The links of a block.
pub fn links(codec: u64, data: &[u8]) -> Result<Vec<Cid>> {
    if codec != DAG_CBOR && codec != CBOR {
        return Ok(vec![]);
    }
    let value: ipld_core::ipld::Ipld = from_slice(data)?;
    let mut links = vec![];
    value.references(&mut links);
    Ok(links)
}
