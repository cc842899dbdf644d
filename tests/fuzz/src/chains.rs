//! Chains in files, as the dev node imports them.
//!
//! A block has the name that its bytes hash to, so of mutations of a file none but the first block
//! would be read. An input is a chain's blocks instead, of which each names earlier ones by their
//! numbers; the target hashes them and writes the file. With a first byte of 0 it is the file itself.

use car::{export, links};
use cid::Cid;
use fvm_ipld_blockstore::{Blockstore, MemoryBlockstore};
use fvm_ipld_car::{Block, CarWriter};
use fvm_ipld_encoding::{CborStore, RawBytes, to_vec};
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use fvm_shared::error::ExitCode;
use fvm_shared::event::{ActorEvent, Entry, Flags, StampedEvent};
use fvm_shared::message::Message;
use fvm_shared::receipt::Receipt;
use lotus::block::{
    BlockHeader, MAX_LIST_BYTES, MessageRoots, event_bytes, write_events, write_receipts,
};
use lotus::cid_of;
use lotus::message::{Signature, SignatureType, SignedMessage};
use lotus::snapshot::{Beside, Executed, Snapshot, read, read_blocks};
use multihash_codetable::Code;

use crate::meter::peak;

/// What stands before the hash in the CID of a block of DAG-CBOR.
const NAME: [u8; 6] = [0x01, 0x71, 0xa0, 0xe4, 0x02, 0x20];
const HASH: usize = 32;
/// Bytes that a reader may hold at once beside one tipset, and for each byte of the file.
const MAX_HELD: usize = 4 << 20;
const MAX_HELD_PER_BYTE: usize = 512;

pub fn run(input: &[u8]) {
    let file = match input {
        [0, file @ ..] => file.to_vec(),
        [_, blocks @ ..] => numbered(blocks),
        [] => return,
    };
    let ((store, chain), held) = peak(|| import(&file));
    let allowed = 2 * MAX_LIST_BYTES + MAX_HELD + MAX_HELD_PER_BYTE * file.len();
    assert!(held <= allowed, "{held} bytes held for {}", file.len());
    let Ok((roots, chain)) = chain else { return };

    let mut again = vec![];
    export(&store, &roots, &mut again).expect("what is read can be handed on");
    assert_eq!(import(&again).1.ok(), Some((roots, chain)), "{again:02x?}");
}

type Chain = (Snapshot, Vec<Vec<Executed>>);

/// What the dev node makes of a file before it writes any of it.
fn import(file: &[u8]) -> (MemoryBlockstore, anyhow::Result<([Cid; 2], Chain)>) {
    let store = MemoryBlockstore::default();
    let chain = read_blocks(file, |block| store.put_keyed(&block.cid, &block.data));
    let chain = chain.and_then(|roots| {
        let (mut tipsets, mut height) = (vec![], None);
        let snapshot = read(&store, &roots, |tipset, executed| {
            assert!(height.is_none_or(|above| tipset.height() < above), "{tipset:?}");
            height = Some(tipset.height());
            let events = executed.iter().flat_map(|message| &message.events);
            assert!(events.map(event_bytes).sum::<usize>() <= MAX_LIST_BYTES, "{tipset:?}");
            tipsets.push(executed);
            Ok(())
        })?;
        assert_eq!(height, Some(0), "a chain begins at its genesis");
        Ok((roots, (snapshot, tipsets)))
    });
    (store, chain)
}

/// The file of numbered blocks: two bytes say how long each is, and the last two are the roots.
fn numbered(mut blocks: &[u8]) -> Vec<u8> {
    let mut named: Vec<Block> = vec![];
    while let Some((length, rest)) = blocks.split_first_chunk() {
        let length = usize::from(u16::from_be_bytes(*length)).min(rest.len());
        let (data, rest) = rest.split_at(length);
        let mut data = data.to_vec();
        renumber(&mut data, |hash| match *hash {
            [number, ..] if hash[1..].iter().all(|byte| *byte == 0) => {
                let block = named.get(usize::from(number))?;
                block.cid.hash().digest().first_chunk().copied()
            }
            _ => None,
        });
        named.push(Block { cid: cid_of(&data), data });
        blocks = rest;
    }
    let roots = &named[named.len().saturating_sub(2)..];
    let roots: Vec<_> = roots.iter().map(|block| block.cid).collect();
    let mut file = vec![];
    let mut writer = CarWriter::new(roots.into(), &mut file).expect("a header");
    named.into_iter().for_each(|block| writer.write(block).expect("a block"));
    file
}

/// Writes other hashes into the CIDs of a block.
fn renumber(data: &mut [u8], other: impl Fn(&[u8; HASH]) -> Option<[u8; HASH]>) {
    let length = NAME.len() + HASH;
    for at in 0..(data.len() + 1).saturating_sub(length) {
        let (name, hash) = data[at..at + length].split_at_mut(NAME.len());
        let Some(hash) = hash.first_chunk_mut().filter(|_| name == NAME) else { continue };
        if let Some(other) = other(hash) {
            *hash = other;
        }
    }
}

