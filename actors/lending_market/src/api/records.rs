//! What is known of borrowers and miners.

use alloc::string::String;
use alloc::vec::Vec;

use fvm_ipld_encoding::tuple::*;
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;

use super::BasisPoints;

/// What a borrower or a miner has done with its loans. Amounts are attoFIL.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// Loans that were activated.
    pub loans: u32,
    /// Of these, those that were repaid, and those in default, whether recovered since or not.
    pub repaid: u32,
    pub defaults: u32,
    /// Instalments that were paid within a day after they were due, and later.
    pub on_time: u32,
    pub late: u32,
    pub borrowed: TokenAmount,
    /// Principal that was repaid.
    pub returned: TokenAmount,
    /// What pool and cover have lost, and not recovered.
    pub lost: TokenAmount,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct AttestParams {
    pub subject: Address,
    /// How far the lender trusts it: 0 to 10,000.
    pub trust: BasisPoints,
}

/// What lenders say of somebody, each with the weight of its stake.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, Default, PartialEq, Eq)]
pub struct Attestations {
    /// Sum of the weights, and of weights times trust, at `at`. Both halve every 180 days.
    pub weight: TokenAmount,
    pub weighted_trust: TokenAmount,
    pub at: ChainEpoch,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Reputation {
    pub record: Record,
    pub attestations: Attestations,
    /// 0 to 10,000: the sum of the parts, within these bounds.
    pub score: BasisPoints,
    pub parts: Vec<ScorePart>,
}

/// A part of a score.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct ScorePart {
    /// What it is for.
    pub reason: String,
    pub points: i64,
}
