//! Replies to AuthenticateMessage, of which one alone says yes.

use fvm_ipld_encoding::ipld_block::IpldBlock;
use fvm_ipld_encoding::{CBOR, DAG_CBOR, IPLD_RAW};
use fvm_shared::error::ExitCode;
use shared::auth::vouches;

const CODECS: [u64; 4] = [CBOR, DAG_CBOR, IPLD_RAW, 0x70];

pub fn run(input: &[u8]) {
    let [exit, codec, data @ ..] = input else { return };
    let codec = CODECS[usize::from(*codec) % CODECS.len()];
    let yes = *exit == 0 && matches!(codec, CBOR | DAG_CBOR) && data == [0xf5];
    let reply = IpldBlock { codec, data: data.to_vec() };
    let exit = ExitCode::new((*exit).into());
    assert_eq!(vouches(exit, Some(&reply)), yes, "{exit} {reply:?}");
    assert!(!vouches(exit, None), "{exit} and nothing");
}

pub fn seeds() -> Vec<Vec<u8>> {
    let replies = [&[0xf5][..], &[0xf4], &[0xf6], &[1], &[0x81, 0xf5], &[0xf8, 0x15], &[]];
    let exits = [0, 16].into_iter().flat_map(|exit| (0..4).map(move |codec| [exit, codec]));
    exits.flat_map(|head| replies.map(|reply| [&head, reply].concat())).collect()
}