/// A chain of two tipsets and a head, as blocks and as a file.
pub fn seeds() -> Vec<Vec<u8>> {
    let store = MemoryBlockstore::default();
    let roots = chain(&store, false).expect("a chain");
    let mut order = vec![];
    roots.iter().for_each(|root| in_order(&store, root, &mut order));
    let mut blocks = vec![1];
    for cid in &order {
        let mut data = store.get(cid).ok().flatten().expect("a block");
        renumber(&mut data, |hash| {
            let number = order.iter().position(|cid| cid.hash().digest() == hash)?;
            let mut numbered = [0; HASH];
            numbered[0] = u8::try_from(number).ok()?;
            Some(numbered)
        });
        blocks.extend(u16::try_from(data.len()).expect("short blocks").to_be_bytes());
        blocks.extend(data);
    }
    let mut file = vec![0];
    export(&store, &roots, &mut file).expect("a whole chain");
    vec![blocks, file]
}

/// What a block links to, and then the block.
fn in_order(store: &MemoryBlockstore, cid: &Cid, order: &mut Vec<Cid>) {
    let data = store.get(cid).ok().flatten().expect("a block");
    for link in links(cid.codec(), &data).expect("links") {
        in_order(store, &link, order);
    }
    if !order.contains(cid) {
        order.push(*cid);
    }
}

/// A chain of two messages, which may be in both of its tipsets.
fn chain(store: &MemoryBlockstore, twice: bool) -> anyhow::Result<[Cid; 2]> {
    let state = store.put_cbor(&"state", Code::Blake2b256)?;
    let nothing = MessageRoots::write(store, &[], &[])?;
    let none = write_receipts(store, &[])?;
    let header = |parents: Vec<Cid>, messages, receipts| BlockHeader {
        miner: Address::new_id(1_000),
        ticket: None,
        election_proof: None,
        beacon_entries: vec![],
        win_post_proof: vec![],
        height: ChainEpoch::from(!parents.is_empty()),
        parents,
        parent_weight: 0.into(),
        parent_state_root: state,
        parent_message_receipts: receipts,
        messages,
        bls_aggregate: None,
        timestamp: 1_700_000_000,
        block_sig: None,
        fork_signaling: 0,
        parent_base_fee: TokenAmount::from_atto(100),
    };
    let put = |header: &BlockHeader| store.put_cbor(header, Code::Blake2b256);
    let signed = |kind, sequence| -> anyhow::Result<Cid> {
        let signed =
            SignedMessage { message: message(sequence), signature: Signature::new(kind, vec![7]) };
        store.put_keyed(&signed.cid()?, &signed.chain_bytes()?)?;
        signed.cid()
    };
    let bls = signed(SignatureType::BLS, 0)?;
    let secp = signed(SignatureType::Secp256k1, 1)?;
    let messages = MessageRoots::write(store, &[bls], &[secp])?;
    let receipt = |events_root| Receipt {
        exit_code: ExitCode::OK,
        return_data: RawBytes::default(),
        gas_used: 1_000,
        events_root,
    };
    let receipts = [receipt(None), receipt(write_events(store, &[event(), event()])?)];
    let receipts = write_receipts(store, &receipts)?;
    let (first, came) = if twice { (messages, receipts) } else { (nothing, none) };
    let genesis = put(&header(vec![], first, none))?;
    let one = put(&header(vec![genesis], messages, came))?;
    let head = put(&BlockHeader { height: 2, ..header(vec![one], nothing, receipts) })?;
    let beside = Beside { before: vec![state; 2], sectors: vec![((1_000, 1), 1)] };
    Ok([head, store.put_cbor(&beside, Code::Blake2b256)?])
}

fn message(sequence: u64) -> Message {
    Message {
        version: 0,
        from: Address::new_id(100),
        to: Address::new_id(101),
        sequence,
        value: TokenAmount::from_atto(1),
        method_num: 2,
        params: RawBytes::new(to_vec(&7).expect("a number encodes")),
        gas_limit: 1_000_000,
        gas_fee_cap: TokenAmount::from_atto(100),
        gas_premium: TokenAmount::from_atto(1),
    }
}

fn event() -> StampedEvent {
    let entry = Entry {
        flags: Flags::FLAG_INDEXED_ALL,
        key: "$type".into(),
        codec: 0x51,
        value: b"minted".to_vec(),
    };
    StampedEvent::new(101, ActorEvent::from(vec![entry]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_one_chain_in_two_ways() {
        let [blocks, file] = &seeds()[..] else { panic!("two seeds") };
        let (roots, (snapshot, tipsets)) = import(&numbered(&blocks[1..])).1.unwrap();
        assert_eq!((snapshot.head, snapshot.sectors.len()), (roots[0], 1));
        let events =
            tipsets.concat().iter().map(|message| message.events.len()).collect::<Vec<_>>();
        assert_eq!((tipsets.len(), events), (2, vec![0, 2]));
        assert_eq!(import(&file[1..]).1.unwrap(), (roots, (snapshot, tipsets)));
    }

    #[test]
    fn a_message_is_on_a_chain_once() {
        let (store, mut file) = (MemoryBlockstore::default(), vec![]);
        let roots = chain(&store, true).unwrap();
        export(&store, &roots, &mut file).unwrap();
        let refused = import(&file).1.unwrap_err().to_string();
        assert!(refused.ends_with("is on the chain twice"), "{refused}");
    }
}
