//! Work on datasets, for a bounty that the DAO holds.
//!
//! The requester puts up the bounty, the worker a bond, and a requester that disputes the result a
//! bond as well. Every stage of a request has a last epoch that is known when it begins, and after it
//! anyone can settle the request. So whatever anyone does or fails to do, nothing stays in escrow;
//! [`endings`] says who gets it.

pub mod endings;

use alloc::vec::Vec;

use cid::Cid;
use fvm_ipld_blockstore::Blockstore;
use fvm_ipld_encoding::tuple::*;
use fvm_shared::clock::ChainEpoch;
use shared::map::{get_block, put_block};
use shared::math::share_up;
use shared::page::MAX_PAGE;
use shared::{Map, MapSpec, ensure};

use crate::api::{
    Cash, ComputeRequest, ComputeStage, DeliverComputeParams, PageParams, RequestComputeParams,
    RequestId,
};
use crate::error::Error;
use crate::state::{Message, State};

/// Epochs from a request to its deadline, at the most: a year.
pub const MAX_TERM: ChainEpoch = 365 * 2_880;

pub static REQUESTS: MapSpec = MapSpec { name: "requests", bit_width: 3 };

/// By number: the link to a [`ComputeRequest`]. None is here that is settled.
pub type Requests<'s, BS> = Map<'s, BS, RequestId, Cid>;

/// Requests by number.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Compute {
    pub last: RequestId,
    /// [`Requests`].
    pub requests: Cid,
}

impl Compute {
    /// No requests. `empty` is the root of an empty map.
    #[must_use]
    pub fn new(empty: Cid) -> Self {
        Compute { last: 0, requests: empty }
    }

    /// Numbers a request.
    fn add(
        &mut self,
        store: &impl Blockstore,
        request: &ComputeRequest,
    ) -> Result<RequestId, Error> {
        let id = self.last.checked_add(1).ok_or(shared::Error::Overflow("compute requests"))?;
        self.set(store, id, request)?;
        self.last = id;
        Ok(id)
    }

    fn set(
        &mut self,
        store: &impl Blockstore,
        id: RequestId,
        request: &ComputeRequest,
    ) -> Result<(), Error> {
        let mut requests = Requests::load(store, &self.requests, &REQUESTS)?;
        requests.set(&id, put_block(store, "request", request)?)?;
        self.requests = requests.flush()?;
        Ok(())
    }

    pub fn request(&self, store: &impl Blockstore, id: RequestId) -> Result<ComputeRequest, Error> {
        let requests = Requests::load(store, &self.requests, &REQUESTS)?;
        let block = requests.get(&id)?.ok_or(Error::NoRequest(id))?;
        Ok(get_block(store, "request", block)?)
    }
}

impl ComputeRequest {
    fn check_requester(&self, message: &Message) -> Result<(), Error> {
        let caller = message.caller;
        ensure!(caller == self.requester, Error::NotRequester(caller));
        Ok(())
    }

    /// Refuses what comes after the last epoch of the stage.
    fn check_time(&self, now: ChainEpoch) -> Result<(), Error> {
        let until = self.until();
        ensure!(now <= until, Error::Late(until));
        Ok(())
    }
}

impl State {
    /// Takes the bounty into escrow and returns the request's number.
    pub fn request_compute(
        &mut self,
        store: &impl Blockstore,
        message: &Message,
        params: RequestComputeParams,
    ) -> Result<RequestId, Error> {
        self.check_running(message.now)?;
        ensure!(params.bounty.is_positive(), Error::Bounty);
        let latest = message.now.saturating_add(MAX_TERM);
        let in_time = message.now < params.deadline && params.deadline <= latest;
        ensure!(in_time, Error::Deadline(latest));
        let mut cold = self.cold(store)?;
        cold.catalog.detail(store, params.dataset)?;
        self.collect(store, message, &mut cold.books, params.currency, &params.bounty)?;
        let rules = self.config(store)?.rules.compute;
        let request = ComputeRequest {
            dataset: params.dataset,
            job: params.job,
            requester: message.caller,
            currency: params.currency,
            bond: share_up(&params.bounty, rules.bond)?,
            bounty: params.bounty,
            deadline: params.deadline,
            review: rules.review,
            arbitration: rules.arbitration,
            stage: ComputeStage::Open,
        };
        let id = cold.compute.add(store, &request)?;
        self.set_cold(store, &cold)?;
        Ok(id)
    }

