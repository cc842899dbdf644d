//! Two years of a market: lenders come and go, miners earn a block each day, borrowers are late or lose
//! everything, and nobody looks after it but a keeper.

use actor_lending_market::api::*;
use fab::story::Lending;
use fvm_harness::{Account, Call, Provider, TokenAmount, atto, fil};
use fvm_shared::clock::ChainEpoch;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use shared::ext::miner::{CHANGE_BENEFICIARY, CHANGE_OWNER_ADDRESS, ChangeBeneficiaryParams};

use crate::setup::lending;

const SEED: u64 = 20_261_121;
const DAYS: i64 = 730;
const LENDERS: usize = 12;
const BORROWERS: usize = 12;
/// Of a thousand days of a loan, those on which its miner loses all that it has.
const RUIN: f64 = 0.002;
/// Of a hundred days on which something is due, those on which the keeper sleeps.
const SLEEP: f64 = 0.3;
/// Days after which somebody pays for a borrower whose loan is in default.
const RESCUE: i64 = 90;

struct Borrower {
    sp: Provider,
    loan: Option<LoanId>,
    /// The day of the default.
    defaulted: Option<i64>,
}

struct Years {
    market: Lending,
    rng: StdRng,
    lenders: Vec<Account>,
    borrowers: Vec<Borrower>,
    sponsor: Account,
    rescuer: Account,
    supply: TokenAmount,
    day: i64,
    lent: u32,
    repaid: u32,
    defaults: u32,
}

#[test]
fn two_years_of_lending_lose_no_atto_and_the_books_close() {
    let mut years = Years::begin();
    while years.day < DAYS {
        years.pass(true);
    }
    while years.borrowers.iter().any(|borrower| borrower.loan.is_some()) {
        years.pass(false);
    }
    assert!(years.lent > 20, "{} loans", years.lent);
    assert!(years.defaults > 2, "{} defaults", years.defaults);
    assert_eq!(years.repaid, years.lent, "every loan is repaid in the end, or recovered");
    years.close();
}

impl Years {
    fn begin() -> Self {
        let mut market = lending();
        let lenders: Vec<_> =
            (0..LENDERS).map(|n| market.net.account(&format!("lender{n}"))).collect();
        let borrowers = (0..BORROWERS)
            .map(|n| {
                let sp = Provider::create(&mut market.net, &format!("borrower{n}"));
                Borrower { sp, loan: None, defaulted: None }
            })
            .collect();
        let (sponsor, rescuer) = (market.net.account("sponsor"), market.net.account("rescuer"));
        market.net.fund(rescuer.address(), fil(1_000_000));
        let underwriter = market.underwriter.address();
        market.pay::<StakeCover>(&sponsor, &underwriter, fil(500)).ok();
        let supply = market.net.total_supply();
        let rng = StdRng::seed_from_u64(SEED);
        let (day, lent, repaid, defaults) = (0, 0, 0, 0);
        Years {
            market,
            rng,
            lenders,
            borrowers,
            sponsor,
            rescuer,
            supply,
            day,
            lent,
            repaid,
            defaults,
        }
    }

    /// A day. After it no attoFIL is missing, and the market has exactly what its books say.
    fn pass(&mut self, open: bool) {
        for n in 0..LENDERS {
            self.lender(n, open);
        }
        for n in 0..BORROWERS {
            let miner = self.borrowers[n].sp.address();
            self.market.net.block_reward(miner, TokenAmount::default()).ok();
            match self.borrowers[n].loan {
                Some(loan) => self.keep(n, loan),
                None if open && self.rng.random_bool(0.05) => self.borrow(n),
                None => {}
            }
        }
        if self.day % 7 == 0 {
            let keeper = self.market.keeper.clone();
            self.market.call::<PayExits>(&keeper, &8).ok();
        }
        self.check();
        self.market.pass(1);
        self.day += 1;
    }

    fn lender(&mut self, n: usize, open: bool) {
        let lender = self.lenders[n].clone();
        if open && self.rng.random_bool(0.02) {
            let amount = fil(self.rng.random_range(50..3_000));
            self.market.deposit(&lender, amount).ok();
        } else if self.rng.random_bool(0.01) {
            let shares = self.market.lender(&lender).shares;
            let part = self.rng.random_range(1..=4_u64);
            if shares > fil(8) {
                self.market.redeem(&lender, shares.div_floor(part)).ok();
            }
        }
    }

    /// A loan of a random kind, where the pool has money for it.
    fn borrow(&mut self, n: usize) {
        let sp = self.borrowers[n].sp.clone();
        let rng = &mut self.rng;
        let amount = fil(rng.random_range(100..2_000));
        let (instalments, days_between) = (rng.random_range(2..=8), rng.random_range(5..=30));
        let (rate, bullet, custody) =
            (rng.random_range(0..3_000), rng.random_bool(0.3), rng.random_bool(0.5));
        let mut spec = self.market.spec_for(&sp);
        spec.amount = amount;
        spec.instalments = instalments;
        spec.days_between = days_between;
        spec.rate = rate.max(u32::from(bullet));
        spec.plan = if bullet { Plan::Bullet } else { Plan::Level };
        spec.control = if custody { Control::Custody } else { Control::Beneficiary };
        spec.origination_fee = 50;
        let pool = self.market.pool();
        let free = pool.cash - pool.reserved;
        let worth = self.market.view::<GetCollateral>(&sp.address()).value;
        let carries = worth * spec.max_debt >= &spec.amount * 10_000;
        if carries && pool.queued.is_zero() && spec.amount <= free {
            self.borrowers[n].loan = Some(self.market.lend(&spec).loan);
            self.lent += 1;
        }
    }

