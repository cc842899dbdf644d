//! The methods, and the system calls around the rules.

mod miner;

use fvm_shared::address::Address;
use fvm_shared::econ::TokenAmount;
use fvm_shared::error::ExitCode;
use fvm_shared::{ActorID, MethodNum};
use num_traits::Zero;
use serde::Serialize;
use shared::event::Event;
use shared::ext::INIT_ACTOR;
use shared::ext::miner::*;
use shared::{Caller, Method, host};

use crate::api::*;
use crate::control::{Handover, ensure_miner};
use crate::error::Error;
use crate::state::{State, market_of};

shared::dispatch! {
    Constructor::NUMBER => Caller::Only(INIT_ACTOR) => constructor,
    GetAgent::NUMBER => Caller::Anyone => get_agent,
    HoldsMiner::NUMBER => Caller::Anyone => holds_miner,

    Activate::NUMBER => Caller::Role("its market") => activate,
    Collect::NUMBER => Caller::Role("its market") => collect,
    PayIncome::NUMBER => Caller::Role("its market") => pay_income,
    Release::NUMBER => Caller::Role("its market") => release,
    Seize::NUMBER => Caller::Role("its market") => seize,

    ChangeWorkerAddress::NUMBER => Caller::Role("the borrower") => change_worker_address,
    ConfirmChangeWorkerAddress::NUMBER => Caller::Role("the borrower") => confirm_change_worker_address,
    ChangePeerID::NUMBER => Caller::Role("the borrower") => change_peer_id,
    ChangeMultiaddrs::NUMBER => Caller::Role("the borrower") => change_multiaddrs,
}

fn constructor(params: ConstructorParams) -> Result<(), Error> {
    let market = market_of(host::delegated_address(host::receiver()))?;
    Ok(host::commit(&State::new(market, params))?)
}

fn get_agent((): ()) -> Result<AgentInfo, Error> {
    load()
}

fn holds_miner((): ()) -> Result<bool, Error> {
    let state = load()?;
    if !state.has_miner() {
        return Ok(false);
    }
    Ok(state.holds(host::receiver(), &miner::claims(state.miner)?, host::epoch()))
}

fn activate(params: ActivateParams) -> Result<(), Error> {
    let (mut state, agent) = (load_for_market()?, host::receiver());
    ensure_miner(state.miner, host::builtin_type(state.miner))?;
    let change = state.activate(agent, &miner::claims(state.miner)?, &params)?;
    host::commit(&state)?;
    if state.control == Control::Custody {
        miner::call(state.miner, CHANGE_OWNER_ADDRESS, &Address::new_id(agent))?;
    }
    miner::call(state.miner, CHANGE_BENEFICIARY, &change)?;
    state.ensure_taken(agent, &miner::claims(state.miner)?, &params, host::epoch())?;
    tell(Event::new("miner-held").indexed("miner", &state.miner).field("from", &params.from))
}

fn collect(amount: TokenAmount) -> Result<Collected, Error> {
    let state = load_for_market()?;
    let missing = amount - host::balance();
    let asked = missing.is_positive() && state.has_miner();
    let came = if asked { withdraw(&state, missing)? } else { Ok(TokenAmount::zero()) };
    let (withdrawn, refused) = match came {
        Ok(withdrawn) => (withdrawn, ExitCode::OK),
        Err(code) => (TokenAmount::zero(), code),
    };
    let forwarded = host::balance();
    pay(state.market, &forwarded)?;
    let collected = Collected { withdrawn, forwarded, refused };
    if collected.forwarded.is_positive() || !refused.is_success() {
        let event = Event::new("collected").indexed("miner", &state.miner);
        let event = event.field("withdrawn", &collected.withdrawn);
        tell(event.field("forwarded", &collected.forwarded).field("refused", &refused))?;
    }
    Ok(collected)
}

