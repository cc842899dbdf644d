//! What a reader needs to fetch the data.

use alloc::vec::Vec;

use fvm_ipld_blockstore::Blockstore;

use crate::api::{Dataset, DatasetId, Replica, Retrieval, Source};
use crate::error::Error;
use crate::state::State;

impl State {
    /// Where and how to fetch a dataset: from the providers that have it, the active ones first.
    pub fn retrieval(&self, store: &impl Blockstore, id: DatasetId) -> Result<Retrieval, Error> {
        let dataset = self.dataset(store, id)?;
        let sources = dataset.replicas.iter().map(source).collect();
        Ok(retrieval(id, dataset, sources))
    }

    /// Where and how to fetch what one of a dataset's replicas keeps.
    pub fn retrieval_of(
        &self,
        store: &impl Blockstore,
        id: DatasetId,
        replica: &Replica,
    ) -> Result<Retrieval, Error> {
        Ok(retrieval(id, self.dataset(store, id)?, alloc::vec![source(replica)]))
    }
}

fn retrieval(id: DatasetId, dataset: Dataset, mut sources: Vec<Source>) -> Retrieval {
    sources.sort_by_key(|source| source.activated.is_none());
    let (payload_cid, metadata_cid, locations) = match dataset.terms {
        Some(terms) => (Some(terms.payload_cid), terms.metadata_cid, terms.locations),
        None => (None, None, Vec::new()),
    };
    Retrieval {
        dataset: id,
        piece_cid: dataset.piece_cid,
        piece_size: dataset.piece_size,
        payload_cid,
        metadata_cid,
        locations,
        sources,
    }
}

fn source(replica: &Replica) -> Source {
    Source {
        provider: replica.provider,
        deal: replica.deal,
        start_epoch: replica.start_epoch,
        end_epoch: replica.end_epoch,
        activated: replica.activated,
    }
}
