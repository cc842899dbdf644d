//! Transactions of Ethereum, and the messages of Filecoin that they are.

use fvm_ipld_encoding::RawBytes;
use fvm_shared::MethodNum;
use fvm_shared::address::Address;
use fvm_shared::bigint::{BigInt, BigUint, Sign};
use fvm_shared::econ::TokenAmount;
use fvm_shared::message::Message;
use rlp::RlpStream;
use shared::method_hash;

use super::address::EAM;
use super::call::{unwrap, wrap};
use super::decode::EIP1559;
pub use super::error::Error;
use super::seal::{check_eip155, minimal, read};
use super::{EthAddress, EthHash, keccak};
use crate::message::SignedMessage;
use crate::signature::{SignatureType, recover_eth};

/// The method by which the address manager creates a contract for an account.
pub const CREATE_EXTERNAL: MethodNum = 4;
/// The method of every other transaction, a plain transfer among them: `InvokeEVM` by FRC-42.
pub const INVOKE_CONTRACT: MethodNum = method_hash!("InvokeEVM");

/// What gas costs, and of which type the transaction is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// For any chain.
    Homestead {
        gas_price: BigUint,
    },
    Eip155 {
        chain_id: u64,
        gas_price: BigUint,
    },
    Eip1559 {
        chain_id: u64,
        max_fee: BigUint,
        max_priority_fee: BigUint,
    },
}

/// What a transaction says, before it is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    pub kind: Kind,
    pub nonce: u64,
    pub gas_limit: u64,
    /// None creates a contract.
    pub to: Option<EthAddress>,
    /// In attoFIL.
    pub value: BigUint,
    pub input: Vec<u8>,
}

/// A signed transaction. The signature may be any three numbers until it is checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    pub body: Body,
    pub v: BigUint,
    pub r: BigUint,
    pub s: BigUint,
}

impl Body {
    /// The transaction of EIP-1559 that a message stands for.
    pub fn of(message: &Message, chain_id: u64) -> Result<Self, Error> {
        if message.version != 0 {
            return Err(Error::Version(message.version));
        }
        let content = content(message).map_err(|e| Error::UnsignedContent(Box::new(e)))?;
        Body::new(message, Kind::eip1559(message, chain_id)?, content)
    }

    fn new(message: &Message, kind: Kind, (to, input): Content) -> Result<Self, Error> {
        let value = natural(&message.value)?;
        Ok(Body { kind, nonce: message.sequence, gas_limit: message.gas_limit, to, value, input })
    }

    /// The bytes that are signed.
    #[must_use]
    pub fn encoded(&self) -> Vec<u8> {
        let mut list = self.fields();
        if let Kind::Eip155 { chain_id, .. } = &self.kind {
            list.append(chain_id).append_empty_data().append_empty_data();
        }
        self.finish(list)
    }

    /// The start of the list, without what differs between signing and sending.
    fn fields(&self) -> RlpStream {
        let mut list = RlpStream::new();
        list.begin_unbounded_list();
        match &self.kind {
            Kind::Homestead { gas_price } | Kind::Eip155 { gas_price, .. } => {
                append(list.append(&self.nonce), gas_price);
            }
            Kind::Eip1559 { chain_id, max_fee, max_priority_fee } => {
                list.append(chain_id).append(&self.nonce);
                append(append(&mut list, max_priority_fee), max_fee);
            }
        }
        list.append(&self.gas_limit);
        list.append_iter(self.to.iter().flat_map(|to| to.0));
        append(&mut list, &self.value).append(&self.input);
        if matches!(self.kind, Kind::Eip1559 { .. }) {
            list.begin_list(0);
        }
        list
    }

    /// The list, after the number of the type if there is one.
    fn finish(&self, mut list: RlpStream) -> Vec<u8> {
        list.finalize_unbounded_list();
        match self.kind {
            Kind::Eip1559 { .. } => [&[EIP1559], list.as_raw()].concat(),
            _ => list.as_raw().to_vec(),
        }
    }
}

impl Kind {
    pub(super) fn eip1559(message: &Message, chain_id: u64) -> Result<Self, Error> {
        let max_fee = natural(&message.gas_fee_cap)?;
        let max_priority_fee = natural(&message.gas_premium)?;
        Ok(Kind::Eip1559 { chain_id, max_fee, max_priority_fee })
    }
}

/// Where a transaction goes and with what.
type Content = (Option<EthAddress>, Vec<u8>);

/// What a message says in the terms of Ethereum.
fn content(message: &Message) -> Result<Content, Error> {
    let input = match message.params.bytes() {
        [] => Vec::new(),
        params => match unwrap(params)? {
            (_, [_, ..]) => return Err(Error::ExtraParams),
            ([], []) => return Err(Error::EmptyParams),
            (input, []) => input.to_vec(),
        },
    };
    let to = if message.to == Address::new_id(EAM) {
        if message.method_num != CREATE_EXTERNAL {
            return Err(Error::EamMethod);
        }
        None
    } else if message.method_num == INVOKE_CONTRACT {
        Some(EthAddress::from_filecoin(&message.to)?)
    } else {
        return Err(Error::Method(message.method_num));
    };
    Ok((to, input))
}

