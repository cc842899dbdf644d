use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use fvm_ipld_blockstore::Blockstore;
use fvm_shared::clock::ChainEpoch;
use shared::map::{decode_id, get_block};

use crate::api::{Cash, ComputeRequest};
use crate::compute::{MAX_TERM, REQUESTS, Requests};
use crate::error::Error;
use crate::state::State;

/// Checks the compute requests, and adds up what is held for them.
pub fn check(
    state: &State,
    store: &impl Blockstore,
    now: ChainEpoch,
    broken: &mut Vec<String>,
) -> Result<Cash, Error> {
    let compute = state.cold(store)?.compute;
    let mut links = Vec::new();
    Requests::load(store, &compute.requests, &REQUESTS)?
        .for_each(|key, link| links.push((decode_id(key), *link)))?;
    let mut held = Cash::default();
    for (id, link) in links {
        let request: ComputeRequest = get_block(store, "request", &link)?;
        *held.get_mut(request.currency) += request.held();
        if !id.is_some_and(|id| (1..=compute.last).contains(&id)) {
            broken.push(format!("compute request {id:?} of {}", compute.last));
        }
        if !request.bounty.is_positive() || request.bond.is_negative() {
            broken.push(format!("compute request {id:?} holds {request:?}"));
        }
        if request.worker() == Some(request.requester) {
            broken.push(format!("f0{} works for itself", request.requester));
        }
        let longest = MAX_TERM.max(request.review).max(request.arbitration);
        if request.until() > now.saturating_add(longest) {
            broken.push(format!("compute request {id:?} lasts until {}", request.until()));
        }
    }
    Ok(held)
}
