//! A DAO, with its escrow in a market that tells the truth.

use abi::defaults;
use actor_datadao::api::*;
use actor_datadao::deals::{Facts, Principals};
use actor_datadao::error::Error;
use actor_datadao::governance::actions::Effect;
use actor_datadao::invariants;
use actor_datadao::refresh::MAX_REFRESHED;
use actor_datadao::state::{Config, Message, State};
use actor_datadao::treasury::MAX_PAYEES;
use fvm_ipld_blockstore::MemoryBlockstore;
use fvm_shared::ActorID;
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use shared::ext::market::{DealProposal, MarketNotifyDealParams};
use shared::{Method, deal};

use crate::deals::{is_published, owner_of, standing};
use crate::messages::{self, DAY, USER, USERS, atto};
use crate::world::{Deployed, Outcome, World, id};

pub const DAO: ActorID = 101;
/// AttoDATA that everybody has to begin with.
const SHARE: i64 = 1_000;

#[derive(Clone)]
pub struct DataDao {
    pub actor: Deployed<State>,
    /// AttoFIL in the market.
    escrow: TokenAmount,
}

impl World for DataDao {
    const ACTOR: &'static str = "datadao";

    /// Who may do what is not the question here: everybody has every role but the provider's, and
    /// weight.
    fn new() -> Self {
        let ConstructorParams { token, rules, .. } = defaults::datadao(Address::new_id(USER));
        let config = Config { token, rules };
        let actor = Deployed::new(DAY, |store| {
            let mut state = State::new(store, USER, &config)?;
            let admin = Message { now: DAY, dao: DAO, caller: USER, value: TokenAmount::default() };
            for user in USER..USER + USERS {
                for role in [Role::Curator, Role::Minter, Role::Guardian, Role::Arbiter] {
                    state.grant_role(store, &admin, role, user)?;
                }
                let share = TokenAmount::from_whole(SHARE);
                state.mint_by_hand(store, &admin, user, &share)?;
            }
            Ok::<_, Error>(state)
        });
        DataDao { actor, escrow: TokenAmount::default() }
    }

    fn pass(&mut self, epochs: ChainEpoch) {
        self.actor.now += epochs;
    }

    fn step(&mut self, message: &messages::Message<'_>) -> Outcome {
        self.dispatch(message)
    }

    fn check(&self) {
        let Deployed { state, store, now, balance } = &self.actor;
        let broken = invariants::check(state, store, DAO, *now).expect("a whole state");
        assert!(broken.is_empty(), "{broken:?}");
        let booked = state.treasury(store).expect("a treasury").booked.fil;
        assert!(booked <= *balance, "{booked} are booked of {balance}");
    }
}

impl DataDao {
    /// Runs a rule with the parameters of a message.
    pub fn call<M: Method, R>(
        &mut self,
        message: &messages::Message<'_>,
        rule: impl FnOnce(&mut State, &MemoryBlockstore, &Message, M::Params) -> Result<R, Error>,
    ) -> Option<R> {
        let (params, value) = (message.params::<M>()?, self.brings(message)?);
        let (now, caller) = (self.actor.now, message.caller());
        let sent = Message { now, dao: DAO, caller, value: value.clone() };
        self.actor.attempt(value, |state, store| rule(state, store, &sent, params))
    }

    /// AttoFIL that come with a message: those that are asked for, unless it says others.
    fn brings(&self, message: &messages::Message<'_>) -> Option<TokenAmount> {
        let bond = |id| {
            let request = self.actor.look(|s, db| s.compute_request(db, id))?;
            Some(Cash::of(request.currency, request.bond).fil)
        };
        let asked = match message.method {
            Fund::NUMBER => TokenAmount::default(),
            BuyAccess::NUMBER => {
                let BuyAccessParams { dataset, periods, .. } = message.params::<BuyAccess>()?;
                match self.actor.look(|s, db| s.access(db, 0, None, dataset))?.policy {
                    AccessPolicy::Paid(AccessPrice { currency, amount, .. }) => {
                        Cash::of(currency, amount * periods).fil
                    }
                    _ => TokenAmount::default(),
                }
            }
            RequestCompute::NUMBER => {
                let params = message.params::<RequestCompute>()?;
                Cash::of(params.currency, params.bounty).fil
            }
            AcceptCompute::NUMBER => bond(message.params::<AcceptCompute>()?)?,
            DisputeCompute::NUMBER => bond(message.params::<DisputeCompute>()?)?,
            _ => return Some(TokenAmount::default()),
        };
        Some(if message.value == 0 { asked } else { atto(message.value) })
    }

