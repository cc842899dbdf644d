//! The queue of exits: first come, first paid, at what shares are worth when they are paid. Shares that
//! are worth less by then than their lender asked for, or nothing, are given back.
//!
//! It is a list that links both ways, so that whoever leaves it leaves no gap. Its shares lie with the
//! market itself.

use alloc::vec::Vec;

use cid::Cid;
use fvm_ipld_blockstore::Blockstore;
use fvm_ipld_encoding::tuple::*;
use fvm_shared::ActorID;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use shared::ensure;

use crate::api::{ExitId, ExitInfo, PaidExit};
use crate::error::Error;
use crate::state::{EXITS, Exits, LENDERS, Lenders, Message, State};

/// Exits that one call of PayExits pays.
pub const MAX_PAID: u32 = 32;
/// Exits that a deposit, a payment or another exit pays on its way.
pub const PAID_BY_OTHERS: u32 = 4;

/// Ends of the queue; 0 for none.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Queue {
    pub head: ExitId,
    pub tail: ExitId,
    /// Number of the last request.
    pub last: ExitId,
    /// Shares that wait.
    pub shares: TokenAmount,
    /// [`Exits`].
    pub exits: Cid,
}

/// A request.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Exit {
    pub lender: ActorID,
    pub shares: TokenAmount,
    /// AttoFIL that these shares must still bring.
    pub min_amount: TokenAmount,
    /// The requests before and after it; 0 for none.
    pub before: ExitId,
    pub after: ExitId,
}

impl Queue {
    pub fn empty(empty: Cid) -> Self {
        Queue { head: 0, tail: 0, last: 0, shares: TokenAmount::default(), exits: empty }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.head == 0
    }

    /// Takes a request out of the list.
    fn unlink(
        &mut self,
        exits: &mut Exits<'_, impl Blockstore>,
        id: ExitId,
        exit: &Exit,
    ) -> Result<(), Error> {
        exits.delete(&id)?;
        match exits.get(&exit.before)?.cloned() {
            Some(before) => {
                exits.set(&exit.before, Exit { after: exit.after, ..before })?;
            }
            None => self.head = exit.after,
        }
        match exits.get(&exit.after)?.cloned() {
            Some(after) => {
                exits.set(&exit.after, Exit { before: exit.before, ..after })?;
            }
            None => self.tail = exit.before,
        }
        Ok(())
    }
}

impl State {
    /// Puts shares of the caller at the end of the queue.
    pub fn enqueue(
        &mut self,
        store: &impl Blockstore,
        message: &Message,
        shares: &TokenAmount,
        min_amount: &TokenAmount,
        market: ActorID,
    ) -> Result<ExitId, Error> {
        let lender = message.caller;
        self.token.transfer(store, message.now, lender, market, shares)?;
        self.change_queued(store, lender, |queued| *queued += shares)?;
        let queue = &mut self.queue;
        let mut exits = Exits::load(store, &queue.exits, &EXITS)?;
        let id = queue.last.checked_add(1).ok_or(shared::Error::Overflow("exits"))?;
        let before = queue.tail;
        let (shares, min_amount) = (shares.clone(), min_amount.clone());
        queue.shares += &shares;
        exits.set(&id, Exit { lender, shares, min_amount, before, after: 0 })?;
        match exits.get(&before)?.cloned() {
            Some(previous) => {
                exits.set(&before, Exit { after: id, ..previous })?;
            }
            None => queue.head = id,
        }
        queue.tail = id;
        queue.last = id;
        queue.exits = exits.flush()?;
        Ok(id)
    }

    /// Takes a request of the caller out of the queue and gives its shares back.
    pub fn cancel_exit(
        &mut self,
        store: &impl Blockstore,
        message: &Message,
        id: ExitId,
        market: ActorID,
    ) -> Result<TokenAmount, Error> {
        let mut exits = Exits::load(store, &self.queue.exits, &EXITS)?;
        let exit = exits.get(&id)?.cloned().ok_or(Error::NoExit(id))?;
        ensure!(exit.lender == message.caller, Error::NotLender(message.caller, id));
        self.queue.unlink(&mut exits, id, &exit)?;
        self.queue.exits = exits.flush()?;
        self.queue.shares -= &exit.shares;
        self.token.transfer(store, message.now, market, exit.lender, &exit.shares)?;
        self.change_queued(store, exit.lender, |queued| *queued -= &exit.shares)?;
        Ok(exit.shares)
    }

