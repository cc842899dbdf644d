//! Messages to a DataDAO, one after the other, with any parameters that decode: whatever is asked, its
//! rules do not panic, its state stays sound, and it has the FIL that its books say.

mod seeds;
mod world;

use actor_datadao::api::*;
use actor_datadao::datasets::commitment;
use shared::{Method, deal};

use crate::deals::piece;
use crate::messages::Message;
use crate::token;
use crate::world::{self as worlds, Outcome, World, id};
pub use seeds::seeds;
use world::DataDao;

thread_local! {
    static BEGINNING: DataDao = DataDao::new();
}

pub fn run(input: &[u8]) {
    worlds::run(&BEGINNING, input);
}

impl DataDao {
    fn dispatch(&mut self, message: &Message<'_>) -> Outcome {
        match message.method {
            Fund::NUMBER => {
                self.call::<Fund, _>(message, |s, db, sent, ()| s.fund(db, &sent.value))
            }
            BookDonations::NUMBER => self.book_donations(message),
            Withdraw::NUMBER => self.withdraw(message),
            AuthenticateMessage::NUMBER => {
                let asked = message.params::<AuthenticateMessage>()?;
                let proposal = deal::decode(&asked.message).ok()?;
                let facts = self.facts(&proposal)?;
                self.actor.look(|s, db| s.authenticate(db, &s.config(db)?, &proposal, &facts))
            }
            MarketNotifyDeal::NUMBER => {
                let refuses = message.value & 1 != 0;
                self.publish(&message.params::<MarketNotifyDeal>()?, refuses)
            }
            RefreshDatasets::NUMBER => self.refresh(message),
            Execute::NUMBER => self.execute(message),
            _ => (self.roles_and_datasets(message))
                .or_else(|| self.stakes_and_access(message))
                .or_else(|| self.governance(message))
                .or_else(|| self.compute(message))
                .or_else(|| self.views(message))
                .or_else(|| self.token(message)),
        }
    }

    fn roles_and_datasets(&mut self, message: &Message<'_>) -> Outcome {
        match message.method {
            GrantRole::NUMBER => self.call::<GrantRole, _>(message, |s, db, sent, p| {
                s.grant_role(db, sent, p.role, id(&p.account)?)
            }),
            RevokeRole::NUMBER => self.call::<RevokeRole, _>(message, |s, db, sent, p| {
                s.revoke_role(db, sent, p.role, id(&p.account)?)
            }),
            OfferAdmin::NUMBER => self.call::<OfferAdmin, _>(message, |s, db, sent, p| {
                s.offer_admin(db, sent, id(&p.to)?, p.keep)
            }),
            AcceptAdmin::NUMBER => self.call::<AcceptAdmin, _>(message, |s, db, sent, ()| {
                s.accept_admin(db, sent).map(drop)
            }),
            Pause::NUMBER => {
                self.call::<Pause, _>(message, |s, db, sent, p| s.pause(db, sent, p.duration))
            }
            Unpause::NUMBER => {
                self.call::<Unpause, _>(message, |s, db, sent, ()| s.unpause(db, sent))
            }
            Mint::NUMBER => self.call::<Mint, _>(message, |s, db, sent, p| {
                s.mint_by_hand(db, sent, id(&p.to)?, &p.amount)
            }),
            AddDataset::NUMBER => self.call::<AddDataset, _>(message, |s, db, sent, p| {
                s.add_dataset(db, sent, p).map(drop)
            }),
            UpdateDataset::NUMBER => self.call::<UpdateDataset, _>(message, |s, db, sent, p| {
                s.update_dataset(db, sent, p.id, p.terms)
            }),
            RetireDataset::NUMBER => self.call::<RetireDataset, _>(message, |s, db, sent, id| {
                s.retire_dataset(db, sent, id)
            }),
            _ => None,
        }
    }

