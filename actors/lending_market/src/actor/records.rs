use fvm_shared::address::Address;
use shared::event::Event;
use shared::host;

use super::{change, load};
use crate::api::{AttestParams, Reputation};
use crate::error::Error;

pub fn attest(params: AttestParams) -> Result<(), Error> {
    let subject = host::existing(&params.subject)?;
    let weight =
        change(|state, message| state.attest(&host::Store, message, subject, params.trust))?;
    let event = Event::new("attested").indexed("subject", &subject);
    let event = event.indexed("lender", &host::caller());
    Ok(host::emit(event.field("trust", &params.trust).field("weight", &weight))?)
}

pub fn get_reputation(subject: Address) -> Result<Reputation, Error> {
    let subject = host::resolve(&subject)?;
    load()?.reputation(&host::Store, subject, host::epoch())
}
