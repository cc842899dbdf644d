//! What all loans owe together, and how it grows, without a look at any of them.
//!
//! A book knows how much interest accrues with each epoch, and for each day at whose end that changes,
//! by how much. It is brought up to date by a walk over the days since it last was; a loan touches it
//! when it starts and when it ends. What it has recognised is to the attoFIL the sum of what each
//! schedule says has accrued.

use alloc::collections::BTreeMap;

use cid::Cid;
use fvm_ipld_amt::Amt;
use fvm_ipld_blockstore::Blockstore;
use fvm_ipld_encoding::tuple::*;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use shared::ensure;

use crate::error::Error;
use crate::schedule::{DAY, Schedule, day_end, pace_down};

/// Days over which income that came at once is spread.
pub const SPREAD_DAYS: ChainEpoch = 7;

/// A node has 2^width slots and is written whole, at 3,340 gas a byte and 650,000 a block; a step takes
/// some 18 bytes and a link 43. Monthly dues are in a leaf each up to 16 or 32 days a leaf, and then the
/// blocks cost more than the bytes: to start twelve costs 13, 18, 24 and 27 million gas for blocks with
/// 0, 10, 100 and 1,000 loans running at width 4, and 6, 11, 19 and 25 million at width 6 (sixty: 59 to
/// 125 and 27 to 120). Width 7 saves another 3 million of that, and loses as much on every single step
/// in a full leaf of 2.3 KB. At 6 there are two levels until day 4,096, in 2031, and three from then on.
const BIT_WIDTH: u32 = 6;

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Book {
    /// Principal that is out.
    pub principal: TokenAmount,
    /// Lenders' interest that is recognised and not paid. Of a book that spreads income: what is still
    /// to come, negative.
    pub interest: TokenAmount,
    /// AttoFIL of interest that each epoch adds. Never negative.
    pub rate: TokenAmount,
    /// The epoch up to which `interest` is recognised.
    pub at: ChainEpoch,
    /// Array of [`Step`] by day, which is its last epoch ÷ [`DAY`]. Those of the past stay: to take
    /// them out would cost a write for each day, and they are some bytes in blocks hardly touched.
    pub steps: Cid,
}

/// What happens at the end of a day. Never both nothing.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// Change of the book's rate, from there on.
    pub rate: TokenAmount,
    /// AttoFIL recognised at once.
    pub lump: TokenAmount,
}

/// What amounts that accrue add to a book.
#[derive(Default)]
struct Change {
    rate: TokenAmount,
    /// By the last epoch of the day.
    steps: BTreeMap<ChainEpoch, Step>,
}

impl Book {
    /// A book with no loans.
    pub fn empty(store: &impl Blockstore, now: ChainEpoch) -> Result<Book, Error> {
        let mut steps = Amt::<Step, _>::new_with_bit_width(store, BIT_WIDTH);
        Ok(Book {
            principal: TokenAmount::default(),
            interest: TokenAmount::default(),
            rate: TokenAmount::default(),
            at: now,
            steps: steps.flush().map_err(fault)?,
        })
    }

    /// What the loans are worth to the lenders.
    pub fn value(&self) -> TokenAmount {
        &self.principal + &self.interest
    }

    /// Recognises what has accrued by now, and returns how much that is: never less than nothing. An
    /// epoch before the one it was last brought up to is a fault.
    ///
    /// Looks at each day since then, at no more than one step for each, and at none within a day.
    pub fn accrue(
        &mut self,
        store: &impl Blockstore,
        now: ChainEpoch,
    ) -> Result<TokenAmount, Error> {
        ensure!(now >= self.at, fault("accrued beyond this epoch"));
        let before = self.interest.clone();
        let (last, today) = (self.at.div_euclid(DAY), now.div_euclid(DAY));
        if last < today {
            let steps = Amt::<Step, _>::load(&self.steps, store).map_err(fault)?;
            for day in last.saturating_add(1)..=today {
                if let Some(step) = steps.get(index(day)?).map_err(fault)? {
                    self.run(day.saturating_mul(DAY));
                    self.interest += &step.lump;
                    self.rate += &step.rate;
                }
            }
        }
        self.run(now);
        Ok(&self.interest - before)
    }

