//! Perpetual storage: a file is kept for years by whoever wants the bounty for it. One provider fails,
//! and nobody but a bot does anything about it.

use actor_perpetual_storage::api::{
    AdInfo, CreatePerpetualDeal, CreatePerpetualDealParams, Estimate, EstimateParams, Terms,
};
use anyhow::Result;
use fvm_harness::{Account, Network, Provider, TokenAmount, atto, fil};
use fvm_shared::clock::ChainEpoch;
use fvm_shared::sector::SectorNumber;
use shared::Method;
use shared::ext::DataCid;
use shared::ext::market::PublishStorageDealsReturn;

use super::{Teller, short};
use crate::build;
use crate::commp::{self, Piece};
use crate::node::Embedded;
use crate::story::{DAY, Storage, storage_terms};
use crate::table::{self, thousands};
use crate::worker::{Job, Keeper};

/// The file whose storage the story is about.
const FILE: &str = "README.md";
const MONTH: ChainEpoch = 30 * DAY;
const YEAR: ChainEpoch = 365 * DAY;
const MONTHS: ChainEpoch = 36;
/// The month in which Sue's sector ends.
const FAILURE: ChainEpoch = 7;
/// How often providers look at the ads, and the bot at everything.
const ROUND: ChainEpoch = 2 * DAY;

pub(super) fn chapter(net: Network) -> Result<()> {
    let piece = commp::of_file(&build::workspace_root().join(FILE))?;
    let mut story = Story::begin(net, piece);
    for month in 0..MONTHS {
        story.month(month)?;
    }
    story.timeline();
    story.end();
    Ok(())
}

/// A provider that takes a deal on for some bounty.
struct Seller {
    name: &'static str,
    provider: Provider,
    ask: TokenAmount,
    sector: Option<SectorNumber>,
    /// For each month that is over, whether it kept the file at its end.
    kept: Vec<bool>,
}

struct Story {
    storage: Storage,
    teller: Teller,
    terms: Terms,
    size: u64,
    keeper: Keeper,
    sellers: Vec<Seller>,
    began: ChainEpoch,
}

impl Story {
    /// Uma deposits, and has the file kept.
    fn begin(net: Network, piece: Piece) -> Self {
        let teller = Teller::default();
        teller.heading("Perpetual storage");
        let mut storage = Storage::deploy(net);
        storage.net.set_base_fee(atto(100));
        let began = storage.net.epoch();
        let at = storage.address;
        teller.tell(began, &format!("The storage is created at {at}. Nobody is in charge of it"));
        storage.deposit(fil(200));
        teller.tell(began, "Uma deposits 200 FIL");
        let mut terms = storage_terms(3);
        terms.payload_cid = DataCid(piece.cid);
        terms.urls = vec![format!("https://example.org/{FILE}")];
        terms.policy.duration = 360 * DAY;
        let keeper = Keeper::new(Job {
            storage: storage.address,
            from: storage.keeper.address(),
            min_profit: TokenAmount::default(),
            dry_run: false,
        });
        let asks = [("Sam", 5), ("Sue", 6), ("Sid", 6), ("Sol", 7)];
        let sellers = asks.map(|(name, ask)| {
            let provider = Provider::create(&mut storage.net, name);
            // Where there are no others each sector has a large part of all rewards, and pledges 20 days
            // of it.
            storage.net.fund(provider.address(), fil(50_000_000));
            Seller { name, provider, ask: fil(ask), sector: None, kept: vec![] }
        });
        let (size, sellers) = (piece.padded_size.0, sellers.into());
        let mut story = Story { storage, teller, terms, size, keeper, sellers, began };
        story.estimate("the funds keep 3 replicas of the file for");
        let params = CreatePerpetualDealParams {
            piece_cid: piece.cid,
            piece_size: piece.padded_size,
            terms: story.terms.clone(),
        };
        let uploader = story.storage.uploader.clone();
        let what = format!("Uma has {FILE} kept, 3 times and for ever");
        story.call::<CreatePerpetualDeal>(&uploader, &what, &params);
        let ads = story.storage.ads(1);
        let now = short(&story.storage.ad(ads[0]).bounty);
        story.teller.add(&format!("{} ads are open, for {now} FIL each now,", ads.len()));
        story.teller.add("which rises day by day to 10.00 FIL until someone takes them");
        story
            .teller
            .add("all else is done by a bot, for tips: the lines below with a tip are its log");
        story
    }

    /// A month of rounds. In one of them Sue ends her sector.
    fn month(&mut self, month: ChainEpoch) -> Result<()> {
        if month % 12 == 0 {
            self.teller.heading(&format!("Year {}", month / 12 + 1));
        }
        if month == FAILURE {
            self.fail("Sue");
        }
        let end = self.began + (month + 1) * MONTH;
        while self.storage.net.epoch() < end {
            self.sell();
            self.bot()?;
            let now = self.storage.net.epoch();
            self.storage.pass_to((now + ROUND).min(end).max(now + 1));
        }
        let replicas = self.storage.replicas(1);
        for seller in &mut self.sellers {
            let id = seller.provider.id;
            let mut theirs = replicas.iter().filter(|replica| replica.provider == id);
            seller.kept.push(theirs.any(|replica| replica.active.is_some()));
        }
        Ok(())
    }

