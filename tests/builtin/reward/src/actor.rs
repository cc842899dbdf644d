//! The methods, and the system calls around the rules.

use builtin_common::{Exit, Result};
use fvm_shared::address::Address;
use fvm_shared::bigint::bigint_ser::BigIntDe;
use fvm_shared::sys::SendFlags;
use fvm_shared::{METHOD_CONSTRUCTOR, METHOD_SEND};
use shared::ext::{BURNT_FUNDS_ACTOR, POWER_ACTOR, SYSTEM_ACTOR};
use shared::{Caller, host};

use crate::state::State;
use crate::types::{
    APPLY_REWARDS, AWARD_BLOCK_REWARD, AwardBlockRewardParams, THIS_EPOCH_REWARD, ThisEpochReward,
    UPDATE_NETWORK_KPI,
};

shared::dispatch! {
    payable;
    METHOD_CONSTRUCTOR => Caller::Only(SYSTEM_ACTOR) => constructor,
    AWARD_BLOCK_REWARD => Caller::Only(SYSTEM_ACTOR) => award_block_reward,
    THIS_EPOCH_REWARD => Caller::Anyone => this_epoch_reward,
    UPDATE_NETWORK_KPI => Caller::Only(POWER_ACTOR) => update_network_kpi,
}

fn constructor(power: Option<BigIntDe>) -> Result<()> {
    let BigIntDe(power) = power.ok_or_else(|| Exit::illegal_argument("no power"))?;
    Ok(host::commit(&State::new(&power))?)
}

/// A miner that cannot take its reward loses it.
fn award_block_reward(params: AwardBlockRewardParams) -> Result<()> {
    let mut state: State = host::load()?;
    let due = state.award(&params, &host::balance())?;
    let miner = Address::new_id(host::resolve(&params.miner)?);
    host::commit(&state)?;
    let (reward, params) = (due.reward.clone(), host::params(&due)?);
    let paid = host::try_send(&miner, APPLY_REWARDS, params, reward, None, SendFlags::empty());
    if !paid.is_ok_and(|response| response.exit_code.is_success()) {
        let burnt = Address::new_id(BURNT_FUNDS_ACTOR);
        let _ = host::try_send(&burnt, METHOD_SEND, None, due.reward, None, SendFlags::empty());
    }
    Ok(())
}

fn this_epoch_reward(_: ()) -> Result<ThisEpochReward> {
    Ok(host::load::<State>()?.this_epoch())
}

fn update_network_kpi(power: Option<BigIntDe>) -> Result<()> {
    let BigIntDe(power) = power.ok_or_else(|| Exit::illegal_argument("no power"))?;
    let mut state: State = host::load()?;
    state.end_epoch(host::epoch(), &power);
    Ok(host::commit(&state)?)
}
