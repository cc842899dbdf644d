//! What the model knows of the lending market: how every loan stands, who has shares, and between what
//! bounds there is cash.

use std::collections::BTreeMap;

use actor_lending_market::api::Phase;
use actor_lending_market::error::Error;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::error::ExitCode;

use super::cast::Party;
use super::reference::{Model, Verdict, check, funds};
use super::step::{Forgery, LendingStep};
use crate::setup::DAY;
use fvm_harness::fil;

/// The terms of every loan: FIL, instalments, and epochs between them.
pub const AMOUNT: i64 = 1_200;
pub const INSTALMENTS: u32 = 12;
pub const DAYS_BETWEEN: u32 = 30;
pub const DEADLINE: ChainEpoch = 2 * DAY;
/// Interest of a year, in basis points.
pub const RATE: u32 = 1_200;
pub const GRACE: ChainEpoch = 30 * DAY;
pub const IMPAIR_AFTER: ChainEpoch = 5 * DAY;
/// FIL of an instalment, at the least without its interest and at the most with it.
const PRINCIPAL: i64 = 90;
const INSTALMENT: i64 = 110;
/// FIL by which a loan can change what shares are worth: all of its interest with late fees until they
/// end, and all of it.
const GAIN: i64 = 250;
const LOSS: i64 = 1_400;
/// FIL of payments by hand that no instalment is paid by.
pub const SMALL: i64 = 60;
/// FIL that a penalty leaves a miner, at the most: the reward of the block that it comes with.
const BLOCK_REWARD: i64 = 8;
const COVER_DELAY: ChainEpoch = 30 * DAY;
const COVER_WINDOW: ChainEpoch = 7 * DAY;

#[derive(Clone, Debug)]
pub struct Loan {
    pub miner: usize,
    pub borrower: Party,
    pub phase: Phase,
    pub deadline: ChainEpoch,
    pub dues: Vec<ChainEpoch>,
    /// Instalments that are paid.
    pub paid: usize,
    /// FIL that were paid by hand.
    pub by_hand: i64,
}

/// FIL that a lender's shares at hand are worth, as long as nothing is gained or lost.
#[derive(Clone, Debug, Default)]
pub struct Lender {
    pub stake: i64,
    pub has: bool,
    pub deposited: i64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Queue {
    #[default]
    Empty,
    Waits,
    Unknown,
}

#[derive(Clone, Debug, Default)]
pub struct Sponsor {
    pub has: bool,
    pub leaving: bool,
    pub free_at: ChainEpoch,
}

#[derive(Clone, Debug, Default)]
pub struct Lending {
    pub loans: Vec<Loan>,
    pub lenders: BTreeMap<Party, Lender>,
    pub sponsors: BTreeMap<Party, Sponsor>,
    pub paused: bool,
    pub queue: Queue,
    /// Bounds of the FIL that are neither lent nor reserved, while nobody waits.
    pub cash: (i64, i64),
}

impl Loan {
    pub fn is_over(&self) -> bool {
        self.phase.is_over()
    }

    /// When the oldest instalment that is not paid was due.
    pub fn overdue_since(&self, now: ChainEpoch) -> Option<ChainEpoch> {
        self.dues.get(self.paid).copied().filter(|due| *due <= now)
    }
}

impl Lending {
    fn at(id: u64) -> usize {
        usize::try_from(id).unwrap_or_default().wrapping_sub(1)
    }

    pub fn loan(&self, id: u64) -> Result<&Loan, ExitCode> {
        self.loans.get(Self::at(id)).ok_or_else(|| funds::code(Error::NoLoan(0)))
    }

    fn loan_mut(&mut self, id: u64) -> Result<&mut Loan, ExitCode> {
        self.loans.get_mut(Self::at(id)).ok_or_else(|| funds::code(Error::NoLoan(0)))
    }

    fn count(&self, which: impl Fn(&Loan) -> bool) -> i64 {
        i64::try_from(self.loans.iter().filter(|loan| which(loan)).count()).unwrap_or(i64::MAX)
    }

