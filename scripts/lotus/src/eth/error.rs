//! Why a transaction is none, or is not for this chain, in the words of Lotus.

use fvm_shared::MethodNum;
use fvm_shared::bigint::BigUint;
use thiserror::Error;

use super::transaction::{CREATE_EXTERNAL, INVOKE_CONTRACT};
use super::{address, call, rlp};

/// What is wrong with a transaction, or with a message that should be one.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Error {
    // Of the bytes that were sent.
    #[error("empty data")]
    Empty,
    #[error("EIP-2930 transaction is not supported")]
    Eip2930,
    #[error("unsupported transaction type")]
    UnknownType,
    #[error("failed to parse legacy transaction: {0}")]
    Legacy(Box<Error>),
    #[error(transparent)]
    Rlp(#[from] rlp::Error),
    #[error("not {0} transaction: decoded data is not a list")]
    NotList(&'static str),
    #[error("not {name} transaction: should have {want} elements in the rlp list")]
    FieldCount { name: &'static str, want: usize },
    #[error("cannot parse interface to int: input is not a byte array")]
    IntIsList,
    #[error("cannot parse interface to int: length is more than 8 bytes")]
    IntTooLong,
    #[error("cannot parse interface to big.Int: input is not a byte array")]
    BigIntIsList,
    #[error("cannot parse interface into bytes: input is not a byte array")]
    BytesAreList,
    #[error("input is not a byte slice")]
    InputIsList,
    #[error("access list should be an empty list")]
    AccessList,
    #[error("EIP-1559 transactions only support 0 or 1 for v")]
    Eip1559V,
    #[error("legacy homestead transactions only support 27 or 28 for v, got {0}")]
    HomesteadV(u64),

    // Of the chain.
    #[error("invalid chain id: {0}")]
    ChainId(i64),
    #[error("failed to validate EIP155 chain id: invalid chain id, expected {expected}, got {got}")]
    Eip155ChainId { expected: u64, got: BigUint },

    // Of the signature.
    #[error("failed to calculate sender: {0}")]
    Recovery(Box<Error>),
    #[error("failed to get signature: {0}")]
    Unsigned(Box<Error>),
    #[error("signature is not {want} bytes")]
    SignatureLength { want: usize },
    #[error("signature is not {} OR {} bytes; it is {got} bytes", want[0], want[1])]
    Eip155SignatureLength { want: [usize; 2], got: usize },
    #[error("invalid 'v' value: expected 27 or 28, got {0}")]
    V(BigUint),
    #[error("failed to recover pubkey: malformed signature")]
    Malformed,

    // Of the message.
    #[error("failed to convert to unsigned msg: {0}")]
    Conversion(Box<Error>),
    #[error("failed to get method info: failed to convert EthAddress to Filecoin address: {0}")]
    Recipient(address::Error),
    #[error("signature is not delegated type, is type: {0}")]
    NotDelegated(u8),
    #[error("sender was not an eth account")]
    Sender,
    #[error("failed to parse input params and recipient: {0}")]
    SignedContent(Box<Error>),
    #[error("failed to get eth params and recipient: {0}")]
    UnsignedContent(Box<Error>),
    #[error("failed to read params byte array: {0}")]
    Params(#[from] call::NotBytes),
    #[error("extra data found in params")]
    ExtraParams,
    #[error("non-empty params encode empty byte array")]
    EmptyParams,
    #[error("unsupported EAM method")]
    EamMethod,
    #[error(
        "invalid methodnum {0}: only allowed method is InvokeContract({INVOKE_CONTRACT}) or CreateExternal({CREATE_EXTERNAL})"
    )]
    Method(MethodNum),
    #[error(transparent)]
    Address(#[from] address::Error),
    #[error("unsupported msg version: {0}")]
    Version(u64),
    /// Lotus encodes such an amount as if it were another, and refuses the message later.
    #[error("value and gas prices must not be negative")]
    Negative,
    #[error("unsupported signature length")]
    UnknownSignatureLength,
    #[error("unsupported legacy transaction; first byte of signature is {0}")]
    SignaturePrefix(u8),
    #[error("failed to initialise signature: {0}")]
    Signature(Box<Error>),
    #[error("signature should be {want} bytes long, but got {got} bytes")]
    HomesteadLength { want: usize, got: usize },
    #[error("signature should be {} or {} bytes long, but got {got} bytes", want[0], want[1])]
    Eip155Length { want: [usize; 2], got: usize },
    #[error("legacy homestead transactions only support 27 or 28 for v")]
    SignedHomesteadV,
}
