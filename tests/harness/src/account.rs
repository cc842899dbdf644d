//! Accounts with real keys.

use anyhow::Result;
use bls_signatures::Serialize as _;
use fvm_shared::ActorID;
use fvm_shared::address::Address;
use fvm_shared::crypto::signature::Signature;
use k256::ecdsa::SigningKey;
use multihash_codetable::{Code, MultihashDigest};

/// A private key.
#[derive(Clone)]
pub enum Key {
    Secp256k1(Box<SigningKey>),
    Bls(bls_signatures::PrivateKey),
}

impl Key {
    /// The secp256k1 key of this name: always the same, so that runs repeat.
    #[must_use]
    pub fn secp256k1(name: &str) -> Self {
        // A digest that is no valid scalar is as likely as guessing the key.
        let mut seed = blake2b(name.as_bytes());
        loop {
            match SigningKey::from_slice(&seed) {
                Ok(key) => return Key::Secp256k1(Box::new(key)),
                Err(_) => seed = blake2b(&seed),
            }
        }
    }

    /// The BLS key of this name.
    #[must_use]
    pub fn bls(name: &str) -> Self {
        Key::Bls(bls_signatures::PrivateKey::new(blake2b(name.as_bytes())))
    }

    /// The secp256k1 key of these 32 bytes, the highest first.
    pub fn secp256k1_from(bytes: &[u8; 32]) -> Result<Self> {
        Ok(Key::Secp256k1(Box::new(SigningKey::from_slice(bytes)?)))
    }

    /// The BLS key of these 32 bytes, the lowest first.
    pub fn bls_from(bytes: &[u8; 32]) -> Result<Self> {
        Ok(Key::Bls(bls_signatures::PrivateKey::from_bytes(bytes)?))
    }

    /// The f1 or f3 address of the key.
    pub fn address(&self) -> Result<Address> {
        Ok(match self {
            Key::Secp256k1(key) => {
                Address::new_secp256k1(key.verifying_key().to_encoded_point(false).as_bytes())?
            }
            Key::Bls(key) => Address::new_bls(&key.public_key().as_bytes())?,
        })
    }

    /// Signs as the chain does: secp256k1 over the blake2b-256 digest, BLS over the message.
    pub fn sign(&self, message: &[u8]) -> Result<Signature> {
        Ok(match self {
            Key::Secp256k1(key) => {
                let (signature, recovery) = key.sign_prehash_recoverable(&blake2b(message))?;
                let mut bytes = signature.to_bytes().to_vec();
                bytes.push(recovery.to_byte());
                Signature::new_secp256k1(bytes)
            }
            Key::Bls(key) => Signature::new_bls(key.sign(message).as_bytes()),
        })
    }
}

fn blake2b(data: &[u8]) -> [u8; 32] {
    let mut digest = [0; 32];
    digest.copy_from_slice(Code::Blake2b256.digest(data).digest());
    digest
}

/// An account actor and its key.
#[derive(Clone)]
pub struct Account {
    pub id: ActorID,
    /// The f1 or f3 address.
    pub robust: Address,
    pub key: Key,
}

impl Account {
    /// The f0 address.
    #[must_use]
    pub fn address(&self) -> Address {
        Address::new_id(self.id)
    }
}

impl From<&Account> for Address {
    fn from(account: &Account) -> Self {
        account.address()
    }
}

#[cfg(test)]
mod tests {
    use fvm_shared::crypto::signature::SignatureType;

    use super::*;

    #[test]
    fn a_key_is_made_of_its_bytes() {
        let (Key::Secp256k1(secp), Key::Bls(bls)) = (Key::secp256k1("ann"), Key::bls("ann")) else {
            panic!("other keys than were asked for")
        };
        let bls_bytes = bls.as_bytes().try_into().unwrap();
        let address = |key: Result<Key>| key.unwrap().address().unwrap();
        let made = [Key::secp256k1_from(&secp.to_bytes().into()), Key::bls_from(&bls_bytes)];
        let keys = [Key::Secp256k1(secp), Key::Bls(bls)];
        assert_eq!(made.map(address), keys.map(|key| address(Ok(key))));
        assert!(Key::secp256k1_from(&[0; 32]).is_err() && Key::bls_from(&[0xff; 32]).is_err());
    }

    #[test]
    fn a_signature_verifies_for_its_message_and_key_alone() {
        let keys = [Key::secp256k1("ann"), Key::bls("ann")];
        let kinds = [SignatureType::Secp256k1, SignatureType::BLS];
        for (key, kind) in keys.into_iter().zip(kinds) {
            let (signature, address) = (key.sign(b"pay bob").unwrap(), key.address().unwrap());
            assert_eq!(signature.signature_type(), kind);
            signature.verify(b"pay bob", &address).unwrap();
            assert!(signature.verify(b"pay eve", &address).is_err());
            let other = Key::secp256k1("eve").address().unwrap();
            assert!(signature.verify(b"pay bob", &other).is_err());
        }
    }
}
