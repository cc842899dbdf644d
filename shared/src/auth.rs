//! AuthenticateMessage (FIP-0044): asking an actor whether it vouches for a message.

use fvm_ipld_encoding::ipld_block::IpldBlock;
use fvm_shared::error::ExitCode;

use crate::dispatch::decode;

/// Whether a reply to AuthenticateMessage vouches for the message: the exit must be OK **and** the
/// reply must decode to `true`. Accounts, placeholders and multisigs end with OK and no data for
/// methods they do not have, so the exit code alone proves nothing.
#[must_use]
pub fn vouches(exit_code: ExitCode, reply: Option<&IpldBlock>) -> bool {
    exit_code.is_success()
        && reply.is_some_and(|block| matches!(decode::<bool>(block.codec, &block.data), Ok(true)))
}

#[cfg(test)]
mod tests {
    use fvm_ipld_encoding::{DAG_CBOR, IPLD_RAW};

    use super::*;

    fn reply(data: &[u8]) -> IpldBlock {
        IpldBlock { codec: DAG_CBOR, data: data.to_vec() }
    }

    #[test]
    fn only_exit_ok_with_a_decoded_true_vouches() {
        assert!(vouches(ExitCode::OK, Some(&reply(&[0xf5]))));
        assert!(!vouches(ExitCode::OK, None), "placeholder, account fallback");
        assert!(!vouches(ExitCode::OK, Some(&reply(&[]))), "empty data");
        assert!(!vouches(ExitCode::OK, Some(&reply(&[0xf4]))), "false");
        assert!(!vouches(ExitCode::OK, Some(&reply(&[0x01]))), "not a bool");
        assert!(!vouches(ExitCode::OK, Some(&reply(&[0xf5, 0x00]))), "trailing bytes");
        let raw = IpldBlock { codec: IPLD_RAW, ..reply(&[0xf5]) };
        assert!(!vouches(ExitCode::OK, Some(&raw)), "not CBOR");
        assert!(!vouches(ExitCode::USR_FORBIDDEN, Some(&reply(&[0xf5]))), "failed");
    }
}
