//! Messages as a wallet makes them.

use anyhow::{Context, Result};
use fvm_ipld_encoding::{RawBytes, to_vec};
use fvm_shared::address::Address;
use fvm_shared::crypto::signature::Signature;
use fvm_shared::econ::TokenAmount;
use fvm_shared::message::Message;
use fvm_shared::{METHOD_SEND, MethodNum};
use multihash_codetable::{Code, MultihashDigest};
use num_traits::Zero;
use serde::Serialize;

use crate::account::Key;
use crate::network::BLOCK_GAS_LIMIT;

/// A call to make: who, whom, what, and for how much gas. The network fills in the nonce.
#[derive(Clone, Debug)]
pub struct Call {
    pub from: Address,
    pub to: Address,
    pub method: MethodNum,
    pub params: RawBytes,
    pub value: TokenAmount,
    pub gas_limit: u64,
    /// Most attoFIL that a unit of gas may cost, premium included.
    pub gas_fee_cap: TokenAmount,
    /// AttoFIL for each unit of gas to whoever includes the message.
    pub gas_premium: TokenAmount,
}

impl Call {
    /// A plain send of nothing, for as much gas as a block holds. [`Call::method`] and
    /// [`Call::value`] say more.
    #[must_use]
    pub fn new(from: impl Into<Address>, to: impl Into<Address>) -> Self {
        Call {
            from: from.into(),
            to: to.into(),
            method: METHOD_SEND,
            params: RawBytes::default(),
            value: TokenAmount::zero(),
            gas_limit: BLOCK_GAS_LIMIT,
            gas_fee_cap: TokenAmount::zero(),
            gas_premium: TokenAmount::zero(),
        }
    }

    /// Calls this method with CBOR parameters; `()` is none at all.
    ///
    /// # Panics
    /// Where the parameters cannot be encoded.
    #[must_use]
    pub fn method<P: Serialize + 'static>(self, method: MethodNum, params: &P) -> Self {
        let block = shared::dispatch::encode(params).expect("parameters that encode");
        self.raw(method, &block.map(|block| block.data).unwrap_or_default())
    }

    /// Calls this method with these bytes as parameters, whatever they are.
    #[must_use]
    pub fn raw(mut self, method: MethodNum, params: &[u8]) -> Self {
        self.method = method;
        self.params = RawBytes::new(params.to_vec());
        self
    }

    #[must_use]
    pub fn value(mut self, value: TokenAmount) -> Self {
        self.value = value;
        self
    }

    #[must_use]
    pub fn gas_limit(mut self, gas_limit: u64) -> Self {
        self.gas_limit = gas_limit;
        self
    }

    /// Offers to pay for gas, per unit.
    #[must_use]
    pub fn gas_fees(mut self, fee_cap: TokenAmount, premium: TokenAmount) -> Self {
        self.gas_fee_cap = fee_cap;
        self.gas_premium = premium;
        self
    }

    /// The message with this nonce.
    #[must_use]
    pub fn message(self, sequence: u64) -> Message {
        Message {
            version: 0,
            from: self.from,
            to: self.to,
            sequence,
            value: self.value,
            method_num: self.method,
            params: self.params,
            gas_limit: self.gas_limit,
            gas_fee_cap: self.gas_fee_cap,
            gas_premium: self.gas_premium,
        }
    }
}

/// A message with the signature of its sender.
#[derive(Clone, Debug)]
pub struct SignedMessage {
    pub message: Message,
    pub signature: Signature,
}

impl SignedMessage {
    /// Signs the message, whose sender must be the key's own address.
    pub fn sign(message: Message, key: &Key) -> Result<Self> {
        let signature = key.sign(&signing_bytes(&message)?)?;
        Ok(SignedMessage { message, signature })
    }

    /// Checks the signature against the sender's key address.
    pub fn verify(&self) -> Result<()> {
        self.signature
            .verify(&signing_bytes(&self.message)?, &self.message.from)
            .map_err(anyhow::Error::msg)
            .context("the signature is not the sender's")
    }

    /// Bytes of the message as it appears on chain: BLS signatures are aggregated per block, so
    /// only those of secp256k1 count.
    pub fn chain_length(&self) -> Result<usize> {
        let bls = matches!(
            self.signature.signature_type(),
            fvm_shared::crypto::signature::SignatureType::BLS
        );
        let length = to_vec(&self.message)?.len();
        // The pair's array header, then the signature as a byte string.
        Ok(if bls { length } else { length + 1 + to_vec(&self.signature)?.len() })
    }
}

/// What a sender signs: the bytes of the message's CID.
fn signing_bytes(message: &Message) -> Result<Vec<u8>> {
    let hash = Code::Blake2b256.digest(&to_vec(message)?);
    Ok(cid::Cid::new_v1(fvm_ipld_encoding::DAG_CBOR, hash).to_bytes())
}
