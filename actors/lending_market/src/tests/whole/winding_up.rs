//! The end: all loans are repaid or written off, and everybody leaves.

use super::*;
use crate::cover::WITHDRAWAL_WINDOW;
use crate::exits::MAX_PAID;
use crate::pool::VIRTUAL;

impl Whole {
    /// Winds up the market and checks what is left of the FIL that came in. Of the pool that is no more
    /// than what its virtual shares were worth when everybody began to leave, with an attoFIL for
    /// each exit that was rounded, and shares that are worth nothing; and the same of each cover.
    pub fn wind_up(&mut self) {
        self.world
            .act(GOVERNOR, fil(0), |s, store, m| s.govern(store, m.caller, |r| r.paused = false))
            .unwrap();
        self.wait(2_000 * DAY);
        for id in 1..=self.world.state.last {
            self.end_loan(id);
        }
        self.wait(10 * DAY);
        let market = &self.last.state;
        assert_eq!(market.total_assets(), market.cash);
        assert_eq!((&market.reserved, &market.performing.rate), (&fil(0), &fil(0)));
        self.everybody_leaves();
        self.covers_leave();
        let payout = self.world.act(ANN, fil(0), |s, store, _| s.pay_treasury(store)).unwrap();
        self.world.send([payout]);
        assert_eq!(self.world.state.fees, fil(0));
    }

    fn wait(&mut self, epochs: ChainEpoch) {
        self.world.now += epochs;
        let now = Snapshot::of(&self.world);
        self.model.passed(&self.last, &now);
        self.model.check_books(&now);
        self.last = now;
    }

    /// Runs a rule with all checks around it.
    fn checked(&mut self, rule: impl FnOnce(&mut Self) -> Done) {
        let before = Snapshot::of(&self.world);
        self.flow = Flow::default();
        rule(self).unwrap();
        self.compare(&before);
    }

    fn end_loan(&mut self, id: LoanId) {
        let opened = self.last.loans[&id].clone();
        if opened.loan.reserved.is_positive() {
            self.checked(|whole| whole.free_reserve(id, false));
        }
        let phase = self.last.loans[&id].loan.phase;
        if id.is_multiple_of(2) && phase.runs() && self.overdue(id).is_some() {
            self.checked(|whole| whole.write_off(id));
        } else if phase.runs() {
            let debt = self.world.due(id).payoff.total();
            self.checked(|whole| whole.pay_off_with(id, debt));
        }
        let opened = self.last.loans[&id].clone();
        if opened.loan.phase == Phase::Defaulted {
            let debt = opened.to_collect(self.world.now).unwrap();
            let part = if id.is_multiple_of(4) { debt } else { debt.div_floor(2_u64) };
            let market = self.last.clone();
            self.checked(|whole| whole.receive(id, part, &market));
        }
        let opened = &self.last.loans[&id];
        assert_eq!(opened.loan.credit, fil(0));
        assert!(opened.loan.phase.is_over() || opened.loan.phase == Phase::Defaulted);
    }

    fn everybody_leaves(&mut self) {
        let mut allowed = self.nobodys().max(atto(VIRTUAL.into()));
        while !self.world.state.queue.is_empty() {
            let before = self.world.state.queue.shares.clone();
            self.checked(|whole| whole.pay_exits(MAX_PAID));
            allowed += atto(MAX_PAID.into());
            if self.world.state.queue.shares == before {
                break;
            }
        }
        for lender in LENDERS {
            allowed += atto(2);
            let market = Snapshot::of(&self.world);
            let has = market.state.token.balance(&self.world.store, lender).unwrap();
            // Where the pool has lost, all of its shares come to more than there is, by a part of the
            // virtual assets.
            let for_all = market.state.shares_for_down(&market.state.cash).unwrap();
            let shares = has.min(for_all);
            let value = market.state.value_down(&shares).unwrap();
            if value.is_positive() && self.world.state.queue.is_empty() {
                self.checked(|whole| {
                    let params = RedeemParams {
                        shares: shares.clone(),
                        min_amount: value.clone(),
                        wait: false,
                    };
                    let (_, payout) = whole.world.act(lender, fil(0), |s, store, message| {
                        s.redeem(store, message, &params, MARKET)
                    })?;
                    whole.took_out(lender, &shares, &value);
                    whole.world.send(payout);
                    Ok(Some("redeem"))
                });
            }
        }
        let left = &self.world.state.cash + atto(VIRTUAL.into());
        assert!(left <= allowed, "{left} are left in the pool, not {allowed}");
    }

    fn covers_leave(&mut self) {
        let stakes = UNDERWRITERS.map(|u| SPONSORS.map(|s| (u, s))).concat();
        let allowed: Vec<TokenAmount> = UNDERWRITERS
            .map(|id| {
                let known = self.world.state.underwriter(&self.world.store, id).unwrap();
                assert_eq!(known.outstanding, fil(0));
                let (cover, shares) =
                    (known.cover.atto() + VIRTUAL, known.cover_shares.atto() + VIRTUAL);
                TokenAmount::from_atto(cover * VIRTUAL).div_ceil(shares).max(atto(VIRTUAL.into()))
                    + atto(2)
            })
            .into();
        for (underwriter, sponsor) in &stakes {
            let shares =
                self.world.state.cover(&self.world.store, *underwriter, *sponsor).unwrap().shares;
            if shares.is_positive() {
                self.world
                    .act(*sponsor, fil(0), |s, store, m| {
                        s.unstake_cover(store, m, *underwriter, &shares)
                    })
                    .unwrap();
            }
        }
        self.wait(WITHDRAWAL_WINDOW);
        for (underwriter, sponsor) in &stakes {
            let info = self.world.state.cover(&self.world.store, *underwriter, *sponsor).unwrap();
            if info.shares.is_positive() {
                let payout = self
                    .world
                    .act(*sponsor, fil(0), |s, store, m| s.withdraw_cover(store, m, *underwriter))
                    .unwrap();
                self.world.send([payout]);
            }
        }
        let mut held = fil(0);
        for (id, allowed) in UNDERWRITERS.iter().zip(allowed) {
            let known = self.world.state.underwriter(&self.world.store, *id).unwrap();
            assert_eq!(known.cover_shares, fil(0));
            assert!(
                &known.cover + atto(VIRTUAL.into()) <= allowed,
                "{} of cover left",
                known.cover
            );
            held += known.cover;
        }
        assert_eq!(self.world.state.held, held);
    }
}
