//! What the DAO wants to have stored.

use alloc::vec;
use alloc::vec::Vec;

use cid::Cid;
use fvm_ipld_blockstore::Blockstore;
use fvm_shared::ActorID;
use fvm_shared::commcid::cid_to_data_commitment_v1;
use fvm_shared::piece::PaddedPieceSize;
use shared::ensure;
use shared::map::{get_block, put_block};

use crate::api::{AddDatasetParams, Dataset, DatasetId};
use crate::error::Error;
use crate::state::{DETAILS, Detail, Details, LISTINGS, Listing, Listings, State};

/// Replicas that a dataset can want: its listing names each of them and is rewritten with each.
pub const MAX_REPLICAS: u32 = 32;
const MAX_PIECE_SIZE: u64 = 64 << 30;
/// Bits of a reward: far from where sums of rewards would leave the range of a token amount.
const REWARD_MAX_BITS: u64 = 128;
const MAX_LOCATIONS: usize = 8;
const LOCATION_MAX_BYTES: usize = 256;

impl State {
    /// Lists a dataset and returns its number.
    pub fn add_dataset(
        &mut self,
        store: &impl Blockstore,
        caller: ActorID,
        params: AddDatasetParams,
    ) -> Result<DatasetId, Error> {
        ensure!(caller == self.admin, Error::NotAdmin(caller));
        let key = commitment(&params.piece_cid)?;
        check(&params)?;
        let mut listings = Listings::load(store, &self.listings, &LISTINGS)?;
        if let Some(listing) = listings.get(&key)? {
            return Err(Error::Listed(listing.id));
        }
        let id = self
            .last_dataset
            .checked_add(1)
            .ok_or(shared::Error::Overflow("the number of datasets"))?;
        let listing = Listing {
            id,
            piece_size: params.piece_size.0,
            wanted: params.wanted,
            reward: params.reward,
            replicas: vec![],
        };
        let detail = Detail {
            piece_cid: params.piece_cid,
            payload_cid: params.payload_cid,
            locations: params.locations,
        };
        listings.set(&key, listing)?;
        let mut details = Details::load(store, &self.details, &DETAILS)?;
        details.set(&id, put_block(store, "detail", &detail)?)?;
        self.listings = listings.flush()?;
        self.details = details.flush()?;
        self.last_dataset = id;
        Ok(id)
    }

    /// A dataset with its replicas.
    pub fn dataset(&self, store: &impl Blockstore, id: DatasetId) -> Result<Dataset, Error> {
        let details = Details::load(store, &self.details, &DETAILS)?;
        let block = details.get(&id)?.ok_or(Error::NoDataset(id))?;
        let detail: Detail = get_block(store, "detail", block)?;
        let listings = Listings::load(store, &self.listings, &LISTINGS)?;
        let listing = listings
            .get(&commitment(&detail.piece_cid)?)?
            .ok_or_else(|| shared::Error::state("listings", "a dataset has no listing"))?;
        Ok(Dataset {
            piece_cid: detail.piece_cid,
            piece_size: PaddedPieceSize(listing.piece_size),
            payload_cid: detail.payload_cid,
            locations: detail.locations,
            wanted: listing.wanted,
            reward: listing.reward.clone(),
            replicas: listing.replicas.clone(),
        })
    }
}

/// The digest of a CommP, by which a piece is listed.
pub fn commitment(piece_cid: &Cid) -> Result<Vec<u8>, Error> {
    cid_to_data_commitment_v1(piece_cid)
        .map(|commitment| commitment.to_vec())
        .map_err(Error::PieceCid)
}

fn check(params: &AddDatasetParams) -> Result<(), Error> {
    params.piece_size.validate().map_err(Error::PieceSizeInvalid)?;
    let size_fits = params.piece_size.0 <= MAX_PIECE_SIZE;
    ensure!(size_fits, Error::PieceSizeInvalid("more than 64 GiB"));
    ensure!((1..=MAX_REPLICAS).contains(&params.wanted), Error::Wanted(MAX_REPLICAS));
    let reward_fits =
        !params.reward.is_negative() && params.reward.atto().bits() <= REWARD_MAX_BITS;
    ensure!(reward_fits, Error::RewardRange(REWARD_MAX_BITS));
    let (count, bytes) = (MAX_LOCATIONS, LOCATION_MAX_BYTES);
    let locations_fit =
        params.locations.len() <= count && params.locations.iter().all(|url| url.len() <= bytes);
    ensure!(locations_fit, Error::Locations { count, bytes });
    Ok(())
}
