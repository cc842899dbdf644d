//! The keeper: finds what is due in a perpetual storage and refreshes it, where that pays.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};
use std::mem;
use std::ops::AddAssign;

use actor_perpetual_storage::api::{
    Books, Due, FindDue, GetBooks, PageParams, PerpetualDealId, Refresh, Refreshed,
};
use actor_perpetual_storage::refresh::MAX_REFRESHED;
use fvm_harness::{Call, TokenAmount};
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use num_traits::Zero;
use shared::Method;
use shared::page::MAX_PAGE;

use super::log;
use crate::node::{Node, Quote, Receipt, Sent, Trouble};
use crate::units::fil;

/// Epochs for which perpetual deals are let be whose refresh failed on chain or got lost: an hour.
const HOLD: ChainEpoch = 120;

/// What a keeper is to do.
#[derive(Clone, Debug)]
pub struct Job {
    /// The perpetual storage.
    pub storage: Address,
    /// The account that sends the messages, pays for their gas and is tipped.
    pub from: Address,
    /// AttoFIL that a message must bring after its gas. Where it is negative, work that only others
    /// gain from is done too.
    pub min_profit: TokenAmount,
    /// Sends nothing.
    pub dry_run: bool,
}

/// Keeps a perpetual storage, round by round.
pub struct Keeper {
    job: Job,
    /// Messages that are not known to be on chain. Nothing is sent beside them: the work would be paid
    /// for twice.
    pending: VecDeque<Pending>,
    /// What the last round left, and why: it is told once.
    left: BTreeMap<PerpetualDealId, Reason>,
    /// What failed on chain or got lost, and until when it is let be.
    held: BTreeMap<PerpetualDealId, ChainEpoch>,
    total: Round,
}

/// What a round came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// Perpetual deals that were ever created.
    pub kept: u64,
    /// Those for which something was due.
    pub due: u64,
    /// Those of them that were left.
    pub left: u64,
    /// Messages that got on chain, and those of them that failed there.
    pub messages: u64,
    pub failed: u64,
    /// AttoFIL that they brought.
    pub tips: TokenAmount,
    /// What they used, and what it cost in attoFIL.
    pub gas: u64,
    pub cost: TokenAmount,
}

struct Pending {
    sent: Sent,
    quote: Quote,
    deals: Vec<PerpetualDealId>,
}

/// Why a perpetual deal is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reason {
    NoTip,
    Loss,
    Fails,
    Held,
}

/// Why a message is not sent.
enum Obstacle {
    Left(Reason, String),
    Trouble(Trouble),
}

impl From<Trouble> for Obstacle {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Refused(told) => Obstacle::Left(Reason::Fails, told),
            Trouble::Unreachable(_) => Obstacle::Trouble(trouble),
        }
    }
}

/// What a round works with.
struct Desk<'a, N> {
    node: &'a mut N,
    log: &'a mut dyn FnMut(String),
    epoch: ChainEpoch,
    round: Round,
    /// What the round before left.
    told: BTreeMap<PerpetualDealId, Reason>,
}

impl<N> Desk<'_, N> {
    fn tell(&mut self, about: &str, what: &str) {
        (self.log)(log::line(self.epoch, about, what));
    }
}

impl Keeper {
    #[must_use]
    pub fn new(job: Job) -> Self {
        Keeper {
            job,
            pending: VecDeque::new(),
            left: BTreeMap::new(),
            held: BTreeMap::new(),
            total: Round::default(),
        }
    }

    /// All rounds together.
    #[must_use]
    pub fn total(&self) -> &Round {
        &self.total
    }

    /// What the storage has.
    pub fn books(&self, node: &mut impl Node) -> Result<Books, Trouble> {
        let receipt = node.dry_run(&self.call::<GetBooks>(&()))?;
        receipt.reply().map_err(|trouble| {
            let storage = self.job.storage;
            Trouble::Refused(format!("{storage} is no perpetual storage: {trouble}. `cargo fab inspect {storage}` tells what it is"))
        })
    }

