//! What can be told of a message by itself, and what a node tells before it signs one.

use std::sync::Arc;

use anyhow::Result;
use cid::Cid;
use fvm_harness::CHAIN_ID;
use fvm_ipld_encoding::to_vec;
use fvm_shared::address::{Address, Payload};
use fvm_shared::econ::TokenAmount;
use fvm_shared::message::Message;
use lotus::cid_of;
use lotus::eth::EthHash;
use lotus::eth::transaction::hash_of;
use lotus::json::Addr;
use lotus::message::{MessageJson, SignedMessage};

use super::refusal::{BlackHole, Invalid, Refusal, Unsendable};
use crate::gas::{BLOCK_GAS_LIMIT, MINIMUM_BASE_FEE, required_funds};

/// In bytes, of a message with its signature.
pub const MAX_SIZE: usize = 64 << 10;

/// FIL that will ever exist.
const SUPPLY: u64 = 2_000_000_000;

/// The namespace of the addresses of Ethereum: the actor that makes them.
const ETHEREUM: u64 = 10;

/// How an address of Ethereum starts that stands for the id of an actor.
const MASKED_ID: [u8; 12] = [0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/// A message that the pool may be asked to take, with what its bytes say. That its signature is
/// right is up to who has it checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    pub(super) signed: Arc<SignedMessage>,
    pub(super) cid: Cid,
    /// By which clients of Ethereum know it. Not every message with a signature of theirs has one.
    pub(super) hash: Option<EthHash>,
    /// In bytes, on chain.
    pub(super) length: usize,
}

impl Checked {
    #[must_use]
    pub fn signed(&self) -> &SignedMessage {
        &self.signed
    }

    /// By which the message is looked up.
    #[must_use]
    pub fn cid(&self) -> Cid {
        self.cid
    }

    /// Measures a message that needs no check.
    pub(super) fn measure(signed: Arc<SignedMessage>) -> Result<Self> {
        let bytes = signed.chain_bytes()?;
        let hash = hash_of(&signed, CHAIN_ID).ok();
        Ok(Checked { cid: cid_of(&bytes), hash, length: bytes.len(), signed })
    }
}

/// The message that a client means, if it says who sends it and to whom.
pub fn read(json: MessageJson) -> Result<Message, Refusal> {
    let missing = match (json.to, json.from) {
        (None, _) => Invalid::NoTo,
        _ => Invalid::NoFrom,
    };
    json.message().ok_or(Refusal::Invalid(missing))
}

/// Checks everything that a message says by itself, but for its signature, and for the gas that its
/// inclusion takes: the pool asks for that after it has asked for the sender.
pub fn check_syntax(signed: SignedMessage) -> Result<Checked, Refusal> {
    let signed = Arc::new(signed);
    let message = &signed.message;
    let checked = Checked::measure(Arc::clone(&signed))
        .map_err(|error| Refusal::Unencodable(error.to_string()));
    check_sanity(&signed)?;
    // An amount with too many digits to be encoded may be one that is refused in better words.
    let size = to_vec(&(message, &signed.signature)).map_or(0, |bytes| bytes.len());
    if size > MAX_SIZE {
        return Err(Refusal::TooBig(size));
    }
    check_valid(message).map_err(Refusal::Invalid)?;
    if message.value >= supply() {
        return Err(Refusal::ValueTooHigh);
    }
    if message.gas_fee_cap < TokenAmount::from_atto(MINIMUM_BASE_FEE) {
        return Err(Refusal::FeeCapTooLow);
    }
    checked
}

/// Checks of a signed message that what it sends does not get lost.
pub fn check_sanity(signed: &SignedMessage) -> Result<(), Refusal> {
    let Err(why) = check_recipient(&signed.message) else { return Ok(()) };
    let cid = signed.cid().map_err(|error| Refusal::Unencodable(error.to_string()))?;
    let (from, nonce) = (Addr(signed.message.from), signed.message.sequence);
    Err(Refusal::Lost { cid: Box::new(cid), from, nonce, why })
}

/// Checks that what a message sends does not get lost at an address that is nobody's.
pub fn check_recipient(message: &Message) -> Result<(), BlackHole> {
    match is_lost(&message.to) {
        true => Err(BlackHole(Box::new(Addr(message.to)))),
        false => Ok(()),
    }
}

/// Whether an address is delegated, but none of Ethereum's, or one that stands for an id.
fn is_lost(address: &Address) -> bool {
    let Payload::Delegated(delegated) = address.payload() else { return false };
    let bytes = delegated.subaddress();
    delegated.namespace() != ETHEREUM || bytes.len() != 20 || bytes.starts_with(&MASKED_ID)
}

/// Checks that a block can include a message, as far as it can be told without its length.
pub fn check_valid(message: &Message) -> Result<(), Invalid> {
    let Message { gas_limit: limit, gas_fee_cap, gas_premium, value, .. } = message;
    if message.version != 0 {
        Err(Invalid::Version)
    } else if message.to.is_bls_zero_address() {
        Err(Invalid::To)
    } else if value.is_negative() {
        Err(Invalid::NegativeValue)
    } else if *value > supply() {
        Err(Invalid::ValueAboveSupply)
    } else if gas_fee_cap.is_negative() {
        Err(Invalid::NegativeFeeCap)
    } else if gas_premium.is_negative() {
        Err(Invalid::NegativePremium)
    } else if gas_premium > gas_fee_cap {
        Err(Invalid::PremiumAboveFeeCap)
    } else if *limit > BLOCK_GAS_LIMIT {
        Err(Invalid::LimitAboveBlock { limit: *limit, most: BLOCK_GAS_LIMIT })
    } else if *limit == 0 {
        Err(Invalid::NoLimit(*limit))
    } else {
        Ok(())
    }
}

/// Checks a message that the node is to number and to sign, before its gas is estimated.
pub fn check_unsigned(message: &Message) -> Result<(), Unsendable> {
    let from = Addr(message.from);
    check_recipient(message).map_err(|why| Unsendable::Lost { from, why })?;
    match message.sequence {
        0 => Ok(()),
        nonce => Err(Unsendable::NonceGiven(nonce)),
    }
}

/// Checks the same message with its gas estimated, against what its sender has.
pub fn check_estimated(
    given: &Message,
    estimated: &Message,
    balance: &TokenAmount,
) -> Result<(), Unsendable> {
    if estimated.gas_premium > estimated.gas_fee_cap {
        let json = |message| serde_json::to_string(&MessageJson::from(message)).unwrap_or_default();
        let (given, estimated) = (json(given), json(estimated));
        return Err(Unsendable::PremiumAboveFeeCap { given, estimated });
    }
    let required = required_funds(estimated) + &estimated.value;
    match *balance < required {
        true => Err(Unsendable::NotEnoughFunds { balance: balance.clone(), required }),
        false => Ok(()),
    }
}

fn supply() -> TokenAmount {
    TokenAmount::from_whole(SUPPLY)
}
