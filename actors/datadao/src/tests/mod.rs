//! The rules under plain `cargo test`, without the FVM.

mod access;
mod compute;
mod datasets;
mod deals;
mod governance;
mod providers;
mod refresh;
mod revenue;
mod roles;
mod rules;
mod staking;
mod treasury;
mod whole;

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

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
use crate::deals::{Facts, Principals, Recorded};
use crate::error::Error;
use crate::invariants;
use crate::refresh::News;
use crate::rules::HOOK_GAS_MIN;
use crate::state::{Config, Message, State};

/// Has every role but the provider's and the member's.
pub const ADMIN: ActorID = 100;
pub const DAO: ActorID = 101;
pub const ANN: ActorID = 200;
pub const BOB: ActorID = 201;
pub const EVE: ActorID = 202;
/// A provider, and its owner.
pub const SP: ActorID = 500;
pub const OWNER: ActorID = 900;

pub const SIZE: PaddedPieceSize = PaddedPieceSize(2_048);

pub fn atto(amount: i64) -> TokenAmount {
    TokenAmount::from_atto(amount)
}

pub fn cash(fil: i64, data: i64) -> Cash {
    Cash { fil: atto(fil), data: atto(data) }
}

/// Deals of 10 to 100 epochs that start within 50; half of a reward on publish, locked until the deal
/// is active.
pub fn rules() -> Rules {
    Rules {
        policy: DealPolicy {
            min_duration: 10,
            max_duration: 100,
            max_start_delay: 50,
            max_price_per_epoch: atto(7),
            max_client_collateral: atto(9),
            max_label_bytes: 16,
            verified: Verified::Never,
            providers: vec![],
            max_replicas_per_owner: 32,
        },
        rewards: RewardRules {
            publish_share: 5_000,
            locked: true,
            to: Payee::Owner,
            hook_gas_limit: HOOK_GAS_MIN,
            cooldown: 20,
            max_reward: atto(1_000_000),
        },
        staking: StakingRules { unbonding: 30, bond: 1_000, bonus: 2_000, slash: 5_000 },
        voting: VotingRules {
            threshold: atto(10),
            delay: 5,
            period: 20,
            quorum: 2_000,
            late_extension: 4,
            timelock: 10,
            grace: 100,
        },
        revenue: RevenueRules { stakers: 3_000, curator: 1_000, providers: 2_000 },
        compute: ComputeRules { bond: 1_000, review: 20, arbitration: 40 },
    }
}

pub fn config() -> Config {
    let token = TokenRules {
        name: "Data".into(),
        symbol: "DATA".into(),
        mint_cap: atto(1_000_000),
        liquid_votes: true,
    };
    Config { token, rules: rules() }
}

pub fn piece(n: u8) -> Cid {
    data_commitment_v1_to_cid(&[n; 32]).unwrap()
}

/// Terms of the n-th dataset, for 100 attoDATA a replica.
pub fn terms(n: u8, wanted: u32) -> DatasetTerms {
    DatasetTerms {
        payload_cid: DataCid(piece(n)),
        locations: vec![],
        metadata_cid: None,
        wanted,
        reward: atto(100),
        publish_share: None,
        policy: None,
    }
}

/// A DAO and its store, at some epoch.
#[derive(Clone)]
pub struct World {
    pub store: MemoryBlockstore,
    pub state: State,
    pub now: ChainEpoch,
}

impl World {
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    /// A DAO with other rules.
    pub fn with(change: impl FnOnce(&mut Config)) -> Self {
        let (store, mut config) = (MemoryBlockstore::default(), config());
        change(&mut config);
        let mut state = State::new(&store, ADMIN, &config).unwrap();
        let admin = Message { now: 1_000, dao: DAO, caller: ADMIN, value: atto(0) };
        for role in [Role::Curator, Role::Minter, Role::Guardian, Role::Arbiter] {
            state.grant_role(&store, &admin, role, ADMIN).unwrap();
        }
        World { store, state, now: 1_000 }
    }

    /// With so many datasets, each wanting so many replicas.
    pub fn listing(mut self, datasets: u8, wanted: u32) -> Self {
        for n in 0..datasets {
            self.list(n, wanted).unwrap();
        }
        self
    }

    /// A message of this account now, without value.
    pub fn by(&self, caller: ActorID) -> Message {
        self.paying(caller, atto(0))
    }

    pub fn paying(&self, caller: ActorID, value: TokenAmount) -> Message {
        Message { now: self.now, dao: DAO, caller, value }
    }

    /// Mints to an account.
    pub fn give(&mut self, to: ActorID, amount: i64) {
        let message = self.by(ADMIN);
        self.state.mint_by_hand(&self.store, &message, to, &atto(amount)).unwrap();
    }

    pub fn list(&mut self, n: u8, wanted: u32) -> Result<DatasetId, Error> {
        let params =
            AddDatasetParams { piece_cid: piece(n), piece_size: SIZE, terms: terms(n, wanted) };
        let message = self.by(ADMIN);
        self.state.add_dataset(&self.store, &message, params)
    }

    pub fn balance(&self, of: ActorID) -> TokenAmount {
        self.state.token.balance(&self.store, of).unwrap()
    }

    /// What the DAO owes an account.
    pub fn owed(&self, to: ActorID) -> Cash {
        self.state.cold(&self.store).unwrap().books.owed(&self.store, to).unwrap()
    }

    pub fn treasury(&self) -> GetTreasuryReturn {
        self.state.treasury(&self.store).unwrap()
    }

    /// A proposal for the n-th dataset that starts at the latest and lasts the shortest.
    pub fn proposal(&self, n: u8) -> DealProposal {
        DealProposal {
            piece_cid: piece(n),
            piece_size: SIZE,
            verified_deal: false,
            client: Address::new_id(DAO),
            provider: Address::new_id(0),
            label: Label::String(String::new()),
            start_epoch: self.now + 50,
            end_epoch: self.now + 60,
            storage_price_per_epoch: atto(7),
            provider_collateral: atto(0),
            client_collateral: atto(9),
        }
    }

    pub fn facts(&self, provider: ActorID) -> Facts {
        Facts { now: self.now, dao: DAO, client: DAO, provider }
    }

    pub fn ask(&self, proposal: &DealProposal, provider: ActorID) -> Result<(), Error> {
        let config = self.state.config(&self.store)?;
        self.state.authenticate(&self.store, &config, proposal, &self.facts(provider))
    }

    pub fn record(
        &mut self,
        proposal: &DealProposal,
        deal: DealID,
        provider: ActorID,
        owner: ActorID,
    ) -> Result<Recorded, Error> {
        let (config, facts) = (self.state.config(&self.store)?, self.facts(provider));
        let behind = Principals { owner, payee: owner };
        self.attempt(|state, store| {
            state.record_deal(store, &config, proposal, &facts, deal, behind)
        })
    }

    pub fn refresh(
        &mut self,
        dataset: DatasetId,
        standings: &[(DealID, Standing)],
    ) -> Result<Vec<News>, Error> {
        let (config, message) = (self.state.config(&self.store)?, self.by(EVE));
        self.attempt(|state, store| state.refresh(store, &config, &message, dataset, standings))
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
        let broken = invariants::check(&self.state, &self.store, DAO, self.now).unwrap();
        assert!(broken.is_empty(), "broken invariants: {broken:#?}");
    }
}

/// The exit code of what is refused.
#[track_caller]
pub fn code<R: core::fmt::Debug>(result: Result<R, Error>) -> u32 {
    result.expect_err("a refusal").exit_code().value()
}
