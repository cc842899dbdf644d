//! The calls to the miner. It has the code of storage miners, which run no code of others, so nothing of
//! the agent's changes during a call.

use fvm_shared::ActorID;
use fvm_shared::MethodNum;
use fvm_shared::address::Address;
use fvm_shared::econ::TokenAmount;
use fvm_shared::error::ExitCode;
use num_traits::Zero;
use serde::Serialize;
use shared::ext::miner::*;
use shared::{Error as Shared, ext, host};

use crate::control::{Claims, is_refusal};
use crate::error::Error;

pub fn claims(miner: ActorID) -> Result<Claims, Error> {
    let miner = Address::new_id(miner);
    let owner = host::get(&miner, GET_OWNER)?;
    Ok(Claims { owner, beneficiary: host::get(&miner, GET_BENEFICIARY)? })
}

/// Calls a method that replies nothing.
pub fn call(miner: ActorID, method: MethodNum, params: &impl Serialize) -> Result<(), Error> {
    let params = host::params(params)?;
    host::send(&Address::new_id(miner), method, params, TokenAmount::zero())?;
    Ok(())
}

pub fn confirm_worker(miner: ActorID) -> Result<(), Error> {
    let miner = Address::new_id(miner);
    host::send(&miner, CONFIRM_CHANGE_WORKER_ADDRESS, None, TokenAmount::zero())?;
    Ok(())
}

/// Withdraws so much at the most. Returns what came, which can be nothing.
pub fn withdraw(miner: ActorID, amount: TokenAmount) -> Result<TokenAmount, Error> {
    let params = host::params(&WithdrawBalanceParams { amount_requested: amount })?;
    let miner = Address::new_id(miner);
    Ok(ext::reply(host::send(&miner, WITHDRAW_BALANCE, params, TokenAmount::zero())?)?)
}

/// The same, unless the miner refuses: then returns its exit code.
pub fn try_withdraw(
    miner: ActorID,
    amount: TokenAmount,
) -> Result<Result<TokenAmount, ExitCode>, Error> {
    refusable(withdraw(miner, amount))
}

/// Has the miner repay what it owes the network, as far as it can.
pub fn try_repay(miner: ActorID) -> Result<Result<(), ExitCode>, Error> {
    let miner = Address::new_id(miner);
    let sent = host::send(&miner, REPAY_DEBT, None, TokenAmount::zero());
    refusable(sent.map(drop).map_err(Error::from))
}

fn refusable<T>(done: Result<T, Error>) -> Result<Result<T, ExitCode>, Error> {
    match done {
        Err(Error::Shared(Shared::Refused { code, .. })) if is_refusal(code) => Ok(Err(code)),
        done => done.map(Ok),
    }
}
