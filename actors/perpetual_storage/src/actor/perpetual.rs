use alloc::vec::Vec;

use shared::event::Event;
use shared::host;

use super::funds::tell_deposit;
use super::{change, load, move_escrow};
use crate::api::{
    ChangePerpetualDealParams, CreatePerpetualDealParams, EstimateParams, EstimateReturn,
    PageParams, PerpetualDealId, PerpetualDealInfo, PerpetualDealSummary,
};
use crate::error::Error;

pub fn create(params: CreatePerpetualDealParams) -> Result<PerpetualDealId, Error> {
    let (piece, wanted) = (params.piece_cid, params.terms.replicas);
    let (id, to_escrow) = change(|state, message| state.create(&host::Store, message, params))?;
    tell_deposit()?;
    host::emit(
        Event::new("perpetual-deal-created")
            .indexed("perpetual-deal", &id)
            .indexed("uploader", &host::caller())
            .indexed("piece-cid", &piece)
            .field("wanted", &wanted),
    )?;
    move_escrow(to_escrow)?;
    Ok(id)
}

pub fn change_terms(params: ChangePerpetualDealParams) -> Result<(), Error> {
    let (id, wanted) = (params.id, params.terms.replicas);
    let to_escrow = change(|state, message| state.change(&host::Store, message, params))?;
    tell_deposit()?;
    let event = Event::new("perpetual-deal-changed").indexed("perpetual-deal", &id);
    host::emit(event.field("wanted", &wanted))?;
    move_escrow(to_escrow)
}

pub fn top_up(id: PerpetualDealId) -> Result<(), Error> {
    change(|state, message| state.top_up(&host::Store, message, id))?;
    let event = Event::new("topped-up").indexed("perpetual-deal", &id);
    let event = event.indexed("by", &host::caller());
    Ok(host::emit(event.field("amount", &host::value()))?)
}

pub fn close(id: PerpetualDealId) -> Result<(), Error> {
    let to_escrow = change(|state, message| state.close(&host::Store, message, id))?;
    host::emit(Event::new("perpetual-deal-closed").indexed("perpetual-deal", &id))?;
    move_escrow(to_escrow)
}

pub fn get(id: PerpetualDealId) -> Result<PerpetualDealInfo, Error> {
    load()?.perpetual_info(&host::Store, id)
}

pub fn list(page: PageParams) -> Result<Vec<PerpetualDealSummary>, Error> {
    load()?.list_perpetual(&host::Store, &page)
}

pub fn estimate(params: EstimateParams) -> Result<EstimateReturn, Error> {
    load()?.estimate(&params)
}
