//! How a loan begins: submitted, activated, drawn, or given up.

use alloc::vec::Vec;

use fvm_ipld_blockstore::Blockstore;
use fvm_shared::ActorID;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use shared::ensure;
use shared::map::put_block;
use shared::math::{share_down, share_up};

use crate::api::{Amounts, Collateral, Control, Draws, LoanId, LoanSpec, Phase, SpecHash};
use crate::error::Error;
use crate::loan::{Loan, Opened, Terms};
use crate::payments::Receipt;
use crate::schedule::Sums;
use crate::spec::{Here, MAX_DRAWS, Term};
use crate::state::{MINERS, Message, Miners, Payout, State};

/// What is to be done once the books say that a loan is activated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activation {
    pub agent: ActorID,
    /// Who has the miner now: the borrower, or the agent of the loan that is refinanced.
    pub from: ActorID,
    pub term: Term,
    /// What is paid of the principal, and to whom.
    pub payout: Option<Payout>,
    /// What became of the loan that is refinanced.
    pub refinanced: Option<(LoanId, Receipt)>,
}

impl State {
    pub fn open(&self, store: &impl Blockstore, id: LoanId) -> Result<Opened, Error> {
        Opened::load(store, self.loan(store, id)?)
    }

    /// Reserves money for a loan whose underwriter vouches for it. Its agent is created next: see
    /// [`State::set_agent`].
    pub fn submit(
        &mut self,
        store: &impl Blockstore,
        message: &Message,
        here: Here,
        spec: LoanSpec,
        hash: SpecHash,
        signed: bool,
    ) -> Result<LoanId, Error> {
        let mut cold = self.cold(store)?;
        ensure!(!cold.roles.paused, Error::Paused);
        ensure!(message.caller == spec.borrower, Error::NotBorrower(message.caller));
        spec.check(here, &cold.rules, message.now)?;
        if let Some(old) = spec.refinances {
            self.check_refinance(store, &spec, old)?;
        }
        self.use_spec(store, &mut cold, &spec, &hash, signed, message.now)?;
        self.set_cold(store, &cold)?;
        let amount = spec.amount.clone();
        ensure!(self.queue.is_empty(), Error::ExitsWait);
        ensure!(amount <= self.free_cash(), Error::Cash(self.free_cash()));
        self.reserved += &amount;
        self.last = self.last.checked_add(1).ok_or(shared::Error::Overflow("loans"))?;
        let terms = Terms {
            spec,
            hash,
            agent: 0,
            activated: None,
            dues: Vec::new(),
            pledge: TokenAmount::default(),
            defaulted: None,
        };
        let loan = Loan {
            terms: put_block(store, "terms", &terms)?,
            phase: Phase::Submitted,
            schedules: Vec::new(),
            reserved: amount,
            paid: Sums::default(),
            late: TokenAmount::default(),
            late_at: message.now,
            fees_paid: TokenAmount::default(),
            credit: TokenAmount::default(),
            settled: 0,
            loss: TokenAmount::default(),
            slashed: TokenAmount::default(),
        };
        self.set_loan(store, self.last, &loan)?;
        Ok(self.last)
    }

    /// Notes the agent that was created for a loan, and returns what suffices as its beneficiary's term
    /// whenever it is activated.
    pub fn set_agent(
        &mut self,
        store: &impl Blockstore,
        id: LoanId,
        agent: ActorID,
    ) -> Result<Term, Error> {
        let mut opened = self.open(store, id)?;
        let terms = Terms { agent, ..opened.terms.clone() };
        let term = terms.spec.term_by_deadline(&self.rules(store)?)?;
        opened.set_terms(store, terms)?;
        self.set_loan(store, id, &opened.loan)?;
        Ok(term)
    }

