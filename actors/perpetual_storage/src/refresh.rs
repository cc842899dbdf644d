//! What becomes of perpetual deals: storage deals earn and end, ads are opened for what is missing,
//! and what has expired is closed.
//!
//! The market tells of a deal whether it waits for its sector, is active, or is gone; it does not
//! say whether a deal that is gone came to its end. So a deal earns up to the last epoch at which it
//! was seen active, and comes to its end only if it is seen active on its last day or from its end on:
//! a provider should have its deal refreshed then.

use alloc::vec::Vec;
use core::mem;
use core::ops::RangeInclusive;

use fvm_ipld_blockstore::Blockstore;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::deal::DealID;
use fvm_shared::econ::TokenAmount;
use num_traits::Zero;
use shared::deal::{Fate, Standing};
use shared::math::vested_down;
use shared::page::MAX_PAGE;

use crate::ads::Reach;
use crate::api::{Activity, Funds, PageParams, PerpetualDealId, Refreshed, Replica, Terms};
use crate::error::Error;
use crate::escrow::ToEscrow;
use crate::funds::Accounts;
use crate::perpetual::Perpetual;
use crate::policy::DAY;
use crate::providers::book;
use crate::state::{RECORDS, Records, State};

/// Perpetual deals that one Refresh can look at.
pub const MAX_REFRESHED: usize = 16;

/// Epochs before its end from which on a deal that was seen active counts as seen at its end, where the
/// market has forgotten it since.
pub const CLOSING: ChainEpoch = DAY;

/// What the market says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    pub standings: Vec<(DealID, Standing)>,
    /// What of the storage's escrow is not locked, where it was asked.
    pub unlocked: Option<TokenAmount>,
}

/// A storage deal of which there is news.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News {
    pub replica: Replica,
    pub fate: Fate,
    /// Whether it has been seen active for the first time.
    pub first_seen: bool,
    /// AttoFIL that its provider is to be paid.
    pub earned: TokenAmount,
}

/// What a refresh did, and what the actor has to do for it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Work {
    pub sum: Refreshed,
    pub news: Vec<News>,
    pub to_escrow: ToEscrow,
}

impl Findings {
    /// How a deal stands.
    #[must_use]
    pub fn of(&self, deal: DealID) -> Option<Standing> {
        self.standings.iter().find(|(id, _)| *id == deal).map(|(_, standing)| *standing)
    }
}

impl News {
    /// Steps that a keeper has a tip for.
    fn steps(&self) -> u64 {
        u64::from(self.first_seen).saturating_add(u64::from(self.fate.is_end()))
    }
}

impl Replica {
    /// What is set aside of the storage's balance: what of the bounty is not paid yet, and the tips.
    #[must_use]
    pub fn reserve(&self, tip: &TokenAmount) -> TokenAmount {
        let steps = if self.active.is_some() { 1_u64 } else { 2 };
        &self.bounty - &self.paid + tip * steps
    }

    /// AttoFIL that the deal has earned by an epoch at which it is active since another: what was due
    /// for the publish, and of the rest as much, rounded down, as the epochs since are of those to its
    /// end. None counts before the end of the deal that it renews.
    pub fn earned_down(&self, since: ChainEpoch, now: ChainEpoch) -> Result<TokenAmount, Error> {
        let rest = &self.bounty - &self.on_publish;
        let vested = vested_down(&rest, since.max(self.from), self.end_epoch, now)?;
        Ok(&self.on_publish + vested)
    }

