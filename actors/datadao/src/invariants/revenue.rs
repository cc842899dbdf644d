use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use fvm_ipld_blockstore::Blockstore;
use fvm_shared::econ::TokenAmount;
use shared::map::{decode_id, decode_pair};

use crate::access::{GRANTS, Grant, Grants, POLICIES, Policies, check_policy};
use crate::api::{AccessPolicy, Cash, GetStakeReturn};
use crate::error::Error;
use crate::staking::{MAX_UNBONDINGS, STAKES, Stake, Stakes};
use crate::state::{Cold, State};

/// Checks stakes against the token and against the pool that they earn from.
pub fn check_staking(
    state: &State,
    store: &impl Blockstore,
    broken: &mut Vec<String>,
) -> Result<(), Error> {
    let staking = state.cold(store)?.staking;
    let mut entries = Vec::new();
    Stakes::load(store, &staking.stakes, &STAKES)?.for_each(|key, stake| {
        entries.push((decode_id(key), stake.clone()));
    })?;
    let (mut total, mut earned) = (TokenAmount::default(), Cash::default());
    for (account, Stake { settled, unbonding, .. }) in entries {
        let Some(account) = account else {
            broken.push("a key of the stakes is not an account".into());
            continue;
        };
        let now = state.stake_of(store, account)?;
        total += &now.staked;
        earned += &now.earned;
        let mut growth = staking.index.clone();
        growth -= &settled;
        if !growth.is_sound() || now == GetStakeReturn::default() {
            broken.push(format!("f0{account} is kept with {now:?}, settled up to {settled:?}"));
        }
        let releases: BTreeSet<_> = unbonding.iter().map(|(release, _)| release).collect();
        let positive = unbonding.iter().all(|(_, sum)| sum.is_positive());
        if releases.len() != unbonding.len() || unbonding.len() > MAX_UNBONDINGS || !positive {
            broken.push(format!("f0{account} has the unbondings {unbonding:?}"));
        }
    }
    let voting = state.token.total_staked(store)?;
    if staking.total != voting || total != voting {
        let counted = &staking.total;
        broken.push(format!("{counted} are staked, {total} by entries, {voting} by the token"));
    }
    let mut dust = staking.pool.clone();
    dust -= &earned;
    if !dust.is_sound() {
        broken.push(format!("stakes have earned {earned:?} of a pool of {:?}", staking.pool));
    }
    Ok(())
}

/// Checks policies and grants against the datasets they are for.
pub fn check_access(
    state: &State,
    store: &impl Blockstore,
    broken: &mut Vec<String>,
) -> Result<(), Error> {
    let Cold { catalog, access, .. } = state.cold(store)?;
    Policies::load(store, &access.policies, &POLICIES)?.for_each(|key, policy| {
        let id = decode_id(key);
        let known = id.is_some_and(|id| catalog.has(id));
        if !known || *policy == AccessPolicy::default() || check_policy(policy).is_err() {
            broken.push(format!("dataset {id:?} has the policy {policy:?}"));
        }
    })?;
    Grants::load(store, &access.grants, &GRANTS)?.for_each(|key, grant| {
        let pair = decode_pair(key);
        if !pair.is_some_and(|(id, _)| catalog.has(id)) || *grant == Grant::default() {
            broken.push(format!("{pair:?} has {grant:?}"));
        }
    })?;
    Ok(())
}
