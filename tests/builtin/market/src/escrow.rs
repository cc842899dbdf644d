//! Escrow: what actors have deposited, and how much of it deals lock.

use alloc::format;

use builtin_common::{Exit, Result};
use fvm_ipld_blockstore::Blockstore;
use fvm_ipld_encoding::tuple::*;
use fvm_shared::ActorID;
use fvm_shared::econ::TokenAmount;
use shared::ensure;

use crate::state::Ledger;

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// All that the actor has in escrow.
    pub balance: TokenAmount,
    /// The part of the balance that deals lock.
    pub locked: TokenAmount,
}

impl Account {
    pub fn available(&self) -> TokenAmount {
        &self.balance - &self.locked
    }
}

impl<BS: Blockstore> Ledger<'_, BS> {
    pub fn account(&self, actor: ActorID) -> Result<Account> {
        Ok(self.accounts.get(&actor)?.cloned().unwrap_or_default())
    }

    pub fn deposit(&mut self, actor: ActorID, amount: &TokenAmount) -> Result<()> {
        let mut account = self.account(actor)?;
        account.balance += amount;
        self.set_account(actor, account)
    }

    /// Takes out what is available, up to an amount, and returns how much that was.
    pub fn withdraw(&mut self, actor: ActorID, amount: &TokenAmount) -> Result<TokenAmount> {
        let mut account = self.account(actor)?;
        let taken = account.available().min(amount.clone());
        account.balance -= &taken;
        self.set_account(actor, account)?;
        Ok(taken)
    }

    pub fn lock(&mut self, actor: ActorID, amount: &TokenAmount) -> Result<()> {
        let mut account = self.account(actor)?;
        ensure!(
            *amount <= account.available(),
            Exit::insufficient_funds(format!("f0{actor} cannot lock {amount}"))
        );
        account.locked += amount;
        self.set_account(actor, account)
    }

    pub fn unlock(&mut self, actor: ActorID, amount: &TokenAmount) -> Result<()> {
        let mut account = self.account(actor)?;
        ensure!(
            *amount <= account.locked,
            Exit::illegal_argument(format!("f0{actor} has less than {amount} locked"))
        );
        account.locked -= amount;
        self.set_account(actor, account)
    }

    /// Takes a locked amount out of escrow.
    pub fn slash(&mut self, actor: ActorID, amount: &TokenAmount) -> Result<()> {
        self.unlock(actor, amount)?;
        let mut account = self.account(actor)?;
        account.balance -= amount;
        self.set_account(actor, account)
    }

    /// Moves a locked amount to what another actor has available.
    pub fn pay(&mut self, from: ActorID, to: ActorID, amount: &TokenAmount) -> Result<()> {
        self.slash(from, amount)?;
        self.deposit(to, amount)
    }

    fn set_account(&mut self, actor: ActorID, account: Account) -> Result<()> {
        if account.balance.is_zero() {
            self.accounts.delete(&actor)?;
        } else {
            self.accounts.set(&actor, account)?;
        }
        Ok(())
    }
}
