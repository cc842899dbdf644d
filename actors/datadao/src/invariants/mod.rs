//! What holds of the state after every message. For tests: the cost grows with the state.

mod compute;
mod datasets;
mod governance;
mod revenue;

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use fvm_ipld_blockstore::Blockstore;
use fvm_shared::ActorID;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use shared::map::decode_id;

use crate::api::{Cash, Record};
use crate::error::Error;
use crate::staking::{STAKES, Stakes};
use crate::state::{RECORDS, ROLES, Records, Roles, State};
use crate::treasury::{CREDITS, Credits};

/// Every invariant that the state breaks, in words; none for a sound state. `dao` is the DAO itself.
pub fn check(
    state: &State,
    store: &impl Blockstore,
    dao: ActorID,
    now: ChainEpoch,
) -> Result<Vec<String>, Error> {
    let mut broken = state.token.check_invariants(store)?;
    let mut bonds = BTreeMap::new();
    let promised = datasets::check(state, store, &mut broken, &mut bonds)?;
    if promised != state.promised {
        broken.push(format!("{} are promised, replicas can earn {promised}", state.promised));
    }
    let cap = state.config(store)?.token.mint_cap;
    if &state.minted + &state.promised > cap {
        broken.push(format!("more than the cap is minted or promised: {}", state.minted));
    }
    if state.token.supply > state.minted {
        broken.push(format!("{} exist, {} were minted", state.token.supply, state.minted));
    }
    Roles::load(store, &state.cold(store)?.roles, &ROLES)?.for_each(|key, roles| {
        if roles.iter().next().is_none() {
            broken.push(format!("{:?} is kept without a role", decode_id(key)));
        }
    })?;
    let mut held = holdings(state, store, bonds, &mut broken)?;
    held += &compute::check(state, store, now, &mut broken)?;
    revenue::check_staking(state, store, &mut broken)?;
    revenue::check_access(state, store, &mut broken)?;
    let books = state.cold(store)?.books;
    if held != books.booked {
        broken.push(format!("{:?} is booked, but {held:?} is accounted for", books.booked));
    }
    if books.booked.data > state.token.balance(store, dao)? {
        broken.push(format!("more $DATA is booked than there is: {}", books.booked.data));
    }
    governance::check(state, store, now, &mut broken)?;
    Ok(broken)
}

/// All that the DAO holds, added up account by account.
fn holdings(
    state: &State,
    store: &impl Blockstore,
    mut locked: BTreeMap<ActorID, TokenAmount>,
    broken: &mut Vec<String>,
) -> Result<Cash, Error> {
    let cold = state.cold(store)?;
    let mut held = cold.books.treasury.clone();
    if !held.is_sound() {
        broken.push(format!("the treasury is overspent: {held:?}"));
    }
    Credits::load(store, &cold.books.credits, &CREDITS)?.for_each(|key, owed| {
        held += owed;
        if owed.is_zero() || !owed.is_sound() {
            broken.push(format!("{:?} is owed {owed:?}", decode_id(key)));
        }
    })?;
    held += &cold.staking.pool;
    held.data += &cold.staking.total;
    Stakes::load(store, &cold.staking.stakes, &STAKES)?.for_each(|_, stake| {
        held.data += stake.unbonding.iter().map(|(_, sum)| sum).sum::<TokenAmount>();
    })?;
    Records::load(store, &state.records, &RECORDS)?.for_each(|key, record| {
        held.data += &record.bond;
        let locks = decode_id(key).and_then(|id| locked.remove(&id)).unwrap_or_default();
        if record.locked != locks || record.locked > record.bond || *record == Record::default() {
            broken.push(format!("{:?} has {record:?}, locked {locks}", decode_id(key)));
        }
    })?;
    for (provider, bond) in locked.into_iter().filter(|(_, bond)| bond.is_positive()) {
        broken.push(format!("replicas of f0{provider} lock {bond} of no bond"));
    }
    Ok(held)
}
