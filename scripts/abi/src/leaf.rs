//! Values that are not made of others.

use std::fmt;

use cid::Cid;
use data_encoding::{BASE64, HEXLOWER, HEXLOWER_PERMISSIVE};
use fvm_ipld_encoding::BytesSer;
use fvm_shared::address::{Address, Network, Payload};
use fvm_shared::bigint::BigInt;
use fvm_shared::bigint::bigint_ser::{BigIntDe, BigIntSer};
use fvm_shared::econ::TokenAmount;
use ipld_core::ipld::Ipld;
use ipld_core::serde::{from_ipld, to_ipld};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::amount::{self, Unit};
use crate::lotus;

/// Integers beyond this are not exact in all readers of JSON, and are printed as strings.
const MAX_EXACT: i128 = 1 << 53;
const HEX: &str = "0x";
const BASE_64: &str = "base64:";

/// A type of one value.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaf {
    #[serde(rename = "bool")]
    Bool,
    #[serde(rename = "u8")]
    U8,
    #[serde(rename = "u16")]
    U16,
    #[serde(rename = "u32")]
    U32,
    #[serde(rename = "u64")]
    U64,
    #[serde(rename = "i64")]
    I64,
    #[serde(rename = "ActorID")]
    ActorId,
    #[serde(rename = "DealID")]
    DealId,
    ChainEpoch,
    PaddedPieceSize,
    ExitCode,
    String,
    #[serde(rename = "bytes")]
    Bytes,
    Address,
    TokenAmount,
    BigInt,
    Cid,
    /// A CID as bytes, which leads out of the state tree.
    DataCid,
    BitField,
    Signature,
    /// A deal's label.
    Label,
    /// A proof type by its number.
    RegisteredPoStProof,
}

impl Leaf {
    /// The least and the greatest, of an integer.
    fn range(self) -> Option<(i128, i128)> {
        Some(match self {
            Leaf::U8 => (0, u8::MAX.into()),
            Leaf::U16 => (0, u16::MAX.into()),
            Leaf::U32 | Leaf::ExitCode => (0, u32::MAX.into()),
            Leaf::U64 | Leaf::ActorId | Leaf::DealId | Leaf::PaddedPieceSize => {
                (0, u64::MAX.into())
            }
            Leaf::I64 | Leaf::ChainEpoch | Leaf::RegisteredPoStProof => {
                (i64::MIN.into(), i64::MAX.into())
            }
            _ => return None,
        })
    }

    /// What a value of this type looks like in JSON.
    pub(crate) fn expected(self) -> String {
        match self {
            Leaf::Bool => "true or false".to_owned(),
            Leaf::ActorId => "an actor's ID, as a number or as an address \"f0…\"".to_owned(),
            Leaf::DealId => "a deal's ID as an integer".to_owned(),
            Leaf::ChainEpoch => "epochs as an integer".to_owned(),
            Leaf::PaddedPieceSize => "bytes as an integer".to_owned(),
            Leaf::ExitCode => "an exit code as an integer".to_owned(),
            Leaf::U8 | Leaf::U16 | Leaf::U32 | Leaf::U64 | Leaf::I64 => {
                let (least, greatest) = self.range().unwrap_or_default();
                format!("an integer from {least} to {greatest}")
            }
            Leaf::String => "a string".to_owned(),
            Leaf::Bytes => format!("bytes as \"{HEX}…\" in hex or as \"{BASE_64}…\""),
            Leaf::Address => "an address \"f…\"".to_owned(),
            Leaf::TokenAmount => {
                "an amount as a string: \"1.5 FIL\", \"250 attoFIL\", or attoFIL without a unit"
                    .to_owned()
            }
            Leaf::BigInt => "an integer, of any size as a string".to_owned(),
            Leaf::Cid | Leaf::DataCid => "a CID as {\"/\": \"baf…\"} or as a string".to_owned(),
            Leaf::BitField => {
                "a bit field as the lengths of its runs: [unset, set, unset, …]".to_owned()
            }
            Leaf::Signature => "a signature as {\"Type\": 1 or 2, \"Data\": \"base64\"}".to_owned(),
            Leaf::Label => "a string, or bytes as {\"Bytes\": \"0x…\"}".to_owned(),
            Leaf::RegisteredPoStProof => "a type of proof by its number".to_owned(),
        }
    }

