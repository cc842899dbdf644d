use fvm_shared::error::ExitCode;
use shared::ext::builtin;
use shared::ext::loan_agent::{Control, Holding};

use super::*;
use crate::control::{ensure_miner, is_refusal};

const CUSTODY: Control = Control::Custody;
const BENEFICIARY: Control = Control::Beneficiary;

/// A miner of the borrower's that nobody else has a claim to, with the agent proposed.
fn proposed() -> Claims {
    owned_by(BORROWER).proposing_beneficiary(AGENT, true)
}

#[test]
fn only_the_code_of_storage_miners_is_believed() {
    assert_eq!(ensure_miner(MINER, Some(builtin::MINER)), Ok(()));
    for kind in [None, Some(builtin::MULTISIG), Some(builtin::LAST + 1)] {
        assert_eq!(ensure_miner(MINER, kind), Err(Error::NotMiner(MINER)));
    }
}

#[test]
fn custody_is_taken_from_the_borrower_or_the_agent_before() {
    for from in [BORROWER, OTHER] {
        let mut agent = waiting(CUSTODY);
        let change = agent.activate(AGENT, &offered_by(from), &wanted(from)).unwrap();
        assert_eq!(change, super::change(AGENT, 0, 0));
        assert_eq!(agent.holding, Holding::Held);
    }
}

#[test]
fn a_beneficiary_approves_exactly_what_the_owner_proposed() {
    let mut agent = waiting(BENEFICIARY);
    let claims = proposed().with_proposal(|change| {
        change.new_quota = atto(QUOTA + 1);
        change.new_expiration = END + 2;
    });
    let change = agent.activate(AGENT, &claims, &wanted(BORROWER)).unwrap();
    assert_eq!(change, super::change(AGENT, QUOTA + 1, END + 2));
    assert_eq!(agent.holding, Holding::Held);
}

#[test]
fn an_agent_is_activated_once() {
    for (control, claims) in [(CUSTODY, offered_by(BORROWER)), (BENEFICIARY, proposed())] {
        for holding in [Holding::Held, Holding::Offered, Holding::Released] {
            let mut agent = State { holding, ..waiting(control) };
            let again = agent.activate(AGENT, &claims, &wanted(BORROWER));
            assert_eq!(again, Err(Error::NotWaiting));
            assert_eq!(agent.holding, holding);
        }
    }
}

#[test]
fn a_miner_is_not_taken_from_whom_it_does_not_belong_to() {
    let claims = offered_by(EVE);
    assert_eq!(activate(CUSTODY, &claims), Err(Error::Owner(BORROWER)));
    let claims = owned_by(EVE).proposing_beneficiary(AGENT, true);
    assert_eq!(activate(BENEFICIARY, &claims), Err(Error::Owner(BORROWER)));
}

#[test]
fn custody_is_taken_only_where_the_owner_proposes_the_agent() {
    for claims in [owned_by(BORROWER), owned_by(BORROWER).proposing_owner(EVE)] {
        assert_eq!(activate(CUSTODY, &claims), Err(Error::OwnerNotProposed));
    }
}

#[test]
fn custody_is_not_taken_with_somebody_else_s_beneficiary_even_if_its_term_is_over() {
    for term in [NOW - 1, END] {
        let mut claims = offered_by(BORROWER).with_term(|active| {
            active.quota = atto(QUOTA);
            active.expiration = term;
        });
        claims.beneficiary.active.beneficiary = id(EVE);
        assert_eq!(activate(CUSTODY, &claims), Err(Error::Beneficiary));
    }
}

#[test]
fn no_beneficiary_comes_in_while_the_owner_changes() {
    let claims = proposed().proposing_owner(EVE);
    assert_eq!(activate(BENEFICIARY, &claims), Err(Error::OwnerProposed));
}

#[test]
fn a_beneficiary_is_only_what_the_owner_proposes() {
    for claims in [owned_by(BORROWER), owned_by(BORROWER).proposing_beneficiary(EVE, true)] {
        assert_eq!(activate(BENEFICIARY, &claims), Err(Error::BeneficiaryNotProposed(AGENT)));
    }
}

#[test]
fn the_quota_is_as_much_as_the_loan_wants() {
    let claims = proposed().with_proposal(|change| change.new_quota = atto(QUOTA - 1));
    assert_eq!(activate(BENEFICIARY, &claims), Err(Error::Quota(atto(QUOTA))));
}

#[test]
fn the_term_is_as_long_as_the_loan_wants() {
    let claims = proposed().with_proposal(|change| change.new_expiration = END - 1);
    assert_eq!(activate(BENEFICIARY, &claims), Err(Error::Expiration(END)));
}

#[test]
fn a_beneficiary_comes_in_once_the_one_before_has_approved_or_is_not_asked() {
    let before = pledged_to(OTHER).proposing_beneficiary(AGENT, false);
    assert_eq!(activate(BENEFICIARY, &before), Err(Error::NotApproved));
    let approved = before.with_proposal(|change| change.approved_by_beneficiary = true);
    assert_eq!(activate(BENEFICIARY, &approved), Ok(change(AGENT, QUOTA, END)));
}

