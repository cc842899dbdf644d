//! Scalars as Lotus writes them to clients of Ethereum, and as leniently as it reads them.

use std::fmt;
use std::str::FromStr;

use cid::Cid;
use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use fvm_ipld_encoding::{DAG_CBOR, Multihash};
use fvm_shared::bigint::{BigInt, BigUint, Sign};
use fvm_shared::econ::TokenAmount;
use multihash_codetable::Code;
use num_traits::Num;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use thiserror::Error;

/// Why text is not hex of so many bytes.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum HexError {
    #[error("expected hex string length sans prefix {want}, got {got}")]
    Length { want: usize, got: usize },
    #[error("cannot parse hex value: encoding/hex: invalid byte: {0}")]
    Digit(String),
}

/// A string, or null for an empty one, as Go reads either.
pub(crate) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let kind = match Value::deserialize(deserializer)? {
        Value::String(text) => return Ok(text),
        Value::Null => return Ok(String::new()),
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    Err(D::Error::custom(format!("json: cannot unmarshal {kind} into Go value of type string")))
}

/// Hex of exactly `N` bytes, with or without a prefix. A missing leading zero is supplied.
pub(crate) fn fixed<const N: usize>(text: &str) -> Result<[u8; N], HexError> {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text);
    let got = digits.len().next_multiple_of(2);
    if got != 2 * N {
        return Err(HexError::Length { want: 2 * N, got });
    }
    let bytes = even(digits)?;
    bytes.try_into().map_err(|_| HexError::Length { want: 2 * N, got })
}

/// Hex of any length. A missing leading zero is supplied.
fn even(digits: &str) -> Result<Vec<u8>, HexError> {
    let zero = if digits.len() % 2 == 1 { "0" } else { "" };
    let digits = format!("{zero}{digits}");
    HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).map_err(|e| {
        let byte = digits.as_bytes().get(e.position).copied().unwrap_or_default();
        HexError::Digit(format!("U+{byte:04X} '{}'", char::from(byte)))
    })
}

/// A number of 64 bits: written in hex, read from hex, decimal text or a JSON number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EthUint64(pub u64);

impl fmt::Display for EthUint64 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}

/// Why text is not a number of 64 bits, in the words of Go.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("strconv.ParseUint: parsing \"{digits}\": {reason}")]
pub struct NumberError {
    digits: String,
    reason: &'static str,
}

/// Digits of a radix, without a sign.
fn digits(digits: &str, radix: u32) -> Result<u64, NumberError> {
    let error = |reason| NumberError { digits: digits.to_owned(), reason };
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        return Err(error("invalid syntax"));
    }
    u64::from_str_radix(digits, radix).map_err(|_| error("value out of range"))
}

impl FromStr for EthUint64 {
    type Err = NumberError;

    fn from_str(text: &str) -> Result<Self, NumberError> {
        match text.strip_prefix("0x") {
            Some(hex) => digits(hex, 16),
            None => digits(text, 10),
        }
        .map(EthUint64)
    }
}

impl Serialize for EthUint64 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for EthUint64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        match (&value, value.as_u64()) {
            (_, Some(number)) => Ok(EthUint64(number)),
            (Value::String(text), _) => text.parse().map_err(D::Error::custom),
            (Value::Null, _) => "".parse().map_err(D::Error::custom),
            _ => Err(D::Error::custom(format!(
                "cannot interpret {value} as a hex-encoded uint64, or a number"
            ))),
        }
    }
}

/// A number without a bound: written in hex. Text is read as hex whether or not it has the prefix,
/// and what is not hex, null among it, is zero without a word.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EthBigInt(pub BigUint);

impl From<&TokenAmount> for EthBigInt {
    /// A negative amount is zero: none is on a chain.
    fn from(amount: &TokenAmount) -> Self {
        EthBigInt(amount.atto().to_biguint().unwrap_or_default())
    }
}

impl From<&EthBigInt> for TokenAmount {
    fn from(number: &EthBigInt) -> Self {
        TokenAmount::from_atto(BigInt::from_biguint(Sign::Plus, number.0.clone()))
    }
}

impl fmt::Display for EthBigInt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}

impl Serialize for EthBigInt {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for EthBigInt {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let hex = text(deserializer)?.replace("0x", "");
        let number = match hex.chars().all(|c| c.is_ascii_hexdigit()) {
            true => BigUint::from_str_radix(&hex, 16).unwrap_or_default(),
            false => BigUint::default(),
        };
        Ok(EthBigInt(number))
    }
}

/// Bytes in hex. Null is read as none.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct EthBytes(pub Vec<u8>);

impl fmt::Display for EthBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{}", HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for EthBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for EthBytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for EthBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let hex = text(deserializer)?.replace("0x", "");
        even(&hex).map(EthBytes).map_err(D::Error::custom)
    }
}

/// A hash of 32 bytes: of a transaction, a message, a tipset or a topic; or the ID of a filter.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EthHash(pub [u8; 32]);

impl EthHash {
    /// The digest of a CID of the chain's own kind: of a message or of a tipset's key.
    #[must_use]
    pub fn of_cid(cid: &Cid) -> Option<Self> {
        if cid.codec() != DAG_CBOR || cid.hash().code() != u64::from(Code::Blake2b256) {
            return None;
        }
        cid.hash().digest().try_into().ok().map(EthHash)
    }

    /// The CID of which this is the digest, if it is of a message of Filecoin or of a tipset.
    #[must_use]
    pub fn cid(&self) -> Cid {
        // Only a digest of more than 64 bytes does not fit.
        let hash = Multihash::wrap(Code::Blake2b256.into(), &self.0).unwrap_or_default();
        Cid::new_v1(DAG_CBOR, hash)
    }
}

impl fmt::Display for EthHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{}", HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for EthHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for EthHash {
    type Err = HexError;

    fn from_str(text: &str) -> Result<Self, HexError> {
        fixed(text).map(EthHash)
    }
}

impl Serialize for EthHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for EthHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests;
