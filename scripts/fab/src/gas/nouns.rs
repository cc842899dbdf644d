//! What holders, curators, readers and workers pay: each method once, in a DAO that is in use.

use actor_datadao::api::*;
use fvm_harness::{Account, Call, Network, fil};
use shared::Method;
use shared::ext::DataCid;

use super::{Row, push};
use crate::story::{self, DAY, Dao};

/// A DAO with a dataset and three holders, and where to note what its methods cost.
struct Bench<'r> {
    dao: Dao,
    ann: Account,
    bob: Account,
    rows: &'r mut Vec<Row>,
}

pub fn measure(net: Network, rows: &mut Vec<Row>) {
    let mut dao = Dao::vesting(net).listing(1, 3);
    let [ann, bob, carol] = ["ann", "bob", "carol"].map(|name| dao.net.account(name));
    for holder in [&ann, &bob, &carol] {
        dao.mint(holder, fil(1_000));
    }
    let mut bench = Bench { dao, ann, bob, rows };
    bench.roles();
    bench.treasury();
    bench.governance();
    bench.staking();
    bench.access();
    bench.compute();
}

impl Bench<'_> {
    fn call<M: Method>(&mut self, from: &Account, case: &str, params: &M::Params) -> M::Return {
        self.pay::<M>(from, case, params, 0)
    }

    /// A call that brings so many FIL.
    fn pay<M: Method>(
        &mut self,
        from: &Account,
        case: &str,
        params: &M::Params,
        value: i64,
    ) -> M::Return {
        let call = Call::new(from, self.dao.address).method(M::NUMBER, params).value(fil(value));
        let reply = self.dao.net.run_as::<M>(call);
        push(self.rows, "datadao", M::NAME, case, reply.outcome.clone());
        reply.ok()
    }

    fn roles(&mut self) {
        let (admin, ann) = (self.dao.admin.clone(), self.ann.clone());
        let member = RoleParams { role: Role::Member, account: ann.address() };
        self.call::<GrantRole>(&admin, "", &member);
        self.call::<GetRoles>(&admin, "", &ann.address());
        self.call::<RevokeRole>(&admin, "", &member);
        self.call::<OfferAdmin>(&admin, "", &OfferAdminParams { to: ann.address(), keep: true });
        self.call::<AcceptAdmin>(&ann, "", &());
        self.call::<Pause>(&admin, "", &PauseParams { duration: 1 });
        self.call::<Unpause>(&admin, "", &());
        self.dao.mint(&ann, fil(1));
        self.call::<GetRules>(&admin, "", &());
    }

    fn treasury(&mut self) {
        let ann = self.ann.clone();
        self.pay::<Fund>(&ann, "", &(), 50);
        self.dao.net.run(Call::new(&ann, self.dao.address).value(fil(1))).ok();
        self.call::<BookDonations>(&ann, "", &());
        self.call::<GetTreasury>(&ann, "", &());
        let (owner, provider) = (self.dao.sp.owner.clone(), self.dao.sp.address());
        self.dao.mint(&owner, fil(10));
        let bond = BondParams { provider, amount: fil(10) };
        self.call::<Bond>(&owner, "", &bond);
        self.call::<GetRecord>(&ann, "", &provider);
        self.call::<Unbond>(&owner, "", &bond);
        let page = PageParams { from: 1, limit: 100 };
        self.call::<ListDatasets>(&ann, "1 dataset", &page);
        self.call::<ListDeals>(&ann, "1 dataset", &page);
        self.call::<RetrieveDataset>(&ann, "1 dataset", &1);
        let admin = self.dao.admin.clone();
        let terms = story::dataset(1, 4).terms;
        self.call::<UpdateDataset>(&admin, "1 dataset", &UpdateDatasetParams { id: 1, terms });
    }

    fn governance(&mut self) {
        let (ann, bob) = (self.ann.clone(), self.bob.clone());
        self.call::<Delegate>(&ann, "", &Some(bob.address()));
        let spend = Action::Spend { to: ann.address(), currency: Currency::Fil, amount: fil(5) };
        let motion = ProposeParams { actions: vec![spend], description: "Five for Ann.".into() };
        let id = self.call::<Propose>(&bob, "1 action", &motion);
        self.dao.net.skip(DAY / 4 + 1);
        let vote = CastVoteParams { proposal: id, choice: Choice::For };
        self.call::<CastVote>(&bob, "first vote", &vote);
        let votes = GetVotesParams { account: bob.address(), snapshot: None };
        self.call::<GetVotes>(&bob, "", &votes);
        self.call::<GetVote>(&bob, "", &GetVoteParams { proposal: id, voter: bob.address() });
        self.dao.net.skip(5 * DAY);
        self.call::<Execute>(&ann, "1 action: Spend", &id);
        self.call::<GetProposal>(&ann, "", &id);
        self.call::<ListProposals>(&ann, "1 proposal", &PageParams { from: 1, limit: 100 });
        let other = self.dao.net.call::<Propose>(&bob, self.dao.address, &motion).ok();
        self.call::<Cancel>(&bob, "", &other);
        let other = self.dao.net.call::<Propose>(&bob, self.dao.address, &motion).ok();
        let guardian = self.dao.admin.clone();
        self.call::<Veto>(&guardian, "", &other);
    }

    fn staking(&mut self) {
        let ann = self.ann.clone();
        let stake = StakeParams { amount: fil(100) };
        self.call::<Stake>(&ann, "first stake", &stake);
        self.call::<Unstake>(&ann, "", &stake);
        self.dao.net.skip(8 * DAY);
        self.call::<ReleaseUnstaked>(&ann, "", &ann.address());
        self.call::<Stake>(&ann, "again", &stake);
        self.call::<GetStake>(&ann, "", &ann.address());
    }

    fn access(&mut self) {
        let (admin, ann) = (self.dao.admin.clone(), self.ann.clone());
        let price = AccessPrice { currency: Currency::Fil, amount: fil(10), period: DAY };
        let policy = AccessPolicy::Paid(price);
        self.call::<SetAccess>(&admin, "", &SetAccessParams { dataset: 1, policy });
        let buy = BuyAccessParams {
            dataset: 1,
            to: ann.address(),
            periods: 1,
            max_price: fil(10),
            min_period: DAY,
        };
        self.pay::<BuyAccess>(&ann, "in FIL", &buy, 10);
        self.call::<ClaimRevenue>(&ann, "", &ann.address());
        let until = self.dao.net.epoch() + 10;
        let grant = GrantAccessParams { dataset: 1, to: admin.address(), until };
        self.call::<GrantAccess>(&admin, "", &grant);
        let ask = AccessParams { account: ann.address(), dataset: 1 };
        self.call::<HasAccess>(&ann, "", &ask);
        self.call::<GetAccess>(&ann, "", &ask);
        let revoke = RevokeAccessParams { dataset: 1, from: admin.address() };
        self.call::<RevokeAccess>(&admin, "", &revoke);
        self.dao.net.skip(2 * DAY);
        let expire = ExpireAccessParams { dataset: 1, accounts: vec![ann.address()] };
        self.call::<ExpireAccess>(&ann, "1 account", &expire);
    }

    fn compute(&mut self) {
        let (ann, bob) = (self.ann.clone(), self.bob.clone());
        let request = |deadline| RequestComputeParams {
            dataset: 1,
            job: DataCid(story::piece(7)),
            currency: Currency::Fil,
            bounty: fil(10),
            deadline,
        };
        let soon = self.dao.net.epoch() + DAY;
        let id = self.pay::<RequestCompute>(&ann, "in FIL", &request(soon), 10);
        self.call::<CancelCompute>(&ann, "", &id);
        let id = self.open(&ann, request(soon));
        self.pay::<AcceptCompute>(&bob, "", &id, 2);
        let result = DeliverComputeParams { id, result: DataCid(story::piece(8)) };
        self.call::<DeliverCompute>(&bob, "", &result);
        self.call::<GetCompute>(&ann, "", &id);
        self.call::<ListCompute>(&ann, "1 request", &PageParams { from: 1, limit: 100 });
        self.pay::<DisputeCompute>(&ann, "", &id, 2);
        let arbiter = self.dao.admin.clone();
        let ruling = RuleComputeParams { id, worker_share: 5_000 };
        self.call::<RuleCompute>(&arbiter, "", &ruling);
        let id = self.open(&ann, request(soon));
        let accept = Call::new(&bob, self.dao.address).method(AcceptCompute::NUMBER, &id);
        self.dao.net.run(accept.value(fil(2))).ok();
        let result = DeliverComputeParams { id, result: DataCid(story::piece(8)) };
        self.dao.net.call::<DeliverCompute>(&bob, self.dao.address, &result).ok();
        self.call::<ApproveCompute>(&ann, "", &id);
        let id = self.open(&ann, request(soon));
        self.dao.net.skip(2 * DAY);
        self.call::<SettleCompute>(&bob, "1 request", &vec![id]);
        let retired = self.dao.admin.clone();
        self.call::<RetireDataset>(&retired, "1 dataset", &1);
    }

    fn open(&mut self, from: &Account, request: RequestComputeParams) -> RequestId {
        let call = Call::new(from, self.dao.address).method(RequestCompute::NUMBER, &request);
        self.dao.net.run_as::<RequestCompute>(call.value(fil(10))).ok()
    }
}
