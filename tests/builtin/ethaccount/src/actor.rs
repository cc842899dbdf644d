//! The methods.

use builtin_common::{Exit, Result};
use fvm_sdk::{NO_DATA_BLOCK_ID, actor};
use fvm_shared::address::{Address, Payload};
use fvm_shared::{METHOD_CONSTRUCTOR, MethodNum};
use shared::ext::{EAM_ACTOR, SYSTEM_ACTOR};
use shared::{Caller, host};

/// The lowest number that FRC-42 gives a method.
const FIRST_EXPORTED: MethodNum = 1 << 24;

shared::dispatch! {
    payable;
    METHOD_CONSTRUCTOR => Caller::Only(SYSTEM_ACTOR) => constructor;
    else fallback
}

fn constructor(_: ()) -> Result<()> {
    let address = actor::lookup_delegated_address(host::receiver());
    match address.as_ref().map(Address::payload) {
        Some(Payload::Delegated(f4)) if f4.namespace() == EAM_ACTOR => Ok(()),
        _ => Err(Exit::illegal_argument("an Ethereum account has an f410 address")),
    }
}

fn fallback(method: MethodNum) -> u32 {
    if method >= FIRST_EXPORTED { NO_DATA_BLOCK_ID } else { host::unhandled(method) }
}
