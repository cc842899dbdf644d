//! The network under test: all actors on it, and who acts there.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use actor_lending_market::api::{ExitId, LoanSpec};
use fab::story::{Dao, Lending, Storage};
use fvm_harness::{
    Account, Actors, Call, Network, Outcome, Provider, Snapshot, Store, TokenAmount, fil,
};
use fvm_ipld_encoding::RawBytes;
use fvm_shared::ActorID;
use fvm_shared::address::Address;
use fvm_shared::deal::DealID;
use fvm_shared::sector::SectorNumber;
use hostile_owner::{Forward, Message};
use shared::Method;
use shared::ext::market::DealProposal;

use super::cast::Party;
use super::{coverage, generate};
use crate::hostile_owners::take_over;
use crate::setup::{HOOK_GAS, network, on_publish};

/// A world that all cases start from, each on a copy of its own. What a case writes lies over the
/// blocks of this one, which are never changed.
pub struct Base {
    actors: Actors,
    store: Store,
    pub snapshot: Snapshot,
    cast: Cast,
}

/// Who is where.
#[derive(Clone)]
pub struct Cast {
    accounts: BTreeMap<Party, Account>,
    /// The contract.
    eve: Address,
    pub underwriter: Account,
    pub dao: Address,
    pub storage: Address,
    pub market: Address,
    pub miners: Vec<Provider>,
}

/// A deal that was made.
pub struct Placed {
    pub id: DealID,
    pub proposal: DealProposal,
    pub sector: Option<SectorNumber>,
}

/// Shares of a lender that wait in the queue.
pub struct Exit {
    pub of: Party,
    pub id: ExitId,
    pub shares: TokenAmount,
}

pub struct World {
    pub net: Network,
    pub cast: Cast,
    pub deals: Vec<Placed>,
    /// Every loan, and its agent.
    pub loans: Vec<(LoanSpec, ActorID)>,
    /// In the order of the queue.
    pub exits: Vec<Exit>,
    /// What uploaders took out.
    pub withdrawn: BTreeMap<Party, TokenAmount>,
    /// All FIL that there is.
    pub supply: TokenAmount,
}

/// The world that all cases start from.
pub fn base() -> &'static Base {
    static BASE: OnceLock<Base> = OnceLock::new();
    BASE.get_or_init(found)
}

/// The three stories on one network, one after the other. The provider of each is a miner of the same
/// owner.
fn found() -> Base {
    let rewards = actor_datadao::api::RewardRules { hook_gas_limit: 25 * HOOK_GAS, ..on_publish() };
    let mut dao = Dao::deploy(network(), rewards);
    for (of, amount) in generate::ENDOWED {
        let holder = dao.net.account(&format!("{of:?}"));
        dao.mint(&holder, fil(amount));
    }
    let Dao { net, admin, address: dao, sp: first } = dao;
    let Storage { net, address: storage, keeper, sp: second, .. } = Storage::deploy(net);
    let Lending { mut net, governor, underwriter, address: market, sp: third, .. } =
        Lending::deploy(net);
    let [tom, eve] = ["tom", "eve"].map(|name| Provider::create(&mut net, name));
    let contract = take_over(&mut net, &eve);
    let [ann, bob, cem] = Party::PEOPLE.map(|party| net.account(&format!("{party:?}")));
    let accounts = BTreeMap::from([
        (Party::Admin, admin),
        (Party::Governor, governor),
        (Party::Ann, ann),
        (Party::Bob, bob),
        (Party::Cem, cem),
        (Party::Keeper, keeper),
        (Party::Sam, first.owner.clone()),
        (Party::Tom, tom.owner.clone()),
    ]);
    let miners = vec![first, second, third, tom, eve];
    let cast = Cast { accounts, eve: contract, underwriter, dao, storage, market, miners };
    net.advance(1);
    let snapshot = net.snapshot();
    Base { actors: net.actors().clone(), store: net.store().clone(), snapshot, cast }
}

impl World {
    /// A copy of the base.
    pub fn fork() -> Self {
        let Base { actors, store, snapshot, cast } = base();
        let store = Store::on(actors, Arc::new(store.clone()));
        let mut net = Network::resume(actors, store, snapshot.clone(), 0).expect("a base");
        let supply = net.total_supply();
        World {
            net,
            cast: cast.clone(),
            deals: vec![],
            loans: vec![],
            exits: vec![],
            withdrawn: BTreeMap::new(),
            supply,
        }
    }

    pub fn address(&self, of: Party) -> Address {
        match of {
            Party::Eve => self.cast.eve,
            Party::Agent(loan) => {
                let at = usize::try_from(loan).expect("a loan") - 1;
                Address::new_id(self.loans[at].1)
            }
            _ => self.cast.accounts[&of].address(),
        }
    }

    pub fn account(&self, of: Party) -> &Account {
        &self.cast.accounts[&of]
    }

    pub fn id(&self, of: Party) -> ActorID {
        self.address(of).id().expect("an f0 address")
    }

    /// Sends a message, and notes what is accepted.
    pub fn send(&mut self, by: Party, call: Call) -> Outcome {
        let (to, method) = (call.to, call.method);
        let outcome = self.deliver(by, call);
        if outcome.exit_code.is_success()
            && let Some(actor) = self.kind(to)
        {
            coverage::sent(actor, method);
        }
        outcome
    }

    /// Of what kind an actor of the bundle is.
    fn kind(&self, actor: Address) -> Option<&'static str> {
        let Cast { dao, storage, market, .. } = &self.cast;
        let is_agent = |agent: ActorID| Address::new_id(agent) == actor;
        match actor {
            _ if actor == *dao => Some("datadao"),
            _ if actor == *storage => Some("perpetual-storage"),
            _ if actor == *market => Some("lending-market"),
            _ if self.loans.iter().any(|(_, agent)| is_agent(*agent)) => Some("loan-agent"),
            _ => None,
        }
    }

    /// Eve's messages come from her contract, without FIL.
    fn deliver(&mut self, by: Party, call: Call) -> Outcome {
        if by != Party::Eve {
            return self.net.run(Call { from: self.address(by), ..call });
        }
        assert_eq!(call.value, fil(0), "the contract pays nothing");
        let Call { to, method, params, .. } = call;
        let keeper = self.address(Party::Keeper);
        let forward = Message { to, method, params };
        self.net.call::<Forward>(keeper, self.cast.eve, &forward).outcome
    }

    /// Calls a method with so many whole FIL.
    pub fn call<M: Method>(
        &mut self,
        by: Party,
        to: Address,
        params: &M::Params,
        value: i64,
    ) -> Outcome {
        let call = Call::new(to, to).method(M::NUMBER, params).value(fil(value));
        self.send(by, call)
    }

    /// A message without a sender yet.
    pub fn raw(to: Address, method: u64, params: RawBytes) -> Call {
        Call { method, params, ..Call::new(to, to) }
    }
}