    /// Whoever finds the bounty of an ad high enough takes it.
    fn sell(&mut self) {
        for ad in self.storage.ads(1) {
            let info = self.storage.ad(ad);
            let keepers = self.storage.replicas(1);
            let free = |seller: &Seller| {
                let id = seller.provider.id;
                let others = keepers.iter().filter(|replica| Some(replica.deal) != info.ad.renews);
                seller.ask <= info.bounty && others.into_iter().all(|other| other.provider != id)
            };
            if let Some(seller) = self.sellers.iter().position(free) {
                self.take(seller, &info);
            }
        }
    }

    /// A provider publishes a deal with the ad's number in the label, and proves its sector.
    fn take(&mut self, seller: usize, info: &AdInfo) {
        let Story { storage, teller, sellers, .. } = self;
        let Seller { name, provider, sector, .. } = &mut sellers[seller];
        let proposal = storage.proposal(provider, info.ad.id);
        let published = provider.publish(&mut storage.net, std::slice::from_ref(&proposal));
        let bounty = short(&info.bounty);
        let why = if info.ad.renews.is_some() { "renews its deal" } else { "takes an ad" };
        let what = format!("{name} {why} for {bounty} FIL (ad {})", info.ad.id);
        let published = teller.message(storage.net.epoch(), &what, published);
        let deal = published.returned::<PublishStorageDealsReturn>().ids[0];
        let new = provider.activate(&mut storage.net, deal, &proposal);
        storage.sectors.push((provider.clone(), new));
        *sector = Some(new);
    }

    /// A provider ends its sector before its time, and is out of business.
    fn fail(&mut self, who: &str) {
        let Story { storage, teller, sellers, .. } = self;
        let failing = sellers.iter_mut().find(|seller| seller.name == who);
        let Some(Seller { provider, sector: Some(sector), ask, .. }) = failing else { return };
        let ended = provider.end_sector(&mut storage.net, *sector);
        let what = format!("{who} ends the sector of a deal of 360 days after {FAILURE} months");
        teller.message(storage.net.epoch(), &what, ended);
        *ask = fil(1_000);
    }

    /// The bot does what is due, and says what it did.
    fn bot(&mut self) -> Result<()> {
        let node = &mut Embedded::new(&mut self.storage.net);
        self.keeper.round(node, &mut |line| {
            if line.contains("  deal 1  ") {
                println!("{line}");
            }
        })?;
        Ok(())
    }

    fn estimate(&mut self, what: &str) {
        let funds = self.storage.funds(&self.storage.uploader.clone()).free;
        let params = EstimateParams {
            piece_size: fvm_shared::piece::PaddedPieceSize(self.size),
            replicas: self.terms.replicas,
            policy: self.terms.policy.clone(),
            funds,
            epochs: 100 * YEAR,
        };
        let found = self.storage.net.view::<Estimate>(self.storage.address, &params);
        let years = |epochs: ChainEpoch| {
            let tenths = epochs * 10 / YEAR;
            format!("{}.{} years", tenths / 10, tenths % 10)
        };
        let (likely, surely) = (years(found.likely.epochs), years(found.surely.epochs));
        self.teller.add(&format!("{what} {likely} at the going rate, {surely} at the limit"));
    }

    /// Who kept the file when: a column for each month.
    fn timeline(&mut self) {
        self.teller.heading("Three years, month by month");
        let months = usize::try_from(MONTHS).unwrap_or_default();
        print!("{:<12}", "");
        for year in 1..=MONTHS / 12 {
            print!("│ {:<10}", format!("year {year}"));
        }
        println!();
        for Seller { name, kept, .. } in &self.sellers {
            let months: String = kept.iter().map(|kept| if *kept { '█' } else { '·' }).collect();
            println!("{name:<12}{months}");
        }
        let count = |month: usize| self.sellers.iter().filter(|seller| seller.kept[month]).count();
        let replicas: String = (0..months).map(|month| count(month).to_string()).collect();
        println!("{:<12}{replicas}", "replicas");
    }

    /// What it has cost, and how the providers have kept their deals.
    fn end(&mut self) {
        self.teller.heading("What it came to");
        let uploader = self.storage.uploader.clone();
        let funds = self.storage.funds(&uploader);
        let (free, committed, spent) =
            (short(&funds.free), short(&funds.committed), short(&funds.spent));
        self.teller.tell(
            self.storage.net.epoch(),
            &format!("Uma has spent {spent} FIL; {committed} are committed, {free} free"),
        );
        self.estimate("what is free keeps the file for another");
        println!();
        let mut rows = vec![];
        for index in 0..self.sellers.len() {
            let Seller { name, provider, .. } = &self.sellers[index];
            let (name, address) = ((*name).to_owned(), provider.address());
            let record = self.storage.record(address);
            let cells = [record.kept, record.missed, record.terminated].map(thousands);
            rows.push([vec![name, address.to_string()], cells.to_vec()].concat());
        }
        table::print(&["provider", "address", "kept", "missed", "ended early"], &rows);
        self.teller.end();
    }

    fn call<M: Method>(&mut self, from: &Account, what: &str, params: &M::Params) -> M::Return {
        let reply = self.storage.net.call::<M>(from, self.storage.address, params);
        self.teller.message(self.storage.net.epoch(), what, reply.outcome.clone());
        reply.ok()
    }
}
