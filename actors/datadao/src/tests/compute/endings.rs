use super::*;
use crate::compute::endings::MAX_SETTLED;

#[test]
fn the_requester_cancels_what_nobody_has_accepted() {
    for currency in BOTH {
        let mut desk = Desk::requested(currency).at(DEADLINE + 1);
        assert_eq!(code(desk.cancel(BOB)), 141);
        let ended = desk.cancel(ANN).unwrap();
        desk.ended(ended, Ending::Cancelled, BOUNTY, 0);
        assert_eq!(code(Desk::accepted(currency).cancel(ANN)), 139);
    }
}

#[test]
fn approval_pays_the_worker_and_releases_every_bond() {
    for currency in BOTH {
        let mut desk = Desk::delivered(currency);
        let ended = desk.approve(ANN).unwrap();
        desk.ended(ended, Ending::Approved, 0, BOUNTY + BOND);
        let mut desk = Desk::disputed(currency);
        let ended = desk.approve(ANN).unwrap();
        desk.ended(ended, Ending::Approved, BOND, BOUNTY + BOND);
    }
}

#[test]
fn the_requester_alone_approves_and_only_what_was_delivered() {
    assert_eq!(code(Desk::delivered(Currency::Fil).approve(BOB)), 141);
    assert_eq!(code(Desk::requested(Currency::Fil).approve(ANN)), 139);
    assert_eq!(code(Desk::accepted(Currency::Fil).approve(ANN)), 139);
}

#[test]
fn a_ruling_divides_the_bounty_and_the_side_that_is_all_wrong_loses_its_bond() {
    for currency in BOTH {
        for (share, to_requester, to_worker) in [
            (0, BOUNTY + 2 * BOND, 0),
            (1, BOUNTY + BOND, BOND),
            (5_000, 501 + BOND, 500 + BOND),
            (9_999, 1 + BOND, 1_000 + BOND),
            (10_000, 0, BOUNTY + 2 * BOND),
        ] {
            let mut desk = Desk::disputed(currency);
            let ended = desk.rule(ADMIN, share).unwrap();
            desk.ended(ended, Ending::Ruled(share), to_requester, to_worker);
        }
    }
}

#[test]
fn an_arbiter_or_the_dao_rules_and_no_party() {
    let mut desk = Desk::disputed(Currency::Fil);
    assert_eq!(code(desk.rule(EVE, 5_000)), 67);
    for party in [ANN, BOB] {
        let mut desk = desk.clone();
        let admin = desk.world.by(ADMIN);
        desk.world.state.grant_role(&desk.world.store, &admin, Role::Arbiter, party).unwrap();
        assert_eq!(code(desk.rule(party, 5_000)), 144);
    }
    desk.rule(DAO, 5_000).unwrap();
}

#[test]
fn a_ruling_awards_no_more_than_the_bounty() {
    assert_eq!(code(Desk::disputed(Currency::Fil).rule(ADMIN, 10_001)), 71);
}

#[test]
fn only_disputes_are_ruled_on() {
    assert_eq!(code(Desk::delivered(Currency::Fil).rule(ADMIN, 5_000)), 139);
}

#[test]
fn a_dispute_is_ruled_on_until_the_arbitration_is_over() {
    Desk::disputed(Currency::Fil).at(1_040).rule(ADMIN, 5_000).unwrap();
    assert_eq!(code(Desk::disputed(Currency::Fil).at(1_041).rule(ADMIN, 5_000)), 140);
}

#[test]
fn left_alone_every_stage_ends_by_itself() {
    for currency in BOTH {
        Desk::requested(currency).ends_after(DEADLINE, Ending::Lapsed, BOUNTY, 0);
        Desk::accepted(currency).ends_after(DEADLINE, Ending::Failed, BOUNTY + BOND, 0);
        Desk::delivered(currency).ends_after(1_020, Ending::Unreviewed, 0, BOUNTY + BOND);
        Desk::disputed(currency).ends_after(1_040, Ending::Undecided, 501 + BOND, 500 + BOND);
    }
}

#[test]
fn a_request_is_settled_once_and_those_not_due_are_left() {
    let mut desk = Desk::requested(Currency::Fil);
    desk.request(ANN, |request| request.deadline = DEADLINE + 1).unwrap();
    let mut desk = desk.at(DEADLINE + 1);
    let settled = desk.settle(&[1, 1, 2, 3]).unwrap();
    let done: Vec<bool> = settled.iter().map(Option::is_some).collect();
    assert_eq!(done, [true, false, false, false]);
    assert_eq!(desk.world.owed(ANN).fil, atto(BOUNTY));
    assert_eq!(desk.get(2).unwrap().stage, ComputeStage::Open);
    desk.world.check_invariants();
}

#[test]
fn a_batch_to_settle_is_bounded() {
    let mut desk = Desk::new(Currency::Fil);
    assert_eq!(code(desk.settle(&[1; MAX_SETTLED + 1])), 74);
    desk.settle(&[1; MAX_SETTLED]).unwrap();
}
