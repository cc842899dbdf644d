//! What the DAO wants to have stored.

use alloc::vec::Vec;

use cid::Cid;
use fvm_ipld_blockstore::Blockstore;
use fvm_ipld_encoding::tuple::*;
use fvm_shared::ActorID;
use fvm_shared::commcid::{cid_to_data_commitment_v1, data_commitment_v1_to_cid};
use fvm_shared::econ::TokenAmount;
use fvm_shared::piece::PaddedPieceSize;
use shared::map::{get_block, put_block};
use shared::page::MAX_PAGE;
use shared::{Map, MapSpec, ensure};

use crate::api::{
    AddDatasetParams, BasisPoints, Dataset, DatasetId, DatasetSummary, DatasetTerms, PageParams,
    Role,
};
use crate::error::Error;
use crate::rules;
use crate::slots::{self, Slots};
use crate::state::{LISTINGS, Listings, Message, REPLICAS, Replicas, State};

/// Replicas that a dataset can want, and those that are tracked of it: whoever adds one rewrites
/// them all.
pub const MAX_REPLICAS: u32 = 32;
pub const MAX_TRACKED: u32 = 64;
const MAX_PIECE_SIZE: u64 = 64 << 30;
/// Bits of a reward: far from where sums of rewards would leave the range of a token amount.
const REWARD_MAX_BITS: u64 = 128;
const MAX_LOCATIONS: usize = 8;
const LOCATION_MAX_BYTES: usize = 256;

pub static DETAILS: MapSpec = MapSpec { name: "details", bit_width: 3 };

/// By number: the link to a [`Detail`].
pub type Details<'s, BS> = Map<'s, BS, DatasetId, Cid>;

/// Datasets by number.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Catalog {
    pub last: DatasetId,
    /// [`Details`].
    pub details: Cid,
}

/// A dataset as the acceptance of a deal sees it.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    pub id: DatasetId,
    /// Bytes after padding.
    pub piece_size: u64,
    /// Replicas wanted: none of a piece that is retired, or that nobody listed.
    pub wanted: u32,
    pub reward: TokenAmount,
    pub publish_share: Option<BasisPoints>,
    /// A [`DealPolicy`](crate::api::DealPolicy) beside that of the rules.
    pub policy: Option<Cid>,
}

/// What a listing leaves out.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Detail {
    pub piece_cid: Cid,
    pub curator: Option<ActorID>,
    pub terms: Option<DatasetTerms>,
}

impl Catalog {
    /// No datasets. `empty` is the root of an empty map.
    #[must_use]
    pub fn new(empty: Cid) -> Self {
        Catalog { last: 0, details: empty }
    }

    /// Numbers a dataset.
    fn add(&mut self, store: &impl Blockstore, detail: &Detail) -> Result<DatasetId, Error> {
        let id = self.last.checked_add(1).ok_or(shared::Error::Overflow("datasets"))?;
        self.set(store, id, detail)?;
        self.last = id;
        Ok(id)
    }

    fn set(
        &mut self,
        store: &impl Blockstore,
        id: DatasetId,
        detail: &Detail,
    ) -> Result<(), Error> {
        let mut details = Details::load(store, &self.details, &DETAILS)?;
        details.set(&id, put_block(store, "detail", detail)?)?;
        self.details = details.flush()?;
        Ok(())
    }

    /// Whether there is such a dataset.
    #[must_use]
    pub fn has(&self, id: DatasetId) -> bool {
        (1..=self.last).contains(&id)
    }

    pub fn detail(&self, store: &impl Blockstore, id: DatasetId) -> Result<Detail, Error> {
        let details = Details::load(store, &self.details, &DETAILS)?;
        let block = details.get(&id)?.ok_or(Error::NoDataset(id))?;
        Ok(get_block(store, "detail", block)?)
    }
}

impl Listing {
    /// A listing of these terms.
    fn new(
        store: &impl Blockstore,
        id: DatasetId,
        size: u64,
        terms: &DatasetTerms,
    ) -> Result<Self, Error> {
        let policy = terms.policy.as_ref().map(|policy| put_block(store, "policy", policy));
        Ok(Listing {
            id,
            piece_size: size,
            wanted: terms.wanted,
            reward: terms.reward.clone(),
            publish_share: terms.publish_share,
            policy: policy.transpose()?,
        })
    }
}

