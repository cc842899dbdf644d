//! Which storage deals are taken on.
//!
//! The market asks about all proposals of a batch before it publishes any of them, so every answer
//! of AuthenticateMessage is given on the same state and N proposals for one ad are all told "yes".
//! MarketNotifyDeal, which comes once per deal after, therefore checks every rule again; what it
//! refuses fails the whole batch.

use fvm_ipld_blockstore::Blockstore;
use fvm_ipld_encoding::tuple::*;
use fvm_shared::ActorID;
use fvm_shared::bigint::BigInt;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::deal::DealID;
use fvm_shared::econ::TokenAmount;
use num_traits::Zero;
use shared::ensure;
use shared::ext::market::DealProposal;
use shared::math::{mul_div_down, share_down};

use crate::ads::{self, perpetual_deal};
use crate::api::{Ad, AdId, PerpetualDealId, Policy, Replica};
use crate::error::Error;
use crate::perpetual::Perpetual;
use crate::state::{MAX_RECENT, State};

/// Tips that a deal can cost, all of them if it fails: one when it is seen active, one when it is
/// over, one for the ad in its place.
pub const TIPS_PER_DEAL: u64 = 3;
/// What the going rate is about.
pub const GIB: u64 = 1 << 30;
/// The part that one deal has in the going rate is one of so many.
const RATE_WEIGHT: u64 = 8;

/// What the rules need to know beside the proposal, whose own addresses may be of any kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    pub now: ChainEpoch,
    /// This storage.
    pub storage: ActorID,
    pub client: ActorID,
    pub provider: ActorID,
}

/// How a deal would be taken on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Admission {
    pub ad: Ad,
    pub bounty: TokenAmount,
    pub on_publish: TokenAmount,
    pub policy: Policy,
    perpetual: Perpetual,
    /// First epoch that can earn.
    from: ChainEpoch,
}

/// A storage deal that takes an ad.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Fill {
    pub ad: AdId,
    pub replica: Replica,
}

impl Fill {
    #[must_use]
    pub fn perpetual_deal(&self) -> PerpetualDealId {
        perpetual_deal(self.ad)
    }
}

impl State {
    /// Whether the storage would take on this proposal now, and how, as far as that does not depend on
    /// who owns the provider and on its power.
    pub fn admit(
        &self,
        store: &impl Blockstore,
        proposal: &DealProposal,
        facts: &Facts,
    ) -> Result<Admission, Error> {
        ensure!(facts.client == facts.storage, Error::ForeignClient);
        let id = ads::named_by(proposal.label.as_bytes())?;
        let perpetual = self.find(store, perpetual_deal(id))?.ok_or(Error::NoAd(id))?;
        let open = perpetual.ad(id)?;
        let spec = perpetual.spec(store)?;
        let (terms, now) = (spec.terms, facts.now);
        let ad = perpetual.as_of(open, &terms, now)?;
        if let Some(expiry) = terms.expiry {
            ensure!(now < expiry, Error::Expired(expiry));
        }
        ensure!(proposal.piece_cid == spec.piece_cid, Error::OtherPiece(id));
        let (wanted, size) = (perpetual.piece_size, proposal.piece_size.0);
        ensure!(size == wanted, Error::OtherSize(size, wanted));
        let predecessor = perpetual.end_of(ad.renews);
        let policy = terms.policy;
        check_term(proposal, &ad, &policy, predecessor, now)?;
        check_price(proposal, &ad)?;
        let verified_fits = !proposal.verified_deal || perpetual.datacap_fits(&policy);
        ensure!(verified_fits, Error::Verified);

        let bounty = perpetual.bounty_down(&ad, terms.replicas, &self.rules, now)?;
        let on_publish = share_down(&bounty, policy.publish_share)?;
        let collateral = min_collateral(&on_publish, &self.rules.tip);
        let covered = proposal.provider_collateral >= collateral;
        ensure!(covered, Error::ProviderCollateral(collateral));

        let provider = facts.provider;
        ensure!(policy.providers.admit(provider), Error::ProviderNotAllowed(provider));
        let elsewhere = perpetual.others(&ad).any(|replica| replica.provider == provider);
        ensure!(!elsewhere, Error::SameProvider(provider));
        self.check_provider(store, provider, &policy, now)?;
        let from = predecessor.unwrap_or(now);
        Ok(Admission { ad, bounty, on_publish, policy, perpetual, from })
    }

