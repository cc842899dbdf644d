use fvm_shared::address::Address;
use fvm_shared::econ::TokenAmount;
use shared::event::Event;
use shared::host;

use super::{change, load, pay};
use crate::api::{CoverInfo, GetCoverParams, UnstakeCoverParams};
use crate::error::Error;

pub fn stake(underwriter: Address) -> Result<(), Error> {
    let id = host::resolve(&underwriter)?;
    let shares = change(|state, message| state.stake_cover(&host::Store, message, id))?;
    let event = Event::new("cover-staked").indexed("underwriter", &id);
    let event = event.indexed("sponsor", &host::caller());
    Ok(host::emit(event.field("amount", &host::value()).field("shares", &shares))?)
}

pub fn unstake(params: UnstakeCoverParams) -> Result<(), Error> {
    let id = host::resolve(&params.underwriter)?;
    change(|state, message| state.unstake_cover(&host::Store, message, id, &params.shares))?;
    let event = Event::new("cover-leaving").indexed("underwriter", &id);
    let event = event.indexed("sponsor", &host::caller());
    Ok(host::emit(event.field("shares", &params.shares))?)
}

pub fn withdraw(underwriter: Address) -> Result<TokenAmount, Error> {
    let id = host::resolve(&underwriter)?;
    let payout = change(|state, message| state.withdraw_cover(&host::Store, message, id))?;
    let event = Event::new("cover-withdrawn").indexed("underwriter", &id);
    let event = event.indexed("sponsor", &payout.to);
    host::emit(event.field("amount", &payout.amount))?;
    pay(&payout)?;
    Ok(payout.amount)
}

pub fn get(params: GetCoverParams) -> Result<CoverInfo, Error> {
    let (underwriter, sponsor) =
        (host::resolve(&params.underwriter)?, host::resolve(&params.sponsor)?);
    load()?.cover(&host::Store, underwriter, sponsor)
}
