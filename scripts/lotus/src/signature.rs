//! Signatures of the three types of key that send messages, and their verification.

use std::borrow::Cow;

use fvm_ipld_encoding::strict_bytes;
use fvm_shared::address::{Address, Protocol};
use fvm_shared::crypto::signature::ops;
use fvm_shared::crypto::signature::{SECP_PUB_LEN, SECP_SIG_LEN};
use multihash_codetable::{Code, MultihashDigest};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

use crate::eth::EthAddress;

/// The most bytes that a signature takes on chain, its type included.
const MAX_LEN: usize = 200;

/// With which kind of key a signature is made. The number is its type on chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum SignatureType {
    Secp256k1 = 1,
    BLS = 2,
    /// Of a key of Ethereum.
    Delegated = 3,
}

impl SignatureType {
    /// The type with this number on chain.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(SignatureType::Secp256k1),
            2 => Some(SignatureType::BLS),
            3 => Some(SignatureType::Delegated),
            _ => None,
        }
    }
}

/// A signature. Those of Ethereum's keys are here, which `fvm_shared` does not know: the machine
/// never sees one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Signature {
    pub sig_type: SignatureType,
    pub bytes: Vec<u8>,
}

impl Signature {
    #[must_use]
    pub fn new(sig_type: SignatureType, bytes: Vec<u8>) -> Self {
        Signature { sig_type, bytes }
    }

    #[must_use]
    pub fn signature_type(&self) -> SignatureType {
        self.sig_type
    }

    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Checks that the key behind `signer` signed `data`. Each type of key hashes in its own way.
    ///
    /// # Errors
    /// Those of Lotus, in its words.
    pub fn verify(&self, signer: &Address, data: &[u8]) -> Result<(), Mismatch> {
        if signer.protocol() == Protocol::ID {
            return Err(Mismatch::Unresolved);
        }
        match self.sig_type {
            SignatureType::BLS => {
                ops::verify_bls_sig(&self.bytes, data, signer).map_err(|_| Mismatch::Bls)
            }
            SignatureType::Secp256k1 => {
                let key =
                    recover(Code::Blake2b256, data, &self.bytes).ok_or(Mismatch::Malformed)?;
                match Address::new_secp256k1(&key) {
                    Ok(found) if found == *signer => Ok(()),
                    _ => Err(Mismatch::Secp256k1),
                }
            }
            SignatureType::Delegated => {
                let found = recover_eth(data, &self.bytes).ok_or(Mismatch::Malformed)?;
                let found = found.to_filecoin().map_err(|_| Mismatch::Malformed)?;
                match found == *signer {
                    true => Ok(()),
                    false => Err(Mismatch::Delegated {
                        found: Box::new(found),
                        signer: Box::new(*signer),
                    }),
                }
            }
        }
    }
}

/// Why a signature does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Mismatch {
    #[error("must resolve ID addresses before using them to verify a signature")]
    Unresolved,
    #[error("bls signature failed to verify")]
    Bls,
    #[error("signature did not match")]
    Secp256k1,
    #[error("signature did not match maybeaddr: {found}, signer: {signer}")]
    Delegated { found: Box<Address>, signer: Box<Address> },
    /// No public key can be recovered.
    #[error("malformed signature")]
    Malformed,
}

/// The address in Ethereum of the key that signed `data`.
pub(crate) fn recover_eth(data: &[u8], signature: &[u8]) -> Option<EthAddress> {
    recover(Code::Keccak256, data, signature).map(|key| EthAddress::of_key(&key))
}

/// The public key, uncompressed, that signed the hash of `data`. A high S is accepted, as it is by
/// Lotus.
fn recover(hash: Code, data: &[u8], signature: &[u8]) -> Option<[u8; SECP_PUB_LEN]> {
    let signature: &[u8; SECP_SIG_LEN] = signature.try_into().ok()?;
    let digest = hash.digest(data);
    ops::recover_secp_public_key(digest.digest().try_into().ok()?, signature).ok()
}

impl From<fvm_shared::crypto::signature::Signature> for Signature {
    fn from(signature: fvm_shared::crypto::signature::Signature) -> Self {
        use fvm_shared::crypto::signature::SignatureType as Native;
        let sig_type = match signature.sig_type {
            Native::Secp256k1 => SignatureType::Secp256k1,
            Native::BLS => SignatureType::BLS,
        };
        Signature { sig_type, bytes: signature.bytes }
    }
}

/// On chain, one string of bytes: the type, then the signature.
impl Serialize for Signature {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut bytes = Vec::with_capacity(self.bytes.len() + 1);
        bytes.push(self.sig_type as u8);
        bytes.extend_from_slice(&self.bytes);
        strict_bytes::Serialize::serialize(bytes.as_slice(), serializer)
    }
}

impl<'de> Deserialize<'de> for Signature {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes: Cow<'de, [u8]> = strict_bytes::Deserialize::deserialize(deserializer)?;
        if bytes.len() > MAX_LEN {
            return Err(D::Error::custom("string too long"));
        }
        let Some((number, bytes)) = bytes.split_first() else {
            return Err(D::Error::custom("string empty"));
        };
        let sig_type = SignatureType::from_number(*number).ok_or_else(|| {
            D::Error::custom(format!("invalid signature type in cbor input: {number}"))
        })?;
        Ok(Signature { sig_type, bytes: bytes.to_vec() })
    }
}

#[cfg(test)]
mod tests {
    use fvm_ipld_encoding::{from_slice, to_vec};

    use super::*;

    #[test]
    fn a_signature_of_each_type_reads_back_from_its_bytes_on_chain() {
        for number in 1..=3 {
            let sig_type = SignatureType::from_number(number).unwrap();
            let signature = Signature::new(sig_type, vec![7; 65]);
            let bytes = to_vec(&signature).unwrap();
            assert_eq!(bytes[..4], [0x58, 66, number, 7]);
            assert_eq!(from_slice::<Signature>(&bytes).unwrap(), signature);
        }
    }

    #[test]
    fn a_signature_of_no_type_or_of_too_many_bytes_is_refused() {
        for bytes in [vec![], vec![0, 1], vec![4, 1], vec![1; MAX_LEN + 1]] {
            let cbor = to_vec(&fvm_ipld_encoding::BytesSer(&bytes)).unwrap();
            assert!(from_slice::<Signature>(&cbor).is_err());
        }
    }
}
