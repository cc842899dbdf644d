//! Balances, supply and allowances.

use alloc::format;

use cid::Cid;
use fvm_ipld_blockstore::Blockstore;
use fvm_ipld_encoding::tuple::*;
use fvm_shared::ActorID;
use fvm_shared::bigint::BigInt;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use num_traits::Zero;

use super::holder::{HOLDERS, Holder, Holders};
use super::votes::{Electorate, Step};
use crate::{Error, Map, MapSpec, ensure};

pub static ALLOWANCES: MapSpec = MapSpec { name: "token allowances", bit_width: 3 };
/// By owner and operator: what the operator may still spend of the owner's balance. Nobody is here
/// with nothing.
pub type Allowances<'s, BS> = Map<'s, BS, (ActorID, ActorID), TokenAmount>;

/// Bits of the largest amount. Amounts are those of ERC-20, 0 to 2^256 - 1: larger ones could not be
/// told to EVM contracts, and much larger ones could not be stored.
const AMOUNT_BITS: u64 = 256;

/// A token, as it lies in its actor's root block. Amounts are in the token's smallest unit.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The sum of all balances.
    pub supply: TokenAmount,
    /// [`Holders`].
    pub holders: Cid,
    /// [`Allowances`].
    pub allowances: Cid,
    pub electorate: Electorate,
}

/// What the two sides of a transfer have after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Balances {
    pub from: TokenAmount,
    pub to: TokenAmount,
}

impl Token {
    /// A token that nobody has any of. `empty` is the root of an empty map ([`crate::map::empty`]).
    /// `liquid_votes` says whether a balance votes, or only what is staked.
    #[must_use]
    pub fn new(empty: Cid, liquid_votes: bool) -> Token {
        Token {
            supply: TokenAmount::zero(),
            holders: empty,
            allowances: empty,
            electorate: Electorate { liquid_votes, ..Electorate::default() },
        }
    }

    /// What the ledger knows of an actor; of one never seen, that it has nothing.
    pub fn holder(&self, store: &impl Blockstore, holder: ActorID) -> Result<Holder, Error> {
        let holders = Holders::load(store, &self.holders, &HOLDERS)?;
        Ok(holders.get(&holder)?.cloned().unwrap_or_default())
    }

    pub fn balance(&self, store: &impl Blockstore, holder: ActorID) -> Result<TokenAmount, Error> {
        Ok(self.holder(store, holder)?.balance)
    }

    /// Adds to a balance and to the supply, which stays below 2^256.
    pub fn mint(
        &mut self,
        store: &impl Blockstore,
        now: ChainEpoch,
        to: ActorID,
        amount: &TokenAmount,
    ) -> Result<(), Error> {
        check_amount(amount)?;
        let supply = &self.supply + amount;
        check_amount(&supply)?;
        let mut step = Step::begin(self, store)?;
        step.give(to, amount)?;
        step.end(self, now)?;
        self.set_supply(now, supply);
        Ok(())
    }

    /// Removes from a balance and from the supply; returns the new balance. [`Error::Funds`] beyond
    /// the balance.
    pub fn burn(
        &mut self,
        store: &impl Blockstore,
        now: ChainEpoch,
        from: ActorID,
        amount: &TokenAmount,
    ) -> Result<TokenAmount, Error> {
        check_amount(amount)?;
        let mut step = Step::begin(self, store)?;
        let balance = step.take(from, amount)?;
        step.end(self, now)?;
        self.set_supply(now, &self.supply - amount);
        Ok(balance)
    }

    /// Moves between two balances. [`Error::Funds`] beyond the sender's, even to the sender itself.
    pub fn transfer(
        &mut self,
        store: &impl Blockstore,
        now: ChainEpoch,
        from: ActorID,
        to: ActorID,
        amount: &TokenAmount,
    ) -> Result<Balances, Error> {
        check_amount(amount)?;
        let mut step = Step::begin(self, store)?;
        step.take(from, amount)?;
        let to = step.give(to, amount)?;
        let from = step.holder(from)?.balance.clone();
        step.end(self, now)?;
        Ok(Balances { from, to })
    }

    /// What an operator may still spend of the owner's balance.
    pub fn allowance(
        &self,
        store: &impl Blockstore,
        owner: ActorID,
        operator: ActorID,
    ) -> Result<TokenAmount, Error> {
        let allowances = Allowances::load(store, &self.allowances, &ALLOWANCES)?;
        Ok(allowances.get(&(owner, operator))?.cloned().unwrap_or_default())
    }

