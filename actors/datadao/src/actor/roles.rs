use alloc::vec::Vec;

use fvm_shared::ActorID;
use fvm_shared::address::Address;
use shared::event::Event;
use shared::host;
use shared::token::erc20::transferred;
use shared::token::methods as frc46;

use super::{change, load};
use crate::api::{MintParams, OfferAdminParams, PauseParams, Role, RoleParams};
use crate::error::Error;

pub fn grant_role(params: RoleParams) -> Result<(), Error> {
    let account = host::existing(&params.account)?;
    change(|state, message| state.grant_role(&host::Store, message, params.role, account))?;
    role_event("role-granted", params.role, account)
}

pub fn revoke_role(params: RoleParams) -> Result<(), Error> {
    let account = host::resolve(&params.account)?;
    change(|state, message| state.revoke_role(&host::Store, message, params.role, account))?;
    role_event("role-revoked", params.role, account)
}

pub fn offer_admin(params: OfferAdminParams) -> Result<(), Error> {
    let to = host::existing(&params.to)?;
    change(|state, message| state.offer_admin(&host::Store, message, to, params.keep))?;
    admin_offered(to, params.keep)
}

pub fn accept_admin((): ()) -> Result<(), Error> {
    let leaves = change(|state, message| state.accept_admin(&host::Store, message))?;
    role_event("role-granted", Role::Admin, host::caller())?;
    leaves.map_or(Ok(()), |admin| role_event("role-revoked", Role::Admin, admin))
}

pub fn get_roles(account: Address) -> Result<Vec<Role>, Error> {
    match host::resolve(&account) {
        Ok(account) => Ok(load()?.roles(&host::Store, account)?.iter().collect()),
        Err(_) => Ok(Vec::new()),
    }
}

pub fn pause(params: PauseParams) -> Result<(), Error> {
    let until = change(|state, message| {
        state.pause(&host::Store, message, params.duration)?;
        Ok(state.paused_until)
    })?;
    Ok(host::emit(Event::new("paused").field("until", &until))?)
}

pub fn unpause((): ()) -> Result<(), Error> {
    change(|state, message| state.unpause(&host::Store, message))?;
    unpaused(host::caller())
}

/// The receiver's hook runs without a gas limit of its own: whom to mint to is the minter's affair.
pub fn mint(params: MintParams) -> Result<(), Error> {
    let to = host::resolve_or_create(&params.to)?;
    change(|state, message| state.mint_by_hand(&host::Store, message, to, &params.amount))?;
    transferred(None, Some(to), &params.amount)?;
    Ok(frc46::deliver(host::caller(), to, &params.amount)?)
}

pub fn role_event(kind: &str, role: Role, account: ActorID) -> Result<(), Error> {
    Ok(host::emit(Event::new(kind).indexed("role", &role).indexed("account", &account))?)
}

pub fn admin_offered(to: ActorID, keep: bool) -> Result<(), Error> {
    Ok(host::emit(Event::new("admin-offered").indexed("to", &to).field("keep", &keep))?)
}

pub fn unpaused(by: ActorID) -> Result<(), Error> {
    Ok(host::emit(Event::new("unpaused").indexed("by", &by))?)
}