impl State {
    /// Lists a dataset and returns its number. A piece that was tracked without being listed keeps
    /// the number and the replicas that it has. Caller: a curator.
    pub fn add_dataset(
        &mut self,
        store: &impl Blockstore,
        message: &Message,
        params: AddDatasetParams,
    ) -> Result<DatasetId, Error> {
        self.check_role(store, message, Role::Curator)?;
        let key = commitment(&params.piece_cid)?;
        check_size(params.piece_size)?;
        self.check_terms(store, &params.terms)?;
        let mut cold = self.cold(store)?;
        let mut listings = Listings::load(store, &self.listings, &LISTINGS)?;
        let size = params.piece_size.0;
        let detail = Detail {
            piece_cid: params.piece_cid,
            curator: Some(message.caller),
            terms: Some(params.terms.clone()),
        };
        let id = match listings.get(&key)? {
            None => cold.catalog.add(store, &detail)?,
            Some(tracked) => {
                let id = tracked.id;
                let listed = cold.catalog.detail(store, id)?.terms.is_some();
                ensure!(!listed, Error::Listed(id));
                ensure!(tracked.piece_size == size, Error::PieceSize(tracked.piece_size, size));
                cold.catalog.set(store, id, &detail)?;
                id
            }
        };
        listings.set(&key, Listing::new(store, id, size, &params.terms)?)?;
        self.listings = listings.flush()?;
        self.set_cold(store, &cold)?;
        Ok(id)
    }

    /// Changes what the DAO wants of a dataset, for deals to come. A retired dataset is wanted again.
    /// Caller: a curator.
    pub fn update_dataset(
        &mut self,
        store: &impl Blockstore,
        message: &Message,
        id: DatasetId,
        terms: DatasetTerms,
    ) -> Result<(), Error> {
        self.check_role(store, message, Role::Curator)?;
        self.check_terms(store, &terms)?;
        let mut cold = self.cold(store)?;
        let mut detail = cold.catalog.detail(store, id)?;
        ensure!(detail.terms.is_some(), Error::NoDataset(id));
        let mut listings = Listings::load(store, &self.listings, &LISTINGS)?;
        let key = commitment(&detail.piece_cid)?;
        let size = listings.get(&key)?.ok_or_else(missing)?.piece_size;
        listings.set(&key, Listing::new(store, id, size, &terms)?)?;
        self.listings = listings.flush()?;
        detail.terms = Some(terms);
        cold.catalog.set(store, id, &detail)?;
        self.set_cold(store, &cold)
    }

    /// Wants no more replicas of a dataset. Those there are run on and earn what they were promised.
    /// Caller: a curator.
    pub fn retire_dataset(
        &mut self,
        store: &impl Blockstore,
        message: &Message,
        id: DatasetId,
    ) -> Result<(), Error> {
        self.check_role(store, message, Role::Curator)?;
        let detail = self.cold(store)?.catalog.detail(store, id)?;
        ensure!(detail.terms.is_some(), Error::NoDataset(id));
        let key = commitment(&detail.piece_cid)?;
        let mut listings = Listings::load(store, &self.listings, &LISTINGS)?;
        let mut listing = listings.get(&key)?.ok_or_else(missing)?.clone();
        ensure!(listing.wanted > 0, Error::Retired(id));
        listing.wanted = 0;
        listings.set(&key, listing)?;
        self.listings = listings.flush()?;
        Ok(())
    }

    /// Refuses terms that make no sense, or promise more than the rules allow.
    fn check_terms(&self, store: &impl Blockstore, terms: &DatasetTerms) -> Result<(), Error> {
        check_terms(terms)?;
        let most = self.config(store)?.rules.rewards.max_reward;
        ensure!(terms.reward <= most, Error::MaxReward(most));
        Ok(())
    }

