//! The methods about people and money, and the system calls around the rules.

use alloc::vec::Vec;

use builtin_common::{Exit, Result};
use fvm_sdk::network::total_fil_circ_supply;
use fvm_shared::address::{Address, Protocol};
use fvm_shared::econ::TokenAmount;
use fvm_shared::sector::SectorSize;
use fvm_shared::{ActorID, METHOD_CONSTRUCTOR, METHOD_SEND, MethodNum};
use num_traits::Zero;
use shared::ext::account::PUBKEY_ADDRESS;
use shared::ext::miner as exported;
use shared::ext::{BURNT_FUNDS_ACTOR, INIT_ACTOR, POWER_ACTOR, REWARD_ACTOR, builtin};
use shared::{Caller, ensure, ext, host, method_hash};

use crate::deadlines;
use crate::info::{Info, check_control, check_peer, sector_size};
use crate::onboarding::{
    generate_sector_location, nominal_sector_expiration, on_deferred_cron_event,
    pre_commit_sector_batch, prove_commit_sectors, submit_windowed_post, terminate_sectors,
    validate_sector_status,
};
use crate::pledge::Network;
use crate::state::{Effects, Facts, State};
use crate::types::*;

/// The lowest number that FRC-42 gives a method.
const FIRST_EXPORTED: MethodNum = 1 << 24;
const CHANGE_PEER_ID: MethodNum = method_hash!("ChangePeerID");
const CHANGE_MULTIADDRS: MethodNum = method_hash!("ChangeMultiaddrs");
const GET_SECTOR_SIZE: MethodNum = method_hash!("GetSectorSize");
const GET_PEER_ID: MethodNum = method_hash!("GetPeerID");
const GET_MULTIADDRS: MethodNum = method_hash!("GetMultiaddrs");
const MAX_TERMINATION_FEE: MethodNum = method_hash!("MaxTerminationFee");
const INITIAL_PLEDGE: MethodNum = method_hash!("InitialPledge");
const GENERATE_SECTOR_LOCATION: MethodNum = method_hash!("GenerateSectorLocation");
const VALIDATE_SECTOR_STATUS: MethodNum = method_hash!("ValidateSectorStatus");
const GET_NOMINAL_SECTOR_EXPIRATION: MethodNum = method_hash!("GetNominalSectorExpiration");

const OWNER: Caller = Caller::Role("owner");
const CONTROLLER: Caller = Caller::Role("owner, worker or control address");
const SUCCESSOR: Caller = Caller::Role("owner or nominee");
const APPROVER: Caller = Caller::Role("owner, beneficiary or nominee");
const PAYEE: Caller = Caller::Role("owner or beneficiary");

shared::dispatch! {
    payable;
    METHOD_CONSTRUCTOR => Caller::Only(INIT_ACTOR) => constructor,
    2 => Caller::Anyone => control_addresses,
    3 | exported::CHANGE_WORKER_ADDRESS => OWNER => change_worker_address,
    4 | CHANGE_PEER_ID => CONTROLLER => change_peer_id,
    5 => CONTROLLER => submit_windowed_post,
    9 => CONTROLLER => terminate_sectors,
    12 => Caller::Only(POWER_ACTOR) => on_deferred_cron_event,
    14 => Caller::Only(REWARD_ACTOR) => apply_rewards,
    16 | exported::WITHDRAW_BALANCE => PAYEE => withdraw_balance,
    18 | CHANGE_MULTIADDRS => CONTROLLER => change_multiaddrs,
    21 | exported::CONFIRM_CHANGE_WORKER_ADDRESS => OWNER => confirm_change_worker_address,
    22 | exported::REPAY_DEBT => CONTROLLER => repay_debt,
    23 | exported::CHANGE_OWNER_ADDRESS => SUCCESSOR => change_owner_address,
    28 => CONTROLLER => pre_commit_sector_batch,
    30 | exported::CHANGE_BENEFICIARY => APPROVER => change_beneficiary,
    31 | exported::GET_BENEFICIARY => Caller::Anyone => get_beneficiary,
    34 => CONTROLLER => prove_commit_sectors,
    exported::GET_OWNER => Caller::Anyone => get_owner,
    exported::IS_CONTROLLING_ADDRESS => Caller::Anyone => is_controlling_address,
    exported::GET_AVAILABLE_BALANCE => Caller::Anyone => get_available_balance,
    exported::GET_VESTING_FUNDS => Caller::Anyone => get_vesting_funds,
    GET_SECTOR_SIZE => Caller::Anyone => get_sector_size,
    GET_PEER_ID => Caller::Anyone => get_peer_id,
    GET_MULTIADDRS => Caller::Anyone => get_multiaddrs,
    MAX_TERMINATION_FEE => Caller::Anyone => max_termination_fee,
    INITIAL_PLEDGE => Caller::Anyone => initial_pledge,
    GENERATE_SECTOR_LOCATION => Caller::Anyone => generate_sector_location,
    VALIDATE_SECTOR_STATUS => Caller::Anyone => validate_sector_status,
    GET_NOMINAL_SECTOR_EXPIRATION => Caller::Anyone => nominal_sector_expiration,
}