    /// Looks at every perpetual deal and refreshes those for which something is due, as far as it
    /// pays, up to 16 with a message. Waits for the receipts; where one takes too long, the next
    /// rounds wait for it.
    ///
    /// Fails where the node cannot be asked. What was sent by then is not forgotten.
    pub fn round(
        &mut self,
        node: &mut impl Node,
        log: &mut dyn FnMut(String),
    ) -> Result<Round, Trouble> {
        let epoch = node.epoch()?;
        let mut desk = Desk { node, log, epoch, round: Round::default(), told: BTreeMap::new() };
        let result = self.work(&mut desk);
        self.total += &desk.round;
        if result? {
            let summary = log::summary(&desk.round, &self.total);
            desk.tell("round", &summary);
        }
        Ok(desk.round)
    }

    /// Returns whether it looked at what is due, beside waiting.
    fn work<N: Node>(&mut self, desk: &mut Desk<'_, N>) -> Result<bool, Trouble> {
        self.settle(desk)?;
        if !self.pending.is_empty() {
            return Ok(false);
        }
        desk.round.kept = self.books(desk.node)?.created;
        desk.told = mem::take(&mut self.left);
        let due = self.find_due(desk)?;
        desk.round.due += due.len() as u64;
        let due = self.worth_a_look(desk, due);
        for batch in due.chunks(MAX_REFRESHED) {
            self.tend(desk, batch)?;
        }
        self.settle(desk)?;
        Ok(true)
    }

    /// Asks what is due, a page at a time. A page that fails is asked in halves: it may take more gas
    /// than a call can have, or one of its deals may fail.
    fn find_due<N: Node>(&mut self, desk: &mut Desk<'_, N>) -> Result<Vec<Due>, Trouble> {
        let mut due = vec![];
        let (mut from, mut limit) = (1, MAX_PAGE);
        while from <= desk.round.kept {
            let receipt = desk.node.dry_run(&self.call::<FindDue>(&PageParams { from, limit }))?;
            match receipt.reply::<Vec<Due>>() {
                Ok(found) => due.extend(found),
                Err(_) if limit > 1 => {
                    limit /= 2;
                    continue;
                }
                Err(trouble) => {
                    desk.round.due += 1;
                    self.leave(desk, &[from], Reason::Fails, &trouble.to_string());
                }
            }
            from += limit;
            limit = (limit * 2).min(MAX_PAGE);
        }
        Ok(due)
    }

    /// Leaves what brings no tip and what has just failed. Of the rest, the best come first.
    fn worth_a_look<N>(&mut self, desk: &mut Desk<'_, N>, mut due: Vec<Due>) -> Vec<Due> {
        let epoch = desk.epoch;
        self.held.retain(|_, until| *until > epoch);
        let charity = self.job.min_profit.is_negative();
        let (mut held, mut untipped) = (vec![], vec![]);
        due.retain(|Due { id, work }| {
            let hold = self.held.contains_key(id);
            let unpaid = work.tip.is_zero() && !charity;
            if hold {
                held.push(*id);
            } else if unpaid {
                untipped.push(*id);
            }
            !hold && !unpaid
        });
        self.leave(desk, &held, Reason::Held, "their last refresh failed: later");
        self.leave(desk, &untipped, Reason::NoTip, "what is due brings no tip");
        due.sort_by(|a, b| b.work.tip.cmp(&a.work.tip));
        due
    }

    /// Refreshes perpetual deals with one message, where that pays; else with two of one half each,
    /// and so on, so that none is left for the sake of another.
    fn tend<N: Node>(&mut self, desk: &mut Desk<'_, N>, due: &[Due]) -> Result<(), Trouble> {
        let ids: Vec<_> = due.iter().map(|due| due.id).collect();
        match self.try_to_send(desk, &ids) {
            Ok(()) => Ok(()),
            Err(Obstacle::Trouble(trouble)) => Err(trouble),
            Err(Obstacle::Left(..)) if due.len() > 1 => {
                let (first, rest) = due.split_at(due.len() / 2);
                self.tend(desk, first)?;
                self.tend(desk, rest)
            }
            Err(Obstacle::Left(reason, why)) => {
                self.leave(desk, &ids, reason, &why);
                Ok(())
            }
        }
    }

