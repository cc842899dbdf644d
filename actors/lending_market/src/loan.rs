//! A loan: what it owes at any time, and what a payment pays of that. Pure arithmetic on its schedules.

use alloc::vec::Vec;

use cid::Cid;
use fvm_ipld_blockstore::Blockstore;
use fvm_ipld_encoding::tuple::*;
use fvm_shared::ActorID;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use shared::map::{get_block, put_block};
use shared::math::share_up;

use crate::api::{Amounts, LoanSpec, NextInstalment, Phase, SpecHash};
use crate::error::Error;
use crate::schedule::{Schedule, Sums};
use crate::spec::late_fee_up;

/// What payments change of a loan.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Loan {
    /// [`Terms`].
    pub terms: Cid,
    pub phase: Phase,
    /// [`Schedule`] of each draw.
    pub schedules: Vec<Cid>,
    /// What of the pool's cash waits for it, in attoFIL like all that follows.
    pub reserved: TokenAmount,
    /// What was paid of the schedules.
    pub paid: Sums,
    /// Late fees that are owed, up to `late_at`, and those that were paid, with the prepayment fee.
    pub late: TokenAmount,
    pub late_at: ChainEpoch,
    pub fees_paid: TokenAmount,
    /// Kept for what will be due.
    pub credit: TokenAmount,
    /// Instalments that are paid in full.
    pub settled: u32,
    /// What default cost the pool and the cover, and was not recovered.
    pub loss: TokenAmount,
    pub slashed: TokenAmount,
}

/// What does not change while a loan runs.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    pub spec: LoanSpec,
    pub hash: SpecHash,
    pub agent: ActorID,
    pub activated: Option<ChainEpoch>,
    /// When instalments are due.
    pub dues: Vec<ChainEpoch>,
    /// The miner's initial pledge at activation.
    pub pledge: TokenAmount,
    /// When it was written off: nothing accrues after that.
    pub defaulted: Option<ChainEpoch>,
}

/// A loan with all its blocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    pub loan: Loan,
    pub terms: Terms,
    pub schedules: Vec<Schedule>,
}

/// What a payment pays of a debt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Split {
    pub fees: TokenAmount,
    pub sums: Sums,
}

impl Split {
    #[must_use]
    pub fn total(&self) -> TokenAmount {
        &self.fees + self.sums.total()
    }

    #[must_use]
    pub fn amounts(&self) -> Amounts {
        Amounts {
            fees: self.fees.clone(),
            interest: &self.sums.interest + &self.sums.charge,
            principal: self.sums.principal.clone(),
        }
    }

    /// What a payment pays of this debt: fees, then interest, the lenders' before the treasury's and the
    /// cover's, then principal. Takes it out of the pot.
    #[must_use]
    pub fn pay_from(&self, pot: &mut TokenAmount) -> Split {
        let mut pay = |owed: &TokenAmount| {
            let paid = owed.clone().min(pot.clone());
            *pot -= &paid;
            paid
        };
        let fees = pay(&self.fees);
        let interest = pay(&self.sums.interest);
        let charge = pay(&self.sums.charge);
        let principal = pay(&self.sums.principal);
        Split { fees, sums: Sums { principal, interest, charge } }
    }
}

impl Opened {
    pub fn load(store: &impl Blockstore, loan: Loan) -> Result<Self, Error> {
        let terms = get_block(store, "terms", &loan.terms)?;
        let links = loan.schedules.iter();
        let schedules = links.map(|link| get_block(store, "schedule", link));
        let schedules = schedules.collect::<Result<_, _>>()?;
        Ok(Opened { loan, terms, schedules })
    }

    pub fn set_terms(&mut self, store: &impl Blockstore, terms: Terms) -> Result<(), Error> {
        self.loan.terms = put_block(store, "terms", &terms)?;
        self.terms = terms;
        Ok(())
    }

    pub fn add_schedule(
        &mut self,
        store: &impl Blockstore,
        schedule: Schedule,
    ) -> Result<(), Error> {
        self.loan.schedules.push(put_block(store, "schedule", &schedule)?);
        self.schedules.push(schedule);
        Ok(())
    }

    #[must_use]
    pub fn spec(&self) -> &LoanSpec {
        &self.terms.spec
    }

    /// Everything that its schedules ask for.
    #[must_use]
    pub fn total(&self) -> Sums {
        self.sum(Schedule::total)
    }

    /// Principal that was drawn.
    #[must_use]
    pub fn drawn(&self) -> TokenAmount {
        self.total().principal
    }

    /// Principal that is out.
    #[must_use]
    pub fn principal(&self) -> TokenAmount {
        self.drawn() - &self.loan.paid.principal
    }

    /// The lenders' interest that has accrued and is not paid.
    #[must_use]
    pub fn interest(&self, now: ChainEpoch) -> TokenAmount {
        let accrued: TokenAmount = self.schedules.iter().map(|s| s.accrued(now)).sum();
        accrued - &self.loan.paid.interest
    }

    /// What is due and not paid. Late fees are those up to `late_at`: see [`Opened::accrue_late`].
    #[must_use]
    pub fn arrears(&self, now: ChainEpoch) -> Split {
        let now = self.clock(now);
        self.unpaid(&self.sum(|schedule| schedule.due(now)))
    }

    /// What repays everything now, without the fee for prepayment.
    #[must_use]
    pub fn debt(&self, now: ChainEpoch) -> Split {
        let now = self.clock(now);
        self.unpaid(&self.sum(|schedule| schedule.payoff(now)))
    }

    /// What repays everything now, on the borrower's wish.
    pub fn payoff(&self, now: ChainEpoch) -> Result<Split, Error> {
        let mut debt = self.debt(now);
        let early = &debt.sums.principal - self.arrears(now).sums.principal;
        debt.fees += share_up(&early, self.spec().prepayment_fee)?;
        Ok(debt)
    }

