//! Calldata of the token's ERC-20, against a decoder that is written another way.

use fvm_ipld_encoding::ipld_block::IpldBlock;
use fvm_ipld_encoding::{CBOR, DAG_CBOR, IPLD_RAW};
use multihash_codetable::{Code, MultihashDigest};
use shared::dispatch::Params;
use shared::token::erc20::{Call, Calldata};

/// The functions, and what they take: an `a`ddress, an amo`u`nt.
const FUNCTIONS: [(&str, &str); 9] = [
    ("name()", ""),
    ("symbol()", ""),
    ("decimals()", ""),
    ("totalSupply()", ""),
    ("balanceOf(address)", "a"),
    ("transfer(address,uint256)", "au"),
    ("transferFrom(address,address,uint256)", "aau"),
    ("approve(address,uint256)", "au"),
    ("allowance(address,address)", "aa"),
];
const CODECS: [u64; 4] = [IPLD_RAW, CBOR, DAG_CBOR, 0x70];
/// Head of a byte string of no stated length. It is no DAG-CBOR, but the decoder of the FVM's
/// actors reads it.
const IN_PARTS: u8 = 0x5f;

pub fn run(input: &[u8]) {
    let Some((codec, data)) = input.split_first() else { return };
    let codec = CODECS.get(usize::from(*codec)).copied();
    let block = codec.map(|codec| IpldBlock { codec, data: data.to_vec() });
    let calldata = Calldata::decode(block.as_ref());
    if data.first() != Some(&IN_PARTS) {
        let expected = codec.map_or(Some(&[][..]), |codec| expected_bytes(codec, data));
        let taken = calldata.as_ref().ok().map(|calldata| &calldata.0[..]);
        assert_eq!(taken, expected, "{input:02x?}");
    }

    let Ok(Calldata(calldata)) = calldata else { return };
    match Call::decode(&calldata) {
        Ok(call) => {
            assert!(is_well_formed(&calldata), "{call:?} of {calldata:02x?}");
            assert_eq!(call.encode().as_ref(), Ok(&calldata), "{call:?}");
        }
        Err(error) => assert!(!is_well_formed(&calldata), "{error} for {calldata:02x?}"),
    }
}

/// One of every function in every way in which it can come, and with an address that is too long.
pub fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = vec![vec![0], vec![4]];
    for (signature, takes) in FUNCTIONS {
        for dirt in [0, 1] {
            let word = |_| [&[dirt; 12][..], &[7; 20]].concat();
            let calldata =
                [&selector(signature)[..], &takes.chars().flat_map(word).collect::<Vec<_>>()]
                    .concat();
            let length = u8::try_from(calldata.len()).expect("less than a hundred bytes");
            seeds.push([&[0], &calldata[..]].concat());
            seeds.push([&[1, 0x58, length], &calldata[..]].concat());
        }
    }
    seeds
}

/// The bytes in a block: all of it, or of the one byte string that it is. The decoder of the FVM's
/// actors takes the header of an integer for one of a byte string, here as everywhere.
fn expected_bytes(codec: u64, data: &[u8]) -> Option<&[u8]> {
    if codec == IPLD_RAW {
        return Some(data);
    }
    let (head, rest) = data.split_first()?;
    let (length, bytes) = match (codec, head & !0x40) {
        (CBOR | DAG_CBOR, length @ 0..0x18) => (u64::from(length), rest),
        (CBOR | DAG_CBOR, size @ 0x18..0x1c) => {
            let (length, bytes) = rest.split_at_checked(1 << (size - 0x18))?;
            (length.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)), bytes)
        }
        _ => return None,
    };
    (length == bytes.len() as u64).then_some(bytes)
}

/// Whether calldata is what Solidity makes for one of the functions.
fn is_well_formed(calldata: &[u8]) -> bool {
    let is = |(signature, takes): &(&str, &str)| {
        let Some(args) = calldata.strip_prefix(&selector(signature)[..]) else { return false };
        let clean = |(what, word): (char, &[u8])| what == 'u' || word[..12] == [0; 12];
        args.len() == 32 * takes.len() && takes.chars().zip(args.chunks(32)).all(clean)
    };
    calldata.is_empty() || FUNCTIONS.iter().any(is)
}

fn selector(signature: &str) -> [u8; 4] {
    let hash = Code::Keccak256.digest(signature.as_bytes());
    *hash.digest().first_chunk().expect("a hash has 32 bytes")
}
