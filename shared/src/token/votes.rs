//! Voting weight: what each holder's votes count now, and counted at the end of a past epoch.
//!
//! A weight is kept for past epochs only where somebody needs it, which is at the snapshots, and
//! copied only when it changes: a token on which nobody votes pays nothing for being able to.

use alloc::collections::BTreeMap;
use alloc::collections::btree_map::Entry;
use alloc::format;
use alloc::vec::Vec;

use fvm_ipld_blockstore::Blockstore;
use fvm_ipld_encoding::tuple::*;
use fvm_shared::ActorID;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;

use super::holder::{HOLDERS, Holder, Holders};
use super::ledger::{Token, check_amount};
use crate::{Error, ensure};

/// What decides on weights, beside the holders.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, Default, PartialEq, Eq)]
pub struct Electorate {
    /// Whether a balance votes. If not, only what is staked does.
    pub liquid_votes: bool,
    /// Epochs at whose ends the weights must stay known, in order.
    pub snapshots: Vec<ChainEpoch>,
    /// The supply at the end of past snapshots after which it changed.
    pub supply_at: Vec<(ChainEpoch, TokenAmount)>,
}

impl Electorate {
    /// Keeps in `history` a value that is about to change, for the snapshots that are past and have
    /// no later one, and forgets what no snapshot needs any more.
    pub(super) fn remember(
        &self,
        history: &mut Vec<(ChainEpoch, TokenAmount)>,
        now: ChainEpoch,
        old: &TokenAmount,
    ) {
        history.retain(|(epoch, _)| self.snapshots.contains(epoch));
        for snapshot in self.snapshots.iter().filter(|snapshot| **snapshot < now) {
            if recall(history, *snapshot).is_none() {
                history.push((*snapshot, old.clone()));
            }
        }
    }
}

/// What was kept for a snapshot. The value has not changed since where there is nothing.
fn recall(history: &[(ChainEpoch, TokenAmount)], snapshot: ChainEpoch) -> Option<&TokenAmount> {
    history.iter().find(|(epoch, _)| *epoch == snapshot).map(|(_, value)| value)
}

impl Token {
    /// Moves tokens to a custodian and counts them as the holder's votes. [`Error::Funds`] beyond
    /// the balance, [`Error::Argument`] for a custodian's own. Where balances vote, the custodian has
    /// their votes as well, and must not cast or delegate them.
    pub fn stake(
        &mut self,
        store: &impl Blockstore,
        now: ChainEpoch,
        holder: ActorID,
        custodian: ActorID,
        amount: &TokenAmount,
    ) -> Result<(), Error> {
        check_amount(amount)?;
        let own = "a custodian cannot stake with itself";
        ensure!(holder != custodian, Error::Argument(own.into()));
        let mut step = Step::begin(self, store)?;
        step.take(holder, amount)?;
        step.give(custodian, amount)?;
        step.change(holder, |holder| holder.staked += amount)?;
        step.end(self, now)
    }

    /// Counts staked tokens no longer as the holder's votes. The tokens stay with the custodian,
    /// who may keep them for an unbonding period. [`Error::Funds`] beyond what is staked.
    pub fn unstake(
        &mut self,
        store: &impl Blockstore,
        now: ChainEpoch,
        holder: ActorID,
        amount: &TokenAmount,
    ) -> Result<(), Error> {
        check_amount(amount)?;
        let mut step = Step::begin(self, store)?;
        let staked = &step.holder(holder)?.staked;
        ensure!(staked >= amount, Error::Funds(format!("{amount} of {staked} that are staked")));
        step.change(holder, |holder| holder.staked -= amount)?;
        step.end(self, now)
    }

    /// Lets somebody else cast the holder's own votes, those of the future included; `None`, or the
    /// holder itself, takes them back. What others delegate to the holder stays the holder's.
    pub fn delegate(
        &mut self,
        store: &impl Blockstore,
        now: ChainEpoch,
        holder: ActorID,
        to: Option<ActorID>,
    ) -> Result<(), Error> {
        let liquid = self.electorate.liquid_votes;
        let to = to.filter(|delegate| *delegate != holder);
        let mut step = Step::begin(self, store)?;
        let entry = step.holder(holder)?;
        let own = entry.own(liquid);
        let from = core::mem::replace(&mut entry.delegate, to);
        if let Some(from) = from {
            step.holder(from)?.received -= &own;
        }
        if let Some(to) = to {
            step.holder(to)?.received += &own;
        }
        step.end(self, now)
    }

