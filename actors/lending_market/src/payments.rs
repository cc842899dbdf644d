//! Payments: what comes in for a loan, and whose it is.

use fvm_ipld_blockstore::Blockstore;
use fvm_shared::ActorID;
use fvm_shared::bigint::BigInt;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use shared::ensure;
use shared::math::{mul_div_down, share_down};

use crate::api::{LoanId, Payment, Phase};
use crate::error::Error;
use crate::loan::{Opened, Split};
use crate::schedule::DAY;
use crate::state::{MINERS, Miners, Payout, State};

/// Epochs after an instalment is due in which it counts as paid on time.
pub const ON_TIME: ChainEpoch = DAY;

/// A payment that was booked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    pub payment: Payment,
    /// What nobody owes any more, and who has it.
    pub refund: Option<Payout>,
    /// The phase before.
    pub was: Phase,
}

impl State {
    /// Books what came in for a loan. It pays what is due, with the loan's credit; the rest is credit.
    /// Of a loan that is over, all of it is the borrower's.
    pub fn receive(
        &mut self,
        store: &impl Blockstore,
        now: ChainEpoch,
        id: LoanId,
        amount: &TokenAmount,
    ) -> Result<Receipt, Error> {
        let mut opened = self.open(store, id)?;
        let was = opened.loan.phase;
        ensure!(was != Phase::Submitted, Error::Phase(was));
        self.accrue(store, now)?;
        opened.accrue_late(now)?;
        let mut pot = amount + &opened.loan.credit;
        let (split, refund) = match was {
            Phase::Live | Phase::Impaired => {
                let mut owed = opened.arrears(now);
                // The credit was there when instalments fell due, before there was a fee on them.
                owed.fees = owed.fees.min(amount.clone());
                let split = owed.pay_from(&mut pot);
                self.pay(store, &mut opened, &split, now)?;
                self.set_credit(&mut opened, pot);
                if opened.overdue_since(now).is_none() && was == Phase::Impaired {
                    self.restore(store, &mut opened, now)?;
                }
                let done = opened.is_paid() && opened.loan.reserved.is_zero();
                let refund =
                    if done { self.close(store, &mut opened, Phase::Repaid)? } else { None };
                (split, refund)
            }
            Phase::Defaulted => {
                let split = opened.debt(now).pay_from(&mut pot);
                self.recover(store, &mut opened, &split, now)?;
                self.set_credit(&mut opened, pot);
                let done = opened.debt(now).total().is_zero();
                let refund =
                    if done { self.close(store, &mut opened, Phase::Recovered)? } else { None };
                (split, refund)
            }
            _ => (Split::default(), Some(Payout { to: opened.spec().borrower, amount: pot })),
        };
        self.set_loan(store, id, &opened.loan)?;
        Ok(receipt(&opened, was, amount, &split, refund))
    }

    /// Repays all of a loan before it is due.
    pub fn pay_off(
        &mut self,
        store: &impl Blockstore,
        now: ChainEpoch,
        id: LoanId,
        amount: &TokenAmount,
    ) -> Result<Receipt, Error> {
        let mut opened = self.open(store, id)?;
        let was = opened.loan.phase;
        ensure!(was.runs(), Error::Phase(was));
        self.accrue(store, now)?;
        opened.accrue_late(now)?;
        let mut pot = amount + &opened.loan.credit;
        let debt = opened.payoff(now)?;
        let missing = debt.total() - &pot;
        ensure!(!missing.is_positive(), Error::Missing(missing));
        let accrued = opened.interest(now);
        let split = debt.pay_from(&mut pot);
        let schedules = opened.schedules.clone();
        let book = self.book_of(was);
        book.stop(store, &schedules, now)?;
        // What the running period's interest was rounded up by was never recognised.
        book.interest += &split.sums.interest - accrued;
        self.pay(store, &mut opened, &split, now)?;
        self.set_credit(&mut opened, pot);
        let refund = self.close(store, &mut opened, Phase::Repaid)?;
        self.set_loan(store, id, &opened.loan)?;
        Ok(receipt(&opened, was, amount, &split, refund))
    }

    /// Books what was paid of a loan that is in a book.
    fn pay(
        &mut self,
        store: &impl Blockstore,
        opened: &mut Opened,
        split: &Split,
        now: ChainEpoch,
    ) -> Result<(), Error> {
        let sums = &split.sums;
        let book = self.book_of(opened.loan.phase);
        book.principal -= &sums.principal;
        book.interest -= &sums.interest;
        self.cash += &sums.principal + &sums.interest;
        let underwriter = opened.spec().underwriter;
        self.earn(store, underwriter, &split.fees, now)?;
        self.share_charge(store, underwriter, &sums.charge, now)?;
        if sums.principal.is_positive() {
            self.change_underwriter(store, underwriter, |known| {
                known.outstanding -= &sums.principal;
                Ok(())
            })?;
        }
        let (on_time, late) = opened.settle(split, now);
        if sums.principal.is_positive() || on_time > 0 || late > 0 {
            self.change_subjects(store, opened.spec(), |record| {
                record.returned += &sums.principal;
                record.on_time = record.on_time.saturating_add(on_time);
                record.late = record.late.saturating_add(late);
            })?;
        }
        Ok(())
    }

