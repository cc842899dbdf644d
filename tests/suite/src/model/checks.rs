//! What must be so after every message: every actor's invariants, the conservation of FIL, and what the
//! model says.

use actor_datadao::api::{AccessParams, Choice, GetAccess, GetProposal, Tally};
use actor_datadao::slots::Slots;
use actor_lending_market::pool::VIRTUAL;
use actor_lending_market::state::State as MarketState;
use fab::story::{check_dao, check_market, check_storage};
use fvm_harness::{Call, TokenAmount, atto, fil};
use fvm_shared::ActorID;
use fvm_shared::address::Address;
use fvm_shared::bigint::BigInt;
use shared::ext::miner::{GET_OWNER, GetOwnerReturn};

use super::cast::Party;
use super::lending::Queue;
use super::reference::Model;
use super::world::World;

/// AttoFIL by which roundings may leave what is owed behind what the model says.
const ROUNDING: u64 = 1_000;

impl World {
    pub fn check(&mut self, model: &Model) {
        self.net.snapshot();
        assert_eq!(self.net.epoch(), model.now, "the epoch");
        check_dao(&mut self.net, self.cast.dao);
        check_storage(&mut self.net, self.cast.storage);
        check_market(&mut self.net, self.cast.market);
        assert_eq!(self.net.total_supply(), self.supply, "all FIL");
        self.check_holders(model);
        self.check_datasets(model);
        self.check_requests(model);
        self.check_polls(model);
        self.check_perpetuals(model);
        self.check_loans(model);
        self.check_lenders(model);
        self.check_miners(model);
    }

    fn check_holders(&self, model: &Model) {
        let (state, store) = (self.dao_state(), self.net.store());
        let (token, books) = (&state.token, state.cold(store).unwrap().books);
        assert_eq!((&token.supply, &state.minted), (&model.dao.supply, &model.dao.minted));
        assert_eq!(state.promised, fil(0));
        assert_eq!(state.paused_until, model.dao.paused_until);
        assert_eq!(books.treasury.fil, model.dao.treasury, "the treasury");
        assert_eq!(books.treasury.data, model.dao.treasury_data, "$DATA in the treasury");
        let custody = token.balance(store, self.cast.dao.id().unwrap()).unwrap();
        assert_eq!(custody, model.dao.custody(), "$DATA in custody");
        for ((owner, operator), should) in &model.dao.allowances {
            let allowed = token.allowance(store, self.id(*owner), self.id(*operator)).unwrap();
            assert_eq!(allowed, *should, "what {operator:?} may move of {owner:?}");
        }
        for (party, holder) in &model.dao.holders {
            let id = self.id(*party);
            let known = token.holder(store, id).unwrap();
            let has = (&known.balance, &known.staked, known.delegate);
            let delegate = holder.delegate.map(|to| self.id(to));
            assert_eq!(has, (&holder.balance, &holder.staked, delegate), "$DATA of {party:?}");
            let weight = token.weight(store, id).unwrap();
            assert_eq!(weight, model.dao.weight(*party), "votes of {party:?}");
            let stake = state.stake_of(store, id).unwrap();
            assert_eq!(stake.unbonding, holder.unbonding, "unbonding of {party:?}");
            let owed = books.owed(store, id).unwrap();
            assert_eq!(owed.data, holder.owed_data, "$DATA owed to {party:?}");
            assert_near(&owed.fil, &holder.owed_fil);
            assert_near(&stake.earned.fil, &holder.earned);
        }
    }

    fn miner(&self, number: usize) -> ActorID {
        self.cast.miners[number].id
    }

