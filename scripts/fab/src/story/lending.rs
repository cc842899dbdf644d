//! A lending market with a lender, an underwriter and a storage provider that borrows.

use actor_lending_market::api::*;
use actor_lending_market::spec::message;
use actor_lending_market::state::State;
use actor_lending_market::{invariants, spec};
use fvm_harness::{Account, CHAIN_ID, Call, Network, Outcome, Provider, Reply, TokenAmount, fil};
use fvm_shared::ActorID;
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use shared::Method;
use shared::ext::miner::{
    CHANGE_BENEFICIARY, CHANGE_OWNER_ADDRESS, ChangeBeneficiaryParams, GET_BENEFICIARY, GET_OWNER,
    GetBeneficiaryReturn, GetOwnerReturn,
};
use shared::ext::{REWARD_ACTOR, SYSTEM_ACTOR};

use super::DAY;
use crate::deploy::defaults;
use crate::official_bundle;

const AWARD_BLOCK: u64 = 2;
const PENALTY_MULTIPLIER: u64 = 3;

/// The default rules, with the agents of this network.
#[must_use]
pub fn rules(net: &Network) -> Rules {
    defaults::lending_rules(net.actors().code("loan-agent"))
}

/// A lending market on a network of its own.
pub struct Lending {
    pub net: Network,
    pub governor: Account,
    pub treasury: Account,
    pub underwriter: Account,
    pub ann: Account,
    /// Anyone.
    pub keeper: Account,
    pub address: Address,
    pub sp: Provider,
    nonce: u64,
}

impl Lending {
    /// Deploys a market with an underwriter.
    #[must_use]
    pub fn deploy(net: Network) -> Self {
        Self::deploy_with(net, |_| {})
    }

    /// The same with other rules.
    #[must_use]
    pub fn deploy_with(mut net: Network, change: impl FnOnce(&mut Rules)) -> Self {
        let [governor, treasury, underwriter, ann, keeper] =
            ["governor", "treasury", "underwriter", "ann", "keeper"].map(|name| net.account(name));
        let mut rules = rules(&net);
        change(&mut rules);
        let agents = rules.agent_code.0;
        let default = defaults::lending_market(governor.address(), treasury.address(), agents);
        let params = ConstructorParams { rules, ..default };
        let address = net.create(&governor, "lending-market", &params).ok().id_address;
        let sp = Provider::create(&mut net, "sp");
        let mut market =
            Lending { net, governor, treasury, underwriter, ann, keeper, address, sp, nonce: 0 };
        market.appoint(fil(1_000_000));
        market
    }

    /// The governor lets the underwriter have so much out.
    pub fn appoint(&mut self, ceiling: TokenAmount) {
        let underwriter = self.underwriter.address();
        let params = SetUnderwriterParams { underwriter, limits: defaults::limits(ceiling) };
        let governor = self.governor.clone();
        self.call::<SetUnderwriter>(&governor, &params).ok();
    }

    /// With what Ann has lent.
    #[must_use]
    pub fn lent(mut self, amount: i64) -> Self {
        let ann = self.ann.clone();
        self.deposit(&ann, fil(amount)).ok();
        self
    }

    /// The market's ID.
    ///
    /// # Panics
    /// Never: it was created.
    #[must_use]
    pub fn id(&self) -> ActorID {
        self.address.id().expect("an f0 address")
    }

    /// Calls a method of the market.
    pub fn call<M: Method>(
        &mut self,
        from: impl Into<Address>,
        params: &M::Params,
    ) -> Reply<M::Return> {
        self.net.call::<M>(from, self.address, params)
    }

    /// Calls a method of the market with FIL.
    pub fn pay<M: Method>(
        &mut self,
        from: impl Into<Address>,
        params: &M::Params,
        value: TokenAmount,
    ) -> Reply<M::Return> {
        let call = Call::new(from, self.address).method(M::NUMBER, params).value(value);
        self.net.run_as::<M>(call)
    }

    pub fn view<M: Method>(&mut self, params: &M::Params) -> M::Return {
        self.net.view::<M>(self.address, params)
    }

