//! Work on datasets, for bounties in FIL and in $DATA.

use actor_datadao::api::{
    AcceptCompute, Action, ApproveCompute, CancelCompute, Cash, ComputeStage, Currency,
    DeliverCompute, DeliverComputeParams, DisputeCompute, Ending, GetCompute, ListCompute,
    PageParams, RequestCompute, RequestComputeParams, RequestId, Role, RuleCompute,
    RuleComputeParams, SettleCompute, Settlement, Withdraw,
};
use fab::story::Dao;
use fvm_harness::{Account, Outcome, TokenAmount, atto, fil};
use fvm_shared::error::ExitCode;
use shared::Method;
use shared::ext::DataCid;

use crate::setup::{DAY, fields, piece, pushing};

const BOTH: [Currency; 2] = [Currency::Fil, Currency::Data];
/// The request of every story.
const ID: RequestId = 1;
/// What the request offers, and what each side bonds for it.
const BOUNTY: i64 = 100;
const BOND: i64 = 20;
/// What each side has of either currency, to begin with.
const PURSE: i64 = 100_000;

/// A request, who made it, and who works on it.
struct Job {
    dao: Dao,
    currency: Currency,
    requester: Account,
    worker: Account,
}

impl Job {
    /// Someone asks for work within ten days.
    fn requested(currency: Currency) -> Self {
        let mut dao = pushing().listing(1, 1);
        let requester = dao.holder("requester", fil(PURSE));
        let worker = dao.holder("worker", fil(PURSE));
        let mut job = Job { dao, currency, requester, worker };
        let (params, requester) = (job.terms(), job.requester.clone());
        let id = job.pay::<RequestCompute>(&requester, &params, BOUNTY).returned::<RequestId>();
        assert_eq!(id, ID);
        job
    }

    fn accepted(currency: Currency) -> Self {
        let mut job = Self::requested(currency);
        let worker = job.worker.clone();
        job.pay::<AcceptCompute>(&worker, &ID, BOND).ok();
        job
    }

    fn delivered(currency: Currency) -> Self {
        let mut job = Self::accepted(currency);
        let params = DeliverComputeParams { id: ID, result: DataCid(piece(8)) };
        job.dao.call::<DeliverCompute>(&job.worker, &params).ok();
        job
    }

    fn disputed(currency: Currency) -> Self {
        let mut job = Self::delivered(currency);
        job.dispute();
        job
    }

    fn dispute(&mut self) {
        let requester = self.requester.clone();
        self.pay::<DisputeCompute>(&requester, &ID, BOND).ok();
    }

    fn terms(&self) -> RequestComputeParams {
        RequestComputeParams {
            dataset: 1,
            job: DataCid(piece(7)),
            currency: self.currency,
            bounty: fil(BOUNTY),
            deadline: self.dao.net.epoch() + 10 * DAY,
        }
    }

    /// Calls a method that takes this much of the job's currency.
    fn pay<M: Method>(&mut self, from: &Account, params: &M::Params, amount: i64) -> Outcome {
        let value = Cash::of(self.currency, fil(amount)).fil;
        self.dao.pay::<M>(from, params, value)
    }

    /// The arbiter rules.
    fn rule(&mut self, worker_share: u32) -> Outcome {
        let params = RuleComputeParams { id: ID, worker_share };
        let arbiter = self.dao.admin.address();
        self.dao.call::<RuleCompute>(arbiter, &params).outcome
    }

    /// Goes to the last epoch of the stage, when nobody can settle the request, and to the next, when
    /// anyone can.
    fn settled_by_anyone(&mut self) -> Outcome {
        let request = self.dao.net.view::<GetCompute>(self.dao.address, &ID);
        let anyone = self.dao.sp.worker.clone();
        self.dao.net.skip(request.until() - self.dao.net.epoch());
        let early = self.dao.call::<SettleCompute>(&anyone, &vec![ID, 77]).ok();
        assert_eq!(early, [None, None]);
        self.dao.net.skip(1);
        let outcome = self.dao.call::<SettleCompute>(&anyone, &vec![ID, ID]).outcome.ok();
        let settled: Vec<Option<Settlement>> = outcome.clone().returned();
        assert!(settled[0].is_some() && settled[1].is_none(), "{settled:?}");
        outcome
    }

    fn purses(&mut self) -> [TokenAmount; 2] {
        [&self.requester, &self.worker].map(|account| match self.currency {
            Currency::Fil => self.dao.net.balance(account),
            Currency::Data => self.dao.balance(account),
        })
    }

    /// Asserts how the request ended and what each side has gained in the end.
    #[track_caller]
    fn ended(mut self, outcome: &Outcome, ending: Ending, requester: i64, worker: i64) {
        assert_eq!(fields::<Ending>(outcome, "compute-settled", "ending"), [ending]);
        let ask = PageParams { from: 1, limit: 1 };
        assert!(self.dao.net.view::<ListCompute>(self.dao.address, &ask).is_empty());
        let accounts = vec![self.requester.address(), self.worker.address()];
        self.dao.call::<Withdraw>(&self.worker, &accounts).ok();
        let gains = self.purses().map(|purse| purse - fil(PURSE));
        assert_eq!(gains, [fil(requester), fil(worker)]);
        assert_eq!(self.dao.treasury().booked, Cash::default());
        self.dao.check_invariants();
    }
}

