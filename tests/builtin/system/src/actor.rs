//! The methods, and the system calls around the rules.

use builtin_common::Result;
use fvm_shared::METHOD_CONSTRUCTOR;
use shared::ext::SYSTEM_ACTOR;
use shared::{Caller, host};

use crate::state::State;

shared::dispatch! {
    payable;
    METHOD_CONSTRUCTOR => Caller::Only(SYSTEM_ACTOR) => constructor,
}

/// Leaves a manifest that genesis has written where it is.
fn constructor(_: ()) -> Result<()> {
    if host::load::<State>().is_ok() {
        return Ok(());
    }
    let state = State::new(&host::Store)?;
    Ok(host::commit(&state)?)
}