    pub fn deposit(&mut self, lender: &Account, amount: TokenAmount) -> Reply<DepositReturn> {
        let params = DepositParams { to: None, min_shares: TokenAmount::default() };
        self.pay::<Deposit>(lender, &params, amount)
    }

    /// Redeems shares of a lender, and waits for what there is no cash for.
    pub fn redeem(&mut self, lender: &Account, shares: TokenAmount) -> Reply<RedeemReturn> {
        let params = RedeemParams { shares, min_amount: TokenAmount::default(), wait: true };
        self.call::<Redeem>(lender, &params)
    }

    /// 1,200 FIL for the story's provider, to repay in twelve instalments, one each 30 days, at 12 % a
    /// year; with a nonce that is new.
    pub fn spec(&mut self) -> LoanSpec {
        let sp = self.sp.clone();
        self.spec_for(&sp)
    }

    /// The same for another provider.
    pub fn spec_for(&mut self, sp: &Provider) -> LoanSpec {
        self.nonce += 1;
        LoanSpec {
            chain_id: CHAIN_ID,
            market: self.id(),
            underwriter: self.underwriter.id,
            borrower: sp.owner.id,
            miner: sp.id,
            amount: fil(1_200),
            plan: Plan::Level,
            instalments: 12,
            days_between: 30,
            rate: 1_200,
            late_rate: 2_000,
            origination_fee: 0,
            prepayment_fee: 0,
            grace: 30 * DAY,
            control: Control::Custody,
            max_debt: 8_000,
            draws: Draws::Whole,
            payee: None,
            refinances: None,
            nonce: self.nonce,
            deadline: self.net.epoch() + 2 * DAY,
        }
    }

    /// A specification with its underwriter's signature.
    ///
    /// # Panics
    /// Where it does not encode.
    #[must_use]
    pub fn signed(&self, spec: &LoanSpec) -> SubmitParams {
        let message = message(spec).expect("a specification that encodes");
        let signature = self.underwriter.key.sign(&message).expect("a key that signs").bytes;
        SubmitParams { spec: spec.clone(), signature }
    }

    /// The borrower submits a signed specification.
    pub fn submit(&mut self, spec: &LoanSpec) -> Reply<Submitted> {
        let params = self.signed(spec);
        self.call::<Submit>(Address::new_id(spec.borrower), &params)
    }

    /// The miner's owner proposes the agent, as the loan's model of control needs it.
    pub fn propose(&mut self, spec: &LoanSpec, submitted: &Submitted) -> Outcome {
        let owner = Address::new_id(spec.borrower);
        let call = Call::new(owner, Address::new_id(spec.miner));
        let agent = Address::new_id(submitted.agent);
        self.net.run(match spec.control {
            Control::Custody => call.method(CHANGE_OWNER_ADDRESS, &agent),
            Control::Beneficiary => call.method(
                CHANGE_BENEFICIARY,
                &ChangeBeneficiaryParams {
                    new_beneficiary: agent,
                    new_quota: submitted.quota.clone(),
                    new_expiration: submitted.expiration,
                },
            ),
        })
    }

    pub fn activate(&mut self, spec: &LoanSpec, submitted: &Submitted) -> Reply<()> {
        self.call::<Activate>(Address::new_id(spec.borrower), &submitted.loan)
    }

    /// A loan from its specification to its activation. Returns its number and its agent.
    pub fn lend(&mut self, spec: &LoanSpec) -> Submitted {
        let submitted = self.submit(spec).ok();
        self.propose(spec, &submitted).ok();
        self.activate(spec, &submitted).ok();
        submitted
    }

    /// The story's loan with other terms.
    pub fn loan(&mut self, change: impl FnOnce(&mut LoanSpec)) -> Submitted {
        let mut spec = self.spec();
        change(&mut spec);
        self.lend(&spec)
    }

    /// A loan to a new provider, whose miner then loses all that it has to a penalty.
    pub fn bad_loan(&mut self) -> (Provider, Submitted) {
        let sp = Provider::create(&mut self.net, "bad sp");
        let spec = self.spec_for(&sp);
        let submitted = self.lend(&spec);
        self.ruin(&sp);
        (sp, submitted)
    }

