//! Lives of a DAO: of its datasets, its proposals, its stakes and its compute requests.

use abi::defaults;
use actor_datadao::api::*;
use fvm_ipld_encoding::to_vec;
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use shared::Method;
use shared::ext::DataCid;
use shared::ext::account::AuthenticateMessageParams;
use shared::ext::market::MarketNotifyDealParams;

use super::world::{DAO, DataDao};
use crate::deals::{PROVIDER, SIZE, piece, proposal};
use crate::messages::{self, DAY, USER};
use crate::token;
use crate::world::World;

const ANN: Address = Address::new_id(USER);
const BOB: Address = Address::new_id(USER + 1);

pub fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = vec![datasets(), deals(), stakes(), access(), compute(), roles()];
    seeds.push(token::life::<DataDao>());
    seeds.extend(actions().into_iter().map(decided));
    seeds.push(proposals());
    seeds
}

fn fil(amount: i64) -> TokenAmount {
    TokenAmount::from_whole(amount)
}

fn terms(wanted: u32) -> DatasetTerms {
    DatasetTerms {
        payload_cid: DataCid(piece()),
        locations: vec!["https://example.org/data.car".into()],
        metadata_cid: None,
        wanted,
        reward: fil(10),
        publish_share: None,
        policy: None,
    }
}

fn add() -> Vec<u8> {
    let params = AddDatasetParams { piece_cid: piece(), piece_size: SIZE, terms: terms(2) };
    sent::<AddDataset>([0, 0, 0], &params)
}

fn page() -> PageParams {
    PageParams { from: 1, limit: 10 }
}

fn datasets() -> Vec<u8> {
    let update = UpdateDatasetParams { id: 1, terms: terms(1) };
    [
        add(),
        sent::<UpdateDataset>([1, 0, 0], &update),
        sent::<GetDataset>([2, 0, 0], &1),
        sent::<ListDatasets>([2, 0, 0], &page()),
        sent::<RetrieveDataset>([2, 0, 0], &1),
        sent::<RetireDataset>([1, 0, 0], &1),
    ]
    .concat()
}

/// A deal that is published, activated, and at its end, for a provider with a bond.
fn deals() -> Vec<u8> {
    let published = to_vec(&proposal(DAO, String::new(), [5, 205])).expect("a proposal encodes");
    let asked = AuthenticateMessageParams { signature: vec![], message: published.clone() };
    let deal = MarketNotifyDealParams { proposal: published, deal_id: 7 };
    let bond = |amount| BondParams { provider: PROVIDER, amount: fil(amount) };
    [
        add(),
        sent::<Bond>([0, 0, 0], &bond(100)),
        sent::<AuthenticateMessage>([0, 0, 0], &asked),
        sent::<MarketNotifyDeal>([0, 0, 0], &deal),
        sent::<GetDeal>([0, 0, 0], &7),
        sent::<ListDeals>([0, 0, 0], &page()),
        sent::<RetrieveDeal>([0, 0, 0], &7),
        sent::<RefreshDatasets>([1, 1, 1], &vec![1]),
        sent::<RefreshDatasets>([1, 100, 1], &vec![1]),
        sent::<Withdraw>([1, 0, 0], &vec![ANN]),
        sent::<RefreshDatasets>([1, 110, 1], &vec![1]),
        sent::<Withdraw>([1, 0, 1], &vec![ANN]),
        sent::<Unbond>([0, 0, 0], &bond(50)),
        sent::<GetRecord>([0, 0, 0], &PROVIDER),
    ]
    .concat()
}

fn stakes() -> Vec<u8> {
    let stake = |amount| StakeParams { amount: fil(amount) };
    [
        sent::<Stake>([0, 0, 0], &stake(500)),
        sent::<GetStake>([0, 0, 0], &ANN),
        sent::<Unstake>([0, 1, 0], &stake(200)),
        sent::<ReleaseUnstaked>([1, 8, 0], &ANN),
        sent::<Withdraw>([1, 0, 0], &vec![ANN]),
    ]
    .concat()
}

