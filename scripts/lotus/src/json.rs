//! Scalars as Lotus writes them in JSON.

use std::fmt;

use cid::Cid;
use data_encoding::BASE64;
use fvm_shared::address::{Address, Network};
use fvm_shared::bigint::BigInt;
use fvm_shared::econ::TokenAmount;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An address. It is written with the prefix of test networks, and read with any.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Addr(pub Address);

impl fmt::Display for Addr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.to_string();
        write!(f, "t{}", text.get(1..).unwrap_or_default())
    }
}

impl fmt::Debug for Addr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Reads an address of any network.
pub fn parse_address(text: &str) -> Result<Address, fvm_shared::address::Error> {
    Network::Mainnet.parse_address(text).or_else(|_| Network::Testnet.parse_address(text))
}

impl Serialize for Addr {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Addr {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        parse_address(&text).map(Addr).map_err(|error| D::Error::custom(address_fault(&error)))
    }
}

/// What Lotus says of text that is not an address.
fn address_fault(error: &fvm_shared::address::Error) -> &'static str {
    use fvm_shared::address::Error;
    match error {
        Error::UnknownNetwork => "unknown address network",
        Error::UnknownProtocol => "unknown address protocol",
        Error::InvalidLength => "invalid address length",
        Error::InvalidChecksum => "invalid address checksum",
        Error::Base32Decoding(_) => "invalid encoding",
        _ => "invalid address payload",
    }
}

/// An amount of attoFIL, as a string of decimal digits.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Atto(pub TokenAmount);

impl Serialize for Atto {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self.0.atto())
    }
}

impl<'de> Deserialize<'de> for Atto {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let atto: BigInt = text
            .parse()
            .map_err(|_| D::Error::custom(format!("failed to parse big string: '\"{text}\"'")))?;
        Ok(Atto(TokenAmount::from_atto(atto)))
    }
}

/// A CID, as `{"/": "bafy…"}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Link(pub Cid);

#[derive(Serialize, Deserialize)]
struct LinkShape {
    #[serde(rename = "/")]
    cid: String,
}

impl Serialize for Link {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        LinkShape { cid: self.0.to_string() }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Link {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let shape = LinkShape::deserialize(deserializer)?;
        shape.cid.parse().map(Link).map_err(D::Error::custom)
    }
}

/// Bytes in base64, never null.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Base64(pub Vec<u8>);

impl Serialize for Base64 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Base64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        BASE64.decode(text.as_bytes()).map(Base64).map_err(D::Error::custom)
    }
}

/// Bytes in base64, or null for none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NullableBase64(pub Vec<u8>);

impl Serialize for NullableBase64 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.as_slice() {
            [] => serializer.serialize_none(),
            bytes => serializer.serialize_str(&BASE64.encode(bytes)),
        }
    }
}

impl<'de> Deserialize<'de> for NullableBase64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = Option::<Base64>::deserialize(deserializer)?;
        Ok(NullableBase64(bytes.unwrap_or_default().0))
    }
}
