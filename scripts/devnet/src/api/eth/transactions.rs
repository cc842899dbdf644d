//! Messages as transactions, and what came of them.

use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};
use cid::Cid;
use fvm_harness::CHAIN_ID;
use fvm_shared::receipt::Receipt;
use lotus::block::read_receipts;
use lotus::eth::block::BlockNumberOrHash;
use lotus::eth::filter::LogFilter;
use lotus::eth::logs::EthLog;
use lotus::eth::receipt::{EthTxReceipt, Outcome};
use lotus::eth::transaction::hash_of;
use lotus::eth::tx::{EthTx, Placement};
use lotus::eth::{EthBigInt, EthHash, EthUint64};
use lotus::json::Link;
use lotus::message::{SignatureType, SignedMessage};

use super::blocks::{hashed, numbered};
use super::names::{Null, any_tipset, hash_of as tipset_hash};
use super::{Table, eth_address, is_pending, logs};
use crate::node::{Lookup, Node};
use crate::tipset::Tipset;

/// How far back a method looks that is told so: in epochs, or no limit below zero.
type Lookback = i64;

pub fn add(methods: &mut Table<'_>) {
    methods.add("EthGetTransactionByHash", |node, (hash,): (Option<EthHash>,)| {
        by_hash(node, hash, -1)
    });
    methods.add(
        "EthGetTransactionByHashLimited",
        |node, (hash, limit): (Option<EthHash>, Lookback)| by_hash(node, hash, limit),
    );
    methods.add(
        "EthGetTransactionByBlockHashAndIndex",
        |node, (hash, index): (EthHash, EthUint64)| nth(node, &*hashed(node, hash)?, index.0),
    );
    methods.add(
        "EthGetTransactionByBlockNumberAndIndex",
        |node, (number, index): (String, EthUint64)| nth(node, &*numbered(node, &number)?, index.0),
    );
    methods.add("EthGetTransactionReceipt", |node, (hash,): (EthHash,)| receipt(node, hash, -1));
    methods.add("EthGetTransactionReceiptLimited", |node, (hash, limit): (EthHash, Lookback)| {
        receipt(node, hash, limit)
    });
    methods.add("EthGetBlockReceipts", |node, (block,): (BlockNumberOrHash,)| {
        receipts(node, block, -1)
    });
    methods.add(
        "EthGetBlockReceiptsLimited",
        |node, (block, limit): (BlockNumberOrHash, Lookback)| receipts(node, block, limit),
    );
    methods.add("EthGetTransactionHashByCid", |node, (Link(cid),): (Link,)| {
        known(node, &cid)?.map(|signed| Ok(hash_of(&signed, CHAIN_ID)?)).transpose()
    });
    methods.add("EthGetMessageCidByTransactionHash", |node, (hash,): (Option<EthHash>,)| {
        let Some(hash) = hash else { return Ok(None) };
        let cid = message_cid(node, hash)?;
        Ok(known(node, &cid)?.map(|_| Link(cid)))
    });
}

/// The CID of the message that goes by a hash, if there is such a message.
fn message_cid(node: &Node, hash: EthHash) -> Result<Cid> {
    if let Some(signed) = node.pool().transaction(&hash).cloned() {
        return signed.cid();
    }
    Ok(node.db().transaction(&hash.0)?.unwrap_or_else(|| hash.cid()))
}

/// A message on the chain, or one that waits for it.
fn known(node: &Node, cid: &Cid) -> Result<Option<SignedMessage>> {
    if node.db().placement(cid)?.is_some() {
        return node.message(cid).map(Some);
    }
    let pending = node.pool().message(cid).cloned();
    // Not by its CID without the signature.
    Ok(pending.map(Arc::unwrap_or_clone).filter(|signed| signed.cid().is_ok_and(|own| own == *cid)))
}

/// The transactions of a tipset in their order.
pub fn transactions(node: &Node, tipset: &Tipset) -> Result<Vec<EthTx>> {
    let messages = tipset.messages(node.store())?;
    (0..).zip(&messages).map(|(index, signed)| transaction(node, tipset, signed, index)).collect()
}

fn transaction(node: &Node, tipset: &Tipset, signed: &SignedMessage, index: u64) -> Result<EthTx> {
    let view = node.view_after(tipset);
    let placement = placement(tipset, index)?;
    let resolve = |address: &_| eth_address(&view, address).ok().flatten();
    Ok(EthTx::of(signed, Some(placement), CHAIN_ID, resolve)?)
}