    /// Starts a loan in the books. It stands once its agent has the miner, in the same message.
    pub fn activate(
        &mut self,
        store: &impl Blockstore,
        message: &Message,
        id: LoanId,
        collateral: &Collateral,
    ) -> Result<Activation, Error> {
        let now = message.now;
        let cold = self.cold(store)?;
        let mut opened = self.open(store, id)?;
        let spec = opened.spec().clone();
        ensure!(!cold.roles.paused, Error::Paused);
        ensure!(message.caller == spec.borrower, Error::NotBorrower(message.caller));
        ensure!(opened.loan.phase == Phase::Submitted, Error::Phase(opened.loan.phase));
        ensure!(now <= spec.deadline, Error::Deadline(spec.deadline));
        let underwriter = self.underwriter(store, spec.underwriter)?;
        underwriter.check(spec.underwriter, cold.rules.min_cover)?;
        if let Some(&other) = Miners::load(store, &cold.miners, &MINERS)?.get(&spec.miner)? {
            ensure!(spec.refinances == Some(other), Error::MinerHasLoan(spec.miner, other));
        }
        self.accrue(store, now)?;

        let terms = Terms {
            activated: Some(now),
            dues: spec.dues(now)?,
            pledge: collateral.pledge.clone(),
            ..opened.terms.clone()
        };
        opened.set_terms(store, terms)?;
        opened.loan.phase = Phase::Live;
        self.change_subjects(store, &spec, |record| {
            record.loans = record.loans.saturating_add(1);
        })?;
        let agent = opened.terms.agent;
        let term = spec.term(now, &cold.rules)?;
        let mut payout = None;
        if spec.draws == Draws::Whole {
            payout = Some(self.lend(store, &mut opened, &spec.amount, collateral, now)?);
        }
        self.set_loan(store, id, &opened.loan)?;
        let mut from = spec.borrower;
        let mut refinanced = None;
        if let Some(old) = spec.refinances {
            let before = self.check_refinance(store, &spec, old)?;
            from = before.terms.agent;
            let debt = before.to_pay_off(now, &TokenAmount::default())?;
            let rest = payout.take().map(|payout| payout.amount).unwrap_or_default() - &debt;
            ensure!(!rest.is_negative(), Error::Missing(-rest));
            refinanced = Some((old, self.pay_off(store, now, old, &debt)?));
            payout = Some(Payout { to: spec.payee.unwrap_or(spec.miner), amount: rest });
        }
        self.hold_miner(store, spec.miner, id)?;
        Ok(Activation { agent, from, term, payout, refinanced })
    }

    /// Draws a part of a loan, where everything drawn before has become pledge. The agent must still
    /// hold the miner.
    pub fn draw(
        &mut self,
        store: &impl Blockstore,
        message: &Message,
        id: LoanId,
        amount: &TokenAmount,
        collateral: &Collateral,
    ) -> Result<Payout, Error> {
        let now = message.now;
        let mut opened = self.open(store, id)?;
        let spec = opened.spec().clone();
        ensure!(!self.cold(store)?.roles.paused, Error::Paused);
        ensure!(message.caller == spec.borrower, Error::NotBorrower(message.caller));
        ensure!(opened.loan.phase == Phase::Live, Error::Phase(opened.loan.phase));
        let Draws::Pledge(draws) = &spec.draws else { return Err(Error::NoDraws(id)) };
        let closed = opened.draws_until().is_none_or(|until| now > until);
        ensure!(!closed && opened.schedules.len() < MAX_DRAWS, Error::NoDraws(id));
        let known = amount.is_positive() && *amount <= draws.max_draw;
        ensure!(known && *amount <= opened.loan.reserved, Error::Draw(draws.max_draw.clone()));
        ensure!(opened.arrears(now).total() <= opened.loan.credit, Error::Arrears);
        let underwriter = self.underwriter(store, spec.underwriter)?;
        underwriter.check(spec.underwriter, self.rules(store)?.min_cover)?;
        let pledged = &collateral.pledge - &opened.terms.pledge;
        ensure!(opened.drawn() <= pledged, Error::NotPledged(opened.drawn()));
        self.accrue(store, now)?;
        let payout = self.lend(store, &mut opened, amount, collateral, now)?;
        self.set_loan(store, id, &opened.loan)?;
        Ok(payout)
    }

    /// Lends a reserved amount: adds a schedule of it to the loan, and pays it out less the fee.
    fn lend(
        &mut self,
        store: &impl Blockstore,
        opened: &mut Opened,
        amount: &TokenAmount,
        collateral: &Collateral,
        now: ChainEpoch,
    ) -> Result<Payout, Error> {
        let spec = opened.spec().clone();
        let limit = share_down(&collateral.value, spec.max_debt)?;
        ensure!(opened.principal() + amount <= limit, Error::Collateral(limit));
        let dues: Vec<_> = opened.terms.dues.iter().copied().filter(|due| *due > now).collect();
        let schedule = spec.schedule(amount, now, &dues, &self.rules(store)?)?;
        self.performing.start(store, core::slice::from_ref(&schedule), now)?;
        self.performing.principal += amount;
        opened.add_schedule(store, schedule)?;
        opened.loan.reserved -= amount;
        self.reserved -= amount;
        self.cash -= amount;
        let fee = share_up(amount, spec.origination_fee)?;
        self.earn(store, spec.underwriter, &fee, now)?;
        self.change_subjects(store, &spec, |record| record.borrowed += amount)?;
        Ok(Payout { to: spec.payee.unwrap_or(spec.miner), amount: amount - fee })
    }

