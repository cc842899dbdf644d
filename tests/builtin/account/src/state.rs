//! The account's key.

use alloc::format;
use alloc::vec::Vec;

use builtin_common::{Exit, Result};
use fvm_ipld_encoding::tuple::*;
use fvm_shared::address::{Address, Protocol};
use fvm_shared::crypto::signature::{Signature, SignatureType};

/// State of an account, in the layout that the FVM reads to check the signatures of messages.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// f1 or f3.
    pub address: Address,
}

impl State {
    pub fn new(address: Address) -> Result<Self> {
        match key_type(&address) {
            Some(_) => Ok(State { address }),
            None => Err(Exit::illegal_argument(format!("{address} is not the address of a key"))),
        }
    }

    /// The account's signature made of raw bytes, which do not say their kind.
    pub fn signature(&self, bytes: Vec<u8>) -> Result<Signature> {
        let sig_type = key_type(&self.address).ok_or_else(|| {
            Exit::illegal_state(format!("{} is not the address of a key", self.address))
        })?;
        Ok(Signature { sig_type, bytes })
    }
}

fn key_type(address: &Address) -> Option<SignatureType> {
    match address.protocol() {
        Protocol::Secp256k1 => Some(SignatureType::Secp256k1),
        Protocol::BLS => Some(SignatureType::BLS),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use fvm_shared::address::BLS_PUB_LEN;
    use fvm_shared::error::ExitCode;

    use super::*;

    #[test]
    fn only_addresses_of_keys_have_accounts_and_sign_in_their_kind() {
        let secp = Address::new_secp256k1(&[4; 65]).unwrap();
        let bls = Address::new_bls(&[7; BLS_PUB_LEN]).unwrap();
        for (address, kind) in [(secp, SignatureType::Secp256k1), (bls, SignatureType::BLS)] {
            let state = State::new(address).unwrap();
            assert_eq!(state.signature(Vec::new()).unwrap().sig_type, kind);
        }
        let keyless = [
            Address::new_id(100),
            Address::new_actor(b"actor"),
            Address::new_delegated(10, &[1; 20]).unwrap(),
        ];
        for address in keyless {
            assert_eq!(State::new(address).unwrap_err().code, ExitCode::USR_ILLEGAL_ARGUMENT);
        }
    }

    #[test]
    fn the_state_is_a_tuple_of_the_address_alone() {
        let address = Address::new_secp256k1(&[4; 65]).unwrap();
        let encoded = fvm_ipld_encoding::to_vec(&State { address }).unwrap();
        assert_eq!(encoded, fvm_ipld_encoding::to_vec(&(address,)).unwrap());
    }
}
