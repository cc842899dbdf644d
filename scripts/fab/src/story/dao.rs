//! A data DAO with an admin and a storage provider: how the demo, the measurements and the tests of
//! the DAO all start.

use actor_datadao::api::{
    Action, AddDataset, AddDatasetParams, Cash, CastVote, CastVoteParams, Choice,
    ConstructorParams, Dataset, DatasetId, DatasetTerms, Execute, Fund, GetCredit, GetDataset,
    GetProposal, GetTreasury, GetTreasuryReturn, GrantRole, Mint, MintParams, ProposalId,
    ProposalSummary, Propose, ProposeParams, RefreshDatasets, Refreshed, RewardRules, Role,
    RoleParams, Rules, Withdraw,
};
use actor_datadao::invariants;
use actor_datadao::state::State;
use fvm_harness::{Account, Call, Network, Outcome, Provider, Reply, TokenAmount, fil};
use fvm_ipld_encoding::RawBytes;
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::deal::DealID;
use shared::Method;
use shared::ext::DataCid;
use shared::ext::market::DealProposal;
use shared::token::{Balance, Transfer, TransferParams};

use super::{PIECE_SIZE, ask, piece};
use crate::deploy::defaults;

/// All of a reward at once when the deal is published, as in the blueprint.
#[must_use]
pub fn on_publish() -> RewardRules {
    RewardRules { publish_share: 10_000, locked: false, ..defaults::rewards() }
}

/// The default DAO, with these rewards.
#[must_use]
pub fn constructor_params(admin: &Account, rewards: RewardRules) -> ConstructorParams {
    let mut params = defaults::datadao(admin.address());
    params.rules.rewards = rewards;
    params
}

