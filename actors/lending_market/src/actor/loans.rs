use fvm_shared::address::Address;
use fvm_shared::econ::TokenAmount;
use shared::event::Event;
use shared::ext::loan_agent::{self as agent_api, ActivateParams};
use shared::{ensure, host};

use super::lenders::pay_out;
use super::payments::tell;
use super::{agent, change, load, pay, pay_bystander};
use crate::api::{DrawParams, Holding, LoanId, SpecHash, SubmitParams, Submitted};
use crate::error::Error;
use crate::spec::{self, Here};
use crate::state::Payout;

pub fn submit(params: SubmitParams) -> Result<Submitted, Error> {
    let SubmitParams { spec, signature } = params;
    let here = Here { chain_id: host::chain_id(), market: host::receiver() };
    let signed = spec::message(&spec)?;
    let hash = SpecHash { hash: host::blake2b(&signed).to_vec() };
    if !signature.is_empty() {
        host::authenticate(&Address::new_id(spec.underwriter), &signature, &signed)?;
    }
    let rules = load()?.rules(&host::Store)?;
    let loan = change(|state, message| {
        let signed = !signature.is_empty();
        state.submit(&host::Store, message, here, spec.clone(), hash.clone(), signed)
    })?;
    let agent = agent::create(&rules, &spec, &hash)?;
    let term = change(|state, _| state.set_agent(&host::Store, loan, agent))?;
    let agent_address = Address::new_delegated(here.market, &hash.hash)
        .map_err(|e| shared::Error::encoding("the agent's address", e))?;
    host::emit(
        Event::new("loan-submitted")
            .indexed("loan", &loan)
            .indexed("borrower", &spec.borrower)
            .indexed("miner", &spec.miner)
            .indexed("underwriter", &spec.underwriter)
            .field("agent", &agent)
            .field("amount", &spec.amount),
    )?;
    let (quota, expiration) = (term.quota, term.expiration);
    Ok(Submitted { loan, agent, agent_address, quota, expiration })
}

/// The books change first, then the agent takes the miner, and only then does money leave: whatever
/// fails undoes it all.
pub fn activate(id: LoanId) -> Result<(), Error> {
    let state = load()?;
    let miner = state.open(&host::Store, id)?.spec().miner;
    let collateral = agent::collateral(miner)?;
    let (started, exits) = change(|state, message| {
        let started = state.activate(&host::Store, message, id, &collateral)?;
        // What a loan repays that is refinanced is for whoever waits.
        Ok((started, state.pay_waiting(&host::Store, message.now, host::receiver())?))
    })?;
    if let Some((old, receipt)) = &started.refinanced {
        tell(*old, receipt)?;
        agent::release(started.from, started.agent)?;
    }
    let params = ActivateParams {
        from: started.from,
        quota: started.term.quota,
        expiration: started.term.expiration,
    };
    agent::call::<agent_api::Activate>(started.agent, &params)?;
    let event = Event::new("loan-activated").indexed("loan", &id).indexed("miner", &miner);
    host::emit(event)?;
    if let Some((_, receipt)) = &started.refinanced {
        receipt.refund.iter().try_for_each(pay)?;
    }
    started.payout.iter().try_for_each(|payout| pay_drawn(id, payout))?;
    pay_out(&exits)
}

pub fn draw(params: DrawParams) -> Result<(), Error> {
    let DrawParams { loan, amount } = params;
    let opened = load()?.open(&host::Store, loan)?;
    let miner = opened.spec().miner;
    let collateral = agent::collateral(miner)?;
    let holds = agent::call::<agent_api::HoldsMiner>(opened.terms.agent, &())?;
    ensure!(holds, Error::NotHeld(miner));
    let payout =
        change(|state, message| state.draw(&host::Store, message, loan, &amount, &collateral))?;
    pay_drawn(loan, &payout)
}

fn pay_drawn(loan: LoanId, payout: &Payout) -> Result<(), Error> {
    let event = Event::new("drawn").indexed("loan", &loan).indexed("to", &payout.to);
    host::emit(event.field("amount", &payout.amount))?;
    pay(payout)
}

pub fn free_reserve(id: LoanId) -> Result<TokenAmount, Error> {
    let (freed, refund, exits) = change(|state, message| {
        let (freed, refund) = state.free_reserve(&host::Store, message, id)?;
        let exits = state.pay_waiting(&host::Store, message.now, host::receiver())?;
        Ok((freed, refund, exits))
    })?;
    let event = Event::new("reserve-freed").indexed("loan", &id);
    host::emit(event.field("amount", &freed))?;
    refund.iter().try_for_each(pay_bystander)?;
    pay_out(&exits)?;
    Ok(freed)
}

pub fn release(id: LoanId) -> Result<Holding, Error> {
    let opened = load()?.open(&host::Store, id)?;
    let phase = opened.loan.phase;
    ensure!(phase.is_over(), Error::Phase(phase));
    agent::release(opened.terms.agent, opened.spec().borrower)
}
