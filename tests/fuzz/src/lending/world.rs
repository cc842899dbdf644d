//! A market, with agents that bring what their miners have, and miners that are worth what a message
//! says.

use actor_lending_market::api::*;
use actor_lending_market::error::Error;
use actor_lending_market::invariants;
use actor_lending_market::payments::Receipt;
use actor_lending_market::state::{Message, Payout, State};
use fvm_ipld_blockstore::MemoryBlockstore;
use fvm_shared::ActorID;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use shared::Method;

use crate::loans::{HERE, rules};
use crate::messages::{self, DAY, USER, USERS, atto};
use crate::world::{Deployed, Outcome, World};

/// Agents are numbered by loan from here on.
pub const AGENTS: ActorID = 2_000;
/// FIL that an underwriter may have out.
const CEILING: i64 = 100_000;

#[derive(Clone)]
pub struct Market(pub Deployed<State>);

/// What a message of the market pays, and to those whose exits it pays.
#[derive(Default)]
pub struct Paid {
    payouts: Vec<Payout>,
    exits: Vec<PaidExit>,
}

impl Paid {
    pub fn new(payouts: impl IntoIterator<Item = Payout>, exits: Vec<PaidExit>) -> Self {
        Paid { payouts: payouts.into_iter().collect(), exits }
    }
}

impl World for Market {
    const ACTOR: &'static str = "lending-market";

    /// The first user governs it, and everybody may underwrite.
    fn new() -> Self {
        let roles = Roles {
            governor: USER,
            successor: None,
            treasury: USER + 3,
            deposit_cap: TokenAmount::from_whole(10_000_000),
            paused: false,
        };
        let ceiling = TokenAmount::from_whole(CEILING);
        let limits = abi::defaults::limits(ceiling);
        Market(Deployed::new(DAY, |store| {
            let mut state = State::new(store, DAY, rules(), roles)?;
            for user in USER..USER + USERS {
                state.set_underwriter(store, USER, user, limits.clone())?;
            }
            Ok::<_, Error>(state)
        }))
    }

    fn pass(&mut self, epochs: ChainEpoch) {
        self.0.now += epochs;
    }

    fn step(&mut self, message: &messages::Message<'_>) -> Outcome {
        self.dispatch(message)
    }

    fn check(&self) {
        let Deployed { state, store, balance, .. } = &self.0;
        let broken = invariants::check(state, store, HERE.market).expect("a whole state");
        assert!(broken.is_empty(), "{broken:?}");
        assert_eq!(&state.booked(), balance);
    }
}

impl Market {
    /// Runs a rule with the parameters of a message, and pays what it says.
    pub fn call<M: Method>(
        &mut self,
        message: &messages::Message<'_>,
        rule: impl FnOnce(&mut State, &MemoryBlockstore, &Message, M::Params) -> Result<Paid, Error>,
    ) -> Outcome {
        let brings = [Deposit::NUMBER, StakeCover::NUMBER, Repay::NUMBER];
        let brings = brings.contains(&message.method).then(|| atto(message.value));
        let (params, value) = (message.params::<M>()?, brings.unwrap_or_default());
        let (now, caller) = (self.0.now, message.caller());
        let sent = Message { now, caller, value: value.clone() };
        let paid = self.0.attempt(value, |state, store| rule(state, store, &sent, params))?;
        self.pay(paid);
        Some(())
    }

    pub fn set<M: Method>(
        &mut self,
        message: &messages::Message<'_>,
        rule: impl FnOnce(&mut State, &MemoryBlockstore, &Message, M::Params) -> Result<(), Error>,
    ) -> Outcome {
        self.call::<M>(message, |state, store, sent, params| {
            rule(state, store, sent, params).map(|()| Paid::default())
        })
    }

    /// Books what the agent of a loan brings: of what is due as much as the miner has, which `value`
    /// says, or with its highest bit all of that, as somebody may have sent it to the agent.
    pub fn collect<M: Method<Params = LoanId>>(
        &mut self,
        message: &messages::Message<'_>,
        rule: impl FnOnce(&mut State, &MemoryBlockstore, LoanId, ChainEpoch) -> Result<(), Error>,
    ) -> Outcome {
        let (now, loan) = (self.0.now, message.params::<M>()?);
        let due = self.0.look(|s, db| s.open(db, loan)?.to_collect(now))?;
        let has = atto(message.value);
        let received = if message.value < 128 { due.min(has) } else { has };
        let paid = self.0.attempt(received.clone(), |state, store| {
            let receipt = state.receive(store, now, loan, &received)?;
            match rule(state, store, loan, now) {
                // What came was enough.
                Ok(()) | Err(Error::NotOverdue(_) | Error::Phase(_)) => {}
                Err(error) => return Err(error),
            }
            booked(state, store, now, receipt)
        })?;
        self.pay(paid);
        Some(())
    }

    /// Repays all of a loan, with what the message brings and what its miner may be asked for.
    pub fn pay_off(&mut self, message: &messages::Message<'_>) -> Outcome {
        let (now, caller) = (self.0.now, message.caller());
        let PayOffParams { loan, from_miner } = message.params::<PayOff>()?;
        let value = atto(message.value);
        let pulled = self.0.look(|state, store| {
            let opened = state.open(store, loan)?;
            if caller != opened.spec().borrower {
                return Err(Error::NotBorrower(caller));
            }
            Ok(opened.to_pay_off(now, &value)?.min(from_miner))
        })?;
        let received = value + pulled.max(TokenAmount::default());
        let paid = self.0.attempt(received.clone(), |state, store| {
            let receipt = state.pay_off(store, now, loan, &received)?;
            booked(state, store, now, receipt)
        })?;
        self.pay(paid);
        Some(())
    }

    fn pay(&mut self, paid: Paid) {
        for payout in paid.payouts {
            self.0.pay(&payout.amount);
        }
        for exit in paid.exits {
            assert!(exit.paid.is_zero() || exit.returned.is_zero(), "{exit:?}");
            self.0.pay(&exit.paid);
        }
    }
}

/// What a payment that is booked pays on.
pub fn booked(
    state: &mut State,
    store: &MemoryBlockstore,
    now: ChainEpoch,
    receipt: Receipt,
) -> Result<Paid, Error> {
    Ok(Paid::new(receipt.refund, state.pay_waiting(store, now, HERE.market)?))
}

/// A miner that is worth 2^`value` attoFIL, half of it available.
pub fn collateral(value: u8) -> Collateral {
    let half = atto(value).div_floor(2_u64);
    Collateral::new(half.clone(), TokenAmount::default(), half, TokenAmount::default())
}