    /// Loans that may have lost money.
    pub fn bad(&self) -> i64 {
        self.count(|loan| matches!(loan.phase, Phase::Impaired | Phase::Defaulted))
    }

    pub fn was_defaulted(&self) -> bool {
        self.count(|loan| loan.phase == Phase::Defaulted) > 0
    }

    pub fn staked(&self) -> i64 {
        self.lenders.values().map(|lender| lender.stake).sum()
    }

    /// Whether what may be lost is little of what there is.
    pub fn is_solid(&self) -> bool {
        self.bad() == 0 || self.staked() > 3 * LOSS * self.bad()
    }

    /// Bounds of what FIL staked may be worth.
    fn worth(&self, stake: i64) -> (i64, i64) {
        let gain = GAIN * self.count(|loan| !loan.dues.is_empty());
        ((stake - LOSS * self.bad() - 1).max(0), stake + gain + 1)
    }

    /// Money came in: exits that wait may be paid.
    fn came(&mut self, least: i64, most: i64) {
        self.cash.0 += least;
        self.cash.1 += most;
        if self.queue == Queue::Waits {
            self.queue = Queue::Unknown;
        }
    }

    /// Whether there is surely cash for a loan.
    pub fn knows_cash(&self) -> bool {
        match self.queue {
            Queue::Empty => self.cash.0 >= AMOUNT || self.cash.1 < AMOUNT,
            Queue::Waits => true,
            Queue::Unknown => false,
        }
    }

    fn running(&self) -> Verdict {
        check(!self.paused, Error::Paused)
    }

    fn redeem(&mut self, by: Party, part: i64, over: bool) -> Verdict {
        let lender = self.lenders.get(&by).cloned().unwrap_or_default();
        if over {
            return Err(ExitCode::USR_INSUFFICIENT_FUNDS);
        }
        check(lender.has, Error::NoShares)?;
        let given_up = lender.stake * part / 1_000;
        let (least, most) = self.worth(given_up);
        match self.queue {
            Queue::Empty if most <= self.cash.0 => {
                self.cash.0 -= most;
                self.cash.1 -= least;
            }
            Queue::Empty if least > self.cash.1 => self.queue = Queue::Waits,
            Queue::Empty => self.queue = Queue::Unknown,
            Queue::Waits | Queue::Unknown => {}
        }
        let lender = self.lenders.entry(by).or_default();
        lender.stake -= given_up;
        lender.has = part < 1_000;
        Ok(())
    }
}

impl Model {
    fn submit(&mut self, by: Party, miner: usize, forged: Option<Forgery>) -> Verdict {
        let (now, lending) = (self.now, &mut self.lending);
        if matches!(forged, Some(Forgery::Altered | Forgery::Signer)) {
            return Err(ExitCode::USR_FORBIDDEN);
        }
        lending.running()?;
        let borrower = super::cast::OWNERS[miner];
        check(by == borrower, Error::NotBorrower(0))?;
        check(forged != Some(Forgery::Chain), Error::OtherChain(0))?;
        check(forged != Some(Forgery::Late), Error::Deadline(0))?;
        check(forged != Some(Forgery::Replayed), Error::Nonce(0))?;
        check(lending.queue == Queue::Empty, Error::ExitsWait)?;
        check(lending.cash.0 >= AMOUNT, Error::Cash(fil(0)))?;
        lending.cash.0 -= AMOUNT;
        lending.cash.1 -= AMOUNT;
        lending.loans.push(Loan {
            miner,
            borrower,
            phase: Phase::Submitted,
            deadline: now + DEADLINE,
            dues: vec![],
            paid: 0,
            by_hand: 0,
        });
        Ok(())
    }

