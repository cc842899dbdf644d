//! Messages as transactions in JSON, native messages of Filecoin among them.

use fvm_ipld_encoding::CBOR;
use fvm_shared::address::Address;
use fvm_shared::message::Message;
use serde::Serialize;
use thiserror::Error;

use super::address::EAM;
use super::call::unwrap;
use super::transaction::{
    self, CREATE_EXTERNAL, HashError, INVOKE_CONTRACT, Kind, Transaction, hash_of,
};
use super::{EthAddress, EthBigInt, EthBytes, EthHash, EthUint64};
use crate::message::SignedMessage;
use crate::signature::SignatureType;

/// In front of the parameters of a native message: the selector of
/// `handle_filecoin_method(uint64,uint64,bytes)`.
const NATIVE_SELECTOR: [u8; 4] = [0x86, 0x8e, 0x10, 0xc4];

/// In which tipset a message is included, and where in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placement {
    pub block_hash: EthHash,
    pub block_number: u64,
    pub index: u64,
}

/// A transaction. One that is not included yet has no block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EthTx {
    pub chain_id: EthUint64,
    pub nonce: EthUint64,
    pub hash: EthHash,
    pub block_hash: Option<EthHash>,
    pub block_number: Option<EthUint64>,
    pub transaction_index: Option<EthUint64>,
    pub from: EthAddress,
    /// None of a transaction that creates a contract.
    pub to: Option<EthAddress>,
    pub value: EthBigInt,
    #[serde(rename = "type")]
    pub kind: EthUint64,
    pub input: EthBytes,
    pub gas: EthUint64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_fee_per_gas: Option<EthBigInt>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_priority_fee_per_gas: Option<EthBigInt>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gas_price: Option<EthBigInt>,
    /// Empty of a native message, and null of a transaction of Ethereum.
    pub access_list: Option<[EthHash; 0]>,
    pub v: EthBigInt,
    pub r: EthBigInt,
    pub s: EthBigInt,
}

/// Why a message cannot be shown as a transaction.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TxError {
    #[error("failed to convert from signed message: {0}")]
    Transaction(#[from] transaction::Error),
    #[error(transparent)]
    Hash(#[from] HashError),
    #[error(
        "failed to lookup sender address {0} when converting a native message to an eth txn: actor not found"
    )]
    Sender(Address),
}

impl EthTx {
    /// A message as a transaction. `resolve` gives the address in Ethereum of an actor by any of its
    /// other addresses, as of the state after the message; it is asked for native messages only.
    pub fn of(
        signed: &SignedMessage,
        placement: Option<Placement>,
        chain_id: u64,
        resolve: impl Fn(&Address) -> Option<EthAddress>,
    ) -> Result<Self, TxError> {
        let mut tx = match signed.signature.sig_type {
            SignatureType::Delegated => EthTx::delegated(signed, chain_id)?,
            _ => EthTx::native(signed, chain_id, resolve)?,
        };
        if let Some(Placement { block_hash, block_number, index }) = placement {
            tx.block_hash = Some(block_hash);
            tx.block_number = Some(EthUint64(block_number));
            tx.transaction_index = Some(EthUint64(index));
        }
        Ok(tx)
    }

    fn delegated(signed: &SignedMessage, chain_id: u64) -> Result<Self, transaction::Error> {
        let transaction = Transaction::of(signed, chain_id)?;
        let from = EthAddress::from_filecoin(&signed.message.from)?;
        let hash = transaction.hash();
        let Transaction { body, v, r, s } = transaction;
        let mut tx = EthTx {
            chain_id: EthUint64(chain_id),
            nonce: EthUint64(body.nonce),
            hash,
            block_hash: None,
            block_number: None,
            transaction_index: None,
            from,
            to: body.to,
            value: EthBigInt(body.value),
            kind: EthUint64(0),
            input: EthBytes(body.input),
            gas: EthUint64(body.gas_limit),
            max_fee_per_gas: None,
            max_priority_fee_per_gas: None,
            gas_price: None,
            access_list: None,
            v: EthBigInt(v),
            r: EthBigInt(r),
            s: EthBigInt(s),
        };
        match body.kind {
            Kind::Homestead { gas_price } => {
                tx.chain_id = EthUint64(0);
                tx.gas_price = Some(EthBigInt(gas_price));
            }
            Kind::Eip155 { gas_price, .. } => tx.gas_price = Some(EthBigInt(gas_price)),
            Kind::Eip1559 { max_fee, max_priority_fee, .. } => {
                tx.kind = EthUint64(2);
                tx.max_fee_per_gas = Some(EthBigInt(max_fee));
                tx.max_priority_fee_per_gas = Some(EthBigInt(max_priority_fee));
            }
        }
        Ok(tx)
    }

    fn native(
        signed: &SignedMessage,
        chain_id: u64,
        resolve: impl Fn(&Address) -> Option<EthAddress>,
    ) -> Result<Self, TxError> {
        let message = &signed.message;
        let lookup =
            |address: &Address| EthAddress::from_f410(address).or_else(|| resolve(address));
        let from = lookup(&message.from).ok_or(TxError::Sender(message.from))?;
        let to = lookup(&message.to).unwrap_or(EthAddress::UNKNOWN);
        let (to, input) = native_content(message, to);
        Ok(EthTx {
            chain_id: EthUint64(chain_id),
            nonce: EthUint64(message.sequence),
            hash: hash_of(signed, chain_id)?,
            block_hash: None,
            block_number: None,
            transaction_index: None,
            from,
            to,
            value: EthBigInt::from(&message.value),
            kind: EthUint64(2),
            input: EthBytes(input),
            gas: EthUint64(message.gas_limit),
            max_fee_per_gas: Some(EthBigInt::from(&message.gas_fee_cap)),
            max_priority_fee_per_gas: Some(EthBigInt::from(&message.gas_premium)),
            gas_price: None,
            access_list: Some([]),
            v: EthBigInt::default(),
            r: EthBigInt::default(),
            s: EthBigInt::default(),
        })
    }
}

/// Where a native message goes and with what: as a call of a contract or the creation of one if it can
/// be read as that.
fn native_content(message: &Message, to: EthAddress) -> (Option<EthAddress>, Vec<u8>) {
    let params = message.params.bytes();
    let calldata = match params {
        [] => Some(Vec::new()),
        _ => unwrap(params).ok().map(|(calldata, _)| calldata.to_vec()),
    };
    let creates = message.to == Address::new_id(EAM) && message.method_num == CREATE_EXTERNAL;
    match calldata {
        Some(calldata) if message.method_num == INVOKE_CONTRACT => (Some(to), calldata),
        Some(code) if creates => (None, code),
        _ => {
            let codec = if params.is_empty() { 0 } else { CBOR };
            let words = abi_words(message.method_num, codec, params);
            (Some(to), [&NATIVE_SELECTOR, words.as_slice()].concat())
        }
    }
}

/// Two numbers and some bytes as Solidity encodes them.
fn abi_words(first: u64, second: u64, bytes: &[u8]) -> Vec<u8> {
    let mut words = Vec::new();
    for number in [first, second, 3 * 32, bytes.len() as u64] {
        words.extend([0; 24]);
        words.extend(number.to_be_bytes());
    }
    words.extend(bytes);
    words.resize(words.len().next_multiple_of(32), 0);
    words
}

#[cfg(test)]
mod tests;
