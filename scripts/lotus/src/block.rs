//! Blocks and tipsets: their bytes, their CIDs, and their shapes in JSON.

use anyhow::{Context, Result, ensure};
use cid::Cid;
use fvm_ipld_amt::{Amt, Amtv0};
use fvm_ipld_blockstore::Blockstore;
use fvm_ipld_encoding::tuple::*;
use fvm_ipld_encoding::{CborStore, strict_bytes, to_vec};
use fvm_shared::address::Address;
use fvm_shared::bigint::{BigInt, bigint_ser};
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use fvm_shared::event::{Entry, StampedEvent};
use fvm_shared::receipt::Receipt;
use multihash_codetable::Code;
use serde::{Deserialize, Serialize};

use crate::cid_of;
use crate::json::{Addr, Atto, Link, NullableBase64};
use crate::message::SignatureJson;
use crate::signature::Signature;

/// Messages of a block at the most.
pub const MAX_MESSAGES: usize = 10_000;
/// Events of a tipset at the most: the gas of a block pays for fewer.
pub const MAX_EVENTS: u64 = 1 << 20;
/// Bytes of memory that the entries of a list take at the most. Of what gas pays for, only a block full
/// of the largest events would take more.
pub const MAX_LIST_BYTES: usize = 256 << 20;
/// Bits of an index by which the AMT of a message's events branches.
const EVENTS_BIT_WIDTH: u32 = 5;

