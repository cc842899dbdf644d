//! A perpetual storage with an uploader, a storage provider and a keeper.

use actor_perpetual_storage::api::{
    AdId, AdInfo, AdOrder, CreatePerpetualDeal, CreatePerpetualDealParams, Deposit, Funds, GetAd,
    GetBooks, GetFunds, GetPerpetualDeal, GetProvider, ListAds, ListAdsParams, PerpetualDealId,
    PerpetualDealInfo, Policy, Providers, Record, Refresh, Refreshed, Replica, Terms,
};
use actor_perpetual_storage::invariants;
use actor_perpetual_storage::state::State;
use fvm_harness::{Account, Call, Network, Outcome, Provider, Reply, TokenAmount, fil};
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::deal::DealID;
use fvm_shared::sector::SectorNumber;
use shared::Method;
use shared::ext::market::{DealProposal, GET_BALANCE, GetBalanceReturn, Label};
use shared::ext::{DataCid, MARKET_ACTOR};

use super::{DAY, PIECE_SIZE, ask, piece};
use crate::deploy::defaults;
use crate::official_bundle;

/// For ever, in deals of 200 days for at most 10 FIL each, a fifth of it once the deal is active.
#[must_use]
pub fn terms(replicas: u32) -> Terms {
    Terms {
        payload_cid: DataCid(piece(0)),
        urls: vec!["https://example.org/data.car".into()],
        replicas,
        expiry: None,
        policy: Policy {
            duration: 200 * DAY,
            max_bounty: fil(10),
            publish_share: 2_000,
            locked: true,
            max_price_per_epoch: TokenAmount::default(),
            max_start_delay: 14 * DAY,
            max_replicas_per_owner: 2,
            providers: Providers::Any,
            min_power: 0,
            region: None,
            min_record: None,
            datacap: 0,
        },
    }
}

/// A perpetual storage on a network of its own.
pub struct Storage {
    pub net: Network,
    pub uploader: Account,
    pub keeper: Account,
    pub address: Address,
    pub sp: Provider,
    /// Sectors that are proven every day.
    pub sectors: Vec<(Provider, SectorNumber)>,
}

impl Storage {
    /// Deploys a storage.
    #[must_use]
    pub fn deploy(mut net: Network) -> Self {
        let [uploader, keeper] = ["uploader", "keeper"].map(|name| net.account(name));
        let params = defaults::perpetual_storage();
        let address = net.create(&uploader, "perpetual-storage", &params).ok().id_address;
        let sp = Provider::create(&mut net, "sp");
        Storage { net, uploader, keeper, address, sp, sectors: vec![] }
    }

    /// With a perpetual deal for the first piece, and funds for several terms of it.
    #[must_use]
    pub fn keeping(self, replicas: u32) -> Self {
        self.keeping_with(replicas, |_| {})
    }

    /// The same with other terms.
    #[must_use]
    pub fn keeping_with(mut self, replicas: u32, change: impl FnOnce(&mut Terms)) -> Self {
        self.deposit(fil(500));
        self.create(1, replicas, change).ok();
        self
    }

    /// Calls a method of the storage.
    pub fn call<M: Method>(
        &mut self,
        from: impl Into<Address>,
        params: &M::Params,
    ) -> Reply<M::Return> {
        self.net.call::<M>(from, self.address, params)
    }

    /// Calls a method of the storage with FIL.
    pub fn pay<M: Method>(
        &mut self,
        from: impl Into<Address>,
        params: &M::Params,
        value: TokenAmount,
    ) -> Outcome {
        self.net.run(Call::new(from, self.address).method(M::NUMBER, params).value(value))
    }

    /// The uploader deposits.
    pub fn deposit(&mut self, amount: TokenAmount) {
        let uploader = self.uploader.address();
        self.pay::<Deposit>(uploader, &None, amount).ok();
    }

    /// The uploader has the n-th made-up piece kept.
    pub fn create(
        &mut self,
        n: u64,
        replicas: u32,
        change: impl FnOnce(&mut Terms),
    ) -> Reply<PerpetualDealId> {
        let mut terms = terms(replicas);
        change(&mut terms);
        let params =
            CreatePerpetualDealParams { piece_cid: piece(n), piece_size: PIECE_SIZE, terms };
        self.net.call::<CreatePerpetualDeal>(&self.uploader, self.address, &params)
    }

    pub fn perpetual(&mut self, id: PerpetualDealId) -> PerpetualDealInfo {
        self.net.view::<GetPerpetualDeal>(self.address, &id)
    }

    /// The numbers of the open ads of a perpetual deal.
    pub fn ads(&mut self, id: PerpetualDealId) -> Vec<AdId> {
        let params = ListAdsParams { from: id, scan: 1, limit: 100, order: AdOrder::Deal };
        self.net.view::<ListAds>(self.address, &params).ads.iter().map(|ad| ad.id).collect()
    }