    /// Votes that the holder can cast now.
    pub fn weight(&self, store: &impl Blockstore, holder: ActorID) -> Result<TokenAmount, Error> {
        Ok(self.holder(store, holder)?.weight(self.electorate.liquid_votes))
    }

    /// Votes that the holder could cast at the end of a snapshot; as of now, if that is yet to
    /// come. The snapshot must be one of those set: nothing else is remembered.
    pub fn weight_at(
        &self,
        store: &impl Blockstore,
        holder: ActorID,
        snapshot: ChainEpoch,
    ) -> Result<TokenAmount, Error> {
        let holder = self.holder(store, holder)?;
        Ok(match recall(&holder.history, snapshot) {
            Some(weight) => weight.clone(),
            None => holder.weight(self.electorate.liquid_votes),
        })
    }

    /// The supply at the end of a snapshot, on the terms of [`Token::weight_at`].
    pub fn supply_at(&self, snapshot: ChainEpoch) -> TokenAmount {
        recall(&self.electorate.supply_at, snapshot).unwrap_or(&self.supply).clone()
    }

    /// Sets the epochs whose weights must stay known. One that was not set before must not be past:
    /// what was not kept when it changed cannot be told any more.
    pub fn set_snapshots(&mut self, mut epochs: Vec<ChainEpoch>) {
        epochs.sort_unstable();
        epochs.dedup();
        self.electorate.supply_at.retain(|(epoch, _)| epochs.contains(epoch));
        self.electorate.snapshots = epochs;
    }
}

/// One step of the ledger: the holders that it touches, as they were and as they will be. Nothing is
/// written before the end, so a step that is refused leaves no trace, and one that changes nothing
/// writes nothing.
pub(super) struct Step<'s, BS> {
    holders: Holders<'s, BS>,
    liquid_votes: bool,
    touched: BTreeMap<ActorID, Touched>,
}

struct Touched {
    before: Holder,
    after: Holder,
}

impl<'s, BS: Blockstore> Step<'s, BS> {
    pub(super) fn begin(token: &Token, store: &'s BS) -> Result<Self, Error> {
        Ok(Step {
            holders: Holders::load(store, &token.holders, &HOLDERS)?,
            liquid_votes: token.electorate.liquid_votes,
            touched: BTreeMap::new(),
        })
    }

    pub(super) fn holder(&mut self, id: ActorID) -> Result<&mut Holder, Error> {
        let touched = match self.touched.entry(id) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                let before = self.holders.get(&id)?.cloned().unwrap_or_default();
                entry.insert(Touched { after: before.clone(), before })
            }
        };
        Ok(&mut touched.after)
    }

    /// Changes what a holder has, and with it what its delegate has received.
    fn change(&mut self, id: ActorID, rule: impl FnOnce(&mut Holder)) -> Result<(), Error> {
        let liquid = self.liquid_votes;
        let holder = self.holder(id)?;
        let own = holder.own(liquid);
        rule(holder);
        let gained = holder.own(liquid) - own;
        match holder.delegate {
            Some(delegate) if !gained.is_zero() => self.holder(delegate)?.received += gained,
            _ => {}
        }
        Ok(())
    }

    /// Returns the new balance.
    pub(super) fn give(&mut self, to: ActorID, amount: &TokenAmount) -> Result<TokenAmount, Error> {
        self.change(to, |holder| holder.balance += amount)?;
        Ok(self.holder(to)?.balance.clone())
    }

    /// Returns the new balance.
    pub(super) fn take(
        &mut self,
        from: ActorID,
        amount: &TokenAmount,
    ) -> Result<TokenAmount, Error> {
        let balance = &self.holder(from)?.balance;
        let short = || Error::Funds(format!("f0{from} has {balance}, which is less than {amount}"));
        ensure!(balance >= amount, short());
        self.change(from, |holder| holder.balance -= amount)?;
        Ok(self.holder(from)?.balance.clone())
    }

    /// Keeps the weights that changed, and writes the holders that did.
    pub(super) fn end(mut self, token: &mut Token, now: ChainEpoch) -> Result<(), Error> {
        let mut changed = false;
        for (id, Touched { before, mut after }) in self.touched {
            if after == before {
                continue;
            }
            let weight = before.weight(self.liquid_votes);
            if after.weight(self.liquid_votes) != weight {
                token.electorate.remember(&mut after.history, now, &weight);
            }
            if after.has_nothing() {
                self.holders.delete(&id)?;
            } else {
                self.holders.set(&id, after)?;
            }
            changed = true;
        }
        if changed {
            token.holders = self.holders.flush()?;
        }
        Ok(())
    }
}
