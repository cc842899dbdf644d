use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use shared::event::Event;
use shared::host;
use shared::token::erc20::transferred;

use super::{change, load};
use crate::api::{Cash, GetStakeReturn, StakeParams};
use crate::error::Error;

pub fn stake(params: StakeParams) -> Result<(), Error> {
    change(|state, message| state.stake(&host::Store, message, &params.amount))?;
    let (holder, amount) = (host::caller(), &params.amount);
    transferred(Some(holder), Some(host::receiver()), amount)?;
    Ok(host::emit(Event::new("staked").indexed("account", &holder).field("amount", amount))?)
}

pub fn unstake(params: StakeParams) -> Result<ChainEpoch, Error> {
    let release = change(|state, message| state.unstake(&host::Store, message, &params.amount))?;
    let event = Event::new("unstaked").indexed("account", &host::caller());
    host::emit(event.field("amount", &params.amount).field("release", &release))?;
    Ok(release)
}

pub fn release_unstaked(account: Address) -> Result<TokenAmount, Error> {
    let account = host::resolve(&account)?;
    let released = change(|state, message| state.release_unstaked(&host::Store, message, account))?;
    if released.is_positive() {
        let event = Event::new("stake-released").indexed("account", &account);
        host::emit(event.field("amount", &released))?;
    }
    Ok(released)
}

pub fn claim_revenue(account: Address) -> Result<Cash, Error> {
    let account = host::resolve(&account)?;
    let earned = change(|state, _| state.claim_revenue(&host::Store, account))?;
    if !earned.is_zero() {
        let event = Event::new("revenue-claimed").indexed("account", &account);
        host::emit(event.field("amount", &earned))?;
    }
    Ok(earned)
}

pub fn get_stake(account: Address) -> Result<GetStakeReturn, Error> {
    match host::resolve(&account) {
        Ok(account) => load()?.stake_of(&host::Store, account),
        Err(_) => Ok(GetStakeReturn::default()),
    }
}
