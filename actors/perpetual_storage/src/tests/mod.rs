//! The rules under plain `cargo test`, without the FVM.

mod ads;
mod bounty;
mod deals;
mod escrow;
mod estimate;
mod funds;
mod perpetual;
mod policy;
mod providers;
mod reach;
mod recent;
mod refresh;
mod stories;
mod whole;

use alloc::vec;

use cid::Cid;
use fvm_ipld_blockstore::MemoryBlockstore;
use fvm_shared::ActorID;
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::commcid::data_commitment_v1_to_cid;
use fvm_shared::deal::DealID;
use fvm_shared::econ::TokenAmount;
use fvm_shared::piece::PaddedPieceSize;
use shared::Fault;
use shared::deal::Standing;
use shared::ext::DataCid;
use shared::ext::market::{DealProposal, Label};

use crate::api::*;
use crate::deals::Facts;
use crate::error::Error;
use crate::invariants;
use crate::perpetual::Perpetual;
use crate::policy::DAY;
use crate::refresh::{Findings, Work};
use crate::state::{Message, State};

pub const STORAGE: ActorID = 101;
/// Uploaders.
pub const ANN: ActorID = 200;
pub const BOB: ActorID = 201;
/// A provider, and its owner.
pub const SP: ActorID = 500;
pub const OWNER: ActorID = 900;

pub const SIZE: PaddedPieceSize = PaddedPieceSize(2_048);
pub const WINDOW: ChainEpoch = 30 * DAY;
/// Epochs of the deals that [`terms`] want.
pub const TERM: ChainEpoch = 200 * DAY;

pub fn atto(amount: i64) -> TokenAmount {
    TokenAmount::from_atto(amount)
}

/// A fifth always, a tenth each for scarcity and urgency, and the rest by auction within 100 epochs;
/// a tip of 2 attoFIL.
pub fn rules() -> Rules {
    Rules {
        bounty: BountyRule {
            floor: 2_000,
            scarcity: 1_000,
            urgency: 1_000,
            auction: 8_000,
            auction_period: 100,
        },
        renewal_window: WINDOW,
        cooldown: 7 * DAY,
        tip: atto(2),
    }
}

pub fn piece(n: u8) -> Cid {
    data_commitment_v1_to_cid(&[n; 32]).unwrap()
}

/// For ever, for at most 1,000 attoFIL a deal, a fifth of it once the deal is active.
pub fn terms(replicas: u32) -> Terms {
    Terms {
        payload_cid: DataCid(piece(0)),
        urls: vec!["https://example.org/data.car".into()],
        replicas,
        expiry: None,
        policy: Policy {
            duration: TERM,
            max_bounty: atto(1_000),
            publish_share: 2_000,
            locked: true,
            max_price_per_epoch: atto(0),
            max_start_delay: 2 * DAY,
            max_replicas_per_owner: 16,
            providers: Providers::Any,
            min_power: 0,
            region: None,
            min_record: None,
            datacap: 0,
        },
    }
}

/// A storage and its blocks, at some epoch.
#[derive(Clone)]
pub struct World {
    pub store: MemoryBlockstore,
    pub state: State,
    pub now: ChainEpoch,
    /// Number of the last storage deal.
    pub last_deal: DealID,
}

impl World {
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    /// A storage with other rules.
    pub fn with(change: impl FnOnce(&mut Rules)) -> Self {
        let (store, mut rules) = (MemoryBlockstore::default(), rules());
        change(&mut rules);
        let state = State::new(&store, rules).unwrap();
        World { store, state, now: 1_000, last_deal: 6 }
    }

    /// With Ann's free funds.
    pub fn funded(mut self, amount: i64) -> Self {
        self.deposit(ANN, amount);
        self
    }

    /// With Ann's first perpetual deal, for so many replicas, and just the funds for it.
    pub fn keeping(self, replicas: u32) -> Self {
        self.keeping_with(replicas, |_| {})
    }

    /// The same with other terms. No price is paid for more than what 10^6 attoFIL cover.
    pub fn keeping_with(mut self, replicas: u32, change: impl FnOnce(&mut Terms)) -> Self {
        self.deposit(ANN, 1_000_000_000_000);
        self.create(ANN, replicas, change).unwrap();
        let free = self.funds(ANN).free;
        let message = self.by(ANN);
        self.attempt(|state, store| state.withdraw(store, &message, &free)).unwrap();
        self
    }

    /// A message of this account now, without value.
    pub fn by(&self, caller: ActorID) -> Message {
        self.paying(caller, 0)
    }

    pub fn paying(&self, caller: ActorID, value: i64) -> Message {
        Message { now: self.now, caller, value: atto(value) }
    }

    pub fn deposit(&mut self, account: ActorID, amount: i64) {
        let message = self.paying(account, amount);
        self.attempt(|state, store| state.deposit(store, &message, account)).unwrap();
    }

    /// Has the first piece kept for an account.
    pub fn create(
        &mut self,
        by: ActorID,
        replicas: u32,
        change: impl FnOnce(&mut Terms),
    ) -> Result<PerpetualDealId, Error> {
        let mut terms = terms(replicas);
        change(&mut terms);
        let params = CreatePerpetualDealParams { piece_cid: piece(0), piece_size: SIZE, terms };
        let message = self.by(by);
        self.attempt(|state, store| state.create(store, &message, params)).map(|(id, _)| id)
    }

    pub fn funds(&self, of: ActorID) -> Funds {
        self.state.funds(&self.store, of).unwrap()
    }

    pub fn perpetual(&self, id: PerpetualDealId) -> Perpetual {
        self.state.perpetual(&self.store, id).unwrap()
    }

    /// The numbers of a perpetual deal's open ads.
    pub fn ads(&self, id: PerpetualDealId) -> vec::Vec<AdId> {
        self.perpetual(id).ads.iter().map(|ad| ad.id).collect()
    }

