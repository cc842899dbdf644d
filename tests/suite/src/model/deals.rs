//! What the model knows of the storage market: the deals of both clients, and how each stands.

use actor_datadao::error::Error as DaoError;
use actor_perpetual_storage::error::Error as StorageError;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::error::ExitCode;

use super::dao::{REWARD, Replica};
use super::owners::BONUS;
use super::reference::{Model, Verdict, check};
use super::step::{DealStep, Flaw};
use super::storage::Head;
use crate::setup::DAY;
use fvm_harness::fil;

/// Epochs from the publish to the start, and those of a deal of the DAO and of a perpetual deal.
pub const START: ChainEpoch = 2 * DAY;
pub const LASTS: ChainEpoch = 180 * DAY;
pub const KEPT: ChainEpoch = 200 * DAY;
/// Epochs that it takes to seal a sector, and for which a deadline is closed for changes.
pub const SEALING: ChainEpoch = 151;
pub const CLOSED: ChainEpoch = 121;
const COOLDOWN: ChainEpoch = 7 * DAY;
/// How a miner fails whose sector the market takes no deal for.
const NOTICE_REJECTED: ExitCode = ExitCode::new(1_004);
const PER_OWNER: usize = 2;

/// How the market says that a deal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Waiting,
    Active,
    Gone,
}

#[derive(Clone, Debug)]
pub struct Deal {
    pub miner: usize,
    pub start: ChainEpoch,
    pub end: ChainEpoch,
    pub standing: Standing,
}

/// All deals that were made, in order.
#[derive(Clone, Debug, Default)]
pub struct Deals(pub Vec<Deal>);

/// What a client learns of a deal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    None,
    Active,
    Failed,
    Over,
}

impl Deals {
    /// Cron drops what was not proven in time, within a day.
    pub fn pass(&mut self, now: ChainEpoch) {
        for deal in &mut self.0 {
            if deal.standing == Standing::Waiting && deal.start + DAY < now {
                deal.standing = Standing::Gone;
            }
        }
    }

    fn publish(&mut self, miner: usize, now: ChainEpoch, lasts: ChainEpoch) -> usize {
        let (start, standing) = (now + START, Standing::Waiting);
        self.0.push(Deal { miner, start, end: start + lasts, standing });
        self.0.len() - 1
    }

    /// What a client that saw a deal active before, or not, learns of it now. A deal that is gone after
    /// its end is nobody's fault.
    pub fn news(&self, deal: usize, seen: bool, now: ChainEpoch) -> News {
        let Deal { start, end, standing, .. } = self.0[deal];
        match standing {
            Standing::Waiting if now > start => News::Failed,
            Standing::Waiting => News::None,
            Standing::Active if now >= end => News::Over,
            Standing::Active if seen => News::None,
            Standing::Active => News::Active,
            Standing::Gone if now >= end => News::Over,
            Standing::Gone => News::Failed,
        }
    }
}

impl Model {
    /// Datasets with deals of which the DAO has not been told, and perpetual deals of which the storage
    /// has not.
    pub fn untold(&self) -> [Vec<u64>; 2] {
        let news = |deal, seen| self.deals.news(deal, seen, self.now) != News::None;
        let datasets = (1..).zip(&self.dao.datasets);
        let datasets =
            datasets.filter(|(_, dataset)| dataset.replicas.iter().any(|r| news(r.deal, r.active)));
        let perpetuals = (1..).zip(&self.storage.perpetuals);
        let perpetuals = perpetuals.filter(|(_, found)| {
            let mut heads = found.iter().flat_map(|perpetual| &perpetual.heads);
            heads.any(|head| news(head.deal, head.seen))
        });
        [datasets.map(|(id, _)| id).collect(), perpetuals.map(|(id, _)| id).collect()]
    }

