//! How the DAO decides: the life of proposals. Ann has 600 of 1,000 $DATA, Bob 300 and Eve 100; it
//! takes 10 to propose and 200 for a quorum.

mod actions;
mod any_order;
mod voting;

use super::*;
use crate::governance::actions::Effect;
use crate::governance::voting::Counted;
use crate::governance::{ACTIONS_MAX_BYTES, DESCRIPTION_MAX_BYTES, MAX_ACTIONS, MAX_LIVE};

/// Stands for no actor, whatever resolves it.
fn nobody() -> Address {
    Address::new_actor(b"nobody")
}

fn resolve(address: &Address) -> Result<ActorID, Error> {
    Ok(address.id().map_err(|_| shared::Error::Unresolved(*address))?)
}

fn spend(to: ActorID, amount: i64) -> Action {
    Action::Spend { to: Address::new_id(to), currency: Currency::Fil, amount: atto(amount) }
}

fn mint(to: ActorID, amount: i64) -> Action {
    Action::Mint { to: Address::new_id(to), amount: atto(amount) }
}

impl World {
    pub fn voters() -> Self {
        Self::voters_with(|_| {})
    }

    pub fn voters_with(change: impl FnOnce(&mut VotingRules)) -> Self {
        let mut w = World::with(|config| change(&mut config.rules.voting));
        for (holder, amount) in [(ANN, 600), (BOB, 300), (EVE, 100)] {
            w.give(holder, amount);
        }
        w
    }

    /// With so much FIL in the treasury.
    pub fn funded(mut self, amount: i64) -> Self {
        let message = self.paying(EVE, atto(amount));
        self.state.fund(&self.store, &message.value).unwrap();
        self
    }

    pub fn propose(&mut self, by: ActorID, actions: Vec<Action>) -> Result<ProposalId, Error> {
        let (message, description) = (self.by(by), "Let us".into());
        let params = ProposeParams { actions, description };
        self.attempt(|state, store| state.propose(store, &message, params))
    }

    /// With Ann's proposal of this, its vote begun.
    fn proposing(mut self, actions: Vec<Action>) -> Self {
        self.propose(ANN, actions).unwrap();
        self.now += 6;
        self
    }

    /// With Ann's proposal of this, which has succeeded and can be executed.
    fn decided(self, actions: Vec<Action>) -> Self {
        let mut w = self.proposing(actions);
        w.cast(ANN, 1, Choice::For).unwrap();
        w.now = w.proposal_of(1).summary.eta;
        w
    }

    pub fn cast(&mut self, by: ActorID, id: ProposalId, choice: Choice) -> Result<Counted, Error> {
        let message = self.by(by);
        self.attempt(|state, store| state.cast_vote(store, &message, id, choice))
    }

    pub fn execute(&mut self, id: ProposalId) -> Result<Vec<Effect>, Error> {
        let message = self.by(EVE);
        self.attempt(|state, store| state.execute(store, &message, id, &resolve))
    }

    fn cancel_proposal(&mut self, by: ActorID, id: ProposalId) -> Result<(), Error> {
        let message = self.by(by);
        self.attempt(|state, store| state.cancel_proposal(store, &message, id))
    }

    fn veto(&mut self, by: ActorID, id: ProposalId) -> Result<(), Error> {
        let message = self.by(by);
        self.attempt(|state, store| state.veto(store, &message, id))
    }

    fn delegate(&mut self, by: ActorID, to: Option<ActorID>) {
        let message = self.by(by);
        self.state.delegate(&self.store, &message, to).unwrap();
    }

    fn hand(&mut self, from: ActorID, to: ActorID, amount: i64) {
        let now = self.now;
        self.state.token.transfer(&self.store, now, from, to, &atto(amount)).unwrap();
    }

    fn proposal_of(&self, id: ProposalId) -> Proposal {
        self.state.proposal(&self.store, self.now, id).unwrap()
    }

    pub fn stage(&self, id: ProposalId) -> ProposalState {
        self.proposal_of(id).summary.state
    }

    fn stage_at(&self, id: ProposalId, epoch: ChainEpoch) -> ProposalState {
        self.state.proposal(&self.store, epoch, id).unwrap().summary.state
    }
}

#[test]
fn a_proposal_takes_the_threshold() {
    let mut w = World::voters();
    w.give(OWNER, 9);
    assert_eq!(w.propose(OWNER, vec![Action::Unpause]), Err(Error::Threshold(OWNER)));
    w.give(OWNER, 1);
    assert_eq!(w.propose(OWNER, vec![Action::Unpause]), Ok(1));
    w.check_invariants();
}

#[test]
fn a_proposal_takes_some_weight_even_without_a_threshold() {
    let mut w = World::voters_with(|rules| rules.threshold = atto(0));
    assert_eq!(w.propose(OWNER, vec![Action::Unpause]), Err(Error::Threshold(OWNER)));
    w.give(OWNER, 1);
    assert_eq!(w.propose(OWNER, vec![Action::Unpause]), Ok(1));
}