    /// What the keeper and the borrower do about a loan, and what happens to its miner.
    fn keep(&mut self, n: usize, loan: LoanId) {
        let sp = self.borrowers[n].sp.clone();
        let keeper = self.market.keeper.clone();
        let due = self.market.due(loan);
        let now = self.market.net.epoch();
        let from = |epoch: Option<ChainEpoch>| epoch.is_some_and(|from| now >= from);
        let mut phase = self.market.info(loan).phase;
        if let Some(since) = self.borrowers[n].defaulted {
            phase = self.market.collect(loan).ok().phase;
            if phase == Phase::Defaulted && self.day - since > RESCUE {
                let rescuer = self.rescuer.clone();
                let owed = self.market.due(loan).payoff.total();
                phase = self.market.pay::<Repay>(&rescuer, &loan, owed + atto(7)).ok().phase;
            }
        } else if from(due.default_from) {
            phase = self.market.call::<DeclareDefault>(&keeper, &loan).ok().phase;
            if phase == Phase::Defaulted {
                self.borrowers[n].defaulted = Some(self.day);
                self.defaults += 1;
            }
        } else if from(due.impaired_from) && phase == Phase::Live {
            phase = self.market.call::<Impair>(&keeper, &loan).ok().phase;
        } else if due.arrears.total().is_positive() && !self.rng.random_bool(SLEEP) {
            phase = self.market.collect(loan).ok().phase;
        } else if self.rng.random_bool(0.005) {
            let payoff = due.payoff.total();
            let params = PayOffParams { loan, from_miner: payoff.clone() };
            phase = self.market.pay::<PayOff>(&sp.owner, &params, payoff).ok().phase;
        } else if self.rng.random_bool(RUIN) {
            self.market.ruin(&sp);
        }
        if phase.is_over() {
            self.release(n, loan);
        }
    }

    /// The miner goes back to its owner.
    fn release(&mut self, n: usize, loan: LoanId) {
        let sp = self.borrowers[n].sp.clone();
        let keeper = self.market.keeper.clone();
        let owner = sp.owner.address();
        let custody = self.market.info(loan).spec.control == Control::Custody;
        let call = Call::new(&sp.owner, sp.address());
        let back = if custody {
            self.market.call::<Release>(&keeper, &loan).ok();
            call.method(CHANGE_OWNER_ADDRESS, &owner)
        } else {
            let params = ChangeBeneficiaryParams {
                new_beneficiary: owner,
                new_quota: fil(0),
                new_expiration: 0,
            };
            call.method(CHANGE_BENEFICIARY, &params)
        };
        self.market.net.run(back).ok();
        assert_eq!(self.market.call::<Release>(&keeper, &loan).ok(), Holding::Released);
        assert_eq!(self.market.owner(&sp).owner, owner);
        assert_eq!(self.market.beneficiary(&sp).active.beneficiary, owner);
        self.borrowers[n].loan = None;
        self.borrowers[n].defaulted = None;
        self.repaid += 1;
    }

    fn check(&mut self) {
        assert_eq!(self.market.net.total_supply(), self.supply, "day {}", self.day);
        self.market.check_invariants();
        let booked = self.market.state().booked();
        assert_eq!(booked, self.market.net.balance(self.market.address), "day {}", self.day);
    }

    /// Everybody takes out what is theirs.
    fn close(&mut self) {
        self.market.pass(8);
        let keeper = self.market.keeper.clone();
        while self.market.pool().queued.is_positive() {
            self.market.call::<PayExits>(&keeper, &32).ok();
        }
        for n in 0..LENDERS {
            let lender = self.lenders[n].clone();
            let shares = self.market.lender(&lender).shares;
            if shares.is_positive() {
                self.market.redeem(&lender, shares).ok();
            }
            let end = self.market.lender(&lender);
            assert!((end.shares, end.queued, end.value) == (fil(0), fil(0), fil(0)));
            assert_eq!(end.realised, end.withdrawn - end.deposited);
            // What is told of income and losses is to the rounding what was gained.
            let told = &end.income - &end.losses;
            let off = (told - &end.realised).atto().magnitude().clone();
            assert!(off < 1_000_000_000_u64.into(), "{off} attoFIL");
        }
        let (sponsor, underwriter) = (self.sponsor.clone(), self.market.underwriter.address());
        let shares = self.cover().shares;
        self.market
            .call::<UnstakeCover>(&sponsor, &UnstakeCoverParams { underwriter, shares })
            .ok();
        self.market.pass(31);
        self.market.call::<WithdrawCover>(&sponsor, &underwriter).ok();
        self.market.call::<PayTreasury>(&keeper, &()).ok();
        self.market.check_invariants();
        let pool = self.market.pool();
        assert_eq!((pool.principal, pool.shares, pool.reserved), (fil(0), fil(0), fil(0)));
        // What is left is what virtual shares have of the roundings.
        let left = self.market.net.balance(self.market.address);
        assert!(left < atto(1_000_000_000), "{left} FIL");
    }

    fn cover(&mut self) -> CoverInfo {
        let sponsor = self.sponsor.address();
        let underwriter = self.market.underwriter.address();
        self.market.view::<GetCover>(&GetCoverParams { underwriter, sponsor })
    }
}