    pub fn trade(&mut self, step: &DealStep) -> Verdict {
        match step {
            DealStep::Publish { miner, datasets, flaw } => self.publish(*miner, datasets, *flaw),
            DealStep::Take { miner, perpetual, flaw } => self.take(*miner, *perpetual, *flaw),
            DealStep::Activate(deal) => {
                self.miners[self.deals.0[*deal].miner].seals = true;
                self.pass(SEALING);
                let deal = &mut self.deals.0[*deal];
                let in_time = deal.standing == Standing::Waiting && self.now <= deal.start;
                if !in_time {
                    return Err(NOTICE_REJECTED);
                }
                deal.standing = Standing::Active;
                Ok(())
            }
            DealStep::Terminate(deal) => {
                self.pass(CLOSED);
                self.deals.0[*deal].standing = Standing::Gone;
                Ok(())
            }
            DealStep::Settle(deal) => {
                let deal = &mut self.deals.0[*deal];
                let over = match deal.standing {
                    Standing::Waiting => self.now >= deal.start,
                    _ => self.now >= deal.end,
                };
                if over {
                    deal.standing = Standing::Gone;
                }
                Ok(())
            }
        }
    }

    /// Whether the DAO takes on a deal of a miner for a dataset, when the market asks.
    fn dao_admits(&self, miner: usize, id: u64, flaw: Option<Flaw>) -> Verdict {
        let now = self.now;
        self.dao.running(now)?;
        check(flaw != Some(Flaw::Client), DaoError::ForeignClient)?;
        check(flaw != Some(Flaw::Label), DaoError::LabelLength(0))?;
        check(flaw != Some(Flaw::Duration), DaoError::Duration(0))?;
        check(flaw != Some(Flaw::Start), DaoError::Start(0))?;
        check(flaw != Some(Flaw::Price), DaoError::Price)?;
        check(flaw != Some(Flaw::Collateral), DaoError::Collateral)?;
        let at = usize::try_from(id).unwrap_or_default().checked_sub(1);
        let dataset = at.and_then(|at| self.dao.datasets.get(at));
        let listed = dataset.filter(|_| flaw != Some(Flaw::Piece));
        let Some(dataset) = listed else { return check(false, DaoError::Unlisted) };
        check(flaw != Some(Flaw::Size), DaoError::PieceSize(0, 0))?;
        let has = dataset.replicas.iter().any(|replica| replica.miner == miner);
        let failed = dataset.dropouts.iter().any(|(of, _, until)| *of == miner && now < *until);
        check(!has && !failed, DaoError::SameProvider(0))?;
        check(dataset.replicas.len() < dataset.wanted as usize, DaoError::EnoughReplicas(0))?;
        self.dao.cap(&fil(REWARD))?;
        let barred = self.dao.barred_miners.get(&miner).is_some_and(|until| *until > now);
        check(!barred, DaoError::Barred(0, 0))
    }

    /// A batch fails with any deal that the DAO asked for and then refuses; what it did not ask for is
    /// dropped.
    fn publish(&mut self, miner: usize, datasets: &[u64], flaw: Option<Flaw>) -> Verdict {
        let asked = |id: &&u64| self.dao_admits(miner, **id, flaw).is_ok();
        let wanted: Vec<u64> = datasets.iter().filter(asked).copied().collect();
        self.answer = datasets.first().map(|id| self.dao_admits(miner, *id, flaw));
        let before = self.clone();
        if !wanted.is_empty() && wanted.iter().all(|id| self.record(miner, *id).is_ok()) {
            return Ok(());
        }
        *self = before;
        Err(ExitCode::USR_ILLEGAL_ARGUMENT)
    }

    /// The DAO takes on a deal when it is published, and pays for it.
    fn record(&mut self, miner: usize, id: u64) -> Verdict {
        self.dao_admits(miner, id, None)?;
        let (now, owner) = (self.now, self.miners[miner].owner);
        let dataset = self.dao.dataset(id)?;
        let theirs = dataset.replicas.iter().filter(|replica| replica.owner == owner).count();
        let failed = dataset.dropouts.iter().filter(|(_, of, until)| *of == owner && now < *until);
        check(theirs + failed.count() < PER_OWNER, DaoError::OwnerReplicas(0, 0))?;
        let barred = self.dao.barred_owners.get(&owner).is_some_and(|until| *until > now);
        let bonded = self.dao.would_bond(miner);
        check(bonded || !barred, DaoError::Barred(0, 0))?;
        let deal = self.deals.publish(miner, now, LASTS);
        let end = self.deals.0[deal].end;
        let replica = Replica { deal, miner, owner, end, active: false, bonded };
        self.dao.dataset(id)?.replicas.push(replica);
        if bonded {
            self.dao.lock(miner);
        }
        let reward = fil(REWARD + if bonded { BONUS } else { 0 });
        self.dao.mint(owner, &reward);
        self.dao.offer(owner, &reward);
        Ok(())
    }