#[test]
fn what_others_delegate_counts_for_the_threshold() {
    let mut w = World::voters();
    w.delegate(BOB, Some(OWNER));
    assert_eq!(w.propose(BOB, vec![Action::Unpause]), Err(Error::Threshold(BOB)));
    assert_eq!(w.propose(OWNER, vec![Action::Unpause]), Ok(1));
}

#[test]
fn a_proposal_has_1_to_10_actions() {
    let mut w = World::voters();
    let too_many = vec![Action::Unpause; MAX_ACTIONS + 1];
    assert_eq!(w.propose(ANN, vec![]), Err(Error::Actions(MAX_ACTIONS)));
    assert_eq!(w.propose(ANN, too_many), Err(Error::Actions(MAX_ACTIONS)));
    assert!(w.propose(ANN, vec![Action::Unpause; MAX_ACTIONS]).is_ok());
}

#[test]
fn the_actions_of_a_proposal_are_not_longer_than_they_may_be() {
    let mut w = World::voters();
    let locations = vec!["x".repeat(ACTIONS_MAX_BYTES)];
    let terms = DatasetTerms { locations, ..terms(1, 1) };
    let action = Action::UpdateDataset(UpdateDatasetParams { id: 1, terms });
    assert_eq!(w.propose(ANN, vec![action]), Err(Error::ActionBytes(ACTIONS_MAX_BYTES)));
}

#[test]
fn a_description_is_not_longer_than_it_may_be() {
    let w = World::voters();
    let propose = |length| {
        let params =
            ProposeParams { actions: vec![Action::Unpause], description: "x".repeat(length) };
        w.state.clone().propose(&w.store, &w.by(ANN), params)
    };
    assert!(propose(DESCRIPTION_MAX_BYTES).is_ok());
    let refused = propose(DESCRIPTION_MAX_BYTES + 1);
    assert_eq!(refused, Err(Error::Description(DESCRIPTION_MAX_BYTES)));
}

#[test]
fn a_proposer_has_one_live_proposal() {
    let mut w = World::voters();
    w.propose(ANN, vec![Action::Unpause]).unwrap();
    w.now += 25;
    assert_eq!(w.propose(ANN, vec![Action::Unpause]), Err(Error::OneProposal(ANN)));
    w.now += 1;
    assert_eq!(w.propose(ANN, vec![Action::Unpause]), Ok(2));
    w.check_invariants();
}

#[test]
fn a_17th_live_proposal_is_refused_until_a_vote_is_over() {
    let mut w = World::voters();
    for proposer in 300..317 {
        w.give(proposer, 10);
    }
    for proposer in 300..316 {
        w.propose(proposer, vec![Action::Unpause]).unwrap();
    }
    assert_eq!(w.propose(316, vec![Action::Unpause]), Err(Error::LiveProposals(MAX_LIVE)));
    w.cancel_proposal(300, 1).unwrap();
    assert_eq!(w.propose(316, vec![Action::Unpause]), Ok(17));
    assert_eq!(w.propose(ANN, vec![Action::Unpause]), Err(Error::LiveProposals(MAX_LIVE)));
    w.now += 26;
    assert_eq!(w.propose(ANN, vec![Action::Unpause]), Ok(18));
    w.check_invariants();
}

#[test]
fn a_proposal_lives_by_its_rules() {
    let mut w = World::voters().proposing(vec![Action::Unpause]);
    w.cast(ANN, 1, Choice::For).unwrap();
    let summary = w.proposal_of(1).summary;
    assert_eq!((summary.snapshot, summary.end, summary.eta), (1_005, 1_025, 1_035));
    for (epoch, state) in [
        (1_005, ProposalState::Pending),
        (1_006, ProposalState::Active),
        (1_025, ProposalState::Active),
        (1_026, ProposalState::Timelocked),
        (1_034, ProposalState::Timelocked),
        (1_035, ProposalState::Executable),
        (1_135, ProposalState::Executable),
        (1_136, ProposalState::Expired),
    ] {
        assert_eq!(w.stage_at(1, epoch), state, "at epoch {epoch}");
    }
}

#[test]
fn the_timelock_cannot_be_skipped() {
    let mut w = World::voters().decided(vec![mint(BOB, 5)]);
    w.now -= 1;
    let refused = Error::NotExecutable(1, ProposalState::Timelocked);
    assert_eq!(w.execute(1), Err(refused));
    w.now += 1;
    assert!(w.execute(1).is_ok());
    w.check_invariants();
}

#[test]
fn without_a_timelock_voting_must_still_be_over() {
    let mut w = World::voters_with(|rules| rules.timelock = 0).decided(vec![Action::Unpause]);
    assert_eq!(w.execute(1), Err(Error::NotExecutable(1, ProposalState::Active)));
    w.now += 1;
    assert!(w.execute(1).is_ok());
}

#[test]
fn a_proposal_is_executed_once() {
    let mut w = World::voters().decided(vec![mint(BOB, 5)]);
    w.execute(1).unwrap();
    assert_eq!(w.execute(1), Err(Error::NotExecutable(1, ProposalState::Executed)));
    assert_eq!(w.owed(BOB).data, atto(5));
    w.check_invariants();
}

