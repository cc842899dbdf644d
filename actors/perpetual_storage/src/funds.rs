//! What uploaders have deposited.

use cid::Cid;
use fvm_ipld_blockstore::Blockstore;
use fvm_shared::ActorID;
use fvm_shared::econ::TokenAmount;
use shared::{Map, ensure};

use crate::api::{Books, Funds};
use crate::error::Error;
use crate::state::{ACCOUNTS, Message, State};

/// The funds of all accounts. Nobody is here with nothing.
pub struct Accounts<'s, BS>(Map<'s, BS, ActorID, Funds>);

impl<'s, BS: Blockstore> Accounts<'s, BS> {
    pub fn load(store: &'s BS, root: &Cid) -> Result<Self, Error> {
        Ok(Accounts(Map::load(store, root, &ACCOUNTS)?))
    }

    pub fn get(&self, account: ActorID) -> Result<Funds, Error> {
        Ok(self.0.get(&account)?.cloned().unwrap_or_default())
    }

    pub fn set(&mut self, account: ActorID, funds: &Funds) -> Result<(), Error> {
        if *funds == Funds::default() {
            self.0.delete(&account)?;
        } else {
            self.0.set(&account, funds.clone())?;
        }
        Ok(())
    }

    pub fn flush(self) -> Result<Cid, Error> {
        Ok(self.0.flush()?)
    }

    /// Visits every account: for invariants.
    pub fn for_each(&self, visit: impl FnMut(&[u8], &Funds)) -> Result<(), Error> {
        Ok(self.0.for_each(visit)?)
    }
}

impl State {
    /// Takes in the FIL of a message for an account.
    pub fn deposit(
        &mut self,
        store: &impl Blockstore,
        message: &Message,
        account: ActorID,
    ) -> Result<(), Error> {
        ensure!(message.value.is_positive(), Error::NothingDeposited);
        self.change_accounts(store, |state, accounts| {
            let mut funds = accounts.get(account)?;
            funds.free += &message.value;
            state.booked += &message.value;
            accounts.set(account, &funds)
        })
    }

    /// Lets the caller take from its free funds what the actor then pays it.
    pub fn withdraw(
        &mut self,
        store: &impl Blockstore,
        message: &Message,
        amount: &TokenAmount,
    ) -> Result<(), Error> {
        ensure!(amount.is_positive(), Error::Amount);
        self.change_accounts(store, |state, accounts| {
            let mut funds = accounts.get(message.caller)?;
            ensure!(funds.free >= *amount, Error::Free(funds.free));
            funds.free -= amount;
            state.booked -= amount;
            accounts.set(message.caller, &funds)
        })
    }

    /// What the storage has.
    #[must_use]
    pub fn books(&self) -> Books {
        Books {
            booked: self.booked.clone(),
            escrow: self.escrow.clone(),
            going_rate: self.going_rate.clone(),
            created: self.last,
        }
    }

    /// Changes accounts, and what goes with them.
    pub(crate) fn change_accounts<'s, BS: Blockstore, R>(
        &mut self,
        store: &'s BS,
        change: impl FnOnce(&mut State, &mut Accounts<'s, BS>) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let mut cold = self.cold(store)?;
        let mut accounts = Accounts::load(store, &cold.accounts)?;
        let result = change(self, &mut accounts)?;
        cold.accounts = accounts.flush()?;
        self.set_cold(store, &cold)?;
        Ok(result)
    }
}
