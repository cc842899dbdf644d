//! Addresses of Ethereum, and the addresses of Filecoin that they stand for.

use std::fmt;
use std::str::FromStr;

use data_encoding::HEXLOWER;
use fvm_shared::ActorID;
use fvm_shared::address::{Address, Payload};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

use super::json::{HexError, fixed, text};
use super::keccak;

/// The Ethereum address manager, in whose namespace Ethereum's addresses are.
pub const EAM: ActorID = 10;

/// What comes before the ID of an actor that has no address in Ethereum.
const MASK: [u8; 12] = [0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/// An address of Ethereum. It is written in lowercase hex, and read in any case: the checksum that
/// the case may hold is not checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EthAddress(pub [u8; 20]);

impl EthAddress {
    /// Stands for a receiver that the state does not know, of a message that therefore failed.
    pub const UNKNOWN: EthAddress = {
        let mut bytes = [0xff; 20];
        let mut i = 1;
        while i < MASK.len() {
            bytes[i] = 0;
            i += 1;
        }
        EthAddress(bytes)
    };

    /// The address of an actor that has no other in Ethereum.
    #[must_use]
    pub fn masked(id: ActorID) -> Self {
        let mut bytes = [0; 20];
        bytes[..12].copy_from_slice(&MASK);
        bytes[12..].copy_from_slice(&id.to_be_bytes());
        EthAddress(bytes)
    }

    /// The actor whose masked ID this is, if it is one.
    #[must_use]
    pub fn masked_id(&self) -> Option<ActorID> {
        let id = self.0.strip_prefix(&MASK)?;
        id.try_into().ok().map(ActorID::from_be_bytes)
    }

    /// The address of an uncompressed public key, with its leading 0x04.
    #[must_use]
    pub fn of_key(key: &[u8; 65]) -> Self {
        let [_, point @ ..] = key;
        let mut address = EthAddress::default();
        address.0.copy_from_slice(&keccak(point).0[12..]);
        address
    }

    /// Twenty bytes of a transaction.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        bytes.try_into().map(EthAddress).map_err(|_| Error::Length)
    }

    /// The address in Filecoin: f0 of a masked ID, f410 of any other, whether or not there is an actor.
    pub fn to_filecoin(&self) -> Result<Address, Error> {
        match self.masked_id() {
            Some(id) if i64::try_from(id).is_err() => Err(Error::Id),
            Some(id) => Ok(Address::new_id(id)),
            None => Address::new_delegated(EAM, &self.0).map_err(|_| Error::Length),
        }
    }

    /// The address in Ethereum, as far as it shows from the one in Filecoin: of f0 and of f410. An
    /// actor with an f0 may have an f410, which is then its address.
    pub fn from_filecoin(address: &Address) -> Result<Self, Error> {
        match address.payload() {
            Payload::ID(id) => Ok(EthAddress::masked(*id)),
            Payload::Delegated(delegated) if delegated.namespace() == EAM => {
                let found = EthAddress::from_bytes(delegated.subaddress())?;
                match found.masked_id() {
                    None => Ok(found),
                    Some(_) => Err(Error::Masked(found)),
                }
            }
            _ => Err(Error::Invalid),
        }
    }

    /// The subaddress, if `address` is an f410 that an actor can have.
    #[must_use]
    pub fn from_f410(address: &Address) -> Option<Self> {
        match address.payload() {
            Payload::Delegated(_) => EthAddress::from_filecoin(address).ok(),
            _ => None,
        }
    }
}

/// Why an address has no counterpart.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Error {
    /// The only one that a look-up in the state can mend.
    #[error("invalid Filecoin Eth address")]
    Invalid,
    #[error("cannot parse bytes into an EthAddress: incorrect input length")]
    Length,
    #[error("f410f addresses cannot embed masked-ID payloads: {0}")]
    Masked(EthAddress),
    #[error("IDs must be less than 2^63")]
    Id,
}

impl fmt::Display for EthAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{}", HEXLOWER.encode(&self.0))
    }
}

impl FromStr for EthAddress {
    type Err = HexError;

    fn from_str(text: &str) -> Result<Self, HexError> {
        fixed(text).map(EthAddress)
    }
}

impl Serialize for EthAddress {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for EthAddress {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::parse_address;

    #[test]
    fn an_address_of_ethereum_is_an_f410_and_back() {
        let eth: EthAddress = "0x14791697260E4c9A71f18484C9f997B308e59325".parse().unwrap();
        let filecoin = eth.to_filecoin().unwrap();
        assert!(filecoin.to_string().starts_with("f410f"));
        assert_eq!(parse_address(&filecoin.to_string()).unwrap(), filecoin);
        assert_eq!(EthAddress::from_filecoin(&filecoin), Ok(eth));
        assert_eq!(EthAddress::from_f410(&filecoin), Some(eth));
    }

    #[test]
    fn a_masked_id_is_an_f0_and_back() {
        let eth: EthAddress = "0xff00000000000000000000000000000000000065".parse().unwrap();
        assert_eq!(eth.to_filecoin(), Ok(Address::new_id(101)));
        assert_eq!(EthAddress::from_filecoin(&Address::new_id(101)), Ok(eth));
        assert_eq!(EthAddress::from_f410(&Address::new_id(101)), None);
        assert_eq!(EthAddress::masked(u64::MAX).to_filecoin(), Err(Error::Id));
    }

    #[test]
    fn zero_and_precompiles_are_addresses_as_any_other() {
        for last in [0, 1, 9] {
            let mut eth = EthAddress([0; 20]);
            eth.0[19] = last;
            assert_eq!(EthAddress::from_f410(&eth.to_filecoin().unwrap()), Some(eth));
        }
    }

    #[test]
    fn an_f410_that_ethereum_cannot_say_is_refused() {
        let of = |namespace, bytes: &[u8]| {
            EthAddress::from_filecoin(&Address::new_delegated(namespace, bytes).unwrap())
        };
        let masked = EthAddress::masked(7);
        assert_eq!(of(EAM, &masked.0), Err(Error::Masked(masked)));
        assert_eq!(of(EAM, &[1; 19]), Err(Error::Length));
        assert_eq!(of(11, &[1; 20]), Err(Error::Invalid));
        assert_eq!(EthAddress::from_filecoin(&Address::new_actor(b"x")), Err(Error::Invalid));
    }

    #[test]
    fn an_unknown_receiver_has_the_address_that_lotus_gives_it() {
        assert_eq!(EthAddress::UNKNOWN.to_string(), "0xff0000000000000000000000ffffffffffffffff");
    }

    #[test]
    fn any_case_is_read_and_lowercase_is_written() {
        for text in [
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
            "5AAEB6053F3E94C9B9A09F33669435E7EF1BEAED",
            "0X5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
        ] {
            let eth: EthAddress = text.parse().unwrap();
            assert_eq!(eth.to_string(), "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed");
        }
    }
}