    /// The value as it lies in CBOR; `None` if it is not of this type.
    pub(crate) fn encode(self, value: &Value) -> Option<Ipld> {
        if let Some((least, greatest)) = self.range() {
            let number = integer(value)
                .or_else(|| (self == Leaf::ActorId).then(|| actor_id(value.as_str()?)).flatten())?;
            return (least..=greatest).contains(&number).then_some(Ipld::Integer(number));
        }
        match self {
            Leaf::Bool => value.as_bool().map(Ipld::Bool),
            Leaf::String => value.as_str().map(|text| Ipld::String(text.to_owned())),
            Leaf::Bytes => bytes(value.as_str()?).map(Ipld::Bytes),
            Leaf::Address => to_ipld(address(value.as_str()?)?).ok(),
            Leaf::TokenAmount => {
                let amount = amount::parse(value.as_str()?, Unit::AttoFil).ok()?;
                (!amount.is_negative()).then(|| to_ipld(amount).ok()).flatten()
            }
            Leaf::BigInt => {
                let digits = value.as_str().map(str::to_owned);
                let digits = digits.or_else(|| integer(value).map(|n| n.to_string()))?;
                to_ipld(BigIntSer(&digits.parse::<BigInt>().ok()?)).ok()
            }
            Leaf::Cid => cid(value).map(Ipld::Link),
            Leaf::DataCid => to_ipld(BytesSer(&cid(value)?.to_bytes())).ok(),
            Leaf::BitField => lotus::bit_field(value),
            Leaf::Signature => lotus::signature(value),
            Leaf::Label => lotus::label(value),
            _ => None,
        }
    }

    /// The value in JSON; `None` if what lies in CBOR is not of this type.
    pub(crate) fn decode(self, ipld: &Ipld) -> Option<Value> {
        Some(match (self, ipld) {
            (Leaf::Bool, Ipld::Bool(value)) => json!(value),
            (Leaf::String, Ipld::String(text)) => json!(text),
            (Leaf::Bytes, Ipld::Bytes(bytes)) => json!(hex(bytes)),
            (Leaf::Address, Ipld::Bytes(bytes)) => {
                json!(Address::from_bytes(bytes).ok()?.to_string())
            }
            (Leaf::TokenAmount, _) => {
                json!(from_ipld::<TokenAmount>(ipld.clone()).ok()?.atto().to_string())
            }
            (Leaf::BigInt, _) => json!(from_ipld::<BigIntDe>(ipld.clone()).ok()?.0.to_string()),
            (Leaf::Cid, Ipld::Link(cid)) => link(cid),
            (Leaf::DataCid, Ipld::Bytes(bytes)) => link(&Cid::try_from(bytes.as_slice()).ok()?),
            (Leaf::BitField, _) => lotus::bit_field_to_json(ipld)?,
            (Leaf::Signature, Ipld::Bytes(bytes)) => lotus::signature_to_json(bytes)?,
            (Leaf::Label, _) => lotus::label_to_json(ipld)?,
            (_, Ipld::Integer(number)) => {
                let (least, greatest) = self.range()?;
                return (least..=greatest).contains(number).then(|| number_to_json(*number));
            }
            _ => return None,
        })
    }
}

impl fmt::Display for Leaf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    format!("{HEX}{}", HEXLOWER.encode(bytes))
}

pub(crate) fn link(cid: &Cid) -> Value {
    json!({ "/": cid.to_string() })
}

pub(crate) fn number_to_json(number: i128) -> Value {
    match i64::try_from(number) {
        Ok(exact) if (-MAX_EXACT..=MAX_EXACT).contains(&number) => json!(exact),
        _ => json!(number.to_string()),
    }
}

/// An integer, or its digits as a string.
fn integer(value: &Value) -> Option<i128> {
    match value {
        Value::Number(number) => {
            number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from))
        }
        Value::String(digits) => digits.parse().ok(),
        _ => None,
    }
}

/// Bytes in hex or in base64. A prefix says which, as many a text is both.
pub(crate) fn bytes(text: &str) -> Option<Vec<u8>> {
    match text.strip_prefix(HEX) {
        Some(hex) => HEXLOWER_PERMISSIVE.decode(hex.as_bytes()).ok(),
        None => BASE64.decode(text.strip_prefix(BASE_64)?.as_bytes()).ok(),
    }
}

/// An address of any network: which one it is of says its first letter, and nothing on chain.
fn address(text: &str) -> Option<Address> {
    let network = if text.starts_with('t') { Network::Testnet } else { Network::Mainnet };
    network.parse_address(text).ok()
}

fn actor_id(text: &str) -> Option<i128> {
    match address(text)?.payload() {
        Payload::ID(id) => Some(i128::from(*id)),
        _ => None,
    }
}

fn cid(value: &Value) -> Option<Cid> {
    let text = match value {
        Value::Object(link) if link.len() == 1 => link.get("/")?.as_str(),
        _ => value.as_str(),
    };
    text?.parse().ok()
}
