//! What holds of a token after every step. For tests: the cost grows with the holders.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use fvm_ipld_blockstore::Blockstore;
use fvm_shared::ActorID;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use integer_encoding::VarInt;

use super::holder::{HOLDERS, Holder, Holders};
use super::ledger::{ALLOWANCES, Allowances, Token, check_amount};
use crate::Error;

impl Token {
    /// Every invariant that the token breaks, in words; none for a sound token.
    pub fn check_invariants(&self, store: &impl Blockstore) -> Result<Vec<String>, Error> {
        let mut broken = Vec::new();
        let mut holders: BTreeMap<ActorID, Holder> = BTreeMap::new();
        Holders::load(store, &self.holders, &HOLDERS)?.for_each(
            |key, holder| match u64::decode_var(key) {
                Some((id, read)) if read == key.len() => _ = holders.insert(id, holder.clone()),
                _ => broken.push(format!("{key:?} is not the key of a holder")),
            },
        )?;
        self.check_supply(&holders, &mut broken);
        self.check_votes(&holders, &mut broken);
        Allowances::load(store, &self.allowances, &ALLOWANCES)?.for_each(|key, allowance| {
            let pair = pair(key);
            if pair.is_none_or(|(owner, operator)| owner == operator) {
                broken.push(format!("{key:?} is not the key of an allowance"));
            }
            if check_amount(allowance).is_err() || allowance.is_zero() {
                broken.push(format!("an allowance {pair:?} of {allowance}"));
            }
        })?;
        Ok(broken)
    }

    /// All that is staked, which its custodian must have: that is the custodian's to check.
    pub fn total_staked(&self, store: &impl Blockstore) -> Result<TokenAmount, Error> {
        let mut total = TokenAmount::default();
        Holders::load(store, &self.holders, &HOLDERS)?
            .for_each(|_, holder| total += &holder.staked)?;
        Ok(total)
    }

    fn check_supply(&self, holders: &BTreeMap<ActorID, Holder>, broken: &mut Vec<String>) {
        for (id, holder) in holders {
            if holder.has_nothing() {
                broken.push(format!("f0{id} has nothing and is kept"));
            }
            if check_amount(&holder.balance).is_err() {
                broken.push(format!("f0{id} has a balance of {}", holder.balance));
            }
        }
        let balances: TokenAmount = holders.values().map(|holder| &holder.balance).sum();
        if balances != self.supply {
            broken.push(format!("the supply is {}, the balances are {balances}", self.supply));
        }
        if check_amount(&self.supply).is_err() {
            broken.push(format!("the supply is {}", self.supply));
        }
    }

    fn check_votes(&self, holders: &BTreeMap<ActorID, Holder>, broken: &mut Vec<String>) {
        let electorate = &self.electorate;
        let mut delegated: BTreeMap<ActorID, TokenAmount> = BTreeMap::new();
        for (id, holder) in holders {
            if let Some(delegate) = holder.delegate {
                *delegated.entry(delegate).or_default() += holder.own(electorate.liquid_votes);
            }
            if holder.delegate == Some(*id) {
                broken.push(format!("f0{id} delegates to itself"));
            }
            if holder.staked.is_negative() {
                broken.push(format!("f0{id} has staked {}", holder.staked));
            }
            if !is_history(&holder.history) {
                broken.push(format!("f0{id} has a history of {:?}", holder.history));
            }
        }
        for (id, holder) in holders {
            let delegated = delegated.remove(id).unwrap_or_default();
            if holder.received != delegated {
                let received = &holder.received;
                broken.push(format!("f0{id} received {received}, was delegated {delegated}"));
            }
        }
        for (id, delegated) in delegated.iter().filter(|(_, votes)| !votes.is_zero()) {
            broken.push(format!("f0{id} received nothing, was delegated {delegated}"));
        }
        if !electorate.snapshots.is_sorted_by(|a, b| a < b) {
            broken.push(format!("the snapshots are {:?}", electorate.snapshots));
        }
        let needed = |(epoch, _): &(ChainEpoch, _)| electorate.snapshots.contains(epoch);
        if !is_history(&electorate.supply_at) || !electorate.supply_at.iter().all(needed) {
            broken.push(format!("the supply has a history of {:?}", electorate.supply_at));
        }
    }
}

/// Past snapshots in their order, each with what then was.
fn is_history(history: &[(ChainEpoch, TokenAmount)]) -> bool {
    history.is_sorted_by(|a, b| a.0 < b.0) && history.iter().all(|(_, votes)| !votes.is_negative())
}

fn pair(key: &[u8]) -> Option<(ActorID, ActorID)> {
    let (owner, read) = u64::decode_var(key)?;
    let rest = key.get(read..)?;
    let (operator, read) = u64::decode_var(rest)?;
    (read == rest.len()).then_some((owner, operator))
}
