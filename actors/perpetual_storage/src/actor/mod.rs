//! The methods, and the system calls around the rules.

mod ads;
mod deals;
mod funds;
mod perpetual;
mod providers;
mod refresh;

use fvm_shared::ActorID;
use fvm_shared::address::Address;
use fvm_shared::econ::TokenAmount;
use num_traits::Zero;
use shared::ext::account::UniversalReceiverParams;
use shared::ext::market::{ADD_BALANCE, WITHDRAW_BALANCE, WithdrawBalanceParams};
use shared::ext::{DATACAP_ACTOR, INIT_ACTOR, MARKET_ACTOR};
use shared::{Caller, Method, ensure, ext, host};

use crate::api::*;
use crate::error::Error;
use crate::escrow::ToEscrow;
use crate::state::{Message, State};

const MARKET: Address = Address::new_id(MARKET_ACTOR);

shared::dispatch! {
    Constructor::NUMBER => Caller::Only(INIT_ACTOR) => constructor,
    GetRules::NUMBER => Caller::Anyone => get_rules,
    GetBooks::NUMBER => Caller::Anyone => funds::get_books,

    Deposit::NUMBER => Caller::Anyone => [payable] funds::deposit,
    Withdraw::NUMBER => Caller::Anyone => funds::withdraw,
    GetFunds::NUMBER => Caller::Anyone => funds::get_funds,

    CreatePerpetualDeal::NUMBER => Caller::Anyone => [payable] perpetual::create,
    ChangePerpetualDeal::NUMBER => Caller::Role("uploader") => [payable] perpetual::change_terms,
    TopUp::NUMBER => Caller::Anyone => [payable] perpetual::top_up,
    ClosePerpetualDeal::NUMBER => Caller::Role("uploader") => perpetual::close,
    GetPerpetualDeal::NUMBER => Caller::Anyone => perpetual::get,
    ListPerpetualDeals::NUMBER => Caller::Anyone => perpetual::list,
    Estimate::NUMBER => Caller::Anyone => perpetual::estimate,

    GetAd::NUMBER => Caller::Anyone => ads::get_ad,
    ListAds::NUMBER => Caller::Anyone => ads::list_ads,

    AuthenticateMessage::NUMBER => Caller::Only(MARKET_ACTOR) => deals::authenticate_message,
    MarketNotifyDeal::NUMBER => Caller::Only(MARKET_ACTOR) => deals::market_notify_deal,
    Refresh::NUMBER => Caller::Anyone => refresh::refresh,
    FindDue::NUMBER => Caller::Anyone => refresh::find_due,

    Vouch::NUMBER => Caller::Role("the provider's owner") => providers::vouch,
    AttestRegion::NUMBER => Caller::Anyone => providers::attest_region,
    GetRegion::NUMBER => Caller::Anyone => providers::get_region,
    GetProvider::NUMBER => Caller::Anyone => providers::get_provider,
    Receive::NUMBER => Caller::Role("DataCap") => receive,
}

fn constructor(params: ConstructorParams) -> Result<(), Error> {
    Ok(host::commit(&State::new(&host::Store, params.rules)?)?)
}

fn get_rules((): ()) -> Result<Rules, Error> {
    Ok(load()?.rules)
}

/// DataCap is for all perpetual deals whose policies allow it, in the order in which they use it.
fn receive(_: UniversalReceiverParams) -> Result<(), Error> {
    let token = host::caller();
    ensure!(token == DATACAP_ACTOR, Error::ForeignToken(token));
    Ok(())
}

fn load() -> Result<State, Error> {
    Ok(host::load()?)
}

fn message() -> Message {
    Message { now: host::epoch(), caller: host::caller(), value: host::value() }
}

/// Runs one rule on the state and commits what it changed.
fn change<R>(rule: impl FnOnce(&mut State, &Message) -> Result<R, Error>) -> Result<R, Error> {
    let mut state = load()?;
    let result = rule(&mut state, &message())?;
    host::commit(&state)?;
    Ok(result)
}

/// Pays an actor. No code of it runs.
fn pay(to: ActorID, amount: &TokenAmount) -> Result<(), Error> {
    Ok(host::pay(to, amount)?)
}

/// Moves what the books say to the market's escrow, or back. The market calls nobody for it.
fn move_escrow(by: ToEscrow) -> Result<(), Error> {
    let storage = Address::new_id(host::receiver());
    match by {
        ToEscrow::Nothing => {}
        ToEscrow::Add(amount) => {
            host::send(&MARKET, ADD_BALANCE, host::params(&storage)?, amount)?;
        }
        ToEscrow::Withdraw(amount) => {
            let params =
                WithdrawBalanceParams { provider_or_client: storage, amount: amount.clone() };
            let sent =
                host::send(&MARKET, WITHDRAW_BALANCE, host::params(&params)?, TokenAmount::zero())?;
            ensure!(ext::reply::<TokenAmount>(sent)? == amount, Error::Escrow);
        }
    }
    Ok(())
}