/// Withdraws so much at the most, if need be after the miner has repaid what it owes the network.
/// Returns what came, or the exit code with which the miner refused.
fn withdraw(state: &State, amount: TokenAmount) -> Result<Result<TokenAmount, ExitCode>, Error> {
    let came = miner::try_withdraw(state.miner, amount.clone())?;
    match came {
        Err(code) if state.may_repay(code) => match miner::try_repay(state.miner)? {
            Ok(()) => miner::try_withdraw(state.miner, amount),
            Err(_) => Ok(came),
        },
        came => Ok(came),
    }
}

fn pay_income(amount: TokenAmount) -> Result<TokenAmount, Error> {
    let state = load_for_market()?;
    state.ensure_custody()?;
    let withdrawn = miner::withdraw(state.miner, amount)?;
    pay(state.borrower, &withdrawn)?;
    Ok(withdrawn)
}

/// What was never taken is given up for good: a loan that lapsed is not activated later.
fn release(params: ReleaseParams) -> Result<Holding, Error> {
    let mut state = load_for_market()?;
    let before = state.holding;
    let (holding, acted) = match state.has_miner() {
        true => hand_over(&state, params.to)?,
        false => (Holding::Released, false),
    };
    state.holding = holding;
    host::commit(&state)?;
    host::pay_bystander(state.borrower, &host::balance())?;
    if acted || holding != before {
        let released = holding == Holding::Released;
        let event = Event::new(if released { "miner-released" } else { "miner-offered" });
        tell(event.indexed("miner", &state.miner).field("to", &params.to))?;
    }
    Ok(holding)
}

/// Does what is to do for `to` to have the miner. Returns how far the agent has it then, and whether
/// anything was to do.
fn hand_over(state: &State, to: ActorID) -> Result<(Holding, bool), Error> {
    let agent = host::receiver();
    let step = state.hand_over(agent, &miner::claims(state.miner)?, to)?;
    match &step {
        Handover::Gone | Handover::Offered => return Ok((step.holding()?, false)),
        Handover::Propose => miner::call(state.miner, CHANGE_OWNER_ADDRESS, &Address::new_id(to))?,
        Handover::Approve(change) => miner::call(state.miner, CHANGE_BENEFICIARY, change)?,
    }
    let done = state.hand_over(agent, &miner::claims(state.miner)?, to)?;
    Ok((done.holding()?, true))
}

fn seize(params: ChangeWorkerAddressParams) -> Result<(), Error> {
    let mut state = load_for_market()?;
    state.seize()?;
    host::commit(&state)?;
    // Frees the place of the next worker, where the time of the one before has come.
    miner::confirm_worker(state.miner)?;
    miner::call(state.miner, CHANGE_WORKER_ADDRESS, &params)?;
    let event = Event::new("miner-seized").indexed("miner", &state.miner);
    tell(event.field("worker", &params.new_worker))
}

fn change_worker_address(params: ChangeWorkerAddressParams) -> Result<(), Error> {
    operate(CHANGE_WORKER_ADDRESS, &params)
}

fn confirm_change_worker_address((): ()) -> Result<(), Error> {
    let state = load()?;
    state.ensure_confirmer(host::caller())?;
    miner::confirm_worker(state.miner)
}

fn change_peer_id(params: ChangePeerIdParams) -> Result<(), Error> {
    operate(CHANGE_PEER_ID, &params)
}

fn change_multiaddrs(params: ChangeMultiaddrsParams) -> Result<(), Error> {
    operate(CHANGE_MULTIADDRS, &params)
}

/// Passes a call of the borrower's on to the miner.
fn operate(method: MethodNum, params: &impl Serialize) -> Result<(), Error> {
    let state = load()?;
    state.ensure_operator(host::caller())?;
    miner::call(state.miner, method, params)
}

fn load() -> Result<State, Error> {
    Ok(host::load()?)
}

fn load_for_market() -> Result<State, Error> {
    let state = load()?;
    state.ensure_market(host::caller())?;
    Ok(state)
}

/// Pays an actor. No code of it runs.
fn pay(to: ActorID, amount: &TokenAmount) -> Result<(), Error> {
    Ok(host::pay(to, amount)?)
}

fn tell(event: Event) -> Result<(), Error> {
    Ok(host::emit(event)?)
}
