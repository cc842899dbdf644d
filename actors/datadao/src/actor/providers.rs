use fvm_shared::ActorID;
use fvm_shared::address::Address;
use shared::deal::owner_of;
use shared::event::Event;
use shared::ext::builtin::MINER;
use shared::token::erc20::transferred;
use shared::{ensure, host};

use super::{change, load};
use crate::api::{BondParams, Record};
use crate::error::Error;

pub fn bond(params: BondParams) -> Result<(), Error> {
    let provider = own_provider(&params.provider)?;
    change(|state, message| state.bond(&host::Store, message, provider, &params.amount))?;
    transferred(Some(host::caller()), Some(host::receiver()), &params.amount)?;
    tell("bonded", provider, &params)
}

pub fn unbond(params: BondParams) -> Result<(), Error> {
    let provider = own_provider(&params.provider)?;
    change(|state, message| state.unbond(&host::Store, message, provider, &params.amount))?;
    tell("unbonded", provider, &params)
}

pub fn get_record(of: Address) -> Result<Record, Error> {
    match host::resolve(&of) {
        Ok(id) => load()?.record(&host::Store, id),
        Err(_) => Ok(Record::default()),
    }
}

/// A real miner that the caller owns.
fn own_provider(address: &Address) -> Result<ActorID, Error> {
    let (provider, caller) = (host::resolve(address)?, host::caller());
    ensure!(host::builtin_type(provider) == Some(MINER), Error::NotOwner(caller, provider));
    ensure!(owner_of(provider)? == caller, Error::NotOwner(caller, provider));
    Ok(provider)
}

fn tell(kind: &str, provider: ActorID, params: &BondParams) -> Result<(), Error> {
    let event = Event::new(kind).indexed("provider", &provider);
    Ok(host::emit(event.field("amount", &params.amount))?)
}