/// The n-th made-up piece as a dataset, for 100 $DATA a replica.
#[must_use]
pub fn dataset(n: u64, wanted: u32) -> AddDatasetParams {
    AddDatasetParams {
        piece_cid: piece(n),
        piece_size: PIECE_SIZE,
        terms: DatasetTerms {
            payload_cid: DataCid(piece(n)),
            locations: vec!["https://example.org/data.car".into()],
            metadata_cid: None,
            wanted,
            reward: fil(100),
            publish_share: None,
            policy: None,
        },
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
    /// Deploys a DAO that pays rewards on publish.
    #[must_use]
    pub fn pushing(net: Network) -> Self {
        Self::deploy(net, on_publish())
    }

    /// Deploys a DAO whose rewards vest while the deals last.
    #[must_use]
    pub fn vesting(net: Network) -> Self {
        Self::deploy(net, defaults::rewards())
    }

    /// Deploys a DAO whose first admin has the roles of curator, minter, guardian and arbiter too.
    #[must_use]
    pub fn deploy(net: Network, rewards: RewardRules) -> Self {
        Self::deploy_with(net, rewards, |_| {})
    }

    /// Deploys a DAO with other rules.
    #[must_use]
    pub fn deploy_with(
        mut net: Network,
        rewards: RewardRules,
        change: impl FnOnce(&mut Rules),
    ) -> Self {
        let admin = net.account("admin");
        let mut params = constructor_params(&admin, rewards);
        change(&mut params.rules);
        let address = net.create(&admin, "datadao", &params).ok().id_address;
        let sp = Provider::create(&mut net, "sp");
        let mut dao = Dao { net, admin, address, sp };
        let to = dao.admin.address();
        for role in [Role::Curator, Role::Minter, Role::Guardian, Role::Arbiter] {
            dao.grant(role, to);
        }
        dao
    }

    /// Calls a method of the DAO.
    pub fn call<M: Method>(
        &mut self,
        from: impl Into<Address>,
        params: &M::Params,
    ) -> Reply<M::Return> {
        self.net.call::<M>(from, self.address, params)
    }

    /// Calls a method of the DAO with FIL.
    pub fn pay<M: Method>(
        &mut self,
        from: impl Into<Address>,
        params: &M::Params,
        value: TokenAmount,
    ) -> Outcome {
        self.net.run(Call::new(from, self.address).method(M::NUMBER, params).value(value))
    }

    /// The admin gives an account a role.
    pub fn grant(&mut self, role: Role, account: impl Into<Address>) {
        let params = RoleParams { role, account: account.into() };
        self.net.call::<GrantRole>(&self.admin, self.address, &params).ok();
    }

    /// The admin mints by hand.
    pub fn mint(&mut self, to: impl Into<Address>, amount: TokenAmount) {
        let params = MintParams { to: to.into(), amount };
        self.net.call::<Mint>(&self.admin, self.address, &params).ok();
    }

    /// A new account that has so many $DATA, minted by hand.
    pub fn holder(&mut self, name: &str, amount: TokenAmount) -> Account {
        let holder = self.net.account(name);
        self.mint(&holder, amount);
        holder
    }

    /// Moves $DATA.
    pub fn transfer(&mut self, from: &Account, to: impl Into<Address>, amount: TokenAmount) {
        let params = TransferParams { to: to.into(), amount, operator_data: RawBytes::default() };
        self.call::<Transfer>(from, &params).ok();
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

    /// The story's provider stores the n-th piece for the DAO and proves it.
    pub fn store(&mut self, n: u64) -> DealID {
        let proposal = self.proposal(n);
        let deal = self.sp.publish_all(&mut self.net, std::slice::from_ref(&proposal))[0];
        self.sp.activate(&mut self.net, deal, &proposal);
        deal
    }

    /// What the DAO answers when the market asks about a proposal.
    pub fn asked(&mut self, proposal: &DealProposal) -> Outcome {
        ask(&mut self.net, self.address, proposal)
    }

    pub fn dataset(&mut self, id: DatasetId) -> Dataset {
        self.net.view::<GetDataset>(self.address, &id)
    }

    /// $DATA that someone has.
    pub fn balance(&mut self, of: impl Into<Address>) -> TokenAmount {
        self.net.view::<Balance>(self.address, &of.into())
    }

    /// What the DAO owes someone.
    pub fn owed(&mut self, account: impl Into<Address>) -> Cash {
        self.net.view::<GetCredit>(self.address, &account.into())
    }

    /// Anyone has the DAO pay someone what it owes.
    pub fn withdraw(&mut self, account: impl Into<Address>) -> Cash {
        let accounts = vec![account.into()];
        self.net.call::<Withdraw>(&self.admin, self.address, &accounts).ok().remove(0)
    }

    /// Anyone has the DAO look at the deals of a dataset.
    pub fn refresh(&mut self, id: DatasetId) -> Refreshed {
        self.net.call::<RefreshDatasets>(&self.admin, self.address, &vec![id]).ok().remove(0)
    }

    /// The admin gives FIL to the treasury.
    pub fn fund(&mut self, amount: TokenAmount) {
        let admin = self.admin.address();
        self.pay::<Fund>(admin, &(), amount).ok();
    }

    pub fn treasury(&mut self) -> GetTreasuryReturn {
        self.net.view::<GetTreasury>(self.address, &())
    }

    /// A holder proposes.
    pub fn propose(&mut self, by: &Account, actions: Vec<Action>) -> ProposalId {
        let params = ProposeParams { actions, description: "as discussed".into() };
        self.call::<Propose>(by, &params).ok()
    }

    /// How a proposal stands.
    pub fn poll(&mut self, id: ProposalId) -> ProposalSummary {
        self.net.view::<GetProposal>(self.address, &id).summary
    }

    pub fn vote(&mut self, voter: &Account, proposal: ProposalId, choice: Choice) -> Reply<()> {
        self.call::<CastVote>(voter, &CastVoteParams { proposal, choice })
    }

    /// Goes to the first epoch of the vote on a proposal.
    pub fn await_vote(&mut self, id: ProposalId) {
        let snapshot = self.poll(id).snapshot;
        self.skip_to(snapshot + 1);
    }

    /// Goes to the first epoch at which a proposal can be executed.
    pub fn await_eta(&mut self, id: ProposalId) {
        let eta = self.poll(id).eta;
        self.skip_to(eta);
    }

    fn skip_to(&mut self, epoch: ChainEpoch) {
        self.net.skip(epoch - self.net.epoch());
    }

    /// A holder who has the quorum alone proposes and votes for it; the timelock is over.
    pub fn pass(&mut self, by: &Account, actions: Vec<Action>) -> ProposalId {
        let id = self.propose(by, actions);
        self.await_vote(id);
        self.vote(by, id, Choice::For).ok();
        self.await_eta(id);
        id
    }

    /// Anyone has the DAO do what a proposal says.
    pub fn execute(&mut self, id: ProposalId) -> Reply<()> {
        let anyone = self.sp.worker.address();
        self.call::<Execute>(anyone, &id)
    }

    /// The DAO decides and does what a holder who has the quorum alone wants.
    pub fn decide(&mut self, by: &Account, actions: Vec<Action>) {
        let id = self.pass(by, actions);
        self.execute(id).ok();
    }

    /// The DAO's state.
    ///
    /// # Panics
    /// Where it cannot be read.
    #[must_use]
    pub fn state(&self) -> State {
        self.net.state(&self.address).expect("a DAO with state")
    }

    /// [`check_dao`]: every story ends with this.
    #[track_caller]
    pub fn check_invariants(&mut self) {
        check_dao(&mut self.net, self.address);
    }
}

/// Asserts that a DAO's state is sound and that it has what its books say.
///
/// # Panics
/// With every invariant that is broken.
#[track_caller]
pub fn check_dao(net: &mut Network, dao: Address) {
    net.snapshot();
    let id = net.resolve(&dao).expect("a DAO with an ID");
    let state: State = net.state(&dao).expect("a DAO with state");
    let broken = invariants::check(&state, net.store(), id, net.epoch());
    let broken = broken.expect("a readable state");
    assert!(broken.is_empty(), "broken invariants: {broken:#?}");
    let booked = net.view::<GetTreasury>(dao, &()).booked.fil;
    let balance = net.balance(dao);
    assert!(booked <= balance, "{booked} FIL are booked, {balance} are there");
}
