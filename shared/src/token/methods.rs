//! The methods of FRC-46, for any actor that has a token.

use alloc::string::String;

use fvm_ipld_blockstore::Blockstore;
use fvm_shared::ActorID;
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use num_traits::Zero;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use super::movement::{deliver, offer};

use super::movement::{self, Sending};
use super::{
    BurnFromParams, BurnFromReturn, BurnParams, BurnReturn, DecreaseAllowanceParams,
    GetAllowanceParams, IncreaseAllowanceParams, RevokeAllowanceParams, Token, TransferFromParams,
    TransferFromReturn, TransferParams, TransferReturn,
};
use crate::Error;
use crate::host::{self, Store};

/// The state of an actor that has a token.
pub trait HasToken: Serialize + DeserializeOwned {
    fn token(&mut self) -> &mut Token;

    /// What wallets call the token.
    fn token_name(&self, store: &impl Blockstore) -> Result<String, Error>;

    /// The token's ticker symbol.
    fn token_symbol(&self, store: &impl Blockstore) -> Result<String, Error>;

    /// Called before holders move or burn tokens by a method of the token, for actors whose own books
    /// go with them. It need not check that the holder has as many: the ledger refuses what it has not.
    fn before_movement(
        &mut self,
        _store: &impl Blockstore,
        _now: ChainEpoch,
        _from: ActorID,
        _to: Option<ActorID>,
        _amount: &TokenAmount,
    ) -> Result<(), Error> {
        Ok(())
    }
}

pub fn name<S: HasToken>((): ()) -> Result<String, Error> {
    host::load::<S>()?.token_name(&Store)
}

pub fn symbol<S: HasToken>((): ()) -> Result<String, Error> {
    host::load::<S>()?.token_symbol(&Store)
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
    let TransferParams { to, amount, operator_data } = params;
    let (from, to) = (host::caller(), host::resolve_or_create(&to)?);
    let sent = movement::send::<S>(Sending { from, to, operator: None, amount, operator_data })?;
    Ok(TransferReturn {
        from_balance: sent.balances.from,
        to_balance: sent.balances.to,
        recipient_data: sent.recipient_data,
    })
}

pub fn transfer_from<S: HasToken>(params: TransferFromParams) -> Result<TransferFromReturn, Error> {
    let TransferFromParams { from, to, amount, operator_data } = params;
    let operator = Some(host::caller());
    let (from, to) = (host::resolve(&from)?, host::resolve_or_create(&to)?);
    let sent = movement::send::<S>(Sending { from, to, operator, amount, operator_data })?;
    Ok(TransferFromReturn {
        from_balance: sent.balances.from,
        to_balance: sent.balances.to,
        allowance: sent.allowance,
        recipient_data: sent.recipient_data,
    })
}

pub fn increase_allowance<S: HasToken>(
    params: IncreaseAllowanceParams,
) -> Result<TokenAmount, Error> {
    let operator = host::existing(&params.operator)?;
    movement::allow::<S>(operator, |token, owner| {
        token.increase_allowance(&Store, owner, operator, &params.increase)
    })
}

pub fn decrease_allowance<S: HasToken>(
    params: DecreaseAllowanceParams,
) -> Result<TokenAmount, Error> {
    let operator = host::resolve(&params.operator)?;
    movement::allow::<S>(operator, |token, owner| {
        token.decrease_allowance(&Store, owner, operator, &params.decrease)
    })
}

pub fn revoke_allowance<S: HasToken>(params: RevokeAllowanceParams) -> Result<(), Error> {
    let Ok(operator) = host::resolve(&params.operator) else { return Ok(()) };
    movement::allow::<S>(operator, |token, owner| {
        token.revoke_allowance(&Store, owner, operator)?;
        Ok(TokenAmount::zero())
    })?;
    Ok(())
}

pub fn burn<S: HasToken>(params: BurnParams) -> Result<BurnReturn, Error> {
    let (balance, _) = movement::burn::<S>(host::caller(), None, &params.amount)?;
    Ok(BurnReturn { balance })
}

pub fn burn_from<S: HasToken>(params: BurnFromParams) -> Result<BurnFromReturn, Error> {
    let (owner, operator) = (host::resolve(&params.owner)?, Some(host::caller()));
    let (balance, allowance) = movement::burn::<S>(owner, operator, &params.amount)?;
    Ok(BurnFromReturn { balance, allowance })
}
