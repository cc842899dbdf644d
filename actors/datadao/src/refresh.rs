//! What becomes of deals: every replica leaves its slot exactly once, and earns while it is there.
//!
//! The market tells of a deal whether it waits for its sector, is active, or is gone; it does not
//! say whether a deal that is gone came to its end. So a replica earns up to the last epoch at which
//! it was seen active, and comes to its end only if it is seen active from its end on: a provider
//! should have its deal refreshed before it has it settled in the market.

use alloc::vec::Vec;
use core::mem;

use fvm_ipld_blockstore::Blockstore;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::deal::DealID;
use fvm_shared::econ::TokenAmount;
use shared::deal::{Fate, Standing};

use crate::api::{Cash, Currency, DatasetId, Refreshed, Replica};
use crate::error::Error;
use crate::providers;
use crate::slots;
use crate::state::{Config, Message, RECORDS, REPLICAS, Records, Replicas, State};

/// Datasets that one RefreshDatasets can look at.
pub const MAX_REFRESHED: usize = 16;

/// A replica of which there is news.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News {
    pub replica: Replica,
    pub fate: Fate,
    /// AttoDATA that it earned its payee since the last time.
    pub earned: TokenAmount,
}

impl State {
    /// Brings the replicas of a dataset up to date with what the market says of their deals, and
    /// credits what they earned.
    pub fn refresh(
        &mut self,
        store: &impl Blockstore,
        config: &Config,
        message: &Message,
        dataset: DatasetId,
        standings: &[(DealID, Standing)],
    ) -> Result<Vec<News>, Error> {
        let mut map = Replicas::load(store, &self.replicas, &REPLICAS)?;
        let mut slots = slots::at(store, map.get(&dataset)?)?;
        let mut records = Records::load(store, &self.records, &RECORDS)?;
        let (mut news, mut credits) = (Vec::new(), Vec::new());
        let (mut earned, mut slashed) = (TokenAmount::default(), TokenAmount::default());
        for mut replica in mem::take(&mut slots.replicas) {
            let standing = standings.iter().find(|(deal, _)| *deal == replica.deal);
            let before = replica.paid.clone();
            let fate = standing.map(|(_, standing)| replica.meet(*standing, message.now));
            let Some(fate) = fate.transpose()?.flatten() else {
                slots.replicas.push(replica);
                continue;
            };
            let pay = &replica.paid - before;
            credits.push((replica.payee, Cash::of(Currency::Data, pay.clone())));
            earned += &pay;
            self.promised -= &pay;
            if fate.is_end() {
                self.promised -= replica.outstanding();
                let until = message.now.saturating_add(config.rules.rewards.cooldown);
                providers::change(&mut records, replica.provider, |record| {
                    if fate.is_failure() {
                        record.slash(&replica);
                        record.bar(until);
                    } else {
                        record.unlock(&replica);
                    }
                    Ok(())
                })?;
                if fate.is_failure() {
                    slashed += &replica.at_risk;
                    providers::change(&mut records, replica.owner, |record| {
                        record.bar(until);
                        Ok(())
                    })?;
                    if replica.paid.is_positive() {
                        slots.drop_out(&replica, message.now);
                    }
                }
            } else {
                slots.replicas.push(replica.clone());
            }
            news.push(News { replica, fate, earned: pay });
        }
        if news.is_empty() {
            return Ok(news);
        }
        slots::set(store, &mut map, dataset, &slots)?;
        self.replicas = map.flush()?;
        self.records = records.flush()?;
        if earned.is_positive() || slashed.is_positive() {
            self.mint(store, message.now, message.dao, &earned)?;
            let mut cold = self.cold(store)?;
            cold.books.take_in(Currency::Data, &earned);
            cold.books.credit(store, &credits)?;
            cold.books.to_treasury(Currency::Data, &slashed);
            self.set_cold(store, &cold)?;
        }
        Ok(news)
    }
}

impl Replica {
    /// Takes in what the market says of the deal; `None` where nothing is new.
    fn meet(&mut self, standing: Standing, now: ChainEpoch) -> Result<Option<Fate>, Error> {
        let seen = self.activated.is_some();
        let fate = standing.fate(self.start_epoch, self.end_epoch, seen, now);
        let Standing::Active(epoch) = standing else { return Ok(fate) };
        self.activated = Some(epoch);
        let earned = self.earned(epoch, now)?;
        let more = earned > self.paid;
        self.paid = earned;
        Ok(fate.filter(|fate| *fate != Fate::Kept || more))
    }
}

impl Refreshed {
    /// Sums up the news of a dataset.
    #[must_use]
    pub fn of(news: &[News]) -> Self {
        let mut sum = Refreshed::default();
        for News { fate, earned, .. } in news {
            sum.earned += earned;
            let count = match fate {
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
