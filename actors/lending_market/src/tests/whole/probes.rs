//! What would happen, tried on a copy of the state: a store only grows, so the market is left alone.

use super::*;
use crate::pool::VIRTUAL;

impl Whole {
    /// All that only looks.
    pub fn look(&self, step: Step) -> Done {
        self.a_deposit_and_exit_gain_nothing(step.some(&self.unit));
        let ids = 1..=self.world.state.last;
        for id in ids {
            self.views_agree(id);
            self.what_is_said_to_repay_a_loan_repays_it(id);
        }
        let runs = |opened: &Opened| opened.loan.phase.runs();
        if let Some(id) = self.pick(step.of, runs) {
            self.a_payment_in_two_is_the_payment(id, step);
        }
        let page = PageParams { from: 1, limit: 10 };
        let listed = self.world.state.list_loans(&self.world.store, &page, self.world.now)?;
        assert_eq!(listed.len() as u64, self.world.state.last);
        Ok(Some("look"))
    }

    fn a_deposit_and_exit_gain_nothing(&self, amount: TokenAmount) {
        let mut state = self.world.state.clone();
        let message = Message { now: self.world.now, caller: BOB, value: amount.clone() };
        let Ok(minted) = state.deposit(&self.world.store, &message, BOB, &fil(0)) else { return };
        assert!(state.value_down(&minted.shares).unwrap() <= amount);
    }

    fn views_agree(&self, id: LoanId) {
        let World { store, state, now, .. } = &self.world;
        let info = state.loan_info(store, id).unwrap();
        let opened = state.open(store, id).unwrap();
        let rows = state.schedule(store, id).unwrap();
        assert!(rows.is_sorted_by(|a, b| a.due < b.due));
        let principal: TokenAmount = rows.iter().map(|row| &row.principal).sum();
        let interest: TokenAmount = rows.iter().map(|row| &row.interest).sum();
        let total = opened.total();
        assert_eq!((principal, interest), (info.drawn, total.interest + total.charge));
        let due = state.due(store, id, *now).unwrap();
        if opened.loan.phase.runs() {
            assert!(due.payoff.total() >= due.arrears.total());
            assert_eq!(due.arrears.total(), opened.to_collect(*now).unwrap());
            assert_eq!(due.overdue_since, self.overdue(id));
        }
        if let Some(next) = due.next {
            assert!(next.due > *now);
        }
    }

    fn what_is_said_to_repay_a_loan_repays_it(&self, id: LoanId) {
        let World { store, state, now, .. } = &self.world;
        let debt = state.due(store, id, *now).unwrap().payoff.total();
        let pay = |amount: &TokenAmount| state.clone().pay_off(store, *now, id, amount);
        if !state.open(store, id).unwrap().loan.phase.runs() {
            return;
        }
        assert_eq!(pay(&debt).unwrap().payment.phase, Phase::Repaid);
        if debt.is_positive() {
            assert_eq!(pay(&(debt - atto(1))), Err(Error::Missing(atto(1))));
        }
    }

    fn a_payment_in_two_is_the_payment(&self, id: LoanId, step: Step) {
        let World { store, now, .. } = &self.world;
        let whole = step.some(&(self.owed(id, *now) * 2_u64));
        let part = (&whole * step.part).div_floor(1_000_u64);
        let paid = |parts: &[TokenAmount]| {
            let mut state = self.world.state.clone();
            for part in parts {
                let _ = state.receive(store, *now, id, part).unwrap();
            }
            (state.open(store, id).unwrap(), state.total_assets(), state.fees)
        };
        let (one, two) =
            (paid(core::slice::from_ref(&whole)), paid(&[part.clone(), &whole - part]));
        assert_eq!((one.0, one.1), (two.0, two.1));
        // The treasury's part is rounded down each time: of fees, and of the charge.
        let off = one.2 - two.2;
        assert!(off.atto().magnitude() <= atto(2).atto().magnitude(), "{off}");
    }

    /// What of the pool is nobody's: what virtual shares are worth, rounded up.
    pub fn nobodys(&self) -> TokenAmount {
        Snapshot::of(&self.world).entry().cost_up(VIRTUAL)
    }
}
