//! Movements of tokens, by whichever face: the ledger changes and is committed, the event of ERC-20
//! tells of it, and then the receiver's hook runs.

use frc46_token::receiver::FRC46TokenReceived;
use fvm_ipld_encoding::RawBytes;
use fvm_shared::ActorID;
use fvm_shared::address::Address;
use fvm_shared::econ::TokenAmount;
use num_traits::Zero;

use super::erc20::{approved, transferred};
use super::ledger::{Balances, Token};
use super::methods::HasToken;
use super::receiver::hook;
use crate::Error;
use crate::host::{self, Limited, Store};

/// A transfer to make.
pub struct Sending {
    pub from: ActorID,
    pub to: ActorID,
    /// Who makes it by an allowance; `None` for the owner.
    pub operator: Option<ActorID>,
    pub amount: TokenAmount,
    /// What the operator tells the receiver.
    pub operator_data: RawBytes,
}

/// A transfer that was made. The receiver may have moved what it was sent: this is how things are
/// after its hook.
pub struct Sent {
    pub balances: Balances,
    /// What is left of the operator's allowance; nothing for the owner.
    pub allowance: TokenAmount,
    pub recipient_data: RawBytes,
}

pub fn send<S: HasToken>(sending: Sending) -> Result<Sent, Error> {
    let Sending { from, to, operator, amount, operator_data } = sending;
    let mut state: S = host::load()?;
    state.before_movement(&Store, host::epoch(), from, Some(to), &amount)?;
    let token = state.token();
    let allowance = match operator {
        Some(operator) => token.use_allowance(&Store, from, operator, &amount)?,
        None => TokenAmount::zero(),
    };
    let balances = token.transfer(&Store, host::epoch(), from, to, &amount)?;
    host::commit(&state)?;
    let committed = host::root()?;
    transferred(Some(from), Some(to), &amount)?;
    let recipient_data = call_hook(FRC46TokenReceived {
        from,
        to,
        operator: operator.unwrap_or(from),
        amount,
        operator_data,
        token_data: RawBytes::default(),
    })?;
    if host::root()? == committed {
        return Ok(Sent { balances, allowance, recipient_data });
    }
    let mut state: S = host::load()?;
    let token = state.token();
    Ok(Sent {
        balances: Balances { from: token.balance(&Store, from)?, to: token.balance(&Store, to)? },
        allowance: match operator {
            Some(operator) => token.allowance(&Store, from, operator)?,
            None => TokenAmount::zero(),
        },
        recipient_data,
    })
}

/// Burns tokens of an owner, by the owner or by an operator with an allowance. Returns the owner's
/// balance and what is left of the operator's allowance.
pub fn burn<S: HasToken>(
    from: ActorID,
    operator: Option<ActorID>,
    amount: &TokenAmount,
) -> Result<(TokenAmount, TokenAmount), Error> {
    let mut state: S = host::load()?;
    state.before_movement(&Store, host::epoch(), from, None, amount)?;
    let token = state.token();
    let allowance = match operator {
        Some(operator) => token.use_allowance(&Store, from, operator, amount)?,
        None => TokenAmount::zero(),
    };
    let balance = token.burn(&Store, host::epoch(), from, amount)?;
    host::commit(&state)?;
    transferred(Some(from), None, amount)?;
    Ok((balance, allowance))
}

/// Changes the caller's allowance to an operator by a rule that returns the new one.
pub fn allow<S: HasToken>(
    operator: ActorID,
    rule: impl FnOnce(&mut Token, ActorID) -> Result<TokenAmount, Error>,
) -> Result<TokenAmount, Error> {
    let owner = host::caller();
    let mut state: S = host::load()?;
    let allowance = rule(state.token(), owner)?;
    host::commit(&state)?;
    approved(owner, operator, &allowance)?;
    Ok(allowance)
}

/// Calls the receiver's hook without a gas limit of its own: a transfer is the sender's affair, and
/// a receiver that refuses it undoes it.
fn call_hook(received: FRC46TokenReceived) -> Result<RawBytes, Error> {
    let to = Address::new_id(received.to);
    let reply = hook(received)?.call(&Limited { gas_limit: None });
    let method = crate::ext::account::RECEIVE;
    reply.map(|data| data.0).map_err(|error| Error::Refused { to, method, code: (&error).into() })
}

/// Calls the hook of a receiver of tokens that this actor minted to it or paid it, with at most
/// `gas_limit` gas, and says whether it took them. One that did not has done nothing at all, and
/// still has the tokens.
pub fn offer(to: ActorID, amount: &TokenAmount, gas_limit: u64) -> Result<bool, Error> {
    let own = own_payment(host::receiver(), to, amount);
    Ok(hook(own)?.call(&Limited { gas_limit: Some(gas_limit) }).is_ok())
}

/// Calls the hook of a receiver of tokens that this actor minted to it for an operator, without a gas
/// limit of its own: a receiver that refuses them undoes the mint.
pub fn deliver(operator: ActorID, to: ActorID, amount: &TokenAmount) -> Result<(), Error> {
    call_hook(own_payment(operator, to, amount)).map(|_| ())
}

fn own_payment(operator: ActorID, to: ActorID, amount: &TokenAmount) -> FRC46TokenReceived {
    FRC46TokenReceived {
        from: host::receiver(),
        to,
        operator,
        amount: amount.clone(),
        operator_data: RawBytes::default(),
        token_data: RawBytes::default(),
    }
}
