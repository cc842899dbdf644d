//! The rules under plain `cargo test`, without the FVM.

mod book;
mod cover;
mod distress;
mod draws;
mod exits;
mod gains;
mod lenders;
mod loan;
mod loans;
mod payments;
mod pool;
mod prudence;
mod records;
mod refinancing;
mod rules;
mod schedule;
mod spec;
mod stories;
mod underwriting;
mod views;
mod whole;

use alloc::vec::Vec;

use cid::Cid;
use fvm_ipld_blockstore::MemoryBlockstore;
use fvm_shared::ActorID;
use fvm_shared::bigint::BigInt;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use shared::ext::DataCid;

use crate::api::*;
use crate::error::Error;
use crate::invariants;
use crate::loans::Activation;
use crate::schedule::DAY;
use crate::spec::Here;
use crate::state::{Message, Payout, State};

const HERE: Here = Here { chain_id: 314, market: MARKET };
const MARKET: ActorID = 1_000;
const GOVERNOR: ActorID = 100;
const TREASURY: ActorID = 101;
const UNDERWRITER: ActorID = 102;
const SPONSOR: ActorID = 103;
const BORROWER: ActorID = 110;
const MINER: ActorID = 120;
const ANN: ActorID = 130;
const BOB: ActorID = 131;
/// Agents are numbered by loan from here on.
const AGENTS: ActorID = 2_000;

fn atto(amount: i128) -> TokenAmount {
    TokenAmount::from_atto(amount)
}

fn fil(amount: i64) -> TokenAmount {
    TokenAmount::from_whole(amount)
}

#[track_caller]
fn assert_near(is: &TokenAmount, should: &TokenAmount, within: i128) {
    let apart = TokenAmount::from_atto(BigInt::from((is - should).atto().magnitude().clone()));
    assert!(apart <= atto(within), "{} instead of {}", is.atto(), should.atto());
}

fn rules() -> Rules {
    Rules {
        name: "Lent FIL".into(),
        symbol: "LFIL".into(),
        agent_code: DataCid(Cid::default()),
        protocol_fee: 1_000,
        cover_share: 500,
        min_cover: 0,
        max_debt: 8_000,
        impair_after: 5 * DAY,
        cover_delay: 30 * DAY,
        recovery: 180 * DAY,
        min_exit: fil(1),
    }
}

fn roles() -> Roles {
    Roles {
        governor: GOVERNOR,
        successor: None,
        treasury: TREASURY,
        deposit_cap: fil(1_000_000),
        paused: false,
    }
}

fn limits() -> Limits {
    Limits { ceiling: fil(100_000), per_period: fil(50_000), period: 30 * DAY }
}

/// 1,200 FIL for twelve instalments, one each 30 days, at 12 % a year.
fn spec() -> LoanSpec {
    LoanSpec {
        chain_id: HERE.chain_id,
        market: MARKET,
        underwriter: UNDERWRITER,
        borrower: BORROWER,
        miner: MINER,
        amount: fil(1_200),
        plan: Plan::Level,
        instalments: 12,
        days_between: 30,
        rate: 1_200,
        late_rate: 2_000,
        origination_fee: 0,
        prepayment_fee: 0,
        grace: 30 * DAY,
        control: Control::Custody,
        max_debt: 8_000,
        draws: Draws::Whole,
        payee: None,
        refinances: None,
        nonce: 1,
        deadline: 3 * DAY,
    }
}

fn hash(of: &LoanSpec) -> SpecHash {
    let message = crate::spec::message(of).unwrap();
    let mut hash: Vec<u8> = message.iter().rev().take(24).copied().collect();
    hash.extend((of.nonce).to_be_bytes());
    SpecHash { hash }
}

fn collateral(value: i64) -> Collateral {
    Collateral::new(fil(0), fil(0), fil(value), fil(0))
}

/// A market, the attoFIL that it has, and the clock. Every act that succeeds leaves all invariants as
/// they must be.
#[derive(Clone)]
struct World {
    store: MemoryBlockstore,
    state: State,
    balance: TokenAmount,
    now: ChainEpoch,
    paid: Vec<Payout>,
}

impl World {
    fn with(rules: Rules) -> Self {
        let store = MemoryBlockstore::default();
        let state = State::new(&store, 0, rules, roles()).unwrap();
        let mut world = World { store, state, balance: fil(0), now: 0, paid: Vec::new() };
        world
            .act(GOVERNOR, fil(0), |state, store, _| {
                state.set_underwriter(store, GOVERNOR, UNDERWRITER, limits())
            })
            .unwrap();
        world
    }

    /// A market with an underwriter and nothing else.
    fn new() -> Self {
        World::with(rules())
    }

    /// A market to which Ann has lent so many FIL.
    fn lent(amount: i64) -> Self {
        let mut world = World::new();
        world.deposit(ANN, amount).unwrap();
        world
    }

    /// Runs a rule as a message with value. What fails leaves no trace.
    fn act<R>(
        &mut self,
        caller: ActorID,
        value: TokenAmount,
        rule: impl FnOnce(&mut State, &MemoryBlockstore, &Message) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let mut state = self.state.clone();
        let message = Message { now: self.now, caller, value: value.clone() };
        let result = rule(&mut state, &self.store, &message)?;
        self.state = state;
        self.balance += value;
        self.check();
        Ok(result)
    }

    #[track_caller]
    fn check(&self) {
        let broken = invariants::check(&self.state, &self.store, MARKET).unwrap();
        assert!(broken.is_empty(), "{broken:#?}");
    }

    #[track_caller]
    fn check_balance(&self) {
        assert_eq!(self.state.booked(), self.balance);
    }

    fn send(&mut self, payouts: impl IntoIterator<Item = Payout>) {
        for payout in payouts {
            self.balance -= &payout.amount;
            self.paid.push(payout);
        }
        self.check_balance();
    }

