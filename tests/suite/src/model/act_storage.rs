//! What is done with the perpetual storage, as messages.

use actor_perpetual_storage::api::*;
use fab::story::storage_terms;
use fvm_harness::{Outcome, atto};
use fvm_ipld_encoding::from_slice;

use super::cast::Party;
use super::reference::Model;
use super::step::StorageStep;
use super::storage::{FIRST_TERM, PURSE};
use super::world::World;
use crate::setup::{PIECE_SIZE, piece};

/// Pieces of the storage are others than those of the DAO.
const PIECES: u64 = 1_000;

impl World {
    pub fn act_in_storage(&mut self, model: &Model, by: Party, step: &StorageStep) -> Outcome {
        let storage = self.cast.storage;
        match step {
            StorageStep::Deposit(amount) => self.call::<Deposit>(by, storage, &None, *amount),
            StorageStep::Withdraw { over } => {
                let free = self.funds(by).free;
                let amount = if *over { free + atto(1) } else { free.max(atto(1)) };
                let outcome = self.call::<Withdraw>(by, storage, &amount, 0);
                if outcome.exit_code.is_success() {
                    *self.withdrawn.entry(by).or_default() += amount;
                }
                outcome
            }
            StorageStep::Create { replicas, pays } => {
                let id = self.storage_state().last + 1;
                let params = CreatePerpetualDealParams {
                    piece_cid: piece(PIECES + id),
                    piece_size: PIECE_SIZE,
                    terms: storage_terms(*replicas),
                };
                let value = if *pays { FIRST_TERM * i64::from(*replicas) } else { 0 };
                let outcome = self.call::<CreatePerpetualDeal>(by, storage, &params, value);
                if outcome.exit_code.is_success() {
                    self.call::<TopUp>(by, storage, &id, PURSE).ok();
                }
                outcome
            }
            StorageStep::Change { perpetual, replicas } => {
                let terms = storage_terms(*replicas);
                let params = ChangePerpetualDealParams { id: *perpetual, terms };
                self.call::<ChangePerpetualDeal>(by, storage, &params, 0)
            }
            StorageStep::TopUp { perpetual, amount } => {
                self.call::<TopUp>(by, storage, perpetual, *amount)
            }
            StorageStep::Close(id) => self.call::<ClosePerpetualDeal>(by, storage, id, 0),
            StorageStep::Refresh(ids) => {
                let outcome = self.call::<Refresh>(by, storage, ids, 0);
                if outcome.exit_code.is_success() && by != Party::Eve {
                    let done: Vec<Refreshed> = from_slice(&outcome.return_data).expect("a reply");
                    World::check_refreshed(model, ids, &done);
                }
                outcome
            }
        }
    }

    pub fn funds(&self, of: Party) -> Funds {
        self.storage_state().funds(self.net.store(), self.id(of)).expect("readable funds")
    }
}
