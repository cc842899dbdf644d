//! Which deals the DAO takes on.
//!
//! The market asks about all proposals of a batch before it publishes any of them, so every answer
//! of AuthenticateMessage is given on the same state and N proposals for one slot are all told
//! "yes". MarketNotifyDeal, which comes once per deal after, therefore checks every rule again; what
//! it refuses fails the whole batch.

use fvm_ipld_blockstore::Blockstore;
use fvm_shared::ActorID;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::deal::DealID;
use shared::ensure;
use shared::ext::market::DealProposal;

use crate::api::{Deal, DealPolicy, Replica};
use crate::datasets::commitment;
use crate::error::Error;
use crate::rewards::Reward;
use crate::state::{DEALS, Deals, LISTINGS, Listing, Listings, State};

/// What the rules need to know beside the proposal, whose own addresses may be of any kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    pub now: ChainEpoch,
    /// This DAO.
    pub receiver: ActorID,
    pub client: ActorID,
    pub provider: ActorID,
}

impl State {
    /// Whether the DAO would take on this proposal now.
    pub fn authenticate(
        &self,
        store: &impl Blockstore,
        policy: &DealPolicy,
        proposal: &DealProposal,
        facts: &Facts,
    ) -> Result<(), Error> {
        check_terms(policy, proposal, facts)?;
        let listings = Listings::load(store, &self.listings, &LISTINGS)?;
        let listing = listings.get(&commitment(&proposal.piece_cid)?)?.ok_or(Error::Unlisted)?;
        check_slot(listing, proposal, facts.provider)
    }

    /// Takes on a deal: fills a slot of the dataset, and returns what it earns the provider's owner.
    pub fn record_deal(
        &mut self,
        store: &impl Blockstore,
        policy: &DealPolicy,
        proposal: &DealProposal,
        facts: &Facts,
        deal: DealID,
        owner: ActorID,
    ) -> Result<Reward, Error> {
        check_terms(policy, proposal, facts)?;
        let key = commitment(&proposal.piece_cid)?;
        let mut listings = Listings::load(store, &self.listings, &LISTINGS)?;
        let mut listing = listings.get(&key)?.ok_or(Error::Unlisted)?.clone();
        check_slot(&listing, proposal, facts.provider)?;
        let record = Deal {
            dataset: listing.id,
            provider: facts.provider,
            owner,
            start_epoch: proposal.start_epoch,
            end_epoch: proposal.end_epoch,
        };
        let mut deals = Deals::load(store, &self.deals, &DEALS)?;
        ensure!(deals.set_if_absent(&deal, record)?, Error::Recorded(deal));
        let reward = Reward { owner, amount: listing.reward.clone() };
        listing.replicas.push(Replica { provider: facts.provider, deal });
        listings.set(&key, listing)?;
        self.listings = listings.flush()?;
        self.deals = deals.flush()?;
        Ok(reward)
    }

    /// A deal that the DAO is the client of.
    pub fn deal(&self, store: &impl Blockstore, id: DealID) -> Result<Deal, Error> {
        let deals = Deals::load(store, &self.deals, &DEALS)?;
        Ok(deals.get(&id)?.ok_or(Error::NoDeal(id))?.clone())
    }
}

/// The terms that do not depend on the dataset.
fn check_terms(policy: &DealPolicy, proposal: &DealProposal, facts: &Facts) -> Result<(), Error> {
    ensure!(facts.client == facts.receiver, Error::ForeignClient);
    ensure!(!proposal.verified_deal, Error::Verified);
    let duration = proposal.end_epoch.saturating_sub(proposal.start_epoch);
    let duration_fits = (policy.min_duration..=policy.max_duration).contains(&duration);
    ensure!(duration_fits, Error::Duration(duration));
    let latest_start = facts.now.saturating_add(policy.max_start_delay);
    ensure!(proposal.start_epoch <= latest_start, Error::Start(proposal.start_epoch));
    ensure!(proposal.storage_price_per_epoch <= policy.max_price_per_epoch, Error::Price);
    ensure!(proposal.client_collateral <= policy.max_client_collateral, Error::Collateral);
    Ok(())
}

/// The dataset is this piece, it has a slot free, and the provider has none.
fn check_slot(listing: &Listing, proposal: &DealProposal, provider: ActorID) -> Result<(), Error> {
    let (listed, proposed) = (listing.piece_size, proposal.piece_size.0);
    ensure!(listed == proposed, Error::PieceSize { listed, proposed });
    let same_provider = listing.replicas.iter().any(|replica| replica.provider == provider);
    ensure!(!same_provider, Error::SameProvider(provider));
    let free = listing.replicas.len() < listing.wanted as usize;
    ensure!(free, Error::EnoughReplicas(listing.wanted));
    Ok(())
}
