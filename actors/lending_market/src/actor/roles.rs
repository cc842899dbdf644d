use fvm_shared::address::Address;
use fvm_shared::econ::TokenAmount;
use shared::event::Event;
use shared::host;

use super::{change, load, pay};
use crate::api::{ConstructorParams, Roles, Rules, SetUnderwriterParams};
use crate::error::Error;
use crate::state::State;

pub fn constructor(params: ConstructorParams) -> Result<(), Error> {
    let roles = Roles {
        governor: host::existing(&params.governor)?,
        successor: None,
        treasury: host::existing(&params.treasury)?,
        deposit_cap: params.deposit_cap,
        paused: false,
    };
    let state = State::new(&host::Store, host::epoch(), params.rules, roles)?;
    Ok(host::commit(&state)?)
}

pub fn get_rules((): ()) -> Result<Rules, Error> {
    load()?.rules(&host::Store)
}

pub fn get_roles((): ()) -> Result<Roles, Error> {
    Ok(load()?.cold(&host::Store)?.roles)
}

pub fn change_governor(named: Address) -> Result<(), Error> {
    let named = host::existing(&named)?;
    change(|state, message| state.change_governor(&host::Store, message.caller, named))?;
    Ok(host::emit(Event::new("governor-named").indexed("governor", &named))?)
}

pub fn set_treasury(treasury: Address) -> Result<(), Error> {
    let treasury = host::existing(&treasury)?;
    govern(|roles| roles.treasury = treasury)
}

pub fn set_deposit_cap(cap: TokenAmount) -> Result<(), Error> {
    govern(|roles| roles.deposit_cap = cap)
}

pub fn set_paused(paused: bool) -> Result<(), Error> {
    govern(|roles| roles.paused = paused)?;
    Ok(host::emit(Event::new(if paused { "paused" } else { "resumed" }))?)
}

pub fn set_underwriter(params: SetUnderwriterParams) -> Result<(), Error> {
    let id = host::existing(&params.underwriter)?;
    let ceiling = params.limits.ceiling.clone();
    change(|state, message| {
        state.set_underwriter(&host::Store, message.caller, id, params.limits)
    })?;
    let event = Event::new("underwriter-set").indexed("underwriter", &id);
    Ok(host::emit(event.field("ceiling", &ceiling))?)
}

pub fn pay_treasury((): ()) -> Result<TokenAmount, Error> {
    let payout = change(|state, _| state.pay_treasury(&host::Store))?;
    pay(&payout)?;
    Ok(payout.amount)
}

fn govern(set: impl FnOnce(&mut Roles)) -> Result<(), Error> {
    change(|state, message| state.govern(&host::Store, message.caller, set))
}