fn constructor(params: MinerConstructorParams) -> Result<()> {
    check_control(&params.control_addresses)?;
    check_peer(&params.peer_id, &params.multi_addresses)?;
    sector_size(params.window_post_proof_type)?;
    let deposit = network()?.new_miner_deposit();
    ensure!(
        host::balance() >= deposit,
        Exit::insufficient_funds("the value does not cover the deposit of a new miner")
    );
    let owner = resolve(&params.owner)?;
    let info = Info {
        owner,
        pending_owner: None,
        worker: resolve_worker(&params.worker)?,
        pending_worker: None,
        control: resolve_all(&params.control_addresses)?,
        beneficiary: owner,
        term: exported::BeneficiaryTerm::default(),
        pending_beneficiary: None,
        peer_id: params.peer_id,
        multiaddrs: params.multi_addresses,
        post_proof: params.window_post_proof_type,
    };
    let now = host::epoch();
    let mut seed = fvm_ipld_encoding::to_vec(&Address::new_id(host::receiver()))
        .map_err(Exit::illegal_state)?;
    seed.extend_from_slice(&now.to_be_bytes());
    let offset = deadlines::offset(host::blake2b(&seed));
    Ok(host::commit(&State::new(&host::Store, info, offset, &deposit, now)?)?)
}

fn control_addresses(_: ()) -> Result<ControlAddresses> {
    internal()?;
    let Info { owner, worker, control, .. } = host::load::<State>()?.info;
    Ok(ControlAddresses {
        owner: Address::new_id(owner),
        worker: Address::new_id(worker),
        control_addresses: control.into_iter().map(Address::new_id).collect(),
    })
}

fn get_owner(_: ()) -> Result<exported::GetOwnerReturn> {
    Ok(host::load::<State>()?.info.get_owner())
}

fn is_controlling_address(address: Address) -> Result<bool> {
    let Ok(id) = host::resolve(&address) else { return Ok(false) };
    Ok(host::load::<State>()?.info.is_controller(id))
}

fn change_worker_address(params: exported::ChangeWorkerAddressParams) -> Result<()> {
    internal()?;
    check_control(&params.new_control_addresses)?;
    let worker = resolve_worker(&params.new_worker)?;
    let control = resolve_all(&params.new_control_addresses)?;
    let mut state: State = host::load()?;
    state.info.change_worker(host::caller(), worker, control, host::epoch())?;
    Ok(host::commit(&state)?)
}

fn confirm_change_worker_address(_: ()) -> Result<()> {
    internal()?;
    let mut state: State = host::load()?;
    state.info.ensure_owner(host::caller())?;
    state.info.apply_worker_change(host::epoch());
    Ok(host::commit(&state)?)
}

fn change_owner_address(new: Address) -> Result<()> {
    internal()?;
    let mut state: State = host::load()?;
    state.info.change_owner(host::caller(), &new)?;
    Ok(host::commit(&state)?)
}

fn change_beneficiary(params: exported::ChangeBeneficiaryParams) -> Result<()> {
    internal()?;
    let nominee = resolve(&params.new_beneficiary)?;
    let mut state: State = host::load()?;
    state.info.change_beneficiary(host::caller(), nominee, params, host::epoch())?;
    Ok(host::commit(&state)?)
}

fn get_beneficiary(_: ()) -> Result<exported::GetBeneficiaryReturn> {
    internal()?;
    Ok(host::load::<State>()?.info.get_beneficiary())
}

fn change_peer_id(params: PeerId) -> Result<()> {
    internal()?;
    check_peer(&params.id, &[])?;
    let mut state: State = host::load()?;
    state.info.ensure_controller(host::caller())?;
    state.info.peer_id = params.id;
    Ok(host::commit(&state)?)
}

fn change_multiaddrs(params: Multiaddrs) -> Result<()> {
    internal()?;
    check_peer(&[], &params.multiaddrs)?;
    let mut state: State = host::load()?;
    state.info.ensure_controller(host::caller())?;
    state.info.multiaddrs = params.multiaddrs;
    Ok(host::commit(&state)?)
}

fn get_peer_id(_: ()) -> Result<PeerId> {
    Ok(PeerId { id: host::load::<State>()?.info.peer_id })
}

fn get_multiaddrs(_: ()) -> Result<Multiaddrs> {
    Ok(Multiaddrs { multiaddrs: host::load::<State>()?.info.multiaddrs })
}

