//! The lending pool: three lenders, and two storage providers that borrow. One repays by its schedule;
//! the other loses everything, and its loan is written off and recovered.

use actor_lending_market::api::*;
use anyhow::Result;
use fvm_harness::{Account, Call, Network, Provider, TokenAmount, atto, fil};
use fvm_shared::clock::ChainEpoch;
use shared::Method;
use shared::ext::miner::{CHANGE_BENEFICIARY, ChangeBeneficiaryParams};

use super::{Teller, short};
use crate::story::{DAY, Lending};
use crate::table::{self, thousands};

/// The day on which Bob wants to leave.
const EXIT: ChainEpoch = 20;
/// The day on which Ben's miner loses what it has, and the day from which it wins blocks again.
const FAILURE: ChainEpoch = 40;
const RECOVERY: ChainEpoch = 150;
/// How often the keeper looks at a loan in default.
const RECOVER_EVERY: ChainEpoch = 15;

pub(super) fn chapter(net: Network) -> Result<()> {
    let mut story = Story::begin(net);
    let bea = story.market.sp.clone();
    let (first, spec) = story.borrow("Bea", &bea, fil(1_200), 12, Control::Custody);
    story.schedule(first);
    let ben = Provider::create(&mut story.market.net, "Ben");
    let (second, other) = story.borrow("Ben", &ben, fil(600), 6, Control::Beneficiary);
    story.teller.heading("A year of loans");
    while story.runs(first) || story.runs(second) {
        story.day(first, second, &ben);
    }
    story.release("Bea", &bea, first, &spec);
    story.release("Ben", &ben, second, &other);
    story.end();
    Ok(())
}

struct Story {
    market: Lending,
    teller: Teller,
    lenders: Vec<(&'static str, Account)>,
    sponsor: Account,
    began: ChainEpoch,
}

impl Story {
    /// Three lend, and a sponsor stands behind the underwriter.
    fn begin(net: Network) -> Self {
        let teller = Teller::default();
        teller.heading("Lending pool");
        let mut market = Lending::deploy(net);
        market.net.set_base_fee(atto(100));
        let began = market.net.epoch();
        let lenders = ["Ann", "Bob", "Cleo"].map(|name| (name, market.net.account(name)));
        let sponsor = market.net.account("Sia");
        let at = market.address;
        teller.tell(began, &format!("The market is created at {at}. Una underwrites its loans"));
        let mut story = Story { market, teller, lenders: lenders.into(), sponsor, began };
        for ((name, lender), amount) in story.lenders.clone().into_iter().zip([1_000, 800, 400]) {
            let params = DepositParams { to: None, min_shares: TokenAmount::default() };
            let what = format!("{name} lends {amount} FIL to the pool");
            story.call::<Deposit>(&lender, &what, &params, fil(amount));
        }
        let (sponsor, underwriter) = (story.sponsor.clone(), story.market.underwriter.address());
        let what = "Sia stakes 100 FIL behind Una: they pay for losses first";
        story.call::<StakeCover>(&sponsor, what, &underwriter, fil(100));
        story
    }

    fn now(&self) -> ChainEpoch {
        self.market.net.epoch()
    }

    fn call<M: Method>(
        &mut self,
        from: &Account,
        what: &str,
        params: &M::Params,
        value: TokenAmount,
    ) -> M::Return {
        let call = Call::new(from, self.market.address).method(M::NUMBER, params).value(value);
        let reply = self.market.net.run_as::<M>(call);
        self.teller.message(self.now(), what, reply.outcome.clone());
        reply.ok()
    }

    /// A loan from its specification to its money.
    fn borrow(
        &mut self,
        name: &str,
        sp: &Provider,
        amount: TokenAmount,
        instalments: u32,
        control: Control,
    ) -> (LoanId, LoanSpec) {
        self.teller.heading(&format!("{name} borrows {amount} FIL"));
        let mut spec = self.market.spec_for(sp);
        spec.amount = amount;
        spec.instalments = instalments;
        spec.control = control;
        let worth = self.market.view::<GetCollateral>(&sp.address()).value;
        let what =
            format!("Una signs a loan at 12 % a year: the miner is worth {} FIL", short(&worth));
        self.teller.tell(self.now(), &what);
        let params = self.market.signed(&spec);
        let owner = sp.owner.clone();
        let what = format!("{name} submits it. The market creates the loan's agent");
        let submitted = self.call::<Submit>(&owner, &what, &params, fil(0));
        self.teller.add(&format!("f0{}, at {}", submitted.agent, submitted.agent_address));
        let as_what = match control {
            Control::Custody => "as the miner's owner",
            Control::Beneficiary => "as the miner's beneficiary",
        };
        let proposed = self.market.propose(&spec, &submitted);
        let what = format!("{name} proposes the agent {as_what}");
        self.teller.message(self.now(), &what, proposed);
        let what = "The agent takes the miner, and the money goes to its balance";
        self.call::<Activate>(&owner, what, &submitted.loan, fil(0));
        (submitted.loan, spec)
    }

