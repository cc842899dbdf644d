//! What is told of loans without changing anything.

use alloc::vec::Vec;

use fvm_ipld_blockstore::Blockstore;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use shared::page::MAX_PAGE;

use crate::api::{Amounts, Due, InstalmentInfo, LoanId, LoanInfo, LoanSummary, PageParams, Phase};
use crate::error::Error;
use crate::loan::{Opened, Split};
use crate::state::State;

impl State {
    pub fn loan_info(&self, store: &impl Blockstore, id: LoanId) -> Result<LoanInfo, Error> {
        let opened = self.open(store, id)?;
        let (paid, drawn) = (opened.paid(), opened.drawn());
        let Opened { loan, terms, .. } = opened;
        Ok(LoanInfo {
            spec: terms.spec,
            hash: terms.hash,
            agent: terms.agent,
            phase: loan.phase,
            activated: terms.activated,
            drawn,
            reserved: loan.reserved,
            paid,
            credit: loan.credit,
            settled: loan.settled,
            loss: loan.loss,
            slashed: loan.slashed,
        })
    }

    pub fn schedule(
        &self,
        store: &impl Blockstore,
        id: LoanId,
    ) -> Result<Vec<InstalmentInfo>, Error> {
        let opened = self.open(store, id)?;
        let settled = opened.loan.settled as usize;
        let rows = opened.terms.dues.iter().enumerate().map(|(index, due)| {
            let instalments = opened.schedules.iter().flat_map(|schedule| &schedule.instalments);
            let (mut principal, mut interest) = (TokenAmount::default(), TokenAmount::default());
            for instalment in instalments.filter(|instalment| instalment.due == *due) {
                principal += &instalment.principal;
                interest += &instalment.interest + &instalment.charge;
            }
            InstalmentInfo { due: *due, principal, interest, settled: index < settled }
        });
        Ok(rows.collect())
    }

    pub fn due(&self, store: &impl Blockstore, id: LoanId, now: ChainEpoch) -> Result<Due, Error> {
        let mut opened = self.open(store, id)?;
        opened.accrue_late(now)?;
        if opened.loan.phase == Phase::Defaulted {
            let debt = opened.debt(now).amounts();
            let overdue_since = opened.terms.defaulted;
            return Ok(Due {
                arrears: debt.clone(),
                overdue_since,
                next: None,
                payoff: debt,
                impaired_from: None,
                default_from: None,
            });
        }
        let runs = opened.loan.phase.runs();
        let credit = &opened.loan.credit;
        let payoff = after_credit(opened.payoff(now)?, credit);
        let arrears = after_credit(opened.arrears(now), credit);
        let impair_after = self.rules(store)?.impair_after;
        Ok(Due {
            arrears,
            overdue_since: opened.overdue_since(now).filter(|_| runs),
            next: opened.next(now).filter(|_| runs),
            payoff,
            impaired_from: opened.impaired_from(now, impair_after).filter(|_| runs),
            default_from: opened.default_from(now).filter(|_| runs),
        })
    }

    pub fn list_loans(
        &self,
        store: &impl Blockstore,
        page: &PageParams,
        now: ChainEpoch,
    ) -> Result<Vec<LoanSummary>, Error> {
        let ids = page.numbers(self.last).ok_or(Error::Page(MAX_PAGE))?;
        let summary = |id| {
            let opened = self.open(store, id)?;
            Ok(LoanSummary {
                id,
                borrower: opened.spec().borrower,
                miner: opened.spec().miner,
                phase: opened.loan.phase,
                principal: opened.principal(),
                arrears: self.due(store, id, now)?.arrears.total(),
            })
        };
        ids.map(summary).collect()
    }
}

/// What is left of a debt after the credit, which pays fees last.
fn after_credit(mut debt: Split, credit: &TokenAmount) -> Amounts {
    let mut spare = credit.clone();
    let fees = core::mem::take(&mut debt.fees);
    let (owed, paid) = (debt.amounts(), debt.pay_from(&mut spare).amounts());
    Amounts {
        fees: (fees - spare).max(TokenAmount::default()),
        interest: owed.interest - paid.interest,
        principal: owed.principal - paid.principal,
    }
}
