//! The methods, and the system calls around the rules.
//!
//! As on the official actor, a reply tells balances as they were before the recipient's hook.

use alloc::format;
use alloc::string::{String, ToString};

use builtin_common::{Exit, Result};
use frc46_token::token::types::{
    BurnFromParams, BurnFromReturn, BurnParams, BurnReturn, DecreaseAllowanceParams,
    GetAllowanceParams, IncreaseAllowanceParams, MintReturn, RevokeAllowanceParams,
    TransferFromParams, TransferFromReturn, TransferParams, TransferReturn,
};
use fvm_actor_utils::syscalls::fvm_syscalls::FvmSyscalls;
use fvm_actor_utils::util::ActorRuntime;
use fvm_shared::METHOD_CONSTRUCTOR;
use fvm_shared::address::Address;
use fvm_shared::econ::TokenAmount;
use shared::ext::SYSTEM_ACTOR;
use shared::{Caller, host};

use crate::state::{State, UNIT, refused, rejected};
use crate::types::*;

shared::dispatch! {
    payable;
    METHOD_CONSTRUCTOR => Caller::Only(SYSTEM_ACTOR) => constructor,
    MINT => Caller::Role("governor") => mint,
    DESTROY => Caller::Role("governor") => destroy,
    NAME => Caller::Anyone => name,
    SYMBOL => Caller::Anyone => symbol,
    GRANULARITY => Caller::Anyone => granularity,
    TOTAL_SUPPLY => Caller::Anyone => total_supply,
    BALANCE => Caller::Anyone => balance,
    ALLOWANCE => Caller::Anyone => allowance,
    TRANSFER => Caller::Anyone => transfer,
    TRANSFER_FROM => Caller::Anyone => transfer_from,
    INCREASE_ALLOWANCE => Caller::Anyone => increase_allowance,
    DECREASE_ALLOWANCE => Caller::Anyone => decrease_allowance,
    REVOKE_ALLOWANCE => Caller::Anyone => revoke_allowance,
    BURN => Caller::Anyone => burn,
    BURN_FROM => Caller::Anyone => burn_from,
}

const RUNTIME: ActorRuntime<FvmSyscalls, host::Store> =
    ActorRuntime { syscalls: FvmSyscalls {}, blockstore: host::Store };

fn constructor(governor: Address) -> Result<()> {
    let governor = host::resolve(&governor)
        .map_err(|_| Exit::illegal_argument(format!("{governor} is no actor's address")))?;
    let state = State::new(&host::Store, governor)?;
    Ok(host::commit(&state)?)
}

fn mint(params: MintParams) -> Result<MintReturn> {
    let mut state: State = host::load()?;
    state.check_governor(host::caller())?;
    let mut hook = state.mint(&RUNTIME, &params)?;
    host::commit(&state)?;
    let minted = hook.call(&RUNTIME).map_err(rejected)?;
    state.token(&RUNTIME).mint_return(minted).map_err(refused)
}

fn destroy(params: DestroyParams) -> Result<BurnReturn> {
    let mut state: State = host::load()?;
    state.check_governor(host::caller())?;
    let burnt = state.token(&RUNTIME).burn(&params.owner, &params.amount).map_err(refused)?;
    host::commit(&state)?;
    Ok(burnt)
}

fn name(_: ()) -> Result<String> {
    Ok("DataCap".to_string())
}

fn symbol(_: ()) -> Result<String> {
    Ok("DCAP".to_string())
}

fn granularity(_: ()) -> Result<u64> {
    Ok(UNIT)
}

fn total_supply(_: ()) -> Result<TokenAmount> {
    Ok(host::load::<State>()?.token.supply)
}

fn balance(owner: Address) -> Result<TokenAmount> {
    host::load::<State>()?.token(&RUNTIME).balance_of(&owner).map_err(refused)
}

fn allowance(params: GetAllowanceParams) -> Result<TokenAmount> {
    let mut state: State = host::load()?;
    state.token(&RUNTIME).allowance(&params.owner, &params.operator).map_err(refused)
}

fn transfer(params: TransferParams) -> Result<TransferReturn> {
    let mut state: State = host::load()?;
    let mut hook = state.transfer(&RUNTIME, host::caller(), params)?;
    host::commit(&state)?;
    let transferred = hook.call(&RUNTIME).map_err(rejected)?;
    state.token(&RUNTIME).transfer_return(transferred).map_err(refused)
}

fn transfer_from(params: TransferFromParams) -> Result<TransferFromReturn> {
    let mut state: State = host::load()?;
    let mut hook = state.transfer_from(&RUNTIME, host::caller(), params)?;
    host::commit(&state)?;
    let transferred = hook.call(&RUNTIME).map_err(rejected)?;
    state.token(&RUNTIME).transfer_from_return(transferred).map_err(refused)
}

fn increase_allowance(params: IncreaseAllowanceParams) -> Result<TokenAmount> {
    let mut state: State = host::load()?;
    let allowance = state
        .token(&RUNTIME)
        .increase_allowance(&caller(), &params.operator, &params.increase)
        .map_err(refused)?;
    host::commit(&state)?;
    Ok(allowance)
}

fn decrease_allowance(params: DecreaseAllowanceParams) -> Result<TokenAmount> {
    let mut state: State = host::load()?;
    let allowance = state
        .token(&RUNTIME)
        .decrease_allowance(&caller(), &params.operator, &params.decrease)
        .map_err(refused)?;
    host::commit(&state)?;
    Ok(allowance)
}

fn revoke_allowance(params: RevokeAllowanceParams) -> Result<TokenAmount> {
    let mut state: State = host::load()?;
    let revoked =
        state.token(&RUNTIME).revoke_allowance(&caller(), &params.operator).map_err(refused)?;
    host::commit(&state)?;
    Ok(revoked)
}

fn burn(params: BurnParams) -> Result<BurnReturn> {
    let mut state: State = host::load()?;
    let burnt = state.token(&RUNTIME).burn(&caller(), &params.amount).map_err(refused)?;
    host::commit(&state)?;
    Ok(burnt)
}

fn burn_from(params: BurnFromParams) -> Result<BurnFromReturn> {
    let mut state: State = host::load()?;
    let burnt = state
        .token(&RUNTIME)
        .burn_from(&caller(), &params.owner, &params.amount)
        .map_err(refused)?;
    host::commit(&state)?;
    Ok(burnt)
}

fn caller() -> Address {
    Address::new_id(host::caller())
}
