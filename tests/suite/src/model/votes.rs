//! What the model knows of the DAO's proposals: who has what weight when, and what follows.

use std::collections::BTreeMap;

use actor_datadao::api::{Choice, ProposalState, Role};
use actor_datadao::error::Error;
use fvm_harness::{TokenAmount, fil};
use fvm_shared::clock::ChainEpoch;
use fvm_shared::error::ExitCode;

use super::cast::Party;
use super::dao::{Dao, Holder};
use super::reference::{Verdict, check, funds};
use super::step::{Motion, VoteStep};
use crate::setup::DAY;

const THRESHOLD: i64 = 100;
const DELAY: ChainEpoch = DAY / 4;
const PERIOD: ChainEpoch = 3 * DAY;
const EXTENSION: ChainEpoch = DAY;
const TIMELOCK: ChainEpoch = DAY;
const GRACE: ChainEpoch = 14 * DAY;

/// Weights at the end of a snapshot, and the supply.
#[derive(Clone, Debug)]
struct Register {
    weights: BTreeMap<Party, TokenAmount>,
    supply: TokenAmount,
}

#[derive(Clone, Debug)]
pub struct Poll {
    proposer: Party,
    motion: Motion,
    pub snapshot: ChainEpoch,
    pub end: ChainEpoch,
    /// From the end of the snapshot on.
    register: Option<Register>,
    votes: BTreeMap<Party, (Choice, TokenAmount)>,
    closed: Option<ProposalState>,
}

impl Poll {
    pub fn eta(&self) -> ChainEpoch {
        self.end + TIMELOCK
    }

    pub fn total(&self, wanted: Choice) -> TokenAmount {
        let votes = self.votes.values().filter(|(choice, _)| *choice == wanted);
        votes.map(|(_, weight)| weight).sum()
    }

    /// A fifth of the supply, For or Abstain.
    fn has_quorum(&self) -> bool {
        let Some(Register { supply, .. }) = &self.register else { return false };
        let present = self.total(Choice::For) + self.total(Choice::Abstain);
        !self.votes.is_empty() && present * 5 >= *supply
    }

    pub fn state(&self, now: ChainEpoch) -> ProposalState {
        let succeeds = self.has_quorum() && self.total(Choice::For) > self.total(Choice::Against);
        match self.closed {
            Some(closed) => closed,
            None if now <= self.snapshot => ProposalState::Pending,
            None if now <= self.end => ProposalState::Active,
            None if !succeeds => ProposalState::Defeated,
            None if now < self.eta() => ProposalState::Timelocked,
            None if now <= self.eta() + GRACE => ProposalState::Executable,
            None => ProposalState::Expired,
        }
    }

    fn is_live(&self, now: ChainEpoch) -> bool {
        self.closed.is_none() && now <= self.end
    }
}

impl Dao {
    /// What a party's votes count now.
    pub fn weight(&self, of: Party) -> TokenAmount {
        let own = |holder: &Holder| &holder.balance + &holder.staked;
        let kept = |(party, holder): &(&Party, &Holder)| match holder.delegate {
            None => **party == of,
            Some(delegate) => delegate == of,
        };
        self.holders.iter().filter(kept).map(|(_, holder)| own(holder)).sum()
    }

    /// Time passes, and with it snapshots.
    pub fn pass(&mut self, to: ChainEpoch) {
        let weights = Party::CALLERS.map(|party| (party, self.weight(party))).into();
        let register = Register { weights, supply: self.supply.clone() };
        for poll in self.polls.iter_mut().filter(|poll| poll.snapshot < to) {
            poll.register.get_or_insert_with(|| register.clone());
        }
    }

    fn poll(&mut self, id: u64) -> Result<&mut Poll, ExitCode> {
        let at = usize::try_from(id).ok().and_then(|id| id.checked_sub(1));
        let poll = at.and_then(|at| self.polls.get_mut(at));
        poll.ok_or_else(|| funds::code(Error::NoProposal(id)))
    }

    pub fn decide(&mut self, now: ChainEpoch, by: Party, step: &VoteStep) -> Verdict {
        use ProposalState::{Active, Cancelled, Executable, Executed, Pending, Timelocked, Vetoed};
        match step {
            VoteStep::Propose(motion) => {
                check(self.weight(by) >= fil(THRESHOLD), Error::Threshold(0))?;
                let mut live = self.polls.iter().filter(|poll| poll.is_live(now));
                check(live.all(|poll| poll.proposer != by), Error::OneProposal(0))?;
                let snapshot = now + DELAY;
                self.polls.push(Poll {
                    proposer: by,
                    motion: motion.clone(),
                    snapshot,
                    end: snapshot + PERIOD,
                    register: None,
                    votes: BTreeMap::new(),
                    closed: None,
                });
                Ok(())
            }
            VoteStep::Cast { proposal, choice } => {
                let poll = self.poll(*proposal)?;
                let state = poll.state(now);
                check(state == Active, Error::NotActive(0, state))?;
                let weights = &poll.register.as_ref().expect("a snapshot that is over").weights;
                let weight = weights.get(&by).cloned().unwrap_or_default();
                check(weight.is_positive(), Error::NoWeight(0, 0))?;
                check(!poll.votes.contains_key(&by), Error::Voted(0, 0))?;
                let had_quorum = poll.has_quorum();
                poll.votes.insert(by, (*choice, weight));
                if !had_quorum && poll.has_quorum() {
                    poll.end = poll.end.max(now + EXTENSION);
                }
                Ok(())
            }
            VoteStep::Execute(id) => {
                let poll = self.poll(*id)?;
                let state = poll.state(now);
                check(state == Executable, Error::NotExecutable(0, state))?;
                match poll.motion.clone() {
                    Motion::Spend { to, fil: amount } => {
                        check(self.treasury >= fil(amount), Error::Treasury)?;
                        self.treasury -= fil(amount);
                        self.holder(to).owed_fil += fil(amount);
                    }
                    Motion::Mint { to, amount } => {
                        self.cap(&fil(amount))?;
                        self.mint(to, &fil(amount));
                        let holder = self.holder(to);
                        holder.balance -= fil(amount);
                        holder.owed_data += fil(amount);
                    }
                }
                self.poll(*id)?.closed = Some(Executed);
                Ok(())
            }
            VoteStep::Cancel(id) => {
                let poll = self.poll(*id)?;
                let (state, proposer) = (poll.state(now), poll.proposer);
                check(matches!(state, Pending | Active), Error::NotCancellable(0, state))?;
                let may = by == proposer || self.weight(proposer) < fil(THRESHOLD);
                check(may, Error::NotProposer(0))?;
                self.poll(*id)?.closed = Some(Cancelled);
                Ok(())
            }
            VoteStep::Veto(id) => {
                check(by == Party::Admin, Error::NoRole(0, Role::Guardian))?;
                let poll = self.poll(*id)?;
                let state = poll.state(now);
                let open = matches!(state, Pending | Active | Timelocked | Executable);
                check(open, Error::NotVetoable(0, state))?;
                poll.closed = Some(Vetoed);
                Ok(())
            }
        }
    }
}
