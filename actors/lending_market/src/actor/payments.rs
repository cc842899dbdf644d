use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use shared::event::Event;
use shared::ext::loan_agent as agent_api;
use shared::{ensure, host};

use super::lenders::pay_out;
use super::{agent, change, load, message, pay, pay_bystander};
use crate::api::{LoanId, PayOffParams, Payment, Phase, WithdrawIncomeParams};
use crate::error::Error;
use crate::payments::Receipt;
use crate::state::State;

pub fn collect(id: LoanId) -> Result<Payment, Error> {
    let received = pull(id)?;
    book(id, |state, now| state.receive(&host::Store, now, id, &received))
}

pub fn repay(id: LoanId) -> Result<Payment, Error> {
    let received = host::value();
    book(id, |state, now| state.receive(&host::Store, now, id, &received))
}

pub fn pay_off(params: PayOffParams) -> Result<Payment, Error> {
    let PayOffParams { loan, from_miner } = params;
    let opened = load()?.open(&host::Store, loan)?;
    ensure!(host::caller() == opened.spec().borrower, Error::NotBorrower(host::caller()));
    let missing = opened.to_pay_off(host::epoch(), &host::value())?;
    let pulled = agent::collect(opened.terms.agent, &missing.min(from_miner))?;
    let received = host::value() + pulled;
    book(loan, |state, now| state.pay_off(&host::Store, now, loan, &received))
}

pub fn withdraw_income(params: WithdrawIncomeParams) -> Result<TokenAmount, Error> {
    let WithdrawIncomeParams { loan, amount } = params;
    let opened = load()?.allow_income(&host::Store, &message(), loan)?;
    let paid = agent::call::<agent_api::PayIncome>(opened.terms.agent, &amount)?;
    let left = agent::collateral(opened.spec().miner)?;
    load()?.check_income(&host::Store, &message(), loan, &left)?;
    let event = Event::new("income-paid").indexed("loan", &loan);
    host::emit(event.field("amount", &paid))?;
    Ok(paid)
}

/// Has the agent of a loan pull what is due, and returns what arrived.
pub fn pull(id: LoanId) -> Result<TokenAmount, Error> {
    let opened = load()?.open(&host::Store, id)?;
    let due = opened.to_collect(host::epoch())?;
    agent::collect(opened.terms.agent, &due)
}

/// Books a payment, and pays whoever has something of it.
pub fn book(
    id: LoanId,
    rule: impl FnOnce(&mut State, ChainEpoch) -> Result<Receipt, Error>,
) -> Result<Payment, Error> {
    let (receipt, exits) = change(|state, message| {
        let receipt = rule(state, message.now)?;
        let exits = state.pay_waiting(&host::Store, message.now, host::receiver())?;
        Ok((receipt, exits))
    })?;
    tell(id, &receipt)?;
    // Nobody waits for a payment of what is not owed any more: it fails where it cannot be handed on.
    match &receipt.refund {
        Some(refund) if receipt.was.is_over() => pay(refund)?,
        Some(refund) => pay_bystander(refund)?,
        None => {}
    }
    pay_out(&exits)?;
    Ok(receipt.payment)
}

/// Tells of a payment, and of what it made of the loan.
pub fn tell(id: LoanId, receipt: &Receipt) -> Result<(), Error> {
    let Payment { received, paid, credit, phase, .. } = &receipt.payment;
    host::emit(
        Event::new("payment")
            .indexed("loan", &id)
            .field("received", received)
            .field("fees", &paid.fees)
            .field("interest", &paid.interest)
            .field("principal", &paid.principal)
            .field("credit", credit),
    )?;
    if *phase == receipt.was {
        return Ok(());
    }
    let kind = match phase {
        Phase::Repaid => "loan-repaid",
        Phase::Recovered => "loan-recovered",
        _ => "loan-restored",
    };
    Ok(host::emit(Event::new(kind).indexed("loan", &id))?)
}
