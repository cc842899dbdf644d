//! Calls without a transaction, how calldata and returns are wrapped in messages, and what a contract
//! says when it reverts.

use data_encoding::HEXLOWER;
use fvm_ipld_encoding::RawBytes;
use fvm_shared::address::Address;
use fvm_shared::bigint::BigUint;
use fvm_shared::econ::TokenAmount;
use fvm_shared::error::ExitCode;
use fvm_shared::message::Message;
use serde::Deserialize;
use thiserror::Error;

use super::address::{self, EAM};
use super::transaction::{CREATE_EXTERNAL, INVOKE_CONTRACT};
use super::{EthAddress, EthBigInt, EthBytes, EthUint64};

/// The gas of a call: that of a whole block.
pub const CALL_GAS: u64 = 10_000_000_000;

/// Why bytes do not start with a byte string in CBOR.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NotBytes {
    #[error("expected byte array")]
    OtherType,
    #[error("cbor input was not canonical")]
    LongLength,
    #[error("unexpected EOF")]
    Short,
}

/// Bytes as a byte string in CBOR, which is how contracts take calldata.
#[must_use]
pub fn wrap(bytes: &[u8]) -> RawBytes {
    let length = (bytes.len() as u64).to_be_bytes();
    let [.., c, d, e, f] = length;
    let head = match bytes.len() {
        0..=23 => vec![0x40 | f],
        24..=0xff => vec![0x58, f],
        0x100..=0xffff => vec![0x59, e, f],
        0x1_0000..=0xffff_ffff => vec![0x5a, c, d, e, f],
        _ => [&[0x5b], &length[..]].concat(),
    };
    RawBytes::new([&head, bytes].concat())
}

/// The byte string in CBOR at the start of some bytes, and what follows it.
pub fn unwrap(cbor: &[u8]) -> Result<(&[u8], &[u8]), NotBytes> {
    let (head, rest) = cbor.split_first().ok_or(NotBytes::Short)?;
    let width = match head {
        0x40..=0x57 => 0,
        0x58..=0x5b => 1 << (head - 0x58),
        0x5c..=0x5f => return Err(NotBytes::LongLength),
        _ => return Err(NotBytes::OtherType),
    };
    let (length, rest) = rest.split_at_checked(width).ok_or(NotBytes::Short)?;
    let length = match length {
        [] => usize::from(head & 0x1f),
        [length] if *length < 24 => return Err(NotBytes::LongLength),
        [length] => usize::from(*length),
        long => {
            let (high, _) = long.split_at(width / 2);
            if high.iter().all(|byte| *byte == 0) {
                return Err(NotBytes::LongLength);
            }
            let length = long.iter().fold(0, |sum: u64, byte| sum << 8 | u64::from(*byte));
            usize::try_from(length).map_err(|_| NotBytes::Short)?
        }
    };
    rest.split_at_checked(length).ok_or(NotBytes::Short)
}

/// What a client asks to be run. Gas and its price are read, and make no difference.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "EthCallShape")]
pub struct EthCall {
    pub from: Option<EthAddress>,
    /// None creates a contract.
    pub to: Option<EthAddress>,
    pub value: EthBigInt,
    pub input: EthBytes,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct EthCallShape {
    from: Option<EthAddress>,
    to: Option<EthAddress>,
    #[serde(rename = "gas")]
    _gas: EthUint64,
    #[serde(rename = "gasPrice")]
    _gas_price: EthBigInt,
    value: EthBigInt,
    data: EthBytes,
    input: Option<EthBytes>,
}

impl From<EthCallShape> for EthCall {
    fn from(shape: EthCallShape) -> Self {
        let input = shape.input.unwrap_or(shape.data);
        EthCall { from: shape.from, to: shape.to, value: shape.value, input }
    }
}

/// Why a call is not a message.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CallError {
    #[error("expected a class 4 address, got: 0")]
    MaskedSender,
    #[error("failed to translate sender address ({0}): {1}")]
    Sender(EthAddress, address::Error),
    #[error("cannot get Filecoin address: {0}")]
    Recipient(address::Error),
}

impl EthCall {
    /// The message that the call runs as, with gas for nothing. Its nonce is for the chain to fill in.
    pub fn message(&self) -> Result<Message, CallError> {
        let from = self.from.unwrap_or_default();
        let sender = from.to_filecoin().map_err(|e| CallError::Sender(from, e))?;
        if from.masked_id().is_some() {
            return Err(CallError::MaskedSender);
        }
        let (to, method_num) = match &self.to {
            None => (Address::new_id(EAM), CREATE_EXTERNAL),
            Some(to) => (to.to_filecoin().map_err(CallError::Recipient)?, INVOKE_CONTRACT),
        };
        let params = match self.input.0.as_slice() {
            [] => RawBytes::default(),
            input => wrap(input),
        };
        Ok(Message {
            version: 0,
            from: sender,
            to,
            sequence: 0,
            value: TokenAmount::from(&self.value),
            method_num,
            params,
            gas_limit: CALL_GAS,
            gas_fee_cap: TokenAmount::default(),
            gas_premium: TokenAmount::default(),
        })
    }
}

