//! What the model knows of the perpetual storage: what is kept by whom, and what everybody has put in.

use std::collections::BTreeMap;

use actor_perpetual_storage::error::Error;
use fvm_harness::{TokenAmount, fil};
use fvm_shared::clock::ChainEpoch;
use fvm_shared::error::ExitCode;

use super::cast::Party;
use super::deals::News;
use super::reference::{Model, Verdict, check, funds};
use super::step::StorageStep;
use crate::setup::DAY;

const COOLDOWN: ChainEpoch = 30 * DAY;
/// FIL that comes with a perpetual deal: for the first term, for each replica, and then for all that may
/// become of it, so that it never lacks funds.
pub const FIRST_TERM: i64 = 20;
pub const PURSE: i64 = 2_000;

/// A storage deal that stands for a replica.
#[derive(Clone, Debug)]
pub struct Head {
    pub deal: usize,
    pub miner: usize,
    pub owner: Party,
    pub seen: bool,
}

#[derive(Clone, Debug)]
pub struct Perpetual {
    pub uploader: Party,
    pub wanted: u32,
    pub closed: bool,
    /// Open ads that renew nothing.
    pub ads: u32,
    pub heads: Vec<Head>,
}

/// What is known of free funds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Free {
    #[default]
    Nothing,
    Something,
    Unknown,
}

#[derive(Clone, Debug, Default)]
pub struct Storage {
    /// Those that are over are `None`.
    pub perpetuals: Vec<Option<Perpetual>>,
    pub free: BTreeMap<Party, Free>,
    /// All that was put in for each uploader.
    pub deposited: BTreeMap<Party, TokenAmount>,
    pub barred_miners: BTreeMap<usize, ChainEpoch>,
    pub barred_owners: BTreeMap<Party, ChainEpoch>,
    /// Owners that failed with miners that they do not answer for: they wait with all such.
    pub barred_for_others: BTreeMap<Party, ChainEpoch>,
    /// Perpetual deals of the last refresh that had deals to pay for.
    pub earning: Vec<u64>,
    /// Who answers for a miner.
    pub answers: BTreeMap<usize, Party>,
}

impl Storage {
    fn at(id: u64) -> usize {
        usize::try_from(id).unwrap_or_default().wrapping_sub(1)
    }

    pub fn find(&self, id: u64) -> Result<&Perpetual, ExitCode> {
        let found = self.perpetuals.get(Self::at(id)).and_then(Option::as_ref);
        found.ok_or_else(|| funds::code(Error::NoPerpetualDeal(0)))
    }

    pub fn find_mut(&mut self, id: u64) -> Result<&mut Perpetual, ExitCode> {
        let found = self.perpetuals.get_mut(Self::at(id)).and_then(Option::as_mut);
        found.ok_or_else(|| funds::code(Error::NoPerpetualDeal(0)))
    }

    pub fn free(&self, of: Party) -> Free {
        self.free.get(&of).copied().unwrap_or_default()
    }

    /// Whether an owner has to wait with a miner.
    pub fn bars(&self, miner: usize, owner: Party, now: ChainEpoch) -> bool {
        let waits = |barred: &BTreeMap<Party, ChainEpoch>| {
            barred.get(&owner).is_some_and(|until| *until > now)
        };
        let answers = self.answers.get(&miner) == Some(&owner);
        waits(&self.barred_owners) || !answers && waits(&self.barred_for_others)
    }

    fn put_in(&mut self, of: Party, amount: i64) {
        *self.deposited.entry(of).or_default() += fil(amount);
    }

    /// A perpetual deal of the caller that still buys storage.
    fn own(&mut self, by: Party, id: u64) -> Result<&mut Perpetual, ExitCode> {
        let perpetual = self.find_mut(id)?;
        check(perpetual.uploader == by, Error::NotUploader(0, 0))?;
        check(!perpetual.closed, Error::Closed(0))?;
        Ok(perpetual)
    }

