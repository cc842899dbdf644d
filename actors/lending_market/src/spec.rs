//! Loan specifications: what may stand in one, and what is signed of it.

use alloc::vec::Vec;

use fvm_shared::ActorID;
use fvm_shared::bigint::BigInt;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use shared::ensure;
use shared::ext::loan_agent::Control;
use shared::math::{BASIS_POINTS, BasisPoints, mul_div_up, share_up};

use crate::api::{DOMAIN, Draws, LoanSpec, Rules};
use crate::error::Error;
use crate::rules::MAX_PERIOD;
use crate::schedule::{DAY, Schedule, YEAR, day_end, dues};

/// Epochs from Submit for which money can be reserved for a loan to be activated.
pub const MAX_RESERVE: ChainEpoch = 30 * DAY;
/// Draws that a loan can have.
pub const MAX_DRAWS: usize = 8;
/// Fees at most.
const MAX_FEE: BasisPoints = 1_000;

/// The chain and the market that a specification must be for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Here {
    pub chain_id: u64,
    pub market: ActorID,
}

/// The message that an underwriter signs: a tag that no other message has, then all of the
/// specification, so that a signature is for one chain, one market and one loan.
pub fn message(spec: &LoanSpec) -> Result<Vec<u8>, shared::Error> {
    let spec = fvm_ipld_encoding::to_vec(spec)
        .map_err(|e| shared::Error::encoding("loan specification", e))?;
    Ok([DOMAIN, &spec].concat())
}

/// What names a specification: the blake2b-256 digest of the message that its underwriter signs. For
/// tools; the actor hashes at the price of a system call.
#[cfg(not(target_arch = "wasm32"))]
pub fn hash(spec: &LoanSpec) -> Result<crate::api::SpecHash, shared::Error> {
    use multihash_codetable::{Code, MultihashDigest};
    Ok(crate::api::SpecHash { hash: Code::Blake2b256.digest(&message(spec)?).digest().to_vec() })
}

/// What a beneficiary's term must be at the least.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    pub quota: TokenAmount,
    pub expiration: ChainEpoch,
}

impl LoanSpec {
    /// Checks all that can be checked of a specification alone.
    pub fn check(&self, here: Here, rules: &Rules, now: ChainEpoch) -> Result<(), Error> {
        ensure!(self.chain_id == here.chain_id, Error::OtherChain(self.chain_id));
        ensure!(self.market == here.market, Error::OtherMarket(self.market));
        ensure!(now <= self.deadline, Error::Deadline(self.deadline));
        ensure!(self.deadline.saturating_sub(now) <= MAX_RESERVE, Error::Spec("deadline"));
        let whole = |share| u64::from(share) <= BASIS_POINTS;
        ensure!(whole(self.rate), Error::Spec("rate"));
        ensure!(whole(self.late_rate), Error::Spec("late rate"));
        ensure!(self.origination_fee <= MAX_FEE, Error::Spec("origination fee"));
        ensure!(self.prepayment_fee <= MAX_FEE, Error::Spec("prepayment fee"));
        ensure!((DAY..=MAX_PERIOD).contains(&self.grace), Error::Spec("grace"));
        ensure!(self.grace >= rules.impair_after, Error::Spec("grace before impairment"));
        ensure!(self.max_debt > 0 && self.max_debt <= rules.max_debt, Error::Spec("max debt"));
        let schedule = self.schedule(&self.amount, now, &self.dues(now)?, rules)?;
        if let Draws::Pledge(draws) = &self.draws {
            let last = schedule.instalments.iter().rev().nth(1).map_or(now, |before| before.due);
            let left = last.saturating_sub(now);
            let window = (1..=MAX_PERIOD).contains(&draws.window) && draws.window <= left;
            ensure!(window, Error::Spec("time to draw"));
            ensure!(draws.max_draw.is_positive(), Error::Spec("max draw"));
            ensure!(self.payee.is_none(), Error::Spec("payee of a loan against pledge"));
            ensure!(self.refinances.is_none(), Error::Spec("draws of a loan that refinances"));
        }
        Ok(())
    }

    /// When instalments are due of a loan that is activated now.
    pub fn dues(&self, now: ChainEpoch) -> Result<Vec<ChainEpoch>, Error> {
        dues(now, self.days_between, self.instalments)
    }

    /// The schedule of an amount that is drawn now.
    pub fn schedule(
        &self,
        amount: &TokenAmount,
        now: ChainEpoch,
        dues: &[ChainEpoch],
        rules: &Rules,
    ) -> Result<Schedule, Error> {
        Schedule::new(amount, now, dues, self.plan, self.rate, rules.charged())
    }

    /// What the term of a beneficiary must be, for a loan that is activated at any time of this day: the
    /// quota covers all instalments, the late fees of a loan on which nothing is ever paid, and the
    /// prepayment fee; the expiration leaves time to recover after the grace. Nothing in custody.
    pub fn term(&self, now: ChainEpoch, rules: &Rules) -> Result<Term, Error> {
        if self.control == Control::Custody {
            return Ok(Term { quota: TokenAmount::default(), expiration: 0 });
        }
        let start = day_end(now)?.saturating_sub(DAY);
        let schedule = self.schedule(&self.amount, start, &self.dues(now)?, rules)?;
        let debt = schedule.total().total();
        let end = later(schedule.maturity(), self.grace)?;
        let late = end.checked_sub(start).ok_or(shared::Error::Overflow("a term"))?;
        let late_fees = late_fee_up(&debt, self.late_rate, late)?;
        let quota = debt + late_fees + share_up(&self.amount, self.prepayment_fee)?;
        Ok(Term { quota, expiration: later(end, rules.recovery)? })
    }

    /// A term that suffices whenever the loan is activated until its deadline. Instalments are due at
    /// the ends of days, so that the first period, and with it the quota, is largest for a loan that is
    /// activated as a day begins.
    pub fn term_by_deadline(&self, rules: &Rules) -> Result<Term, Error> {
        let day_begins = later(day_end(self.deadline)?, 1 - DAY)?;
        let quota = self.term(day_begins, rules)?.quota;
        Ok(Term { quota, ..self.term(self.deadline, rules)? })
    }
}

/// The epoch so much later.
fn later(epoch: ChainEpoch, by: ChainEpoch) -> Result<ChainEpoch, Error> {
    Ok(epoch.checked_add(by).ok_or(shared::Error::Overflow("a term"))?)
}

/// The fee on an amount that is overdue for so many epochs, rounded up.
pub fn late_fee_up(
    overdue: &TokenAmount,
    rate: BasisPoints,
    epochs: ChainEpoch,
) -> Result<TokenAmount, Error> {
    let numerator = BigInt::from(rate) * epochs;
    let year = BigInt::from(BASIS_POINTS) * YEAR;
    let fee = mul_div_up(overdue, &numerator, &year);
    Ok(fee.ok_or(shared::Error::Overflow("a late fee"))?)
}