    fn stakes_and_access(&mut self, message: &Message<'_>) -> Outcome {
        match message.method {
            Bond::NUMBER => self.call::<Bond, _>(message, |s, db, sent, p| {
                s.bond(db, sent, id(&p.provider)?, &p.amount)
            }),
            Unbond::NUMBER => self.call::<Unbond, _>(message, |s, db, sent, p| {
                s.unbond(db, sent, id(&p.provider)?, &p.amount)
            }),
            Stake::NUMBER => {
                self.call::<Stake, _>(message, |s, db, sent, p| s.stake(db, sent, &p.amount))
            }
            Unstake::NUMBER => self.call::<Unstake, _>(message, |s, db, sent, p| {
                s.unstake(db, sent, &p.amount).map(drop)
            }),
            ReleaseUnstaked::NUMBER => self
                .call::<ReleaseUnstaked, _>(message, |s, db, sent, of| {
                    s.release_unstaked(db, sent, id(&of)?).map(drop)
                }),
            ClaimRevenue::NUMBER => self.call::<ClaimRevenue, _>(message, |s, db, _, of| {
                s.claim_revenue(db, id(&of)?).map(drop)
            }),
            SetAccess::NUMBER => self.call::<SetAccess, _>(message, |s, db, sent, p| {
                s.set_access(db, sent, p.dataset, &p.policy).map(drop)
            }),
            BuyAccess::NUMBER => self.call::<BuyAccess, _>(message, |s, db, sent, p| {
                s.buy_access(db, sent, &p, id(&p.to)?).map(drop)
            }),
            GrantAccess::NUMBER => self.call::<GrantAccess, _>(message, |s, db, sent, p| {
                s.grant_access(db, sent, p.dataset, id(&p.to)?, p.until).map(drop)
            }),
            RevokeAccess::NUMBER => self.call::<RevokeAccess, _>(message, |s, db, sent, p| {
                s.revoke_access(db, sent, p.dataset, id(&p.from)?).map(drop)
            }),
            ExpireAccess::NUMBER => self.call::<ExpireAccess, _>(message, |s, db, sent, p| {
                let accounts = p.accounts.iter().map(id).collect::<Result<Vec<_>, _>>()?;
                s.expire_access(db, sent, p.dataset, &accounts).map(drop)
            }),
            _ => None,
        }
    }

    fn governance(&mut self, message: &Message<'_>) -> Outcome {
        match message.method {
            Delegate::NUMBER => self.call::<Delegate, _>(message, |s, db, sent, to| {
                s.delegate(db, sent, to.as_ref().map(id).transpose()?)
            }),
            Propose::NUMBER => {
                self.call::<Propose, _>(message, |s, db, sent, p| s.propose(db, sent, p).map(drop))
            }
            CastVote::NUMBER => self.call::<CastVote, _>(message, |s, db, sent, p| {
                s.cast_vote(db, sent, p.proposal, p.choice).map(drop)
            }),
            Cancel::NUMBER => {
                self.call::<Cancel, _>(message, |s, db, sent, id| s.cancel_proposal(db, sent, id))
            }
            Veto::NUMBER => self.call::<Veto, _>(message, |s, db, sent, id| s.veto(db, sent, id)),
            _ => None,
        }
    }

    fn compute(&mut self, message: &Message<'_>) -> Outcome {
        match message.method {
            RequestCompute::NUMBER => self.call::<RequestCompute, _>(message, |s, db, sent, p| {
                s.request_compute(db, sent, p).map(drop)
            }),
            CancelCompute::NUMBER => self.call::<CancelCompute, _>(message, |s, db, sent, id| {
                s.cancel_compute(db, sent, id).map(drop)
            }),
            AcceptCompute::NUMBER => self.call::<AcceptCompute, _>(message, |s, db, sent, id| {
                s.accept_compute(db, sent, id).map(drop)
            }),
            DeliverCompute::NUMBER => self.call::<DeliverCompute, _>(message, |s, db, sent, p| {
                s.deliver_compute(db, sent, &p)
            }),
            ApproveCompute::NUMBER => self.call::<ApproveCompute, _>(message, |s, db, sent, id| {
                s.approve_compute(db, sent, id).map(drop)
            }),
            DisputeCompute::NUMBER => self.call::<DisputeCompute, _>(message, |s, db, sent, id| {
                s.dispute_compute(db, sent, id).map(drop)
            }),
            RuleCompute::NUMBER => self.call::<RuleCompute, _>(message, |s, db, sent, p| {
                s.rule_compute(db, sent, &p).map(drop)
            }),
            SettleCompute::NUMBER => self.call::<SettleCompute, _>(message, |s, db, sent, ids| {
                s.settle_compute(db, sent.now, &ids).map(drop)
            }),
            _ => None,
        }
    }

