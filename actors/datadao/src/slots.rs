//! Who stores a dataset, and who has lately failed to.

use alloc::vec::Vec;

use cid::Cid;
use fvm_ipld_blockstore::Blockstore;
use fvm_ipld_encoding::tuple::*;
use fvm_shared::ActorID;
use fvm_shared::clock::ChainEpoch;
use shared::map::{get_block, put_block};

use crate::api::{DatasetId, Dropout, Replica};
use crate::datasets::MAX_TRACKED;
use crate::error::Error;
use crate::state::{REPLICAS, Replicas, State};

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, Default, PartialEq, Eq)]
pub struct Slots {
    pub replicas: Vec<Replica>,
    pub dropouts: Vec<Dropout>,
}

impl Slots {
    /// Whether a provider has a replica, or may not have another one yet.
    #[must_use]
    pub fn occupies(&self, provider: ActorID, now: ChainEpoch) -> bool {
        self.replicas.iter().any(|replica| replica.provider == provider)
            || self.waiting(now).any(|dropout| dropout.provider == provider)
    }

    /// Replicas that count against an owner.
    #[must_use]
    pub fn of_owner(&self, owner: ActorID, now: ChainEpoch) -> usize {
        let replicas = self.replicas.iter().filter(|replica| replica.owner == owner).count();
        let waiting = self.waiting(now).filter(|dropout| dropout.owner == owner).count();
        replicas.saturating_add(waiting)
    }

    /// Keeps a provider that failed in mind until its deal would have ended. The oldest is forgotten
    /// where there are too many.
    pub fn drop_out(&mut self, replica: &Replica, now: ChainEpoch) {
        self.dropouts.retain(|dropout| now < dropout.until);
        if self.dropouts.len() >= MAX_TRACKED as usize {
            self.dropouts.remove(0);
        }
        let Replica { provider, owner, end_epoch: until, .. } = *replica;
        self.dropouts.push(Dropout { provider, owner, until });
    }

    fn waiting(&self, now: ChainEpoch) -> impl Iterator<Item = &Dropout> {
        self.dropouts.iter().filter(move |dropout| now < dropout.until)
    }
}

/// The slots that a link of the map leads to.
pub fn at(store: &impl Blockstore, link: Option<&Cid>) -> Result<Slots, Error> {
    Ok(link.map(|link| get_block(store, "slots", link)).transpose()?.unwrap_or_default())
}

impl State {
    /// The slots of a dataset.
    pub fn slots(&self, store: &impl Blockstore, id: DatasetId) -> Result<Slots, Error> {
        at(store, Replicas::load(store, &self.replicas, &REPLICAS)?.get(&id)?)
    }
}

/// Sets the slots of a dataset in the map.
pub fn set(
    store: &impl Blockstore,
    map: &mut Replicas<'_, impl Blockstore>,
    id: DatasetId,
    slots: &Slots,
) -> Result<(), Error> {
    if *slots == Slots::default() {
        map.delete(&id)?;
    } else {
        map.set(&id, put_block(store, "slots", slots)?)?;
    }
    Ok(())
}
