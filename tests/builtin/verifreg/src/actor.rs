//! The methods, and the system calls around the rules.

use alloc::format;
use alloc::vec;

use builtin_common::{Exit, Result};
use frc46_token::token::types::{BurnParams, TransferParams};
use fvm_actor_utils::receiver::UniversalReceiverParams;
use fvm_ipld_encoding::RawBytes;
use fvm_sdk::actor::get_actor_code_cid;
use fvm_shared::address::Address;
use fvm_shared::econ::TokenAmount;
use fvm_shared::{ActorID, METHOD_CONSTRUCTOR, MethodNum};
use num_traits::Zero;
use serde::Serialize;
use shared::ext::account::RECEIVE;
use shared::ext::{BatchReturn, DATACAP_ACTOR, MARKET_ACTOR, SYSTEM_ACTOR, builtin};
use shared::{Caller, Error, ensure, host};

use crate::allocations::{received, tokens};
use crate::events;
use crate::state::{State, check_allowance};
use crate::types::*;

/// The lowest number that FRC-42 gives a method.
const FIRST_EXPORTED: MethodNum = 1 << 24;

shared::dispatch! {
    payable;
    METHOD_CONSTRUCTOR => Caller::Only(SYSTEM_ACTOR) => constructor,
    ADD_VERIFIER => Caller::Role("root") => add_verifier,
    REMOVE_VERIFIER => Caller::Role("root") => remove_verifier,
    ADD_VERIFIED_CLIENT | ADD_VERIFIED_CLIENT_EXPORTED => Caller::Role("verifier") => add_client,
    REMOVE_EXPIRED_ALLOCATIONS | REMOVE_EXPIRED_ALLOCATIONS_EXPORTED
        => Caller::Anyone => remove_expired,
    CLAIM_ALLOCATIONS => Caller::Builtin(builtin::MINER) => claim_allocations,
    GET_CLAIMS | GET_CLAIMS_EXPORTED => Caller::Anyone => get_claims,
    RECEIVE => Caller::Only(DATACAP_ACTOR) => receive,
}

fn constructor(root: Address) -> Result<()> {
    let root = host::resolve(&root)
        .map_err(|_| Exit::illegal_argument(format!("{root} is not the address of any actor")))?;
    let state = State::new(&host::Store, root)?;
    Ok(host::commit(&state)?)
}

fn add_verifier(params: AllowanceParams) -> Result<()> {
    check_allowance(&params.allowance)?;
    let verifier = existing(&params.address)?;
    let owner = Address::new_id(verifier);
    let balance: TokenAmount =
        host::view(&Address::new_id(DATACAP_ACTOR), datacap::BALANCE, &owner)?;
    let mut state: State = host::load()?;
    let allowance = params.allowance.clone();
    state.add_verifier(&host::Store, host::caller(), verifier, &balance, allowance)?;
    host::commit(&state)?;
    Ok(host::emit(events::verifier_balance(verifier, &params.allowance, None))?)
}

fn remove_verifier(verifier: Address) -> Result<()> {
    let verifier = resolve(&verifier)?;
    let mut state: State = host::load()?;
    state.remove_verifier(&host::Store, host::caller(), verifier)?;
    host::commit(&state)?;
    Ok(host::emit(events::verifier_balance(verifier, &DataCap::zero(), None))?)
}

/// The market may spend the client's DataCap from then on.
fn add_client(params: AllowanceParams) -> Result<()> {
    check_internal()?;
    check_allowance(&params.allowance)?;
    let client = existing(&params.address)?;
    let verifier = host::caller();
    let mut state: State = host::load()?;
    let left = state.give(&host::Store, verifier, client, &params.allowance)?;
    host::commit(&state)?;
    host::emit(events::verifier_balance(verifier, &left, Some(client)))?;
    let to = Address::new_id(client);
    let operators = vec![Address::new_id(MARKET_ACTOR)];
    let amount = tokens(&params.allowance);
    call_datacap(datacap::MINT, &datacap::MintParams { to, amount, operators })
}

