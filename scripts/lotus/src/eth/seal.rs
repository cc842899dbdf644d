//! The signature of a transaction as it is on chain.
//!
//! A transaction is on chain as a message whose signature is of the third type. The signature tells
//! the types of transactions apart: 65 bytes are of EIP-1559, and older types have one in front.

use fvm_shared::bigint::BigUint;

use super::decode::derived_chain;
use super::error::Error;
use super::transaction::{Kind, Transaction, natural};
use crate::message::SignedMessage;
use crate::signature::{Signature, SignatureType};

/// In front of the signature of a transaction without a chain.
const HOMESTEAD: u8 = 1;
/// In front of the signature of a transaction with its chain in v.
const EIP155: u8 = 2;

/// How long the signature of a transaction without a chain is on chain.
const HOMESTEAD_LEN: usize = 66;

impl Transaction {
    /// The signature as it is on chain.
    pub fn signature(&self) -> Result<Signature, Error> {
        let v = minimal(&self.v);
        let rs = [padded(&self.r), padded(&self.s)].concat();
        let bytes = match &self.body.kind {
            Kind::Eip1559 { .. } => {
                let bytes = [rs, vec![v.first().copied().unwrap_or(0)]].concat();
                sized(bytes, 65)?
            }
            Kind::Homestead { .. } => {
                let bytes = [vec![HOMESTEAD], rs, vec![v.first().copied().unwrap_or(0)]].concat();
                sized(bytes, HOMESTEAD_LEN)?
            }
            Kind::Eip155 { chain_id, .. } => {
                let bytes = [vec![EIP155], rs, v].concat();
                let want = eip155_lengths(*chain_id);
                if !want.contains(&bytes.len()) {
                    return Err(Error::Eip155SignatureLength { want, got: bytes.len() });
                }
                bytes
            }
        };
        Ok(Signature::new(SignatureType::Delegated, bytes))
    }

    /// The signature of which the key can be recovered: r, s and the parity of the point.
    pub(crate) fn point(&self) -> Result<Vec<u8>, Error> {
        let offset = match &self.body.kind {
            Kind::Eip1559 { .. } => 0,
            Kind::Homestead { .. } => 27,
            Kind::Eip155 { chain_id, .. } => 35 + 2 * u128::from(*chain_id),
        };
        let parity = u128::try_from(&self.v).ok().and_then(|v| v.checked_sub(offset));
        let parity =
            parity.and_then(|v| u8::try_from(v).ok()).ok_or_else(|| Error::V(self.v.clone()))?;
        sized([padded(&self.r), padded(&self.s), vec![parity]].concat(), 65)
    }
}

/// The type of a transaction on chain and v, r and s, told from its signature.
pub(super) fn read(signed: &SignedMessage, chain_id: u64) -> Result<(Kind, [BigUint; 3]), Error> {
    let data = signed.signature.bytes();
    let initial = |e| Error::Signature(Box::new(e));
    if data.len() == 65 {
        return Ok((Kind::eip1559(&signed.message, chain_id)?, numbers(data)));
    }
    let want = eip155_lengths(chain_id);
    let (first, rest) = match data {
        [first, rest @ ..] if data.len() == HOMESTEAD_LEN || want.contains(&data.len()) => {
            (*first, rest)
        }
        _ => return Err(Error::UnknownSignatureLength),
    };
    let got = data.len();
    let gas_price = natural(&signed.message.gas_fee_cap)?;
    let numbers = numbers(rest);
    let [v, ..] = &numbers;
    match first {
        HOMESTEAD if got != HOMESTEAD_LEN => {
            Err(initial(Error::HomesteadLength { want: HOMESTEAD_LEN, got }))
        }
        HOMESTEAD if *v != BigUint::from(27u8) && *v != BigUint::from(28u8) => {
            Err(initial(Error::SignedHomesteadV))
        }
        HOMESTEAD => Ok((Kind::Homestead { gas_price }, numbers)),
        EIP155 if !want.contains(&got) => Err(initial(Error::Eip155Length { want, got })),
        EIP155 => {
            check_eip155(v, chain_id).map_err(initial)?;
            Ok((Kind::Eip155 { chain_id, gas_price }, numbers))
        }
        other => Err(Error::SignaturePrefix(other)),
    }
}

/// v, r and s of r, s and v in bytes.
fn numbers(rsv: &[u8]) -> [BigUint; 3] {
    let (r, sv) = rsv.split_at_checked(32).unwrap_or((rsv, &[]));
    let (s, v) = sv.split_at_checked(32).unwrap_or((sv, &[]));
    [v, r, s].map(BigUint::from_bytes_be)
}

/// Checks that v is of this chain.
pub(super) fn check_eip155(v: &BigUint, chain_id: u64) -> Result<(), Error> {
    let got = derived_chain(v);
    match got == BigUint::from(chain_id) {
        true => Ok(()),
        false => Err(Error::Eip155ChainId { expected: chain_id, got }),
    }
}

/// How long the signature of a transaction with its chain in v is on chain, for both values of v.
fn eip155_lengths(chain_id: u64) -> [usize; 2] {
    [35_u8, 36]
        .map(|parity| HOMESTEAD_LEN - 1 + minimal(&(BigUint::from(chain_id) * 2u8 + parity)).len())
}

/// Bytes of the length that they must have.
fn sized(bytes: Vec<u8>, want: usize) -> Result<Vec<u8>, Error> {
    match bytes.len() == want {
        true => Ok(bytes),
        false => Err(Error::SignatureLength { want }),
    }
}

/// Big-endian and without leading zeros; zero is empty.
pub(super) fn minimal(number: &BigUint) -> Vec<u8> {
    match *number == BigUint::ZERO {
        true => Vec::new(),
        false => number.to_bytes_be(),
    }
}

/// Big-endian, in 32 bytes or more.
fn padded(number: &BigUint) -> Vec<u8> {
    let bytes = minimal(number);
    [vec![0; 32_usize.saturating_sub(bytes.len())], bytes].concat()
}
