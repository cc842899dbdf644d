//! Ten years of hundreds of perpetual deals: providers come, default, terminate and go, uploaders run
//! out of money, and only a bot works for the storage.

use std::collections::BTreeMap;

use actor_perpetual_storage::ads::perpetual_deal;
use actor_perpetual_storage::api::{
    AdOrder, AdSummary, ClosePerpetualDeal, Deposit, GetBooks, ListAds, ListAdsParams,
    ListPerpetualDeals, PageParams, PerpetualDealId, PerpetualDealSummary, Withdraw,
};
use fab::node::Embedded;
use fab::story::Storage;
use fab::worker::{Job, Keeper};
use fvm_harness::{Account, Provider, TokenAmount, atto, fil};
use fvm_shared::clock::ChainEpoch;
use fvm_shared::deal::DealID;
use fvm_shared::sector::SectorNumber;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use shared::ext::market::DealProposal;

use crate::setup::{DAY, network, skipped};

const SEED: u64 = 20_261_121;
const YEARS: ChainEpoch = 3_650 * DAY;
const PERPETUAL_DEALS: u64 = 200;
const UPLOADERS: usize = 5;
const PROVIDERS: usize = 16;
/// Epochs from one round of the bot, and of the providers, to the next.
const ROUND: ChainEpoch = 15 * DAY;
/// How long a replica may be missing: until its auction has come to the limit, and a round more.
const REPAIR: ChainEpoch = 14 * DAY + ROUND;
/// Of a hundred deals, those that are never proven, and those whose sector ends early.
const MISSED: u32 = 4;
const TERMINATED: u32 = 8;

/// A provider of its own owner that works for a time, at its price.
struct Seller {
    provider: Provider,
    /// Percent of an ad's limit that it takes on a deal for.
    ask: u64,
    comes: ChainEpoch,
    goes: ChainEpoch,
}

/// A deal as its provider knows it.
struct Kept {
    deal: DealID,
    perpetual: PerpetualDealId,
    seller: usize,
    end: ChainEpoch,
    /// Its sector, and when that is ended before its time.
    terminates: Option<(SectorNumber, ChainEpoch)>,
}

struct Decade {
    storage: Storage,
    rng: StdRng,
    keeper: Keeper,
    uploaders: Vec<Account>,
    sellers: Vec<Seller>,
    kept: Vec<Kept>,
    /// Since when replicas of a perpetual deal have been missing while someone could have kept them.
    missing: BTreeMap<PerpetualDealId, ChainEpoch>,
    /// Deals that were ever published.
    published: u64,
}

#[test]
fn ten_years_of_failing_providers_lose_no_replica_for_long_and_no_atto() {
    if fab::official_bundle().is_some() {
        skipped("ten years", "its sectors are not proven every day");
        return;
    }
    let mut decade = Decade::begin();
    let end = decade.now() + YEARS;
    while decade.now() < end {
        decade.round();
    }
    decade.close();
    let [kept, missed, terminated] = decade.records();
    assert_eq!(kept + missed + terminated, decade.published, "each has ended in one way");
    assert!(kept > 700 && missed > 20 && terminated > 40, "{kept}, {missed}, {terminated}");
    let tip = decade.storage.state().rules.tip;
    assert!(decade.keeper.total().tips > tip * (decade.published * 2));
}

impl Decade {
    fn begin() -> Self {
        let mut storage = Storage::deploy(network());
        let mut rng = StdRng::seed_from_u64(SEED);
        let start = storage.net.epoch();
        let uploaders: Vec<_> =
            (0..UPLOADERS).map(|n| storage.net.account(&format!("uploader{n}"))).collect();
        for uploader in &uploaders {
            // Not all of them can pay for ten years.
            let amount = fil(rng.random_range(300..3_000));
            storage.pay::<Deposit>(uploader, &None, amount).ok();
        }
        let sellers = (0..PROVIDERS)
            .map(|n| {
                let provider = Provider::create(&mut storage.net, &format!("seller{n}"));
                let (first, last) = if n < 4 { (0, YEARS) } else { span(&mut rng) };
                let (comes, goes) = (start + first, start + last);
                Seller { provider, ask: rng.random_range(25..=90), comes, goes }
            })
            .collect();
        for n in 1..=PERPETUAL_DEALS {
            let expiry = rng.random_bool(0.4).then(|| start + rng.random_range(DAY..YEARS));
            let duration = rng.random_range(200..900) * DAY;
            storage.uploader = uploaders[rng.random_range(0..UPLOADERS)].clone();
            storage
                .create(n, rng.random_range(1..=2), |terms| {
                    terms.expiry = expiry;
                    terms.policy.duration = duration;
                    terms.policy.max_bounty = fil(1);
                })
                .ok();
        }
        let keeper = Keeper::new(Job {
            storage: storage.address,
            from: storage.keeper.address(),
            min_profit: fil(0),
            dry_run: false,
        });
        let (kept, missing) = (vec![], BTreeMap::new());
        Decade { storage, rng, keeper, uploaders, sellers, kept, missing, published: 0 }
    }

