//! Keys that send messages, in the forms in which Lotus keeps them, and the check of what they sign.

use std::fmt;

use bls_signatures::Serialize as _;
use data_encoding::HEXLOWER_PERMISSIVE;
use fvm_shared::address::Address;
use fvm_shared::message::Message;
use k256::ecdsa::SigningKey;
use multihash_codetable::{Code, MultihashDigest};
use rand::CryptoRng;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use crate::eth::EthAddress;
use crate::eth::transaction::{self, Body, Transaction};
use crate::json::Base64;
use crate::message::{SignedMessage, signing_bytes};
use crate::signature::{Mismatch, Signature, SignatureType};

/// The name of a type of key. It is read from a string, or from the number of its signatures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Value")]
pub struct KeyType(pub String);

impl KeyType {
    /// The type of the signatures of such a key, if there are any.
    #[must_use]
    pub fn signatures(&self) -> Option<SignatureType> {
        match self.0.as_str() {
            "secp256k1" => Some(SignatureType::Secp256k1),
            "bls" => Some(SignatureType::BLS),
            "delegated" => Some(SignatureType::Delegated),
            _ => None,
        }
    }
}

impl From<SignatureType> for KeyType {
    fn from(sig_type: SignatureType) -> Self {
        let name = match sig_type {
            SignatureType::Secp256k1 => "secp256k1",
            SignatureType::BLS => "bls",
            SignatureType::Delegated => "delegated",
        };
        KeyType(name.to_owned())
    }
}

impl TryFrom<Value> for KeyType {
    type Error = Error;

    fn try_from(value: Value) -> Result<Self, Error> {
        if let Value::String(name) = value {
            return Ok(KeyType(name));
        }
        let number = value.as_u64().ok_or(Error::KeyType)?;
        u8::try_from(number)
            .ok()
            .and_then(SignatureType::from_number)
            .map(Into::into)
            .ok_or(Error::TypeNumber(number))
    }
}

/// A key as Lotus writes it out.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct KeyInfo {
    #[serde(rename = "Type")]
    pub key_type: KeyType,
    /// 32 bytes, little-endian of a BLS key and big-endian of the others.
    pub private_key: Base64,
}

impl KeyInfo {
    /// As `lotus wallet export` prints it: the JSON text in hex.
    #[must_use]
    pub fn to_hex(&self) -> String {
        let text = serde_json::json!(self).to_string();
        HEXLOWER_PERMISSIVE.encode(text.as_bytes())
    }

    /// Reads what `lotus wallet export` prints.
    pub fn from_hex(text: &str) -> Result<Self, Error> {
        let json = HEXLOWER_PERMISSIVE.decode(text.trim().as_bytes()).map_err(|_| Error::Export)?;
        serde_json::from_slice(&json).map_err(|_| Error::Export)
    }
}

/// The private half.
#[derive(Clone)]
enum Secret {
    Secp256k1(SigningKey),
    Bls(bls_signatures::PrivateKey),
    Delegated(SigningKey),
}

/// A key, with the address that it controls.
#[derive(Clone)]
pub struct Key {
    secret: Secret,
    address: Address,
}

/// Shows the address alone, so that no log has the secret.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Key").field(&self.address).finish()
    }
}

impl Key {
    /// A new key, from 32 bytes of randomness.
    pub fn generate(sig_type: SignatureType, rng: &mut impl CryptoRng) -> Self {
        loop {
            let mut bytes = [0; 32];
            rng.fill_bytes(&mut bytes);
            // Fails for less than one in 2^127 strings, those not below the order of the curve.
            if let Ok(key) = Key::from_seed(sig_type, bytes) {
                return key;
            }
        }
    }

    fn from_seed(sig_type: SignatureType, seed: [u8; 32]) -> Result<Self, Error> {
        match sig_type {
            SignatureType::BLS => Key::of(Secret::Bls(bls_signatures::PrivateKey::new(seed))),
            _ => Key::from_bytes(sig_type, &seed),
        }
    }

    /// The key with these private bytes, in the order of bytes of [`KeyInfo`].
    pub fn from_bytes(sig_type: SignatureType, bytes: &[u8]) -> Result<Self, Error> {
        // Fewer bytes would be taken for a number with leading zeros.
        let scalar = || match bytes.len() {
            32 => SigningKey::from_slice(bytes).map_err(|_| Error::Scalar),
            _ => Err(Error::Scalar),
        };
        Key::of(match sig_type {
            SignatureType::Secp256k1 => Secret::Secp256k1(scalar()?),
            SignatureType::Delegated => Secret::Delegated(scalar()?),
            SignatureType::BLS if bytes.iter().all(|byte| *byte == 0) => return Err(Error::Bls),
            SignatureType::BLS => {
                Secret::Bls(bls_signatures::PrivateKey::from_bytes(bytes).map_err(|_| Error::Bls)?)
            }
        })
    }

    fn of(secret: Secret) -> Result<Self, Error> {
        let address = match &secret {
            Secret::Secp256k1(key) => Address::new_secp256k1(&public(key)?).ok(),
            Secret::Bls(key) => Address::new_bls(&key.public_key().as_bytes()).ok(),
            Secret::Delegated(key) => EthAddress::of_key(&public(key)?).to_filecoin().ok(),
        };
        Ok(Key { address: address.ok_or(Error::Scalar)?, secret })
    }

    /// f1, f3 or f410, as the type has it.
    #[must_use]
    pub fn address(&self) -> Address {
        self.address
    }

    #[must_use]
    pub fn signature_type(&self) -> SignatureType {
        match self.secret {
            Secret::Secp256k1(_) => SignatureType::Secp256k1,
            Secret::Bls(_) => SignatureType::BLS,
            Secret::Delegated(_) => SignatureType::Delegated,
        }
    }

