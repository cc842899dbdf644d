//! Who votes, with what weight, and what the votes decide.

use super::*;

#[test]
fn votes_are_cast_from_after_the_snapshot_to_the_end_of_the_period() {
    let mut w = World::voters();
    w.propose(ANN, vec![Action::Unpause]).unwrap();
    for (epoch, state) in [
        (1_000, ProposalState::Pending),
        (1_005, ProposalState::Pending),
        (1_026, ProposalState::Defeated),
    ] {
        w.now = epoch;
        assert_eq!(w.cast(BOB, 1, Choice::For), Err(Error::NotActive(1, state)));
    }
    w.now = 1_006;
    assert!(w.cast(BOB, 1, Choice::For).is_ok());
    w.now = 1_025;
    assert!(w.cast(EVE, 1, Choice::For).is_ok());
    w.check_invariants();
}

#[test]
fn a_voter_votes_once() {
    let mut w = World::voters().proposing(vec![Action::Unpause]);
    w.cast(BOB, 1, Choice::For).unwrap();
    assert_eq!(w.cast(BOB, 1, Choice::Against), Err(Error::Voted(BOB, 1)));
    let vote = Vote { choice: Choice::For, weight: atto(300) };
    assert_eq!(w.state.vote(&w.store, 1, BOB), Ok(Some(vote)));
    assert_eq!(w.state.vote(&w.store, 1, EVE), Ok(None));
    assert_eq!(w.proposal_of(1).summary.tally.total(), atto(300));
}

#[test]
fn who_had_nothing_at_the_snapshot_does_not_vote() {
    let mut w = World::voters().proposing(vec![Action::Unpause]);
    w.give(OWNER, 1_000);
    assert_eq!(w.cast(OWNER, 1, Choice::For), Err(Error::NoWeight(OWNER, 1_005)));
}

#[test]
fn moved_tokens_vote_where_they_were_at_the_end_of_the_snapshot() {
    let mut w = World::voters();
    w.propose(ANN, vec![Action::Unpause]).unwrap();
    w.now = 1_005;
    w.hand(BOB, EVE, 50);
    w.now = 1_006;
    w.hand(BOB, OWNER, 250);
    assert_eq!(w.cast(OWNER, 1, Choice::For), Err(Error::NoWeight(OWNER, 1_005)));
    assert_eq!(w.cast(BOB, 1, Choice::For).unwrap().weight, atto(250));
    w.hand(OWNER, EVE, 250);
    assert_eq!(w.cast(EVE, 1, Choice::For).unwrap().weight, atto(150));
    w.check_invariants();
}

#[test]
fn tokens_that_are_borrowed_and_returned_within_the_snapshot_vote_where_they_belong() {
    let mut w = World::voters();
    w.propose(ANN, vec![Action::Unpause]).unwrap();
    w.now = 1_005;
    w.hand(BOB, OWNER, 300);
    w.hand(OWNER, BOB, 300);
    w.now = 1_006;
    assert_eq!(w.cast(OWNER, 1, Choice::For), Err(Error::NoWeight(OWNER, 1_005)));
    assert_eq!(w.cast(BOB, 1, Choice::For).unwrap().weight, atto(300));
}

#[test]
fn delegation_moves_weight_from_the_next_snapshot_on() {
    let mut w = World::voters().proposing(vec![Action::Unpause]);
    w.delegate(BOB, Some(OWNER));
    assert_eq!(w.cast(OWNER, 1, Choice::For), Err(Error::NoWeight(OWNER, 1_005)));
    assert_eq!(w.cast(BOB, 1, Choice::For).unwrap().weight, atto(300));
    w.propose(OWNER, vec![Action::Unpause]).unwrap();
    w.now += 6;
    w.delegate(BOB, None);
    assert_eq!(w.cast(OWNER, 2, Choice::For).unwrap().weight, atto(300));
    assert_eq!(w.cast(BOB, 2, Choice::For), Err(Error::NoWeight(BOB, 1_011)));
    w.check_invariants();
}

