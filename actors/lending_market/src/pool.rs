//! What the pool has, and what a share of it is worth.
//!
//! Nothing here looks at the actor's balance: FIL that nobody sent by a method is nobody's, and moves
//! no price.

use fvm_ipld_blockstore::Blockstore;
use fvm_shared::bigint::BigInt;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use shared::math::{mul_div_down, mul_div_up};

use crate::api::Pool;
use crate::error::Error;
use crate::lenders::INDEX_SCALE;
use crate::state::State;

/// Shares, and attoFIL behind them, that nobody has and that are counted in every price. The first
/// share costs one attoFIL; whoever would make a share so dear that a deposit rounds to few of them
/// gives away a million times what it takes from the depositor.
pub const VIRTUAL: u64 = 1_000_000;
/// Shares for which prices are quoted.
const QUOTED: u64 = 1_000_000_000_000_000_000;

impl State {
    /// Recognises the interest of all loans up to now, for the lenders that there are now. Every method
    /// that changes the pool does it first.
    pub fn accrue(&mut self, store: &impl Blockstore, now: ChainEpoch) -> Result<(), Error> {
        let gained = self.performing.accrue(store, now)? + self.impaired.accrue(store, now)?;
        let gained = gained + self.spreading.accrue(store, now)?;
        self.book_income(&gained);
        Ok(())
    }

    /// Cash, principal and recognised interest, without income that is still to be spread.
    #[must_use]
    pub fn total_assets(&self) -> TokenAmount {
        self.entry_assets() + self.spreading.value()
    }

    /// What deposits are priced at: all of the assets, with income that is still to be spread. Whoever
    /// comes pays for that, and has its part of it as it is spread.
    #[must_use]
    pub fn entry_assets(&self) -> TokenAmount {
        &self.cash + self.performing.value() + self.impaired.value()
    }

    /// Whether nearly all that lenders put in is lost. What is recovered is theirs: it would be sold for
    /// next to nothing to whoever deposits then.
    #[must_use]
    pub fn is_ruined(&self) -> bool {
        is_ruined(&self.entry_assets(), &self.token.supply)
    }

    /// What of the total exits do not count on: all that impaired loans owe lenders.
    #[must_use]
    pub fn unrealised_loss(&self) -> TokenAmount {
        self.impaired.value()
    }

    /// Cash that nothing waits for.
    #[must_use]
    pub fn free_cash(&self) -> TokenAmount {
        &self.cash - &self.reserved
    }

    /// Shares that a deposit comes to, rounded down.
    pub fn shares_down(&self, amount: &TokenAmount) -> Result<TokenAmount, Error> {
        convert(mul_div_down(amount, &self.supply(), &worth(&self.entry_assets())))
    }

    /// What exits count on. Negative where income that is still to be spread was lent out and is not
    /// counted on.
    #[must_use]
    pub fn exit_assets(&self) -> TokenAmount {
        self.total_assets() - self.unrealised_loss()
    }

    /// What shares are worth on exit, rounded down.
    pub fn value_down(&self, shares: &TokenAmount) -> Result<TokenAmount, Error> {
        let (assets, supply) = self.exit_price();
        convert(mul_div_down(shares, &assets, &supply))
    }

    /// The most shares that are worth no more than an amount on exit.
    pub fn shares_for_down(&self, amount: &TokenAmount) -> Result<TokenAmount, Error> {
        let (assets, supply) = self.exit_price();
        convert(mul_div_down(amount, &supply, &assets))
    }

    /// What shares cost, rounded up.
    pub fn cost_up(&self, shares: &TokenAmount) -> Result<TokenAmount, Error> {
        convert(mul_div_up(shares, &worth(&self.entry_assets()), &self.supply()))
    }

    /// What new shares for an amount leave at once to those that are there: their part of the income that
    /// is still to be spread, which is theirs again as it is.
    pub fn premium(
        &self,
        amount: &TokenAmount,
        shares: &TokenAmount,
    ) -> Result<TokenAmount, Error> {
        if self.spreading.interest.is_zero() {
            return Ok(TokenAmount::default());
        }
        let assets = self.total_assets() + amount;
        let (assets, supply) = price_down(&assets, &(&self.token.supply + shares));
        Ok(amount - convert(mul_div_down(shares, &assets, &supply))?)
    }

    /// What shares give up to those that stay if they leave for an amount, with impaired loans in the
    /// pool.
    pub fn forgone(&self, shares: &TokenAmount, paid: &TokenAmount) -> Result<TokenAmount, Error> {
        let (assets, supply) = price_down(&self.total_assets(), &self.token.supply);
        Ok(convert(mul_div_down(shares, &assets, &supply))? - paid)
    }

    /// Spreads income over the shares that there are.
    pub fn book_income(&mut self, income: &TokenAmount) {
        self.income_index += per_share(income, &self.token.supply);
    }

    /// Spreads a loss that is written off over the shares that there are.
    pub fn book_loss(&mut self, loss: &TokenAmount) {
        self.loss_index += per_share(loss, &self.token.supply);
    }

    /// The pool, accrued.
    pub fn pool(&self) -> Result<Pool, Error> {
        let quoted = TokenAmount::from_atto(QUOTED);
        Ok(Pool {
            cash: self.cash.clone(),
            reserved: self.reserved.clone(),
            principal: &self.performing.principal + &self.impaired.principal,
            interest: &self.performing.interest + &self.impaired.interest,
            unspread: -&self.spreading.interest,
            total_assets: self.total_assets(),
            unrealised_loss: self.unrealised_loss(),
            shares: self.token.supply.clone(),
            queued: self.queue.shares.clone(),
            entry_price: self.cost_up(&quoted)?,
            exit_price: self.value_down(&quoted)?,
            fees: self.fees.clone(),
            rate: &self.performing.rate + &self.impaired.rate,
        })
    }

    /// What exits count on, which is nothing where income that is still being spread was lent and lost,
    /// and the shares that it is for.
    fn exit_price(&self) -> (BigInt, BigInt) {
        price_down(&self.exit_assets().max(TokenAmount::default()), &self.token.supply)
    }

    fn supply(&self) -> BigInt {
        self.token.supply.atto() + VIRTUAL
    }
}

/// The price of shares as a quotient, with the virtual ones, or without where these would make it
/// higher: all shares together are never worth more than the assets, not even after a loss.
pub fn price_down(assets: &TokenAmount, shares: &TokenAmount) -> (BigInt, BigInt) {
    let counted = if assets < shares { 0 } else { VIRTUAL };
    (assets.atto() + counted, shares.atto() + counted)
}

/// Whether shares are worth less than a hundredth of what they first cost.
pub fn is_ruined(assets: &TokenAmount, shares: &TokenAmount) -> bool {
    assets * 100 < *shares
}

fn worth(assets: &TokenAmount) -> BigInt {
    assets.atto() + VIRTUAL
}

/// What of an amount one share has, times [`INDEX_SCALE`], rounded down. Virtual shares have theirs.
fn per_share(amount: &TokenAmount, supply: &TokenAmount) -> BigInt {
    amount.atto() * INDEX_SCALE / (supply.atto() + VIRTUAL)
}

pub(crate) fn convert(amount: Option<TokenAmount>) -> Result<TokenAmount, Error> {
    Ok(amount.ok_or(shared::Error::Overflow("a price"))?)
}