    fn pass(&mut self, days: i64) {
        self.now += days * DAY;
    }

    fn deposit(&mut self, lender: ActorID, amount: i64) -> Result<TokenAmount, Error> {
        let (shares, exits) = self.act(lender, fil(amount), |state, store, message| {
            let minted = state.deposit(store, message, lender, &fil(0))?;
            Ok((minted.shares, state.pay_waiting(store, message.now, MARKET)?))
        })?;
        self.send(exits.into_iter().map(|exit| Payout { to: exit.lender, amount: exit.paid }));
        Ok(shares)
    }

    fn redeem(
        &mut self,
        lender: ActorID,
        shares: TokenAmount,
        wait: bool,
    ) -> Result<RedeemReturn, Error> {
        self.redeem_for(lender, shares, fil(0), wait)
    }

    fn redeem_for(
        &mut self,
        lender: ActorID,
        shares: TokenAmount,
        min_amount: TokenAmount,
        wait: bool,
    ) -> Result<RedeemReturn, Error> {
        let params = RedeemParams { shares, min_amount, wait };
        let (reply, payout, exits) = self.act(lender, fil(0), |state, store, message| {
            let (reply, payout) = state.redeem(store, message, &params, MARKET)?;
            let exits = match reply.exit {
                Some(_) => state.pay_waiting(store, message.now, MARKET)?,
                None => Vec::new(),
            };
            Ok((reply, payout, exits))
        })?;
        let exits = exits.into_iter().map(|exit| Payout { to: exit.lender, amount: exit.paid });
        self.send(payout.into_iter().chain(exits));
        Ok(reply)
    }

    fn pay_exits(&mut self, limit: u32) -> Result<Vec<PaidExit>, Error> {
        let exits = self.act(BOB, fil(0), |state, store, message| {
            state.pay_exits(store, message.now, MARKET, limit)
        })?;
        self.send(exits.iter().map(|exit| Payout { to: exit.lender, amount: exit.paid.clone() }));
        Ok(exits)
    }

    fn govern(&mut self, change: impl FnOnce(&mut Roles)) {
        self.act(GOVERNOR, fil(0), |state, store, message| {
            state.govern(store, message.caller, change)
        })
        .unwrap();
    }

    fn cover(&mut self, sponsor: ActorID, amount: i64) -> Result<TokenAmount, Error> {
        self.act(sponsor, fil(amount), |state, store, message| {
            state.stake_cover(store, message, UNDERWRITER)
        })
    }

    fn submit(&mut self, spec: &LoanSpec) -> Result<LoanId, Error> {
        self.act(spec.borrower, fil(0), |state, store, message| {
            let id = state.submit(store, message, HERE, spec.clone(), hash(spec), true)?;
            state.set_agent(store, id, AGENTS + id)?;
            Ok(id)
        })
    }

    fn activate(&mut self, id: LoanId, worth: i64) -> Result<Activation, Error> {
        let borrower = self.state.open(&self.store, id)?.spec().borrower;
        let started = self.act(borrower, fil(0), |state, store, message| {
            state.activate(store, message, id, &collateral(worth))
        })?;
        let refund = started.refinanced.iter().filter_map(|(_, receipt)| receipt.refund.clone());
        self.send(refund.chain(started.payout.clone()).collect::<Vec<_>>());
        Ok(started)
    }

    /// A loan on a miner that is worth ten times as much.
    fn loan(&mut self, spec: LoanSpec) -> LoanId {
        let worth = spec.amount.atto() / 10_u64.pow(18) * 10;
        let id = self.submit(&LoanSpec { deadline: self.now + DAY, ..spec }).unwrap();
        self.activate(id, i64::try_from(worth).unwrap()).unwrap();
        id
    }

    fn pay(&mut self, id: LoanId, amount: TokenAmount) -> Result<Payment, Error> {
        let (receipt, exits) = self.act(BORROWER, amount.clone(), |state, store, message| {
            let receipt = state.receive(store, message.now, id, &amount)?;
            Ok((receipt, state.pay_waiting(store, message.now, MARKET)?))
        })?;
        let exits = exits.into_iter().map(|exit| Payout { to: exit.lender, amount: exit.paid });
        self.send(receipt.refund.into_iter().chain(exits));
        Ok(receipt.payment)
    }

    fn pay_off(&mut self, id: LoanId, amount: TokenAmount) -> Result<Payment, Error> {
        let receipt = self.act(BORROWER, amount.clone(), |state, store, message| {
            state.pay_off(store, message.now, id, &amount)
        })?;
        self.send(receipt.refund);
        Ok(receipt.payment)
    }

    fn impair(&mut self, id: LoanId) -> Result<(), Error> {
        self.act(BOB, fil(0), |state, store, message| state.impair(store, message.now, id))
    }

    fn write_off(&mut self, id: LoanId) -> Result<(), Error> {
        self.act(BOB, fil(0), |state, store, message| state.write_off(store, message.now, id))
    }

    fn due(&self, id: LoanId) -> Due {
        self.state.due(&self.store, id, self.now).unwrap()
    }

    fn pool(&self) -> Pool {
        self.accrued().pool().unwrap()
    }

    fn lender(&self, id: ActorID) -> LenderInfo {
        self.accrued().lender(&self.store, id).unwrap()
    }

    fn accrued(&self) -> State {
        let mut state = self.state.clone();
        state.accrue(&self.store, self.now).unwrap();
        state
    }

    fn loan_info(&self, id: LoanId) -> LoanInfo {
        self.state.loan_info(&self.store, id).unwrap()
    }

    fn underwriter(&self) -> Underwriter {
        self.state.underwriter(&self.store, UNDERWRITER).unwrap()
    }
}
