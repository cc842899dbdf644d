//! What the market asks of agents and of miners.

use fvm_shared::ActorID;
use fvm_shared::address::Address;
use fvm_shared::econ::TokenAmount;
use serde::Serialize;
use serde::de::DeserializeOwned;
use shared::ext::init::{EXEC4, Exec4Params, ExecReturn};
use shared::ext::loan_agent::{self as agent, ConstructorParams, Holding, ReleaseParams};
use shared::ext::miner::{
    GET_AVAILABLE_BALANCE, GET_VESTING_FUNDS, GetVestingFundsReturn, INITIAL_PLEDGE,
    MAX_TERMINATION_FEE, MaxTerminationFeeParams,
};
use shared::ext::power::{MINER_POWER, MinerPowerReturn};
use shared::ext::{INIT_ACTOR, POWER_ACTOR, builtin};
use shared::{Method, dispatch, ensure, ext, host};

use super::zero;
use crate::api::{Collateral, LoanSpec, Rules, SpecHash};
use crate::error::Error;

/// Creates the agent of a loan at f4⟨market⟩⟨hash of the specification⟩.
pub fn create(rules: &Rules, spec: &LoanSpec, hash: &SpecHash) -> Result<ActorID, Error> {
    let constructor_params =
        ConstructorParams { borrower: spec.borrower, miner: spec.miner, control: spec.control };
    let params = Exec4Params {
        code_cid: rules.agent_code.0,
        constructor_params: raw(&constructor_params)?,
        subaddress: hash.hash.clone().into(),
    };
    let init = Address::new_id(INIT_ACTOR);
    let created: ExecReturn =
        ext::reply(host::send(&init, EXEC4, host::params(&params)?, zero())?)?;
    Ok(host::resolve(&created.id_address)?)
}

/// Calls a method of an agent.
pub fn call<M: Method>(id: ActorID, params: &M::Params) -> Result<M::Return, Error>
where
    M::Return: DeserializeOwned,
{
    let sent = host::send(&Address::new_id(id), M::NUMBER, dispatch::encode(params)?, zero())?;
    match sent {
        Some(block) => Ok(ext::reply(Some(block))?),
        // A unit is CBOR null.
        None => Ok(fvm_ipld_encoding::from_slice(&[0xf6])
            .map_err(|e| shared::Error::encoding("reply of an agent", e))?),
    }
}

/// Has an agent collect, and returns what arrived, whatever the agent says.
pub fn collect(id: ActorID, due: &TokenAmount) -> Result<TokenAmount, Error> {
    let before = host::balance();
    call::<agent::Collect>(id, due)?;
    Ok(host::balance() - before)
}

pub fn release(id: ActorID, to: ActorID) -> Result<Holding, Error> {
    call::<agent::Release>(id, &ReleaseParams { to })
}

/// What a miner is worth. Fails for anything but a miner of the network's own code, which could say
/// anything.
pub fn collateral(miner: ActorID) -> Result<Collateral, Error> {
    ensure!(host::builtin_type(miner) == Some(builtin::MINER), Error::NotMiner(miner));
    let address = Address::new_id(miner);
    let available: TokenAmount = host::get(&address, GET_AVAILABLE_BALANCE)?;
    let vesting: GetVestingFundsReturn = host::get(&address, GET_VESTING_FUNDS)?;
    let vesting = vesting.vesting_funds.into_iter().map(|(_, amount)| amount).sum();
    let pledge: TokenAmount = host::get(&address, INITIAL_PLEDGE)?;
    let power: MinerPowerReturn = host::view(&Address::new_id(POWER_ACTOR), MINER_POWER, &miner)?;
    let params =
        MaxTerminationFeeParams { power: power.quality_adj_power, initial_pledge: pledge.clone() };
    let termination_fee: TokenAmount = host::view(&address, MAX_TERMINATION_FEE, &params)?;
    Ok(Collateral::new(available, vesting, pledge, termination_fee))
}

fn raw<P: Serialize>(params: &P) -> Result<fvm_ipld_encoding::RawBytes, Error> {
    Ok(fvm_ipld_encoding::RawBytes::serialize(params)
        .map_err(|e| shared::Error::encoding("parameters", e))?)
}