    /// The DAO looks at the deals of a dataset.
    pub fn refresh_dataset(&mut self, id: u64) {
        let Model { now, deals, dao, .. } = self;
        let now = *now;
        let Ok(dataset) = dao.dataset(id) else { return };
        let (mut failed, mut unlocked) = (Vec::new(), Vec::new());
        dataset.replicas.retain_mut(|replica| {
            let news = deals.news(replica.deal, replica.active, now);
            if replica.bonded && matches!(news, News::Over | News::Failed) {
                unlocked.push((replica.miner, news == News::Failed));
            }
            match news {
                News::None => true,
                News::Active => {
                    replica.active = true;
                    true
                }
                News::Over => false,
                News::Failed => {
                    failed.push((replica.miner, replica.owner, replica.end));
                    false
                }
            }
        });
        dataset.dropouts.extend(&failed);
        unlocked.into_iter().for_each(|(miner, failed)| dao.unlock(miner, failed));
        for (miner, owner, _) in failed {
            dao.barred_miners.insert(miner, now + COOLDOWN);
            dao.barred_owners.insert(owner, now + COOLDOWN);
        }
    }

    /// Whether the storage takes on a deal of a miner for its first ad, when the market asks.
    fn storage_admits(&self, miner: usize, id: u64, flaw: Option<Flaw>) -> Verdict {
        let now = self.now;
        check(flaw != Some(Flaw::Client), StorageError::ForeignClient)?;
        check(flaw != Some(Flaw::Label), StorageError::Label)?;
        let perpetual = self.storage.find(id).ok().filter(|perpetual| perpetual.ads > 0);
        let Some(perpetual) = perpetual else { return check(false, StorageError::NoAd(0)) };
        check(flaw != Some(Flaw::Piece), StorageError::OtherPiece(0))?;
        check(flaw != Some(Flaw::Size), StorageError::OtherSize(0, 0))?;
        check(flaw != Some(Flaw::Start), StorageError::Start(0))?;
        check(flaw != Some(Flaw::Duration), StorageError::End(0))?;
        check(flaw != Some(Flaw::Price), StorageError::Price)?;
        check(flaw != Some(Flaw::Collateral), StorageError::ClientCollateral)?;
        let has = perpetual.heads.iter().any(|head| head.miner == miner);
        check(!has, StorageError::SameProvider(0))?;
        let barred = self.storage.barred_miners.get(&miner).is_some_and(|until| *until > now);
        check(!barred, StorageError::Barred(0, 0))
    }

    fn take(&mut self, miner: usize, id: u64, flaw: Option<Flaw>) -> Verdict {
        let answer = self.storage_admits(miner, id, flaw);
        self.answer = Some(answer);
        let (now, owner) = (self.now, self.miners[miner].owner);
        let theirs = |head: &&Head| head.owner == owner;
        let few = |heads: &[Head]| heads.iter().filter(theirs).count() < PER_OWNER;
        let few = self.storage.find(id).is_ok_and(|perpetual| few(&perpetual.heads));
        let barred = self.storage.bars(miner, owner, now);
        if answer.is_err() || !few || barred {
            return Err(ExitCode::USR_ILLEGAL_ARGUMENT);
        }
        let deal = self.deals.publish(miner, now, KEPT);
        let perpetual = self.storage.find_mut(id)?;
        perpetual.ads -= 1;
        perpetual.heads.push(Head { deal, miner, owner, seen: false });
        Ok(())
    }
}
