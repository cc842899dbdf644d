//! What an underwriter signs.

use alloc::vec::Vec;

use fvm_ipld_encoding::strict_bytes;
use fvm_ipld_encoding::tuple::*;
use fvm_shared::ActorID;
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use serde::{Deserialize, Serialize};
use shared::ext::loan_agent::Control;

use super::{BasisPoints, LoanId};
pub use crate::schedule::Plan;

/// What stands before the CBOR of a [`LoanSpec`] in the message that an underwriter signs, so that it
/// can be taken for nothing else.
pub const DOMAIN: &[u8] = b"fvm-blueprints/lending-market/loan-specification/1\n";

/// A loan, as its underwriter offers it.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct LoanSpec {
    /// EIP-155 number of the chain.
    pub chain_id: u64,
    pub market: ActorID,
    pub underwriter: ActorID,
    /// Owner of the miner.
    pub borrower: ActorID,
    pub miner: ActorID,
    /// Principal, in attoFIL.
    pub amount: TokenAmount,
    pub plan: Plan,
    /// 1 to 60.
    pub instalments: u32,
    /// Days from one instalment to the next: 1 to 366.
    pub days_between: u32,
    /// Interest for a year of 365 days on the principal that is out: at most a whole.
    pub rate: BasisPoints,
    /// Late fee for a year on what is overdue: at most a whole.
    pub late_rate: BasisPoints,
    /// Part of what is drawn that is kept as a fee: at most a tenth.
    pub origination_fee: BasisPoints,
    /// Fee on principal that is repaid before it is due by PayOff: at most a tenth.
    pub prepayment_fee: BasisPoints,
    /// Epochs from when an instalment is due to default: 1 to 365 days.
    pub grace: ChainEpoch,
    pub control: Control,
    /// Debt after a draw as a part of the collateral's value before it, at the most; and after income is
    /// withdrawn.
    pub max_debt: BasisPoints,
    pub draws: Draws,
    /// To whom the principal goes instead of the miner's balance.
    pub payee: Option<ActorID>,
    /// The loan on the same miner that this one repays first.
    pub refinances: Option<LoanId>,
    /// Any number that this underwriter has not used.
    pub nonce: u64,
    /// Last epoch for [`Activate`](super::Activate): at most 30 days after
    /// [`Submit`](super::Submit).
    pub deadline: ChainEpoch,
}

/// How the principal is drawn.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub enum Draws {
    /// All of it when the loan is activated.
    Whole,
    /// In up to 8 parts, for sectors that are about to be proven: each only after the miner's initial
    /// pledge has grown by what was drawn before.
    Pledge(PledgeDraws),
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct PledgeDraws {
    /// AttoFIL of one draw, at the most.
    pub max_draw: TokenAmount,
    /// Epochs from activation during which it is drawn: at most a year, and over before the last
    /// instalment.
    pub window: ChainEpoch,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct SubmitParams {
    pub spec: LoanSpec,
    /// The underwriter's signature of [`DOMAIN`] and the CBOR of the specification, for its
    /// AuthenticateMessage. Empty where it approved the specification by ApproveSpec.
    #[serde(with = "strict_bytes")]
    pub signature: Vec<u8>,
}

/// Blake2b-256 of the message that an underwriter signs.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct SpecHash {
    #[serde(with = "strict_bytes")]
    pub hash: Vec<u8>,
}

/// A loan whose money is reserved.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Submitted {
    pub loan: LoanId,
    /// To propose on the miner as owner or beneficiary.
    pub agent: ActorID,
    /// f4⟨market⟩⟨hash of the specification⟩.
    pub agent_address: Address,
    /// Quota and expiration of the beneficiary that suffice until the deadline; zero in custody.
    pub quota: TokenAmount,
    pub expiration: ChainEpoch,
}