#[test]
fn a_request_that_nobody_has_accepted_can_be_taken_back() {
    for currency in BOTH {
        let mut job = Job::requested(currency);
        let (requester, worker) = (job.requester.clone(), job.worker.clone());
        job.dao.call::<CancelCompute>(&worker, &ID).refused(ExitCode::new(141));
        let cancelled = job.dao.call::<CancelCompute>(&requester, &ID).outcome.ok();
        job.ended(&cancelled, Ending::Cancelled, 0, 0);
    }
}

#[test]
fn a_request_that_nobody_accepts_lapses() {
    for currency in BOTH {
        let mut job = Job::requested(currency);
        let lapsed = job.settled_by_anyone();
        job.ended(&lapsed, Ending::Lapsed, 0, 0);
    }
}

#[test]
fn a_worker_that_delivers_nothing_loses_its_bond_to_the_requester() {
    for currency in BOTH {
        let mut job = Job::accepted(currency);
        let failed = job.settled_by_anyone();
        job.ended(&failed, Ending::Failed, BOND, -BOND);
    }
}

#[test]
fn a_result_that_is_approved_earns_the_bounty() {
    for currency in BOTH {
        let mut job = Job::delivered(currency);
        let requester = job.requester.clone();
        let approved = job.dao.call::<ApproveCompute>(&requester, &ID).outcome.ok();
        job.ended(&approved, Ending::Approved, -BOUNTY, BOUNTY);
    }
}

#[test]
fn a_result_that_nobody_reviews_earns_the_bounty() {
    for currency in BOTH {
        let mut job = Job::delivered(currency);
        let unreviewed = job.settled_by_anyone();
        job.ended(&unreviewed, Ending::Unreviewed, -BOUNTY, BOUNTY);
    }
}

#[test]
fn an_arbiter_divides_the_bounty_and_whoever_is_wholly_wrong_loses_its_bond() {
    for currency in BOTH {
        for (share, requester, worker) in
            [(0, BOND, -BOND), (7_000, -70, 70), (10_000, -BOUNTY - BOND, BOUNTY + BOND)]
        {
            let mut job = Job::disputed(currency);
            let ruled = job.rule(share).ok();
            job.ended(&ruled, Ending::Ruled(share), requester, worker);
        }
    }
}

#[test]
fn a_dispute_that_nobody_decides_is_split() {
    for currency in BOTH {
        let mut job = Job::disputed(currency);
        let undecided = job.settled_by_anyone();
        job.ended(&undecided, Ending::Undecided, -BOUNTY / 2, BOUNTY / 2);
    }
}

#[test]
fn the_dao_itself_decides_a_dispute_by_a_proposal() {
    let mut job = Job::delivered(Currency::Fil);
    let params = RuleComputeParams { id: ID, worker_share: 10_000 };
    let requester = job.requester.clone();
    let proposal = job.dao.propose(&requester, vec![Action::RuleCompute(params)]);
    job.dao.await_vote(proposal);
    job.dao.vote(&requester, proposal, actor_datadao::api::Choice::For).ok();
    job.dao.net.skip(DAY);
    job.dispute();
    job.dao.await_eta(proposal);
    let executed = job.dao.execute(proposal).outcome.ok();
    job.ended(&executed, Ending::Ruled(10_000), -BOUNTY - BOND, BOUNTY + BOND);
}

#[test]
fn only_an_arbiter_that_is_no_party_rules_and_in_time() {
    let mut job = Job::disputed(Currency::Fil);
    let params = RuleComputeParams { id: ID, worker_share: 10_000 };
    let worker = job.worker.clone();
    job.dao.call::<RuleCompute>(&worker, &params).refused(ExitCode::new(67));
    job.dao.grant(Role::Arbiter, &worker);
    job.dao.call::<RuleCompute>(&worker, &params).refused(ExitCode::new(144));
    let request = job.dao.net.view::<GetCompute>(job.dao.address, &ID);
    job.dao.net.skip(request.until() + 1 - job.dao.net.epoch());
    job.rule(10_000).refused(ExitCode::new(140));
    assert!(matches!(request.stage, ComputeStage::Disputed { worker: by, .. } if by == worker.id));
    job.dao.check_invariants();
}

#[test]
fn any_value_but_what_is_put_up_is_refused_and_nothing_is_kept() {
    for currency in BOTH {
        let put_up = |amount| Cash::of(currency, fil(amount)).fil;
        let wrong = |right: TokenAmount| {
            let less = (right.is_positive()).then(|| &right - atto(1));
            [Some(right + atto(1)), less].into_iter().flatten()
        };
        let mut job = Job::requested(currency);
        let (requester, worker) = (job.requester.clone(), job.worker.clone());
        let kept = |job: &mut Job| (job.purses(), job.dao.net.balance(job.dao.address));

        let before = kept(&mut job);
        for value in wrong(put_up(BOUNTY)) {
            let params = job.terms();
            job.dao.pay::<RequestCompute>(&requester, &params, value).refused(ExitCode::new(126));
        }
        for value in wrong(put_up(BOND)) {
            job.dao.pay::<AcceptCompute>(&worker, &ID, value).refused(ExitCode::new(126));
        }
        assert_eq!(kept(&mut job), before);

        let mut job = Job::delivered(currency);
        let before = kept(&mut job);
        for value in wrong(put_up(BOND)) {
            job.dao.pay::<DisputeCompute>(&requester, &ID, value).refused(ExitCode::new(126));
        }
        assert_eq!(kept(&mut job), before);
        job.dao.check_invariants();
    }
}
