use fvm_shared::address::Address;
use shared::deal::owner_of;
use shared::event::Event;
use shared::ext::builtin::MINER;
use shared::{ensure, host};

use super::{change, load};
use crate::api::{AttestRegionParams, Attestation, GetRegionParams, Record};
use crate::error::Error;

pub fn vouch(provider: Address) -> Result<(), Error> {
    let (provider, caller) = (host::resolve(&provider)?, host::caller());
    ensure!(host::builtin_type(provider) == Some(MINER), Error::NotOwner(caller, provider));
    ensure!(owner_of(provider)? == caller, Error::NotOwner(caller, provider));
    change(|state, message| state.vouch(&host::Store, message, provider))?;
    let event = Event::new("vouched").indexed("provider", &provider);
    Ok(host::emit(event.indexed("owner", &caller))?)
}

pub fn attest_region(params: AttestRegionParams) -> Result<(), Error> {
    let provider = host::existing(&params.provider)?;
    let region = params.region.as_ref().map(|region| region.region.clone());
    change(|state, message| state.attest(&host::Store, message, provider, params.region))?;
    let event = Event::new("region-attested").indexed("provider", &provider);
    let event = event.indexed("attester", &host::caller());
    Ok(host::emit(event.field("region", &region))?)
}

pub fn get_region(params: GetRegionParams) -> Result<Option<Attestation>, Error> {
    match (host::resolve(&params.attester), host::resolve(&params.provider)) {
        (Ok(attester), Ok(provider)) => load()?.region(&host::Store, attester, provider),
        _ => Ok(None),
    }
}

pub fn get_provider(provider: Address) -> Result<Record, Error> {
    match host::resolve(&provider) {
        Ok(id) => load()?.record(&host::Store, id),
        Err(_) => Ok(Record::default()),
    }
}
