//! What owners of miners do beside deals, and what is done for bounties, as messages.

use actor_datadao::api::*;
use actor_perpetual_storage::api::Vouch;
use fvm_harness::{Outcome, fil};
use shared::ext::DataCid;

use super::cast::Party;
use super::compute::BONDS;
use super::reference::Model;
use super::step::{ComputeStep, OwnerStep};
use super::world::World;
use crate::setup::{DAY, piece};

impl World {
    pub fn own(&mut self, by: Party, step: &OwnerStep) -> Outcome {
        let dao = self.cast.dao;
        let provider = |world: &World, miner: &usize| world.cast.miners[*miner].address();
        match step {
            OwnerStep::Bond { miner, amount } => {
                let params = BondParams { provider: provider(self, miner), amount: fil(*amount) };
                self.call::<Bond>(by, dao, &params, 0)
            }
            OwnerStep::Unbond { miner, amount } => {
                let params = BondParams { provider: provider(self, miner), amount: fil(*amount) };
                self.call::<Unbond>(by, dao, &params, 0)
            }
            OwnerStep::Vouch(miner) => {
                let provider = provider(self, miner);
                self.call::<Vouch>(by, self.cast.storage, &provider, 0)
            }
        }
    }

    pub fn compute(&mut self, model: &Model, by: Party, step: &ComputeStep) -> Outcome {
        let dao = self.cast.dao;
        match step {
            ComputeStep::Request { dataset, currency, bounty, days, exact } => {
                let params = RequestComputeParams {
                    dataset: *dataset,
                    job: DataCid(piece(0)),
                    currency: *currency,
                    bounty: fil(*bounty),
                    deadline: self.net.epoch() + days * DAY,
                };
                let due = if *currency == Currency::Fil { *bounty } else { 0 };
                self.call::<RequestCompute>(by, dao, &params, due + i64::from(!exact))
            }
            ComputeStep::Cancel(id) => self.call::<CancelCompute>(by, dao, id, 0),
            ComputeStep::Accept(id) => {
                let bond = bond(model, *id);
                self.call::<AcceptCompute>(by, dao, id, bond)
            }
            ComputeStep::Deliver(id) => {
                let params = DeliverComputeParams { id: *id, result: DataCid(piece(1)) };
                self.call::<DeliverCompute>(by, dao, &params, 0)
            }
            ComputeStep::Approve(id) => self.call::<ApproveCompute>(by, dao, id, 0),
            ComputeStep::Dispute(id) => {
                let bond = bond(model, *id);
                self.call::<DisputeCompute>(by, dao, id, bond)
            }
            ComputeStep::Rule { request, percent } => {
                let params = RuleComputeParams { id: *request, worker_share: percent * 100 };
                self.call::<RuleCompute>(by, dao, &params, 0)
            }
            ComputeStep::Settle(ids) => self.call::<SettleCompute>(by, dao, ids, 0),
        }
    }
}

/// FIL that go with what puts up a bond for a request.
fn bond(model: &Model, id: u64) -> i64 {
    let at = usize::try_from(id).ok().and_then(|id| id.checked_sub(1));
    let found = at.and_then(|at| model.dao.requests.get(at)).and_then(Option::as_ref);
    let in_fil = found.filter(|request| request.currency == Currency::Fil);
    in_fil.map_or(0, |request| request.bounty / BONDS)
}
