use fvm_shared::clock::ChainEpoch;
use shared::event::Event;
use shared::ext::loan_agent as agent_api;
use shared::{ensure, host};

use super::payments::{book, pull};
use super::{agent, load};
use crate::api::{LoanId, Payment, Phase, SeizeParams};
use crate::error::Error;
use crate::state::State;

pub fn impair(id: LoanId) -> Result<Payment, Error> {
    let state = load()?;
    let after = state.rules(&host::Store)?.impair_after;
    state.open(&host::Store, id)?.check_impair(host::epoch(), after)?;
    let (mut payment, impaired) =
        collect_then(id, |state, now| state.impair(&host::Store, now, id))?;
    if impaired {
        host::emit(Event::new("loan-impaired").indexed("loan", &id))?;
        payment.phase = Phase::Impaired;
    }
    Ok(payment)
}

pub fn declare_default(id: LoanId) -> Result<Payment, Error> {
    load()?.open(&host::Store, id)?.check_default(host::epoch())?;
    let (mut payment, defaulted) =
        collect_then(id, |state, now| state.write_off(&host::Store, now, id))?;
    if defaulted {
        let opened = load()?.open(&host::Store, id)?;
        let event = Event::new("loan-defaulted").indexed("loan", &id);
        let event = event.field("loss", &opened.loan.loss);
        host::emit(event.field("slashed", &opened.loan.slashed))?;
        payment.phase = Phase::Defaulted;
    }
    Ok(payment)
}

/// Collects, and applies a rule to a loan that is still overdue, before exits are paid: what came in
/// pays none of them at a price that no longer holds. Returns whether the rule applied.
fn collect_then(
    id: LoanId,
    rule: impl FnOnce(&mut State, ChainEpoch) -> Result<(), Error>,
) -> Result<(Payment, bool), Error> {
    let received = pull(id)?;
    let mut applied = false;
    let payment = book(id, |state, now| {
        let receipt = state.receive(&host::Store, now, id, &received)?;
        applied = match rule(state, now) {
            Ok(()) => true,
            // What came was enough. Rules check this before they change anything.
            Err(Error::NotOverdue(_) | Error::Phase(_)) => false,
            Err(error) => return Err(error),
        };
        Ok(receipt)
    })?;
    Ok((payment, applied))
}

pub fn seize(params: SeizeParams) -> Result<(), Error> {
    let SeizeParams { loan, keys } = params;
    let state = load()?;
    let governor = state.cold(&host::Store)?.roles.governor;
    ensure!(host::caller() == governor, Error::NotGovernor(host::caller()));
    let opened = state.open(&host::Store, loan)?;
    ensure!(opened.loan.phase == Phase::Defaulted, Error::Phase(opened.loan.phase));
    agent::call::<agent_api::Seize>(opened.terms.agent, &keys)?;
    Ok(host::emit(Event::new("miner-seized").indexed("loan", &loan))?)
}
