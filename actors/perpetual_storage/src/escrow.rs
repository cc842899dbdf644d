//! Escrow in the market, out of which it pays providers the prices of their deals.
//!
//! The market knows one escrow of the storage, each perpetual deal its own part of it: as much as the
//! open ads can cost through the market, and what storage deals lock. Nothing is paid from another's
//! part, as no proposal is taken on that costs more than its ad has set aside.

use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use shared::deal::Standing;
use shared::ensure;

use crate::api::{Ad, Replica};
use crate::error::Error;
use crate::perpetual::Perpetual;
use crate::refresh::Findings;
use crate::state::State;

/// What has to be moved for the escrow to be what the books say.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum ToEscrow {
    Nothing,
    Add(TokenAmount),
    Withdraw(TokenAmount),
}

impl Ad {
    /// What a deal for the ad may cost through the market.
    #[must_use]
    pub fn max_total_price(&self) -> TokenAmount {
        &self.max_price_per_epoch * self.duration
    }
}

impl Replica {
    /// What the deal has locked of the escrow.
    #[must_use]
    pub fn locked(&self) -> TokenAmount {
        &self.price_per_epoch * self.end_epoch.saturating_sub(self.start_epoch)
    }

    /// What of it may come back, at the most: the market has paid for the epochs for which the deal was
    /// seen active.
    #[must_use]
    pub fn refundable(&self) -> TokenAmount {
        self.price_from(self.active.map_or(self.start_epoch, |active| active.seen))
    }

    /// What of it has come back at the least and at the most, now that the deal is over.
    pub(crate) fn refund(&self, standing: Standing, now: ChainEpoch) -> (TokenAmount, TokenAmount) {
        match standing {
            // The market has just been made to settle it, or to time it out.
            Standing::Active(_) => Default::default(),
            Standing::Waiting => (self.locked(), self.locked()),
            Standing::Gone => (self.price_from(now), self.refundable()),
        }
    }

    /// What the deal costs from an epoch on.
    fn price_from(&self, epoch: ChainEpoch) -> TokenAmount {
        let from = epoch.max(self.start_epoch);
        &self.price_per_epoch * self.end_epoch.saturating_sub(from).max(0)
    }
}

impl Perpetual {
    /// Escrow that its open ads need.
    #[must_use]
    pub fn escrow_wanted(&self) -> TokenAmount {
        self.ads.iter().map(Ad::max_total_price).sum()
    }
}

impl State {
    /// Takes back what the market refunded for a deal that is over, and books the rest as spent.
    ///
    /// The market says what has come in for all deals, not for which: those that ended early and have
    /// not been refreshed yet have their parts in it. So a deal gets what nobody else can have a claim
    /// to, but no less than what it would have cost from now on, which surely has come in for it.
    ///
    /// Where less has come in than that, the market has locked the price of a deal that it has not told
    /// of yet, in the middle of a publish: this must wait.
    pub fn take_refund(
        &mut self,
        perpetual: &mut Perpetual,
        replica: &Replica,
        findings: &Findings,
        now: ChainEpoch,
    ) -> Result<(), Error> {
        let standing = findings.of(replica.deal).unwrap_or(Standing::Gone);
        let (least, most) = replica.refund(standing, now);
        let refund = match &findings.unlocked {
            Some(unlocked) => {
                let come_in = unlocked - &self.escrow;
                ensure!(come_in >= least, Error::Escrow);
                (come_in - &self.refundable).clamp(least, most)
            }
            None => least,
        };
        perpetual.spent += replica.locked() - &refund;
        perpetual.escrow += &refund;
        self.escrow += refund;
        Ok(())
    }

    /// Brings the escrow of a perpetual deal to what its ads need: what is too much goes to its
    /// purse. What was too little has been set aside when the ads were opened.
    pub fn settle_escrow(&mut self, perpetual: &mut Perpetual) -> ToEscrow {
        let surplus = &perpetual.escrow - perpetual.escrow_wanted();
        perpetual.escrow -= &surplus;
        perpetual.purse += &surplus;
        self.escrow -= &surplus;
        self.booked += &surplus;
        if surplus.is_positive() {
            ToEscrow::Withdraw(surplus)
        } else if surplus.is_negative() {
            ToEscrow::Add(-surplus)
        } else {
            ToEscrow::Nothing
        }
    }
}
