//! The methods.

use builtin_common::Result;
use fvm_shared::econ::TokenAmount;
use fvm_shared::sys::SendFlags;
use fvm_shared::{METHOD_CONSTRUCTOR, MethodNum};
use num_traits::Zero;
use shared::ext::SYSTEM_ACTOR;
use shared::{Caller, host};

use crate::state::State;

const EPOCH_TICK: MethodNum = 2;

shared::dispatch! {
    payable;
    METHOD_CONSTRUCTOR => Caller::Only(SYSTEM_ACTOR) => constructor,
    EPOCH_TICK => Caller::Only(SYSTEM_ACTOR) => epoch_tick,
}

fn constructor(state: State) -> Result<()> {
    Ok(host::commit(&state)?)
}

/// An entry that fails must not keep the others from running, so failures are dropped.
fn epoch_tick(_: ()) -> Result<()> {
    for entry in host::load::<State>()?.entries {
        let nothing = TokenAmount::zero();
        let _ =
            host::try_send(&entry.receiver, entry.method, None, nothing, None, SendFlags::empty());
    }
    Ok(())
}
