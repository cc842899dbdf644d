//! The DAO decides: proposals and their lives. [`voting`] counts the votes, [`actions`] does what they
//! decide.
//!
//! A proposal has no step between its success and its execution: the end of the vote starts the
//! timelock by itself. So there is nothing to queue that somebody could forget to queue, queue late to
//! stretch the time to execute, or not queue at all to go around the timelock; and whoever watches
//! the DAO knows from the end of the vote when a proposal can take effect.
//!
//! A pause does not stop any of this: the DAO can always decide to end it.

pub mod actions;
pub mod voting;

use alloc::string::String;
use alloc::vec::Vec;

use cid::Cid;
use fvm_ipld_blockstore::Blockstore;
use fvm_ipld_encoding::to_vec;
use fvm_ipld_encoding::tuple::*;
use fvm_shared::ActorID;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use serde::{Deserialize, Serialize};
use shared::map::{self, get_block, put_block};
use shared::page::MAX_PAGE;
use shared::{Map, MapSpec, ensure};

use self::actions::{Effect, Resolve};
use crate::api::{
    Action, PageParams, Proposal, ProposalId, ProposalState, ProposalSummary, ProposeParams, Role,
    Tally, VotingRules,
};
use crate::error::Error;
use crate::state::{Cold, Message, State};

/// Proposals whose votes are not over. The ledger remembers so many weights of a holder, at the most.
pub const MAX_LIVE: usize = 16;
pub const MAX_ACTIONS: usize = 10;
/// Bytes of all actions of a proposal, encoded.
pub const ACTIONS_MAX_BYTES: usize = 16 << 10;
pub const DESCRIPTION_MAX_BYTES: usize = 2_048;

pub static POLLS: MapSpec = MapSpec { name: "polls", bit_width: 3 };

/// By number, from 1 without a gap. None is ever removed.
pub type Polls<'s, BS> = Map<'s, BS, ProposalId, Poll>;

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Governance {
    /// Number of the last proposal.
    pub last: ProposalId,
    /// Proposals whose votes are not over, and some whose votes are: these go with the next change of
    /// any proposal. The token keeps the weights at their snapshots.
    pub live: Vec<Live>,
    /// [`Polls`].
    pub polls: Cid,
}

/// What of a live proposal concerns others.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Live {
    pub id: ProposalId,
    pub proposer: ActorID,
    pub snapshot: ChainEpoch,
    pub end: ChainEpoch,
}

/// A proposal as its voters change it.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Poll {
    pub proposer: ActorID,
    /// A [`Motion`].
    pub motion: Cid,
    /// The rules that it was made under: a change of rules changes no vote and no timelock under way.
    pub rules: VotingRules,
    /// Epoch at whose end weights count.
    pub snapshot: ChainEpoch,
    /// Last epoch of voting.
    pub end: ChainEpoch,
    pub tally: Tally,
    /// AttoDATA that existed at the end of the snapshot, from the first vote on: the token forgets it
    /// when the vote is over.
    pub supply: Option<TokenAmount>,
    /// [`Votes`](voting::Votes).
    pub votes: Cid,
    pub closed: Option<Closed>,
}

/// What a proposal says.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Motion {
    pub actions: Vec<Action>,
    pub description: String,
}

/// What ended a proposal before its time.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    Executed,
    Cancelled,
    Vetoed,
}

impl Governance {
    /// No proposals. `empty` is the root of an empty map.
    #[must_use]
    pub fn new(empty: Cid) -> Self {
        Governance { last: 0, live: Vec::new(), polls: empty }
    }

    pub fn poll(&self, store: &impl Blockstore, id: ProposalId) -> Result<Poll, Error> {
        let polls = Polls::load(store, &self.polls, &POLLS)?;
        Ok(polls.get(&id)?.ok_or(Error::NoProposal(id))?.clone())
    }
}

impl Poll {
    /// First epoch at which it can be executed, if it succeeds and voting is over.
    #[must_use]
    pub fn eta(&self) -> ChainEpoch {
        self.end.saturating_add(self.rules.timelock)
    }

