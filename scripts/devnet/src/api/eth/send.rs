//! Transactions that clients signed.

use anyhow::Result;
use fvm_harness::CHAIN_ID;
use lotus::eth::transaction::Transaction;
use lotus::eth::{EthBytes, EthHash, keccak};

use super::Table;
use crate::node::{Node, Take};
use crate::pool::{Pool, check_syntax};

pub fn add(methods: &mut Table<'_>) {
    methods.add("EthSendRawTransaction", |node, (raw,): (EthBytes,)| send(node, &raw, Pool::push));
    methods.add("EthSendRawTransactionUntrusted", |node, (raw,): (EthBytes,)| {
        send(node, &raw, Pool::push_untrusted)
    });
}

/// Takes a transaction, and returns the hash of the bytes that were sent. The sender is whoever signed
/// it, so that there is no signature to check.
fn send(node: &Node, raw: &EthBytes, take: Take) -> Result<EthHash> {
    let transaction = Transaction::parse(&raw.0, CHAIN_ID)?;
    let signed = transaction.signed_message(CHAIN_ID)?;
    node.admit(check_syntax(signed)?, take)?;
    Ok(keccak(&raw.0))
}
