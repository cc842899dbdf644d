//! The methods of FRC-46, for any actor that has a token.
//!
//! A transfer commits before it calls the receiver's hook and reads the balances again after: the
//! receiver may have moved what it was sent.

use frc46_token::receiver::FRC46TokenReceived;
use fvm_ipld_encoding::RawBytes;
use fvm_shared::ActorID;
use fvm_shared::address::Address;
use fvm_shared::econ::TokenAmount;
use num_traits::Zero;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{
    BurnFromParams, BurnFromReturn, BurnParams, BurnReturn, DecreaseAllowanceParams,
    GetAllowanceParams, IncreaseAllowanceParams, RevokeAllowanceParams, Token, TransferFromParams,
    TransferFromReturn, TransferParams, TransferReturn, hook,
};
use crate::Error;
use crate::host::{self, Limited, Store};

/// The state of an actor that has a token.
pub trait HasToken: Serialize + DeserializeOwned {
    fn token(&mut self) -> &mut Token;
}

pub fn granularity((): ()) -> Result<u64, Error> {
    Ok(super::GRANULARITY)
}

pub fn total_supply<S: HasToken>((): ()) -> Result<TokenAmount, Error> {
    Ok(host::load::<S>()?.token().supply.clone())
}

pub fn balance<S: HasToken>(owner: Address) -> Result<TokenAmount, Error> {
    match host::resolve(&owner) {
        Ok(owner) => host::load::<S>()?.token().balance(&Store, owner),
        Err(_) => Ok(TokenAmount::zero()),
    }
}

pub fn allowance<S: HasToken>(params: GetAllowanceParams) -> Result<TokenAmount, Error> {
    match (host::resolve(&params.owner), host::resolve(&params.operator)) {
        (Ok(owner), Ok(operator)) => host::load::<S>()?.token().allowance(&Store, owner, operator),
        _ => Ok(TokenAmount::zero()),
    }
}

pub fn transfer<S: HasToken>(params: TransferParams) -> Result<TransferReturn, Error> {
    let from = host::caller();
    let to = host::resolve_or_create(&params.to)?;
    let mut state: S = host::load()?;
    state.token().transfer(&Store, host::epoch(), from, to, &params.amount)?;
    host::commit(&state)?;
    let recipient_data = call_hook(from, from, to, params.amount, params.operator_data)?;
    let mut state: S = host::load()?;
    Ok(TransferReturn {
        from_balance: state.token().balance(&Store, from)?,
        to_balance: state.token().balance(&Store, to)?,
        recipient_data,
    })
}

pub fn transfer_from<S: HasToken>(params: TransferFromParams) -> Result<TransferFromReturn, Error> {
    let operator = host::caller();
    let from = host::resolve(&params.from)?;
    let to = host::resolve_or_create(&params.to)?;
    let mut state: S = host::load()?;
    state.token().use_allowance(&Store, from, operator, &params.amount)?;
    state.token().transfer(&Store, host::epoch(), from, to, &params.amount)?;
    host::commit(&state)?;
    let recipient_data = call_hook(operator, from, to, params.amount, params.operator_data)?;
    let mut state: S = host::load()?;
    Ok(TransferFromReturn {
        from_balance: state.token().balance(&Store, from)?,
        to_balance: state.token().balance(&Store, to)?,
        allowance: state.token().allowance(&Store, from, operator)?,
        recipient_data,
    })
}

pub fn increase_allowance<S: HasToken>(
    params: IncreaseAllowanceParams,
) -> Result<TokenAmount, Error> {
    let operator = host::existing(&params.operator)?;
    change::<S, _>(|token| {
        token.increase_allowance(&Store, host::caller(), operator, &params.increase)
    })
}

pub fn decrease_allowance<S: HasToken>(
    params: DecreaseAllowanceParams,
) -> Result<TokenAmount, Error> {
    let operator = host::resolve(&params.operator)?;
    change::<S, _>(|token| {
        token.decrease_allowance(&Store, host::caller(), operator, &params.decrease)
    })
}

pub fn revoke_allowance<S: HasToken>(params: RevokeAllowanceParams) -> Result<(), Error> {
    match host::resolve(&params.operator) {
        Ok(operator) => {
            change::<S, _>(|token| token.revoke_allowance(&Store, host::caller(), operator))
        }
        Err(_) => Ok(()),
    }
}

pub fn burn<S: HasToken>(params: BurnParams) -> Result<BurnReturn, Error> {
    let balance =
        change::<S, _>(|token| token.burn(&Store, host::epoch(), host::caller(), &params.amount))?;
    Ok(BurnReturn { balance })
}

pub fn burn_from<S: HasToken>(params: BurnFromParams) -> Result<BurnFromReturn, Error> {
    let owner = host::resolve(&params.owner)?;
    change::<S, _>(|token| {
        let operator = host::caller();
        let allowance = token.use_allowance(&Store, owner, operator, &params.amount)?;
        let balance = token.burn(&Store, host::epoch(), owner, &params.amount)?;
        Ok(BurnFromReturn { balance, allowance })
    })
}

fn change<S: HasToken, R>(rule: impl FnOnce(&mut Token) -> Result<R, Error>) -> Result<R, Error> {
    let mut state: S = host::load()?;
    let result = rule(state.token())?;
    host::commit(&state)?;
    Ok(result)
}

/// Calls the receiver's hook without a gas limit of its own: a transfer is the sender's affair, and
/// a receiver that refuses it undoes it.
fn call_hook(
    operator: ActorID,
    from: ActorID,
    to: ActorID,
    amount: TokenAmount,
    operator_data: RawBytes,
) -> Result<RawBytes, Error> {
    let token_data = RawBytes::default();
    let received = FRC46TokenReceived { from, to, operator, amount, operator_data, token_data };
    let reply = hook(received)?.call(&Limited { gas_limit: None });
    reply.map(|data| data.0).map_err(|error| Error::Refused {
        to: Address::new_id(to),
        method: crate::ext::account::RECEIVE,
        code: (&error).into(),
    })
}

/// Calls the hook of a receiver of freshly minted tokens with at most `gas_limit` gas, and says
/// whether it took them. One that did not has done nothing at all, and still has the tokens.
pub fn offer_mint(
    operator: ActorID,
    owner: ActorID,
    amount: &TokenAmount,
    gas_limit: u64,
) -> Result<bool, Error> {
    let received = FRC46TokenReceived {
        from: host::receiver(),
        to: owner,
        operator,
        amount: amount.clone(),
        operator_data: RawBytes::default(),
        token_data: RawBytes::default(),
    };
    Ok(hook(received)?.call(&Limited { gas_limit: Some(gas_limit) }).is_ok())
}