    /// Books what was recovered of a loan that is written off: the pool's loss first, then the cover's,
    /// and then it is income.
    fn recover(
        &mut self,
        store: &impl Blockstore,
        opened: &mut Opened,
        split: &Split,
        now: ChainEpoch,
    ) -> Result<(), Error> {
        let mut rest = split.total();
        let mut take = |from: &mut TokenAmount| {
            let part = rest.clone().min(from.clone());
            rest -= &part;
            *from -= &part;
            part
        };
        let pool = take(&mut opened.loan.loss);
        let cover = take(&mut opened.loan.slashed);
        let underwriter = opened.spec().underwriter;
        self.spread(store, &pool, now)?;
        self.give_cover(store, underwriter, &cover, now)?;
        self.earn(store, underwriter, &rest, now)?;
        opened.book(split);
        let recovered = pool + cover;
        self.change_subjects(store, opened.spec(), |record| {
            record.returned += &split.sums.principal;
            record.lost -= &recovered;
        })
    }

    /// Ends a loan on which nothing is owed, and lets go of its miner. What is left of its credit is the
    /// borrower's.
    pub fn close(
        &mut self,
        store: &impl Blockstore,
        opened: &mut Opened,
        phase: Phase,
    ) -> Result<Option<Payout>, Error> {
        self.unreserve(store, opened)?;
        self.count_impaired(store, opened, phase)?;
        let mut cold = self.cold(store)?;
        let mut miners = Miners::load(store, &cold.miners, &MINERS)?;
        miners.delete(&opened.spec().miner)?;
        cold.miners = miners.flush()?;
        self.set_cold(store, &cold)?;
        if phase == Phase::Repaid && opened.drawn().is_positive() {
            self.change_subjects(store, opened.spec(), |record| {
                record.repaid = record.repaid.saturating_add(1);
            })?;
        }
        opened.loan.phase = phase;
        let amount = opened.loan.credit.clone();
        self.set_credit(opened, TokenAmount::default());
        let to = opened.spec().borrower;
        Ok(amount.is_positive().then_some(Payout { to, amount }))
    }

    /// Books income that is not in the schedules: the treasury's and the cover's part, and the lenders'
    /// spread over the days to come.
    pub fn earn(
        &mut self,
        store: &impl Blockstore,
        underwriter: ActorID,
        income: &TokenAmount,
        now: ChainEpoch,
    ) -> Result<(), Error> {
        if income.is_zero() {
            return Ok(());
        }
        let charge = share_down(income, self.rules(store)?.charged())?;
        self.spread(store, &(income - &charge), now)?;
        self.share_charge(store, underwriter, &charge, now)
    }

    /// Shares out what is not the lenders': the treasury's part, rounded down, and the cover's.
    fn share_charge(
        &mut self,
        store: &impl Blockstore,
        underwriter: ActorID,
        charge: &TokenAmount,
        now: ChainEpoch,
    ) -> Result<(), Error> {
        if charge.is_zero() {
            return Ok(());
        }
        let rules = self.rules(store)?;
        let (fee, all) = (BigInt::from(rules.protocol_fee), BigInt::from(rules.charged()));
        let fee = mul_div_down(charge, &fee, &all).unwrap_or_default();
        self.give_cover(store, underwriter, &(charge - &fee), now)?;
        self.fees += fee;
        Ok(())
    }

    /// Adds to an underwriter's cover. Where nobody has a share of that, it is the lenders', who bear
    /// the risk.
    fn give_cover(
        &mut self,
        store: &impl Blockstore,
        underwriter: ActorID,
        amount: &TokenAmount,
        now: ChainEpoch,
    ) -> Result<(), Error> {
        if amount.is_zero() {
            return Ok(());
        }
        let given = self.change_underwriter(store, underwriter, |known| {
            let covered = known.cover_shares.is_positive();
            if covered {
                known.cover += amount;
            }
            Ok(covered)
        })?;
        if given {
            self.held += amount;
            return Ok(());
        }
        self.spread(store, amount, now)
    }

    /// Adds to the pool what lenders are to have over the days to come.
    fn spread(
        &mut self,
        store: &impl Blockstore,
        amount: &TokenAmount,
        now: ChainEpoch,
    ) -> Result<(), Error> {
        if amount.is_positive() {
            self.cash += amount;
            self.spreading.spread(store, amount, now)?;
        }
        Ok(())
    }

    fn set_credit(&mut self, opened: &mut Opened, credit: TokenAmount) {
        self.held += &credit - &opened.loan.credit;
        opened.loan.credit = credit;
    }
}

impl Opened {
    /// Books what a payment pays, and returns how many instalments it settles on time, and how many
    /// late. What the credit covers was paid when it fell due, whenever that is booked.
    fn settle(&mut self, split: &Split, now: ChainEpoch) -> (u32, u32) {
        let ahead = self.covered(&(self.loan.paid.total() + &self.loan.credit), now);
        self.book(split);
        let before = self.loan.settled;
        self.loan.settled = self.covered(&self.loan.paid.total(), now);
        let (mut on_time, mut late) = (0, 0);
        for (number, due) in (1..=self.loan.settled).zip(&self.terms.dues).skip(before as usize) {
            // Before the first draw nothing is due.
            if self.instalment(*due).is_positive() {
                let in_time = number <= ahead || now <= due.saturating_add(ON_TIME);
                let count: &mut u32 = if in_time { &mut on_time } else { &mut late };
                *count = count.saturating_add(1);
            }
        }
        (on_time, late)
    }
}

fn receipt(
    opened: &Opened,
    was: Phase,
    received: &TokenAmount,
    split: &Split,
    refund: Option<Payout>,
) -> Receipt {
    let payment = Payment {
        received: received.clone(),
        paid: split.amounts(),
        credit: opened.loan.credit.clone(),
        refunded: refund.as_ref().map(|refund| refund.amount.clone()).unwrap_or_default(),
        phase: opened.loan.phase,
    };
    Receipt { payment, refund, was }
}