    /// Takes on a deal of a provider with this owner. Returns what it is due at once.
    pub fn record_deal(
        &mut self,
        store: &impl Blockstore,
        proposal: &DealProposal,
        facts: &Facts,
        deal: DealID,
        owner: ActorID,
        admission: &Admission,
    ) -> Result<TokenAmount, Error> {
        let Admission { ad, bounty, on_publish, policy, perpetual, from } = admission;
        let known = perpetual.replicas.iter().any(|replica| replica.deal == deal);
        ensure!(!known, Error::Recorded(deal));
        let theirs = perpetual.slots_of(owner, ad);
        let (few, most) =
            (theirs < policy.max_replicas_per_owner as usize, policy.max_replicas_per_owner);
        ensure!(few, Error::OwnerReplicas(owner, most));
        self.check_owner(store, facts.provider, owner, facts.now)?;

        let paid = if policy.locked { TokenAmount::zero() } else { on_publish.clone() };
        self.booked -= &paid;
        self.follow_rate(bounty, perpetual.piece_size, ad.duration)?;
        let replica = Replica {
            deal,
            provider: facts.provider,
            owner,
            start_epoch: proposal.start_epoch,
            end_epoch: proposal.end_epoch,
            from: *from,
            active: None,
            bounty: bounty.clone(),
            on_publish: on_publish.clone(),
            paid: paid.clone(),
            price_per_epoch: proposal.storage_price_per_epoch.clone(),
            verified: proposal.verified_deal,
            renews: ad.renews,
        };
        self.escrow -= replica.locked();
        self.refundable += replica.locked();
        self.recent.push(Fill { ad: ad.id, replica });
        if let Some(oldest) = self.recent.first().map(Fill::perpetual_deal)
            && self.recent.len() > MAX_RECENT
        {
            let settled = self.perpetual(store, oldest)?;
            self.change_accounts(store, |state, accounts| {
                state.set_perpetual(store, accounts, oldest, &settled)
            })?;
        }
        Ok(paid)
    }

    /// Lets a deal count for the going rate.
    fn follow_rate(
        &mut self,
        bounty: &TokenAmount,
        size: u64,
        duration: ChainEpoch,
    ) -> Result<(), Error> {
        let room = BigInt::from(size) * duration;
        let rate = mul_div_down(bounty, &BigInt::from(GIB), &room);
        let rate = rate.ok_or(shared::Error::Overflow("the going rate"))?;
        self.going_rate = Some(match &self.going_rate {
            None => rate,
            Some(before) => (before * (RATE_WEIGHT - 1) + rate).div_floor(RATE_WEIGHT),
        });
        Ok(())
    }
}

impl Perpetual {
    /// Puts a deal in the place of the ad that it takes.
    pub fn take_on(&mut self, fill: &Fill) -> Result<(), Error> {
        let Fill { ad, replica } = fill;
        let at = self.ads.iter().position(|open| open.id == *ad).ok_or(Error::NoAd(*ad))?;
        let taken = self.ads.remove(at);
        self.purse += &taken.limit - &replica.bounty;
        self.spent += &replica.paid;
        self.escrow -= replica.locked();
        if replica.verified {
            let used = self.datacap_used.checked_add(self.piece_size);
            self.datacap_used = used.ok_or(shared::Error::Overflow("the DataCap used"))?;
        }
        self.replicas.push(replica.clone());
        Ok(())
    }

    /// Whether a further deal may use DataCap.
    #[must_use]
    pub fn datacap_fits(&self, policy: &Policy) -> bool {
        self.datacap_used.saturating_add(self.piece_size) <= policy.datacap
    }

    /// Its storage deals but the one that an ad renews.
    fn others(&self, ad: &Ad) -> impl Iterator<Item = &Replica> {
        self.replicas.iter().filter(|replica| ad.renews != Some(replica.deal))
    }

    /// Replicas that an owner has without the one that an ad is for. What renews its own is the same
    /// replica.
    fn slots_of(&self, owner: ActorID, ad: &Ad) -> usize {
        let own = |deal: Option<DealID>| {
            self.replicas.iter().any(|other| Some(other.deal) == deal && other.owner == owner)
        };
        let theirs = self.others(ad).filter(|replica| replica.owner == owner);
        theirs.filter(|replica| !own(replica.renews)).count()
    }
}

/// Provider collateral that covers what a deal pays for its publish and what its failure costs in
/// tips: the market burns it if the deal is not proven in time or ends early, so that nobody gains by
/// either.
#[must_use]
pub fn min_collateral(on_publish: &TokenAmount, tip: &TokenAmount) -> TokenAmount {
    on_publish + tip * TIPS_PER_DEAL
}

/// A deal starts within the delay, and keeps the data for the ad's epochs: from its start or, if that
/// is later, from the end of the deal that it renews.
fn check_term(
    proposal: &DealProposal,
    ad: &Ad,
    policy: &Policy,
    predecessor: Option<ChainEpoch>,
    now: ChainEpoch,
) -> Result<(), Error> {
    let start = proposal.start_epoch;
    let latest = now.saturating_add(policy.max_start_delay);
    ensure!(start <= latest, Error::Start(latest));
    let end = predecessor.map_or(start, |end| end.max(start)).saturating_add(ad.duration);
    ensure!(proposal.end_epoch == end, Error::End(end));
    Ok(())
}

/// A deal costs through the market what the ad has in escrow, at the most. One that renews another
/// costs no more for starting before that one ends.
fn check_price(proposal: &DealProposal, ad: &Ad) -> Result<(), Error> {
    ensure!(proposal.client_collateral.is_zero(), Error::ClientCollateral);
    let price = &proposal.storage_price_per_epoch * proposal_term(proposal);
    ensure!(!price.is_negative() && price <= ad.max_total_price(), Error::Price);
    Ok(())
}

fn proposal_term(proposal: &DealProposal) -> ChainEpoch {
    proposal.end_epoch.saturating_sub(proposal.start_epoch)
}
