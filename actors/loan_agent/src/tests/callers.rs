use fvm_shared::address::Address;
use fvm_shared::error::ExitCode;
use shared::ext::loan_agent::{Control, Holding};

use super::*;
use crate::state::market_of;

const CUSTODY: Control = Control::Custody;

#[test]
fn an_agent_s_market_is_the_namespace_that_it_was_created_in() {
    let delegated = Address::new_delegated(MARKET, b"hash of a loan").unwrap();
    assert_eq!(market_of(Some(delegated)), Ok(MARKET));
    for other in [None, Some(id(MARKET)), Some(Address::new_actor(b"f2"))] {
        assert_eq!(market_of(other), Err(Error::NoMarket));
    }
}

#[test]
fn a_new_agent_waits_and_has_seized_nothing() {
    let agent = waiting(Control::Beneficiary);
    assert_eq!((agent.market, agent.borrower, agent.miner), (MARKET, BORROWER, MINER));
    assert_eq!(agent.control, Control::Beneficiary);
    assert_eq!((agent.holding, agent.seized), (Holding::Waiting, false));
}

#[test]
fn an_agent_obeys_its_market_alone() {
    let agent = held(CUSTODY);
    assert_eq!(agent.ensure_market(MARKET), Ok(()));
    for caller in [BORROWER, AGENT, EVE, MINER] {
        assert_eq!(agent.ensure_market(caller), Err(Error::NotMarket(caller)));
    }
}

#[test]
fn only_the_borrower_operates_a_miner_in_custody() {
    let agent = held(CUSTODY);
    assert_eq!(agent.ensure_operator(BORROWER), Ok(()));
    for caller in [MARKET, EVE] {
        assert_eq!(agent.ensure_operator(caller), Err(Error::NotBorrower(caller)));
    }
}

#[test]
fn a_miner_of_the_borrower_s_own_is_not_the_agent_s_to_operate_pay_from_or_seize() {
    let mut agent = held(Control::Beneficiary);
    assert_eq!(agent.ensure_custody(), Err(Error::NotCustody));
    assert_eq!(agent.ensure_operator(BORROWER), Err(Error::NotCustody));
    assert_eq!(agent.ensure_confirmer(BORROWER), Err(Error::NotCustody));
    assert_eq!(agent.seize(), Err(Error::NotCustody));
    assert!(!agent.seized);
}

#[test]
fn a_miner_that_is_not_held_is_not_operated_paid_from_or_seized() {
    for holding in [Holding::Waiting, Holding::Offered, Holding::Released] {
        let mut agent = State { holding, ..held(CUSTODY) };
        assert_eq!(agent.ensure_custody(), Err(Error::NotHeld));
        assert_eq!(agent.ensure_operator(BORROWER), Err(Error::NotHeld));
        assert_eq!(agent.ensure_confirmer(BORROWER), Err(Error::NotHeld));
        assert_eq!(agent.seize(), Err(Error::NotHeld));
        assert!(!agent.seized);
    }
}

#[test]
fn a_seized_miner_takes_no_orders_from_the_borrower() {
    let mut agent = held(CUSTODY);
    agent.seize().unwrap();
    assert_eq!(agent.ensure_operator(BORROWER), Err(Error::Seized));
    // The market can go on.
    assert_eq!(agent.seize(), Ok(()));
}

#[test]
fn a_new_worker_is_confirmed_by_the_borrower_and_by_anyone_once_the_miner_is_seized() {
    let mut agent = held(CUSTODY);
    assert_eq!(agent.ensure_confirmer(BORROWER), Ok(()));
    for caller in [EVE, MARKET] {
        assert_eq!(agent.ensure_confirmer(caller), Err(Error::NotBorrower(caller)));
    }
    agent.seize().unwrap();
    for caller in [EVE, MARKET, BORROWER] {
        assert_eq!(agent.ensure_confirmer(caller), Ok(()));
    }
}

#[test]
fn a_miner_is_not_called_before_it_is_taken_or_after_it_is_gone() {
    let has = |holding| State { holding, ..held(CUSTODY) }.has_miner();
    assert!(has(Holding::Held) && has(Holding::Offered));
    assert!(!has(Holding::Waiting) && !has(Holding::Released));
}

#[test]
fn a_miner_that_owes_too_much_repays_at_its_owner_s_word_alone() {
    let short = ExitCode::USR_INSUFFICIENT_FUNDS;
    assert!(held(CUSTODY).may_repay(short));
    assert!(!held(CUSTODY).may_repay(ExitCode::USR_FORBIDDEN));
    assert!(!held(Control::Beneficiary).may_repay(short));
}