/// A call that failed: the error of code 3.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct Reverted {
    pub message: String,
    /// What the contract returned, for the field `data` of the error.
    pub data: EthBytes,
}

impl Reverted {
    /// Of the exit code, what was returned, and what the machine says of the failure, if anything.
    #[must_use]
    pub fn new(exit: ExitCode, returned: &[u8], failure: &str) -> Self {
        let data = unwrap(returned).ok().map(|(data, _)| data);
        let reason = match data {
            None => String::new(),
            Some([]) => ", revert reason=[none]".to_owned(),
            Some(data) => format!(", revert reason=[{}]", revert_reason(data)),
        };
        let failure = if failure.is_empty() { "unknown error" } else { failure };
        let message = format!(
            "message execution failed (exit=[{}]{reason}, vm error=[{failure} (RetCode={})])",
            exit_name(exit),
            exit.value()
        );
        Reverted { message, data: EthBytes(data.unwrap_or_default().to_vec()) }
    }
}

/// An exit code as Go's code of the chain writes it: with its name if it has one.
#[must_use]
pub fn exit_name(exit: ExitCode) -> String {
    const SYSTEM: [&str; 16] = [
        "Ok",
        "SysErrSenderInvalid",
        "SysErrSenderStateInvalid",
        "SysErrReserved1",
        "SysErrIllegalInstruction",
        "SysErrInvalidReceiver",
        "SysErrInsufficientFunds",
        "SysErrOutOfGas",
        "SysErrReserved2",
        "SysErrIllegalExitCode",
        "SysFatal",
        "SysErrMissingReturn",
        "SysErrReserved3",
        "SysErrReserved4",
        "SysErrReserved5",
        "SysErrReserved6",
    ];
    const COMMON: [&str; 11] = [
        "ErrIllegalArgument",
        "ErrNotFound",
        "ErrForbidden",
        "ErrInsufficientFunds",
        "ErrIllegalState",
        "ErrSerialization",
        "ErrUnhandledMessage",
        "ErrUnspecified",
        "ErrAssertionFailed",
        "ErrReadOnly",
        "ErrNotPayable",
    ];
    let number = exit.value();
    let name = SYSTEM.iter().chain(&COMMON).nth(number as usize);
    name.map_or_else(|| number.to_string(), |name| format!("{name}({number})"))
}

/// What Solidity reverts with, in words: an error with its text, or a panic. Anything else is hex.
#[must_use]
pub fn revert_reason(returned: &[u8]) -> String {
    let reason = match returned.split_first_chunk() {
        Some(([0x08, 0xc3, 0x79, 0xa0], words)) => error_text(words),
        Some(([0x4e, 0x48, 0x7b, 0x71], words)) => words.get(..32).map(panic_name),
        _ => None,
    };
    reason.unwrap_or_else(|| format!("0x{}", HEXLOWER.encode(returned)))
}

/// The string that some words encode: where it is, then there its length.
fn error_text(words: &[u8]) -> Option<String> {
    let text = words.get(word(words)?..)?;
    let length = word(text)?;
    let text = text.get(32..)?.get(..length)?;
    Some(format!("Error({})", String::from_utf8_lossy(text)))
}

/// The number in the first word.
fn word(words: &[u8]) -> Option<usize> {
    let number = BigUint::from_bytes_be(words.get(..32)?);
    usize::try_from(number).ok()
}

fn panic_name(word: &[u8]) -> String {
    let code = BigUint::from_bytes_be(word);
    let name = match u64::try_from(&code) {
        Ok(0x00) => "Panic()",
        Ok(0x01) => "Assert()",
        Ok(0x11) => "ArithmeticOverflow()",
        Ok(0x12) => "DivideByZero()",
        Ok(0x21) => "InvalidEnumVariant()",
        Ok(0x22) => "InvalidStorageArray()",
        Ok(0x31) => "PopEmptyArray()",
        Ok(0x32) => "ArrayIndexOutOfBounds()",
        Ok(0x41) => "OutOfMemory()",
        Ok(0x51) => "CalledUninitializedFunction()",
        _ => return format!("Panic({code:#x})"),
    };
    name.to_owned()
}

#[cfg(test)]
mod tests;