    fn try_to_send<N: Node>(
        &mut self,
        desk: &mut Desk<'_, N>,
        ids: &[PerpetualDealId],
    ) -> Result<(), Obstacle> {
        let call = self.call::<Refresh>(&ids.to_vec());
        let done: Vec<Refreshed> = desk.node.dry_run(&call)?.reply()?;
        let tips = tips(&done);
        let quote = desk.node.quote(call)?;
        let cost = quote.max_cost();
        if &tips - &cost < self.job.min_profit {
            let gas = log::gas(quote.call.gas_limit, &cost);
            let why = format!("tips of {} do not pay for {gas}", fil(&tips));
            return Err(Obstacle::Left(Reason::Loss, why));
        }
        let about = log::deals(ids);
        if self.job.dry_run {
            let gas = log::gas(quote.call.gas_limit, &cost);
            desk.tell("dry run", &format!("{about} would bring tips of {}, {gas}", fil(&tips)));
            return Ok(());
        }
        let sent = desk.node.send(&quote.call)?;
        desk.tell("sent", &format!("{about}: message {}", sent.name));
        self.pending.push_back(Pending { sent, quote, deals: ids.to_vec() });
        Ok(())
    }

    /// Waits for the receipts of what was sent, in the order in which it was.
    fn settle<N: Node>(&mut self, desk: &mut Desk<'_, N>) -> Result<(), Trouble> {
        while let Some(pending) = self.pending.pop_front() {
            let name = &pending.sent.name;
            match desk.node.wait(&pending.sent) {
                Ok(Some(receipt)) => self.book(desk, &pending, &receipt),
                Ok(None) => {
                    let what = "is not on chain yet, and nothing else is sent before it is. Where fees \
                                rose, `lotus mpool replace --auto` helps";
                    desk.tell("waiting", &format!("message {name} {what}"));
                    self.pending.push_front(pending);
                    break;
                }
                Err(Trouble::Refused(told)) => {
                    desk.tell("lost", &format!("message {name}: {told}"));
                    self.hold(desk.epoch, &pending.deals);
                }
                Err(trouble) => {
                    self.pending.push_front(pending);
                    return Err(trouble);
                }
            }
        }
        Ok(())
    }

    /// Books and tells what became of a message.
    fn book<N: Node>(&mut self, desk: &mut Desk<'_, N>, pending: &Pending, receipt: &Receipt) {
        // A clock that cannot be read is no reason to lose what is booked.
        desk.epoch = desk.node.epoch().unwrap_or(desk.epoch);
        let cost = pending.quote.cost(receipt.gas_used);
        let gas = log::gas(receipt.gas_used, &cost);
        desk.round.messages += 1;
        desk.round.gas += receipt.gas_used;
        desk.round.cost += &cost;
        match receipt.reply::<Vec<Refreshed>>() {
            Ok(done) => {
                let tips = tips(&done);
                for (id, work) in pending.deals.iter().zip(&done) {
                    desk.tell(&log::deals(&[*id]), &log::work(work));
                }
                desk.tell("message", &format!("tips {}, {gas}", fil(&tips)));
                desk.round.tips += tips;
            }
            Err(trouble) => {
                desk.round.failed += 1;
                let about = log::deals(&pending.deals);
                desk.tell("failed", &format!("{about}: {trouble}; {gas} lost"));
                self.hold(desk.epoch, &pending.deals);
            }
        }
    }

    fn hold(&mut self, epoch: ChainEpoch, ids: &[PerpetualDealId]) {
        self.held.extend(ids.iter().map(|id| (*id, epoch + HOLD)));
    }

    /// Notes what is left, and tells it where the round before did not leave it for the same reason.
    fn leave<N>(
        &mut self,
        desk: &mut Desk<'_, N>,
        ids: &[PerpetualDealId],
        reason: Reason,
        why: &str,
    ) {
        desk.round.left += ids.len() as u64;
        self.left.extend(ids.iter().map(|id| (*id, reason)));
        let is_new = |id: &PerpetualDealId| desk.told.get(id) != Some(&reason);
        let new: Vec<_> = ids.iter().copied().filter(is_new).collect();
        if !new.is_empty() {
            desk.tell("left", &format!("{}: {why}", log::deals(&new)));
        }
    }

    fn call<M: Method>(&self, params: &M::Params) -> Call {
        Call::new(self.job.from, self.job.storage).method(M::NUMBER, params)
    }
}

fn tips(done: &[Refreshed]) -> TokenAmount {
    done.iter().fold(TokenAmount::zero(), |sum, work| sum + &work.tip)
}

impl AddAssign<&Round> for Round {
    fn add_assign(&mut self, round: &Round) {
        self.kept = round.kept;
        self.due += round.due;
        self.left += round.left;
        self.messages += round.messages;
        self.failed += round.failed;
        self.tips += &round.tips;
        self.gas += round.gas;
        self.cost += &round.cost;
    }
}