#[test]
fn weights_are_told_for_now_and_for_live_snapshots() {
    let mut w = World::voters().proposing(vec![Action::Unpause]);
    w.hand(BOB, EVE, 100);
    let votes = |snapshot| w.state.votes(&w.store, BOB, snapshot);
    assert_eq!(votes(None), Ok(atto(200)));
    assert_eq!(votes(Some(1_005)), Ok(atto(300)));
    assert_eq!(votes(Some(1_004)), Err(Error::NoSnapshot(1_004)));
}

#[test]
fn it_takes_more_votes_for_than_against() {
    let mut w = World::voters_with(|rules| rules.threshold = atto(0));
    w.hand(ANN, OWNER, 300);
    let mut w = w.proposing(vec![Action::Unpause]);
    w.cast(ANN, 1, Choice::Against).unwrap();
    w.cast(BOB, 1, Choice::For).unwrap();
    assert_eq!(w.stage_at(1, 1_026), ProposalState::Defeated, "a tie");
    w.cast(EVE, 1, Choice::For).unwrap();
    assert_eq!(w.stage_at(1, 1_026), ProposalState::Timelocked);
}

#[test]
fn abstaining_counts_for_the_quorum_alone() {
    let mut w = World::voters().proposing(vec![Action::Unpause]);
    w.cast(EVE, 1, Choice::For).unwrap();
    assert_eq!(w.stage_at(1, 1_026), ProposalState::Defeated, "no quorum");
    w.cast(BOB, 1, Choice::Abstain).unwrap();
    assert_eq!(w.stage_at(1, 1_026), ProposalState::Timelocked);
}

#[test]
fn votes_against_do_not_make_a_quorum() {
    let mut w = World::voters();
    w.hand(BOB, EVE, 50);
    w.hand(BOB, OWNER, 150);
    let mut w = w.proposing(vec![Action::Unpause]);
    w.cast(EVE, 1, Choice::For).unwrap();
    w.cast(BOB, 1, Choice::Against).unwrap();
    assert_eq!(w.stage_at(1, 1_026), ProposalState::Defeated);
}

#[test]
fn the_quorum_is_rounded_up() {
    let mut w = World::voters_with(|rules| rules.quorum = 3_000);
    w.give(OWNER, 1);
    let mut w = w.proposing(vec![Action::Unpause]);
    w.cast(BOB, 1, Choice::For).unwrap();
    assert_eq!(w.proposal_of(1).quorum, Some(atto(301)));
    assert_eq!(w.stage_at(1, 1_026), ProposalState::Defeated);
    w.cast(OWNER, 1, Choice::For).unwrap();
    assert_eq!(w.stage_at(1, 1_026), ProposalState::Timelocked);
}

#[test]
fn the_quorum_is_that_of_the_snapshot_however_the_supply_grows() {
    let mut w = World::voters().proposing(vec![Action::Unpause]);
    w.give(OWNER, 5_000);
    w.cast(BOB, 1, Choice::For).unwrap();
    w.give(OWNER, 5_000);
    assert_eq!(w.proposal_of(1).quorum, Some(atto(200)));
    w.check_invariants();
    w.now = 1_026;
    w.propose(OWNER, vec![Action::Unpause]).unwrap();
    assert_eq!(w.proposal_of(1).quorum, Some(atto(200)), "when the token has forgotten it");
    assert_eq!(w.stage(1), ProposalState::Timelocked);
    w.check_invariants();
}

#[test]
fn a_late_quorum_extends_the_vote_once() {
    let mut w = World::voters();
    w.hand(ANN, OWNER, 200);
    let mut w = w.proposing(vec![Action::Unpause]);
    w.cast(EVE, 1, Choice::For).unwrap();
    w.now = 1_024;
    assert_eq!(w.cast(BOB, 1, Choice::For).unwrap().extended_to, Some(1_028));
    assert_eq!(w.proposal_of(1).summary.eta, 1_038);
    w.check_invariants();
    w.now = 1_027;
    assert_eq!(w.cast(OWNER, 1, Choice::For).unwrap().extended_to, None);
    w.now = 1_028;
    assert_eq!(w.cast(ANN, 1, Choice::Against).unwrap().extended_to, None);
    assert_eq!(w.proposal_of(1).summary.end, 1_028);
    w.now = 1_029;
    assert_eq!(w.stage(1), ProposalState::Timelocked);
    w.check_invariants();
}