    fn activate(&mut self, by: Party, id: u64, proposes: bool) -> Verdict {
        let Model { now, lending, miners, .. } = self;
        let (now, agent) = (*now, Party::Agent(id));
        let (number, borrower) = lending.loan(id).map(|loan| (loan.miner, loan.borrower))?;
        let miner = &mut miners[number];
        if proposes && miner.owner == borrower {
            miner.nominee = Some(agent);
        }
        lending.running()?;
        check(by == borrower, Error::NotBorrower(0))?;
        let loan = lending.loan(id)?;
        check(loan.phase == Phase::Submitted, Error::Phase(loan.phase))?;
        check(now <= loan.deadline, Error::Deadline(0))?;
        let holds = |other: &Loan| {
            other.miner == number && (other.phase.runs() || other.phase == Phase::Defaulted)
        };
        check(!lending.loans.iter().any(holds), Error::MinerHasLoan(0, 0))?;
        check(!miner.ruined, Error::Collateral(fil(0)))?;
        if miner.owner != borrower || miner.nominee != Some(agent) {
            return Err(ExitCode::USR_UNSPECIFIED);
        }
        (miner.owner, miner.nominee) = (agent, None);
        let first = now + (-now).rem_euclid(DAY);
        let loan = lending.loan_mut(id)?;
        let between = ChainEpoch::from(DAYS_BETWEEN) * DAY;
        loan.dues = (1..=ChainEpoch::from(INSTALMENTS)).map(|n| first + n * between).collect();
        loan.phase = Phase::Live;
        Ok(())
    }

    /// What is due is pulled out of the miner, if that has anything.
    fn collect(&mut self, id: u64) -> Verdict {
        let Model { now, lending, miners, .. } = self;
        let loan = lending.loan_mut(id)?;
        check(loan.phase != Phase::Submitted, Error::Phase(loan.phase))?;
        if !loan.phase.runs() || miners[loan.miner].ruined {
            lending.came(0, BLOCK_REWARD);
            return Ok(());
        }
        let due = loan.dues.iter().filter(|due| *due <= now).count();
        let paid = i64::try_from(due - loan.paid).unwrap_or_default();
        loan.paid = due;
        if due == loan.dues.len() {
            loan.phase = Phase::Repaid;
        }
        if paid > 0 {
            // Late fees are charged for years, at the most.
            lending.came(PRINCIPAL * paid, 10 * INSTALMENT * paid);
        }
        Ok(())
    }