    /// A penalty takes whatever a miner has. It owes nothing after that.
    pub fn ruin(&mut self, sp: &Provider) {
        // The reward actor has miners pay three times the penalty of a block.
        let penalty = self.net.balance(sp.address()).div_floor(PENALTY_MULTIPLIER);
        let params = (sp.address(), penalty, TokenAmount::default(), 1_i64);
        let system = Address::new_id(SYSTEM_ACTOR);
        let award = Call::new(system, Address::new_id(REWARD_ACTOR)).method(AWARD_BLOCK, &params);
        self.net.implicit(award).ok();
    }

    /// The owner confirms that the story's miner is its own again.
    pub fn take_back(&mut self) {
        let owner = self.sp.owner.address();
        let call = Call::new(owner, self.sp.address()).method(CHANGE_OWNER_ADDRESS, &owner);
        self.net.run(call).ok();
    }

    /// Anyone has what is due collected.
    pub fn collect(&mut self, loan: LoanId) -> Reply<Payment> {
        let keeper = self.keeper.clone();
        self.call::<Collect>(&keeper, &loan)
    }

    pub fn due(&mut self, loan: LoanId) -> Due {
        self.view::<GetDue>(&loan)
    }

    pub fn pool(&mut self) -> Pool {
        self.view::<GetPool>(&())
    }

    pub fn lender(&mut self, lender: &Account) -> LenderInfo {
        self.view::<GetLender>(&lender.address())
    }

    pub fn info(&mut self, loan: LoanId) -> LoanInfo {
        self.view::<GetLoan>(&loan)
    }

    /// Goes to an epoch. For miners without sectors.
    pub fn pass_to(&mut self, epoch: ChainEpoch) {
        // The official market's cron makes up for every epoch: more than a day of them is too much for one
        // message.
        let hop = if official_bundle().is_some() { DAY } else { ChainEpoch::MAX };
        while self.net.epoch() < epoch {
            self.net.leap(hop.min(epoch - self.net.epoch()));
        }
    }

    pub fn pass(&mut self, days: i64) {
        self.pass_to(self.net.epoch() + days * DAY);
    }

    /// Goes to when the next instalment is due.
    ///
    /// # Panics
    /// Where there is none.
    pub fn pass_to_due(&mut self, loan: LoanId) {
        let next = self.due(loan).next.expect("an instalment to come");
        self.pass_to(next.due);
    }

    /// Who owns a miner, and whom the owner proposes.
    pub fn owner(&mut self, sp: &Provider) -> GetOwnerReturn {
        let ask = Call::new(&self.keeper, sp.address()).method(GET_OWNER, &());
        self.net.dry_run(ask).returned()
    }

    pub fn beneficiary(&mut self, sp: &Provider) -> GetBeneficiaryReturn {
        let ask = Call::new(&self.keeper, sp.address()).method(GET_BENEFICIARY, &());
        self.net.dry_run(ask).returned()
    }

    /// The hash of a specification, by which its agent is named.
    ///
    /// # Panics
    /// Where it does not encode.
    #[must_use]
    pub fn hash(&self, spec: &LoanSpec) -> SpecHash {
        spec::hash(spec).expect("a specification that encodes")
    }

    /// The market's state.
    ///
    /// # Panics
    /// Where it cannot be read.
    #[must_use]
    pub fn state(&self) -> State {
        self.net.state(&self.address).expect("a market with state")
    }

    /// [`check_market`]: every story ends with this.
    #[track_caller]
    pub fn check_invariants(&mut self) {
        check_market(&mut self.net, self.address);
    }
}

/// Asserts that a market's state is sound and that it has what its books say.
///
/// # Panics
/// With every invariant that is broken.
#[track_caller]
pub fn check_market(net: &mut Network, market: Address) {
    net.snapshot();
    let id = net.resolve(&market).expect("a market with an ID");
    let state: State = net.state(&market).expect("a market with state");
    let broken = invariants::check(&state, net.store(), id).expect("a readable state");
    assert!(broken.is_empty(), "broken invariants: {broken:#?}");
    let (booked, balance) = (state.booked(), net.balance(market));
    assert!(booked <= balance, "{booked} FIL are booked, {balance} are there");
}