fn remove_expired(
    params: RemoveExpiredAllocationsParams,
) -> Result<RemoveExpiredAllocationsReturn> {
    check_internal()?;
    let to = Address::new_id(params.client);
    let mut state: State = host::load()?;
    let (reply, removed) = state.remove_expired(&host::Store, params, host::epoch())?;
    host::commit(&state)?;
    for (id, allocation) in &removed {
        host::emit(events::allocation_removed(*id, allocation))?;
    }
    let amount = tokens(&reply.datacap_recovered);
    let operator_data = RawBytes::default();
    call_datacap(datacap::TRANSFER, &TransferParams { to, amount, operator_data })?;
    Ok(reply)
}

fn claim_allocations(params: ClaimAllocationsParams) -> Result<ClaimAllocationsReturn> {
    let mut state: State = host::load()?;
    let claimed = state.claim(&host::Store, host::caller(), &params, host::epoch())?;
    host::commit(&state)?;
    for (id, claim) in &claimed.claims {
        host::emit(events::claim(*id, claim))?;
    }
    if !claimed.space.is_zero() {
        call_datacap(datacap::BURN, &BurnParams { amount: tokens(&claimed.space) })?;
    }
    Ok(claimed.reply)
}

fn get_claims(params: GetClaimsParams) -> Result<GetClaimsReturn> {
    check_internal()?;
    host::load::<State>()?.claims(&host::Store, &params)
}

fn receive(params: UniversalReceiverParams) -> Result<AllocationsResponse> {
    let (received, requests) = received(&params, host::receiver())?;
    for request in &requests.allocations {
        let is_miner = host::builtin_type(request.provider) == Some(builtin::MINER);
        ensure!(is_miner, Exit::illegal_argument(format!("f0{} is no miner", request.provider)));
    }
    let mut state: State = host::load()?;
    let made = state.allocate(
        &host::Store,
        received.from,
        &received.amount,
        requests.allocations,
        host::epoch(),
    )?;
    host::commit(&state)?;
    for (id, allocation) in &made {
        host::emit(events::allocation(*id, allocation))?;
    }
    let success_count = u32::try_from(made.len()).map_err(|_| Error::Overflow("the batch"))?;
    Ok(AllocationsResponse {
        allocation_results: BatchReturn { success_count, ..BatchReturn::default() },
        extension_results: BatchReturn::default(),
        new_allocations: made.into_iter().map(|(id, _)| id).collect(),
    })
}

fn call_datacap(method: MethodNum, params: &impl Serialize) -> Result<()> {
    let params = host::params(params)?;
    host::send(&Address::new_id(DATACAP_ACTOR), method, params, TokenAmount::zero())?;
    Ok(())
}

/// The ID of an address, whose account is created if need be.
fn resolve(address: &Address) -> Result<ActorID> {
    host::resolve_or_create(address).map_err(|error| match error {
        Error::Unresolved(_) => Exit::illegal_argument(error),
        _ => error.into(),
    })
}

/// Like [`resolve`], for an actor that must exist: an f0 address always resolves.
fn existing(address: &Address) -> Result<ActorID> {
    let id = resolve(address)?;
    let code = get_actor_code_cid(&Address::new_id(id));
    ensure!(code.is_some(), Exit::not_found(format!("there is no actor {address}")));
    Ok(id)
}

/// Methods under 2^24 are closed to user actors and EVM contracts, who have the exported ones.
fn check_internal() -> Result<()> {
    let kind = host::builtin_type(host::caller());
    let internal = kind.is_some_and(|position| position <= builtin::LAST);
    ensure!(
        host::method() >= FIRST_EXPORTED || (internal && kind != Some(builtin::EVM)),
        Exit::forbidden("only for built-in actors")
    );
    Ok(())
}
