//! The DAO's books: what it holds, and for whom.
//!
//! Whatever comes in is booked at once to someone: the treasury, a stake, a bond, an escrow, a
//! credit. Whatever goes out goes through a credit, which anyone may have paid out to whom it
//! belongs. So a receiver that refuses blocks nobody, and no rule ever reads the DAO's balance but
//! the one that books donations.

use cid::Cid;
use fvm_ipld_blockstore::Blockstore;
use fvm_ipld_encoding::tuple::*;
use fvm_shared::ActorID;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use shared::{Map, MapSpec, ensure};

use crate::api::{Cash, Currency, GetTreasuryReturn};
use crate::error::Error;
use crate::state::{Message, State};

/// Payees that one Withdraw can pay.
pub const MAX_PAYEES: usize = 32;

pub static CREDITS: MapSpec = MapSpec { name: "credits", bit_width: 3 };

/// By account: what the DAO owes. Nobody is here with nothing.
pub type Credits<'s, BS> = Map<'s, BS, ActorID, Cash>;

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Books {
    /// All that the DAO holds: the treasury, the credits, and what [`crate::staking`],
    /// [`crate::providers`] and [`crate::compute`] keep for others.
    pub booked: Cash,
    /// What the DAO may spend.
    pub treasury: Cash,
    /// [`Credits`].
    pub credits: Cid,
}

impl Cash {
    #[must_use]
    pub fn of(currency: Currency, amount: TokenAmount) -> Self {
        let mut cash = Cash::default();
        *cash.get_mut(currency) = amount;
        cash
    }

    #[must_use]
    pub fn get(&self, currency: Currency) -> &TokenAmount {
        match currency {
            Currency::Fil => &self.fil,
            Currency::Data => &self.data,
        }
    }

    pub fn get_mut(&mut self, currency: Currency) -> &mut TokenAmount {
        match currency {
            Currency::Fil => &mut self.fil,
            Currency::Data => &mut self.data,
        }
    }

    #[must_use]
    pub fn is_zero(&self) -> bool {
        *self == Cash::default()
    }

    /// Whether neither amount is negative.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        !self.fil.is_negative() && !self.data.is_negative()
    }
}

impl core::ops::AddAssign<&Cash> for Cash {
    fn add_assign(&mut self, other: &Cash) {
        self.fil += &other.fil;
        self.data += &other.data;
    }
}

impl core::ops::SubAssign<&Cash> for Cash {
    fn sub_assign(&mut self, other: &Cash) {
        self.fil -= &other.fil;
        self.data -= &other.data;
    }
}

impl Books {
    /// Books of nothing. `empty` is the root of an empty map.
    #[must_use]
    pub fn new(empty: Cid) -> Self {
        Books { booked: Cash::default(), treasury: Cash::default(), credits: empty }
    }

    /// Books what came in. The caller says what for: [`Books::to_treasury`], [`Books::credit`], or an
    /// account of its own.
    pub fn take_in(&mut self, currency: Currency, amount: &TokenAmount) {
        *self.booked.get_mut(currency) += amount;
    }

    /// Adds to the treasury what is booked already.
    pub fn to_treasury(&mut self, currency: Currency, amount: &TokenAmount) {
        *self.treasury.get_mut(currency) += amount;
    }

    /// Takes from the treasury; what for is the caller's to say.
    pub fn spend(&mut self, currency: Currency, amount: &TokenAmount) -> Result<(), Error> {
        let free = self.treasury.get_mut(currency);
        ensure!(!amount.is_negative() && *free >= *amount, Error::Treasury);
        *free -= amount;
        Ok(())
    }

    /// Takes off the books what leaves the DAO at once.
    pub fn send_out(&mut self, currency: Currency, amount: &TokenAmount) {
        *self.booked.get_mut(currency) -= amount;
    }

    /// Owes accounts what is booked already. Several credits are written at the price of one.
    pub fn credit(
        &mut self,
        store: &impl Blockstore,
        credits: &[(ActorID, Cash)],
    ) -> Result<(), Error> {
        if credits.iter().all(|(_, cash)| cash.is_zero()) {
            return Ok(());
        }
        let mut map = Credits::load(store, &self.credits, &CREDITS)?;
        for (account, cash) in credits.iter().filter(|(_, cash)| !cash.is_zero()) {
            let mut owed = map.get(account)?.cloned().unwrap_or_default();
            owed += cash;
            map.set(account, owed)?;
        }
        self.credits = map.flush()?;
        Ok(())
    }

