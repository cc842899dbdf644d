//! Events, as the official registry emits them.

use fvm_shared::ActorID;
use fvm_shared::bigint::bigint_ser::BigIntSer;
use shared::event::Event;

use crate::types::{Allocation, AllocationID, Claim, DataCap};

/// What a verifier may still give away, and to whom it has just given.
#[must_use]
pub fn verifier_balance(verifier: ActorID, left: &DataCap, client: Option<ActorID>) -> Event {
    let event = Event::new("verifier-balance")
        .indexed("verifier", &verifier)
        .field("balance", &BigIntSer(left));
    match client {
        Some(client) => event.indexed("client", &client),
        None => event,
    }
}

#[must_use]
pub fn allocation(id: AllocationID, allocation: &Allocation) -> Event {
    of_allocation("allocation", id, allocation)
}

#[must_use]
pub fn allocation_removed(id: AllocationID, allocation: &Allocation) -> Event {
    of_allocation("allocation-removed", id, allocation)
}

#[must_use]
pub fn claim(id: AllocationID, claim: &Claim) -> Event {
    Event::new("claim")
        .indexed("id", &id)
        .indexed("client", &claim.client)
        .indexed("provider", &claim.provider)
        .indexed("piece-cid", &claim.data)
        .field("piece-size", &claim.size)
        .field("term-min", &claim.term_min)
        .field("term-max", &claim.term_max)
        .field("term-start", &claim.term_start)
        .indexed("sector", &claim.sector)
}

fn of_allocation(kind: &str, id: AllocationID, allocation: &Allocation) -> Event {
    Event::new(kind)
        .indexed("id", &id)
        .indexed("client", &allocation.client)
        .indexed("provider", &allocation.provider)
        .indexed("piece-cid", &allocation.data)
        .field("piece-size", &allocation.size)
        .field("term-min", &allocation.term_min)
        .field("term-max", &allocation.term_max)
        .field("expiration", &allocation.expiration)
}
