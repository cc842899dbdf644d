//! Providers: their bonds, and those that have to wait.
//!
//! A miner can name whom it likes its owner, without asking. So nothing that a miner does touches a
//! bond but its own, which its owner has put up for it.

use fvm_ipld_blockstore::Blockstore;
use fvm_shared::ActorID;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use shared::ensure;
use shared::math::{share_down, share_up};

use crate::api::{Cash, Currency, Record, Replica, StakingRules};
use crate::error::Error;
use crate::state::{Message, RECORDS, Records, State};

/// What a new replica locks, risks and earns, all in attoDATA.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bonding {
    /// What is locked of the provider's bond.
    pub bond: TokenAmount,
    /// The part of it that is lost if the deal fails.
    pub at_risk: TokenAmount,
    /// What is added to the reward.
    pub bonus: TokenAmount,
}

impl Record {
    /// What a replica with this reward would lock, if the provider has as much free and a bonus is to
    /// be had for it; nothing otherwise.
    pub fn offer(&self, reward: &TokenAmount, rules: &StakingRules) -> Result<Bonding, Error> {
        let bond = share_up(reward, rules.bond)?;
        let bonus = share_down(reward, rules.bonus)?;
        let free = &self.bond - &self.locked;
        if !bond.is_positive() || !bonus.is_positive() || free < bond {
            return Ok(Bonding::default());
        }
        Ok(Bonding { at_risk: share_up(&bond, rules.slash)?, bond, bonus })
    }

    /// Unlocks the bond of a replica.
    pub fn unlock(&mut self, replica: &Replica) {
        self.locked -= &replica.bond;
    }

    /// Unlocks the bond of a replica whose deal failed, less what was at risk.
    pub fn slash(&mut self, replica: &Replica) {
        self.locked -= &replica.bond;
        self.bond -= &replica.at_risk;
    }

    /// Lets it wait until an epoch, at the least.
    pub fn bar(&mut self, until: ChainEpoch) {
        self.barred_until = self.barred_until.max(until);
    }
}

/// Refuses a provider or an owner that has to wait.
pub fn check_barred(
    records: &Records<'_, impl Blockstore>,
    id: ActorID,
    now: ChainEpoch,
) -> Result<(), Error> {
    let until = get(records, id)?.barred_until;
    ensure!(until <= now, Error::Barred(id, until));
    Ok(())
}

/// What is known of a provider or an owner.
pub fn get(records: &Records<'_, impl Blockstore>, id: ActorID) -> Result<Record, Error> {
    Ok(records.get(&id)?.cloned().unwrap_or_default())
}

/// Changes what is known of a provider or an owner.
pub fn change(
    records: &mut Records<'_, impl Blockstore>,
    id: ActorID,
    change: impl FnOnce(&mut Record) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut record = get(records, id)?;
    change(&mut record)?;
    if record == Record::default() {
        records.delete(&id)?;
    } else {
        records.set(&id, record)?;
    }
    Ok(())
}

impl State {
    /// What the DAO knows of a provider or of an owner.
    pub fn record(&self, store: &impl Blockstore, id: ActorID) -> Result<Record, Error> {
        get(&Records::load(store, &self.records, &RECORDS)?, id)
    }

    /// Adds to a provider's bond. Replicas that it takes on from now lock parts of it and earn the
    /// bonus. Caller: the provider's owner, as the actor has checked.
    pub fn bond(
        &mut self,
        store: &impl Blockstore,
        message: &Message,
        provider: ActorID,
        amount: &TokenAmount,
    ) -> Result<(), Error> {
        self.check_running(message.now)?;
        ensure!(amount.is_positive(), Error::BondAmount);
        let mut cold = self.cold(store)?;
        self.collect(store, message, &mut cold.books, Currency::Data, amount)?;
        self.set_cold(store, &cold)?;
        self.change_record(store, provider, |record| {
            record.bond += amount;
            Ok(())
        })
    }

    /// Credits the caller with a part of a provider's bond that no replica locks. Caller: the
    /// provider's owner, as the actor has checked.
    pub fn unbond(
        &mut self,
        store: &impl Blockstore,
        message: &Message,
        provider: ActorID,
        amount: &TokenAmount,
    ) -> Result<(), Error> {
        ensure!(amount.is_positive(), Error::BondAmount);
        self.change_record(store, provider, |record| {
            ensure!(&record.bond - &record.locked >= *amount, Error::Bond);
            record.bond -= amount;
            Ok(())
        })?;
        let mut cold = self.cold(store)?;
        let credit = (message.caller, Cash::of(Currency::Data, amount.clone()));
        cold.books.credit(store, &[credit])?;
        self.set_cold(store, &cold)
    }

    fn change_record(
        &mut self,
        store: &impl Blockstore,
        id: ActorID,
        with: impl FnOnce(&mut Record) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut records = Records::load(store, &self.records, &RECORDS)?;
        change(&mut records, id, with)?;
        self.records = records.flush()?;
        Ok(())
    }
}