#[test]
fn a_quorum_in_time_extends_nothing() {
    for (epoch, extended_to) in [(1_020, None), (1_021, None), (1_022, Some(1_026))] {
        let mut w = World::voters().proposing(vec![Action::Unpause]);
        w.now = epoch;
        assert_eq!(w.cast(EVE, 1, Choice::For).unwrap().extended_to, None, "no quorum");
        assert_eq!(w.cast(BOB, 1, Choice::For).unwrap().extended_to, extended_to, "at {epoch}");
    }
}

#[test]
fn a_quorum_of_nothing_is_there_from_the_start() {
    let mut w = World::voters_with(|rules| rules.quorum = 0).proposing(vec![Action::Unpause]);
    assert_eq!(w.stage_at(1, 1_026), ProposalState::Defeated, "nobody voted");
    w.now = 1_025;
    assert_eq!(w.cast(EVE, 1, Choice::For).unwrap().extended_to, None);
    assert_eq!(w.stage_at(1, 1_026), ProposalState::Timelocked);
}

#[test]
fn changed_rules_leave_votes_under_way_as_they_are() {
    let softer = VotingRules { quorum: 0, timelock: 0, period: 1, ..rules().voting };
    let mut w = World::voters().decided(vec![Action::SetVoting(softer.clone())]);
    w.propose(BOB, vec![Action::Unpause]).unwrap();
    w.execute(1).unwrap();
    assert_eq!(w.proposal_of(2).rules, rules().voting);
    w.propose(EVE, vec![Action::Unpause]).unwrap();
    assert_eq!(w.proposal_of(3).rules, softer);
    w.now += 6;
    w.cast(EVE, 2, Choice::For).unwrap();
    assert_eq!(w.stage_at(2, w.now + 19), ProposalState::Active);
    assert_eq!(w.stage_at(2, w.now + 20), ProposalState::Defeated);
    w.check_invariants();
}

#[test]
fn a_snapshot_is_forgotten_with_the_next_change_after_its_vote() {
    let mut w = World::voters();
    w.propose(ANN, vec![Action::Unpause]).unwrap();
    w.now += 10;
    w.propose(BOB, vec![Action::Unpause]).unwrap();
    w.now += 16;
    assert_eq!(w.state.token.electorate.snapshots, [1_005, 1_015]);
    w.cast(EVE, 2, Choice::For).unwrap();
    assert_eq!(w.state.token.electorate.snapshots, [1_015]);
    w.check_invariants();
}

#[test]
fn the_history_of_a_holder_is_bounded() {
    let mut w = World::voters();
    for proposer in 300..320 {
        w.give(proposer, 10);
    }
    for round in 0..100 {
        w.now += 1;
        w.hand(ANN, BOB, 1);
        let _ = w.propose(300 + round % 20, vec![Action::Unpause]);
        let holder = w.state.token.holder(&w.store, ANN).unwrap();
        assert!(holder.history.len() <= MAX_LIVE, "{:?}", holder.history);
        assert!(w.state.token.electorate.supply_at.len() <= MAX_LIVE);
    }
    assert!(w.state.token.holder(&w.store, ANN).unwrap().history.len() > 1);
    w.check_invariants();
}

#[test]
fn a_pause_does_not_stop_the_dao_from_deciding() {
    let mut w = World::voters();
    let guardian = w.by(ADMIN);
    w.state.pause(&w.store, &guardian, 10_000).unwrap();
    let mut w = w.decided(vec![Action::Unpause]);
    assert!(w.state.check_running(w.now).is_err());
    w.execute(1).unwrap();
    assert_eq!(w.state.check_running(w.now), Ok(()));
}