    pub fn state(&self, now: ChainEpoch) -> Result<ProposalState, Error> {
        Ok(match self.closed {
            Some(Closed::Executed) => ProposalState::Executed,
            Some(Closed::Cancelled) => ProposalState::Cancelled,
            Some(Closed::Vetoed) => ProposalState::Vetoed,
            None if now <= self.snapshot => ProposalState::Pending,
            None if now <= self.end => ProposalState::Active,
            None if !self.succeeds()? => ProposalState::Defeated,
            None if now < self.eta() => ProposalState::Timelocked,
            None if now <= self.eta().saturating_add(self.rules.grace) => ProposalState::Executable,
            None => ProposalState::Expired,
        })
    }

    fn summary(&self, id: ProposalId, now: ChainEpoch) -> Result<ProposalSummary, Error> {
        Ok(ProposalSummary {
            id,
            proposer: self.proposer,
            state: self.state(now)?,
            snapshot: self.snapshot,
            end: self.end,
            eta: self.eta(),
            tally: self.tally.clone(),
        })
    }
}

impl State {
    /// Proposes something and returns the proposal's number. Caller: whose weight reaches the
    /// threshold, and who has no live proposal.
    pub fn propose(
        &mut self,
        store: &impl Blockstore,
        message: &Message,
        params: ProposeParams,
    ) -> Result<ProposalId, Error> {
        let ProposeParams { actions, description } = params;
        let motion = Motion { actions, description };
        check_motion(&motion)?;
        let (now, proposer) = (message.now, message.caller);
        let rules = self.config(store)?.rules.voting;
        ensure!(self.may_propose(store, proposer, &rules)?, Error::Threshold(proposer));
        let mut cold = self.cold(store)?;
        let governance = &mut cold.governance;
        governance.live.retain(|live| now <= live.end);
        let first = governance.live.iter().all(|live| live.proposer != proposer);
        ensure!(first, Error::OneProposal(proposer));
        ensure!(governance.live.len() < MAX_LIVE, Error::LiveProposals(MAX_LIVE));
        let id = governance.last.checked_add(1).ok_or(shared::Error::Overflow("proposals"))?;
        governance.last = id;
        let snapshot = now.saturating_add(rules.delay);
        let poll = Poll {
            proposer,
            motion: put_block(store, "motion", &motion)?,
            snapshot,
            end: snapshot.saturating_add(rules.period),
            rules,
            tally: Tally::default(),
            supply: None,
            votes: map::empty(store)?,
            closed: None,
        };
        self.set_poll(store, now, cold, id, poll)?;
        Ok(id)
    }

    /// Withdraws a proposal while its vote is not over. Caller: its proposer; anyone, if the proposer's
    /// weight is under the threshold by now. Without that, tokens that are lent, or moved from account
    /// to account, could fill all places for proposals.
    pub fn cancel_proposal(
        &mut self,
        store: &impl Blockstore,
        message: &Message,
        id: ProposalId,
    ) -> Result<(), Error> {
        let cold = self.cold(store)?;
        let mut poll = cold.governance.poll(store, id)?;
        let state = poll.state(message.now)?;
        let voting = matches!(state, ProposalState::Pending | ProposalState::Active);
        ensure!(voting, Error::NotCancellable(id, state));
        let by_proposer = message.caller == poll.proposer;
        let may_cancel = by_proposer || !self.may_propose(store, poll.proposer, &poll.rules)?;
        ensure!(may_cancel, Error::NotProposer(message.caller));
        poll.closed = Some(Closed::Cancelled);
        self.set_poll(store, message.now, cold, id, poll)
    }

    /// Stops a proposal that is not executed yet. Caller: a guardian. One that does nothing but revoke
    /// roles cannot be stopped, or no guardian could ever be removed.
    pub fn veto(
        &mut self,
        store: &impl Blockstore,
        message: &Message,
        id: ProposalId,
    ) -> Result<(), Error> {
        self.check_role(store, message, Role::Guardian)?;
        let cold = self.cold(store)?;
        let mut poll = cold.governance.poll(store, id)?;
        let state = poll.state(message.now)?;
        let open = matches!(
            state,
            ProposalState::Pending
                | ProposalState::Active
                | ProposalState::Timelocked
                | ProposalState::Executable
        );
        ensure!(open, Error::NotVetoable(id, state));
        let motion: Motion = get_block(store, "motion", &poll.motion)?;
        let revokes = |action: &Action| matches!(action, Action::RevokeRole { .. });
        ensure!(!motion.actions.iter().all(revokes), Error::Revocation(id));
        poll.closed = Some(Closed::Vetoed);
        self.set_poll(store, message.now, cold, id, poll)
    }