    fn views(&self, message: &Message<'_>) -> Outcome {
        let (actor, now) = (&self.actor, self.actor.now);
        let commitment = commitment(&piece()).ok()?;
        match message.method {
            GetRoles::NUMBER => {
                actor.view::<GetRoles, _, _>(message, |s, db, of| s.roles(db, id(&of)?))
            }
            GetDataset::NUMBER => {
                actor.view::<GetDataset, _, _>(message, |s, db, id| s.dataset(db, id))
            }
            ListDatasets::NUMBER => {
                actor.view::<ListDatasets, _, _>(message, |s, db, page| s.list_datasets(db, &page))
            }
            RetrieveDataset::NUMBER => {
                actor.view::<RetrieveDataset, _, _>(message, |s, db, id| s.retrieval(db, id))
            }
            GetDeal::NUMBER => {
                actor.view::<GetDeal, _, _>(message, |s, db, id| s.deal(db, &commitment, id))
            }
            ListDeals::NUMBER => {
                actor.view::<ListDeals, _, _>(message, |s, db, page| s.list_deals(db, &page))
            }
            RetrieveDeal::NUMBER => actor.view::<RetrieveDeal, _, _>(message, |s, db, id| {
                let deal = s.deal(db, &commitment, id)?;
                s.retrieval_of(db, deal.dataset, &deal.replica)
            }),
            GetRecord::NUMBER => {
                actor.view::<GetRecord, _, _>(message, |s, db, of| s.record(db, id(&of)?))
            }
            GetStake::NUMBER => {
                actor.view::<GetStake, _, _>(message, |s, db, of| s.stake_of(db, id(&of)?))
            }
            HasAccess::NUMBER => actor.view::<HasAccess, _, _>(message, |s, db, p| {
                s.has_access(db, now, id(&p.account).ok(), p.dataset)
            }),
            GetAccess::NUMBER => actor.view::<GetAccess, _, _>(message, |s, db, p| {
                s.access(db, now, id(&p.account).ok(), p.dataset)
            }),
            GetVotes::NUMBER => actor.view::<GetVotes, _, _>(message, |s, db, p| {
                s.votes(db, id(&p.account)?, p.snapshot)
            }),
            GetProposal::NUMBER => {
                actor.view::<GetProposal, _, _>(message, |s, db, id| s.proposal(db, now, id))
            }
            ListProposals::NUMBER => actor.view::<ListProposals, _, _>(message, |s, db, page| {
                s.list_proposals(db, now, &page)
            }),
            GetVote::NUMBER => actor
                .view::<GetVote, _, _>(message, |s, db, p| s.vote(db, p.proposal, id(&p.voter)?)),
            GetCompute::NUMBER => {
                actor.view::<GetCompute, _, _>(message, |s, db, id| s.compute_request(db, id))
            }
            ListCompute::NUMBER => {
                actor.view::<ListCompute, _, _>(message, |s, db, page| s.list_compute(db, &page))
            }
            _ => None,
        }
    }

    fn token(&mut self, message: &Message<'_>) -> Outcome {
        let (asked, now) = (token::asked(message)?, self.actor.now);
        self.actor.attempt(Default::default(), |s, db| {
            asked.apply(&mut s.token, db, now, message.caller())
        })
    }
}
