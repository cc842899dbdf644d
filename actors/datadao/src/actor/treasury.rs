use alloc::vec::Vec;

use fvm_shared::address::Address;
use fvm_shared::econ::TokenAmount;
use fvm_shared::sys::SendFlags;
use fvm_shared::{ActorID, METHOD_SEND};
use num_traits::Zero;
use shared::event::Event;
use shared::ext::DATACAP_ACTOR;
use shared::ext::account::UniversalReceiverParams;
use shared::token::erc20::transferred;
use shared::token::methods as frc46;
use shared::{ensure, host};

use super::{change, load, message};
use crate::api::{Cash, Currency, GetTreasuryReturn};
use crate::error::Error;
use crate::rewards::Reward;
use crate::treasury::MAX_PAYEES;

pub fn fund((): ()) -> Result<(), Error> {
    change(|state, message| state.fund(&host::Store, &message.value))?;
    let event = Event::new("funded").indexed("by", &host::caller());
    Ok(host::emit(event.field("amount", &host::value()))?)
}

pub fn book_donations((): ()) -> Result<Cash, Error> {
    let balance = host::balance();
    let booked =
        change(|state, message| state.book_donations(&host::Store, message.dao, &balance))?;
    host::emit(Event::new("donations-booked").field("amount", &booked))?;
    Ok(booked)
}

pub fn get_treasury((): ()) -> Result<GetTreasuryReturn, Error> {
    load()?.treasury(&host::Store)
}

pub fn get_credit(account: Address) -> Result<Cash, Error> {
    match host::resolve(&account) {
        Ok(account) => load()?.cold(&host::Store)?.books.owed(&host::Store, account),
        Err(_) => Ok(Cash::default()),
    }
}

pub fn withdraw(accounts: Vec<Address>) -> Result<Vec<Cash>, Error> {
    ensure!(accounts.len() <= MAX_PAYEES, Error::Batch(MAX_PAYEES));
    accounts.iter().map(|account| pay(host::resolve(account)?)).collect()
}

/// The receiver hook. The DAO takes its own token, as a donation to be booked, and DataCap, which
/// verified deals spend. Tokens of others would be stuck, as nothing can spend them.
pub fn receive(_: UniversalReceiverParams) -> Result<(), Error> {
    let token = host::caller();
    let taken = token == host::receiver() || token == DATACAP_ACTOR;
    ensure!(taken, Error::ForeignToken(token));
    Ok(())
}

/// Pays one account. The state is loaded anew: the hook of the account before may have changed it.
fn pay(account: ActorID) -> Result<Cash, Error> {
    let message = message();
    let mut state = load()?;
    let Some(mut paid) = state.withdraw(&host::Store, &message, account)? else {
        return Ok(Cash::default());
    };
    let gas_limit = state.config(&host::Store)?.rules.rewards.hook_gas_limit;
    host::commit(&state)?;
    if !paid.fil.is_zero() {
        paid.fil = send(account, paid.fil)?;
    }
    if !paid.data.is_zero() {
        transferred(Some(message.dao), Some(account), &paid.data)?;
        if !offer(account, &paid.data, gas_limit)? {
            paid.data = Zero::zero();
        }
    }
    if !paid.is_zero() {
        let event = Event::new("withdrawn").indexed("account", &account);
        host::emit(event.field("amount", &paid))?;
    }
    Ok(paid)
}

/// Sends FIL, and returns how much of it was taken: what cannot be sent is owed again. A plain send
/// runs no code of the receiver.
fn send(account: ActorID, amount: TokenAmount) -> Result<TokenAmount, Error> {
    let (to, flags) = (Address::new_id(account), SendFlags::empty());
    let sent = host::try_send(&to, METHOD_SEND, None, amount.clone(), None, flags);
    if sent.is_ok_and(|response| response.exit_code.is_success()) {
        return Ok(amount);
    }
    let owed = Cash::of(Currency::Fil, amount);
    change(|state, _| state.owe_again(&host::Store, account, &owed))?;
    Ok(TokenAmount::zero())
}

/// Offers a reward that was minted to its payee.
pub fn offer_minted(reward: Reward, gas_limit: u64) -> Result<(), Error> {
    transferred(None, Some(reward.payee), &reward.amount)?;
    offer(reward.payee, &reward.amount, gas_limit)?;
    Ok(())
}

/// Runs the receiver hook of an account that was paid $DATA. One that refuses it, or has no gas to
/// take it, is owed it again.
fn offer(account: ActorID, amount: &TokenAmount, gas_limit: u64) -> Result<bool, Error> {
    let dao = host::receiver();
    let taken = frc46::offer(account, amount, gas_limit)?;
    if !taken {
        change(|state, message| state.take_back(&host::Store, message, account, amount))?;
        transferred(Some(account), Some(dao), amount)?;
        let event = Event::new("payment-refused").indexed("account", &account);
        host::emit(event.field("amount", amount))?;
    }
    Ok(taken)
}
