//! Tipsets as blocks.

use std::sync::Arc;

use anyhow::{Context, Result};
use lotus::block::{TipsetKey, read_receipts};
use lotus::eth::block::{BlockParam, EthBlock, Tipset as Facts, Transactions};
use lotus::eth::filter::LogFilter;
use lotus::eth::logs::Bloom;
use lotus::eth::{EthBigInt, EthHash, EthUint64};

use super::names::{Null, by_hash, hash_of, tipset};
use super::transactions::transactions;
use super::{Table, logs};
use crate::node::Node;
use crate::tipset::Tipset;

pub fn add(methods: &mut Table<'_>) {
    methods.add("EthGetBlockByNumber", |node, (number, full): (String, bool)| {
        block(node, &*numbered(node, &number)?, full)
    });
    methods.add("EthGetBlockByHash", |node, (hash, full): (EthHash, bool)| {
        block(node, &*hashed(node, hash)?, full)
    });
    methods.add("EthGetBlockTransactionCountByNumber", |node, (number,): (String,)| {
        count(node, &*numbered(node, &number)?)
    });
    methods.add("EthGetBlockTransactionCountByHash", |node, (hash,): (EthHash,)| {
        count(node, &*hashed(node, hash)?)
    });
}

/// The tipset with this number, or in this place of the chain.
pub fn numbered(node: &Node, number: &str) -> Result<Arc<Tipset>> {
    tipset(node, number.parse::<BlockParam>()?, Null::Refused)
}

pub fn hashed(node: &Node, hash: EthHash) -> Result<Arc<Tipset>> {
    by_hash(node, hash).context("failed to get tipset by hash")
}

fn count(node: &Node, tipset: &Tipset) -> Result<EthUint64> {
    Ok(EthUint64(tipset.message_cids(node.store())?.len() as u64))
}

/// A tipset as a block, with its transactions in full or by their hashes.
pub fn block(node: &Node, tipset: &Tipset, full: bool) -> Result<EthBlock> {
    make(node, tipset, full).context("failed to create Ethereum block from Filecoin tipset")
}

fn make(node: &Node, tipset: &Tipset, full: bool) -> Result<EthBlock> {
    let receipts = read_receipts(node.store(), &tipset.receipts)?;
    let logs = logs::of_tipset(node, tipset, &LogFilter::default())?;
    let facts = Facts {
        hash: hash_of(&tipset.key())?,
        parent_hash: hash_of(&TipsetKey(tipset.header.parents.clone()))?,
        epoch: tipset.height().unsigned_abs(),
        blocks: 1,
        timestamp: tipset.header.timestamp,
        base_fee: EthBigInt::from(&tipset.header.parent_base_fee).0,
        gas_used: receipts.iter().map(|receipt| receipt.gas_used).sum(),
        logs_bloom: Bloom::of(&logs),
    };
    let transactions = transactions(node, tipset)?;
    let transactions = match full {
        true => Transactions::Full(transactions),
        false => Transactions::Hashes(transactions.into_iter().map(|tx| tx.hash).collect()),
    };
    Ok(EthBlock::of(facts, transactions))
}