    fn check_datasets(&mut self, model: &Model) {
        let (state, store) = (self.dao_state(), &self.net.store().clone());
        for (id, dataset) in (1..).zip(&model.dao.datasets) {
            let Slots { replicas, .. } = state.slots(store, id).unwrap();
            let are = replicas.iter().map(|r| (r.deal, r.provider, r.owner, r.activated.is_some()));
            let should = dataset
                .replicas
                .iter()
                .map(|r| (self.deals[r.deal].id, self.miner(r.miner), self.id(r.owner), r.active));
            assert!(are.eq(should), "replicas of dataset {id}: {replicas:?}");
            let found = state.dataset(store, id).unwrap();
            assert_eq!(found.retired, dataset.wanted == 0, "dataset {id}");
            for party in dataset.bought.keys().chain(dataset.granted.keys()) {
                let params = AccessParams { account: self.address(*party), dataset: id };
                let access = self.net.view::<GetAccess>(self.cast.dao, &params);
                let until = [&dataset.bought, &dataset.granted]
                    .map(|until| until.get(party).copied().unwrap_or_default());
                let is = [access.bought_until, access.granted_until];
                assert_eq!(is, until, "access of {party:?} to {id}");
            }
        }
        for (miner, should) in &model.dao.bonds {
            let record = state.record(store, self.miner(*miner)).unwrap();
            let (bond, locked) = (&should.amount, &should.locked);
            assert_eq!((&record.bond, &record.locked), (bond, locked), "bond of miner {miner}");
        }
        let barred = |id| state.record(store, id).unwrap().barred_until;
        for (miner, until) in &model.dao.barred_miners {
            assert_eq!(barred(self.miner(*miner)), *until, "miner {miner}");
        }
        for (owner, until) in &model.dao.barred_owners {
            assert_eq!(barred(self.id(*owner)), *until, "{owner:?}");
        }
    }

    fn check_requests(&self, model: &Model) {
        let (state, store) = (self.dao_state(), self.net.store());
        for (id, should) in (1..).zip(&model.dao.requests) {
            let found = state.compute_request(store, id).ok();
            assert_eq!(found.is_some(), should.is_some(), "request {id}");
            let (Some(found), Some(should)) = (found, should) else { continue };
            let worker = should.worker.map(|worker| self.id(worker));
            let wanted = (worker, should.held(), should.until);
            assert_eq!((found.worker(), found.held(), found.until()), wanted, "request {id}");
        }
    }

    fn check_polls(&mut self, model: &Model) {
        for (id, poll) in (1..).zip(&model.dao.polls) {
            let found = self.net.view::<GetProposal>(self.cast.dao, &id).summary;
            assert_eq!(found.state, poll.state(model.now), "proposal {id}");
            assert_eq!((found.snapshot, found.end), (poll.snapshot, poll.end), "proposal {id}");
            let [in_favour, against, abstain] =
                [Choice::For, Choice::Against, Choice::Abstain].map(|choice| poll.total(choice));
            assert_eq!(found.tally, Tally { in_favour, against, abstain }, "proposal {id}");
        }
    }

    fn check_perpetuals(&self, model: &Model) {
        let (state, store) = (self.storage_state(), self.net.store());
        assert_eq!(state.last, model.storage.perpetuals.len() as u64, "perpetual deals");
        for (id, should) in (1..).zip(&model.storage.perpetuals) {
            let found = state.find(store, id).unwrap();
            let (Some(found), Some(should)) = (&found, should) else {
                assert_eq!(found.is_some(), should.is_some(), "perpetual deal {id}");
                continue;
            };
            let (uploader, closed) = (self.id(should.uploader), should.closed);
            assert_eq!((found.uploader, found.closed), (uploader, closed), "{id}");
            let heads = found.replicas.iter();
            let heads = heads.map(|r| (r.deal, r.provider, r.owner, r.active.is_some()));
            let wanted = should.heads.iter().map(|head| {
                (self.deals[head.deal].id, self.miner(head.miner), self.id(head.owner), head.seen)
            });
            assert!(heads.eq(wanted), "replicas of perpetual deal {id}: {:?}", found.replicas);
            let ads = found.ads.iter().filter(|ad| ad.renews.is_none()).count();
            assert_eq!(ads, should.ads as usize, "ads of perpetual deal {id}");
        }
        // Nothing that an uploader put in is lost.
        for (party, deposited) in &model.storage.deposited {
            let funds = self.funds(*party);
            let out = self.withdrawn.get(party).cloned().unwrap_or_default();
            let all = funds.free + funds.committed + funds.spent + out;
            assert_eq!(all, *deposited, "funds of {party:?}");
        }
    }