fn access() -> Vec<u8> {
    let price = |currency| AccessPrice { currency, amount: fil(3), period: 30 * DAY };
    let set = |currency| {
        let policy = AccessPolicy::Paid(price(currency));
        sent::<SetAccess>([0, 0, 0], &SetAccessParams { dataset: 1, policy })
    };
    let buy =
        BuyAccessParams { dataset: 1, to: BOB, periods: 2, max_price: fil(10), min_period: DAY };
    let of = || AccessParams { account: BOB, dataset: 1 };
    let until = 300 * DAY;
    [
        add(),
        sent::<Stake>([2, 0, 0], &StakeParams { amount: fil(500) }),
        set(Currency::Fil),
        sent::<BuyAccess>([1, 0, 0], &buy),
        set(Currency::Data),
        sent::<BuyAccess>([1, 1, 0], &buy),
        sent::<HasAccess>([1, 0, 0], &of()),
        sent::<GetAccess>([1, 0, 0], &of()),
        sent::<GrantAccess>([0, 0, 0], &GrantAccessParams { dataset: 1, to: ANN, until }),
        sent::<RevokeAccess>([0, 1, 0], &RevokeAccessParams { dataset: 1, from: ANN }),
        sent::<ExpireAccess>([3, 190, 0], &ExpireAccessParams { dataset: 1, accounts: vec![BOB] }),
        sent::<ClaimRevenue>([3, 0, 0], &Address::new_id(USER + 2)),
        sent::<Withdraw>([3, 0, 2], &vec![Address::new_id(USER + 2), ANN]),
    ]
    .concat()
}

/// Requests in each currency, to each of their ends.
fn compute() -> Vec<u8> {
    let ask = |currency, bounty, deadline: ChainEpoch| RequestComputeParams {
        dataset: 1,
        job: DataCid(piece()),
        currency,
        bounty: fil(bounty),
        deadline: deadline * DAY,
    };
    let result = |id| DeliverComputeParams { id, result: DataCid(piece()) };
    [
        add(),
        sent::<RequestCompute>([0, 0, 0], &ask(Currency::Fil, 5, 10)),
        sent::<RequestCompute>([0, 0, 0], &ask(Currency::Data, 5, 10)),
        sent::<RequestCompute>([0, 0, 0], &ask(Currency::Fil, 5, 10)),
        sent::<RequestCompute>([0, 0, 0], &ask(Currency::Fil, 5, 10)),
        sent::<AcceptCompute>([1, 0, 0], &1),
        sent::<AcceptCompute>([1, 0, 0], &2),
        sent::<CancelCompute>([0, 0, 0], &3),
        sent::<GetCompute>([0, 0, 0], &1),
        sent::<ListCompute>([0, 0, 0], &page()),
        sent::<DeliverCompute>([1, 1, 0], &result(1)),
        sent::<DeliverCompute>([1, 0, 0], &result(2)),
        sent::<ApproveCompute>([0, 0, 0], &1),
        sent::<DisputeCompute>([0, 0, 0], &2),
        sent::<RuleCompute>([2, 1, 0], &RuleComputeParams { id: 2, worker_share: 5_000 }),
        sent::<SettleCompute>([3, 10, 0], &vec![1, 4]),
        sent::<Withdraw>([3, 0, 0], &vec![ANN, BOB]),
    ]
    .concat()
}

fn roles() -> Vec<u8> {
    let minter = || RoleParams { role: Role::Minter, account: ANN };
    [
        sent::<GrantRole>([0, 0, 0], &RoleParams { role: Role::Provider, account: PROVIDER }),
        sent::<RevokeRole>([0, 0, 0], &minter()),
        sent::<OfferAdmin>([0, 0, 0], &OfferAdminParams { to: BOB, keep: false }),
        sent::<AcceptAdmin>([1, 0, 0], &()),
        sent::<GrantRole>([1, 0, 0], &minter()),
        sent::<GetRoles>([1, 0, 0], &ANN),
        sent::<Pause>([1, 0, 0], &PauseParams { duration: DAY }),
        sent::<Unpause>([2, 0, 0], &()),
        sent::<Mint>([0, 0, 0], &MintParams { to: BOB, amount: fil(1) }),
        sent::<Fund>([0, 0, 60], &()),
        sent::<BookDonations>([0, 0, 60], &()),
    ]
    .concat()
}