    pub fn lend(&mut self, by: Party, step: &LendingStep) -> Verdict {
        let (now, lending) = (self.now, &mut self.lending);
        match step {
            LendingStep::Deposit(amount) => {
                lending.running()?;
                check(*amount > 0, Error::NothingSent)?;
                let lender = lending.lenders.entry(by).or_default();
                lender.stake += amount;
                lender.deposited += amount;
                lender.has = true;
                lending.came(*amount, *amount);
                Ok(())
            }
            LendingStep::Redeem { part, over } => lending.redeem(by, *part, *over),
            // What is taken out of the queue is put in again: whose turn comes when is not known here.
            LendingStep::CancelExit => Ok(()),
            LendingStep::PayExits(limit) => {
                check((1..=32).contains(limit), Error::Batch(0))?;
                lending.came(0, 0);
                Ok(())
            }
            LendingStep::Submit { miner, forged } => self.submit(by, *miner, *forged),
            LendingStep::Activate { loan, proposes } => self.activate(by, *loan, *proposes),
            LendingStep::FreeReserve(id) => {
                let loan = lending.loan_mut(*id)?;
                check(loan.phase == Phase::Submitted, Error::Phase(loan.phase))?;
                check(by == loan.borrower || now > loan.deadline, Error::Reserved(0))?;
                loan.phase = Phase::Lapsed;
                lending.came(AMOUNT, AMOUNT);
                Ok(())
            }
            LendingStep::Collect(id) => self.collect(*id),
            LendingStep::Repay { loan: id, amount } => {
                let loan = lending.loan_mut(*id)?;
                check(loan.phase != Phase::Submitted, Error::Phase(loan.phase))?;
                if !loan.is_over() {
                    loan.by_hand += amount;
                    lending.came(0, *amount);
                }
                Ok(())
            }
            LendingStep::PayOff(id) => {
                let loan = lending.loan_mut(*id)?;
                check(by == loan.borrower, Error::NotBorrower(0))?;
                check(loan.phase.runs(), Error::Phase(loan.phase))?;
                loan.phase = Phase::Repaid;
                let paid = i64::try_from(loan.paid).unwrap_or_default();
                lending.came((AMOUNT - SMALL - INSTALMENT * paid).max(0), 10 * AMOUNT);
                Ok(())
            }
            LendingStep::Impair(id) => {
                let loan = lending.loan(*id)?;
                check(loan.phase == Phase::Live, Error::Phase(loan.phase))?;
                let late = loan.overdue_since(now).is_some_and(|due| due + IMPAIR_AFTER < now);
                check(late, Error::NotOverdue(None))?;
                self.collect(*id)?;
                self.mark(*id, Phase::Impaired)
            }
            LendingStep::DeclareDefault(id) => {
                let loan = lending.loan(*id)?;
                check(loan.phase.runs(), Error::Phase(loan.phase))?;
                let late = loan.overdue_since(now).is_some_and(|due| due + GRACE < now);
                check(late, Error::NotOverdue(None))?;
                self.collect(*id)?;
                self.mark(*id, Phase::Defaulted)
            }
            LendingStep::Release(id) => {
                let loan = lending.loan(*id)?;
                check(loan.is_over(), Error::Phase(loan.phase))?;
                let miner = &mut self.miners[loan.miner];
                if miner.owner == Party::Agent(*id) {
                    miner.nominee = Some(loan.borrower);
                }
                Ok(())
            }
            LendingStep::TakeBack(number) => {
                let (miner, first) = (&mut self.miners[*number], super::cast::OWNERS[*number]);
                if miner.owner != first && miner.nominee != Some(first) {
                    return Err(ExitCode::USR_FORBIDDEN);
                }
                (miner.owner, miner.nominee) = (first, None);
                Ok(())
            }
            LendingStep::Ruin(miner) => {
                self.miners[*miner].ruined = true;
                Ok(())
            }
            LendingStep::StakeCover(amount) => {
                check(*amount > 0, Error::NothingSent)?;
                lending.sponsors.entry(by).or_default().has = true;
                Ok(())
            }
            LendingStep::UnstakeCover { over } => {
                check(!over, Error::Stake(fil(0)))?;
                let sponsor = lending.sponsors.entry(by).or_default();
                sponsor.leaving = sponsor.has;
                sponsor.free_at = now + COVER_DELAY;
                Ok(())
            }
            LendingStep::WithdrawCover => {
                let impaired = lending.count(|loan| loan.phase == Phase::Impaired);
                let sponsor = lending.sponsors.entry(by).or_default();
                check(sponsor.leaving, Error::Stake(fil(0)))?;
                let window = sponsor.free_at..=sponsor.free_at + COVER_WINDOW;
                check(window.contains(&now), Error::CoverWaits(0, 0))?;
                check(impaired == 0, Error::CoverHeld(0))?;
                *sponsor = Sponsor::default();
                Ok(())
            }
            LendingStep::Pause(paused) => {
                check(by == Party::Governor, Error::NotGovernor(0))?;
                lending.paused = *paused;
                Ok(())
            }
            LendingStep::PayTreasury => Ok(()),
        }
    }

    /// Marks a loan whose miner had nothing to collect.
    fn mark(&mut self, id: u64, phase: Phase) -> Verdict {
        let ruined = |loan: &Loan| self.miners[loan.miner].ruined;
        if self.lending.loan(id).is_ok_and(ruined) {
            self.lending.loan_mut(id)?.phase = phase;
        }
        // What comes in pays exits, and it may be the cover that pays for a loss.
        self.lending.came(0, LOSS);
        Ok(())
    }
}