    pub fn facts(&self, proposal: &DealProposal) -> Option<Facts> {
        let (client, provider) = (id(&proposal.client).ok()?, id(&proposal.provider).ok()?);
        Some(Facts { now: self.actor.now, dao: DAO, client, provider })
    }

    /// A deal that the market publishes. Who is paid for it at once may refuse.
    pub fn publish(&mut self, params: &MarketNotifyDealParams, refuses: bool) -> Outcome {
        let proposal = deal::decode(&params.proposal).ok()?;
        let facts = self.facts(&proposal)?;
        if !is_published(&proposal, self.actor.now) {
            return None;
        }
        let owner = owner_of(facts.provider);
        let behind = Principals { owner, payee: owner };
        let nothing = TokenAmount::default();
        let recorded = self.actor.attempt(nothing.clone(), |state, store| {
            let config = state.config(store)?;
            state.record_deal(store, &config, &proposal, &facts, params.deal_id, behind)
        })?;
        if let (Some(reward), true) = (recorded.paid, refuses) {
            let market = self.market();
            let back = self.actor.attempt(nothing, |state, store| {
                state.take_back(store, &market, reward.payee, &reward.amount)
            });
            assert_eq!(back, Some(()), "what is refused can be taken back");
        }
        Some(())
    }

    fn market(&self) -> Message {
        let caller = shared::ext::MARKET_ACTOR;
        Message { now: self.actor.now, dao: DAO, caller, value: TokenAmount::default() }
    }

    pub fn refresh(&mut self, message: &messages::Message<'_>) -> Outcome {
        let now = self.actor.now;
        self.call::<RefreshDatasets, _>(message, |state, store, sent, ids| {
            for dataset in ids.into_iter().take(MAX_REFRESHED) {
                let replicas = state.slots(store, dataset)?.replicas;
                let stands = |(nth, replica): (usize, &Replica)| {
                    let Replica { deal, start_epoch, activated, .. } = *replica;
                    (deal, standing(message.value, nth, start_epoch, activated, now))
                };
                let standings: Vec<_> = replicas.iter().enumerate().map(stands).collect();
                let config = state.config(store)?;
                for news in state.refresh(store, &config, sent, dataset, &standings)? {
                    assert!(news.replica.paid <= news.replica.reward, "{news:?}");
                }
            }
            Ok(())
        })
    }

    /// Pays what is owed: `value` says of $DATA and of FIL whether those who are paid refuse it.
    pub fn withdraw(&mut self, message: &messages::Message<'_>) -> Outcome {
        let (no_data, no_fil) = (message.value & 1 != 0, message.value & 2 != 0);
        let sent = self.call::<Withdraw, _>(message, |state, store, sent, accounts| {
            let mut fil = TokenAmount::default();
            for account in accounts.iter().take(MAX_PAYEES) {
                let account = id(account)?;
                let Some(paid) = state.withdraw(store, sent, account)? else { continue };
                if no_fil {
                    let owed = Cash::of(Currency::Fil, paid.fil);
                    state.owe_again(store, account, &owed)?;
                } else {
                    fil += paid.fil;
                }
                if no_data {
                    state.take_back(store, sent, account, &paid.data)?;
                }
            }
            Ok(fil)
        })?;
        self.actor.pay(&sent);
        Some(())
    }

    /// Books what was sent before, without a method.
    pub fn book_donations(&mut self, message: &messages::Message<'_>) -> Outcome {
        self.actor.balance += atto(message.value);
        let balance = self.actor.balance.clone();
        self.call::<BookDonations, _>(message, |s, db, _, ()| s.book_donations(db, DAO, &balance))
            .map(drop)
    }

    pub fn execute(&mut self, message: &messages::Message<'_>) -> Outcome {
        let effects = self.call::<Execute, _>(message, |state, store, sent, proposal| {
            state.execute(store, sent, proposal, &|address| Ok(id(address)?))
        })?;
        for effect in effects {
            match effect {
                Effect::AddEscrow(amount) => {
                    self.actor.pay(&amount);
                    self.escrow += amount;
                }
                Effect::WithdrawEscrow(asked) => {
                    let paid = asked.min(self.escrow.clone());
                    self.escrow -= &paid;
                    let booked = self.actor.attempt(paid.clone(), |s, db| s.fund(db, &paid));
                    assert_eq!(booked, Some(()), "what comes from the escrow can be booked");
                }
                _ => {}
            }
        }
        Some(())
    }
}
