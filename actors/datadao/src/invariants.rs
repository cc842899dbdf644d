//! What holds of the state after every message. For tests: the cost grows with the state.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use fvm_ipld_blockstore::Blockstore;
use fvm_shared::ActorID;
use fvm_shared::deal::DealID;
use integer_encoding::VarInt;

use crate::api::DatasetId;
use crate::error::Error;
use crate::state::{DEALS, DETAILS, Deals, Details, LISTINGS, Listings, REWARDS, Rewards, State};

/// Every invariant that the state breaks, in words; none for a sound state.
pub fn check(state: &State, store: &impl Blockstore) -> Result<Vec<String>, Error> {
    let mut broken = Vec::new();
    let mut replicas: BTreeMap<DealID, (DatasetId, ActorID)> = BTreeMap::new();
    let mut ids = BTreeSet::new();
    let mut datasets = 0_u64;
    Listings::load(store, &state.listings, &LISTINGS)?.for_each(|_, listing| {
        datasets += 1;
        let id = listing.id;
        if !ids.insert(id) {
            broken.push(format!("dataset {id} is listed twice"));
        }
        if !(1..=state.last_dataset).contains(&id) {
            broken.push(format!("dataset {id} was never numbered"));
        }
        if listing.replicas.len() > listing.wanted as usize {
            broken.push(format!("dataset {id} has more replicas than it wants"));
        }
        for replica in &listing.replicas {
            if replicas.insert(replica.deal, (id, replica.provider)).is_some() {
                broken.push(format!("deal {} fills two slots", replica.deal));
            }
        }
        let mut providers: Vec<_> = listing.replicas.iter().map(|r| r.provider).collect();
        providers.sort_unstable();
        providers.dedup();
        if providers.len() < listing.replicas.len() {
            broken.push(format!("dataset {id} has two replicas at one provider"));
        }
    })?;
    let mut details = 0_u64;
    Details::load(store, &state.details, &DETAILS)?.for_each(|_, _| details += 1)?;
    if datasets != state.last_dataset || details != state.last_dataset {
        broken.push(format!(
            "{} datasets were numbered, {datasets} are listed, {details} have details",
            state.last_dataset
        ));
    }
    for id in ids {
        if let Err(error) = state.dataset(store, id) {
            broken.push(format!("dataset {id}: {error}"));
        }
    }
    Deals::load(store, &state.deals, &DEALS)?.for_each(|key, deal| {
        let slot = u64::decode_var(key).and_then(|(id, _)| replicas.remove(&id));
        if slot != Some((deal.dataset, deal.provider)) {
            broken.push(format!("a deal of f0{} does not fill its slot", deal.provider));
        }
    })?;
    for (deal, (dataset, _)) in replicas {
        broken.push(format!("dataset {dataset} has a replica by deal {deal}, which is not kept"));
    }
    Rewards::load(store, &state.rewards, &REWARDS)?.for_each(|_, owed| {
        if owed.is_negative() || owed.is_zero() {
            broken.push(format!("someone is owed {owed}"));
        }
    })?;
    broken.extend(state.token.check_invariants(store)?);
    Ok(broken)
}