#[test]
fn what_is_taken_is_the_agent_s_by_the_miner_s_own_word() {
    let taken = |control, claims: &Claims| {
        held(control).ensure_taken(AGENT, claims, &wanted(BORROWER), NOW)
    };
    assert_eq!(taken(CUSTODY, &owned_by(AGENT)), Ok(()));
    assert_eq!(taken(CUSTODY, &offered_by(BORROWER)), Err(Error::NotTaken));
    assert_eq!(taken(BENEFICIARY, &pledged_to(AGENT)), Ok(()));
    assert_eq!(taken(BENEFICIARY, &proposed()), Err(Error::NotTaken));
}

#[test]
fn a_term_that_is_taken_has_all_that_the_loan_wants_left() {
    let agent = held(BENEFICIARY);
    let taken = |claims: Claims| agent.ensure_taken(AGENT, &claims, &wanted(BORROWER), NOW);
    let used = pledged_to(AGENT).with_term(|term| term.used_quota = atto(1));
    assert_eq!(taken(used), Err(Error::NotTaken));
    let short = pledged_to(AGENT).with_term(|term| term.expiration = END - 1);
    assert_eq!(taken(short), Err(Error::NotTaken));
    let replaced = pledged_to(AGENT).proposing_beneficiary(EVE, false);
    assert_eq!(taken(replaced), Err(Error::NotTaken));
}

#[test]
fn a_term_is_taken_from_the_borrower_that_stays_the_owner() {
    let taken = |change: fn(&mut Claims)| {
        let mut claims = pledged_to(AGENT);
        change(&mut claims);
        held(BENEFICIARY).ensure_taken(AGENT, &claims, &wanted(BORROWER), NOW)
    };
    assert_eq!(taken(|claims| claims.owner.owner = id(EVE)), Err(Error::Owner(BORROWER)));
    let sold = taken(|claims| claims.owner.proposed = Some(id(EVE)));
    assert_eq!(sold, Err(Error::OwnerProposed));
}

#[test]
fn a_miner_in_custody_is_held_while_agent_and_nobody_else_has_or_awaits_it() {
    let agent = held(CUSTODY);
    assert!(agent.holds(AGENT, &owned_by(AGENT), NOW));
    let mut others: [Claims; 4] = core::array::from_fn(|_| owned_by(AGENT));
    others[0].owner.owner = id(BORROWER);
    others[1].owner.proposed = Some(id(BORROWER));
    others[2].beneficiary.active.beneficiary = id(EVE);
    others[3] = owned_by(AGENT).proposing_beneficiary(EVE, false);
    for claims in others {
        assert!(!agent.holds(AGENT, &claims, NOW), "{claims:?}");
    }
}

#[test]
fn a_beneficiary_holds_the_miner_while_it_has_quota_and_time_left() {
    let holds = |claims: &Claims, now| held(BENEFICIARY).holds(AGENT, claims, now);
    assert!(holds(&pledged_to(AGENT), NOW));
    assert!(holds(&pledged_to(AGENT), END - 1) && !holds(&pledged_to(AGENT), END));
    let used = |amount| pledged_to(AGENT).with_term(|term| term.used_quota = atto(amount));
    assert!(
        holds(&used(QUOTA - 1), NOW) && !holds(&used(QUOTA), NOW) && !holds(&used(QUOTA + 1), NOW)
    );
    assert!(!holds(&pledged_to(OTHER), NOW));
}

#[test]
fn a_proposal_that_the_beneficiary_must_approve_does_no_harm_and_others_do() {
    let holds = |approved| {
        let claims = pledged_to(AGENT).proposing_beneficiary(BORROWER, approved);
        held(BENEFICIARY).holds(AGENT, &claims, NOW)
    };
    assert!(holds(false) && !holds(true));
}

#[test]
fn a_beneficiary_stays_when_the_owner_sells_the_miner() {
    let mut claims = pledged_to(AGENT).proposing_owner(EVE);
    assert!(held(BENEFICIARY).holds(AGENT, &claims, NOW));
    claims.owner = GetOwnerReturn { owner: id(EVE), proposed: None };
    assert!(held(BENEFICIARY).holds(AGENT, &claims, NOW));
}

#[test]
fn a_miner_is_held_from_the_activation_until_it_is_offered() {
    for (control, claims) in [(CUSTODY, owned_by(AGENT)), (BENEFICIARY, pledged_to(AGENT))] {
        for holding in [Holding::Waiting, Holding::Offered, Holding::Released] {
            assert!(!State { holding, ..held(control) }.holds(AGENT, &claims, NOW));
        }
    }
}

#[test]
fn a_call_that_went_wrong_is_no_miner_that_does_not_pay() {
    for code in [18, 19, 20, 1_000] {
        assert!(is_refusal(ExitCode::new(code)), "{code}");
    }
    // Out of gas, no such method, a call too deep in the official miner, read-only; and success.
    for code in [0, 7, 16, 22, 23, 24, 25, 32] {
        assert!(!is_refusal(ExitCode::new(code)), "{code}");
    }
}