    fn now(&self) -> ChainEpoch {
        self.storage.net.epoch()
    }

    /// A round: sectors end, the bot does what is due, and providers take on and prove deals.
    fn round(&mut self) {
        let until = self.now() + ROUND;
        self.end_sectors();
        self.crank();
        self.sell();
        self.look();
        let now = self.now();
        self.storage.net.leap(until.max(now + 1) - now);
    }

    /// Every open ad that someone wants is taken, and most of the deals are proven.
    fn sell(&mut self) {
        let mut batches: BTreeMap<usize, Vec<(AdSummary, DealProposal)>> = BTreeMap::new();
        for ad in self.ads() {
            let Some(seller) = self.willing(&ad) else { continue };
            let batch = batches.entry(seller).or_default();
            if batch.iter().all(|(other, _)| perpetual_deal(other.id) != perpetual_deal(ad.id)) {
                let provider = self.sellers[seller].provider.clone();
                let proposal = self.storage.proposal(&provider, ad.id);
                batch.push((ad, proposal));
            }
        }
        let mut sealed = vec![];
        for (seller, batch) in batches {
            for batch in batch.chunks(20) {
                sealed.extend(self.publish(seller, batch));
            }
        }
        self.storage.net.leap(151);
        for (seller, deal, sector, proposal) in sealed {
            let provider = &self.sellers[seller].provider;
            provider.prove(&mut self.storage.net, sector, deal, &proposal).ok();
        }
    }

    /// Publishes deals and pre-commits the sectors of those that are to be proven.
    fn publish(
        &mut self,
        seller: usize,
        batch: &[(AdSummary, DealProposal)],
    ) -> Vec<(usize, DealID, SectorNumber, DealProposal)> {
        let now = self.now();
        let (net, provider) = (&mut self.storage.net, &mut self.sellers[seller].provider);
        let proposals: Vec<_> = batch.iter().map(|(_, proposal)| proposal.clone()).collect();
        let deals = provider.publish_all(net, &proposals);
        self.published += deals.len() as u64;
        let mut sealed = vec![];
        for (deal, (ad, proposal)) in deals.into_iter().zip(batch) {
            let mut terminates = None;
            if !self.rng.random_ratio(MISSED, 100) {
                let sector = provider.pre_commit(net, proposal);
                sealed.push((seller, deal, sector, proposal.clone()));
                if self.rng.random_ratio(TERMINATED, 100) {
                    let at = self.rng.random_range(now + DAY..proposal.end_epoch);
                    terminates = Some((sector, at));
                }
            }
            let (perpetual, end) = (perpetual_deal(ad.id), proposal.end_epoch);
            self.kept.push(Kept { deal, perpetual, seller, end, terminates });
        }
        sealed
    }

    fn end_sectors(&mut self) {
        let now = self.now();
        self.kept.retain(|kept| kept.end > now);
        let due = |kept: &mut Kept| kept.terminates.is_some_and(|(_, at)| at <= now);
        for Kept { seller, terminates, .. } in self.kept.extract_if(.., due) {
            let (sector, _) = terminates.expect("a sector that ends");
            let provider = &self.sellers[seller].provider;
            provider.end_sector(&mut self.storage.net, sector).ok();
        }
    }

    /// The bot does all that is due.
    fn crank(&mut self) {
        let node = &mut Embedded::new(&mut self.storage.net);
        let round = self.keeper.round(node, &mut |_| ()).expect("a node that answers");
        assert_eq!(round.failed, 0);
    }

    /// Deals that all providers together have kept, missed and terminated.
    fn records(&mut self) -> [u64; 3] {
        let mut sum = [0; 3];
        for seller in &self.sellers {
            let record = self.storage.record(seller.provider.address());
            sum[0] += record.kept;
            sum[1] += record.missed;
            sum[2] += record.terminated;
        }
        sum
    }