/// Where a message of a tipset is.
pub fn placement(tipset: &Tipset, index: u64) -> Result<Placement> {
    let block_hash = tipset_hash(&tipset.key())?;
    Ok(Placement { block_hash, block_number: tipset.height().unsigned_abs(), index })
}

fn nth(node: &Node, tipset: &Tipset, index: u64) -> Result<EthTx> {
    let messages = tipset.messages(node.store())?;
    let signed = usize::try_from(index).ok().and_then(|index| messages.get(index));
    let count = messages.len();
    let signed = signed
        .with_context(|| format!("index {index} out of range: tipset contains {count} messages"))?;
    transaction(node, tipset, signed, index)
}

/// A message that is on the chain with its receipt, no further back than so many epochs, and the
/// tipset that includes it.
fn included(node: &Node, hash: EthHash, limit: Lookback) -> Result<Option<(Lookup, Tipset)>> {
    let Some(lookup) = node.lookup(&message_cid(node, hash)?)? else { return Ok(None) };
    let height = lookup.placement.height;
    if limit >= 0 && height < node.head().height() - limit {
        return Ok(None);
    }
    let tipset = node.tipset_at_or_below(height)?.context("a tipset that is gone")?;
    Ok(Some((lookup, tipset)))
}

fn by_hash(node: &Node, hash: Option<EthHash>, limit: Lookback) -> Result<Option<EthTx>> {
    let Some(hash) = hash else { return Ok(None) };
    if let Some((lookup, tipset)) = included(node, hash, limit)? {
        return transaction(node, &tipset, &lookup.message, lookup.placement.index).map(Some);
    }
    let Some(signed) = node.pool().transaction(&hash).cloned() else { return Ok(None) };
    match signed.signature.sig_type {
        SignatureType::Delegated => Ok(Some(EthTx::of(&signed, None, CHAIN_ID, |_| None)?)),
        other => bail!(
            "could not convert Filecoin message into tx: signature is not delegated type, is type: {}",
            other as u8
        ),
    }
}

fn receipt(node: &Node, hash: EthHash, limit: Lookback) -> Result<Option<EthTxReceipt>> {
    let found = included(node, hash, limit);
    let found = found.with_context(|| format!("could not find transaction {hash}"))?;
    let Some((lookup, tipset)) = found else { return Ok(None) };
    let index = lookup.placement.index;
    let tx = transaction(node, &tipset, &lookup.message, index)
        .with_context(|| format!("failed to convert {hash} into an Eth Txn"))?;
    let mut logs = logs::of_tipset(node, &tipset, &LogFilter::default())?;
    logs.retain(|log| log.transaction_index.0 == index);
    make(&tipset, &tx, &lookup.receipt, logs).map(Some)
}

fn make(tipset: &Tipset, tx: &EthTx, receipt: &Receipt, logs: Vec<EthLog>) -> Result<EthTxReceipt> {
    let outcome = Outcome {
        exit: receipt.exit_code,
        returned: receipt.return_data.bytes(),
        gas_used: receipt.gas_used,
        base_fee: &EthBigInt::from(&tipset.header.parent_base_fee).0,
    };
    EthTxReceipt::of(tx, outcome, logs).context("failed to create Eth receipt")
}

fn receipts(node: &Node, block: BlockNumberOrHash, limit: Lookback) -> Result<Vec<EthTxReceipt>> {
    let tipset = any_tipset(node, block, Null::Refused)?;
    if limit >= 0 && tipset.height() < node.head().height() - limit {
        bail!("tipset {} is older than the allowed lookback limit", tipset.key());
    }
    let receipts = read_receipts(node.store(), &tipset.receipts)?;
    let emitted = receipts.iter().any(|receipt| receipt.events_root.is_some());
    if block.0.is_some_and(is_pending) && emitted {
        return Err(anyhow!("events for the requested block are not yet available")
            .context("failed to get eth logs for block and transaction")
            .context("failed to create Eth receipt"));
    }
    let logs = logs::of_tipset(node, &tipset, &LogFilter::default())?;
    let of = |(tx, receipt): (EthTx, &Receipt)| {
        let own = logs.iter().filter(|log| Some(log.transaction_index) == tx.transaction_index);
        make(&tipset, &tx, receipt, own.cloned().collect())
    };
    transactions(node, &tipset)?.into_iter().zip(&receipts).map(of).collect()
}
