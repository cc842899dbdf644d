//! A small model of the market, which tells the truth.

use alloc::collections::BTreeMap;

use super::*;

/// What the market knows of a deal.
#[derive(Clone, Debug)]
pub struct MarketDeal {
    pub of: PerpetualDealId,
    pub provider: ActorID,
    pub start: ChainEpoch,
    pub end: ChainEpoch,
    pub price: i64,
    pub collateral: TokenAmount,
    pub standing: Standing,
    /// When its sector will be proven, if ever.
    pub proves: Option<ChainEpoch>,
    /// Epoch up to which its price has been paid.
    pub settled: ChainEpoch,
    pub bounty: TokenAmount,
    /// What the storage paid for it: to the provider, and tips for its steps.
    pub paid: TokenAmount,
    pub steps: u64,
}

/// What is unlocked and locked of the storage's escrow, and every deal that was published.
#[derive(Clone, Debug, Default)]
pub struct Market {
    pub unlocked: TokenAmount,
    pub locked: TokenAmount,
    pub deals: BTreeMap<DealID, MarketDeal>,
    pub burnt: BTreeMap<DealID, TokenAmount>,
}

impl Market {
    /// What is due of a deal up to an epoch leaves the escrow; where it is over the rest is unlocked.
    fn pay(&mut self, id: DealID, until: ChainEpoch, over: bool) {
        let deal = self.deals.get_mut(&id).unwrap();
        let until = until.clamp(deal.settled, deal.end);
        self.locked -= atto(deal.price * (until - deal.settled));
        deal.settled = until;
        if over {
            let rest = atto(deal.price * (deal.end - until));
            self.locked -= &rest;
            self.unlocked += rest;
            deal.standing = Standing::Gone;
        }
    }

    /// SettleDealPayments: anyone may have it done.
    pub fn settle(&mut self, id: DealID, now: ChainEpoch) {
        let deal = &self.deals[&id];
        match deal.standing {
            Standing::Waiting if now >= deal.start => self.fail(id, deal.start),
            Standing::Active(_) => self.pay(id, now, now >= deal.end),
            _ => {}
        }
    }

    /// The provider terminates the deal, if it is active.
    pub fn terminate(&mut self, id: DealID, now: ChainEpoch) -> bool {
        let deal = &self.deals[&id];
        let active = matches!(deal.standing, Standing::Active(_)) && now < deal.end;
        if active {
            self.fail(id, now);
        }
        active
    }

    /// Never proven, or terminated: the provider's collateral is burnt.
    fn fail(&mut self, id: DealID, paid_until: ChainEpoch) {
        let burnt = self.deals[&id].collateral.clone();
        assert!(self.burnt.insert(id, burnt).is_none());
        self.pay(id, paid_until, true);
    }

    pub fn pass(&mut self, now: ChainEpoch) {
        for deal in self.deals.values_mut() {
            if let (Standing::Waiting, Some(proves)) = (deal.standing, deal.proves)
                && proves <= now
            {
                deal.standing = Standing::Active(proves);
            }
        }
    }
}