    /// No replica that is paid for is missing for longer than a repair takes.
    fn look(&mut self) {
        let (now, ads) = (self.now(), self.ads());
        for deal in self.summaries() {
            let mut open = ads.iter().filter(|ad| perpetual_deal(ad.id) == deal.id);
            let wanted = |ad: &&AdSummary| {
                ad.renews.is_none() && ad.limit == self.full(ad) && self.taker(ad, 100).is_some()
            };
            if deal.current >= deal.wanted || open.find(wanted).is_none() {
                self.missing.remove(&deal.id);
                continue;
            }
            let since = *self.missing.entry(deal.id).or_insert(now);
            let id = deal.id;
            assert!(now - since <= REPAIR, "{id} lacks a replica since {since}, now {now}");
        }
    }

    /// What the limit of an ad is where the funds reach.
    fn full(&mut self, ad: &AdSummary) -> TokenAmount {
        let policy = self.storage.perpetual(perpetual_deal(ad.id)).terms.policy;
        (policy.max_bounty * ad.duration).div_floor(policy.duration)
    }

    fn ads(&mut self) -> Vec<AdSummary> {
        let (mut ads, mut from) = (vec![], Some(1));
        while let Some(first) = from {
            let params =
                ListAdsParams { from: first, scan: 1_000, limit: 100, order: AdOrder::Deal };
            let page = self.storage.net.view::<ListAds>(self.storage.address, &params);
            ads.extend(page.ads);
            from = page.next;
        }
        ads
    }

    fn summaries(&mut self) -> Vec<PerpetualDealSummary> {
        let pages = (1..=PERPETUAL_DEALS).step_by(100);
        let page = |from| PageParams { from, limit: 100 };
        let (net, address) = (&mut self.storage.net, self.storage.address);
        pages.flat_map(|from| net.view::<ListPerpetualDeals>(address, &page(from))).collect()
    }

    /// A provider that takes an ad on for its bounty now.
    fn willing(&mut self, ad: &AdSummary) -> Option<usize> {
        let percent = (ad.bounty.atto() * 100_u64) / ad.limit.atto().max(&1.into());
        self.taker(ad, u64::try_from(percent).unwrap_or(u64::MAX))
    }

    /// A provider that is there, may take an ad on, and does so for this part of its limit.
    fn taker(&mut self, ad: &AdSummary, percent: u64) -> Option<usize> {
        let (now, id) = (self.now(), perpetual_deal(ad.id));
        let first = self.rng.random_range(0..PROVIDERS);
        let all = (first..first + PROVIDERS).map(|n| n % PROVIDERS);
        let able: Vec<_> = all
            .filter(|n| {
                let Seller { ask, comes, goes, .. } = &self.sellers[*n];
                let mut theirs = self.kept.iter().filter(|kept| kept.seller == *n);
                let elsewhere =
                    theirs.any(|kept| kept.perpetual == id && ad.renews != Some(kept.deal));
                (*comes..*goes).contains(&now) && *ask <= percent && !elsewhere
            })
            .collect();
        able.into_iter().find(|n| {
            let provider = &self.sellers[*n].provider;
            let (provider, owner) = (provider.address(), provider.owner.address());
            let (record, owner) = (self.storage.record(provider), self.storage.record(owner));
            record.barred_until <= now && owner.others_barred_until <= now
        })
    }

    /// Everyone closes, and when the last deal has ended everyone takes what is left.
    fn close(&mut self) {
        for deal in self.summaries() {
            let info = self.storage.perpetual(deal.id);
            if !info.closed {
                let uploader = self.uploaders.iter().find(|account| account.id == info.uploader);
                let uploader = uploader.expect("an uploader").clone();
                self.storage.call::<ClosePerpetualDeal>(&uploader, &deal.id).ok();
            }
        }
        self.storage.check_invariants();
        while !self.summaries().is_empty() {
            self.storage.net.leap(ROUND);
            self.end_sectors();
            self.crank();
        }
        self.storage.check_invariants();
        for uploader in self.uploaders.clone() {
            let funds = self.storage.funds(&uploader);
            assert_eq!(funds.committed, atto(0));
            if funds.free.is_positive() {
                self.storage.call::<Withdraw>(&uploader, &funds.free).ok();
            }
        }
        let books = self.storage.net.view::<GetBooks>(self.storage.address, &());
        assert_eq!((books.booked, books.escrow), (atto(0), atto(0)));
        assert_eq!(self.storage.net.balance(self.storage.address), atto(0));
    }
}

/// Two years or more out of the ten.
fn span(rng: &mut StdRng) -> (ChainEpoch, ChainEpoch) {
    let length = rng.random_range(YEARS / 5..YEARS);
    let first = rng.random_range(0..=YEARS - length);
    (first, first + length)
}
