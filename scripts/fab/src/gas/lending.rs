//! What lenders, borrowers and keepers pay: each method of a lending market that costs somebody money
//! once, in one that is in use.

use actor_lending_market::api::*;
use fvm_harness::{Account, Call, Network, TokenAmount, fil};
use fvm_shared::address::Address;
use shared::Method;

use super::{Row, push};
use crate::story::{DAY, Lending};

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
        push(self.rows, "lending-market", M::NAME, case, reply.outcome.clone());
        reply.ok()
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
        self.view::<GetPool>("", &());
        self.view::<GetLender>("", &lender);
    }

    fn cover(&mut self) {
        let (keeper, underwriter) = (self.market.keeper.clone(), self.market.underwriter.address());
        self.pay::<StakeCover>(&keeper, "", &underwriter, fil(500));
        let params = UnstakeCoverParams { underwriter, shares: fil(1) };
        self.call::<UnstakeCover>(&keeper, "", &params);
        self.market.pass(31);
        self.call::<WithdrawCover>(&keeper, "", &underwriter);
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

    /// A loan on which nothing is ever paid, of a miner that has nothing.
    fn default(&mut self) {
        let keeper = self.market.keeper.clone();
        let loan = self.market.bad_loan().1.loan;
        self.market.pass_to_due(loan);
        self.market.pass(6);
        self.call::<Impair>(&keeper, "", &loan);
        self.market.pass_to(self.market.net.epoch() + 25 * DAY);
        self.call::<DeclareDefault>(&keeper, "", &loan);
        let due = self.market.due(loan).payoff.total();
        self.pay::<Repay>(&keeper, "of a loan in default", &loan, due);
        let params = AttestParams { subject: Address::new_id(self.market.sp.id), trust: 9_000 };
        let ann = self.market.ann.clone();
        self.call::<Attest>(&ann, "", &params);
    }
}