    fn check_loans(&self, model: &Model) {
        let (state, store) = (self.market_state(), self.net.store());
        assert_eq!(state.last, model.lending.loans.len() as u64, "loans");
        assert_eq!(state.cold(store).unwrap().roles.paused, model.lending.paused);
        for (id, should) in (1..).zip(&model.lending.loans) {
            let opened = state.open(store, id).unwrap();
            assert_eq!(opened.loan.phase, should.phase, "loan {id}");
            assert_eq!(opened.terms.dues, should.dues, "dues of loan {id}");
            let agent = self.address(Party::Agent(id));
            assert_eq!(self.net.balance(agent), fil(0), "the agent of loan {id}");
        }
    }

    /// Lenders have what they put in, but for what loans gained and lost, and nobody has it twice.
    fn check_lenders(&mut self, model: &Model) {
        let (now, lending) = (self.net.epoch(), &model.lending);
        let store = &self.net.store().clone();
        let mut state = self.market_state();
        state.accrue(store, now).unwrap();
        let (mut value, mut net) = (fil(0), fil(0));
        for (party, should) in &lending.lenders {
            let lender = state.lender(store, self.id(*party)).unwrap();
            assert_eq!(lender.deposited, fil(should.deposited), "deposits of {party:?}");
            assert_eq!(lender.shares.is_positive(), should.has, "shares of {party:?}");
            value += &lender.value;
            net += lender.deposited - lender.withdrawn;
        }
        assert!(value <= state.total_assets(), "{value} FIL are promised to lenders");
        let mut gains = fil(0);
        for (id, _) in (1..).zip(&lending.loans) {
            let paid = state.open(store, id).unwrap().paid();
            gains += paid.fees + paid.interest;
        }
        let accrued = state.performing.interest.clone() + &state.impaired.interest;
        let most = net + gains + accrued;
        assert!(value <= &most + atto(ROUNDING), "{value} FIL for lenders, of {most}");
        match lending.queue {
            Queue::Empty => {
                assert!(state.queue.is_empty(), "exits wait");
                let (least, most) = lending.cash;
                let free = state.free_cash();
                let known = (fil(least)..=fil(most)).contains(&free);
                assert!(known, "{free} FIL are free, not {least} to {most}");
            }
            Queue::Waits => assert!(!state.queue.is_empty(), "no exit waits"),
            Queue::Unknown => {}
        }
    }

    /// What a share is worth on exit, as a quotient with the virtual shares.
    pub fn price(&self) -> (BigInt, BigInt) {
        let mut state: MarketState = self.market_state();
        state.accrue(self.net.store(), self.net.epoch()).unwrap();
        let assets = state.total_assets() - state.unrealised_loss();
        (assets.atto() + VIRTUAL, state.token.supply.atto() + VIRTUAL)
    }

    fn check_miners(&mut self, model: &Model) {
        for (number, should) in model.miners.iter().enumerate() {
            let miner = self.cast.miners[number].address();
            let found: GetOwnerReturn =
                self.net.dry_run(Call::new(miner, miner).method(GET_OWNER, &())).returned();
            let nominee = should.nominee.map(|nominee| self.address(nominee));
            let owner: Address = self.address(should.owner);
            assert_eq!((found.owner, found.proposed), (owner, nominee), "owner of miner {number}");
        }
    }
}

#[track_caller]
fn assert_near(is: &TokenAmount, should: &TokenAmount) {
    let off = is - should;
    let near = off.atto().magnitude() <= atto(ROUNDING).atto().magnitude();
    assert!(near, "{is} FIL instead of {should}");
}
