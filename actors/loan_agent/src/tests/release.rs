use shared::ext::loan_agent::{Control, Holding};

use super::*;
use crate::control::Handover;

const CUSTODY: Control = Control::Custody;
const BENEFICIARY: Control = Control::Beneficiary;

fn hand_over(control: Control, claims: &Claims, to: ActorID) -> Result<Handover, Error> {
    held(control).hand_over(AGENT, claims, to)
}

#[test]
fn an_owner_proposes_whom_the_miner_goes_to() {
    for to in [BORROWER, OTHER] {
        assert_eq!(hand_over(CUSTODY, &owned_by(AGENT), to), Ok(Handover::Propose));
        let proposing = owned_by(AGENT).proposing_owner(to);
        assert_eq!(hand_over(CUSTODY, &proposing, to), Ok(Handover::Offered));
    }
}

#[test]
fn an_offer_to_one_gives_way_to_that_to_another() {
    let claims = owned_by(AGENT).proposing_owner(OTHER);
    assert_eq!(hand_over(CUSTODY, &claims, BORROWER), Ok(Handover::Propose));
}

#[test]
fn a_miner_that_another_owns_is_gone() {
    assert_eq!(hand_over(CUSTODY, &owned_by(BORROWER), BORROWER), Ok(Handover::Gone));
    assert_eq!(hand_over(CUSTODY, &offered_by(BORROWER), BORROWER), Ok(Handover::Gone));
}

#[test]
fn a_miner_that_pays_another_is_gone() {
    for claims in [owned_by(BORROWER), pledged_to(OTHER)] {
        assert_eq!(hand_over(BENEFICIARY, &claims, BORROWER), Ok(Handover::Gone));
    }
}

#[test]
fn a_beneficiary_waits_for_the_owner_to_propose_another() {
    assert_eq!(hand_over(BENEFICIARY, &pledged_to(AGENT), BORROWER), Ok(Handover::Offered));
}

#[test]
fn a_beneficiary_approves_whomever_the_owner_proposes_at_zero_debt() {
    for nominee in [BORROWER, EVE] {
        let claims = pledged_to(AGENT).proposing_beneficiary(nominee, false);
        let approval = Handover::Approve(change(nominee, QUOTA, END));
        assert_eq!(hand_over(BENEFICIARY, &claims, BORROWER), Ok(approval));
        let approved = claims.with_proposal(|change| change.approved_by_beneficiary = true);
        assert_eq!(hand_over(BENEFICIARY, &approved, BORROWER), Ok(Handover::Offered));
    }
}

/// It would stay the beneficiary, and the release would fail for as long as the owner likes.
#[test]
fn a_beneficiary_does_not_follow_itself() {
    let claims = pledged_to(AGENT).proposing_beneficiary(AGENT, false);
    assert_eq!(hand_over(BENEFICIARY, &claims, BORROWER), Ok(Handover::Offered));
}

#[test]
fn a_beneficiary_makes_way_for_the_next_loan_s_agent_only_where_that_is_proposed() {
    let proposing = |nominee| pledged_to(AGENT).proposing_beneficiary(nominee, false);
    let approval = Handover::Approve(change(OTHER, QUOTA, END));
    assert_eq!(hand_over(BENEFICIARY, &proposing(OTHER), OTHER), Ok(approval));
    for claims in [pledged_to(AGENT), proposing(EVE), proposing(BORROWER)] {
        let refused = hand_over(BENEFICIARY, &claims, OTHER);
        assert_eq!(refused, Err(Error::BeneficiaryNotProposed(OTHER)));
    }
}

#[test]
fn a_miner_counts_as_given_only_when_nothing_is_left_to_do() {
    assert_eq!(Handover::Gone.holding(), Ok(Holding::Released));
    assert_eq!(Handover::Offered.holding(), Ok(Holding::Offered));
    assert_eq!(Handover::Propose.holding(), Err(Error::NotOffered));
    assert_eq!(Handover::Approve(change(EVE, 1, 1)).holding(), Err(Error::NotOffered));
}
