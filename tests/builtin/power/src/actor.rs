//! The methods, and the system calls around the rules.

use alloc::vec::Vec;

use builtin_common::{Exit, Result};
use fvm_ipld_encoding::RawBytes;
use fvm_shared::address::Address;
use fvm_shared::bigint::bigint_ser::{BigIntDe, BigIntSer};
use fvm_shared::econ::TokenAmount;
use fvm_shared::error::ExitCode;
use fvm_shared::sys::SendFlags;
use fvm_shared::{ActorID, METHOD_CONSTRUCTOR, MethodNum};
use num_traits::Zero;
use shared::ext::power::{
    CREATE_MINER, CreateMinerParams, CreateMinerReturn, MINER_POWER, MinerPowerReturn,
};
use shared::ext::{CRON_ACTOR, INIT_ACTOR, REWARD_ACTOR, SYSTEM_ACTOR, builtin, init};
use shared::{Caller, ensure, ext, host, method_hash};

use crate::queue::Event;
use crate::state::State;
use crate::types::{
    CurrentTotalPower, DeferredCronEventParams, EnrollCronEventParams, MinerConstructorParams,
    MinerRawPowerReturn, ON_DEFERRED_CRON_EVENT, Power, THIS_EPOCH_REWARD, ThisEpochReward,
    UPDATE_NETWORK_KPI,
};

/// The lowest number that FRC-42 gives a method.
const FIRST_EXPORTED: MethodNum = 1 << 24;
const NETWORK_RAW_POWER: MethodNum = method_hash!("NetworkRawPower");
const MINER_RAW_POWER: MethodNum = method_hash!("MinerRawPower");
const MINER_COUNT: MethodNum = method_hash!("MinerCount");
const MINER_CONSENSUS_COUNT: MethodNum = method_hash!("MinerConsensusCount");

shared::dispatch! {
    payable;
    METHOD_CONSTRUCTOR => Caller::Only(SYSTEM_ACTOR) => constructor,
    2 | CREATE_MINER => Caller::Anyone => create_miner,
    3 => Caller::Builtin(builtin::MINER) => update_claimed_power,
    4 => Caller::Builtin(builtin::MINER) => enroll_cron_event,
    5 => Caller::Only(CRON_ACTOR) => on_epoch_tick_end,
    6 => Caller::Builtin(builtin::MINER) => update_pledge_total,
    9 => Caller::Anyone => current_total_power,
    NETWORK_RAW_POWER => Caller::Anyone => network_raw_power,
    MINER_RAW_POWER => Caller::Anyone => miner_raw_power,
    MINER_POWER => Caller::Anyone => miner_power,
    MINER_COUNT => Caller::Anyone => miner_count,
    MINER_CONSENSUS_COUNT => Caller::Anyone => miner_consensus_count,
}

fn constructor(_: ()) -> Result<()> {
    Ok(host::commit(&State::new(&host::Store)?)?)
}

/// The value that comes along goes to the new miner, which locks its deposit from it (FIP-0077).
fn create_miner(params: CreateMinerParams) -> Result<CreateMinerReturn> {
    internal()?;
    let constructor_params = RawBytes::serialize(MinerConstructorParams {
        owner: params.owner,
        worker: params.worker,
        control_addresses: Vec::new(),
        window_post_proof_type: params.window_post_proof_type,
        peer_id: params.peer,
        multi_addresses: params.multiaddrs,
    })
    .map_err(|e| Exit::new(ExitCode::USR_SERIALIZATION, e))?;
    let exec = init::ExecParams {
        code_cid: fvm_sdk::actor::get_code_cid_for_type(builtin::MINER),
        constructor_params,
    };
    let init = Address::new_id(INIT_ACTOR);
    let reply = host::send(&init, init::EXEC, host::params(&exec)?, host::value())?;
    let init::ExecReturn { id_address, robust_address } = ext::reply(reply)?;

    let mut state: State = host::load()?;
    state.add_miner(&host::Store, host::resolve(&id_address)?)?;
    host::commit(&state)?;
    Ok(CreateMinerReturn { id_address, robust_address })
}

