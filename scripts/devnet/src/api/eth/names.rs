//! Which tipset a client means.

use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail, ensure};
use fvm_ipld_blockstore::Blockstore;
use fvm_shared::clock::ChainEpoch;
use lotus::block::TipsetKey;
use lotus::eth::EthHash;
use lotus::eth::block::{BlockNumberOrHash, BlockParam, Tag};
use lotus::rpc::Failure;

use crate::node::Node;
use crate::tipset::Tipset;

/// Epochs behind the head after which Lotus takes a tipset for final, and for safe. A chain of one node
/// does not fork, but may be set back.
const FINAL: ChainEpoch = 900;
const SAFE: ChainEpoch = 200;

/// What the number of an epoch without a tipset means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Null {
    /// The tipset before it.
    Before,
    /// An error.
    Refused,
}

/// The last tipset whose receipts are on the chain. Genesis has no receipts to wait for: it is the
/// latest as long as it is alone, which in Lotus is an error.
pub fn latest(node: &Node) -> Result<Arc<Tipset>> {
    let head = node.head();
    match head.height() {
        0 => Ok(head),
        _ => {
            let parent = TipsetKey(head.header.parents.clone());
            node.tipset(&parent).context("failed to get parent tipset")
        }
    }
}

pub fn tipset(node: &Node, param: BlockParam, null: Null) -> Result<Arc<Tipset>> {
    let behind = |epochs: ChainEpoch| at(node, (node.head().height() - epochs).max(0));
    match param {
        BlockParam::Tag(Tag::Earliest) => bail!("block param \"earliest\" is not supported"),
        BlockParam::Tag(Tag::Pending) => Ok(node.head()),
        BlockParam::Tag(Tag::Latest) => latest(node),
        BlockParam::Tag(Tag::Finalized) => behind(FINAL),
        BlockParam::Tag(Tag::Safe) => behind(SAFE),
        BlockParam::Number(number) => {
            let last = (node.head().height() - 1).max(0);
            let height = ChainEpoch::try_from(number).unwrap_or(ChainEpoch::MAX);
            ensure!(height <= last, "requested a future epoch (beyond 'latest')");
            let tipset = at(node, height)?;
            match null == Null::Refused && tipset.height() != height {
                true => Err(Failure::null_round(height).into()),
                false => Ok(tipset),
            }
        }
        BlockParam::Hash { hash, canonical } => match by_hash(node, hash) {
            // What is off the chain is gone, but for its name.
            Err(_) if canonical && key(node, hash)?.is_some() => bail!("tipset is not canonical"),
            found => found.context("failed to get tipset by hash"),
        },
    }
}

/// The tipset by any name that a client may give it.
pub fn any_tipset(node: &Node, name: BlockNumberOrHash, null: Null) -> Result<Arc<Tipset>> {
    tipset(node, name.0.context("invalid block param")?, null)
}

fn at(node: &Node, height: ChainEpoch) -> Result<Arc<Tipset>> {
    let tipset = node.tipset_at_or_below(height)?;
    Ok(Arc::new(tipset.context("failed to get tipset at height")?))
}

/// The tipset of the chain with this hash.
pub fn by_hash(node: &Node, hash: EthHash) -> Result<Arc<Tipset>> {
    let missing = || anyhow!("cannot find tipset with cid {}", hash.cid());
    node.tipset(&key(node, hash)?.ok_or_else(missing)?)
}

/// The key with this hash, if it was ever that of a tipset.
fn key(node: &Node, hash: EthHash) -> Result<Option<TipsetKey>> {
    let block = node.store().get(&hash.cid())?;
    let key = block.and_then(|block| TipsetKey::of_block(&block).ok());
    Ok(key.filter(|key| !key.0.is_empty()))
}

/// By which clients know a tipset.
pub fn hash_of(key: &TipsetKey) -> Result<EthHash> {
    EthHash::of_cid(&key.block()?.0).context("CID does not have the expected prefix")
}