fn get_sector_size(_: ()) -> Result<SectorSize> {
    sector_size(host::load::<State>()?.info.post_proof)
}

fn get_available_balance(_: ()) -> Result<TokenAmount> {
    host::load::<State>()?.funds.available(&host::balance())
}

fn get_vesting_funds(_: ()) -> Result<exported::GetVestingFundsReturn> {
    let vesting_funds = host::load::<State>()?.funds.vesting(&host::Store)?;
    Ok(exported::GetVestingFundsReturn { vesting_funds })
}

fn initial_pledge(_: ()) -> Result<TokenAmount> {
    Ok(host::load::<State>()?.funds.initial_pledge)
}

fn max_termination_fee(params: MaxTerminationFeeParams) -> Result<TokenAmount> {
    Ok(network()?.max_termination_fee(&params.power, &params.initial_pledge))
}

fn apply_rewards(params: ApplyRewardsParams) -> Result<()> {
    let mut state: State = host::load()?;
    let effects = state.apply_rewards(&host::Store, &params, &facts())?;
    host::commit(&state)?;
    settle(effects)
}

/// The reply is what was paid, which can be less than what was asked for.
fn withdraw_balance(params: exported::WithdrawBalanceParams) -> Result<TokenAmount> {
    internal()?;
    let mut state: State = host::load()?;
    let withdrawal = state.withdraw(&host::Store, &params.amount_requested, &facts())?;
    host::commit(&state)?;
    pay(withdrawal.to, &withdrawal.amount)?;
    settle(withdrawal.effects)?;
    Ok(withdrawal.amount)
}

fn repay_debt(_: ()) -> Result<()> {
    internal()?;
    let mut state: State = host::load()?;
    let effects = state.repay_debt(&host::Store, &facts())?;
    host::commit(&state)?;
    settle(effects)
}

pub(crate) fn facts() -> Facts {
    Facts { caller: host::caller(), now: host::epoch(), balance: host::balance() }
}

pub(crate) fn network() -> Result<Network> {
    let rewards: ThisEpochReward = host::get(&Address::new_id(REWARD_ACTOR), REWARD_THIS_EPOCH)?;
    let power: CurrentTotalPower = host::get(&Address::new_id(POWER_ACTOR), POWER_CURRENT_TOTAL)?;
    Ok(Network {
        reward: rewards.reward_smoothed,
        power: power.quality_adj_power_smoothed,
        baseline: rewards.baseline_power,
        circulating: total_fil_circ_supply(),
    })
}

/// Numbers below FRC-42's are closed to user actors and EVM contracts.
pub(crate) fn internal() -> Result<()> {
    let kind = host::builtin_type(host::caller());
    let closed = kind.is_none_or(|position| position > builtin::LAST || position == builtin::EVM);
    ensure!(
        host::method() >= FIRST_EXPORTED || !closed,
        Exit::forbidden("only for built-in actors")
    );
    Ok(())
}

/// Carries a change out to the other actors, and checks that the miner still covers its locks.
pub(crate) fn settle(effects: Effects) -> Result<()> {
    let power = Address::new_id(POWER_ACTOR);
    let nothing = TokenAmount::zero();
    if !effects.pledge.is_zero() {
        let delta = host::params(&effects.pledge)?;
        host::send(&power, POWER_UPDATE_PLEDGE, delta, nothing.clone())?;
    }
    if effects.power != Power::default() {
        let delta = host::params(&effects.power)?;
        host::send(&power, POWER_UPDATE_CLAIM, delta, nothing)?;
    }
    pay(BURNT_FUNDS_ACTOR, &effects.burn)?;
    host::load::<State>()?.funds.check(&host::balance())
}

fn pay(to: ActorID, amount: &TokenAmount) -> Result<()> {
    if amount.is_positive() {
        host::send(&Address::new_id(to), METHOD_SEND, None, amount.clone())?;
    }
    Ok(())
}

fn resolve(address: &Address) -> Result<ActorID> {
    host::resolve(address).map_err(Exit::illegal_argument)
}

fn resolve_all(addresses: &[Address]) -> Result<Vec<ActorID>> {
    addresses.iter().map(resolve).collect()
}

/// A worker is an account with a BLS key.
fn resolve_worker(address: &Address) -> Result<ActorID> {
    let id = resolve(address)?;
    let is_account = host::builtin_type(id) == Some(builtin::ACCOUNT);
    ensure!(is_account, Exit::illegal_argument("the worker is not an account"));
    if address.protocol() != Protocol::BLS {
        let worker = Address::new_id(id);
        let key: Address =
            ext::reply(host::send(&worker, PUBKEY_ADDRESS, None, TokenAmount::zero())?)?;
        ensure!(
            key.protocol() == Protocol::BLS,
            Exit::illegal_argument("the worker has no BLS key")
        );
    }
    Ok(id)
}