    /// Charges late fees up to now, on what was overdue all the time since they were charged last and
    /// the credit does not pay. They end with the grace after the last instalment: a beneficiary's quota
    /// covers no more, whoever forgets to declare the default.
    pub fn accrue_late(&mut self, now: ChainEpoch) -> Result<(), Error> {
        let Some(maturity) = self.terms.dues.last().filter(|_| self.loan.phase.runs()) else {
            return Ok(());
        };
        let end = maturity.saturating_add(self.spec().grace).saturating_add(1);
        let now = now.min(end).max(self.loan.late_at);
        let (rate, last) = (self.spec().late_rate, self.loan.late_at);
        let mut overdue = self.arrears(last).sums.total() - &self.loan.credit;
        let (mut from, mut late) = (last, TokenAmount::default());
        let dues = self.terms.dues.iter().copied().filter(|due| *due > last && *due < now);
        for to in dues.chain([now]) {
            if overdue.is_positive() {
                late += late_fee_up(&overdue, rate, to.saturating_sub(from))?;
            }
            overdue += self.instalment(to);
            from = to;
        }
        self.loan.late += late;
        self.loan.late_at = now;
        Ok(())
    }

    /// What is to be pulled out of the miner now, and no more: what is due, after the credit; all that is
    /// left of a debt in default; nothing of a loan that is over.
    pub fn to_collect(&self, now: ChainEpoch) -> Result<TokenAmount, Error> {
        let mut opened = self.clone();
        opened.accrue_late(now)?;
        let owed = match opened.loan.phase {
            Phase::Submitted => return Err(Error::Phase(Phase::Submitted)),
            Phase::Defaulted => opened.debt(now),
            _ => opened.arrears(now),
        };
        Ok((owed.total() - &opened.loan.credit).max(TokenAmount::default()))
    }

    /// What repays everything now, beyond the credit and so much that the borrower brings.
    pub fn to_pay_off(&self, now: ChainEpoch, brought: &TokenAmount) -> Result<TokenAmount, Error> {
        let mut opened = self.clone();
        opened.accrue_late(now)?;
        let missing = opened.payoff(now)?.total() - &opened.loan.credit - brought;
        Ok(missing.max(TokenAmount::default()))
    }

    /// When the oldest instalment was due that neither payments nor credit cover.
    #[must_use]
    pub fn overdue_since(&self, now: ChainEpoch) -> Option<ChainEpoch> {
        let covered = self.covered(&(self.loan.paid.total() + &self.loan.credit), now);
        self.terms.dues.get(covered as usize).copied().filter(|due| *due <= now)
    }

    /// How many of the instalments that are due by now an amount covers.
    #[must_use]
    pub fn covered(&self, amount: &TokenAmount, now: ChainEpoch) -> u32 {
        let mut owed = TokenAmount::default();
        let due = self.terms.dues.iter().take_while(|due| **due <= now);
        let covered = due.take_while(|due| {
            owed += self.instalment(**due);
            owed <= *amount
        });
        u32::try_from(covered.count()).unwrap_or(u32::MAX)
    }

    /// What all schedules ask for at one due epoch.
    #[must_use]
    pub fn instalment(&self, due: ChainEpoch) -> TokenAmount {
        let instalments = self.schedules.iter().flat_map(|schedule| &schedule.instalments);
        let then = instalments.filter(|instalment| instalment.due == due);
        then.map(|then| &then.principal + &then.interest + &then.charge).sum()
    }

    /// When the next instalment after now is due, and what it comes to after the credit that is not for
    /// what is due already.
    #[must_use]
    pub fn next(&self, now: ChainEpoch) -> Option<NextInstalment> {
        let due = self.terms.dues.iter().copied().find(|due| *due > now)?;
        let nothing = TokenAmount::default();
        let spare = (&self.loan.credit - self.arrears(now).total()).max(nothing.clone());
        Some(NextInstalment { due, amount: (self.instalment(due) - spare).max(nothing) })
    }

    #[must_use]
    pub fn is_paid(&self) -> bool {
        self.unpaid(&self.total()).total().is_zero()
    }

    /// Books what a payment pays.
    pub fn book(&mut self, split: &Split) {
        let paid = &mut self.loan.paid;
        paid.principal += &split.sums.principal;
        paid.interest += &split.sums.interest;
        paid.charge += &split.sums.charge;
        self.loan.fees_paid += &split.fees;
        self.loan.late -= split.fees.clone().min(self.loan.late.clone());
    }

    /// Now, or when it was written off.
    fn clock(&self, now: ChainEpoch) -> ChainEpoch {
        self.terms.defaulted.map_or(now, |defaulted| now.min(defaulted))
    }

    /// What is left to pay of this. A loan that is over owes nothing, whatever its schedules say.
    fn unpaid(&self, owed: &Sums) -> Split {
        if self.loan.phase.is_over() {
            return Split::default();
        }
        let paid = &self.loan.paid;
        let left =
            |owed: &TokenAmount, paid: &TokenAmount| (owed - paid).max(TokenAmount::default());
        Split {
            fees: self.loan.late.clone(),
            sums: Sums {
                principal: left(&owed.principal, &paid.principal),
                interest: left(&owed.interest, &paid.interest),
                charge: left(&owed.charge, &paid.charge),
            },
        }
    }

    fn sum(&self, part: impl Fn(&Schedule) -> Sums) -> Sums {
        self.schedules.iter().map(part).fold(Sums::default(), |all, sums| Sums {
            principal: all.principal + sums.principal,
            interest: all.interest + sums.interest,
            charge: all.charge + sums.charge,
        })
    }
}
