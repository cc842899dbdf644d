//! Who votes, with what weight, and what the votes decide.
//!
//! A weight counts as it was at the end of the snapshot, an epoch that was still to come when the
//! proposal was made: tokens that change hands later vote where they were, and tokens that are
//! borrowed and returned in one epoch vote nowhere. The supply that the quorum is a part of is that of
//! the same moment.

use fvm_ipld_blockstore::Blockstore;
use fvm_shared::ActorID;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use shared::math::share_up;
use shared::{Map, MapSpec, ensure};

use super::Poll;
use crate::api::{Choice, ProposalId, ProposalState, Tally, Vote};
use crate::error::Error;
use crate::state::{Message, State};

pub static VOTES: MapSpec = MapSpec { name: "votes", bit_width: 3 };

/// By voter.
pub type Votes<'s, BS> = Map<'s, BS, ActorID, Vote>;

/// A vote that was counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// AttoDATA.
    pub weight: TokenAmount,
    /// The new last epoch of voting, if this vote moved it.
    pub extended_to: Option<ChainEpoch>,
}

impl Tally {
    pub fn add(&mut self, choice: Choice, weight: &TokenAmount) {
        *match choice {
            Choice::For => &mut self.in_favour,
            Choice::Against => &mut self.against,
            Choice::Abstain => &mut self.abstain,
        } += weight;
    }

    #[must_use]
    pub fn total(&self) -> TokenAmount {
        &self.in_favour + &self.against + &self.abstain
    }
}

impl Poll {
    /// AttoDATA that must vote For or Abstain; `None` while nobody has voted.
    pub fn quorum_up(&self) -> Result<Option<TokenAmount>, Error> {
        Ok(self.supply.as_ref().map(|supply| share_up(supply, self.rules.quorum)).transpose()?)
    }

    fn has_quorum(&self) -> Result<bool, Error> {
        let present = &self.tally.in_favour + &self.tally.abstain;
        Ok(self.quorum_up()?.is_some_and(|quorum| present >= quorum))
    }

    /// Whether the votes cast so far are enough: more For than Against, and the quorum.
    pub fn succeeds(&self) -> Result<bool, Error> {
        Ok(self.tally.in_favour > self.tally.against && self.has_quorum()?)
    }

    /// Counts a vote and returns the new end of voting, if the vote moves it. A quorum that is reached
    /// in the last epochs leaves as many to answer it. It is reached once at the most, as neither
    /// the votes nor the quorum go back, and so voting is extended once at the most.
    fn count(
        &mut self,
        now: ChainEpoch,
        choice: Choice,
        weight: &TokenAmount,
    ) -> Result<Option<ChainEpoch>, Error> {
        let had_quorum = self.has_quorum()?;
        self.tally.add(choice, weight);
        let end = now.saturating_add(self.rules.late_extension);
        if had_quorum || !self.has_quorum()? || end <= self.end {
            return Ok(None);
        }
        self.end = end;
        Ok(Some(end))
    }
}

impl State {
    /// Lets somebody else cast the caller's votes, those of the future included; `None` takes them
    /// back. Snapshots that are over stay as they were.
    pub fn delegate(
        &mut self,
        store: &impl Blockstore,
        message: &Message,
        to: Option<ActorID>,
    ) -> Result<(), Error> {
        Ok(self.token.delegate(store, message.now, message.caller, to)?)
    }

    /// The weight of an account: at the end of the snapshot of a live proposal, or now. As of now for a
    /// snapshot that is not over.
    pub fn votes(
        &self,
        store: &impl Blockstore,
        account: ActorID,
        snapshot: Option<ChainEpoch>,
    ) -> Result<TokenAmount, Error> {
        let Some(snapshot) = snapshot else { return Ok(self.token.weight(store, account)?) };
        let known = self.token.electorate.snapshots.contains(&snapshot);
        ensure!(known, Error::NoSnapshot(snapshot));
        Ok(self.token.weight_at(store, account, snapshot)?)
    }

    /// Votes on a proposal. Caller: whoever had weight at its snapshot, once.
    pub fn cast_vote(
        &mut self,
        store: &impl Blockstore,
        message: &Message,
        id: ProposalId,
        choice: Choice,
    ) -> Result<Counted, Error> {
        let (now, voter) = (message.now, message.caller);
        let cold = self.cold(store)?;
        let mut poll = cold.governance.poll(store, id)?;
        let state = poll.state(now)?;
        ensure!(state == ProposalState::Active, Error::NotActive(id, state));
        let weight = self.token.weight_at(store, voter, poll.snapshot)?;
        ensure!(weight.is_positive(), Error::NoWeight(voter, poll.snapshot));
        let mut votes = Votes::load(store, &poll.votes, &VOTES)?;
        let first = votes.set_if_absent(&voter, Vote { choice, weight: weight.clone() })?;
        ensure!(first, Error::Voted(voter, id));
        poll.votes = votes.flush()?;
        poll.supply.get_or_insert_with(|| self.token.supply_at(poll.snapshot));
        let extended_to = poll.count(now, choice, &weight)?;
        self.set_poll(store, now, cold, id, poll)?;
        Ok(Counted { weight, extended_to })
    }

    /// How an account voted on a proposal, if it did.
    pub fn vote(
        &self,
        store: &impl Blockstore,
        id: ProposalId,
        voter: ActorID,
    ) -> Result<Option<Vote>, Error> {
        let poll = self.cold(store)?.governance.poll(store, id)?;
        Ok(Votes::load(store, &poll.votes, &VOTES)?.get(&voter)?.cloned())
    }
}
