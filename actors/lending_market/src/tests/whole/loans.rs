//! What becomes of loans.

use super::*;

impl Whole {
    pub fn submit(&mut self, step: Step) -> Done {
        if self.world.state.last >= MAX_LOANS {
            return Ok(None);
        }
        let rules = self.world.state.rules(&self.world.store)?;
        let mut spec = step.spec(
            &self.unit,
            &self.world.state.free_cash(),
            rules.impair_after,
            self.world.now,
        );
        spec.nonce = if step.of == 7 { self.nonce } else { self.nonce + 1 };
        self.nonce += 1;
        if step.choice == 11 {
            spec.chain_id += 1;
        }
        if let Some(id) =
            self.pick(step.of, |o| o.loan.phase.runs()).filter(|_| step.of.is_multiple_of(3))
        {
            let old = self.last.loans[&id].spec();
            (spec.borrower, spec.miner, spec.refinances) = (old.borrower, old.miner, Some(id));
            spec.draws = Draws::Whole;
        }
        let approved = step.choice == 10;
        let hash = hash(&spec);
        self.world.act(spec.borrower, fil(0), |s, store, message| {
            if approved {
                s.approve_spec(store, spec.underwriter, &hash)?;
            }
            let id = s.submit(store, message, HERE, spec.clone(), hash.clone(), !approved)?;
            s.set_agent(store, id, AGENTS + id)
        })?;
        Ok(Some(if approved { "approve" } else { "submit" }))
    }

    pub fn activate(&mut self, id: LoanId, step: Step) -> Done {
        let spec = self.world.state.open(&self.world.store, id)?.spec().clone();
        let value = &spec.amount * [1_u64, 2, 10, 10][step.choice % 4];
        let collateral = Collateral::new(value, fil(0), fil(0), fil(0));
        let started = self.world.act(spec.borrower, fil(0), |s, store, message| {
            s.activate(store, message, id, &collateral)
        })?;
        let refinanced = started.refinanced.as_ref();
        let refund = refinanced.and_then(|(_, receipt)| receipt.refund.clone());
        if let Some((old, receipt)) = refinanced {
            self.booked(*old, receipt);
        }
        self.pay(refund.into_iter().chain(started.payout), &[]);
        Ok(Some(if started.refinanced.is_some() { "refinance" } else { "activate" }))
    }

    pub fn draw(&mut self, step: Step) -> Done {
        let id = self.any(step.of, |opened| opened.draws_until().is_some());
        let opened = self.world.state.open(&self.world.store, id)?;
        let amount = step.some(&opened.loan.reserved).min(opened.loan.reserved.div_ceil(2_u64));
        let pledge = &opened.terms.pledge + opened.drawn() * u64::from(!step.of.is_multiple_of(5));
        let collateral = Collateral::new(&opened.spec().amount * 3_u64, fil(0), pledge, fil(0));
        let payout = self.world.act(opened.spec().borrower, fil(0), |s, store, message| {
            s.draw(store, message, id, &amount, &collateral)
        })?;
        self.world.send([payout]);
        Ok(Some("draw"))
    }

    pub fn free_reserve(&mut self, id: LoanId, by_borrower: bool) -> Done {
        let borrower = self.world.state.open(&self.world.store, id)?.spec().borrower;
        let by = if by_borrower { borrower } else { ANN };
        let (refund, exits) = self.world.act(by, fil(0), |s, store, message| {
            let (_, refund) = s.free_reserve(store, message, id)?;
            Ok((refund, s.pay_waiting(store, message.now, MARKET)?))
        })?;
        if let Some(refund) = &refund {
            self.model.loans.entry(id).or_default().refunded += &refund.amount;
        }
        self.pay(refund, &exits);
        Ok(Some("free reserve"))
    }

    /// What is to be collected of a loan, or what its next instalment comes to where nothing is due.
    pub fn owed(&self, id: LoanId, now: ChainEpoch) -> TokenAmount {
        let Some(opened) = self.last.loans.get(&id) else { return fil(1) };
        let due = opened.to_collect(now).unwrap_or_default();
        let next = opened.next(now).map_or(fil(1), |next| next.amount);
        if due.is_zero() { next } else { due }
    }