impl Transaction {
    /// The transaction that a message with a delegated signature is. The signature is not checked.
    pub fn of(signed: &SignedMessage, chain_id: u64) -> Result<Self, Error> {
        let message = &signed.message;
        if signed.signature.sig_type != SignatureType::Delegated {
            return Err(Error::NotDelegated(signed.signature.sig_type as u8));
        }
        EthAddress::from_filecoin(&message.from).map_err(|_| Error::Sender)?;
        let content = content(message).map_err(|e| Error::SignedContent(Box::new(e)))?;
        if message.version != 0 {
            return Err(Error::Version(message.version));
        }
        let (kind, [v, r, s]) = read(signed, chain_id)?;
        Ok(Transaction { body: Body::new(message, kind, content)?, v, r, s })
    }

    /// The message that the transaction is, from the sender's address.
    pub fn message(&self, from: Address, chain_id: u64) -> Result<Message, Error> {
        let (fee_cap, premium) = match &self.body.kind {
            Kind::Homestead { gas_price } => (gas_price, gas_price),
            Kind::Eip155 { gas_price, .. } => {
                check_eip155(&self.v, chain_id)?;
                (gas_price, gas_price)
            }
            Kind::Eip1559 { chain_id: chain, max_fee, max_priority_fee } => {
                if *chain != chain_id {
                    return Err(Error::ChainId(chain.cast_signed()));
                }
                (max_fee, max_priority_fee)
            }
        };
        let (to, method_num) = match &self.body.to {
            None => (Address::new_id(EAM), CREATE_EXTERNAL),
            Some(to) => (to.to_filecoin().map_err(Error::Recipient)?, INVOKE_CONTRACT),
        };
        Ok(Message {
            version: 0,
            from,
            to,
            sequence: self.body.nonce,
            value: tokens(&self.body.value),
            method_num,
            params: match self.body.input.as_slice() {
                [] => RawBytes::default(),
                input => wrap(input),
            },
            gas_limit: self.body.gas_limit,
            gas_fee_cap: tokens(fee_cap),
            gas_premium: tokens(premium),
        })
    }

    /// The message with its signature, from whoever signed the transaction.
    pub fn signed_message(&self, chain_id: u64) -> Result<SignedMessage, Error> {
        let signature = self
            .signature()
            .map_err(|e| Error::Recovery(Box::new(Error::Unsigned(Box::new(e)))))?;
        let from = self.sender().and_then(|from| Ok(from.to_filecoin()?));
        let from = from.map_err(|e| Error::Recovery(Box::new(e)))?;
        let message = self.message(from, chain_id).map_err(|e| Error::Conversion(Box::new(e)))?;
        Ok(SignedMessage { message, signature })
    }

    /// Who signed the transaction. Whatever r and s are, it is somebody or an error.
    pub fn sender(&self) -> Result<EthAddress, Error> {
        recover_eth(&self.body.encoded(), &self.point()?).ok_or(Error::Malformed)
    }

    /// The transaction as it is sent.
    #[must_use]
    pub fn encoded(&self) -> Vec<u8> {
        let mut list = self.body.fields();
        append(append(append(&mut list, &self.v), &self.r), &self.s);
        self.body.finish(list)
    }

    /// By which clients of Ethereum know the transaction.
    #[must_use]
    pub fn hash(&self) -> EthHash {
        keccak(&self.encoded())
    }
}

/// By which clients of Ethereum know a message: the hash of its transaction if it is one, and else
/// the digest of its CID.
pub fn hash_of(signed: &SignedMessage, chain_id: u64) -> Result<EthHash, HashError> {
    if signed.signature.sig_type == SignatureType::Delegated {
        return Ok(Transaction::of(signed, chain_id)?.hash());
    }
    let cid = signed.cid().map_err(|e| HashError::Encoding(e.to_string()))?;
    EthHash::of_cid(&cid).ok_or(HashError::Prefix)
}

/// Why a message has no hash in Ethereum.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    #[error("failed to convert from signed message: {0}")]
    Transaction(#[from] Error),
    #[error("failed to serialize message: {0}")]
    Encoding(String),
    #[error("CID does not have the expected prefix")]
    Prefix,
}

fn append<'a>(list: &'a mut RlpStream, number: &BigUint) -> &'a mut RlpStream {
    list.append(&minimal(number))
}

fn tokens(number: &BigUint) -> TokenAmount {
    TokenAmount::from_atto(BigInt::from_biguint(Sign::Plus, number.clone()))
}

pub(super) fn natural(amount: &TokenAmount) -> Result<BigUint, Error> {
    amount.atto().to_biguint().ok_or(Error::Negative)
}

#[cfg(test)]
mod tests;
