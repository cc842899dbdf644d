use alloc::vec::Vec;

use shared::event::Event;
use shared::host;
use shared::token::erc20::transferred;

use super::{change, load};
use crate::api::{
    Cash, ComputeRequest, DeliverComputeParams, PageParams, RequestComputeParams, RequestId,
    RuleComputeParams, Settlement,
};
use crate::error::Error;

pub fn request_compute(params: RequestComputeParams) -> Result<RequestId, Error> {
    let RequestComputeParams { dataset, job, currency, bounty, deadline } = params.clone();
    let id = change(|state, message| state.request_compute(&host::Store, message, params))?;
    host::emit(
        Event::new("compute-requested")
            .indexed("request", &id)
            .indexed("dataset", &dataset)
            .indexed("requester", &host::caller())
            .field("job", &job)
            .field("currency", &currency)
            .field("bounty", &bounty)
            .field("deadline", &deadline),
    )?;
    taken(&Cash::of(currency, bounty))?;
    Ok(id)
}

pub fn cancel_compute(id: RequestId) -> Result<(), Error> {
    let settlement = change(|state, message| state.cancel_compute(&host::Store, message, id))?;
    settled(id, &settlement)
}

pub fn accept_compute(id: RequestId) -> Result<(), Error> {
    let bond = change(|state, message| state.accept_compute(&host::Store, message, id))?;
    host::emit(
        Event::new("compute-accepted")
            .indexed("request", &id)
            .indexed("worker", &host::caller())
            .field("bond", &bond),
    )?;
    taken(&bond)
}

pub fn deliver_compute(params: DeliverComputeParams) -> Result<(), Error> {
    change(|state, message| state.deliver_compute(&host::Store, message, &params))?;
    let event = Event::new("compute-delivered").indexed("request", &params.id);
    Ok(host::emit(event.field("result", &params.result))?)
}

pub fn approve_compute(id: RequestId) -> Result<(), Error> {
    let settlement = change(|state, message| state.approve_compute(&host::Store, message, id))?;
    settled(id, &settlement)
}

pub fn dispute_compute(id: RequestId) -> Result<(), Error> {
    let bond = change(|state, message| state.dispute_compute(&host::Store, message, id))?;
    host::emit(Event::new("compute-disputed").indexed("request", &id).field("bond", &bond))?;
    taken(&bond)
}

pub fn rule_compute(params: RuleComputeParams) -> Result<(), Error> {
    let settlement = change(|state, message| state.rule_compute(&host::Store, message, &params))?;
    settled(params.id, &settlement)
}

pub fn settle_compute(ids: Vec<RequestId>) -> Result<Vec<Option<Settlement>>, Error> {
    let settlements =
        change(|state, message| state.settle_compute(&host::Store, message.now, &ids))?;
    for (id, settlement) in ids.iter().zip(&settlements) {
        if let Some(settlement) = settlement {
            settled(*id, settlement)?;
        }
    }
    Ok(settlements)
}

pub fn get_compute(id: RequestId) -> Result<ComputeRequest, Error> {
    load()?.compute_request(&host::Store, id)
}

pub fn list_compute(page: PageParams) -> Result<Vec<(RequestId, ComputeRequest)>, Error> {
    load()?.list_compute(&host::Store, &page)
}

pub fn settled(id: RequestId, settlement: &Settlement) -> Result<(), Error> {
    Ok(host::emit(
        Event::new("compute-settled")
            .indexed("request", &id)
            .field("ending", &settlement.ending)
            .field("to-requester", &settlement.to_requester)
            .field("to-worker", &settlement.to_worker),
    )?)
}

/// Tells of the $DATA that the caller put up.
fn taken(cash: &Cash) -> Result<(), Error> {
    if cash.data.is_zero() {
        return Ok(());
    }
    Ok(transferred(Some(host::caller()), Some(host::receiver()), &cash.data)?)
}
