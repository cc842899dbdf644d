//! A tipset as the node keeps it: its one block, and what came of executing it.

use anyhow::{Context, Result};
use cid::Cid;
use fvm_ipld_blockstore::Blockstore;
use fvm_ipld_encoding::tuple::*;
use fvm_ipld_encoding::{CborStore, from_slice, to_vec};
use fvm_shared::bigint::BigInt;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;

use crate::block::{BlockHeader, BlockJson, MessageRoots, TipsetJson, TipsetKey, not_found};
use crate::message::SignedMessage;

/// A tipset of one block. Its messages are executed when it is made, but show in the state that its
/// child names, as on every Filecoin chain.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq)]
pub struct Tipset {
    pub block: Cid,
    pub header: BlockHeader,
    /// State on which the messages were executed: that of the parent, after the null rounds since, and
    /// after what the node's own controls did.
    pub before: Cid,
    /// State after the messages, and the cron tick of the epoch.
    pub state: Cid,
    /// AMT of the receipts.
    pub receipts: Cid,
    /// Base fee of the child.
    pub next_base_fee: TokenAmount,
}

impl Tipset {
    #[must_use]
    pub fn height(&self) -> ChainEpoch {
        self.header.height
    }

    #[must_use]
    pub fn key(&self) -> TipsetKey {
        TipsetKey(vec![self.block])
    }

    /// The weight of the chain up to this tipset, which is its length: there is no power to weigh.
    #[must_use]
    pub fn weight(&self) -> BigInt {
        &self.header.parent_weight + 1
    }

    pub fn bytes(&self) -> Result<Vec<u8>> {
        Ok(to_vec(self)?)
    }

    pub fn read(bytes: &[u8]) -> Result<Self> {
        from_slice(bytes).context("a tipset of another version of this node")
    }

    #[must_use]
    pub fn json(&self) -> TipsetJson {
        tipset_json(self.block, &self.header)
    }

    /// CIDs of the messages, in the order of execution.
    pub fn message_cids(&self, store: &impl Blockstore) -> Result<Vec<Cid>> {
        let (bls, secp) = MessageRoots::read(store, &self.header.messages)?;
        Ok([bls, secp].concat())
    }

    /// The messages in the order of execution. Those whose signatures are aggregated have none of
    /// their own.
    pub fn messages(&self, store: &impl Blockstore) -> Result<Vec<SignedMessage>> {
        self.message_cids(store)?.iter().map(|cid| read_message(store, cid)).collect()
    }
}

/// The tipset of one block.
#[must_use]
pub fn tipset_json(block: Cid, header: &BlockHeader) -> TipsetJson {
    TipsetJson {
        cids: TipsetKey(vec![block]),
        blocks: vec![BlockJson::from(header)],
        height: header.height,
    }
}

/// Reads a message of whatever kind. One whose signature is aggregated has an empty one.
pub fn read_message(store: &impl Blockstore, cid: &Cid) -> Result<SignedMessage> {
    let bytes = store.get(cid)?.ok_or_else(|| not_found(cid))?;
    SignedMessage::from_chain_bytes(&bytes)
}

/// Reads a block header.
pub fn read_header(store: &impl Blockstore, cid: &Cid) -> Result<BlockHeader> {
    store.get_cbor(cid)?.ok_or_else(|| not_found(cid))
}
