use alloc::vec::Vec;

use shared::event::Event;
use shared::host;

use super::change;
use crate::api::SpecHash;
use crate::error::Error;

pub fn approve_spec(hash: SpecHash) -> Result<(), Error> {
    change(|state, message| state.approve_spec(&host::Store, message.caller, &hash))?;
    let event = Event::new("spec-approved").indexed("underwriter", &host::caller());
    Ok(host::emit(event.indexed("hash", &hash))?)
}

pub fn cancel_nonces(nonces: Vec<u64>) -> Result<(), Error> {
    change(|state, message| state.cancel_nonces(&host::Store, message.caller, &nonces))
}
