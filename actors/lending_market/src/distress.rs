//! Loans that are not repaid as they should be: impaired, restored, written off.

use fvm_ipld_blockstore::Blockstore;
use fvm_shared::clock::ChainEpoch;
use shared::ensure;

use crate::api::{LoanId, Phase};
use crate::book::Book;
use crate::error::Error;
use crate::loan::{Opened, Terms};
use crate::state::State;

impl State {
    /// The book that has a loan of this phase.
    pub fn book_of(&mut self, phase: Phase) -> &mut Book {
        match phase {
            Phase::Impaired => &mut self.impaired,
            _ => &mut self.performing,
        }
    }

    /// Marks a loan as impaired that is overdue for longer than the rules allow.
    pub fn impair(
        &mut self,
        store: &impl Blockstore,
        now: ChainEpoch,
        id: LoanId,
    ) -> Result<(), Error> {
        let mut opened = self.open(store, id)?;
        opened.check_impair(now, self.rules(store)?.impair_after)?;
        self.accrue(store, now)?;
        self.move_to(store, &mut opened, Phase::Impaired, now)?;
        self.set_loan(store, id, &opened.loan)
    }

    /// Marks a loan as one that exits count on again.
    pub fn restore(
        &mut self,
        store: &impl Blockstore,
        opened: &mut Opened,
        now: ChainEpoch,
    ) -> Result<(), Error> {
        self.move_to(store, opened, Phase::Live, now)
    }

    /// Moves a loan from one book to the other, with all that it will accrue.
    fn move_to(
        &mut self,
        store: &impl Blockstore,
        opened: &mut Opened,
        phase: Phase,
        now: ChainEpoch,
    ) -> Result<(), Error> {
        self.take_out(store, opened, now)?;
        self.count_impaired(store, opened, phase)?;
        opened.loan.phase = phase;
        let book = self.book_of(phase);
        book.start(store, &opened.schedules, now)?;
        book.principal += opened.principal();
        book.interest += opened.interest(now);
        Ok(())
    }

    /// Counts a loan that goes to another phase among its underwriter's that are impaired, or no longer.
    pub fn count_impaired(
        &mut self,
        store: &impl Blockstore,
        opened: &Opened,
        phase: Phase,
    ) -> Result<(), Error> {
        let (was, is) = (opened.loan.phase == Phase::Impaired, phase == Phase::Impaired);
        if was == is {
            return Ok(());
        }
        self.change_underwriter(store, opened.spec().underwriter, |known| {
            let counted = known.impaired.checked_add_signed(if is { 1 } else { -1 });
            known.impaired = counted.ok_or(shared::Error::Overflow("impaired loans"))?;
            Ok(())
        })
    }

    /// Takes a loan out of its book.
    fn take_out(
        &mut self,
        store: &impl Blockstore,
        opened: &Opened,
        now: ChainEpoch,
    ) -> Result<(), Error> {
        let book = self.book_of(opened.loan.phase);
        book.stop(store, &opened.schedules, now)?;
        book.principal -= opened.principal();
        book.interest -= opened.interest(now);
        Ok(())
    }

    /// Writes a loan off that is overdue for longer than its grace. Its underwriter's cover pays for the
    /// loss first; the debt stays, and is frozen.
    pub fn write_off(
        &mut self,
        store: &impl Blockstore,
        now: ChainEpoch,
        id: LoanId,
    ) -> Result<(), Error> {
        let mut opened = self.open(store, id)?;
        opened.check_default(now)?;
        self.accrue(store, now)?;
        opened.accrue_late(now)?;
        self.take_out(store, &opened, now)?;
        self.count_impaired(store, &opened, Phase::Defaulted)?;
        self.unreserve(store, &mut opened)?;
        let principal = opened.principal();
        let owed = &principal + opened.interest(now);
        let slashed = self.change_underwriter(store, opened.spec().underwriter, |known| {
            known.outstanding -= &principal;
            Ok(known.slash(&owed))
        })?;
        self.held -= &slashed;
        self.cash += &slashed;
        let loss = &owed - &slashed;
        self.book_loss(&loss);
        opened.loan.loss = loss;
        opened.loan.slashed = slashed;
        opened.loan.phase = Phase::Defaulted;
        let terms = Terms { defaulted: Some(now), ..opened.terms.clone() };
        opened.set_terms(store, terms)?;
        self.change_subjects(store, opened.spec(), |record| {
            record.defaults = record.defaults.saturating_add(1);
            record.lost += &owed;
        })?;
        self.set_loan(store, id, &opened.loan)
    }
}

impl Opened {
    /// Whether the loan can be impaired now.
    pub fn check_impair(&self, now: ChainEpoch, after: ChainEpoch) -> Result<(), Error> {
        ensure!(self.loan.phase == Phase::Live, Error::Phase(self.loan.phase));
        let from = self.impaired_from(now, after);
        ensure!(from.is_some_and(|from| now >= from), Error::NotOverdue(from));
        Ok(())
    }

    /// Whether it can be declared in default now.
    pub fn check_default(&self, now: ChainEpoch) -> Result<(), Error> {
        ensure!(self.loan.phase.runs(), Error::Phase(self.loan.phase));
        let from = self.default_from(now);
        ensure!(from.is_some_and(|from| now >= from), Error::NotOverdue(from));
        Ok(())
    }

    /// First epoch at which the loan can be impaired, if nothing is paid.
    #[must_use]
    pub fn impaired_from(&self, now: ChainEpoch, after: ChainEpoch) -> Option<ChainEpoch> {
        self.overdue_since(now).map(|due| due.saturating_add(after).saturating_add(1))
    }

    /// First epoch at which it can be declared in default, if nothing is paid.
    #[must_use]
    pub fn default_from(&self, now: ChainEpoch) -> Option<ChainEpoch> {
        let grace = self.spec().grace;
        self.overdue_since(now).map(|due| due.saturating_add(grace).saturating_add(1))
    }
}
