//! One line to start a story.

use actor_datadao::api::{
    AddDataset, AddDatasetParams, ConstructorParams, Dataset, DatasetId, DealPolicy, GetDataset,
    GetReward, RewardPayment,
};
use actor_datadao::invariants;
use actor_datadao::state::State;
use cid::Cid;
use fvm_harness::{Account, Call, Network, Outcome, Provider, TokenAmount, fil};
use fvm_shared::ActorID;
use fvm_shared::address::Address;
use fvm_shared::commcid::{Commitment, data_commitment_v1_to_cid};
use fvm_shared::piece::PaddedPieceSize;
use shared::ext::DataCid;
use shared::ext::MARKET_ACTOR;
use shared::ext::account::{AUTHENTICATE_MESSAGE, AuthenticateMessageParams};
use shared::ext::market::DealProposal;
use shared::token::Balance;

/// Bytes of the pieces of these stories, padded.
pub const PIECE_SIZE: PaddedPieceSize = PaddedPieceSize(2_048);
/// Gas of a receiver hook.
pub const HOOK_GAS: u64 = 10_000_000;
const DAY: i64 = 2_880;

/// A new network with all actors.
pub fn network() -> Network {
    Network::new(fab::actors().expect("actors that build")).expect("a network that starts")
}

/// The CommP of the n-th piece of a story.
pub fn piece(n: u8) -> Cid {
    let commitment: Commitment = [n; 32].map(|byte| byte & 0x3f);
    data_commitment_v1_to_cid(&commitment).expect("a commitment of 32 bytes")
}

/// A data DAO on a network of its own, with one admin and one storage provider.
pub struct Dao {
    pub net: Network,
    pub admin: Account,
    pub address: Address,
    pub sp: Provider,
}

impl Dao {
    /// A DAO that pushes its rewards.
    pub fn pushing() -> Self {
        Self::deployed(RewardPayment { push: true, hook_gas_limit: HOOK_GAS })
    }

    /// A DAO whose rewards are claimed.
    pub fn claiming() -> Self {
        Self::deployed(RewardPayment { push: false, hook_gas_limit: HOOK_GAS })
    }

    /// A DAO that pushes its rewards and gives hooks more gas than a publish needs.
    pub fn pushing_with_gas_to_spare() -> Self {
        Self::deployed(RewardPayment { push: true, hook_gas_limit: 50 * HOOK_GAS })
    }

    fn deployed(payment: RewardPayment) -> Self {
        let mut net = network();
        let admin = net.account("admin");
        let params = constructor_params(&admin, payment);
        let address = net.create(&admin, "datadao", &params).ok().id_address;
        let sp = Provider::create(&mut net, "sp");
        Dao { net, admin, address, sp }
    }

    /// Lists the n-th piece with so many replicas wanted, for 100 $DATA each.
    pub fn listing(mut self, n: u8, replicas: u32) -> Self {
        self.list(n, replicas);
        self
    }

    pub fn list(&mut self, n: u8, replicas: u32) -> DatasetId {
        let params = dataset(n, replicas);
        self.net.call::<AddDataset>(&self.admin, self.address, &params).ok()
    }

    /// The story's provider proposes to store the n-th piece for the DAO.
    pub fn proposal(&self, n: u8) -> DealProposal {
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
    pub fn owed(&mut self, owner: ActorID) -> TokenAmount {
        self.net.view::<GetReward>(self.address, &owner)
    }

    pub fn state(&self) -> State {
        self.net.state(&self.address).expect("a DAO with state")
    }

    /// Every story ends with this.
    #[track_caller]
    pub fn check_invariants(&mut self) {
        self.net.snapshot();
        let broken = invariants::check(&self.state(), self.net.store()).expect("a readable state");
        assert!(broken.is_empty(), "broken invariants: {broken:#?}");
    }
}

/// Parameters that the DAO takes.
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

/// The n-th piece as a dataset.
pub fn dataset(n: u8, replicas: u32) -> AddDatasetParams {
    AddDatasetParams {
        piece_cid: piece(n),
        piece_size: PIECE_SIZE,
        payload_cid: DataCid(piece(n)),
        locations: vec!["https://example.org/data".into()],
        replicas,
        reward: fil(100),
    }
}