    /// Pays exits from the head of the queue, as far as there is cash. The pool is accrued first, so
    /// that all are paid at one price.
    pub fn pay_exits(
        &mut self,
        store: &impl Blockstore,
        now: ChainEpoch,
        market: ActorID,
        limit: u32,
    ) -> Result<Vec<PaidExit>, Error> {
        ensure!((1..=MAX_PAID).contains(&limit), Error::Batch(MAX_PAID));
        let mut payments = Vec::new();
        if self.queue.is_empty() {
            return Ok(payments);
        }
        self.accrue(store, now)?;
        let mut exits = Exits::load(store, &self.queue.exits, &EXITS)?;
        let mut lenders = Lenders::load(store, &self.lenders, &LENDERS)?;
        for _ in 0..limit {
            let id = self.queue.head;
            let Some(mut exit) = exits.get(&id)?.cloned() else { break };
            let lender = exit.lender;
            let value = self.value_down(&exit.shares)?;
            let cheap = value.is_zero() || value < exit.min_amount;
            let (shares, paid) = if cheap { none() } else { self.payable(&exit.shares, &value)? };
            let returned = if cheap { exit.shares.clone() } else { TokenAmount::default() };
            let gone = &shares + &returned;
            if gone.is_zero() {
                break;
            }
            let mut known = lenders.get(&lender)?.cloned().unwrap_or_default();
            let balance = self.token.balance(store, lender)?;
            known.settle(self, &balance);
            let had = &balance + &known.queued;
            known.paid(&paid, &shares, &had);
            known.queued -= &gone;
            let forgone = self.forgone(&shares, &paid)?;
            known.losses += &forgone;
            lenders.set(&lender, known)?;
            if cheap {
                self.token.transfer(store, now, market, lender, &returned)?;
            } else {
                self.token.burn(store, now, market, &shares)?;
            }
            self.book_income(&forgone);
            self.queue.shares -= &gone;
            self.cash -= &paid;
            exit.shares -= &gone;
            exit.min_amount -= &paid;
            let done = exit.shares.is_zero();
            if done {
                self.queue.unlink(&mut exits, id, &exit)?;
            } else {
                exits.set(&id, exit)?;
            }
            payments.push(PaidExit { id, lender, shares, paid, returned, done });
        }
        self.queue.exits = exits.flush()?;
        self.lenders = lenders.flush()?;
        Ok(payments)
    }

    /// How many of these shares, which are worth so much, there is cash for, and what those are worth.
    fn payable(
        &self,
        shares: &TokenAmount,
        value: &TokenAmount,
    ) -> Result<(TokenAmount, TokenAmount), Error> {
        let cash = self.free_cash();
        if *value <= cash {
            return Ok((shares.clone(), value.clone()));
        }
        let shares = self.shares_for_down(&cash)?;
        let value = self.value_down(&shares)?;
        Ok(if value.is_positive() { (shares, value) } else { none() })
    }

    /// A request, where the pool is accrued.
    pub fn exit(&self, store: &impl Blockstore, id: ExitId) -> Result<Option<ExitInfo>, Error> {
        let exits = Exits::load(store, &self.queue.exits, &EXITS)?;
        let Some(exit) = exits.get(&id)?.cloned() else { return Ok(None) };
        let value = self.value_down(&exit.shares)?;
        let is_next = self.queue.head == id;
        let Exit { lender, shares, min_amount, .. } = exit;
        Ok(Some(ExitInfo { lender, shares, min_amount, value, is_next }))
    }

    fn change_queued(
        &mut self,
        store: &impl Blockstore,
        lender: ActorID,
        change: impl FnOnce(&mut TokenAmount),
    ) -> Result<(), Error> {
        let mut lenders = Lenders::load(store, &self.lenders, &LENDERS)?;
        let mut known = lenders.get(&lender)?.cloned().unwrap_or_default();
        change(&mut known.queued);
        lenders.set(&lender, known)?;
        self.lenders = lenders.flush()?;
        Ok(())
    }
}

fn none() -> (TokenAmount, TokenAmount) {
    Default::default()
}