    /// Lets the interest of these schedules accrue from now on. What has accrued of it before, and
    /// their principal, are the caller's to add. The book must be accrued to now.
    pub fn start(
        &mut self,
        store: &impl Blockstore,
        schedules: &[Schedule],
        now: ChainEpoch,
    ) -> Result<(), Error> {
        self.apply(store, Change::of(schedules, now), now)
    }

    /// Undoes from now on what [`Book::start`] did for these schedules, whenever that was.
    pub fn stop(
        &mut self,
        store: &impl Blockstore,
        schedules: &[Schedule],
        now: ChainEpoch,
    ) -> Result<(), Error> {
        self.apply(store, Change::of(schedules, now).reversed(), now)
    }

    /// Takes an amount, not negative, out of the interest and lets it accrue until the end of the day
    /// in [`SPREAD_DAYS`] days. With income that came at once, and that the lenders have already,
    /// nobody gains by coming just before it. The book must be accrued to now.
    pub fn spread(
        &mut self,
        store: &impl Blockstore,
        amount: &TokenAmount,
        now: ChainEpoch,
    ) -> Result<(), Error> {
        let mut change = Change::default();
        change.add(amount, now, day_end(now.saturating_add(SPREAD_DAYS * DAY))?, now);
        self.interest -= amount;
        self.apply(store, change, now)
    }

    /// Recognises what the rate of now comes to up to an epoch.
    fn run(&mut self, to: ChainEpoch) {
        self.interest += &self.rate * to.saturating_sub(self.at);
        self.at = to;
    }

    fn apply(
        &mut self,
        store: &impl Blockstore,
        mut change: Change,
        now: ChainEpoch,
    ) -> Result<(), Error> {
        ensure!(now == self.at, fault("not accrued to this epoch"));
        self.rate += change.rate;
        change.steps.retain(|_, step| *step != Step::default());
        if change.steps.is_empty() {
            return Ok(());
        }
        let mut steps = Amt::<Step, _>::load(&self.steps, store).map_err(fault)?;
        for (end, change) in change.steps {
            ensure!(end.rem_euclid(DAY) == 0, fault("a step within a day"));
            let day = index(end.div_euclid(DAY))?;
            let mut step = steps.get(day).map_err(fault)?.cloned().unwrap_or_default();
            step.rate += change.rate;
            step.lump += change.lump;
            if step == Step::default() {
                steps.delete(day).map_err(fault)?;
            } else {
                steps.set(day, step).map_err(fault)?;
            }
        }
        self.steps = steps.flush().map_err(fault)?;
        Ok(())
    }
}

impl Change {
    /// What the interest of schedules adds after an epoch.
    fn of(schedules: &[Schedule], now: ChainEpoch) -> Self {
        let mut change = Change::default();
        for (from, instalment) in schedules.iter().flat_map(Schedule::periods) {
            change.add(&instalment.interest, from, instalment.due, now);
        }
        change
    }

    /// An amount that accrues between two epochs, as far as it does so after a third.
    fn add(&mut self, amount: &TokenAmount, from: ChainEpoch, to: ChainEpoch, now: ChainEpoch) {
        if to <= now {
            return;
        }
        let rate = pace_down(amount, from, to);
        let end = self.steps.entry(to).or_default();
        end.rate -= &rate;
        end.lump += amount - &rate * to.saturating_sub(from);
        if from <= now {
            self.rate += rate;
        } else {
            self.steps.entry(from).or_default().rate += rate;
        }
    }

    fn reversed(mut self) -> Self {
        self.rate = -self.rate;
        for step in self.steps.values_mut() {
            *step = Step { rate: -&step.rate, lump: -&step.lump };
        }
        self
    }
}

fn index(day: i64) -> Result<u64, Error> {
    u64::try_from(day).map_err(fault)
}

fn fault(why: impl alloc::string::ToString) -> Error {
    shared::Error::state("book", why).into()
}
