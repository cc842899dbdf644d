use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use fvm_ipld_blockstore::Blockstore;
use fvm_shared::clock::ChainEpoch;
use shared::map::{decode_id, get_block};

use crate::api::{ProposalId, Tally};
use crate::error::Error;
use crate::governance::voting::{VOTES, Votes};
use crate::governance::{Closed, Governance, MAX_LIVE, POLLS, Poll, Polls, check_motion};
use crate::state::State;

/// Checks proposals against their votes, against the list of the live ones, and against the snapshots
/// that the token keeps.
pub fn check(
    state: &State,
    store: &impl Blockstore,
    now: ChainEpoch,
    broken: &mut Vec<String>,
) -> Result<(), Error> {
    let Governance { last, live, polls } = state.cold(store)?.governance;
    let snapshots: BTreeSet<_> = live.iter().map(|live| live.snapshot).collect();
    if state.token.electorate.snapshots != snapshots.into_iter().collect::<Vec<_>>() {
        broken.push(format!("the token keeps other snapshots than those of {live:?}"));
    }
    let proposers: BTreeSet<_> = live.iter().map(|live| live.proposer).collect();
    if live.len() > MAX_LIVE || proposers.len() < live.len() {
        broken.push(format!("too many live proposals, or of one proposer: {live:?}"));
    }
    let mut found = BTreeMap::new();
    Polls::load(store, &polls, &POLLS)?.for_each(|key, poll| {
        found.extend(decode_id(key).map(|id| (id, poll.clone())));
    })?;
    if !found.keys().copied().eq(1..=last) {
        broken.push(format!("{} proposals are not numbered one by one", found.len()));
    }
    for (id, poll) in &found {
        let entry = live.iter().find(|live| live.id == *id);
        let same = entry.is_none_or(|live| {
            let Poll { proposer, snapshot, end, .. } = poll;
            (&live.proposer, &live.snapshot, &live.end) == (proposer, snapshot, end)
        });
        let voting = poll.closed.is_none() && now <= poll.end;
        if !same || (voting && entry.is_none()) || (poll.closed.is_some() && entry.is_some()) {
            broken.push(format!("proposal {id} is {poll:?}, live as {entry:?}"));
        }
        let supply = Some(state.token.supply_at(poll.snapshot));
        if poll.supply.is_some() && entry.is_some() && poll.supply != supply {
            broken.push(format!("the quorum of proposal {id} moved: {poll:?}, {supply:?}"));
        }
        check_poll(store, *id, poll, broken)?;
    }
    Ok(())
}

/// Checks one proposal by itself.
fn check_poll(
    store: &impl Blockstore,
    id: ProposalId,
    poll: &Poll,
    broken: &mut Vec<String>,
) -> Result<(), Error> {
    check_motion(&get_block(store, "motion", &poll.motion)?)?;
    let mut tally = Tally::default();
    Votes::load(store, &poll.votes, &VOTES)?.for_each(|voter, vote| {
        tally.add(vote.choice, &vote.weight);
        if decode_id(voter).is_none() || !vote.weight.is_positive() {
            broken.push(format!("{voter:?} voted on proposal {id} with {}", vote.weight));
        }
    })?;
    let supply = poll.supply.clone().unwrap_or_default();
    if tally != poll.tally || tally.total() > supply {
        broken.push(format!("proposal {id} has votes of {tally:?}, and is {poll:?}"));
    }
    let end = poll.snapshot.saturating_add(poll.rules.period);
    if !(end..=end.saturating_add(poll.rules.late_extension)).contains(&poll.end) {
        broken.push(format!("the vote on proposal {id} ends at epoch {}", poll.end));
    }
    if poll.closed == Some(Closed::Executed) && !poll.succeeds()? {
        broken.push(format!("proposal {id} was executed without success: {poll:?}"));
    }
    Ok(())
}
