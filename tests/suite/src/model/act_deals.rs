//! What storage providers do, as messages: deals of both clients, published, proven and ended.

use actor_perpetual_storage::ads::ADS_PER_DEAL;
use fvm_harness::{Call, Outcome, Provider, atto};
use fvm_ipld_encoding::from_slice;
use fvm_shared::address::Address;
use fvm_shared::piece::PaddedPieceSize;
use shared::ext::MARKET_ACTOR;
use shared::ext::account::{AUTHENTICATE_MESSAGE, AuthenticateMessageParams};
use shared::ext::market::{DealProposal, Label, PublishStorageDealsReturn};

use super::cast::Party;
use super::deals::{CLOSED, KEPT, LASTS, SEALING, START};
use super::reference::{Model, Verdict};
use super::step::{DealStep, Flaw};
use super::world::{Placed, World};
use crate::setup::{DAY, PIECE_SIZE, piece};

impl World {
    pub fn trade(&mut self, model: &Model, step: &DealStep) -> Option<Outcome> {
        let outcome = match step {
            DealStep::Publish { miner, datasets, flaw } => {
                let proposals: Vec<DealProposal> = (0..)
                    .zip(datasets)
                    .map(|(n, id)| self.dao_proposal(*miner, *id, n, *flaw))
                    .collect();
                self.publish(*miner, proposals, self.cast.dao, model)
            }
            DealStep::Take { miner, perpetual, flaw } => {
                let proposal = self.storage_proposal(*miner, *perpetual, *flaw);
                self.publish(*miner, vec![proposal], self.cast.storage, model)
            }
            DealStep::Activate(deal) => {
                let mut sp = self.provider(model, *deal);
                let proposal = self.deals[*deal].proposal.clone();
                let sector = sp.pre_commit(&mut self.net, &proposal);
                self.net.leap(SEALING);
                let id = self.deals[*deal].id;
                let outcome = sp.prove(&mut self.net, sector, id, &proposal);
                if outcome.exit_code.is_success() {
                    self.deals[*deal].sector = Some(sector);
                }
                self.cast.miners[model.deals.0[*deal].miner] = sp;
                outcome
            }
            DealStep::Terminate(deal) => {
                let sp = self.provider(model, *deal);
                let sector = self.deals[*deal].sector.expect("a deal that was proven");
                let (deadline, partition) = sp.locate(&mut self.net, sector);
                let now = sp.terminate(&mut self.net, deadline, partition, sector);
                self.net.leap(CLOSED);
                if now.exit_code.is_success() {
                    now
                } else {
                    // The deadline was closed for changes.
                    sp.terminate(&mut self.net, deadline, partition, sector)
                }
            }
            DealStep::Settle(deal) => {
                let (keeper, id) = (self.address(Party::Keeper), self.deals[*deal].id);
                self.net.settle(keeper, &[id]);
                return None;
            }
        };
        Some(outcome)
    }

    fn provider(&self, model: &Model, deal: usize) -> Provider {
        self.cast.miners[model.deals.0[deal].miner].clone()
    }

    /// Asks the client about the first proposal, which has to answer as the model says, and publishes
    /// all.
    fn publish(
        &mut self,
        miner: usize,
        proposals: Vec<DealProposal>,
        client: Address,
        model: &Model,
    ) -> Outcome {
        let message = fvm_ipld_encoding::to_vec(&proposals[0]).expect("a proposal that encodes");
        let params = AuthenticateMessageParams { signature: vec![], message };
        let market = Address::new_id(MARKET_ACTOR);
        let ask = Call::new(market, client).method(AUTHENTICATE_MESSAGE, &params);
        let answer = self.net.dry_run(ask);
        let said: Verdict =
            if answer.exit_code.is_success() { Ok(()) } else { Err(answer.exit_code) };
        assert_eq!(Some(said), model.answer, "the client's answer: {answer}");

        let sp = self.cast.miners[miner].clone();
        let outcome = sp.publish(&mut self.net, &proposals);
        if outcome.exit_code.is_success() {
            let reply: PublishStorageDealsReturn = from_slice(&outcome.return_data).expect("IDs");
            let valid = reply.valid_deals.iter().map(|at| usize::try_from(at).expect("a place"));
            for (at, id) in valid.zip(reply.ids) {
                let proposal = proposals[at].clone();
                self.deals.push(Placed { id, proposal, sector: None });
            }
        }
        outcome
    }

    fn dao_proposal(&self, miner: usize, id: u64, n: u64, flaw: Option<Flaw>) -> DealProposal {
        let sp = &self.cast.miners[miner];
        let mut proposal = sp.proposal(&self.net, self.cast.dao, piece(id), PIECE_SIZE);
        assert_eq!(proposal.start_epoch, self.net.epoch() + START);
        proposal.end_epoch = proposal.start_epoch + LASTS;
        // No two of a batch are the same.
        proposal.label = Label::String(n.to_string());
        spoil(&mut proposal, flaw, self.cast.market);
        proposal
    }

    fn storage_proposal(&mut self, miner: usize, id: u64, flaw: Option<Flaw>) -> DealProposal {
        let sp = self.cast.miners[miner].clone();
        let state = self.storage_state();
        let found = state.find(self.net.store(), id).expect("a readable state");
        let open = found.and_then(|perpetual| {
            perpetual.ads.iter().find(|ad| ad.renews.is_none()).map(|ad| ad.id)
        });
        let (ad, piece_cid, collateral) = match open {
            Some(ad) => {
                let now = self.net.epoch();
                let info = state.ad_info(self.net.store(), ad, now).expect("an open ad");
                (ad, info.piece_cid, info.min_provider_collateral)
            }
            None => (id * ADS_PER_DEAL + ADS_PER_DEAL - 1, piece(id), atto(0)),
        };
        let good = sp.proposal(&self.net, self.cast.storage, piece_cid, PIECE_SIZE);
        let mut proposal = DealProposal {
            label: Label::String(ad.to_string()),
            end_epoch: good.start_epoch + KEPT,
            provider_collateral: collateral.max(good.provider_collateral.clone()),
            ..good
        };
        spoil(&mut proposal, flaw, self.cast.market);
        proposal
    }

    pub fn storage_state(&self) -> actor_perpetual_storage::state::State {
        self.net.state(&self.cast.storage).expect("a storage with state")
    }
}

/// Makes one thing wrong with a proposal.
fn spoil(proposal: &mut DealProposal, flaw: Option<Flaw>, other: Address) {
    match flaw {
        None => {}
        Some(Flaw::Client) => proposal.client = other,
        Some(Flaw::Piece) => proposal.piece_cid = piece(u64::MAX),
        Some(Flaw::Size) => proposal.piece_size = PaddedPieceSize(PIECE_SIZE.0 / 2),
        Some(Flaw::Start) => {
            proposal.start_epoch += 20 * DAY;
            proposal.end_epoch += 20 * DAY;
        }
        Some(Flaw::Duration) => proposal.end_epoch -= 1,
        Some(Flaw::Price) => proposal.storage_price_per_epoch = atto(1),
        Some(Flaw::Collateral) => proposal.client_collateral = atto(1),
        Some(Flaw::Label) => proposal.label = Label::String("x".repeat(65)),
    }
}