    /// What an account is owed.
    pub fn owed(&self, store: &impl Blockstore, account: ActorID) -> Result<Cash, Error> {
        let credits = Credits::load(store, &self.credits, &CREDITS)?;
        Ok(credits.get(&account)?.cloned().unwrap_or_default())
    }

    /// Takes what an account is owed off the books, to be paid to it at once.
    fn pay(&mut self, store: &impl Blockstore, account: ActorID) -> Result<Option<Cash>, Error> {
        let mut credits = Credits::load(store, &self.credits, &CREDITS)?;
        let Some(owed) = credits.delete(&account)? else { return Ok(None) };
        self.credits = credits.flush()?;
        self.booked -= &owed;
        Ok(Some(owed))
    }
}

impl State {
    /// What the DAO has.
    pub fn treasury(&self, store: &impl Blockstore) -> Result<GetTreasuryReturn, Error> {
        let Books { booked, treasury, .. } = self.cold(store)?.books;
        Ok(GetTreasuryReturn { booked, free: treasury })
    }

    /// Books FIL that came in, with a message or from the market, to the treasury.
    pub fn fund(&mut self, store: &impl Blockstore, amount: &TokenAmount) -> Result<(), Error> {
        let mut cold = self.cold(store)?;
        cold.books.take_in(Currency::Fil, amount);
        cold.books.to_treasury(Currency::Fil, amount);
        self.set_cold(store, &cold)
    }

    /// Books to the treasury what was sent to the DAO without a word, and returns how much that is.
    /// `balance` is the DAO's FIL.
    pub fn book_donations(
        &mut self,
        store: &impl Blockstore,
        dao: ActorID,
        balance: &TokenAmount,
    ) -> Result<Cash, Error> {
        let mut cold = self.cold(store)?;
        let mut surplus = Cash { fil: balance.clone(), data: self.token.balance(store, dao)? };
        surplus -= &cold.books.booked;
        ensure!(surplus.is_sound() && !surplus.is_zero(), Error::NothingToBook);
        cold.books.booked += &surplus;
        cold.books.treasury += &surplus;
        self.set_cold(store, &cold)?;
        Ok(surplus)
    }

    /// Takes in, booked, what the caller pays or puts up: in FIL the message's value, which must be just
    /// that; in $DATA the caller's tokens, and no value. What for is the caller's to say.
    pub fn collect(
        &mut self,
        store: &impl Blockstore,
        message: &Message,
        books: &mut Books,
        currency: Currency,
        amount: &TokenAmount,
    ) -> Result<Cash, Error> {
        // What the DAO paid itself would be booked as new.
        ensure!(message.caller != message.dao, Error::OwnPurchase);
        let cash = Cash::of(currency, amount.clone());
        ensure!(message.value == cash.fil, Error::Payment(cash.fil));
        if currency == Currency::Data {
            self.token.transfer(store, message.now, message.caller, message.dao, amount)?;
        }
        books.take_in(currency, amount);
        Ok(cash)
    }

    /// Takes what an account is owed out of the books and its $DATA out of the DAO's custody, to be
    /// sent to it at once; `None` where that is nothing.
    pub fn withdraw(
        &mut self,
        store: &impl Blockstore,
        message: &Message,
        account: ActorID,
    ) -> Result<Option<Cash>, Error> {
        let mut cold = self.cold(store)?;
        let Some(paid) = cold.books.pay(store, account)? else { return Ok(None) };
        self.set_cold(store, &cold)?;
        self.token.transfer(store, message.now, message.dao, account, &paid.data)?;
        Ok(Some(paid))
    }

    /// Owes an account again the $DATA that it was paid and whose receiver hook refused it.
    pub fn take_back(
        &mut self,
        store: &impl Blockstore,
        message: &Message,
        account: ActorID,
        amount: &TokenAmount,
    ) -> Result<(), Error> {
        self.token.transfer(store, message.now, account, message.dao, amount)?;
        self.owe_again(store, account, &Cash::of(Currency::Data, amount.clone()))
    }

    /// Owes an account again what left the books and not the DAO.
    pub fn owe_again(
        &mut self,
        store: &impl Blockstore,
        account: ActorID,
        cash: &Cash,
    ) -> Result<(), Error> {
        let mut cold = self.cold(store)?;
        cold.books.booked += cash;
        cold.books.credit(store, &[(account, cash.clone())])?;
        self.set_cold(store, &cold)
    }

    /// Mints $DATA, to be counted against the cap by the caller.
    pub fn mint(
        &mut self,
        store: &impl Blockstore,
        now: ChainEpoch,
        to: ActorID,
        amount: &TokenAmount,
    ) -> Result<(), Error> {
        self.token.mint(store, now, to, amount)?;
        self.minted += amount;
        Ok(())
    }
}
