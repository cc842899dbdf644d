use alloc::vec::Vec;

use fvm_shared::econ::TokenAmount;
use shared::event::Event;
use shared::host;
use shared::token::erc20::transferred;
use shared::token::methods::deliver;

use super::{change, pay, pay_bystander};
use crate::api::{DepositParams, DepositReturn, ExitId, PaidExit, RedeemParams, RedeemReturn};
use crate::error::Error;
use crate::state::Payout;

pub fn deposit(params: DepositParams) -> Result<DepositReturn, Error> {
    let to = match params.to {
        Some(address) => host::existing(&address)?,
        None => host::caller(),
    };
    let (minted, exits) = change(|state, message| {
        let minted = state.deposit(&host::Store, message, to, &params.min_shares)?;
        Ok((minted, state.pay_waiting(&host::Store, message.now, host::receiver())?))
    })?;
    transferred(None, Some(to), &minted.shares)?;
    let event = Event::new("deposited").indexed("lender", &to);
    host::emit(event.field("amount", &host::value()).field("shares", &minted.shares))?;
    pay_out(&exits)?;
    deliver(host::caller(), to, &minted.shares)?;
    Ok(minted)
}

pub fn redeem(params: RedeemParams) -> Result<RedeemReturn, Error> {
    let market = host::receiver();
    let (mut reply, payout, exits) = change(|state, message| {
        let (reply, payout) = state.redeem(&host::Store, message, &params, market)?;
        let exits = match reply.exit {
            Some(_) => state.pay_waiting(&host::Store, message.now, market)?,
            None => Vec::new(),
        };
        Ok((reply, payout, exits))
    })?;
    let lender = host::caller();
    if let Some(Payout { amount, .. }) = &payout {
        transferred(Some(lender), None, &params.shares)?;
        let event = Event::new("redeemed").indexed("lender", &lender);
        host::emit(event.field("amount", amount).field("shares", &params.shares))?;
        pay(&Payout { to: lender, amount: amount.clone() })?;
    }
    if let Some(id) = reply.exit {
        transferred(Some(lender), Some(market), &params.shares)?;
        let event = Event::new("exit-queued").indexed("exit", &id).indexed("lender", &lender);
        host::emit(event.field("shares", &params.shares))?;
        pay_out(&exits)?;
        let own = exits.iter().find(|exit| exit.id == id);
        if let Some(own) = own {
            reply.paid = own.paid.clone();
            reply.exit = (!own.done).then_some(id);
        }
    }
    Ok(reply)
}

pub fn cancel_exit(id: ExitId) -> Result<TokenAmount, Error> {
    let market = host::receiver();
    let shares = change(|state, message| state.cancel_exit(&host::Store, message, id, market))?;
    transferred(Some(market), Some(host::caller()), &shares)?;
    host::emit(Event::new("exit-cancelled").indexed("exit", &id))?;
    Ok(shares)
}

pub fn pay_exits(limit: u32) -> Result<Vec<PaidExit>, Error> {
    let market = host::receiver();
    let exits = change(|state, message| state.pay_exits(&host::Store, message.now, market, limit))?;
    pay_out(&exits)?;
    Ok(exits)
}

/// Pays exits that are booked, and tells of those whose shares were given back.
pub fn pay_out(exits: &[PaidExit]) -> Result<(), Error> {
    for PaidExit { id, lender, shares, paid, returned, done } in exits {
        if returned.is_positive() {
            transferred(Some(host::receiver()), Some(*lender), returned)?;
            host::emit(Event::new("exit-cancelled").indexed("exit", id))?;
            continue;
        }
        transferred(Some(host::receiver()), None, shares)?;
        let event = Event::new("exit-paid").indexed("exit", id).indexed("lender", lender);
        host::emit(event.field("amount", paid).field("shares", shares).field("done", done))?;
        pay_bystander(&Payout { to: *lender, amount: paid.clone() })?;
    }
    Ok(())
}
