use alloc::vec::Vec;

use cid::Cid;
use shared::event::Event;
use shared::host;

use super::{change, load};
use crate::api::{
    AddDatasetParams, Dataset, DatasetId, DatasetSummary, PageParams, Retrieval,
    UpdateDatasetParams,
};
use crate::error::Error;

pub fn add_dataset(params: AddDatasetParams) -> Result<DatasetId, Error> {
    let (piece, wanted) = (params.piece_cid, params.terms.wanted);
    let id = change(|state, message| state.add_dataset(&host::Store, message, params))?;
    added(id, &piece, wanted)?;
    Ok(id)
}

pub fn update_dataset(params: UpdateDatasetParams) -> Result<(), Error> {
    let (id, wanted) = (params.id, params.terms.wanted);
    change(|state, message| state.update_dataset(&host::Store, message, id, params.terms))?;
    updated(id, wanted)
}

pub fn retire_dataset(id: DatasetId) -> Result<(), Error> {
    change(|state, message| state.retire_dataset(&host::Store, message, id))?;
    retired(id)
}

pub fn get_dataset(id: DatasetId) -> Result<Dataset, Error> {
    load()?.dataset(&host::Store, id)
}

pub fn list_datasets(page: PageParams) -> Result<Vec<DatasetSummary>, Error> {
    load()?.list_datasets(&host::Store, &page)
}

pub fn retrieve_dataset(id: DatasetId) -> Result<Retrieval, Error> {
    load()?.retrieval(&host::Store, id)
}

pub fn added(id: DatasetId, piece: &Cid, wanted: u32) -> Result<(), Error> {
    Ok(host::emit(
        Event::new("dataset-added")
            .indexed("dataset", &id)
            .indexed("piece-cid", piece)
            .field("wanted", &wanted),
    )?)
}

pub fn updated(id: DatasetId, wanted: u32) -> Result<(), Error> {
    let event = Event::new("dataset-updated").indexed("dataset", &id).field("wanted", &wanted);
    Ok(host::emit(event)?)
}

pub fn retired(id: DatasetId) -> Result<(), Error> {
    Ok(host::emit(Event::new("dataset-retired").indexed("dataset", &id))?)
}
