//! Which ads there are, and what they pay.
//!
//! A storage deal stands for a replica until it is over. What renews it stands beside it, and takes
//! its place. So there is an ad for each replica that is missing, and for each that ends within the
//! renewal window and is still wanted then.

use alloc::vec::Vec;

use fvm_ipld_blockstore::Blockstore;
use fvm_shared::bigint::BigInt;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::deal::DealID;
use fvm_shared::econ::TokenAmount;
use fvm_shared::piece::PaddedPieceSize;
use num_traits::Zero;
use shared::ensure;
use shared::math::{mul_div_down, share_down};

use crate::api::{
    Ad, AdId, AdInfo, AdOrder, AdSummary, BasisPoints, Funds, ListAdsParams, ListAdsReturn,
    PerpetualDealId, Replica, Rules, Terms,
};
use crate::deals::min_collateral;
use crate::error::Error;
use crate::perpetual::Perpetual;
use crate::policy::MIN_DURATION;
use crate::state::State;

/// Ads that a perpetual deal can ever have: thousands of years of them.
pub const ADS_PER_DEAL: u64 = 1_000_000_000;
/// Perpetual deals that one ListAds can look at, and ads that it can reply.
const MAX_SCAN: u64 = 1_000;
const MIN_LISTED: u64 = 16;
const MAX_LISTED: u64 = 100;

/// How far the funds for new ads must reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// To the limits of all of them.
    All,
    /// As far as they go: an ad has a lower limit where they do not reach the policy's, and is not
    /// opened where they do not reach its floor.
    Some,
    /// The same, after a tip for each ad.
    Tipped,
}

impl Ad {
    /// What is set aside for the bounty and for the tips of the deal: one when it is seen active, one
    /// when it is over.
    #[must_use]
    pub fn reserve(&self, tip: &TokenAmount) -> TokenAmount {
        &self.limit + tip + tip
    }
}

/// The perpetual deal that an ad belongs to.
#[must_use]
pub fn perpetual_deal(ad: AdId) -> PerpetualDealId {
    ad / ADS_PER_DEAL
}

/// The ad that a label names: its number in decimal, as text or as bytes, without anything else.
pub fn named_by(label: &[u8]) -> Result<AdId, Error> {
    // Parsing alone would take a plus and leading zeros.
    ensure!(matches!(label, [b'1'..=b'9', ..]), Error::Label);
    let text = core::str::from_utf8(label).map_err(|_| Error::Label)?;
    text.parse().map_err(|_| Error::Label)
}

impl Perpetual {
    pub fn ad(&self, id: AdId) -> Result<&Ad, Error> {
        self.ads.iter().find(|ad| ad.id == id).ok_or(Error::NoAd(id))
    }

    /// End of the deal that an ad or a deal renews, while that one runs.
    #[must_use]
    pub fn end_of(&self, renewed: Option<DealID>) -> Option<ChainEpoch> {
        let renewed = self.replicas.iter().find(|replica| Some(replica.deal) == renewed);
        renewed.map(|replica| replica.end_epoch)
    }

    /// What an ad pays now, rounded down: see [`BountyRule`](crate::api::BountyRule).
    pub fn bounty_down(
        &self,
        ad: &Ad,
        wanted: u32,
        rules: &Rules,
        now: ChainEpoch,
    ) -> Result<TokenAmount, Error> {
        let (rule, window) = (&rules.bounty, rules.renewal_window);
        let wanted = i64::from(wanted);
        let missing = wanted.saturating_sub(i64::try_from(self.heads().count()).unwrap_or(wanted));
        let left = self.end_of(ad.renews).map_or(0, |end| end.saturating_sub(now));
        let open = now.saturating_sub(ad.opened);
        let points = i64::from(rule.floor)
            .saturating_add(part_down(rule.scarcity, missing, wanted))
            .saturating_add(part_down(rule.urgency, window.saturating_sub(left), window))
            .saturating_add(part_down(rule.auction, open, rule.auction_period));
        let points = BasisPoints::try_from(points).unwrap_or(BasisPoints::MAX);
        Ok(share_down(&ad.limit, points)?.min(ad.limit.clone()))
    }

    /// An ad as it is now: for less time, and in proportion for less, where the data is not wanted any
    /// longer for as much as when it was opened.
    pub fn as_of(&self, ad: &Ad, terms: &Terms, now: ChainEpoch) -> Result<Ad, Error> {
        let from = self.end_of(ad.renews).map_or(now, |end| end.max(now));
        let duration = term(terms, from).min(ad.duration);
        let (part, all) = (BigInt::from(duration), BigInt::from(ad.duration));
        let limit = mul_div_down(&ad.limit, &part, &all);
        let limit = limit.ok_or(shared::Error::Overflow("a bounty"))?;
        Ok(Ad { duration, limit, ..ad.clone() })
    }