    /// Does what a proposal says, and returns what is left to do when the state is committed. A
    /// proposal that fails can be tried again until it expires. `resolve` finds the actors that it
    /// names.
    pub fn execute(
        &mut self,
        store: &impl Blockstore,
        message: &Message,
        id: ProposalId,
        resolve: Resolve<'_>,
    ) -> Result<Vec<Effect>, Error> {
        let cold = self.cold(store)?;
        let mut poll = cold.governance.poll(store, id)?;
        let state = poll.state(message.now)?;
        ensure!(state == ProposalState::Executable, Error::NotExecutable(id, state));
        let motion: Motion = get_block(store, "motion", &poll.motion)?;
        // Executed before anything is done, so that nothing that is done can do it again.
        poll.closed = Some(Closed::Executed);
        self.set_poll(store, message.now, cold, id, poll)?;
        let dao = Message { caller: message.dao, value: TokenAmount::default(), ..message.clone() };
        let actions = motion.actions.into_iter();
        actions.map(|action| self.carry_out(store, &dao, action, resolve)).collect()
    }

    /// A proposal with all that it says.
    pub fn proposal(
        &self,
        store: &impl Blockstore,
        now: ChainEpoch,
        id: ProposalId,
    ) -> Result<Proposal, Error> {
        let poll = self.cold(store)?.governance.poll(store, id)?;
        let Motion { actions, description } = get_block(store, "motion", &poll.motion)?;
        Ok(Proposal {
            summary: poll.summary(id, now)?,
            quorum: poll.quorum_up()?,
            rules: poll.rules,
            actions,
            description,
        })
    }

    /// The proposals with numbers from `page.from`.
    pub fn list_proposals(
        &self,
        store: &impl Blockstore,
        now: ChainEpoch,
        page: &PageParams,
    ) -> Result<Vec<ProposalSummary>, Error> {
        let governance = self.cold(store)?.governance;
        let polls = Polls::load(store, &governance.polls, &POLLS)?;
        page.numbers(governance.last)
            .ok_or(Error::Page(MAX_PAGE))?
            .map(|id| polls.get(&id)?.ok_or(Error::NoProposal(id))?.summary(id, now))
            .collect()
    }

    /// Writes a proposal. It is live while its vote is not over; the token keeps the weights at the
    /// snapshots of those that are, and of no others.
    fn set_poll(
        &mut self,
        store: &impl Blockstore,
        now: ChainEpoch,
        mut cold: Cold,
        id: ProposalId,
        poll: Poll,
    ) -> Result<(), Error> {
        let governance = &mut cold.governance;
        governance.live.retain(|live| live.id != id && now <= live.end);
        if poll.closed.is_none() && now <= poll.end {
            let Poll { proposer, snapshot, end, .. } = poll;
            governance.live.push(Live { id, proposer, snapshot, end });
        }
        self.token.set_snapshots(governance.live.iter().map(|live| live.snapshot).collect());
        let mut polls = Polls::load(store, &governance.polls, &POLLS)?;
        polls.set(&id, poll)?;
        governance.polls = polls.flush()?;
        self.set_cold(store, &cold)
    }

    /// Whether an account has the weight now that a proposal takes: the threshold, and in any case
    /// some.
    fn may_propose(
        &self,
        store: &impl Blockstore,
        account: ActorID,
        rules: &VotingRules,
    ) -> Result<bool, Error> {
        let weight = self.token.weight(store, account)?;
        Ok(weight.is_positive() && weight >= rules.threshold)
    }
}

/// Refuses what is empty or too long.
pub fn check_motion(motion: &Motion) -> Result<(), Error> {
    let Motion { actions, description } = motion;
    ensure!((1..=MAX_ACTIONS).contains(&actions.len()), Error::Actions(MAX_ACTIONS));
    let encoded = to_vec(actions).map_err(|e| shared::Error::encoding("actions", e))?;
    ensure!(encoded.len() <= ACTIONS_MAX_BYTES, Error::ActionBytes(ACTIONS_MAX_BYTES));
    let fits = description.len() <= DESCRIPTION_MAX_BYTES;
    ensure!(fits, Error::Description(DESCRIPTION_MAX_BYTES));
    Ok(())
}