    /// Takes in what the market says of the deal; `None` where nothing is new.
    fn meet(&mut self, standing: Standing, now: ChainEpoch) -> Result<Option<News>, Error> {
        let first_seen = self.active.is_none() && matches!(standing, Standing::Active(_));
        let seen = self.active.is_some();
        let Some(fate) = standing.fate(self.start_epoch, self.end_epoch, seen, now) else {
            return Ok(None);
        };
        let mut earned = TokenAmount::zero();
        if let Standing::Active(since) = standing {
            earned = self.earned_down(since, now)? - &self.paid;
            let told = self.price_per_epoch.is_positive() || self.is_closing(now);
            if fate == Fate::Kept && earned.is_zero() && !told {
                return Ok(None);
            }
            self.active = Some(Activity { since, seen: now });
        }
        let closing = self.active.is_some_and(|active| self.is_closing(active.seen));
        let fate = match fate {
            // Else whoever has it settled first would keep its provider from its due.
            Fate::Unseen if closing => {
                earned = &self.bounty - &self.paid;
                Fate::Completed
            }
            fate => fate,
        };
        self.paid += &earned;
        Ok(Some(News { replica: self.clone(), fate, first_seen, earned }))
    }

    /// Whether a deal that is active at an epoch is as good as at its end.
    fn is_closing(&self, epoch: ChainEpoch) -> bool {
        epoch >= self.end_epoch.saturating_sub(CLOSING)
    }
}

impl Perpetual {
    /// Takes in what the market says of its deals. Those that are over leave, and with them what they
    /// did not earn.
    fn meet(
        &mut self,
        findings: &Findings,
        tip: &TokenAmount,
        now: ChainEpoch,
    ) -> Result<Vec<News>, Error> {
        let mut news = Vec::new();
        for mut replica in mem::take(&mut self.replicas) {
            let standing = findings.of(replica.deal);
            let found = standing.map(|standing| replica.meet(standing, now)).transpose()?;
            let Some(item) = found.flatten() else {
                self.replicas.push(replica);
                continue;
            };
            self.spent += &item.earned + tip * item.steps();
            if item.fate.is_end() {
                self.purse += replica.reserve(tip) - tip;
                if standing == Some(Standing::Waiting) && replica.verified {
                    let used = self.datacap_used.checked_sub(self.piece_size);
                    self.datacap_used = used.ok_or(shared::Error::Overflow("the DataCap used"))?;
                }
            } else {
                self.replicas.push(replica);
            }
            news.push(item);
        }
        for over in news.iter().filter(|item| item.fate.is_end()) {
            let renews = self.ads.iter_mut().map(|ad| &mut ad.renews);
            let renews = renews.chain(self.replicas.iter_mut().map(|replica| &mut replica.renews));
            for link in renews.filter(|link| **link == Some(over.replica.deal)) {
                *link = None;
            }
        }
        Ok(news)
    }
}

impl State {
    /// The storage deals of a perpetual deal; none of one that is over.
    pub fn replicas(
        &self,
        store: &impl Blockstore,
        id: PerpetualDealId,
    ) -> Result<Vec<Replica>, Error> {
        Ok(self.find(store, id)?.map(|perpetual| perpetual.replicas).unwrap_or_default())
    }

    /// The numbers of a page.
    pub fn numbers(&self, page: &PageParams) -> Result<RangeInclusive<PerpetualDealId>, Error> {
        page.numbers(self.last).ok_or(Error::Page(MAX_PAGE))
    }

