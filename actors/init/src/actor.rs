//! The methods, and the system calls around the rules.

use cid::Cid;
use fvm_ipld_encoding::RawBytes;
use fvm_ipld_encoding::ipld_block::IpldBlock;
use fvm_shared::METHOD_CONSTRUCTOR;
use fvm_shared::address::Address;
use shared::ext::SYSTEM_ACTOR;
use shared::ext::init::{ConstructorParams, Exec4Params, ExecParams, ExecReturn};
use shared::{Caller, Method, ensure, host};

use crate::admission::{admits_exec, admits_exec4};
use crate::api::{Constructor, Exec, Exec4};
use crate::error::Error;
use crate::state::State;

shared::dispatch! {
    payable;
    Constructor::NUMBER => Caller::Only(SYSTEM_ACTOR) => constructor,
    Exec::NUMBER => Caller::Anyone => exec,
    Exec4::NUMBER => Caller::Anyone => exec4,
}

fn constructor(params: ConstructorParams) -> Result<(), Error> {
    let state = State::new(&host::Hashed, params.network_name)?;
    Ok(host::commit(&state)?)
}

fn exec(params: ExecParams) -> Result<ExecReturn, Error> {
    let admitted =
        admits_exec(host::builtin_type(host::caller()), host::code_type(&params.code_cid));
    ensure!(admitted, Error::Code(params.code_cid));
    create(params.code_cid, None, params.constructor_params)
}

fn exec4(params: Exec4Params) -> Result<ExecReturn, Error> {
    let admitted = admits_exec4(host::caller(), host::code_type(&params.code_cid));
    ensure!(admitted, Error::Code(params.code_cid));
    let delegated = Address::new_delegated(host::caller(), &params.subaddress)
        .map_err(|_| Error::Subaddress(params.subaddress.len()))?;
    create(params.code_cid, Some(delegated), params.constructor_params)
}

/// Creates the actor and runs its constructor with the value of the call. A constructor that fails
/// ends this call with its own exit code, so that nothing remains of the actor.
fn create(
    code: Cid,
    delegated: Option<Address>,
    constructor_params: RawBytes,
) -> Result<ExecReturn, Error> {
    let robust_address = host::next_actor_address();
    let mut state: State = host::load()?;
    let id =
        state.allocate(&host::Hashed, &robust_address, delegated.as_ref(), host::builtin_type)?;
    host::commit(&state)?;
    host::create_actor(id, &code, delegated)?;
    let id_address = Address::new_id(id);
    let params: Option<IpldBlock> = constructor_params.into();
    match host::send(&id_address, METHOD_CONSTRUCTOR, params, host::value()) {
        Err(shared::Error::Refused { code, .. }) => return Err(Error::Constructor(code)),
        done => done?,
    };
    Ok(ExecReturn { id_address, robust_address })
}