    /// Opens the ads that are missing, out of its own funds and then of its uploader's, and raises the
    /// limits of those that had too little. Returns how many it opened.
    pub fn open_ads(
        &mut self,
        id: PerpetualDealId,
        terms: &Terms,
        rules: &Rules,
        funds: &mut Funds,
        now: ChainEpoch,
        reach: Reach,
    ) -> Result<u32, Error> {
        let tip = if reach == Reach::Tipped { rules.tip.clone() } else { TokenAmount::zero() };
        self.close_excess(terms, &rules.tip);
        self.raise_limits(terms, funds)?;
        let mut opened: u32 = 0;
        for (renews, from) in self.gaps(terms, rules, now) {
            let mut ad = self.next_ad(id, terms, renews, from, now)?;
            let floor = share_down(&ad.limit, rules.bounty.floor)?;
            let cost = ad.reserve(&rules.tip) + &tip;
            self.ads.push(ad.clone());
            let lacking = &cost - self.reach(funds);
            if lacking.is_positive() && reach != Reach::All {
                self.ads.pop();
                ad.limit -= &lacking;
                if ad.limit < floor || !ad.limit.is_positive() {
                    break;
                }
                self.ads.push(ad);
                self.purse += &lacking;
            }
            self.purse -= cost;
            self.spent += &tip;
            // `next_ad` refuses the last number.
            self.last_ad = self.last_ad.saturating_add(1);
            opened = opened.saturating_add(1);
        }
        let lacking = -self.reach(funds);
        ensure!(!lacking.is_positive(), Error::Missing(lacking));
        self.draw(funds);
        Ok(opened)
    }

    /// Closes all ads and takes back what was set aside for them.
    pub fn close_ads(&mut self, tip: &TokenAmount) {
        for ad in core::mem::take(&mut self.ads) {
            self.purse += ad.reserve(tip);
        }
    }

    /// Closes the ads for replicas beyond those wanted: there are such where a deal that was to be
    /// renewed ended early, beside others that are not to be.
    fn close_excess(&mut self, terms: &Terms, tip: &TokenAmount) {
        let mut room = (terms.replicas as usize).saturating_sub(self.heads().count());
        for ad in core::mem::take(&mut self.ads) {
            let replica = usize::from(ad.renews.is_none());
            if let Some(left) = room.checked_sub(replica) {
                room = left;
                self.ads.push(ad);
            } else {
                self.purse += ad.reserve(tip);
            }
        }
    }

    /// What its own funds and those of its uploader can pay for, when its escrow is what the open ads
    /// need.
    pub(crate) fn reach(&self, funds: &Funds) -> TokenAmount {
        &self.purse + &funds.free - self.lacking_escrow()
    }

    /// Takes from its uploader's funds what the purse lacks to bring the escrow to what the ads need.
    /// What they need no more counts for the purse, which may be less than nothing until
    /// [`settle_escrow`](State::settle_escrow) gives it that.
    pub(crate) fn draw(&mut self, funds: &mut Funds) {
        let lacking = (self.lacking_escrow() - &self.purse).max(TokenAmount::zero());
        funds.free -= &lacking;
        self.purse += lacking;
    }

    fn lacking_escrow(&self) -> TokenAmount {
        self.escrow_wanted() - &self.escrow
    }

    fn raise_limits(&mut self, terms: &Terms, funds: &Funds) -> Result<(), Error> {
        let mut room = self.reach(funds);
        for ad in &mut self.ads {
            let more = (limit_down(terms, ad.duration)? - &ad.limit).min(room.clone());
            if more.is_positive() {
                ad.limit += &more;
                room -= &more;
                self.purse -= more;
            }
        }
        Ok(())
    }

    /// The ads that are missing: what each renews, and from when on the data is to be kept.
    fn gaps(
        &self,
        terms: &Terms,
        rules: &Rules,
        now: ChainEpoch,
    ) -> Vec<(Option<DealID>, ChainEpoch)> {
        let (wanted, window) = (terms.replicas as usize, rules.renewal_window);
        let offered = self.ads.iter().filter(|ad| ad.renews.is_none()).count();
        let kept = self.heads().count().saturating_add(offered);
        let ending: Vec<&Replica> = self
            .heads()
            .filter(|head| head.end_epoch.saturating_sub(now) <= window)
            .filter(|head| terms.expiry.is_none_or(|expiry| head.end_epoch < expiry))
            .filter(|head| !self.is_renewed(head.deal))
            .collect();
        let staying = kept.saturating_sub(ending.len());
        let missing = wanted.saturating_sub(kept);
        let renewals = ending.into_iter().take(wanted.saturating_sub(staying));
        let renewals = renewals.map(|head| (Some(head.deal), head.end_epoch));
        core::iter::repeat_n((None, now), missing).chain(renewals).collect()
    }

    /// The storage deals that stand for a replica.
    pub fn heads(&self) -> impl Iterator<Item = &Replica> {
        self.replicas.iter().filter(|replica| replica.renews.is_none())
    }

    fn is_renewed(&self, deal: DealID) -> bool {
        self.ads.iter().any(|ad| ad.renews == Some(deal))
            || self.replicas.iter().any(|replica| replica.renews == Some(deal))
    }