/// A block header, as the chain hashes it.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq)]
pub struct BlockHeader {
    pub miner: Address,
    pub ticket: Option<Ticket>,
    pub election_proof: Option<ElectionProof>,
    pub beacon_entries: Vec<BeaconEntry>,
    pub win_post_proof: Vec<PoStProof>,
    pub parents: Vec<Cid>,
    #[serde(with = "bigint_ser")]
    pub parent_weight: BigInt,
    pub height: ChainEpoch,
    /// State after the parents' messages.
    pub parent_state_root: Cid,
    /// AMT of the receipts of the parents' messages.
    pub parent_message_receipts: Cid,
    /// [`MessageRoots`].
    pub messages: Cid,
    pub bls_aggregate: Option<Signature>,
    /// Seconds since the epoch of Unix.
    pub timestamp: u64,
    pub block_sig: Option<Signature>,
    pub fork_signaling: u64,
    /// AttoFIL that a unit of gas burns in the messages of this block.
    pub parent_base_fee: TokenAmount,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    #[serde(with = "strict_bytes")]
    pub vrf_proof: Vec<u8>,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct ElectionProof {
    pub win_count: i64,
    #[serde(with = "strict_bytes")]
    pub vrf_proof: Vec<u8>,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct BeaconEntry {
    pub round: u64,
    #[serde(with = "strict_bytes")]
    pub data: Vec<u8>,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct PoStProof {
    pub post_proof: i64,
    #[serde(with = "strict_bytes")]
    pub proof_bytes: Vec<u8>,
}

impl BlockHeader {
    pub fn bytes(&self) -> Result<Vec<u8>> {
        Ok(to_vec(self)?)
    }

    pub fn cid(&self) -> Result<Cid> {
        Ok(cid_of(&self.bytes()?))
    }
}

/// The messages of a block, by AMTs of their CIDs: those whose signatures are aggregated, and those
/// that carry their own, of secp256k1 or delegated.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageRoots {
    pub bls: Cid,
    pub secp: Cid,
}

impl MessageRoots {
    /// Writes both lists, and returns the CID that a header has.
    pub fn write(store: &impl Blockstore, bls: &[Cid], secp: &[Cid]) -> Result<Cid> {
        let write = |cids: &[Cid]| -> Result<Cid> {
            Ok(Amtv0::new_from_iter(store, cids.iter().copied())?)
        };
        let roots = MessageRoots { bls: write(bls)?, secp: write(secp)? };
        store.put_cbor(&roots, Code::Blake2b256)
    }

    /// Reads both lists: those with aggregated signatures first, which is the order of execution.
    pub fn read(store: &impl Blockstore, messages: &Cid) -> Result<(Vec<Cid>, Vec<Cid>)> {
        let roots: Option<MessageRoots> = store.get_cbor(messages)?;
        let roots = roots.ok_or_else(|| not_found(messages))?;
        Ok((list(store, &roots.bls)?, list(store, &roots.secp)?))
    }
}

fn list(store: &impl Blockstore, root: &Cid) -> Result<Vec<Cid>> {
    let amt = Amtv0::<Cid, _>::load(root, store)?;
    read_all(amt.count(), MAX_MESSAGES as u64, |_| size_of::<Cid>(), |index| amt.get(index))
}

/// Reads a list whose entries follow each other. Nothing but what its root counts is looked for: nodes
/// of others may share their children, and hold nothing at all.
fn read_all<'a, V: Clone + 'a>(
    count: u64,
    most: u64,
    bytes_of: impl Fn(&V) -> usize,
    get: impl Fn(u64) -> Result<Option<&'a V>, fvm_ipld_amt::Error>,
) -> Result<Vec<V>> {
    ensure!(count <= most, "a list of {count} is too long: {most} at most");
    let mut bytes = 0;
    let entry = |index| {
        let found = get(index)?.with_context(|| format!("a list has no entry {index}"))?;
        bytes += bytes_of(found);
        ensure!(
            bytes <= MAX_LIST_BYTES,
            "a list of {count} is too large: {MAX_LIST_BYTES} bytes at most"
        );
        Ok(found.clone())
    };
    (0..count).map(entry).collect()
}

/// Bytes of memory that an event takes.
#[must_use]
pub fn event_bytes(stamped: &StampedEvent) -> usize {
    let entry = |entry: &Entry| size_of::<Entry>() + entry.key.len() + entry.value.len();
    size_of::<StampedEvent>() + stamped.event.entries.iter().map(entry).sum::<usize>()
}

/// What Lotus says of a block that a store does not have.
#[must_use]
pub fn not_found(cid: &Cid) -> anyhow::Error {
    anyhow::anyhow!("ipld: could not find {cid}")
}

/// Writes the receipts of a tipset's messages.
pub fn write_receipts(store: &impl Blockstore, receipts: &[Receipt]) -> Result<Cid> {
    Ok(Amtv0::new_from_iter(store, receipts.iter().cloned())?)
}

/// Reads all receipts of a tipset.
pub fn read_receipts(store: &impl Blockstore, root: &Cid) -> Result<Vec<Receipt>> {
    let amt = Amtv0::<Receipt, _>::load(root, store)?;
    let bytes = |receipt: &Receipt| size_of::<Receipt>() + receipt.return_data.len();
    read_all(amt.count(), MAX_MESSAGES as u64, bytes, |index| amt.get(index))
}

/// Reads one receipt of a tipset.
pub fn read_receipt(store: &impl Blockstore, root: &Cid, index: u64) -> Result<Option<Receipt>> {
    Ok(Amtv0::<Receipt, _>::load(root, store)?.get(index)?.cloned())
}

/// Writes the events of a message, and returns the root that its receipt has. `None` for no events.
pub fn write_events(store: &impl Blockstore, events: &[StampedEvent]) -> Result<Option<Cid>> {
    if events.is_empty() {
        return Ok(None);
    }
    let events = events.iter().cloned();
    Ok(Some(Amt::new_from_iter_with_bit_width(store, EVENTS_BIT_WIDTH, events)?))
}

/// Reads the events of a message.
pub fn read_events(store: &impl Blockstore, root: &Cid) -> Result<Vec<StampedEvent>> {
    let amt = Amt::<StampedEvent, _>::load(root, store)?;
    read_all(amt.count(), MAX_EVENTS, event_bytes, |index| amt.get(index))
}

/// What names a tipset: the CIDs of its blocks. The empty key stands for the head.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct TipsetKey(pub Vec<Cid>);

impl TipsetKey {
    /// The key as a block of DAG-CBOR, whose CID stands for the tipset in its Ethereum face.
    pub fn block(&self) -> Result<(Cid, Vec<u8>)> {
        let bytes: Vec<u8> = self.0.iter().flat_map(Cid::to_bytes).collect();
        let block = to_vec(&fvm_ipld_encoding::BytesSer(&bytes))?;
        Ok((cid_of(&block), block))
    }

    /// Reads such a block.
    pub fn of_block(block: &[u8]) -> Result<Self> {
        let fvm_ipld_encoding::BytesDe(bytes) = fvm_ipld_encoding::from_slice(block)?;
        let (mut rest, mut cids) = (bytes.as_slice(), vec![]);
        while !rest.is_empty() {
            cids.push(Cid::read_bytes(&mut rest)?);
        }
        Ok(TipsetKey(cids))
    }
}

impl std::fmt::Display for TipsetKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let cids: Vec<_> = self.0.iter().map(Cid::to_string).collect();
        write!(f, "{{{}}}", cids.join(","))
    }
}

impl Serialize for TipsetKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().copied().map(Link))
    }
}

