//! What lenders, borrowers, keepers and the governor pay: each method of a lending market, and of its
//! agents, in one that is in use.

use actor_lending_market::api::*;
use actor_loan_agent::api as agent;
use fvm_harness::{Account, Call, Network, Outcome, Provider, TokenAmount, fil};
use fvm_ipld_encoding::BytesDe;
use fvm_shared::ActorID;
use fvm_shared::address::Address;
use shared::Method;
use shared::ext::miner::{ChangeMultiaddrsParams, ChangePeerIdParams, ChangeWorkerAddressParams};

use super::token::Token;
use super::{Row, push, within};
use crate::deploy::defaults;
use crate::story::{DAY, Lending};

const MARKET: &str = "lending-market";
const AGENT: &str = "loan-agent";

/// A market, and where to note what its methods cost.
struct Bench<'r> {
    market: Lending,
    rows: &'r mut Vec<Row>,
}

pub fn measure(net: Network, rows: &mut Vec<Row>) {
    let mut market = Lending::deploy(net).lent(50_000);
    for n in 1..=2 {
        let lender = market.net.account(&format!("lender{n}"));
        market.deposit(&lender, fil(10)).ok();
    }
    let mut bench = Bench { market, rows };
    bench.lenders(3);
    for n in 3..=60 {
        let lender = bench.market.net.account(&format!("lender{n}"));
        bench.market.deposit(&lender, fil(10)).ok();
    }
    bench.lenders(61);
    bench.cover();
    bench.loan(Control::Custody, "custody");
    bench.loan(Control::Beneficiary, "beneficiary");
    bench.default();
    bench.draws();
    bench.underwriter();
    bench.token();
    bench.governor();
}

/// Exits that wait for cash: the pool has lent all that it had.
pub fn exits(net: Network, rows: &mut Vec<Row>) {
    let mut market = Lending::deploy(net).lent(1_200);
    market.loan(|_| {});
    let (ann, keeper) = (market.ann.clone(), market.keeper.clone());
    for _ in 0..7 {
        market.redeem(&ann, fil(10)).ok();
    }
    let mut bench = Bench { market, rows };
    let redeem = RedeemParams { shares: fil(10), min_amount: TokenAmount::default(), wait: true };
    let waiting = bench.call::<Redeem>(&ann, "to wait, after 7 exits", &redeem).exit;
    let exit = waiting.expect("no cash");
    bench.view::<GetExit>("", &exit);
    bench.call::<CancelExit>(&ann, "the last of 8", &exit);
    let params = DepositParams { to: None, min_shares: TokenAmount::default() };
    bench.pay::<Deposit>(&ann, "which pays 4 exits", &params, fil(1_000));
    bench.call::<PayExits>(&keeper, "3 exits", &32);
}