    /// Takes the worker's bond and returns it. Caller: anyone but the requester, before the deadline
    /// is over.
    pub fn accept_compute(
        &mut self,
        store: &impl Blockstore,
        message: &Message,
        id: RequestId,
    ) -> Result<Cash, Error> {
        self.check_running(message.now)?;
        let mut cold = self.cold(store)?;
        let mut request = cold.compute.request(store, id)?;
        let worker = message.caller;
        ensure!(worker != request.requester, Error::OwnRequest(worker));
        ensure!(request.stage == ComputeStage::Open, Error::Stage(id, "open"));
        request.check_time(message.now)?;
        let bond =
            self.collect(store, message, &mut cold.books, request.currency, &request.bond)?;
        request.stage = ComputeStage::Accepted { worker };
        cold.compute.set(store, id, &request)?;
        self.set_cold(store, &cold)?;
        Ok(bond)
    }

    /// Notes the result; the review begins. Caller: the worker, before the deadline is over.
    pub fn deliver_compute(
        &mut self,
        store: &impl Blockstore,
        message: &Message,
        params: &DeliverComputeParams,
    ) -> Result<(), Error> {
        let (id, result) = (params.id, params.result);
        let mut cold = self.cold(store)?;
        let mut request = cold.compute.request(store, id)?;
        let ComputeStage::Accepted { worker } = request.stage else {
            return Err(Error::Stage(id, "accepted"));
        };
        ensure!(message.caller == worker, Error::NotWorker(message.caller));
        request.check_time(message.now)?;
        let until = message.now.saturating_add(request.review);
        request.stage = ComputeStage::Delivered { worker, result, until };
        cold.compute.set(store, id, &request)?;
        self.set_cold(store, &cold)
    }

    /// Takes the requester's bond and returns it; the arbitration begins. A pause does not stop it,
    /// as it does not stop the review. Caller: the requester, before the review is over.
    pub fn dispute_compute(
        &mut self,
        store: &impl Blockstore,
        message: &Message,
        id: RequestId,
    ) -> Result<Cash, Error> {
        let mut cold = self.cold(store)?;
        let mut request = cold.compute.request(store, id)?;
        request.check_requester(message)?;
        let ComputeStage::Delivered { worker, result, .. } = request.stage else {
            return Err(Error::Stage(id, "delivered"));
        };
        request.check_time(message.now)?;
        let bond =
            self.collect(store, message, &mut cold.books, request.currency, &request.bond)?;
        let until = message.now.saturating_add(request.arbitration);
        request.stage = ComputeStage::Disputed { worker, result, until };
        cold.compute.set(store, id, &request)?;
        self.set_cold(store, &cold)?;
        Ok(bond)
    }

    /// A request that is not settled.
    pub fn compute_request(
        &self,
        store: &impl Blockstore,
        id: RequestId,
    ) -> Result<ComputeRequest, Error> {
        self.cold(store)?.compute.request(store, id)
    }

    /// The requests with numbers from `page.from` that are not settled.
    pub fn list_compute(
        &self,
        store: &impl Blockstore,
        page: &PageParams,
    ) -> Result<Vec<(RequestId, ComputeRequest)>, Error> {
        let compute = self.cold(store)?.compute;
        let requests = Requests::load(store, &compute.requests, &REQUESTS)?;
        let mut listed = Vec::new();
        for id in page.numbers(compute.last).ok_or(Error::Page(MAX_PAGE))? {
            if let Some(block) = requests.get(&id)? {
                listed.push((id, get_block(store, "request", block)?));
            }
        }
        Ok(listed)
    }
}