impl<'de> Deserialize<'de> for TipsetKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let links = Option::<Vec<Link>>::deserialize(deserializer)?;
        Ok(TipsetKey(links.unwrap_or_default().into_iter().map(|Link(cid)| cid).collect()))
    }
}

// Shapes in JSON

/// A tipset as JSON. Those of this project's nodes have one block each.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "PascalCase")]
pub struct TipsetJson {
    pub cids: TipsetKey,
    pub blocks: Vec<BlockJson>,
    pub height: ChainEpoch,
}

/// A block header as JSON. What is empty is null.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "PascalCase")]
pub struct BlockJson {
    pub miner: Addr,
    pub ticket: Option<TicketJson>,
    pub election_proof: Option<ElectionProofJson>,
    pub beacon_entries: Option<Vec<BeaconEntryJson>>,
    #[serde(rename = "WinPoStProof")]
    pub win_post_proof: Option<Vec<PoStProofJson>>,
    pub parents: TipsetKey,
    pub parent_weight: Atto,
    pub height: ChainEpoch,
    pub parent_state_root: Link,
    pub parent_message_receipts: Link,
    pub messages: Link,
    #[serde(rename = "BLSAggregate")]
    pub bls_aggregate: Option<SignatureJson>,
    pub timestamp: u64,
    pub block_sig: Option<SignatureJson>,
    pub fork_signaling: u64,
    pub parent_base_fee: Atto,
}

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct TicketJson {
    #[serde(rename = "VRFProof")]
    pub vrf_proof: NullableBase64,
}

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct ElectionProofJson {
    #[serde(rename = "WinCount")]
    pub win_count: i64,
    #[serde(rename = "VRFProof")]
    pub vrf_proof: NullableBase64,
}

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "PascalCase")]
pub struct BeaconEntryJson {
    pub round: u64,
    pub data: NullableBase64,
}

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct PoStProofJson {
    #[serde(rename = "PoStProof")]
    pub post_proof: i64,
    #[serde(rename = "ProofBytes")]
    pub proof_bytes: NullableBase64,
}

impl From<&BlockHeader> for BlockJson {
    fn from(header: &BlockHeader) -> Self {
        let bytes = |bytes: &Vec<u8>| NullableBase64(bytes.clone());
        let beacon =
            |entry: &BeaconEntry| BeaconEntryJson { round: entry.round, data: bytes(&entry.data) };
        let proof = |proof: &PoStProof| PoStProofJson {
            post_proof: proof.post_proof,
            proof_bytes: bytes(&proof.proof_bytes),
        };
        BlockJson {
            miner: Addr(header.miner),
            ticket: header.ticket.as_ref().map(|t| TicketJson { vrf_proof: bytes(&t.vrf_proof) }),
            election_proof: header.election_proof.as_ref().map(|e| ElectionProofJson {
                win_count: e.win_count,
                vrf_proof: bytes(&e.vrf_proof),
            }),
            beacon_entries: non_empty(header.beacon_entries.iter().map(beacon).collect()),
            win_post_proof: non_empty(header.win_post_proof.iter().map(proof).collect()),
            parents: TipsetKey(header.parents.clone()),
            parent_weight: Atto(TokenAmount::from_atto(header.parent_weight.clone())),
            height: header.height,
            parent_state_root: Link(header.parent_state_root),
            parent_message_receipts: Link(header.parent_message_receipts),
            messages: Link(header.messages),
            bls_aggregate: header.bls_aggregate.as_ref().map(Into::into),
            timestamp: header.timestamp,
            block_sig: header.block_sig.as_ref().map(Into::into),
            fork_signaling: header.fork_signaling,
            parent_base_fee: Atto(header.parent_base_fee.clone()),
        }
    }
}

fn non_empty<T>(list: Vec<T>) -> Option<Vec<T>> {
    Some(list).filter(|list| !list.is_empty())
}

/// A receipt as JSON.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "PascalCase")]
pub struct ReceiptJson {
    pub exit_code: u32,
    pub r#return: NullableBase64,
    pub gas_used: u64,
    pub events_root: Option<Link>,
}

impl From<&Receipt> for ReceiptJson {
    fn from(receipt: &Receipt) -> Self {
        ReceiptJson {
            exit_code: receipt.exit_code.value(),
            r#return: NullableBase64(receipt.return_data.bytes().to_vec()),
            gas_used: receipt.gas_used,
            events_root: receipt.events_root.map(Link),
        }
    }
}

#[cfg(test)]
mod tests {
    use fvm_ipld_blockstore::MemoryBlockstore;
    use fvm_ipld_encoding::BytesSer;
    use fvm_shared::error::ExitCode;

