//! Which deals the DAO takes on.
//!
//! The market asks about all proposals of a batch before it publishes any of them, so every answer
//! of AuthenticateMessage is given on the same state and N proposals for one slot are all told
//! "yes". MarketNotifyDeal, which comes once per deal after, therefore checks every rule again; what
//! it refuses fails the whole batch.

use alloc::vec;
use alloc::vec::Vec;

use fvm_ipld_blockstore::Blockstore;
use fvm_shared::ActorID;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::deal::DealID;
use fvm_shared::econ::TokenAmount;
use shared::ensure;
use shared::ext::market::DealProposal;
use shared::map::get_block;
use shared::math::share_down;
use shared::page::MAX_PAGE;

use crate::api::{DatasetId, Deal, DealPolicy, PageParams, Replica, Role, Verified};
use crate::datasets::{Listing, MAX_TRACKED, commitment};
use crate::error::Error;
use crate::providers::{self, Bonding, check_barred};
use crate::rewards::Reward;
use crate::slots::{self, Slots};
use crate::state::{Config, LISTINGS, Listings, RECORDS, REPLICAS, Records, Replicas, State};

/// What the rules need to know beside the proposal, whose own addresses may be of any kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    pub now: ChainEpoch,
    /// This DAO.
    pub dao: ActorID,
    pub client: ActorID,
    pub provider: ActorID,
}

/// Who stands behind a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Principals {
    pub owner: ActorID,
    /// Whom rewards are for: the owner or the beneficiary, as the rules say.
    pub payee: ActorID,
}

/// What came of a deal that the DAO took on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Recorded {
    pub dataset: DatasetId,
    /// All that the replica can earn.
    pub promised: TokenAmount,
    /// What is paid at once, minted to the payee already.
    pub paid: Option<Reward>,
}

/// How a deal would be taken on.
struct Admission {
    key: Vec<u8>,
    /// `None` for a piece that nobody listed.
    listing: Option<Listing>,
    slots: Slots,
    /// Replicas of the dataset that one owner may have.
    per_owner: u32,
    /// Whether it fills a slot. If not, it is taken on because its provider has the role, and earns
    /// nothing.
    fills_slot: bool,
}

impl State {
    /// Whether the DAO would take on this proposal now, as far as that does not depend on who owns the
    /// provider.
    pub fn authenticate(
        &self,
        store: &impl Blockstore,
        config: &Config,
        proposal: &DealProposal,
        facts: &Facts,
    ) -> Result<(), Error> {
        let replicas = Replicas::load(store, &self.replicas, &REPLICAS)?;
        let records = Records::load(store, &self.records, &RECORDS)?;
        self.admit(store, &replicas, &records, config, proposal, facts)?;
        Ok(())
    }

