//! Deposits and exits, and what each lender has gained and lost by them.

use fvm_ipld_blockstore::Blockstore;
use fvm_ipld_encoding::tuple::*;
use fvm_shared::ActorID;
use fvm_shared::bigint::{BigInt, bigint_ser};
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use shared::ensure;
use shared::math::mul_div_down;

use crate::api::{DepositReturn, LenderInfo, RedeemParams, RedeemReturn};
use crate::book::Book;
use crate::error::Error;
use crate::exits::PAID_BY_OTHERS;
use crate::state::{LENDERS, Lenders, Message, Payout, State};

/// What an index of one share is multiplied by.
pub const INDEX_SCALE: u128 = 1 << 64;

/// What is known of a lender beside its balance of shares.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, Default, PartialEq, Eq)]
pub struct Lender {
    /// AttoFIL that its shares cost, at hand or in the queue.
    pub basis: TokenAmount,
    pub deposited: TokenAmount,
    pub withdrawn: TokenAmount,
    /// AttoFIL gained by exits; negative for a loss.
    pub realised: TokenAmount,
    /// Shares in the queue of exits.
    pub queued: TokenAmount,
    /// AttoFIL of income and losses, up to the indices below.
    pub income: TokenAmount,
    pub losses: TokenAmount,
    #[serde(with = "bigint_ser")]
    pub income_index: BigInt,
    #[serde(with = "bigint_ser")]
    pub loss_index: BigInt,
    /// When its shares came, on average.
    pub since: ChainEpoch,
}

impl Lender {
    /// Books income and losses of its shares up to now.
    pub fn settle(&mut self, state: &State, balance: &TokenAmount) {
        let shares = balance + &self.queued;
        let part = |index: &BigInt, seen: &BigInt| {
            TokenAmount::from_atto(shares.atto() * (index - seen) / INDEX_SCALE)
        };
        self.income += part(&state.income_index, &self.income_index);
        self.losses += part(&state.loss_index, &self.loss_index);
        self.income_index.clone_from(&state.income_index);
        self.loss_index.clone_from(&state.loss_index);
    }

    /// Adds the cost of shares that come on top of those it has.
    fn gain(
        &mut self,
        now: ChainEpoch,
        shares: &TokenAmount,
        had: &TokenAmount,
        cost: &TokenAmount,
    ) {
        let all = shares + had;
        let waited = now.saturating_sub(self.since) * had.atto();
        let average = if all.is_zero() { BigInt::default() } else { waited / all.atto() };
        self.since = now.saturating_sub(i64::try_from(average).unwrap_or_default());
        self.basis += cost;
    }

    /// Takes the cost of shares off, on average of all it has, rounded down.
    fn lose(&mut self, shares: &TokenAmount, had: &TokenAmount) -> TokenAmount {
        let cost = mul_div_down(&self.basis, shares.atto(), had.atto()).unwrap_or_default();
        self.basis -= &cost;
        cost
    }

    /// Books a payment for shares of those it had.
    pub fn paid(&mut self, amount: &TokenAmount, shares: &TokenAmount, had: &TokenAmount) {
        let cost = self.lose(shares, had);
        self.withdrawn += amount;
        self.realised += amount - cost;
    }
}

impl State {
    /// Deposits what came with the message for a lender. Mints its shares.
    pub fn deposit(
        &mut self,
        store: &impl Blockstore,
        message: &Message,
        to: ActorID,
        min_shares: &TokenAmount,
    ) -> Result<DepositReturn, Error> {
        let (amount, now) = (&message.value, message.now);
        let roles = self.cold(store)?.roles;
        ensure!(!roles.paused, Error::Paused);
        ensure!(amount.is_positive(), Error::NothingSent);
        self.accrue(store, now)?;
        self.sweep(store, now)?;
        ensure!(!self.is_ruined(), Error::Ruined);
        let owned = self.token.supply.is_positive() || !self.entry_assets().is_positive();
        ensure!(owned, Error::Unowned);
        let total = self.entry_assets() + amount;
        ensure!(total <= roles.deposit_cap, Error::DepositCap(roles.deposit_cap));
        let shares = self.shares_down(amount)?;
        ensure!(shares.is_positive() && shares >= *min_shares, Error::MinShares(shares));
        let mut lenders = Lenders::load(store, &self.lenders, &LENDERS)?;
        let mut lender = lenders.get(&to)?.cloned().unwrap_or_default();
        let balance = self.token.balance(store, to)?;
        let premium = self.premium(amount, &shares)?;
        self.book_income(&premium);
        lender.settle(self, &balance);
        lender.losses += &premium;
        let had = &balance + &lender.queued;
        lender.gain(now, &shares, &had, amount);
        lender.deposited += amount;
        lenders.set(&to, lender)?;
        self.lenders = lenders.flush()?;
        self.token.mint(store, now, to, &shares)?;
        self.cash += amount;
        Ok(DepositReturn { shares })
    }

