//! Transactions of Ethereum, and the messages of Filecoin that they are.
//!
//! A transaction is on chain as a message whose signature is of the third type. The signature tells
//! the types of transactions apart: 65 bytes are of EIP-1559, and older types have one in front.

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
use super::decode::{EIP1559, derived_chain};
pub use super::error::Error;
use super::{EthAddress, EthHash, keccak};
use crate::message::SignedMessage;
use crate::signature::{Signature, SignatureType, recover_eth};

/// The method by which the address manager creates a contract for an account.
pub const CREATE_EXTERNAL: MethodNum = 4;
/// The method of every other transaction, a plain transfer among them: `InvokeEVM` by FRC-42.
pub const INVOKE_CONTRACT: MethodNum = method_hash!("InvokeEVM");

/// In front of the signature of a transaction without a chain.
const HOMESTEAD: u8 = 1;
/// In front of the signature of a transaction with its chain in v.
const EIP155: u8 = 2;

/// How long the signature of a transaction without a chain is on chain.
const HOMESTEAD_LEN: usize = 66;

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
    fn eip1559(message: &Message, chain_id: u64) -> Result<Self, Error> {
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
        let (kind, [v, r, s]) = seal(signed, chain_id)?;
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

/// The type of a transaction on chain and v, r and s, told from its signature.
fn seal(signed: &SignedMessage, chain_id: u64) -> Result<(Kind, [BigUint; 3]), Error> {
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
fn minimal(number: &BigUint) -> Vec<u8> {
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

fn append<'a>(list: &'a mut RlpStream, number: &BigUint) -> &'a mut RlpStream {
    list.append(&minimal(number))
}

fn tokens(number: &BigUint) -> TokenAmount {
    TokenAmount::from_atto(BigInt::from_biguint(Sign::Plus, number.clone()))
}

fn natural(amount: &TokenAmount) -> Result<BigUint, Error> {
    amount.atto().to_biguint().ok_or(Error::Negative)
}

#[cfg(test)]
mod tests;
