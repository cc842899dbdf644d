//! A data DAO with an admin and a storage provider: how the demo, the measurements and the tests of
//! the DAO all start.

use actor_datadao::api::{
    AddDataset, AddDatasetParams, ConstructorParams, Dataset, DatasetId, DealPolicy, GetDataset,
    GetReward, RewardPayment,
};
use actor_datadao::invariants;
use actor_datadao::state::State;
use cid::Cid;
use fvm_harness::{Account, Call, Network, Outcome, Provider, TokenAmount, fil};
use fvm_shared::address::Address;
use fvm_shared::commcid::data_commitment_v1_to_cid;
use fvm_shared::piece::PaddedPieceSize;
use shared::ext::account::{AUTHENTICATE_MESSAGE, AuthenticateMessageParams};
use shared::ext::market::DealProposal;
use shared::ext::{DataCid, MARKET_ACTOR};
use shared::token::Balance;

/// Epochs of a day.
pub const DAY: i64 = 2_880;
/// Bytes of a made-up piece, after padding.
pub const PIECE_SIZE: PaddedPieceSize = PaddedPieceSize(1 << 20);
/// Gas that a receiver hook may spend, where a story does not say otherwise.
pub const HOOK_GAS: u64 = 10_000_000;

/// A DAO whose deals last 180 to 540 days, start within 14, and cost it nothing.
#[must_use]
pub fn constructor_params(admin: &Account, payment: RewardPayment) -> ConstructorParams {
    ConstructorParams {
        admin: admin.address(),
        token_name: "Data".into(),
        token_symbol: "DATA".into(),
        policy: DealPolicy {
            min_duration: 180 * DAY,
            max_duration: 540 * DAY,
            max_start_delay: 14 * DAY,
            max_price_per_epoch: TokenAmount::default(),
            max_client_collateral: TokenAmount::default(),
        },
        payment,
    }
}

/// The CommP of the n-th made-up piece.
#[must_use]
pub fn piece(n: u64) -> Cid {
    let mut commitment = [0x2a; 32];
    commitment[..8].copy_from_slice(&n.to_be_bytes());
    data_commitment_v1_to_cid(&commitment).expect("a commitment of 32 bytes")
}

/// The n-th made-up piece as a dataset, for 100 $DATA a replica.
#[must_use]
pub fn dataset(n: u64, wanted: u32) -> AddDatasetParams {
    AddDatasetParams {
        piece_cid: piece(n),
        piece_size: PIECE_SIZE,
        payload_cid: DataCid(piece(n)),
        locations: vec!["https://example.org/data.car".into()],
        wanted,
        reward: fil(100),
    }
}

/// A data DAO on a network of its own.
pub struct Dao {
    pub net: Network,
    pub admin: Account,
    pub address: Address,
    pub sp: Provider,
}

impl Dao {
    /// Deploys a DAO that pushes its rewards.
    #[must_use]
    pub fn pushing(net: Network) -> Self {
        Self::deploy(net, RewardPayment { push: true, hook_gas_limit: HOOK_GAS })
    }

    /// Deploys a DAO whose rewards are claimed.
    #[must_use]
    pub fn claiming(net: Network) -> Self {
        Self::deploy(net, RewardPayment { push: false, hook_gas_limit: HOOK_GAS })
    }

    #[must_use]
    pub fn deploy(mut net: Network, payment: RewardPayment) -> Self {
        let admin = net.account("admin");
        let params = constructor_params(&admin, payment);
        let address = net.create(&admin, "datadao", &params).ok().id_address;
        let sp = Provider::create(&mut net, "sp");
        Dao { net, admin, address, sp }
    }

    /// Lists the n-th piece with so many replicas wanted, for 100 $DATA each.
    #[must_use]
    pub fn listing(mut self, n: u64, wanted: u32) -> Self {
        self.list(n, wanted);
        self
    }

    pub fn list(&mut self, n: u64, wanted: u32) -> DatasetId {
        let params = dataset(n, wanted);
        self.net.call::<AddDataset>(&self.admin, self.address, &params).ok()
    }

    /// The story's provider proposes to store the n-th piece for the DAO.
    #[must_use]
    pub fn proposal(&self, n: u64) -> DealProposal {
        self.sp.proposal(&self.net, self.address, piece(n), PIECE_SIZE)
    }

    /// What the DAO answers when the market asks about a proposal.
    pub fn asked(&mut self, proposal: &DealProposal) -> Outcome {
        let message = fvm_ipld_encoding::to_vec(proposal).expect("a proposal that encodes");
        let params = AuthenticateMessageParams { signature: vec![], message };
        let market = Address::new_id(MARKET_ACTOR);
        self.net.dry_run(Call::new(market, self.address).method(AUTHENTICATE_MESSAGE, &params))
    }

    pub fn dataset(&mut self, id: DatasetId) -> Dataset {
        self.net.view::<GetDataset>(self.address, &id)
    }

    /// $DATA that someone has.
    pub fn balance(&mut self, of: impl Into<Address>) -> TokenAmount {
        self.net.view::<Balance>(self.address, &of.into())
    }

    /// $DATA that an owner is owed.
    pub fn owed(&mut self, owner: impl Into<Address>) -> TokenAmount {
        self.net.view::<GetReward>(self.address, &owner.into())
    }

    /// The DAO's state.
    ///
    /// # Panics
    /// Where it cannot be read.
    #[must_use]
    pub fn state(&self) -> State {
        self.net.state(&self.address).expect("a DAO with state")
    }

    /// Asserts that the state is sound: every story ends with this.
    ///
    /// # Panics
    /// With every invariant that is broken.
    #[track_caller]
    pub fn check_invariants(&mut self) {
        self.net.snapshot();
        let broken = invariants::check(&self.state(), self.net.store()).expect("a readable state");
        assert!(broken.is_empty(), "broken invariants: {broken:#?}");
    }
}