    /// Takes on a deal: adds a replica to its dataset.
    pub fn record_deal(
        &mut self,
        store: &impl Blockstore,
        config: &Config,
        proposal: &DealProposal,
        facts: &Facts,
        deal: DealID,
        behind: Principals,
    ) -> Result<Recorded, Error> {
        let mut replicas = Replicas::load(store, &self.replicas, &REPLICAS)?;
        let mut records = Records::load(store, &self.records, &RECORDS)?;
        let mut admission = self.admit(store, &replicas, &records, config, proposal, facts)?;
        let (now, provider) = (facts.now, facts.provider);
        let known = admission.slots.replicas.iter().any(|replica| replica.deal == deal);
        ensure!(!known, Error::Recorded(deal));

        let record = providers::get(&records, provider)?;
        let mut bonding = record.offer(&admission.base_reward(), &config.rules.staking)?;
        let bonded = admission.base_reward() + &bonding.bonus;
        if self.check_cap(config, &bonded).is_err() {
            bonding = Bonding::default();
        }
        if admission.fills_slot {
            let bound = bonding.bond.is_positive();
            let found = admission.check_owner(&records, behind.owner, bound, now);
            admission.fills_slot = self.fills_slot(store, &admission.slots, provider, found)?;
        }
        if !admission.fills_slot {
            bonding = Bonding::default();
        }
        if bonding.bond.is_positive() {
            providers::change(&mut records, provider, |record| {
                record.locked += &bonding.bond;
                Ok(())
            })?;
            self.records = records.flush()?;
        }
        let base = admission.base_reward();
        let Admission { key, listing, mut slots, .. } = admission;
        let listing = match listing {
            Some(listing) => listing,
            None => self.track(store, &key, proposal.piece_size)?,
        };
        let rules = &config.rules.rewards;
        let reward = base + &bonding.bonus;
        let share = listing.publish_share.unwrap_or(rules.publish_share);
        let on_publish = share_down(&reward, share)?;
        let paid = if rules.locked { TokenAmount::default() } else { on_publish.clone() };
        self.promised += &reward - &paid;
        slots.replicas.push(Replica {
            deal,
            provider,
            owner: behind.owner,
            payee: behind.payee,
            start_epoch: proposal.start_epoch,
            end_epoch: proposal.end_epoch,
            activated: None,
            reward: reward.clone(),
            on_publish,
            paid: paid.clone(),
            bond: bonding.bond,
            at_risk: bonding.at_risk,
        });
        slots::set(store, &mut replicas, listing.id, &slots)?;
        self.replicas = replicas.flush()?;
        let paid = paid.is_positive().then_some(Reward { payee: behind.payee, amount: paid });
        if let Some(paid) = &paid {
            self.mint(store, now, paid.payee, &paid.amount)?;
        }
        Ok(Recorded { dataset: listing.id, promised: reward, paid })
    }

    /// A deal of the piece with this commitment.
    pub fn deal(
        &self,
        store: &impl Blockstore,
        commitment: &Vec<u8>,
        id: DealID,
    ) -> Result<Deal, Error> {
        let listings = Listings::load(store, &self.listings, &LISTINGS)?;
        let dataset = listings.get(commitment)?.ok_or(Error::NoDeal(id))?.id;
        let mut replicas = self.slots(store, dataset)?.replicas.into_iter();
        let replica = replicas.find(|replica| replica.deal == id).ok_or(Error::NoDeal(id))?;
        Ok(Deal { dataset, replica })
    }

    /// The deals of the datasets with numbers from `page.from`.
    pub fn list_deals(
        &self,
        store: &impl Blockstore,
        page: &PageParams,
    ) -> Result<Vec<Deal>, Error> {
        let replicas = Replicas::load(store, &self.replicas, &REPLICAS)?;
        let mut deals = Vec::new();
        for dataset in page.numbers(self.cold(store)?.catalog.last).ok_or(Error::Page(MAX_PAGE))? {
            let theirs = slots::at(store, replicas.get(&dataset)?)?.replicas;
            deals.extend(theirs.into_iter().map(|replica| Deal { dataset, replica }));
        }
        Ok(deals)
    }

    fn admit(
        &self,
        store: &impl Blockstore,
        replicas: &Replicas<'_, impl Blockstore>,
        records: &Records<'_, impl Blockstore>,
        config: &Config,
        proposal: &DealProposal,
        facts: &Facts,
    ) -> Result<Admission, Error> {
        self.check_running(facts.now)?;
        ensure!(facts.client == facts.dao, Error::ForeignClient);
        let key = commitment(&proposal.piece_cid)?;
        let listings = Listings::load(store, &self.listings, &LISTINGS)?;
        let listing = listings.get(&key)?.cloned();
        let mut policies = vec![config.rules.policy.clone()];
        if let Some(own) = listing.as_ref().and_then(|listing| listing.policy) {
            policies.push(get_block(store, "policy", &own)?);
        }
        for policy in &policies {
            check_terms(policy, proposal, facts.now)?;
        }
        let slots = match &listing {
            Some(listing) => {
                let (listed, proposed) = (listing.piece_size, proposal.piece_size.0);
                ensure!(listed == proposed, Error::PieceSize(listed, proposed));
                slots::at(store, replicas.get(&listing.id)?)?
            }
            None => Slots::default(),
        };
        let found = check_slot(listing.as_ref(), &policies, &slots, facts)
            .and_then(|reward| self.check_cap(config, reward))
            .and_then(|()| check_barred(records, facts.provider, facts.now));
        let fills_slot = self.fills_slot(store, &slots, facts.provider, found)?;
        let per_owner = policies.iter().map(|policy| policy.max_replicas_per_owner).min();
        let per_owner = per_owner.unwrap_or_default();
        Ok(Admission { key, listing, slots, per_owner, fills_slot })
    }