    /// Sets an allowance.
    pub fn approve(
        &mut self,
        store: &impl Blockstore,
        owner: ActorID,
        operator: ActorID,
        amount: &TokenAmount,
    ) -> Result<(), Error> {
        self.change_allowance(store, owner, operator, amount, |_| Ok(amount.clone()))?;
        Ok(())
    }

    /// Raises an allowance, to less than 2^256, and returns the new one.
    pub fn increase_allowance(
        &mut self,
        store: &impl Blockstore,
        owner: ActorID,
        operator: ActorID,
        increase: &TokenAmount,
    ) -> Result<TokenAmount, Error> {
        self.change_allowance(store, owner, operator, increase, |allowance| {
            let raised = allowance + increase;
            check_amount(&raised)?;
            Ok(raised)
        })
    }

    /// Lowers an allowance, to no less than nothing, and returns the new one.
    pub fn decrease_allowance(
        &mut self,
        store: &impl Blockstore,
        owner: ActorID,
        operator: ActorID,
        decrease: &TokenAmount,
    ) -> Result<TokenAmount, Error> {
        self.change_allowance(store, owner, operator, decrease, |allowance| {
            Ok((allowance - decrease).max(TokenAmount::zero()))
        })
    }

    /// Sets an allowance to nothing.
    pub fn revoke_allowance(
        &mut self,
        store: &impl Blockstore,
        owner: ActorID,
        operator: ActorID,
    ) -> Result<(), Error> {
        self.approve(store, owner, operator, &TokenAmount::zero())
    }

    /// Spends an operator's allowance and returns what is left of it. The largest amount stands for
    /// no limit and is not spent, as is the custom of ERC-20. [`Error::Funds`] beyond the allowance.
    pub fn use_allowance(
        &mut self,
        store: &impl Blockstore,
        owner: ActorID,
        operator: ActorID,
        amount: &TokenAmount,
    ) -> Result<TokenAmount, Error> {
        self.change_allowance(store, owner, operator, amount, |allowance| {
            let short = || Error::Funds(format!("an allowance of {allowance}, less than {amount}"));
            ensure!(allowance >= amount, short());
            let unlimited = *allowance == max_amount();
            Ok(if unlimited { allowance.clone() } else { allowance - amount })
        })
    }

    /// Checks `amount`, which the rule works with, replaces an allowance by what the rule makes of
    /// it, and returns that. An owner is nobody's operator.
    fn change_allowance(
        &mut self,
        store: &impl Blockstore,
        owner: ActorID,
        operator: ActorID,
        amount: &TokenAmount,
        rule: impl FnOnce(&TokenAmount) -> Result<TokenAmount, Error>,
    ) -> Result<TokenAmount, Error> {
        check_amount(amount)?;
        ensure!(owner != operator, Error::Argument("an owner needs no allowance".into()));
        let pair = (owner, operator);
        let mut allowances = Allowances::load(store, &self.allowances, &ALLOWANCES)?;
        let old = allowances.get(&pair)?.cloned().unwrap_or_default();
        let new = rule(&old)?;
        if new == old {
            return Ok(new);
        }
        if new.is_zero() {
            allowances.delete(&pair)?;
        } else {
            allowances.set(&pair, new.clone())?;
        }
        self.allowances = allowances.flush()?;
        Ok(new)
    }

    fn set_supply(&mut self, now: ChainEpoch, supply: TokenAmount) {
        if supply != self.supply {
            let mut history = core::mem::take(&mut self.electorate.supply_at);
            self.electorate.remember(&mut history, now, &self.supply);
            self.electorate.supply_at = history;
            self.supply = supply;
        }
    }
}

/// The largest amount there can be. As an allowance it stands for no limit.
pub fn max_amount() -> TokenAmount {
    TokenAmount::from_atto((BigInt::from(1) << AMOUNT_BITS) - 1)
}

pub(super) fn check_amount(amount: &TokenAmount) -> Result<(), Error> {
    ensure!(!amount.is_negative(), Error::Argument("the amount is negative".into()));
    ensure!(amount.atto().bits() <= AMOUNT_BITS, Error::Argument("more than 2^256 - 1".into()));
    Ok(())
}