    /// Every instalment of a loan.
    fn schedule(&mut self, loan: LoanId) {
        let mut left = self.market.info(loan).drawn;
        let mut rows = vec![];
        for (n, row) in self.market.view::<GetSchedule>(&loan).into_iter().enumerate() {
            left -= &row.principal;
            let total = &row.principal + &row.interest;
            let amounts = [&row.principal, &row.interest, &total, &left].map(short);
            let due = thousands(row.due.unsigned_abs());
            rows.push([vec![(n + 1).to_string(), due], amounts.into()].concat());
        }
        println!();
        table::print(
            &["#", "due at epoch", "principal", "interest", "instalment", "then owed"],
            &rows,
        );
    }

    fn runs(&mut self, loan: LoanId) -> bool {
        !self.market.info(loan).phase.is_over()
    }

    /// A day: miners win blocks, the keeper does what is due.
    fn day(&mut self, first: LoanId, second: LoanId, ben: &Provider) {
        let (bea, day) = (self.market.sp.clone(), (self.now() - self.began) / DAY);
        self.market.net.block_reward(bea.address(), TokenAmount::default()).ok();
        if !(FAILURE..RECOVERY).contains(&day) {
            self.market.net.block_reward(ben.address(), TokenAmount::default()).ok();
        }
        match day {
            EXIT => self.leave(),
            FAILURE => {
                self.market.ruin(ben);
                self.teller.tell(self.now(), "Ben's miner is penalised, and loses all that it has");
            }
            RECOVERY => self.teller.tell(self.now(), "Ben's miner wins blocks again"),
            _ => {}
        }
        for (name, loan) in [("Bea", first), ("Ben", second)] {
            self.keep(name, loan);
        }
        self.market.pass(1);
    }

    /// Bob wants to leave, with more than there is cash for.
    fn leave(&mut self) {
        let (_, bob) = self.lenders[1].clone();
        let LenderInfo { shares, value, .. } = self.market.lender(&bob);
        // What is left of the loans that pay is worth as much, whatever becomes of Ben's.
        let min_amount = value.div_floor(2);
        let params = RedeemParams { shares, min_amount, wait: true };
        let what = "Bob redeems all shares, for half of what they are worth at the least";
        let reply = self.call::<Redeem>(&bob, what, &params, fil(0));
        let left = short(&self.market.lender(&bob).value);
        self.teller.add(&format!(
            "{} FIL are paid at once, the rest, now {left} FIL, waits for repayments",
            short(&reply.paid)
        ));
    }

    /// What the keeper does about a loan.
    fn keep(&mut self, name: &str, loan: LoanId) {
        let due = self.market.due(loan);
        let phase = self.market.info(loan).phase;
        let (now, keeper) = (self.now(), self.market.keeper.clone());
        let from = |epoch: Option<ChainEpoch>| epoch.is_some_and(|from| now >= from);
        if from(due.default_from) {
            let what = format!("{name}'s loan is overdue beyond its grace: it is written off");
            self.call::<DeclareDefault>(&keeper, &what, &loan, fil(0));
            let info = self.market.info(loan);
            let (slashed, loss) = (short(&info.slashed), short(&info.loss));
            self.teller.add(&format!("Sia's cover pays {slashed} FIL, the pool loses {loss} FIL"));
            self.price();
        } else if from(due.impaired_from) && phase == Phase::Live {
            let what = format!("{name}'s loan is overdue for 5 days: it is impaired");
            self.call::<Impair>(&keeper, &what, &loan, fil(0));
            self.price();
        } else if phase == Phase::Defaulted {
            if (now - self.began) / DAY % RECOVER_EVERY == 0 {
                self.collect(name, loan);
            }
        } else if due.arrears.total().is_positive() {
            self.collect(name, loan);
        }
    }

