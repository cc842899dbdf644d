//! Why a message is refused, in the words of Lotus.

use std::fmt;

use cid::Cid;
use fvm_shared::econ::TokenAmount;
use lotus::json::Addr;
use lotus::keys;
use thiserror::Error;

/// Why a message is not taken into the pool.
#[derive(Error, Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    #[error("message {cid} from {from} with nonce {nonce} failed sanity check: {why}")]
    Lost { cid: Box<Cid>, from: Addr, nonce: u64, why: BlackHole },
    #[error("mpool message too large ({0}B): message too big")]
    TooBig(usize),
    #[error("message not valid for block inclusion: {0}")]
    Invalid(Invalid),
    #[error("cannot send more filecoin than will ever exist")]
    ValueTooHigh,
    #[error("gas fee cap too low")]
    FeeCapTooLow,
    /// An amount of more digits than are on chain.
    #[error("message cannot be encoded: {0}")]
    Unencodable(String),
    #[error(
        "failed to look up actor state nonce: resolution lookup failed ({0}): actor not found: \
         validation failure"
    )]
    UnknownSender(Addr),
    #[error("minimum expected nonce is {expected}, got {nonce}: message nonce too low")]
    NonceTooLow { expected: u64, nonce: u64 },
    #[error("sender actor {0} is not a valid top-level sender")]
    NotASender(Addr),
    #[error("verify msg failed: message will not be included in a block: {0}")]
    NeverIncluded(Invalid),
    #[error(
        "failed to check balance: not enough funds (required: {required}, balance: {balance}): \
         not enough funds to execute transaction"
    )]
    NotEnoughFunds { required: Fil, balance: Fil },
    #[error(
        "failed to check balance: not enough funds including pending messages \
         (required: {required}, balance: {balance}): validation failure"
    )]
    NotEnoughForPending { required: Fil, balance: Fil },
    #[error(
        "failed to add locked: message from {from} with nonce {nonce} already in mpool: \
         message with nonce already exists"
    )]
    AlreadyThere { from: Addr, nonce: u64 },
    #[error(
        "failed to add locked: message from {from} with nonce {nonce} already in mpool, \
         increase GasPremium to {} from {} to trigger replace by fee: \
         replace by fee has too low GasPremium", .least.atto(), .given.atto()
    )]
    PremiumTooLow { from: Box<Addr>, nonce: u64, least: TokenAmount, given: TokenAmount },
    #[error("failed to add locked: too many pending messages for actor")]
    TooManyPending,
}

/// Why a message has no signature of its sender.
#[derive(Error, Clone, Debug, PartialEq, Eq)]
pub enum Unverified {
    #[error("signature verification failed: unrecognized signature type: {0}")]
    UnknownType(u8),
    #[error("signature verification failed: bls signature incorrectly sized")]
    BlsLength,
    #[error("signature verification failed: failed to validate signature: {0}")]
    Invalid(keys::Invalid),
}

/// What no block includes, by the message alone.
#[derive(Error, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invalid {
    #[error("'Version' unsupported")]
    Version,
    #[error("'To' address cannot be empty")]
    NoTo,
    #[error("invalid 'To' address")]
    To,
    #[error("'From' address cannot be empty")]
    NoFrom,
    #[error("'Value' field cannot be negative")]
    NegativeValue,
    #[error("'Value' field cannot be greater than total filecoin supply")]
    ValueAboveSupply,
    #[error("'GasFeeCap' field cannot be negative")]
    NegativeFeeCap,
    #[error("'GasPremium' field cannot be negative")]
    NegativePremium,
    #[error("'GasFeeCap' less than 'GasPremium'")]
    PremiumAboveFeeCap,
    #[error("'GasLimit' field cannot be greater than a block's gas limit ({limit} > {most})")]
    LimitAboveBlock { limit: u64, most: u64 },
    #[error("'GasLimit' field {0} must be positive")]
    NoLimit(u64),
    #[error(
        "'GasLimit' field cannot be less than the cost of storing a message on chain \
         {limit} < {least}"
    )]
    LimitBelowStorage { limit: u64, least: u64 },
}

/// A recipient in the address space of delegated addresses that nobody can ever be.
#[derive(Error, Clone, Debug, PartialEq, Eq)]
#[error("message recipient {0} is a delegated address but not a valid Eth Address")]
pub struct BlackHole(pub Box<Addr>);

/// Why a message is not signed and sent for a client that leaves that to the node.
#[derive(Error, Clone, Debug, PartialEq, Eq)]
pub enum Unsendable {
    #[error("message from {from} failed sanity check: {why}")]
    Lost { from: Addr, why: BlackHole },
    #[error("MpoolPushMessage expects message nonce to be 0, was {0}")]
    NonceGiven(u64),
    #[error(
        "After estimation, GasPremium is greater than GasFeeCap, inmsg: {given}, outmsg: {estimated}"
    )]
    PremiumAboveFeeCap { given: String, estimated: String },
    #[error("mpool push: not enough funds: {} < {}", .balance.atto(), .required.atto())]
    NotEnoughFunds { balance: TokenAmount, required: TokenAmount },
}

/// An amount as Lotus tells it: in FIL, with no more digits than it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fil(pub TokenAmount);

impl fmt::Display for Fil {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.to_string();
        write!(f, "{} FIL", text.strip_suffix(".0").unwrap_or(&text))
    }
}
