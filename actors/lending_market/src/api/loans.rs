//! Loans, all amounts in attoFIL.

use fvm_ipld_encoding::tuple::*;
use fvm_shared::ActorID;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use serde::{Deserialize, Serialize};
use shared::ext::miner::ChangeWorkerAddressParams;

use super::{LoanSpec, SpecHash};

/// Number of a loan, from 1.
pub type LoanId = u64;

/// Where a loan stands.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Its money is reserved until the deadline.
    Submitted,
    /// It runs.
    Live,
    /// It is overdue for so long that exits do not count on it.
    Impaired,
    /// It is written off. What is still recovered is the pool's and the cover's.
    Defaulted,
    /// All that was drawn is repaid.
    Repaid,
    /// All was recovered after default.
    Recovered,
    /// It was never activated.
    Lapsed,
}

impl Phase {
    /// Whether it is repaid by its schedule.
    #[must_use]
    pub fn runs(self) -> bool {
        matches!(self, Phase::Live | Phase::Impaired)
    }

    /// Whether nothing is owed, so that the agent lets go of the miner.
    #[must_use]
    pub fn is_over(self) -> bool {
        matches!(self, Phase::Repaid | Phase::Recovered | Phase::Lapsed)
    }
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct LoanInfo {
    pub spec: LoanSpec,
    pub hash: SpecHash,
    pub agent: ActorID,
    pub phase: Phase,
    /// Epoch of activation, if it was.
    pub activated: Option<ChainEpoch>,
    pub drawn: TokenAmount,
    /// What of the pool's cash waits for it.
    pub reserved: TokenAmount,
    /// What was repaid of each.
    pub paid: Amounts,
    /// Kept of payments for what will be due.
    pub credit: TokenAmount,
    /// Instalments that are paid in full.
    pub settled: u32,
    /// What the pool lost by it, and has not recovered.
    pub loss: TokenAmount,
    /// What its underwriter's cover lost by it, and has not recovered.
    pub slashed: TokenAmount,
}

/// The parts of a debt or of a payment.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, Default, PartialEq, Eq)]
pub struct Amounts {
    /// Late fees, and the fee for prepayment.
    pub fees: TokenAmount,
    pub interest: TokenAmount,
    pub principal: TokenAmount,
}

impl Amounts {
    #[must_use]
    pub fn total(&self) -> TokenAmount {
        &self.fees + &self.interest + &self.principal
    }
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct LoanSummary {
    pub id: LoanId,
    pub borrower: ActorID,
    pub miner: ActorID,
    pub phase: Phase,
    pub principal: TokenAmount,
    /// What is due now and not paid.
    pub arrears: TokenAmount,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct InstalmentInfo {
    pub due: ChainEpoch,
    pub principal: TokenAmount,
    /// All of the borrower's interest.
    pub interest: TokenAmount,
    /// Whether it is paid in full.
    pub settled: bool,
}

/// What a borrower owes now.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// What is due, without what the credit pays.
    pub arrears: Amounts,
    /// Since when the oldest of it is due; of a loan in default, when it was written off.
    pub overdue_since: Option<ChainEpoch>,
    /// When the next instalment is due, and what it comes to after the credit.
    pub next: Option<NextInstalment>,
    /// What repays all now, after the credit.
    pub payoff: Amounts,
    /// First epoch at which the loan can be impaired, and declared in default, if nothing is paid.
    pub impaired_from: Option<ChainEpoch>,
    pub default_from: Option<ChainEpoch>,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct NextInstalment {
    pub due: ChainEpoch,
    pub amount: TokenAmount,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct DrawParams {
    pub loan: LoanId,
    pub amount: TokenAmount,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct PayOffParams {
    pub loan: LoanId,
    /// What may be pulled out of the miner for it, where that much is missing.
    pub from_miner: TokenAmount,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct WithdrawIncomeParams {
    pub loan: LoanId,
    /// The miner may have less: what came is in the reply.
    pub amount: TokenAmount,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct SeizeParams {
    pub loan: LoanId,
    /// The miner's new worker and control addresses. The latter count at once.
    pub keys: ChangeWorkerAddressParams,
}

/// What became of a payment.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// What came in.
    pub received: TokenAmount,
    /// What it and earlier credit paid.
    pub paid: Amounts,
    /// What is kept for what will be due.
    pub credit: TokenAmount,
    /// What went to the borrower, as nothing was left to pay.
    pub refunded: TokenAmount,
    pub phase: Phase,
}

/// What a miner is worth as collateral.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, Default, PartialEq, Eq)]
pub struct Collateral {
    /// What it could pay now; negative where it owes a fee. Of what has vested, what it has not seen
    /// yet is under `vesting`.
    pub available: TokenAmount,
    /// Rewards that are locked.
    pub vesting: TokenAmount,
    /// Initial pledge of its sectors.
    pub pledge: TokenAmount,
    /// What it would cost to terminate them all, at the most.
    pub termination_fee: TokenAmount,
    /// What is left of the first three after that; never negative.
    pub value: TokenAmount,
}

impl Collateral {
    #[must_use]
    pub fn new(
        available: TokenAmount,
        vesting: TokenAmount,
        pledge: TokenAmount,
        termination_fee: TokenAmount,
    ) -> Self {
        let value =
            (&available + &vesting + &pledge - &termination_fee).max(TokenAmount::default());
        Collateral { available, vesting, pledge, termination_fee, value }
    }
}
