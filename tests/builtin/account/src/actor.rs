//! The methods, and the system calls around the rules.

use builtin_common::{Exit, Result};
use fvm_sdk::{NO_DATA_BLOCK_ID, crypto};
use fvm_shared::address::Address;
use fvm_shared::{METHOD_CONSTRUCTOR, MethodNum};
use shared::ext::account::{AUTHENTICATE_MESSAGE, AuthenticateMessageParams, PUBKEY_ADDRESS};
use shared::ext::{SYSTEM_ACTOR, builtin};
use shared::{Caller, ensure, host};

use crate::state::State;

/// The lowest number that FRC-42 gives a method.
const FIRST_EXPORTED: MethodNum = 1 << 24;

shared::dispatch! {
    payable;
    METHOD_CONSTRUCTOR => Caller::Only(SYSTEM_ACTOR) => constructor,
    PUBKEY_ADDRESS => Caller::Anyone => pubkey_address,
    AUTHENTICATE_MESSAGE => Caller::Anyone => authenticate_message;
    else fallback
}

fn constructor(address: Address) -> Result<()> {
    let state = State::new(address)?;
    Ok(host::commit(&state)?)
}

/// Closed to user actors and EVM contracts, as every method under 2^24 is.
fn pubkey_address(_: ()) -> Result<Address> {
    let kind = host::builtin_type(host::caller());
    let internal = kind.is_some_and(|position| position <= builtin::LAST);
    ensure!(internal && kind != Some(builtin::EVM), Exit::forbidden("only for built-in actors"));
    Ok(host::load::<State>()?.address)
}

/// Replies `true` or ends with an error, never `false`.
fn authenticate_message(params: AuthenticateMessageParams) -> Result<bool> {
    let state: State = host::load()?;
    let signature = state.signature(params.signature)?;
    match crypto::verify_signature(&signature, &state.address, &params.message) {
        Ok(true) => Ok(true),
        Ok(false) | Err(_) => Err(Exit::illegal_argument("the signature is not valid")),
    }
}

fn fallback(method: MethodNum) -> u32 {
    if method >= FIRST_EXPORTED { NO_DATA_BLOCK_ID } else { host::unhandled(method) }
}