impl Bench<'_> {
    fn call<M: Method>(
        &mut self,
        from: impl Into<Address>,
        case: &str,
        params: &M::Params,
    ) -> M::Return {
        self.pay::<M>(from, case, params, TokenAmount::default())
    }

    /// A call that brings FIL.
    fn pay<M: Method>(
        &mut self,
        from: impl Into<Address>,
        case: &str,
        params: &M::Params,
        value: TokenAmount,
    ) -> M::Return {
        let call = Call::new(from, self.market.address).method(M::NUMBER, params).value(value);
        let reply = self.market.net.run_as::<M>(call);
        self.agent(&format!("in {} {case}", M::NAME), &reply.outcome);
        push(self.rows, MARKET, M::NAME, case, reply.outcome.clone());
        reply.ok()
    }

    /// Notes what the market has its agent do in a message.
    fn agent(&mut self, case: &str, outcome: &Outcome) {
        let (rows, net, case) = (&mut *self.rows, &self.market.net, case.trim_end());
        within::<agent::Constructor>(rows, net, AGENT, case, outcome);
        within::<agent::Activate>(rows, net, AGENT, case, outcome);
        within::<agent::HoldsMiner>(rows, net, AGENT, case, outcome);
        within::<agent::Collect>(rows, net, AGENT, case, outcome);
        within::<agent::PayIncome>(rows, net, AGENT, case, outcome);
        within::<agent::Release>(rows, net, AGENT, case, outcome);
        within::<agent::Seize>(rows, net, AGENT, case, outcome);
    }

    fn view<M: Method>(&mut self, case: &str, params: &M::Params) {
        let keeper = self.market.keeper.clone();
        self.call::<M>(&keeper, case, params);
    }

    fn lenders(&mut self, count: u64) {
        let others = format!("{count} lenders");
        let (ann, new) = (self.market.ann.clone(), self.market.net.account(&others));
        let params = DepositParams { to: None, min_shares: TokenAmount::default() };
        self.pay::<Deposit>(&new, &format!("new, beside {others}"), &params, fil(10));
        self.pay::<Deposit>(&ann, &format!("one of {others}"), &params, fil(10));
        let redeem =
            |shares| RedeemParams { shares, min_amount: TokenAmount::default(), wait: true };
        self.call::<Redeem>(&ann, &format!("from cash, {others}"), &redeem(fil(10)));
        let lender = ann.address();
        self.view::<GetPool>(&others, &());
        self.view::<GetLender>(&others, &lender);
    }

    /// Shares of the pool, which are a token.
    fn token(&mut self) {
        let (ann, bob) = (self.market.ann.clone(), self.market.net.account("bob"));
        let mut token = Token {
            net: &mut self.market.net,
            actor: MARKET,
            address: self.market.address,
            case: "61 lenders".into(),
            rows: self.rows,
        };
        token.transfer(&ann, &bob);
        token.methods(&ann, &bob);
    }

    fn cover(&mut self) {
        let (keeper, underwriter) = (self.market.keeper.clone(), self.market.underwriter.address());
        self.pay::<StakeCover>(&keeper, "", &underwriter, fil(500));
        let params = UnstakeCoverParams { underwriter, shares: fil(1) };
        self.call::<UnstakeCover>(&keeper, "", &params);
        self.market.pass(31);
        self.call::<WithdrawCover>(&keeper, "", &underwriter);
        let params = GetCoverParams { underwriter, sponsor: keeper.address() };
        self.view::<GetCover>("", &params);
    }

    /// A loan of twelve instalments that is paid off after the second.
    fn loan(&mut self, control: Control, case: &str) {
        let mut spec = self.market.spec();
        spec.control = control;
        let borrower: Account = self.market.sp.owner.clone();
        let keeper = self.market.keeper.clone();
        let params = self.market.signed(&spec);
        let submitted = self.call::<Submit>(&borrower, case, &params);
        self.market.propose(&spec, &submitted).ok();
        let loan = submitted.loan;
        self.call::<Activate>(&borrower, &format!("{case}, 12 instalments"), &loan);
        self.market.pass_to_due(loan);
        self.call::<Collect>(&keeper, case, &loan);
        self.market.pass_to_due(loan);
        let due = self.market.due(loan).arrears.total();
        self.pay::<Repay>(&keeper, case, &loan, due);
        if control == Control::Custody {
            let params = WithdrawIncomeParams { loan, amount: fil(1) };
            self.call::<WithdrawIncome>(&borrower, "", &params);
            self.view::<GetDue>("", &loan);
            self.view::<GetSchedule>("", &loan);
            self.view::<GetCollateral>("", &Address::new_id(spec.miner));
        }
        let payoff = self.market.due(loan).payoff.total();
        let params = PayOffParams { loan, from_miner: TokenAmount::default() };
        self.pay::<PayOff>(&borrower, case, &params, payoff);
        self.call::<Release>(&keeper, case, &loan);
        if control == Control::Custody {
            self.market.take_back();
        }
    }

    /// What a borrower does with a miner that is in custody.
    fn operator(&mut self, sp: &Provider, agent: ActorID) {
        let (owner, agent) = (&sp.owner, Address::new_id(agent));
        let keys = keys(sp, &self.market.keeper);
        let peer = ChangePeerIdParams { new_id: vec![7; 38] };
        let at = ChangeMultiaddrsParams { new_multiaddrs: vec![BytesDe(vec![7; 20])] };
        self.operate::<agent::GetAgent>(owner, agent, &());
        self.operate::<agent::ChangeWorkerAddress>(owner, agent, &keys);
        self.operate::<agent::ConfirmChangeWorkerAddress>(owner, agent, &());
        self.operate::<agent::ChangePeerID>(owner, agent, &peer);
        self.operate::<agent::ChangeMultiaddrs>(owner, agent, &at);
    }

    fn operate<M: Method>(&mut self, owner: &Account, agent: Address, params: &M::Params) {
        let outcome = self.market.net.call::<M>(owner, agent, params).outcome;
        push(self.rows, AGENT, M::NAME, "", outcome);
    }

    /// A loan that is drawn against pledge, of which the borrower frees what it does not draw.
    fn draws(&mut self) {
        let sp = Provider::create(&mut self.market.net, "drawing sp");
        let mut spec = self.market.spec_for(&sp);
        spec.draws = Draws::Pledge(PledgeDraws { max_draw: fil(600), window: 100 * DAY });
        let Submitted { loan, agent, .. } = self.market.lend(&spec);
        self.call::<Draw>(&sp.owner, "the first", &DrawParams { loan, amount: fil(600) });
        self.call::<FreeReserve>(&sp.owner, "", &loan);
        self.view::<GetLoan>("", &loan);
        self.view::<ListLoans>("4 loans", &PageParams { from: 1, limit: 100 });
        self.operator(&sp, agent);
    }

    fn underwriter(&mut self) {
        let underwriter = self.market.underwriter.clone();
        let spec = self.market.spec();
        let hash = self.market.hash(&spec);
        self.call::<ApproveSpec>(&underwriter, "", &hash);
        self.call::<CancelNonces>(&underwriter, "1 nonce", &vec![spec.nonce]);
        self.view::<GetUnderwriter>("", &underwriter.address());
    }

    /// A loan on which nothing is ever paid, of a miner that has nothing.
    fn default(&mut self) {
        let keeper = self.market.keeper.clone();
        let (sp, submitted) = self.market.bad_loan();
        let loan = submitted.loan;
        self.market.pass_to_due(loan);
        self.market.pass(6);
        self.call::<Impair>(&keeper, "", &loan);
        self.market.pass_to(self.market.net.epoch() + 25 * DAY);
        self.call::<DeclareDefault>(&keeper, "", &loan);
        let governor = self.market.governor.clone();
        let seize = SeizeParams { loan, keys: keys(&sp, &keeper) };
        let due = self.market.due(loan).payoff.total();
        let unpaid = self.market.net.snapshot();
        self.pay::<Repay>(&keeper, "of a loan in default", &loan, due);
        let params = AttestParams { subject: Address::new_id(self.market.sp.id), trust: 9_000 };
        let ann = self.market.ann.clone();
        self.call::<Attest>(&ann, "", &params);
        self.view::<GetReputation>("", &sp.address());
        self.market.net.restore(&unpaid);
        self.call::<Seize>(&governor, "", &seize);
    }

    fn governor(&mut self) {
        let (governor, treasury) = (self.market.governor.clone(), self.market.treasury.address());
        let keeper = self.market.keeper.clone();
        self.call::<PayTreasury>(&keeper, "", &());
        self.call::<SetTreasury>(&governor, "", &treasury);
        self.call::<SetDepositCap>(&governor, "", &fil(1_000_000));
        self.call::<SetPaused>(&governor, "", &true);
        let limits = defaults::limits(fil(1_000));
        let params = SetUnderwriterParams { underwriter: keeper.address(), limits };
        self.call::<SetUnderwriter>(&governor, "new", &params);
        self.call::<ChangeGovernor>(&governor, "named", &keeper.address());
        self.call::<ChangeGovernor>(&keeper, "confirmed", &keeper.address());
        self.view::<GetRules>("", &());
        self.view::<GetRoles>("", &());
    }
}

/// The worker stays, and this account controls the miner with it.
fn keys(sp: &Provider, control: &Account) -> ChangeWorkerAddressParams {
    ChangeWorkerAddressParams {
        new_worker: sp.worker.address(),
        new_control_addresses: vec![control.address()],
    }
}
