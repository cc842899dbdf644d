//! How requests end, and who gets what.
//!
//! An ending says what the worker gets; the requester gets the rest of what is held. So nothing is
//! left over and nothing is paid twice, however the bounty is divided.

use alloc::vec::Vec;

use fvm_ipld_blockstore::Blockstore;
use fvm_shared::ActorID;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use shared::ensure;
use shared::map::get_block;
use shared::math::share_down;

use super::{REQUESTS, Requests};
use crate::api::{
    BasisPoints, Cash, ComputeRequest, ComputeStage, Ending, RequestId, Role, RuleComputeParams,
    Settlement,
};
use crate::error::Error;
use crate::rules;
use crate::state::{Cold, Message, State};

/// Requests that one SettleCompute can settle.
pub const MAX_SETTLED: usize = 32;

const NOTHING: BasisPoints = 0;
const HALF: BasisPoints = 5_000;
const ALL: BasisPoints = 10_000;

impl ComputeRequest {
    #[must_use]
    pub fn worker(&self) -> Option<ActorID> {
        match self.stage {
            ComputeStage::Open => None,
            ComputeStage::Accepted { worker }
            | ComputeStage::Delivered { worker, .. }
            | ComputeStage::Disputed { worker, .. } => Some(worker),
        }
    }

    /// Last epoch of the stage that the request is in.
    #[must_use]
    pub fn until(&self) -> ChainEpoch {
        match self.stage {
            ComputeStage::Open | ComputeStage::Accepted { .. } => self.deadline,
            ComputeStage::Delivered { until, .. } | ComputeStage::Disputed { until, .. } => until,
        }
    }

    /// AttoFIL or attoDATA in escrow: the bounty, and whatever bonds were put up.
    #[must_use]
    pub fn held(&self) -> TokenAmount {
        match self.stage {
            ComputeStage::Open => self.bounty.clone(),
            ComputeStage::Accepted { .. } | ComputeStage::Delivered { .. } => {
                &self.bounty + &self.bond
            }
            ComputeStage::Disputed { .. } => &self.bounty + &self.bond + &self.bond,
        }
    }

    /// How the request ends if nobody does anything more; `None` before the end of its stage.
    #[must_use]
    pub fn overdue(&self, now: ChainEpoch) -> Option<Ending> {
        (now > self.until()).then_some(match self.stage {
            ComputeStage::Open => Ending::Lapsed,
            ComputeStage::Accepted { .. } => Ending::Failed,
            ComputeStage::Delivered { .. } => Ending::Unreviewed,
            ComputeStage::Disputed { .. } => Ending::Undecided,
        })
    }

    /// Divides what is held.
    fn settle(&self, ending: Ending) -> Result<Settlement, Error> {
        let to_worker = match ending {
            Ending::Cancelled | Ending::Lapsed | Ending::Failed | Ending::Ruled(NOTHING) => {
                TokenAmount::default()
            }
            Ending::Approved | Ending::Unreviewed => &self.bounty + &self.bond,
            Ending::Ruled(ALL) => self.held(),
            Ending::Ruled(share) => share_down(&self.bounty, share)? + &self.bond,
            Ending::Undecided => share_down(&self.bounty, HALF)? + &self.bond,
        };
        Ok(Settlement { ending, to_requester: self.held() - &to_worker, to_worker })
    }

    /// What a settlement owes to whom.
    fn credits(&self, settlement: &Settlement) -> Vec<(ActorID, Cash)> {
        let owes = |to, amount: &TokenAmount| (to, Cash::of(self.currency, amount.clone()));
        let requester = owes(self.requester, &settlement.to_requester);
        let worker = self.worker().map(|worker| owes(worker, &settlement.to_worker));
        [requester].into_iter().chain(worker).collect()
    }
}

impl State {
    /// Ends a request that nobody has accepted. Caller: the requester.
    pub fn cancel_compute(
        &mut self,
        store: &impl Blockstore,
        message: &Message,
        id: RequestId,
    ) -> Result<Settlement, Error> {
        let cold = self.cold(store)?;
        let request = cold.compute.request(store, id)?;
        request.check_requester(message)?;
        ensure!(request.stage == ComputeStage::Open, Error::Stage(id, "open"));
        self.end(store, cold, id, &request, Ending::Cancelled)
    }

    /// Ends a request whose result is what was asked for, disputed or not. Caller: the requester.
    pub fn approve_compute(
        &mut self,
        store: &impl Blockstore,
        message: &Message,
        id: RequestId,
    ) -> Result<Settlement, Error> {
        let cold = self.cold(store)?;
        let request = cold.compute.request(store, id)?;
        request.check_requester(message)?;
        let delivered =
            matches!(request.stage, ComputeStage::Delivered { .. } | ComputeStage::Disputed { .. });
        ensure!(delivered, Error::Stage(id, "delivered"));
        self.end(store, cold, id, &request, Ending::Approved)
    }

    /// Ends a dispute. Caller: an arbiter that is no party to it, or the DAO itself, before the
    /// arbitration is over.
    pub fn rule_compute(
        &mut self,
        store: &impl Blockstore,
        message: &Message,
        params: &RuleComputeParams,
    ) -> Result<Settlement, Error> {
        self.check_role(store, message, Role::Arbiter)?;
        rules::share(params.worker_share, "the worker's share")?;
        let cold = self.cold(store)?;
        let request = cold.compute.request(store, params.id)?;
        let arbiter = message.caller;
        let party = arbiter == request.requester || Some(arbiter) == request.worker();
        ensure!(!party, Error::Party(arbiter));
        let disputed = matches!(request.stage, ComputeStage::Disputed { .. });
        ensure!(disputed, Error::Stage(params.id, "disputed"));
        request.check_time(message.now)?;
        self.end(store, cold, params.id, &request, Ending::Ruled(params.worker_share))
    }

    /// Ends the requests whose stage is over. `None` for one whose stage is not, or that is not there.
    pub fn settle_compute(
        &mut self,
        store: &impl Blockstore,
        now: ChainEpoch,
        ids: &[RequestId],
    ) -> Result<Vec<Option<Settlement>>, Error> {
        ensure!(ids.len() <= MAX_SETTLED, Error::Batch(MAX_SETTLED));
        let mut cold = self.cold(store)?;
        let mut requests = Requests::load(store, &cold.compute.requests, &REQUESTS)?;
        let (mut settlements, mut credits) = (Vec::new(), Vec::new());
        for id in ids {
            let Some(block) = requests.get(id)? else {
                settlements.push(None);
                continue;
            };
            let request: ComputeRequest = get_block(store, "request", block)?;
            let settled = request.overdue(now).map(|ending| request.settle(ending)).transpose()?;
            if let Some(settled) = &settled {
                requests.delete(id)?;
                credits.extend(request.credits(settled));
            }
            settlements.push(settled);
        }
        if !credits.is_empty() {
            cold.compute.requests = requests.flush()?;
            cold.books.credit(store, &credits)?;
            self.set_cold(store, &cold)?;
        }
        Ok(settlements)
    }

    /// Removes a request and credits what was held for it.
    fn end(
        &mut self,
        store: &impl Blockstore,
        mut cold: Cold,
        id: RequestId,
        request: &ComputeRequest,
        ending: Ending,
    ) -> Result<Settlement, Error> {
        let settlement = request.settle(ending)?;
        let mut requests = Requests::load(store, &cold.compute.requests, &REQUESTS)?;
        requests.delete(&id)?;
        cold.compute.requests = requests.flush()?;
        cold.books.credit(store, &request.credits(&settlement))?;
        self.set_cold(store, &cold)?;
        Ok(settlement)
    }
}