    /// Brings a perpetual deal up to date with what the market says. For one that is over there is
    /// nothing to do.
    pub fn refresh(
        &mut self,
        store: &impl Blockstore,
        now: ChainEpoch,
        id: PerpetualDealId,
        findings: &Findings,
    ) -> Result<Work, Error> {
        let mut work =
            Work { sum: Refreshed::default(), news: Vec::new(), to_escrow: ToEscrow::Nothing };
        let Some(mut perpetual) = self.find(store, id)? else { return Ok(work) };
        let before = perpetual.clone();
        let terms = perpetual.spec(store)?.terms;
        let mut cold = self.cold(store)?;
        let mut accounts = Accounts::load(store, &cold.accounts)?;
        let mut funds = accounts.get(perpetual.uploader)?;

        work.news = perpetual.meet(findings, &self.rules.tip, now)?;
        work.sum = Refreshed::of(&work.news, &self.rules.tip);
        let over = work.news.iter().filter(|item| item.fate.is_end()).map(|item| &item.replica);
        self.refundable += refundable(perpetual.replicas.iter().chain(over));
        self.refundable -= refundable(before.replicas.iter());
        self.end_deals(store, &mut perpetual, &work.news, findings, now)?;
        self.tend_ads(id, &terms, &mut perpetual, &mut funds, &mut work.sum, now)?;
        work.to_escrow = self.settle_escrow(&mut perpetual);
        perpetual.sweep(&mut funds);
        if perpetual == before {
            return Ok(work);
        }
        self.booked -= &work.sum.paid + &work.sum.tip;
        accounts.set(perpetual.uploader, &funds)?;
        self.set_perpetual(store, &mut accounts, id, &perpetual)?;
        cold.accounts = accounts.flush()?;
        self.set_cold(store, &cold)?;
        Ok(work)
    }

    /// Books how deals ended, and what the market refunded for them.
    fn end_deals(
        &mut self,
        store: &impl Blockstore,
        perpetual: &mut Perpetual,
        news: &[News],
        findings: &Findings,
        now: ChainEpoch,
    ) -> Result<(), Error> {
        let mut records = Records::load(store, &self.records, &RECORDS)?;
        let until = now.saturating_add(self.rules.cooldown);
        for item in news.iter().filter(|item| item.fate.is_end()) {
            let News { replica, fate, .. } = item;
            book(&mut records, (replica.provider, replica.owner), *fate, until)?;
            self.refundable -= replica.refundable();
            self.take_refund(perpetual, replica, findings, now)?;
        }
        self.records = records.flush()?;
        Ok(())
    }

    /// Closes a perpetual deal that has expired, and opens the ads that one lacks which has not.
    fn tend_ads(
        &self,
        id: PerpetualDealId,
        terms: &Terms,
        perpetual: &mut Perpetual,
        funds: &mut Funds,
        sum: &mut Refreshed,
        now: ChainEpoch,
    ) -> Result<(), Error> {
        let rules = &self.rules;
        if perpetual.closed {
            return Ok(());
        }
        if terms.expiry.is_some_and(|expiry| expiry <= now) {
            perpetual.close(&rules.tip);
            sum.expired = true;
            if perpetual.reach(funds) >= rules.tip {
                perpetual.purse -= &rules.tip;
                perpetual.draw(funds);
                perpetual.spent += &rules.tip;
                sum.tip += &rules.tip;
            }
        } else {
            sum.opened = perpetual.open_ads(id, terms, rules, funds, now, Reach::Tipped)?;
            sum.tip += &rules.tip * sum.opened;
        }
        Ok(())
    }
}

fn refundable<'r>(replicas: impl Iterator<Item = &'r Replica>) -> TokenAmount {
    replicas.map(Replica::refundable).sum()
}

impl Refreshed {
    /// Whether anything was done but to pay what was earned.
    #[must_use]
    pub fn has_steps(&self) -> bool {
        let Refreshed { activated, missed, completed, terminated, unseen, opened, .. } = self;
        let steps = [activated, missed, completed, terminated, unseen, opened];
        self.expired || steps.into_iter().any(|number| *number > 0)
    }

    /// Sums up the news of a perpetual deal.
    #[must_use]
    fn of(news: &[News], tip: &TokenAmount) -> Self {
        let mut sum = Refreshed::default();
        for item in news {
            sum.paid += &item.earned;
            sum.tip += tip * item.steps();
            let count = match item.fate {
                Fate::Activated => &mut sum.activated,
                Fate::Kept => continue,
                Fate::Missed => &mut sum.missed,
                Fate::Completed => &mut sum.completed,
                Fate::Terminated => &mut sum.terminated,
                Fate::Unseen => &mut sum.unseen,
            };
            *count = count.saturating_add(1);
        }
        sum
    }
}
