use fvm_shared::ActorID;
use fvm_shared::address::Address;
use fvm_shared::econ::TokenAmount;
use shared::event::Event;
use shared::host;

use super::{change, load, pay};
use crate::api::{Books, Funds};
use crate::error::Error;

pub fn deposit(account: Option<Address>) -> Result<(), Error> {
    let account = match account {
        Some(address) => host::existing(&address)?,
        None => host::caller(),
    };
    change(|state, message| state.deposit(&host::Store, message, account))?;
    deposited(account)
}

/// Tells of the FIL that came with a message of its uploader, if any did.
pub fn tell_deposit() -> Result<(), Error> {
    if host::value().is_positive() { deposited(host::caller()) } else { Ok(()) }
}

fn deposited(account: ActorID) -> Result<(), Error> {
    let event = Event::new("deposited").indexed("account", &account);
    Ok(host::emit(event.field("amount", &host::value()))?)
}

pub fn withdraw(amount: TokenAmount) -> Result<(), Error> {
    change(|state, message| state.withdraw(&host::Store, message, &amount))?;
    let event = Event::new("withdrawn").indexed("account", &host::caller());
    host::emit(event.field("amount", &amount))?;
    pay(host::caller(), &amount)
}

pub fn get_funds(account: Address) -> Result<Funds, Error> {
    match host::resolve(&account) {
        Ok(id) => load()?.funds(&host::Store, id),
        Err(_) => Ok(Funds::default()),
    }
}

pub fn get_books((): ()) -> Result<Books, Error> {
    Ok(load()?.books())
}
