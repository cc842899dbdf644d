use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use fvm_ipld_blockstore::Blockstore;
use fvm_shared::ActorID;
use fvm_shared::econ::TokenAmount;
use shared::map::decode_id;

use crate::datasets::{DETAILS, Details, MAX_TRACKED};
use crate::error::Error;
use crate::slots::{self, Slots};
use crate::state::{LISTINGS, Listings, REPLICAS, Replicas, State};

/// Checks datasets, replicas and listings against each other; returns what replicas can earn, and
/// adds up what they lock by provider.
pub fn check(
    state: &State,
    store: &impl Blockstore,
    broken: &mut Vec<String>,
    locked: &mut BTreeMap<ActorID, TokenAmount>,
) -> Result<TokenAmount, Error> {
    let catalog = state.cold(store)?.catalog;
    let mut ids = BTreeSet::new();
    Listings::load(store, &state.listings, &LISTINGS)?.for_each(|_, listing| {
        if !ids.insert(listing.id) {
            broken.push(format!("dataset {} is listed twice", listing.id));
        }
    })?;
    let mut details = BTreeSet::new();
    Details::load(store, &catalog.details, &DETAILS)?.for_each(|key, _| {
        details.extend(decode_id(key));
    })?;
    if ids != details || ids != (1..=catalog.last).collect() {
        broken.push(format!("{} datasets are not numbered one by one", ids.len()));
    }
    for id in &ids {
        if let Err(error) = state.dataset(store, *id) {
            broken.push(format!("dataset {id}: {error}"));
        }
    }
    let (mut promised, mut deals) = (TokenAmount::default(), BTreeSet::new());
    let mut links = Vec::new();
    Replicas::load(store, &state.replicas, &REPLICAS)?
        .for_each(|key, link| links.push((decode_id(key), *link)))?;
    for (id, link) in links {
        let Slots { replicas, dropouts } = slots::at(store, Some(&link))?;
        let most = MAX_TRACKED as usize;
        let none = replicas.is_empty() && dropouts.is_empty();
        if none || replicas.len() > most || dropouts.len() > most {
            broken.push(format!("dataset {id:?} has {} replicas", replicas.len()));
        }
        if !id.is_some_and(|id| ids.contains(&id)) {
            broken.push(format!("replicas of dataset {id:?}, which is not listed"));
        }
        for replica in &replicas {
            promised += replica.outstanding();
            *locked.entry(replica.provider).or_default() += &replica.bond;
            if !deals.insert(replica.deal) {
                broken.push(format!("deal {} fills two slots", replica.deal));
            }
            let parts = [&replica.paid, &replica.on_publish];
            if parts.into_iter().any(|part| part.is_negative() || *part > replica.reward) {
                broken.push(format!("deal {} earns more than promised: {replica:?}", replica.deal));
            }
            if replica.at_risk > replica.bond {
                broken.push(format!("deal {} risks more than it locks", replica.deal));
            }
        }
    }
    Ok(promised)
}