fn update_claimed_power(delta: Power) -> Result<()> {
    let mut state: State = host::load()?;
    state.add_power(&host::Store, host::caller(), &delta)?;
    Ok(host::commit(&state)?)
}

fn enroll_cron_event(params: EnrollCronEventParams) -> Result<()> {
    let mut state: State = host::load()?;
    let event = Event { miner: host::caller(), payload: params.payload };
    state.enroll(&host::Store, params.event_epoch, event)?;
    Ok(host::commit(&state)?)
}

/// A miner that fails loses its claim, so that one miner cannot stop the others.
fn on_epoch_tick_end(_: ()) -> Result<()> {
    let reward = Address::new_id(REWARD_ACTOR);
    let rewards: ThisEpochReward = host::get(&reward, THIS_EPOCH_REWARD)?;

    let mut state: State = host::load()?;
    let due = state.take_due(&host::Store, host::epoch())?;
    host::commit(&state)?;

    let mut failed: Vec<ActorID> = Vec::new();
    for event in due {
        let params = DeferredCronEventParams {
            event_payload: event.payload.to_vec(),
            reward_smoothed: rewards.reward_smoothed.clone(),
            quality_adj_power_smoothed: state.last_tick.quality_adj_smoothed.clone(),
        };
        let woken = host::try_send(
            &Address::new_id(event.miner),
            ON_DEFERRED_CRON_EVENT,
            host::params(&params)?,
            TokenAmount::zero(),
            None,
            SendFlags::empty(),
        );
        if !woken.is_ok_and(|response| response.exit_code.is_success()) {
            failed.push(event.miner);
        }
    }

    let mut state: State = host::load()?;
    for miner in failed {
        state.drop_miner(&host::Store, miner)?;
    }
    state.tick();
    host::commit(&state)?;
    let raw_power = host::params(&BigIntSer(&state.network_raw_power()))?;
    host::send(&reward, UPDATE_NETWORK_KPI, raw_power, TokenAmount::zero())?;
    Ok(())
}

fn update_pledge_total(delta: TokenAmount) -> Result<()> {
    let mut state: State = host::load()?;
    state.add_pledge(&host::Store, host::caller(), &delta)?;
    Ok(host::commit(&state)?)
}

fn current_total_power(_: ()) -> Result<CurrentTotalPower> {
    internal()?;
    Ok(host::load::<State>()?.current_total())
}

fn network_raw_power(_: ()) -> Result<BigIntDe> {
    Ok(BigIntDe(host::load::<State>()?.network_raw_power()))
}

fn miner_raw_power(miner: ActorID) -> Result<MinerRawPowerReturn> {
    host::load::<State>()?.raw_power(&host::Store, miner)
}

fn miner_power(miner: ActorID) -> Result<MinerPowerReturn> {
    let claim = host::load::<State>()?.claim(&host::Store, miner)?;
    let claim = claim.ok_or_else(|| Exit::not_found("miner not found"))?;
    Ok(MinerPowerReturn { raw_byte_power: claim.raw, quality_adj_power: claim.quality_adjusted })
}

fn miner_count(_: ()) -> Result<i64> {
    Ok(host::load::<State>()?.miner_count)
}

fn miner_consensus_count(_: ()) -> Result<i64> {
    Ok(host::load::<State>()?.qualified_miners)
}

/// Numbers below FRC-42's are closed to user actors and EVM contracts.
fn internal() -> Result<()> {
    let kind = host::builtin_type(host::caller());
    let closed = kind.is_none_or(|position| position > builtin::LAST || position == builtin::EVM);
    ensure!(
        host::method() >= FIRST_EXPORTED || !closed,
        Exit::forbidden("only for built-in actors")
    );
    Ok(())
}
