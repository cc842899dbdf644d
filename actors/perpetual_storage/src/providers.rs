//! Providers: how they have kept their deals, who answers for them, and where they are.
//!
//! A miner can name whom it likes its owner, without asking. So what a provider does counts against
//! all that its owner has only if the owner has vouched for it, and else against those alone that name
//! the same owner and that it has not vouched for.

use fvm_ipld_blockstore::Blockstore;
use fvm_shared::ActorID;
use fvm_shared::clock::ChainEpoch;
use shared::deal::Fate;
use shared::ensure;
use shared::math::BASIS_POINTS;

use crate::api::{Attestation, MinRecord, Policy, Record};
use crate::error::Error;
use crate::policy::{DAY, check_region};
use crate::state::{Message, RECORDS, REGIONS, Records, Regions, State};

/// Epochs that an attestation lasts, at the most: two years.
const MAX_ATTESTED: ChainEpoch = 730 * DAY;

impl Record {
    /// Whether the deals were kept as a policy wants.
    #[must_use]
    pub fn meets(&self, wanted: &MinRecord) -> bool {
        let failed = u128::from(self.missed).saturating_add(self.terminated.into());
        let all = failed.saturating_add(self.kept.into());
        self.kept >= wanted.kept
            && failed.saturating_mul(BASIS_POINTS.into())
                <= all.saturating_mul(wanted.failed.into())
    }
}

impl State {
    /// What is known of a provider or of an owner.
    pub fn record(&self, store: &impl Blockstore, id: ActorID) -> Result<Record, Error> {
        get(&Records::load(store, &self.records, &RECORDS)?, id)
    }

    /// Lets the caller answer for a provider. Caller: its owner, as the actor has checked.
    pub fn vouch(
        &mut self,
        store: &impl Blockstore,
        message: &Message,
        provider: ActorID,
    ) -> Result<(), Error> {
        let mut records = Records::load(store, &self.records, &RECORDS)?;
        // Else one whose miners failed could vouch for the next.
        let until = get(&records, message.caller)?.others_barred_until;
        change(&mut records, provider, |record| {
            record.answers = Some(message.caller);
            bar(&mut record.barred_until, until);
        })?;
        self.records = records.flush()?;
        Ok(())
    }

    /// Keeps what the caller says of a provider's region, or forgets it.
    pub fn attest(
        &mut self,
        store: &impl Blockstore,
        message: &Message,
        provider: ActorID,
        region: Option<Attestation>,
    ) -> Result<(), Error> {
        let key = (message.caller, provider);
        let mut cold = self.cold(store)?;
        let mut regions = Regions::load(store, &cold.regions, &REGIONS)?;
        match region {
            Some(region) => {
                check_region(&region.region)?;
                let latest = message.now.saturating_add(MAX_ATTESTED);
                let lasts = message.now < region.until && region.until <= latest;
                ensure!(lasts, Error::AttestationEnd(latest));
                regions.set(&key, region)?;
            }
            None => {
                regions.delete(&key)?;
            }
        }
        cold.regions = regions.flush()?;
        self.set_cold(store, &cold)
    }

    /// What an account says of a provider's region.
    pub fn region(
        &self,
        store: &impl Blockstore,
        attester: ActorID,
        provider: ActorID,
    ) -> Result<Option<Attestation>, Error> {
        let regions = Regions::load(store, &self.cold(store)?.regions, &REGIONS)?;
        Ok(regions.get(&(attester, provider))?.cloned())
    }

    /// Refuses a provider that has to wait, or that is not what a policy wants.
    pub(crate) fn check_provider(
        &self,
        store: &impl Blockstore,
        provider: ActorID,
        policy: &Policy,
        now: ChainEpoch,
    ) -> Result<(), Error> {
        let record = self.record(store, provider)?;
        let until = record.barred_until;
        ensure!(until <= now, Error::Barred(provider, until));
        let kept = policy.min_record.is_none_or(|wanted| record.meets(&wanted));
        ensure!(kept, Error::MinRecord);
        if let Some(region) = &policy.region {
            let attested = self.region(store, region.attester, provider)?;
            let there = attested.is_some_and(|said| said.region == region.name && now < said.until);
            ensure!(there, Error::Region);
        }
        Ok(())
    }

    /// Refuses a provider whose owner has to wait.
    pub(crate) fn check_owner(
        &self,
        store: &impl Blockstore,
        provider: ActorID,
        owner: ActorID,
        now: ChainEpoch,
    ) -> Result<(), Error> {
        let records = Records::load(store, &self.records, &RECORDS)?;
        let answers = get(&records, provider)?.answers == Some(owner);
        let record = get(&records, owner)?;
        let others = if answers { 0 } else { record.others_barred_until };
        let until = record.barred_until.max(others);
        ensure!(until <= now, Error::Barred(owner, until));
        Ok(())
    }
}

/// Books how a deal of a provider with this owner ended. After a failure both wait until an epoch.
pub(crate) fn book(
    records: &mut Records<'_, impl Blockstore>,
    (provider, owner): (ActorID, ActorID),
    fate: Fate,
    until: ChainEpoch,
) -> Result<(), Error> {
    let answers = get(records, provider)?.answers == Some(owner);
    change(records, provider, |record| {
        let count = match fate {
            Fate::Completed => &mut record.kept,
            Fate::Missed => &mut record.missed,
            Fate::Terminated => &mut record.terminated,
            Fate::Activated | Fate::Kept | Fate::Unseen => return,
        };
        *count = count.saturating_add(1);
    })?;
    if fate.is_failure() {
        change(records, provider, |record| bar(&mut record.barred_until, until))?;
        change(records, owner, |record| {
            let which =
                if answers { &mut record.barred_until } else { &mut record.others_barred_until };
            bar(which, until);
        })?;
    }
    Ok(())
}

fn bar(barred: &mut ChainEpoch, until: ChainEpoch) {
    *barred = until.max(*barred);
}

fn get(records: &Records<'_, impl Blockstore>, id: ActorID) -> Result<Record, Error> {
    Ok(records.get(&id)?.copied().unwrap_or_default())
}

fn change(
    records: &mut Records<'_, impl Blockstore>,
    id: ActorID,
    change: impl FnOnce(&mut Record),
) -> Result<(), Error> {
    let mut record = get(records, id)?;
    change(&mut record);
    if record != Record::default() {
        records.set(&id, record)?;
    }
    Ok(())
}