    use super::*;

    #[test]
    fn empty_lists_have_the_roots_that_every_node_knows() {
        let store = MemoryBlockstore::default();
        let receipts = write_receipts(&store, &[]).unwrap();
        assert_eq!(
            receipts.to_string(),
            "bafy2bzacedswlcz5ddgqnyo3sak3jmhmkxashisnlpq6ujgyhe4mlobzpnhs6"
        );
        let messages = MessageRoots::write(&store, &[], &[]).unwrap();
        assert_eq!(
            messages.to_string(),
            "bafy2bzacecmda75ovposbdateg7eyhwij65zklgyijgcjwynlklmqazpwlhba"
        );
    }

    #[test]
    fn messages_receipts_and_events_are_read_as_they_were_written() {
        let store = MemoryBlockstore::default();
        let cids: Vec<_> = (0..20_u8).map(|n| cid_of(&[n])).collect();
        let (bls, secp) = cids.split_at(9);
        let root = MessageRoots::write(&store, bls, secp).unwrap();
        assert_eq!(MessageRoots::read(&store, &root).unwrap(), (bls.to_vec(), secp.to_vec()));

        let receipt = |n: u64| Receipt {
            exit_code: ExitCode::OK,
            return_data: Default::default(),
            gas_used: n,
            events_root: Some(cid_of(b"events")),
        };
        let receipts: Vec<_> = (0..70).map(receipt).collect();
        let root = write_receipts(&store, &receipts).unwrap();
        assert_eq!(read_receipts(&store, &root).unwrap(), receipts);
        assert_eq!(read_receipt(&store, &root, 64).unwrap(), Some(receipt(64)));
        assert_eq!(read_receipt(&store, &root, 70).unwrap(), None);
    }

    #[test]
    fn a_list_that_its_root_does_not_count_is_not_read() {
        let store = MemoryBlockstore::default();
        let node = |children: Vec<Cid>, entries: Vec<Cid>| (BytesSer(&[0xff]), children, entries);
        let put = |node| store.put_cbor(&node, Code::Blake2b256).unwrap();
        let read = |leaf: Cid, count: u64| {
            // Of 20 levels, each eight times the one below.
            let children = (0..20).fold(leaf, |below, _| put(node(vec![below; 8], vec![])));
            let root = (21, count, node(vec![children; 8], vec![]));
            let root = store.put_cbor(&root, Code::Blake2b256).unwrap();
            let roots = MessageRoots { bls: root, secp: root };
            let messages = store.put_cbor(&roots, Code::Blake2b256).unwrap();
            MessageRoots::read(&store, &messages).map_err(|error| error.to_string())
        };
        let full = put(node(vec![], vec![cid_of(b"message"); 8]));
        assert_eq!(read(full, 3).unwrap().0.len(), 3);
        let told = "a list of 10001 is too long: 10000 at most";
        assert_eq!(read(full, 10_001).unwrap_err(), told);
        let empty = (BytesSer(&[0]), Vec::<Cid>::new(), Vec::<Cid>::new());
        let empty = store.put_cbor(&empty, Code::Blake2b256).unwrap();
        assert_eq!(read(empty, 3).unwrap_err(), "a list has no entry 0");
    }

    #[test]
    fn a_list_takes_no_more_memory_than_it_may() {
        let store = MemoryBlockstore::default();
        let large = Receipt {
            exit_code: ExitCode::OK,
            return_data: vec![0; MAX_LIST_BYTES / 16].into(),
            gas_used: 0,
            events_root: None,
        };
        let leaf = (BytesSer(&[0xff]), Vec::<Cid>::new(), vec![large; 8]);
        let leaf = store.put_cbor(&leaf, Code::Blake2b256).unwrap();
        // Two leaves, or the same twice.
        let root = (1, 16, (BytesSer(&[0b11]), vec![leaf; 2], Vec::<Receipt>::new()));
        let root = store.put_cbor(&root, Code::Blake2b256).unwrap();
        let told = read_receipts(&store, &root).unwrap_err().to_string();
        assert_eq!(told, "a list of 16 is too large: 268435456 bytes at most");
    }

    #[test]
    fn a_tipset_key_is_read_out_of_its_block() {
        let key = TipsetKey(vec![cid_of(b"one"), cid_of(b"two")]);
        let (cid, block) = key.block().unwrap();
        assert_eq!((cid_of(&block), TipsetKey::of_block(&block).unwrap()), (cid, key));
        assert!(TipsetKey::of_block(&block[..block.len() - 1]).is_err());
    }
}