    /// Forgets what is closed and keeps nothing. Its purse may have gone to its uploader.
    fn tidy(&mut self, id: u64) {
        let Ok(perpetual) = self.find(id) else { return };
        if !perpetual.closed {
            return;
        }
        let free = self.free.entry(perpetual.uploader).or_default();
        if *free == Free::Nothing {
            *free = Free::Unknown;
        }
        if self.find(id).is_ok_and(|perpetual| perpetual.heads.is_empty()) {
            self.perpetuals[Self::at(id)] = None;
        }
    }
}

impl Perpetual {
    /// An ad for each replica that is missing.
    fn advertise(&mut self) {
        let heads = u32::try_from(self.heads.len()).unwrap_or(u32::MAX);
        self.ads = self.wanted.saturating_sub(heads);
    }
}

impl Model {
    pub fn store(&mut self, by: Party, step: &StorageStep) -> Verdict {
        let storage = &mut self.storage;
        match step {
            StorageStep::Deposit(amount) => {
                check(*amount > 0, Error::NothingDeposited)?;
                storage.put_in(by, *amount);
                storage.free.insert(by, Free::Something);
                Ok(())
            }
            StorageStep::Withdraw { over } => {
                let covered = !over && storage.free(by) == Free::Something;
                check(covered, Error::Free(fil(0)))?;
                storage.free.insert(by, Free::Nothing);
                Ok(())
            }
            StorageStep::Create { replicas, pays } => {
                check((1..=32).contains(replicas), Error::Replicas(0))?;
                check(*pays, Error::Missing(fil(0)))?;
                storage.put_in(by, FIRST_TERM * i64::from(*replicas) + PURSE);
                storage.free.insert(by, Free::Something);
                let (wanted, closed, heads) = (*replicas, false, vec![]);
                let perpetual = Perpetual { uploader: by, wanted, closed, ads: wanted, heads };
                storage.perpetuals.push(Some(perpetual));
                Ok(())
            }
            StorageStep::Change { perpetual, replicas } => {
                let perpetual = storage.own(by, *perpetual)?;
                check((1..=32).contains(replicas), Error::Replicas(0))?;
                perpetual.wanted = *replicas;
                perpetual.advertise();
                Ok(())
            }
            StorageStep::TopUp { perpetual, amount } => {
                check(*amount > 0, Error::NothingDeposited)?;
                let found = storage.find(*perpetual)?;
                check(!found.closed, Error::Closed(0))?;
                let uploader = found.uploader;
                storage.put_in(uploader, *amount);
                Ok(())
            }
            StorageStep::Close(id) => {
                let perpetual = storage.own(by, *id)?;
                perpetual.closed = true;
                perpetual.ads = 0;
                storage.tidy(*id);
                Ok(())
            }
            StorageStep::Refresh(ids) => {
                check(ids.len() <= 16, Error::Batch(0))?;
                storage.earning.clear();
                ids.iter().for_each(|id| self.refresh_perpetual(*id));
                Ok(())
            }
        }
    }

    fn refresh_perpetual(&mut self, id: u64) {
        let Model { now, deals, storage, .. } = self;
        let Ok(perpetual) = storage.find_mut(id) else { return };
        let mut failed = Vec::new();
        let mut earns = false;
        perpetual.heads.retain_mut(|head| {
            let news = deals.news(head.deal, head.seen, *now);
            head.seen |= news == News::Active;
            earns |= news == News::Over || head.seen && news != News::Failed;
            if news == News::Failed {
                failed.push((head.miner, head.owner));
            }
            !matches!(news, News::Over | News::Failed)
        });
        if !perpetual.closed {
            perpetual.advertise();
        }
        if earns {
            storage.earning.push(id);
        }
        for (miner, owner) in failed {
            storage.barred_miners.insert(miner, *now + COOLDOWN);
            let answers = storage.answers.get(&miner) == Some(&owner);
            let barred = match answers {
                true => &mut storage.barred_owners,
                false => &mut storage.barred_for_others,
            };
            barred.insert(owner, *now + COOLDOWN);
        }
        storage.tidy(id);
    }
}