    /// Gives the treasury what is in a pool that nobody has a share of, as roundings or what is recovered
    /// late can leave it: else it would make the first new share dear, for nobody's good.
    fn sweep(&mut self, store: &impl Blockstore, now: ChainEpoch) -> Result<(), Error> {
        let left = self.entry_assets();
        if self.token.supply.is_zero() && left <= self.free_cash() {
            self.cash -= &left;
            self.fees += left;
            self.spreading = Book::empty(store, now)?;
        }
        Ok(())
    }

    /// Gives up shares of the caller: at once where the queue is empty and there is cash for all of
    /// them, else, if the caller waits, through the queue.
    pub fn redeem(
        &mut self,
        store: &impl Blockstore,
        message: &Message,
        params: &RedeemParams,
        market: ActorID,
    ) -> Result<(RedeemReturn, Option<Payout>), Error> {
        let RedeemParams { shares, min_amount, wait } = params;
        let (now, caller) = (message.now, message.caller);
        ensure!(shares.is_positive(), Error::NoShares);
        self.accrue(store, now)?;
        let value = self.value_down(shares)?;
        ensure!(value >= *min_amount && value.is_positive(), Error::MinAmount(value));
        if self.queue.is_empty() && value <= self.free_cash() {
            let mut lenders = Lenders::load(store, &self.lenders, &LENDERS)?;
            let mut lender = lenders.get(&caller)?.cloned().unwrap_or_default();
            let balance = self.token.balance(store, caller)?;
            let forgone = self.forgone(shares, &value)?;
            self.token.burn(store, now, caller, shares)?;
            lender.settle(self, &balance);
            lender.paid(&value, shares, &balance);
            lender.losses += &forgone;
            self.book_income(&forgone);
            lenders.set(&caller, lender)?;
            self.lenders = lenders.flush()?;
            self.cash -= &value;
            let payout = Payout { to: caller, amount: value.clone() };
            return Ok((RedeemReturn { paid: value, exit: None }, Some(payout)));
        }
        let cash = if self.queue.is_empty() { self.free_cash() } else { TokenAmount::default() };
        ensure!(*wait, Error::Cash(cash));
        let min_exit = self.rules(store)?.min_exit;
        ensure!(value >= min_exit, Error::MinExit(min_exit));
        let exit = self.enqueue(store, message, shares, min_amount, market)?;
        Ok((RedeemReturn { paid: TokenAmount::default(), exit: Some(exit) }, None))
    }

    /// Books a transfer or a burn of shares that no rule of the pool asks for, before it is made: the
    /// cost of shares goes with them, and whoever burns them loses it.
    pub fn moving(
        &mut self,
        store: &impl Blockstore,
        now: ChainEpoch,
        from: ActorID,
        to: Option<ActorID>,
        shares: &TokenAmount,
    ) -> Result<(), Error> {
        self.accrue(store, now)?;
        let balance = self.token.balance(store, from)?;
        if Some(from) == to || *shares > balance {
            return Ok(());
        }
        let mut lenders = Lenders::load(store, &self.lenders, &LENDERS)?;
        let mut sender = lenders.get(&from)?.cloned().unwrap_or_default();
        sender.settle(self, &balance);
        let had = &balance + &sender.queued;
        let cost = sender.lose(shares, &had);
        if to.is_none() {
            sender.realised -= &cost;
        }
        lenders.set(&from, sender)?;
        if let Some(to) = to {
            let mut receiver = lenders.get(&to)?.cloned().unwrap_or_default();
            let balance = self.token.balance(store, to)?;
            receiver.settle(self, &balance);
            let had = &balance + &receiver.queued;
            receiver.gain(now, shares, &had, &cost);
            lenders.set(&to, receiver)?;
        }
        self.lenders = lenders.flush()?;
        Ok(())
    }

    /// A lender, where the pool is accrued.
    pub fn lender(&self, store: &impl Blockstore, id: ActorID) -> Result<LenderInfo, Error> {
        let lenders = Lenders::load(store, &self.lenders, &LENDERS)?;
        let mut lender = lenders.get(&id)?.cloned().unwrap_or_default();
        let shares = self.token.balance(store, id)?;
        lender.settle(self, &shares);
        let value = self.value_down(&(&shares + &lender.queued))?;
        Ok(LenderInfo {
            unrealised: &value - &lender.basis,
            shares,
            queued: lender.queued,
            value,
            basis: lender.basis,
            deposited: lender.deposited,
            withdrawn: lender.withdrawn,
            realised: lender.realised,
            income: lender.income,
            losses: lender.losses,
        })
    }

    /// Pays a few exits with cash that came in by somebody else's message.
    pub fn pay_waiting(
        &mut self,
        store: &impl Blockstore,
        now: ChainEpoch,
        market: ActorID,
    ) -> Result<alloc::vec::Vec<crate::api::PaidExit>, Error> {
        self.pay_exits(store, now, market, PAID_BY_OTHERS)
    }
}
