//! A storage, with its escrow in a market that tells the truth.

use abi::defaults;
use actor_perpetual_storage::api::*;
use actor_perpetual_storage::deals::Facts;
use actor_perpetual_storage::error::Error;
use actor_perpetual_storage::escrow::ToEscrow;
use actor_perpetual_storage::invariants;
use actor_perpetual_storage::refresh::{Findings, MAX_REFRESHED};
use actor_perpetual_storage::state::{Message, State};
use fvm_ipld_blockstore::MemoryBlockstore;
use fvm_shared::ActorID;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use shared::Method;
use shared::deal::{Standing, decode};
use shared::ext::market::{DealProposal, MarketNotifyDealParams};

use crate::deals::{is_published, owner_of, standing};
use crate::messages::{self, DAY, atto};
use crate::world::{Deployed, Outcome, World, id};

pub const STORAGE: ActorID = 101;

#[derive(Clone)]
pub struct Storage {
    pub actor: Deployed<State>,
    /// AttoFIL in the market.
    escrow: TokenAmount,
}

impl World for Storage {
    const ACTOR: &'static str = "perpetual-storage";

    fn new() -> Self {
        let rules = defaults::perpetual_storage().rules;
        let actor = Deployed::new(DAY, |store| State::new(store, rules));
        Storage { actor, escrow: TokenAmount::default() }
    }

    fn pass(&mut self, epochs: ChainEpoch) {
        self.actor.now += epochs;
    }

    fn step(&mut self, message: &messages::Message<'_>) -> Outcome {
        self.dispatch(message)
    }

    fn check(&self) {
        let Deployed { state, store, balance, .. } = &self.actor;
        let broken = invariants::check(state, store).expect("a whole state");
        assert!(broken.is_empty(), "{broken:?}");
        let books = state.books();
        assert_eq!((&books.booked, &books.escrow), (balance, &self.escrow));
    }
}

impl Storage {
    /// Runs a rule with the parameters of a message, which brings FIL where its method takes some.
    pub fn call<M: Method, R>(
        &mut self,
        message: &messages::Message<'_>,
        rule: impl FnOnce(&mut State, &MemoryBlockstore, &Message, M::Params) -> Result<R, Error>,
    ) -> Option<R> {
        let payable = [
            Deposit::NUMBER,
            CreatePerpetualDeal::NUMBER,
            ChangePerpetualDeal::NUMBER,
            TopUp::NUMBER,
        ];
        let brings = payable.contains(&message.method).then(|| atto(message.value));
        let (params, value) = (message.params::<M>()?, brings.unwrap_or_default());
        let sent = Message { now: self.actor.now, caller: message.caller(), value: value.clone() };
        self.actor.attempt(value, |state, store| rule(state, store, &sent, params))
    }

    pub fn facts(&self, proposal: &DealProposal) -> Option<Facts> {
        let (client, provider) = (id(&proposal.client).ok()?, id(&proposal.provider).ok()?);
        Some(Facts { now: self.actor.now, storage: STORAGE, client, provider })
    }

    /// A deal that the market publishes: free of charge, since what prices do to an escrow the actor's
    /// own tests are about.
    pub fn publish(&mut self, params: &MarketNotifyDealParams) -> Outcome {
        let proposal = decode(&params.proposal).ok()?;
        let facts = self.facts(&proposal)?;
        let free = proposal.storage_price_per_epoch == TokenAmount::default();
        let sound = free && is_published(&proposal, self.actor.now);
        let owner = owner_of(facts.provider);
        let paid = sound.then(|| {
            self.actor.attempt(TokenAmount::default(), |state, store| {
                let admission = state.admit(store, &proposal, &facts)?;
                state.record_deal(store, &proposal, &facts, params.deal_id, owner, &admission)
            })
        })??;
        self.actor.pay(&paid);
        Some(())
    }

    pub fn refresh(&mut self, how: u8, ids: Vec<PerpetualDealId>) -> Outcome {
        for id in ids.into_iter().take(MAX_REFRESHED) {
            let findings = self.find(how, id)?;
            let now = self.actor.now;
            let work = self.actor.attempt(TokenAmount::default(), |state, store| {
                state.refresh(store, now, id, &findings)
            })?;
            self.actor.pay(&(&work.sum.paid + &work.sum.tip));
            self.move_escrow(work.to_escrow);
        }
        Some(())
    }

    /// What the market says of the replicas of a deal.
    pub fn find(&self, how: u8, id: PerpetualDealId) -> Option<Findings> {
        let replicas = self.actor.look(|state, store| state.replicas(store, id))?;
        let stands = |(nth, replica): (usize, &Replica)| -> (_, Standing) {
            let since = replica.active.map(|activity| activity.since);
            (replica.deal, standing(how, nth, replica.start_epoch, since, self.actor.now))
        };
        let standings = replicas.iter().enumerate().map(stands).collect();
        Some(Findings { standings, unlocked: None })
    }

    pub fn move_escrow(&mut self, by: ToEscrow) {
        match by {
            ToEscrow::Nothing => {}
            ToEscrow::Add(amount) => {
                assert!(amount.is_positive());
                self.actor.pay(&amount);
                self.escrow += amount;
            }
            ToEscrow::Withdraw(amount) => {
                assert!(amount.is_positive() && amount <= self.escrow, "{amount} from escrow");
                self.escrow -= &amount;
                self.actor.balance += amount;
            }
        }
    }
}