    fn collect(&mut self, name: &str, loan: LoanId) {
        let (before, keeper) = (self.market.info(loan).phase, self.market.keeper.clone());
        let reply = self.market.call::<Collect>(&keeper, &loan);
        let outcome = reply.outcome.clone();
        let payment = reply.ok();
        let Payment { received, paid, phase, .. } = &payment;
        if received.is_positive() {
            let parts = [&paid.principal, &paid.interest, &paid.fees].map(short);
            let [principal, interest, fees] = parts;
            let what = format!(
                "{name}'s miner pays {}: {principal} principal, {interest} interest, {fees} fees",
                short(received)
            );
            self.teller.message(self.market.net.epoch(), &what, outcome);
        }
        if *phase != before {
            self.teller.add(&format!("{name}'s loan is {}", format!("{phase:?}").to_lowercase()));
            self.price();
        }
    }

    fn price(&mut self) {
        let pool = self.market.pool();
        let (entry, exit) = (price(&pool.entry_price), price(&pool.exit_price));
        self.teller.add(&format!("a share costs {entry} FIL, and is worth {exit} FIL on exit"));
    }

    /// The miner goes back to its owner.
    fn release(&mut self, name: &str, sp: &Provider, loan: LoanId, spec: &LoanSpec) {
        let keeper = self.market.keeper.clone();
        let back = match spec.control {
            Control::Custody => {
                let what = format!("The agent proposes {name} as the owner of its miner");
                self.call::<Release>(&keeper, &what, &loan, fil(0));
                let what = format!("{name} confirms, and has its miner back");
                let owner = sp.owner.address();
                let confirm = Call::new(owner, sp.address())
                    .method(shared::ext::miner::CHANGE_OWNER_ADDRESS, &owner);
                (what, self.market.net.run(confirm))
            }
            Control::Beneficiary => {
                let params = ChangeBeneficiaryParams {
                    new_beneficiary: sp.owner.address(),
                    new_quota: TokenAmount::default(),
                    new_expiration: 0,
                };
                let propose =
                    Call::new(&sp.owner, sp.address()).method(CHANGE_BENEFICIARY, &params);
                (format!("{name} proposes itself as beneficiary"), self.market.net.run(propose))
            }
        };
        self.teller.message(self.now(), &back.0, back.1);
        if spec.control == Control::Beneficiary {
            let what = "The agent approves, and lets go of the miner";
            self.call::<Release>(&keeper, what, &loan, fil(0));
        }
    }

    /// Everybody leaves.
    fn end(&mut self) {
        self.teller.heading("Everybody leaves");
        self.market.pass(8);
        let mut rows = vec![];
        for (name, lender) in self.lenders.clone() {
            let shares = self.market.lender(&lender).shares;
            if shares.is_positive() {
                let params =
                    RedeemParams { shares, min_amount: TokenAmount::default(), wait: false };
                let what = format!("{name} redeems all shares");
                self.call::<Redeem>(&lender, &what, &params, fil(0));
            }
            let LenderInfo { deposited, withdrawn, realised, income, losses, .. } =
                self.market.lender(&lender);
            let amounts = [deposited, withdrawn, realised, income, losses].map(|a| short(&a));
            rows.push([vec![name.to_owned()], amounts.into()].concat());
        }
        println!();
        table::print(
            &["lender", "lent", "received", "gained", "of it income", "less losses"],
            &rows,
        );
        self.market.check_invariants();
        let params = GetCoverParams {
            underwriter: self.market.underwriter.address(),
            sponsor: self.sponsor.address(),
        };
        let cover = self.market.view::<GetCover>(&params).value;
        let fees = self.market.pool().fees;
        println!(
            "\nSia's cover is {} FIL again, the treasury is owed {} FIL.",
            short(&cover),
            short(&fees)
        );
        self.teller.end();
    }
}

/// A price to the sixth decimal, rounded down.
fn price(amount: &TokenAmount) -> String {
    let micro = amount.atto() / 10_u64.pow(12);
    let (whole, rest) = (&micro / 1_000_000, &micro % 1_000_000);
    format!("{whole}.{rest:06}")
}