    pub fn ad(&mut self, id: AdId) -> AdInfo {
        self.net.view::<GetAd>(self.address, &id)
    }

    /// What a provider proposes who wants to take an ad, to start within two days.
    pub fn proposal(&mut self, sp: &Provider, ad: AdId) -> DealProposal {
        let info = self.ad(ad);
        let good = sp.proposal(&self.net, self.address, info.piece_cid, info.piece_size);
        let from = info.renews_until.map_or(good.start_epoch, |end| end.max(good.start_epoch));
        DealProposal {
            label: Label::String(ad.to_string()),
            end_epoch: from + info.ad.duration,
            provider_collateral: info.min_provider_collateral.max(good.provider_collateral.clone()),
            ..good
        }
    }

    /// The story's provider takes an ad. Returns the deal and its proposal.
    pub fn take(&mut self, ad: AdId) -> (DealID, DealProposal) {
        let sp = self.sp.clone();
        let proposal = self.proposal(&sp, ad);
        let deal = sp.publish_all(&mut self.net, std::slice::from_ref(&proposal))[0];
        (deal, proposal)
    }

    /// The story's provider takes an ad and proves the sector.
    pub fn store(&mut self, ad: AdId) -> (DealID, DealProposal) {
        let (deal, proposal) = self.take(ad);
        self.activate(deal, &proposal);
        (deal, proposal)
    }

    /// The story's provider proves the sector of a deal.
    pub fn activate(&mut self, deal: DealID, proposal: &DealProposal) -> SectorNumber {
        let sector = self.sp.activate(&mut self.net, deal, proposal);
        self.sectors.push((self.sp.clone(), sector));
        sector
    }

    /// Goes to an epoch. The sectors of the story are proven every day, where that is asked for.
    pub fn pass_to(&mut self, epoch: ChainEpoch) {
        let epochs = epoch - self.net.epoch();
        if official_bundle().is_some() {
            self.net.skip_proving(&self.sectors, epochs);
        } else {
            self.net.leap(epochs);
        }
    }

    /// What the storage answers when the market asks about a proposal.
    pub fn asked(&mut self, proposal: &DealProposal) -> Outcome {
        ask(&mut self.net, self.address, proposal)
    }

    /// The keeper has a perpetual deal refreshed.
    pub fn refresh(&mut self, id: PerpetualDealId) -> Refreshed {
        self.net.call::<Refresh>(&self.keeper, self.address, &vec![id]).ok().remove(0)
    }

    /// Funds of an account.
    pub fn funds(&mut self, account: impl Into<Address>) -> Funds {
        self.net.view::<GetFunds>(self.address, &account.into())
    }

    /// The storage deals of a perpetual deal.
    pub fn replicas(&mut self, id: PerpetualDealId) -> Vec<Replica> {
        self.perpetual(id).replicas
    }

    /// What is known of a provider or an owner.
    pub fn record(&mut self, of: impl Into<Address>) -> Record {
        self.net.view::<GetProvider>(self.address, &of.into())
    }

    /// What of the storage's escrow in the market no deal locks.
    pub fn unlocked(&mut self) -> TokenAmount {
        let market = Address::new_id(MARKET_ACTOR);
        let ask = Call::new(&self.keeper, market).method(GET_BALANCE, &self.address);
        let found: GetBalanceReturn = self.net.dry_run(ask).returned();
        found.balance - found.locked
    }

    /// The storage's state.
    ///
    /// # Panics
    /// Where it cannot be read.
    #[must_use]
    pub fn state(&self) -> State {
        self.net.state(&self.address).expect("a storage with state")
    }

    /// [`check_storage`]: every story ends with this.
    #[track_caller]
    pub fn check_invariants(&mut self) {
        check_storage(&mut self.net, self.address);
    }
}

/// Asserts that a storage's state is sound and that it has what its books say.
///
/// # Panics
/// With every invariant that is broken.
#[track_caller]
pub fn check_storage(net: &mut Network, storage: Address) {
    net.snapshot();
    let state: State = net.state(&storage).expect("a storage with state");
    let broken = invariants::check(&state, net.store()).expect("a readable state");
    assert!(broken.is_empty(), "broken invariants: {broken:#?}");
    let books = net.view::<GetBooks>(storage, &());
    let escrow = net.escrow(storage);
    let (balance, unlocked) = (net.balance(storage), escrow.balance - escrow.locked);
    assert!(books.booked <= balance, "{} FIL are booked, {balance} are there", books.booked);
    assert!(books.escrow <= unlocked, "{} FIL in escrow, {unlocked} are there", books.escrow);
}