    pub fn info(&self, ad: AdId) -> AdInfo {
        self.state.ad_info(&self.store, ad, self.now).unwrap()
    }

    /// A proposal that takes an ad: as much collateral as it must have, free of charge, to start a day
    /// from now.
    pub fn proposal(&self, ad: AdId) -> DealProposal {
        let info = self.info(ad);
        let start_epoch = self.now + DAY;
        let from = info.renews_until.map_or(start_epoch, |end| end.max(start_epoch));
        DealProposal {
            piece_cid: info.piece_cid,
            piece_size: info.piece_size,
            verified_deal: false,
            client: Address::new_id(STORAGE),
            provider: Address::new_id(0),
            label: Label::String(alloc::format!("{ad}")),
            start_epoch,
            end_epoch: from + info.ad.duration,
            storage_price_per_epoch: atto(0),
            provider_collateral: info.min_provider_collateral,
            client_collateral: atto(0),
        }
    }

    pub fn facts(&self, provider: ActorID) -> Facts {
        Facts { now: self.now, storage: STORAGE, client: STORAGE, provider }
    }

    /// What the storage says of a proposal of a provider.
    pub fn ask(&self, proposal: &DealProposal, provider: ActorID) -> Result<(), Error> {
        self.state.admit(&self.store, proposal, &self.facts(provider)).map(|_| ())
    }

    /// The market publishes a deal with the next number, or not. Returns what is paid at once.
    pub fn publish(
        &mut self,
        proposal: &DealProposal,
        provider: ActorID,
        owner: ActorID,
    ) -> Result<TokenAmount, Error> {
        let (facts, deal) = (self.facts(provider), self.last_deal + 1);
        let paid = self.attempt(|state, store| {
            let admission = state.admit(store, proposal, &facts)?;
            state.record_deal(store, proposal, &facts, deal, owner, &admission)
        })?;
        self.last_deal = deal;
        Ok(paid)
    }

    /// The provider takes an ad by its proposal. Returns the deal.
    pub fn take(&mut self, ad: AdId, provider: ActorID, owner: ActorID) -> DealID {
        let proposal = self.proposal(ad);
        self.publish(&proposal, provider, owner).unwrap();
        self.last_deal
    }

    /// Anyone has a perpetual deal refreshed, with what the market says.
    pub fn refresh(&mut self, id: PerpetualDealId, standings: &[(DealID, Standing)]) -> Work {
        let findings = Findings { standings: standings.to_vec(), unlocked: None };
        self.refresh_with(id, &findings)
    }

    pub fn refresh_with(&mut self, id: PerpetualDealId, findings: &Findings) -> Work {
        let now = self.now;
        self.attempt(|state, store| state.refresh(store, now, id, findings)).unwrap()
    }

    /// Does something as the FVM would: what fails leaves no trace.
    pub fn attempt<R>(
        &mut self,
        act: impl FnOnce(&mut State, &MemoryBlockstore) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let mut state = self.state.clone();
        let result = act(&mut state, &self.store)?;
        self.state = state;
        Ok(result)
    }

    #[track_caller]
    pub fn check_invariants(&self) {
        let broken = invariants::check(&self.state, &self.store).unwrap();
        assert!(broken.is_empty(), "broken invariants: {broken:#?}");
    }
}

/// The exit code of what is refused.
#[track_caller]
pub fn code<R: core::fmt::Debug>(result: Result<R, Error>) -> u32 {
    result.expect_err("a refusal").exit_code().value()
}

impl World {
    pub fn record_of(&self, id: ActorID) -> Record {
        self.state.record(&self.store, id).unwrap()
    }

    pub fn replica(&self, deal: DealID) -> Replica {
        let all = (1..=self.state.last)
            .flat_map(|id| self.state.replicas(&self.store, id).unwrap())
            .collect::<vec::Vec<_>>();
        all.into_iter().find(|replica| replica.deal == deal).unwrap()
    }

    /// Publishes a changed proposal for an ad. Returns what is paid at once.
    pub fn take_with(
        &mut self,
        ad: AdId,
        provider: ActorID,
        owner: ActorID,
        change: impl FnOnce(&mut DealProposal),
    ) -> Result<TokenAmount, Error> {
        let mut proposal = self.proposal(ad);
        change(&mut proposal);
        self.publish(&proposal, provider, owner)
    }

    /// What the storage says of a changed proposal for an ad.
    pub fn ask_with(
        &self,
        ad: AdId,
        provider: ActorID,
        change: impl FnOnce(&mut DealProposal),
    ) -> Result<(), Error> {
        let mut proposal = self.proposal(ad);
        change(&mut proposal);
        self.ask(&proposal, provider)
    }

    /// With the first ads of the first perpetual deal taken by as many providers, from `SP` on, and an
    /// owner of its own for each, from `OWNER` on. The deals are numbered from 7.
    pub fn taken(mut self, ads: u64) -> Self {
        for (n, ad) in (0..ads).zip(self.ads(1)) {
            self.take(ad, SP + n, OWNER + n);
        }
        self
    }

    /// With deal 7 active since its start, and the ad for its renewal just open, which the uploader
    /// has funds for.
    pub fn renewing(self) -> Self {
        self.renewing_with(|_| {})
    }

    /// The same with other terms.
    pub fn renewing_with(self, change: impl FnOnce(&mut Terms)) -> Self {
        let mut world = self.keeping_with(1, change).taken(1).funded(1_000_000_000_000);
        let Replica { start_epoch, end_epoch, .. } = world.replica(7);
        world.now = end_epoch - WINDOW;
        let _ = world.refresh(1, &[(7, Standing::Active(start_epoch))]);
        world
    }
}
