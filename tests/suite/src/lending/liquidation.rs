//! What becomes of a miner whose loan is in default: its keys, its sectors, its pledge.

use actor_lending_market::api::*;
use actor_lending_market::error::Error;
use actor_loan_agent::api as agent;
use actor_loan_agent::error::Error as AgentError;
use fab::story::Lending;
use fvm_harness::{Account, Provider, fil};
use fvm_shared::address::Address;
use shared::ext::miner::ChangeWorkerAddressParams;

use super::*;
use crate::setup::{DAY, network};

/// A market where a loan can be in default after a day.
fn strict() -> Lending {
    Lending::deploy_with(network(), |rules| rules.impair_after = DAY).lent(2_000)
}

/// The miner keeps its worker, and this account is its control address.
fn keys(m: &Lending, loan: LoanId, liquidator: &Account) -> SeizeParams {
    let keys = ChangeWorkerAddressParams {
        new_worker: m.sp.worker.address(),
        new_control_addresses: vec![liquidator.address()],
    };
    SeizeParams { loan, keys }
}

#[test]
fn a_liquidator_ends_the_sectors_and_what_their_pledge_leaves_is_recovered() {
    let mut m = strict();
    // Were it the only one, to end it would cost more than its pledge, for the days of all rewards that
    // are missed.
    let mut sectors = vec![];
    for name in ["second", "third", "fourth"] {
        let other = Provider::create(&mut m.net, name);
        let sp = std::mem::replace(&mut m.sp, other);
        let sector = seal(&mut m);
        sectors.push((std::mem::replace(&mut m.sp, sp), sector));
    }
    let sector = seal(&mut m);
    sectors.push((m.sp.clone(), sector));
    let loan = m.loan(|spec| (spec.days_between, spec.grace) = (2, DAY));
    ruin(&mut m);
    endow(&mut m, &fil(0));
    let due = m.due(loan.loan).next.expect("an instalment").due;
    m.net.skip_proving(&sectors, due + DAY + 1 - m.net.epoch());

    let (governor, keeper) = (m.governor.clone(), m.keeper.clone());
    let liquidator = m.net.account("liquidator");
    let seize = keys(&m, loan.loan, &liquidator);
    m.call::<Seize>(&governor, &seize).refused(code(Error::Phase(Phase::Live)));
    declare_default(&mut m, loan.loan).ok();
    m.call::<Seize>(&keeper, &seize).refused(code(Error::NotGovernor(0)));
    let mut liquidating = m.sp.clone();
    liquidating.worker = liquidator.clone();
    let refused = liquidating.end_sector(&mut m.net, sector);
    assert!(!refused.exit_code.is_success());
    let seized = m.call::<Seize>(&governor, &seize).outcome.ok();
    // The market tells of the loan, the agent of the miner.
    assert_eq!(seized.events_of("miner-seized").len(), 2);

    let before = m.view::<GetCollateral>(&m.sp.address());
    assert!(before.pledge.is_positive() && before.termination_fee.is_positive());
    assert_eq!(m.collect(loan.loan).ok().received, fil(0));
    liquidating.end_sector(&mut m.net, sector).ok();
    let after = m.view::<GetCollateral>(&m.sp.address());
    assert_eq!(after.pledge, fil(0));
    assert!(
        after.available >= before.value && after.available < before.pledge,
        "{before:?} {after:?}"
    );
    let loss = m.info(loan.loan).loss;
    let payment = m.collect(loan.loan).ok();
    assert_eq!((&payment.received, payment.phase), (&after.available, Phase::Defaulted));
    assert_eq!(m.info(loan.loan).loss, loss - payment.received);
    m.check_invariants();
}

#[test]
fn the_borrower_has_no_say_in_the_keys_of_a_seized_miner() {
    let mut m = strict();
    let loan = m.loan(|spec| (spec.days_between, spec.grace) = (1, DAY));
    let (at, owner) = (Address::new_id(loan.agent), m.sp.owner.clone());
    let own = keys(&m, loan.loan, &owner).keys;
    m.net.call::<agent::ChangeWorkerAddress>(&owner, at, &own).ok();
    ruin(&mut m);
    m.pass_to_due(loan.loan);
    pass_to_default(&mut m, loan.loan);
    declare_default(&mut m, loan.loan).ok();
    let (governor, liquidator) = (m.governor.clone(), m.net.account("liquidator"));
    let seize = keys(&m, loan.loan, &liquidator);
    m.call::<Seize>(&governor, &seize).ok();
    let seized = code(AgentError::Seized);
    m.net.call::<agent::ChangeWorkerAddress>(&owner, at, &own).refused(seized);
    // All recovered, the miner goes back; the keys are then the borrower's to change on the miner.
    let owed = m.due(loan.loan).payoff.total();
    repay(&mut m, loan.loan, owed).ok();
    assert_eq!(release(&mut m, loan.loan).ok(), Holding::Offered);
    m.call::<Seize>(&governor, &seize).refused(code(Error::Phase(Phase::Recovered)));
    m.check_invariants();
}

#[test]
fn a_miner_of_which_the_agent_is_the_beneficiary_alone_is_not_seized() {
    let mut m = strict();
    let loan = m.loan(|spec| {
        (spec.days_between, spec.grace, spec.control) = (1, DAY, Control::Beneficiary);
    });
    ruin(&mut m);
    m.pass_to_due(loan.loan);
    pass_to_default(&mut m, loan.loan);
    declare_default(&mut m, loan.loan).ok();
    let (governor, liquidator) = (m.governor.clone(), m.net.account("liquidator"));
    let seize = keys(&m, loan.loan, &liquidator);
    // The agent's own code is not passed on as the market's.
    let refused = m.call::<Seize>(&governor, &seize).refused(ExitCode::USR_UNSPECIFIED);
    assert!(refused.backtrace.contains(&AgentError::NotCustody.to_string()), "{refused}");
    // It goes on to collect for as long as its term lasts.
    endow(&mut m, &fil(50));
    assert_eq!(m.collect(loan.loan).ok().received, fil(50));
    m.check_invariants();
}