    pub fn receive(&mut self, id: LoanId, amount: TokenAmount, market: &Snapshot) -> Done {
        let owed = self.world.state.open(&self.world.store, id)?.to_collect(self.world.now);
        let (receipt, exits) = self.world.act(BORROWER, amount.clone(), |s, store, message| {
            let receipt = s.receive(store, message.now, id, &amount)?;
            Ok((receipt, s.pay_waiting(store, message.now, MARKET)?))
        })?;
        self.booked(id, &receipt);
        self.pay(receipt.refund.clone(), &exits);
        let left = self.world.state.open(&self.world.store, id)?.to_collect(self.world.now)?;
        assert_eq!(left, (owed? - &amount).max(fil(0)), "more or less was paid of what was due");
        if receipt.payment.credit.is_positive() {
            self.count("credit");
        }
        let was = market.loans[&id].loan.phase;
        Ok(Some(match (was, receipt.payment.phase) {
            (Phase::Live | Phase::Impaired, Phase::Repaid) => "repaid",
            (Phase::Impaired, Phase::Live) => "restore",
            (Phase::Defaulted, Phase::Recovered) => "recovered",
            (Phase::Defaulted, _) => "recover",
            _ => "receive",
        }))
    }

    pub fn booked(&mut self, id: LoanId, receipt: &crate::payments::Receipt) {
        let Payment { received, refunded, .. } = &receipt.payment;
        assert_eq!(receipt.refund.as_ref().map_or(fil(0), |r| r.amount.clone()), *refunded);
        let ledger = self.model.loans.entry(id).or_default();
        ledger.received += received;
        ledger.refunded += refunded;
    }

    pub fn pay_off(&mut self, step: Step) -> Done {
        let id = self.any(step.of, |opened| opened.loan.phase.runs());
        let debt = self.world.state.due(&self.world.store, id, self.world.now)?.payoff.total();
        self.pay_off_with(id, step.some(&debt))
    }

    pub fn pay_off_with(&mut self, id: LoanId, amount: TokenAmount) -> Done {
        let (receipt, exits) = self.world.act(BORROWER, amount.clone(), |s, store, message| {
            let receipt = s.pay_off(store, message.now, id, &amount)?;
            Ok((receipt, s.pay_waiting(store, message.now, MARKET)?))
        })?;
        self.booked(id, &receipt);
        self.pay(receipt.refund.clone(), &exits);
        Ok(Some("pay off"))
    }

    /// When the oldest instalment was due that is not covered, by the rows that anyone can ask for.
    pub fn overdue(&self, id: LoanId) -> Option<ChainEpoch> {
        let World { store, state, now, .. } = &self.world;
        let opened = state.open(store, id).ok()?;
        let mut covered = opened.loan.paid.total() + opened.loan.credit;
        for row in state.schedule(store, id).unwrap() {
            covered -= row.principal + row.interest;
            if covered.is_negative() {
                return (row.due <= *now).then_some(row.due);
            }
        }
        None
    }

    pub fn impair(&mut self, id: LoanId) -> Done {
        let after = self.world.state.rules(&self.world.store)?.impair_after;
        let late = self.overdue(id).is_some_and(|due| self.world.now > due + after);
        let live = self.last.loans.get(&id).is_some_and(|o| o.loan.phase == Phase::Live);
        let impaired = self.world.impair(id);
        assert_eq!(impaired.is_ok(), late && live, "{impaired:?}");
        impaired.map(|()| Some("impair"))
    }

    pub fn write_off(&mut self, id: LoanId) -> Done {
        let grace = self.last.loans.get(&id).map_or(0, |opened| opened.spec().grace);
        let late = self.overdue(id).is_some_and(|due| self.world.now > due + grace);
        let runs = self.last.loans.get(&id).is_some_and(|o| o.loan.phase.runs());
        let written = self.world.write_off(id);
        assert_eq!(written.is_ok(), late && runs, "{written:?}");
        written?;
        let opened = self.world.state.open(&self.world.store, id)?;
        let debt = opened.debt(self.world.now).total();
        let ledger = self.model.loans.entry(id).or_default();
        assert_eq!(ledger.defaulted.replace(debt), None, "in default twice");
        Ok(Some("write off"))
    }
}