    /// Tracks a piece that nobody listed.
    pub(crate) fn track(
        &mut self,
        store: &impl Blockstore,
        key: &[u8],
        size: PaddedPieceSize,
    ) -> Result<Listing, Error> {
        check_size(size)?;
        let mut digest = [0; 32];
        ensure!(key.len() == digest.len(), Error::PieceCid("a commitment has 32 bytes"));
        digest.copy_from_slice(key);
        let piece_cid = data_commitment_v1_to_cid(&digest).map_err(Error::PieceCid)?;
        let mut cold = self.cold(store)?;
        let id = cold.catalog.add(store, &Detail { piece_cid, curator: None, terms: None })?;
        self.set_cold(store, &cold)?;
        let listing = Listing {
            id,
            piece_size: size.0,
            wanted: 0,
            reward: TokenAmount::default(),
            publish_share: None,
            policy: None,
        };
        let mut listings = Listings::load(store, &self.listings, &LISTINGS)?;
        listings.set(&key.to_vec(), listing.clone())?;
        self.listings = listings.flush()?;
        Ok(listing)
    }

    /// A dataset with its replicas.
    pub fn dataset(&self, store: &impl Blockstore, id: DatasetId) -> Result<Dataset, Error> {
        let detail = self.cold(store)?.catalog.detail(store, id)?;
        let listings = Listings::load(store, &self.listings, &LISTINGS)?;
        let listing = listings.get(&commitment(&detail.piece_cid)?)?.ok_or_else(missing)?;
        let Slots { replicas, dropouts } = self.slots(store, id)?;
        Ok(Dataset {
            piece_cid: detail.piece_cid,
            piece_size: PaddedPieceSize(listing.piece_size),
            curator: detail.curator,
            retired: listing.wanted == 0,
            terms: detail.terms,
            replicas,
            dropouts,
        })
    }

    /// The datasets with numbers from `page.from`.
    pub fn list_datasets(
        &self,
        store: &impl Blockstore,
        page: &PageParams,
    ) -> Result<Vec<DatasetSummary>, Error> {
        let catalog = self.cold(store)?.catalog;
        let details = Details::load(store, &catalog.details, &DETAILS)?;
        let listings = Listings::load(store, &self.listings, &LISTINGS)?;
        let replicas = Replicas::load(store, &self.replicas, &REPLICAS)?;
        page.numbers(catalog.last)
            .ok_or(Error::Page(MAX_PAGE))?
            .map(|id| {
                let block = details.get(&id)?.ok_or(Error::NoDataset(id))?;
                let detail: Detail = get_block(store, "detail", block)?;
                let key = commitment(&detail.piece_cid)?;
                let listing = listings.get(&key)?.ok_or_else(missing)?;
                let current = slots::at(store, replicas.get(&id)?)?.replicas;
                let active = current.iter().filter(|replica| replica.activated.is_some());
                Ok(DatasetSummary {
                    id,
                    piece_cid: detail.piece_cid,
                    piece_size: PaddedPieceSize(listing.piece_size),
                    wanted: listing.wanted,
                    current: count(current.len()),
                    active: count(active.count()),
                })
            })
            .collect()
    }
}

/// The digest of a CommP, by which a piece is listed.
pub fn commitment(piece_cid: &Cid) -> Result<Vec<u8>, Error> {
    cid_to_data_commitment_v1(piece_cid)
        .map(|commitment| commitment.to_vec())
        .map_err(Error::PieceCid)
}

fn check_size(size: PaddedPieceSize) -> Result<(), Error> {
    size.validate().map_err(Error::PieceSizeInvalid)?;
    ensure!(size.0 <= MAX_PIECE_SIZE, Error::PieceSizeInvalid("more than 64 GiB"));
    Ok(())
}

/// Refuses terms that make no sense.
fn check_terms(terms: &DatasetTerms) -> Result<(), Error> {
    ensure!((1..=MAX_REPLICAS).contains(&terms.wanted), Error::Wanted(MAX_REPLICAS));
    let reward_fits = !terms.reward.is_negative() && terms.reward.atto().bits() <= REWARD_MAX_BITS;
    ensure!(reward_fits, Error::RewardRange(REWARD_MAX_BITS));
    let (count, bytes) = (MAX_LOCATIONS, LOCATION_MAX_BYTES);
    let locations_fit =
        terms.locations.len() <= count && terms.locations.iter().all(|url| url.len() <= bytes);
    ensure!(locations_fit, Error::Locations(count, bytes));
    rules::share(terms.publish_share.unwrap_or(0), "the publish share")?;
    terms.policy.as_ref().map_or(Ok(()), rules::check_policy)
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

fn missing() -> Error {
    shared::Error::state("listings", "a dataset has no listing").into()
}