    /// Whether a replica fills a slot, after what was found about it. A provider with the role is
    /// taken on whatever was found, and then fills none.
    fn fills_slot(
        &self,
        store: &impl Blockstore,
        slots: &Slots,
        provider: ActorID,
        found: Result<(), Error>,
    ) -> Result<bool, Error> {
        let Err(refusal) = found else { return Ok(true) };
        ensure!(self.roles(store, provider)?.has(Role::Provider), refusal);
        ensure!(slots.replicas.len() < MAX_TRACKED as usize, Error::Full(MAX_TRACKED));
        Ok(false)
    }

    /// Refuses what the cap does not cover, beside what is minted and promised already.
    pub(crate) fn check_cap(&self, config: &Config, reward: &TokenAmount) -> Result<(), Error> {
        let covered = &self.minted + &self.promised + reward <= config.token.mint_cap;
        ensure!(covered, Error::MintCap);
        Ok(())
    }
}

impl Admission {
    /// What the replica earns without a bond.
    fn base_reward(&self) -> TokenAmount {
        match &self.listing {
            Some(listing) if self.fills_slot => listing.reward.clone(),
            _ => TokenAmount::default(),
        }
    }

    /// Refuses an owner that has its replicas of the dataset, or, but for a deal that locks a bond,
    /// that has to wait: any miner can name anyone its owner, only the owner puts up a bond.
    fn check_owner(
        &self,
        records: &Records<'_, impl Blockstore>,
        owner: ActorID,
        bonded: bool,
        now: ChainEpoch,
    ) -> Result<(), Error> {
        let few = self.slots.of_owner(owner, now) < self.per_owner as usize;
        ensure!(few, Error::OwnerReplicas(owner, self.per_owner));
        if bonded { Ok(()) } else { check_barred(records, owner, now) }
    }
}

/// The terms, which bind every provider.
fn check_terms(policy: &DealPolicy, proposal: &DealProposal, now: ChainEpoch) -> Result<(), Error> {
    let verified = proposal.verified_deal;
    let verified_fits = match policy.verified {
        Verified::Never => !verified,
        Verified::Allowed => true,
        Verified::Required => verified,
    };
    ensure!(verified_fits, Error::Verified(verified));
    let label_fits = proposal.label.as_bytes().len() <= policy.max_label_bytes as usize;
    ensure!(label_fits, Error::LabelLength(policy.max_label_bytes));
    let duration = proposal.end_epoch.saturating_sub(proposal.start_epoch);
    let duration_fits = (policy.min_duration..=policy.max_duration).contains(&duration);
    ensure!(duration_fits, Error::Duration(duration));
    let latest_start = now.saturating_add(policy.max_start_delay);
    ensure!(proposal.start_epoch <= latest_start, Error::Start(proposal.start_epoch));
    ensure!(proposal.storage_price_per_epoch <= policy.max_price_per_epoch, Error::Price);
    ensure!(proposal.client_collateral <= policy.max_client_collateral, Error::Collateral);
    Ok(())
}

/// The dataset has a slot free for this provider. Returns the reward for filling it.
fn check_slot<'l>(
    listing: Option<&'l Listing>,
    policies: &[DealPolicy],
    slots: &Slots,
    facts: &Facts,
) -> Result<&'l TokenAmount, Error> {
    let listing = listing.ok_or(Error::Unlisted)?;
    let (provider, wanted) = (facts.provider, listing.wanted);
    let allowed = policies
        .iter()
        .all(|policy| policy.providers.is_empty() || policy.providers.contains(&provider));
    ensure!(allowed, Error::ProviderNotAllowed(provider));
    ensure!(!slots.occupies(provider, facts.now), Error::SameProvider(provider));
    ensure!(slots.replicas.len() < wanted as usize, Error::EnoughReplicas(wanted));
    Ok(&listing.reward)
}