    /// Signs bytes as `WalletSign` does: over their BLAKE2b-256, themselves or their Keccak-256.
    pub fn sign(&self, data: &[u8]) -> Result<Signature, Error> {
        let bytes = match &self.secret {
            Secret::Secp256k1(key) => sign_hash(key, Code::Blake2b256, data)?,
            Secret::Bls(key) => key.sign(data).as_bytes(),
            Secret::Delegated(key) => sign_hash(key, Code::Keccak256, data)?,
        };
        Ok(Signature::new(self.signature_type(), bytes))
    }

    /// Signs a message as `WalletSignMessage` does. A delegated key signs the EIP-1559 transaction
    /// that the message stands for. Nothing of the message is changed or checked, not even its sender.
    pub fn sign_message(&self, message: Message, chain_id: u64) -> Result<SignedMessage, Error> {
        let data = match self.secret {
            Secret::Delegated(_) => {
                Body::of(&message, chain_id).map_err(Error::Transaction)?.encoded()
            }
            _ => signing_bytes(&message).map_err(|e| Error::Message(e.to_string()))?,
        };
        Ok(SignedMessage { signature: self.sign(&data)?, message })
    }
}

impl TryFrom<&KeyInfo> for Key {
    type Error = Error;

    fn try_from(info: &KeyInfo) -> Result<Self, Error> {
        let sig_type = info.key_type.signatures().ok_or(Error::Unsupported)?;
        Key::from_bytes(sig_type, &info.private_key.0)
    }
}

impl From<&Key> for KeyInfo {
    fn from(key: &Key) -> Self {
        let bytes = match &key.secret {
            Secret::Secp256k1(key) | Secret::Delegated(key) => key.to_bytes().to_vec(),
            Secret::Bls(key) => key.as_bytes(),
        };
        KeyInfo { key_type: key.signature_type().into(), private_key: Base64(bytes) }
    }
}

/// The public key, uncompressed: 0x04, then the coordinates.
fn public(key: &SigningKey) -> Result<[u8; 65], Error> {
    let point = key.verifying_key().to_encoded_point(false);
    point.as_bytes().try_into().map_err(|_| Error::Scalar)
}

/// r, s and the parity of the point: 65 bytes.
fn sign_hash(key: &SigningKey, hash: Code, data: &[u8]) -> Result<Vec<u8>, Error> {
    let digest = hash.digest(data);
    let (signature, parity) =
        key.sign_prehash_recoverable(digest.digest()).map_err(|_| Error::Scalar)?;
    let mut bytes = signature.to_vec();
    bytes.push(parity.to_byte());
    Ok(bytes)
}

/// Checks that the sender of a message signed it. The sender must be a key's address: whoever reads
/// f0 from a message resolves it first.
///
/// # Errors
/// Those of Lotus, in its words.
pub fn verify(signed: &SignedMessage, chain_id: u64) -> Result<(), Invalid> {
    let signer = &signed.message.from;
    let result = match signed.signature.sig_type {
        SignatureType::Delegated => {
            let transaction = Transaction::of(signed, chain_id).map_err(Invalid::Transaction)?;
            let message = transaction.message(*signer, chain_id).map_err(Invalid::Message)?;
            if message != signed.message {
                return Err(Invalid::Roundtrip);
            }
            let point = transaction.point().map_err(Invalid::Signature)?;
            Signature::new(SignatureType::Delegated, point)
                .verify(signer, &transaction.body.encoded())
        }
        _ => {
            let data =
                signing_bytes(&signed.message).map_err(|e| Invalid::Encoding(e.to_string()))?;
            signed.signature.verify(signer, &data)
        }
    };
    result.map_err(|mismatch| Invalid::Mismatch {
        cid: signed.cid().map(|cid| cid.to_string()).unwrap_or_default(),
        sig_type: signed.signature.sig_type as u8,
        mismatch,
    })
}

/// Why a signed message is not what its sender signed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Invalid {
    #[error("failed to reconstruct Ethereum transaction: {0}")]
    Transaction(transaction::Error),
    #[error("failed to reconstruct Filecoin message: {0}")]
    Message(transaction::Error),
    /// The message has what no transaction of its type says, such as a second price of gas.
    #[error("Ethereum transaction roundtrip mismatch")]
    Roundtrip,
    #[error("failed to verify signature: {0}")]
    Signature(transaction::Error),
    #[error("failed to serialize message: {0}")]
    Encoding(String),
    #[error("invalid signature for message {cid} (type {sig_type}): {mismatch}")]
    Mismatch { cid: String, sig_type: u8, mismatch: Mismatch },
}

/// Why there is no key, or no signature of it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Error {
    #[error(
        "could not unmarshal KeyType either as string nor integer: give \"secp256k1\", \"bls\" or \"delegated\""
    )]
    KeyType,
    #[error("unknown sigtype: {0}")]
    TypeNumber(u64),
    #[error("cannot generate public key of unsupported type: 255")]
    Unsupported,
    #[error("bls signature invalid private key")]
    Bls,
    #[error(
        "invalid secp256k1 private key: 32 bytes are needed, neither zero nor beyond the order of the curve"
    )]
    Scalar,
    #[error("not a key as `lotus wallet export` prints it: hex of {{\"Type\":…,\"PrivateKey\":…}}")]
    Export,
    #[error("failed to reconstruct eth transaction: {0}")]
    Transaction(transaction::Error),
    #[error("failed to serialize message: {0}")]
    Message(String),
}

#[cfg(test)]
mod tests;