    /// Frees what is reserved for a loan: of one that was not activated in time or that its borrower
    /// gives up, or whose time to draw is over.
    pub fn free_reserve(
        &mut self,
        store: &impl Blockstore,
        message: &Message,
        id: LoanId,
    ) -> Result<(TokenAmount, Option<Payout>), Error> {
        let mut opened = self.open(store, id)?;
        let spec = opened.spec().clone();
        let until = match opened.loan.phase {
            Phase::Submitted => Some(spec.deadline),
            Phase::Live | Phase::Impaired => opened.draws_until(),
            _ => None,
        };
        let until = until.ok_or(Error::Phase(opened.loan.phase))?;
        let idle = message.now > until || self.is_undrawable(store, &opened)?;
        ensure!(message.caller == spec.borrower || idle, Error::Reserved(until));
        let freed = opened.loan.reserved.clone();
        self.unreserve(store, &mut opened)?;
        let mut refund = None;
        if opened.loan.phase == Phase::Submitted {
            opened.loan.phase = Phase::Lapsed;
        } else if opened.is_paid() {
            refund = self.close(store, &mut opened, Phase::Repaid)?;
        }
        self.set_loan(store, id, &opened.loan)?;
        Ok((freed, refund))
    }

    /// Whether nothing more can be drawn of a loan, or should wait for it: its draws are used up, its
    /// underwriter is revoked, or it is impaired.
    fn is_undrawable(&self, store: &impl Blockstore, opened: &Opened) -> Result<bool, Error> {
        let underwriter = self.underwriter(store, opened.spec().underwriter)?;
        let used_up = opened.schedules.len() >= MAX_DRAWS;
        Ok(used_up || underwriter.is_revoked() || opened.loan.phase == Phase::Impaired)
    }

    /// Lets go of what is reserved.
    pub fn unreserve(&mut self, store: &impl Blockstore, opened: &mut Opened) -> Result<(), Error> {
        let freed = core::mem::take(&mut opened.loan.reserved);
        if freed.is_positive() {
            self.reserved -= &freed;
            self.change_underwriter(store, opened.spec().underwriter, |underwriter| {
                underwriter.outstanding -= &freed;
                Ok(())
            })?;
        }
        Ok(())
    }

    /// Whether the borrower may have income that was paid to it, by what the miner has left: the next
    /// instalment, and collateral for the debt.
    pub fn check_income(
        &self,
        store: &impl Blockstore,
        message: &Message,
        id: LoanId,
        left: &Collateral,
    ) -> Result<(), Error> {
        let opened = self.open(store, id)?;
        let needed = opened.next(message.now).map(|next| next.amount).unwrap_or_default();
        ensure!(left.available >= needed, Error::NextInstalment(needed));
        let limit = share_down(&left.value, opened.spec().max_debt)?;
        let debt = opened.debt(message.now).total();
        ensure!(debt <= limit, Error::Collateral(limit));
        Ok(())
    }

    /// Who may ask for income of a miner, and when, before anything is paid.
    pub fn allow_income(
        &self,
        store: &impl Blockstore,
        message: &Message,
        id: LoanId,
    ) -> Result<Opened, Error> {
        let opened = self.open(store, id)?;
        let spec = opened.spec();
        ensure!(!self.cold(store)?.roles.paused, Error::Paused);
        ensure!(message.caller == spec.borrower, Error::NotBorrower(message.caller));
        ensure!(spec.control == Control::Custody, Error::NotInCustody(id));
        ensure!(opened.loan.phase == Phase::Live, Error::Phase(opened.loan.phase));
        ensure!(opened.arrears(message.now).total() <= opened.loan.credit, Error::Arrears);
        Ok(opened)
    }

    /// The loan that a specification refinances.
    fn check_refinance(
        &self,
        store: &impl Blockstore,
        spec: &LoanSpec,
        old: LoanId,
    ) -> Result<Opened, Error> {
        let before = self.open(store, old)?;
        let same = before.spec().borrower == spec.borrower
            && before.spec().miner == spec.miner
            && before.spec().control == spec.control;
        let runs = before.loan.phase.runs();
        ensure!(same && runs, Error::Refinance(old));
        Ok(before)
    }

    fn hold_miner(
        &mut self,
        store: &impl Blockstore,
        miner: ActorID,
        id: LoanId,
    ) -> Result<(), Error> {
        let mut cold = self.cold(store)?;
        let mut miners = Miners::load(store, &cold.miners, &MINERS)?;
        miners.set(&miner, id)?;
        cold.miners = miners.flush()?;
        self.set_cold(store, &cold)
    }
}

impl Opened {
    /// Last epoch for draws of a loan against pledge that has something to draw.
    #[must_use]
    pub fn draws_until(&self) -> Option<ChainEpoch> {
        match (&self.spec().draws, self.terms.activated) {
            (Draws::Pledge(draws), Some(start)) if self.loan.reserved.is_positive() => {
                Some(start.saturating_add(draws.window))
            }
            _ => None,
        }
    }

    /// What was repaid of each part.
    #[must_use]
    pub fn paid(&self) -> Amounts {
        let paid = &self.loan.paid;
        Amounts {
            fees: self.loan.fees_paid.clone(),
            interest: &paid.interest + &paid.charge,
            principal: paid.principal.clone(),
        }
    }
}