    fn next_ad(
        &self,
        id: PerpetualDealId,
        terms: &Terms,
        renews: Option<DealID>,
        from: ChainEpoch,
        now: ChainEpoch,
    ) -> Result<Ad, Error> {
        let duration = term(terms, from);
        let number = self.last_ad.checked_add(1).filter(|number| *number < ADS_PER_DEAL);
        let id = id.checked_mul(ADS_PER_DEAL).zip(number).and_then(|(id, n)| id.checked_add(n));
        Ok(Ad {
            id: id.ok_or(shared::Error::Overflow("the number of an ad"))?,
            opened: now,
            duration,
            limit: limit_down(terms, duration)?,
            max_price_per_epoch: terms.policy.max_price_per_epoch.clone(),
            renews,
        })
    }
}

impl State {
    /// An open ad with all that a provider needs.
    pub fn ad_info(
        &self,
        store: &impl Blockstore,
        id: AdId,
        now: ChainEpoch,
    ) -> Result<AdInfo, Error> {
        let number = perpetual_deal(id);
        let perpetual = self.find(store, number)?.ok_or(Error::NoAd(id))?;
        let spec = perpetual.spec(store)?;
        let ad = perpetual.as_of(perpetual.ad(id)?, &spec.terms, now)?;
        let Terms { payload_cid, urls, replicas, policy, .. } = spec.terms;
        let bounty = perpetual.bounty_down(&ad, replicas, &self.rules, now)?;
        let on_publish = share_down(&bounty, policy.publish_share)?;
        Ok(AdInfo {
            perpetual_deal: number,
            piece_cid: spec.piece_cid,
            piece_size: PaddedPieceSize(perpetual.piece_size),
            payload_cid,
            urls,
            bounty,
            publish_share: policy.publish_share,
            locked: policy.locked,
            renews_until: perpetual.end_of(ad.renews),
            latest_start: now.saturating_add(policy.max_start_delay),
            min_provider_collateral: min_collateral(&on_publish, &self.rules.tip),
            verified: perpetual.datacap_fits(&policy),
            ad,
        })
    }

    /// The open ads of some perpetual deals.
    pub fn list_ads(
        &self,
        store: &impl Blockstore,
        params: &ListAdsParams,
        now: ChainEpoch,
    ) -> Result<ListAdsReturn, Error> {
        let ListAdsParams { from, scan, limit, order } = params;
        ensure!((1..=MAX_SCAN).contains(scan), Error::Rule("the number of perpetual deals"));
        ensure!((MIN_LISTED..=MAX_LISTED).contains(limit), Error::Rule("the number of ads"));
        let limit = usize::try_from(*limit).unwrap_or(usize::MAX);
        let from = (*from).max(1);
        let end = from.saturating_add(*scan).min(self.last.saturating_add(1));
        let mut ads = Vec::new();
        let mut next = (end <= self.last).then_some(end);
        for id in from..end {
            let Some(perpetual) = self.find(store, id)? else { continue };
            let full = ads.len().saturating_add(perpetual.ads.len()) > limit;
            if full && *order == AdOrder::Deal {
                next = Some(id);
                break;
            }
            if perpetual.ads.is_empty() {
                continue;
            }
            let terms = perpetual.spec(store)?.terms;
            for ad in &perpetual.ads {
                let ad = perpetual.as_of(ad, &terms, now)?;
                ads.push(AdSummary {
                    id: ad.id,
                    piece_size: PaddedPieceSize(perpetual.piece_size),
                    duration: ad.duration,
                    bounty: perpetual.bounty_down(&ad, terms.replicas, &self.rules, now)?,
                    limit: ad.limit,
                    renews: ad.renews,
                });
            }
        }
        if *order == AdOrder::Bounty {
            // As fractions: a / b > c / d where a · d > c · b.
            let room = |ad: &AdSummary| BigInt::from(ad.piece_size.0) * ad.duration;
            ads.sort_by(|a, b| {
                (b.bounty.atto() * room(a)).cmp(&(a.bounty.atto() * room(b))).then(a.id.cmp(&b.id))
            });
            ads.truncate(limit);
        }
        Ok(ListAdsReturn { ads, next })
    }
}

/// Epochs for which a deal keeps the data that is wanted from an epoch on.
fn term(terms: &Terms, from: ChainEpoch) -> ChainEpoch {
    let rest = terms.expiry.map_or(ChainEpoch::MAX, |expiry| expiry.saturating_sub(from));
    rest.max(MIN_DURATION).min(terms.policy.duration)
}

/// What a bounty for so many epochs can come to, rounded down.
fn limit_down(terms: &Terms, duration: ChainEpoch) -> Result<TokenAmount, Error> {
    let (all, policy) = (BigInt::from(duration), &terms.policy);
    let limit = mul_div_down(&policy.max_bounty, &all, &BigInt::from(policy.duration));
    Ok(limit.ok_or(shared::Error::Overflow("a bounty"))?)
}

/// As much of the points as the number is of the whole, but no less than none and no more than all,
/// rounded down.
fn part_down(points: BasisPoints, number: i64, whole: i64) -> i64 {
    let number = number.clamp(0, whole.max(0));
    i64::from(points).saturating_mul(number).checked_div(whole).unwrap_or_default()
}
