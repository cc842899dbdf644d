//! What lenders, sponsors and the governor do.

use super::*;

impl Whole {
    pub fn deposit(&mut self, lender: ActorID, amount: TokenAmount, exits: u32) -> Done {
        let (minted, exits) = self.world.act(lender, amount.clone(), |s, store, message| {
            let minted = s.deposit(store, message, lender, &fil(0))?;
            let paid = (exits > 0).then(|| s.pay_exits(store, message.now, MARKET, exits));
            Ok((minted.shares, paid.transpose()?.unwrap_or_default()))
        })?;
        let account = self.model.accounts.entry(lender).or_default();
        account.shares += minted;
        account.deposited += &amount;
        self.flow.deposited += amount;
        self.pay(None, &exits);
        Ok(Some("deposit"))
    }

    pub fn redeem(&mut self, step: Step, wait: bool) -> Done {
        let lender = step.one_of(&LENDERS);
        let has = self.world.state.token.balance(&self.world.store, lender)?;
        let shares = step.some(&has);
        let params = RedeemParams { shares: shares.clone(), min_amount: fil(0), wait };
        let (reply, payout, exits) = self.world.act(lender, fil(0), |s, store, message| {
            let (reply, payout) = s.redeem(store, message, &params, MARKET)?;
            let exits = match reply.exit {
                Some(_) => s.pay_waiting(store, message.now, MARKET)?,
                None => Vec::new(),
            };
            Ok((reply, payout, exits))
        })?;
        if let Some(Payout { amount, .. }) = &payout {
            self.took_out(lender, &shares, amount);
        }
        self.pay(payout, &exits);
        Ok(Some(if reply.exit.is_some() { "queue" } else { "redeem" }))
    }

    pub fn cancel_exit(&mut self, step: Step) -> Done {
        let queue = &self.world.state.queue;
        let id = if step.choice.is_multiple_of(2) { queue.head } else { queue.tail };
        let exit = self.world.state.exit(&self.world.store, id)?;
        let lender = exit.map_or(ANN, |exit| exit.lender);
        let lender = if step.choice == 11 { step.one_of(&LENDERS) } else { lender };
        self.world.act(lender, fil(0), |s, store, m| s.cancel_exit(store, m, id, MARKET))?;
        Ok(Some("cancel exit"))
    }

    pub fn pay_exits(&mut self, limit: u32) -> Done {
        let exits = self
            .world
            .act(ANN, fil(0), |s, store, message| s.pay_exits(store, message.now, MARKET, limit))?;
        self.pay(None, &exits);
        Ok((!exits.is_empty()).then_some("pay exits"))
    }

    pub fn transfer(&mut self, step: Step) -> Done {
        let (from, to) = (step.one_of(&LENDERS), LENDERS[step.of % 3]);
        let has = self.world.state.token.balance(&self.world.store, from)?;
        let shares = step.some(&has);
        let value = Snapshot::of(&self.world).worth().of_up(&shares);
        self.world.act(from, fil(0), |s, store, message| {
            s.moving(store, message.now, from, Some(to), &shares)?;
            Ok(s.token.transfer(store, message.now, from, to, &shares)?)
        })?;
        for (id, sign) in [(from, -1), (to, 1)] {
            let account = self.model.accounts.entry(id).or_default();
            account.shares += &shares * sign;
            account.moved += &value * sign;
        }
        Ok(Some("transfer"))
    }

    pub fn burn(&mut self, step: Step) -> Done {
        let lender = step.one_of(&LENDERS);
        let has = self.world.state.token.balance(&self.world.store, lender)?;
        let shares = step.some(&has).div_floor(5_u64);
        self.world.act(lender, fil(0), |s, store, message| {
            s.moving(store, message.now, lender, None, &shares)?;
            Ok(s.token.burn(store, message.now, lender, &shares)?)
        })?;
        self.model.accounts.entry(lender).or_default().shares -= &shares;
        self.model.gifts = true;
        Ok(Some("burn"))
    }

    /// Asks for a stake back, or takes one that has waited.
    pub fn unstake(&mut self, step: Step, now: ChainEpoch) -> Done {
        let stakes = UNDERWRITERS.map(|u| SPONSORS.map(|s| (u, s))).concat();
        let stake = |(u, s)| self.world.state.cover(&self.world.store, u, s);
        let waited = stakes.iter().copied().find(|pair| {
            let stake = stake(*pair).unwrap();
            stake.leaving.is_positive() && stake.free_at <= now
        });
        if let Some((underwriter, sponsor)) = waited.filter(|_| step.choice > 0) {
            let payout = self
                .world
                .act(sponsor, fil(0), |s, store, m| s.withdraw_cover(store, m, underwriter))?;
            self.world.send([payout]);
            return Ok(Some("withdraw cover"));
        }
        let (underwriter, sponsor) = stakes[step.of % stakes.len()];
        let shares = step.some(&stake((underwriter, sponsor))?.shares);
        self.world
            .act(sponsor, fil(0), |s, store, m| s.unstake_cover(store, m, underwriter, &shares))?;
        Ok(Some("unstake"))
    }

    pub fn limit(&mut self, underwriter: ActorID, limits: Limits) -> Result<(), Error> {
        self.world.act(GOVERNOR, fil(0), |s, store, m| {
            s.set_underwriter(store, m.caller, underwriter, limits)
        })
    }

    pub fn underwriter(&mut self, step: Step) -> Done {
        let underwriter = UNDERWRITERS[step.of % 3];
        let ceiling = match step.choice {
            6 => fil(0),
            7 => &self.unit * 500_u64,
            _ => limits().ceiling,
        };
        let revoked = ceiling.is_zero();
        self.limit(underwriter, Limits { ceiling, ..limits() })?;
        Ok(Some(if revoked { "revoke" } else { "set underwriter" }))
    }
}