/// One of every kind of action.
fn actions() -> Vec<Action> {
    let rules = defaults::datadao(ANN).rules;
    let amount = fil(2);
    let spend = |currency| Action::Spend { to: BOB, currency, amount: fil(2) };
    vec![
        Action::AddDataset(AddDatasetParams {
            piece_cid: piece(),
            piece_size: SIZE,
            terms: terms(3),
        }),
        Action::SetPolicy(rules.policy),
        Action::SetRewards(RewardRules { locked: false, ..rules.rewards }),
        Action::SetStaking(rules.staking),
        Action::SetVoting(VotingRules { period: DAY, ..rules.voting }),
        Action::SetRevenue(rules.revenue),
        Action::SetCompute(rules.compute),
        spend(Currency::Fil),
        Action::Mint { to: BOB, amount: amount.clone() },
        Action::GrantRole { role: Role::Member, account: BOB },
        Action::RevokeRole { role: Role::Admin, account: ANN },
        Action::OfferAdmin { to: BOB },
        Action::Unpause,
        Action::AddEscrow { amount: amount.clone() },
        Action::WithdrawEscrow { amount },
    ]
}

/// A proposal of an action on which everybody votes, and that is executed.
fn decided(action: Action) -> Vec<u8> {
    let params = ProposeParams { actions: vec![action], description: "Do it.".into() };
    let vote = CastVoteParams { proposal: 1, choice: Choice::For };
    [
        sent::<Fund>([0, 0, 80], &()),
        sent::<Propose>([0, 0, 0], &params),
        sent::<CastVote>([0, 1, 0], &vote),
        sent::<CastVote>([1, 0, 0], &vote),
        sent::<CastVote>([2, 0, 0], &vote),
        sent::<Execute>([3, 6, 0], &1),
        sent::<Withdraw>([3, 0, 0], &vec![BOB]),
    ]
    .concat()
}

/// What else becomes of proposals, and of weight.
fn proposals() -> Vec<u8> {
    let params =
        |n| ProposeParams { actions: vec![Action::RetireDataset(n)], description: String::new() };
    let votes = GetVotesParams { account: BOB, snapshot: None };
    let against = CastVoteParams { proposal: 1, choice: Choice::Against };
    [
        sent::<Delegate>([2, 0, 0], &Some(BOB)),
        sent::<GetVotes>([2, 0, 0], &votes),
        sent::<Propose>([0, 0, 0], &params(1)),
        sent::<Propose>([1, 0, 0], &params(1)),
        sent::<CastVote>([1, 1, 0], &against),
        sent::<GetVote>([1, 0, 0], &GetVoteParams { proposal: 1, voter: BOB }),
        sent::<GetProposal>([1, 0, 0], &1),
        sent::<ListProposals>([1, 0, 0], &page()),
        sent::<Cancel>([0, 0, 0], &1),
        sent::<Veto>([3, 0, 0], &2),
        sent::<Delegate>([2, 0, 0], &None),
    ]
    .concat()
}

fn sent<M: Method>(by_wait_value: [u8; 3], params: &M::Params) -> Vec<u8> {
    messages::write::<M>(DataDao::ACTOR, by_wait_value, params)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::check_seeds;

    #[test]
    fn seeds_try_every_method_that_is_more_than_a_look() {
        let without = [
            "Constructor",
            "GetRules",
            "GetTreasury",
            "GetCredit",
            "Receive",
            "Name",
            "Symbol",
            "Granularity",
            "TotalSupply",
            "Balance",
            "BalanceOf",
            "Allowance",
            "InvokeEVM",
        ];
        check_seeds::<DataDao>(&seeds(), &without);
    }
}
