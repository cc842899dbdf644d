//! Signed messages: their bytes on chain, their CIDs, and the shape in which they are exchanged.

use anyhow::Result;
use cid::Cid;
use fvm_ipld_encoding::{RawBytes, from_slice, to_vec};
use fvm_shared::message::Message;
use serde::{Deserialize, Serialize};

use crate::cid_of;
use crate::json::{Addr, Atto, Base64, Link, NullableBase64};
pub use crate::signature::{Signature, SignatureType};

/// A message with the signature of its sender.
#[derive(Clone, Debug, PartialEq)]
pub struct SignedMessage {
    pub message: Message,
    pub signature: Signature,
}

impl SignedMessage {
    /// Whether the signature is one of those that a block aggregates. Such a message is on chain
    /// without it.
    #[must_use]
    pub fn is_bls(&self) -> bool {
        matches!(self.signature.signature_type(), SignatureType::BLS)
    }

    /// What is on chain of the message, in DAG-CBOR.
    pub fn chain_bytes(&self) -> Result<Vec<u8>> {
        let bytes = match self.is_bls() {
            true => to_vec(&self.message),
            false => to_vec(&(&self.message, &self.signature)),
        };
        Ok(bytes?)
    }

    /// By which the message is looked up: the CID of its bytes on chain.
    pub fn cid(&self) -> Result<Cid> {
        Ok(cid_of(&self.chain_bytes()?))
    }

    /// Reads what is on chain of a message. One whose signature is aggregated with others has an
    /// empty one.
    pub fn from_chain_bytes(bytes: &[u8]) -> Result<Self> {
        if let Ok((message, signature)) = from_slice(bytes) {
            return Ok(SignedMessage { message, signature });
        }
        let message = from_slice(bytes)?;
        Ok(SignedMessage { message, signature: Signature::new(SignatureType::BLS, vec![]) })
    }
}

/// What a sender with a key of Filecoin's own signs: the bytes of the CID of its message.
pub fn signing_bytes(message: &Message) -> Result<Vec<u8>> {
    Ok(cid_of(&to_vec(message)?).to_bytes())
}

/// A message as JSON. What the chain requires may be missing, for the node to fill in.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "PascalCase")]
pub struct MessageJson {
    #[serde(default)]
    pub version: u64,
    #[serde(default)]
    pub to: Option<Addr>,
    #[serde(default)]
    pub from: Option<Addr>,
    #[serde(default)]
    pub nonce: u64,
    #[serde(default)]
    pub value: Atto,
    #[serde(default)]
    pub gas_limit: u64,
    #[serde(default)]
    pub gas_fee_cap: Atto,
    #[serde(default)]
    pub gas_premium: Atto,
    #[serde(default)]
    pub method: u64,
    #[serde(default)]
    pub params: NullableBase64,
    /// The CID of the message without a signature; ignored where it comes in.
    #[serde(rename = "CID", default, skip_deserializing)]
    pub cid: Option<Link>,
}

impl MessageJson {
    /// The message, if it says who sends it and to whom.
    #[must_use]
    pub fn message(self) -> Option<Message> {
        let (Some(Addr(from)), Some(Addr(to))) = (self.from, self.to) else { return None };
        Some(Message {
            version: self.version,
            from,
            to,
            sequence: self.nonce,
            value: self.value.0,
            method_num: self.method,
            params: RawBytes::new(self.params.0),
            gas_limit: self.gas_limit,
            gas_fee_cap: self.gas_fee_cap.0,
            gas_premium: self.gas_premium.0,
        })
    }
}

impl From<&Message> for MessageJson {
    fn from(message: &Message) -> Self {
        MessageJson {
            version: message.version,
            to: Some(Addr(message.to)),
            from: Some(Addr(message.from)),
            nonce: message.sequence,
            value: Atto(message.value.clone()),
            gas_limit: message.gas_limit,
            gas_fee_cap: Atto(message.gas_fee_cap.clone()),
            gas_premium: Atto(message.gas_premium.clone()),
            method: message.method_num,
            params: NullableBase64(message.params.bytes().to_vec()),
            cid: to_vec(message).ok().map(|bytes| Link(cid_of(&bytes))),
        }
    }
}

/// A signature as JSON.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "PascalCase")]
pub struct SignatureJson {
    /// 1 secp256k1, 2 BLS, 3 delegated.
    #[serde(rename = "Type")]
    pub kind: u8,
    pub data: Base64,
}

impl From<&Signature> for SignatureJson {
    fn from(signature: &Signature) -> Self {
        SignatureJson {
            kind: signature.signature_type() as u8,
            data: Base64(signature.bytes().to_vec()),
        }
    }
}

impl SignatureJson {
    /// The signature, if its type is known.
    #[must_use]
    pub fn signature(self) -> Option<Signature> {
        Some(Signature::new(SignatureType::from_number(self.kind)?, self.data.0))
    }
}

/// A signed message as JSON.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "PascalCase")]
pub struct SignedMessageJson {
    pub message: MessageJson,
    pub signature: SignatureJson,
    #[serde(rename = "CID", default, skip_deserializing)]
    pub cid: Option<Link>,
}

impl From<&SignedMessage> for SignedMessageJson {
    fn from(signed: &SignedMessage) -> Self {
        SignedMessageJson {
            message: (&signed.message).into(),
            signature: (&signed.signature).into(),
            cid: signed.cid().ok().map(Link),
        }
    }
}