#[test]
fn a_proposal_expires_after_its_grace() {
    let mut w = World::voters().decided(vec![Action::Unpause]);
    w.now += 101;
    assert_eq!(w.execute(1), Err(Error::NotExecutable(1, ProposalState::Expired)));
    w.now -= 1;
    assert!(w.execute(1).is_ok());
}

#[test]
fn a_proposal_that_nobody_made_is_nothing() {
    let mut w = World::voters();
    let missing = Error::NoProposal(1);
    assert_eq!(w.execute(1), Err(missing.clone()));
    assert_eq!(w.cast(ANN, 1, Choice::For), Err(missing.clone()));
    assert_eq!(w.cancel_proposal(ANN, 1), Err(missing.clone()));
    assert_eq!(w.veto(ADMIN, 1), Err(missing.clone()));
    assert_eq!(w.state.vote(&w.store, 1, ANN), Err(missing));
}

#[test]
fn a_proposer_cancels_while_the_vote_is_not_over() {
    for wait in [0, 25] {
        let mut w = World::voters();
        w.propose(BOB, vec![Action::Unpause]).unwrap();
        w.now += wait;
        w.cancel_proposal(BOB, 1).unwrap();
        assert_eq!(w.stage(1), ProposalState::Cancelled);
        let again = Error::NotCancellable(1, ProposalState::Cancelled);
        assert_eq!(w.cancel_proposal(BOB, 1), Err(again));
        w.check_invariants();
    }
    let mut w = World::voters().decided(vec![Action::Unpause]);
    let late = Error::NotCancellable(1, ProposalState::Executable);
    assert_eq!(w.cancel_proposal(ANN, 1), Err(late));
}

#[test]
fn anyone_cancels_when_the_proposer_has_sold_out() {
    let mut w = World::voters();
    w.propose(EVE, vec![Action::Unpause]).unwrap();
    w.hand(EVE, BOB, 90);
    assert_eq!(w.cancel_proposal(OWNER, 1), Err(Error::NotProposer(OWNER)));
    w.hand(EVE, BOB, 1);
    w.cancel_proposal(OWNER, 1).unwrap();
    assert_eq!(w.stage(1), ProposalState::Cancelled);
    w.check_invariants();
}

#[test]
fn a_guardian_vetoes_until_a_proposal_is_executed() {
    for wait in [0, 6, 30, 40] {
        let mut w = World::voters().proposing(vec![Action::Unpause]);
        w.cast(ANN, 1, Choice::For).unwrap();
        w.now = 1_000 + wait;
        assert_eq!(w.veto(ANN, 1), Err(Error::NoRole(ANN, Role::Guardian)));
        w.veto(ADMIN, 1).unwrap();
        w.now = 1_040;
        assert_eq!(w.execute(1), Err(Error::NotExecutable(1, ProposalState::Vetoed)));
        w.check_invariants();
    }
    let mut w = World::voters().decided(vec![Action::Unpause]);
    w.execute(1).unwrap();
    assert_eq!(w.veto(ADMIN, 1), Err(Error::NotVetoable(1, ProposalState::Executed)));
}

#[test]
fn proposals_are_listed_a_page_at_a_time() {
    let mut w = World::voters();
    w.propose(ANN, vec![Action::Unpause]).unwrap();
    w.propose(BOB, vec![Action::Unpause]).unwrap();
    let list = |from, limit| {
        let page = PageParams { from, limit };
        let list = w.state.list_proposals(&w.store, w.now, &page)?;
        Ok(list.into_iter().map(|p| (p.id, p.proposer)).collect::<Vec<_>>())
    };
    assert_eq!(list(1, 100), Ok(vec![(1, ANN), (2, BOB)]));
    assert_eq!(list(2, 1), Ok(vec![(2, BOB)]));
    assert_eq!(list(3, 1), Ok(vec![]));
    assert!(matches!(list(1, 101), Err(Error::Page(_))));
}

#[test]
fn a_proposal_is_read_as_it_was_made() {
    let mut w = World::voters();
    w.propose(ANN, vec![spend(BOB, 1), Action::Unpause]).unwrap();
    let proposal = w.proposal_of(1);
    assert_eq!(proposal.actions, [spend(BOB, 1), Action::Unpause]);
    assert_eq!((proposal.description.as_str(), proposal.quorum), ("Let us", None));
    assert_eq!(proposal.rules, rules().voting);
}

#[test]
fn nobody_vetoes_a_proposal_that_does_nothing_but_revoke_roles() {
    let revoke = Action::RevokeRole { role: Role::Guardian, account: Address::new_id(ADMIN) };
    let mut w = World::voters().decided(vec![revoke.clone()]);
    assert_eq!(w.veto(ADMIN, 1), Err(Error::Revocation(1)));
    w.execute(1).unwrap();
    assert!(!w.state.roles(&w.store, ADMIN).unwrap().has(Role::Guardian));
    let mut w = World::voters().decided(vec![revoke, mint(ANN, 1)]);
    w.veto(ADMIN, 1).unwrap();
}
