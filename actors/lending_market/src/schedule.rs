//! How what is drawn is repaid: a list of instalments, worked out once, when it is drawn.
//!
//! Amounts are attoFIL. A schedule has the word on what is owed and when; nothing works it out again
//! from the plan and the rate. The lenders' interest accrues evenly over each period, from one due
//! epoch to the next, so that nobody gains by coming just before an instalment is due.

use alloc::vec::Vec;
use core::iter::once;

use fvm_ipld_encoding::tuple::*;
use fvm_shared::bigint::BigInt;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use num_traits::Zero;
use serde::{Deserialize, Serialize};
use shared::ensure;
use shared::math::{BASIS_POINTS, BasisPoints, mul_div_down, mul_div_up, share_down};

use crate::error::Error;

/// Epochs in a day. Instalments are due at multiples of it.
pub const DAY: ChainEpoch = 2_880;
/// Epochs in the year that rates are for.
pub const YEAR: ChainEpoch = 365 * DAY;
pub const MAX_INSTALMENTS: u32 = 60;
/// The most days from one instalment to the next.
pub const MAX_DAYS_BETWEEN: u32 = 366;

/// Basis points per year, times epochs, that make a whole.
const WHOLE: i64 = BASIS_POINTS.cast_signed() * YEAR;

/// How a loan is repaid.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    /// Instalments of one size: an annuity.
    Level,
    /// Interest each time, and the principal with the last.
    Bullet,
}

/// What was drawn at one time, and when it is repaid. Fixed when it is drawn; never derived again.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    pub from: ChainEpoch,
    /// In the order in which they are due, the first after `from`, at multiples of [`DAY`].
    pub instalments: Vec<Instalment>,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Instalment {
    pub due: ChainEpoch,
    pub principal: TokenAmount,
    /// Interest that is the lenders'.
    pub interest: TokenAmount,
    /// Interest that goes to the treasury and to the first-loss cover.
    pub charge: TokenAmount,
}

/// Parts of several instalments, added up.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    pub principal: TokenAmount,
    pub interest: TokenAmount,
    pub charge: TokenAmount,
}

impl Sums {
    pub fn total(&self) -> TokenAmount {
        &self.principal + &self.interest + &self.charge
    }
}

impl Schedule {
    /// The instalments that repay an amount at these due epochs, which must ascend from after `from`.
    ///
    /// `rate` is in basis points per year, on what is outstanding: each period's interest is for its
    /// epochs, rounded up. Of that, `charged` basis points, at most all, rounded down, are not the
    /// lenders'. The first period may be longer or shorter than the others: a level instalment's
    /// principal is then what it would be after a regular period, so only the interest differs.
    ///
    /// Fails where an instalment would come to nothing: when the amount is so small that rounding
    /// repays it before the last one, or when there is only interest to pay, at no rate.
    pub fn new(
        amount: &TokenAmount,
        from: ChainEpoch,
        dues: &[ChainEpoch],
        plan: Plan,
        rate: BasisPoints,
        charged: BasisPoints,
    ) -> Result<Schedule, Error> {
        ensure!(amount.is_positive(), Error::Schedule("nothing is drawn"));
        ensure!(u64::from(charged) <= BASIS_POINTS, Error::Schedule("more charged than interest"));
        let count = checked_count(u32::try_from(dues.len()).unwrap_or(u32::MAX))?;
        let periods = once(from).chain(dues.iter().copied()).zip(dues.iter().copied());
        let ascending = periods.clone().all(|(start, due)| start < due);
        ensure!(ascending, Error::Schedule("due epochs do not ascend"));
        let level = match (plan, regular_period(dues)) {
            (Plan::Level, Some(length)) => {
                ensure!(is_even(dues, length), Error::Schedule("level, with uneven periods"));
                Some((length, level_up(amount, rate, length, count)))
            }
            _ => None,
        };
        let (last, mut outstanding) = (dues.last().copied(), amount.clone());
        let mut instalments = Vec::with_capacity(dues.len());
        for (start, due) in periods {
            let interest = interest_up(&outstanding, rate, due.saturating_sub(start));
            let principal = match &level {
                _ if Some(due) == last => outstanding.clone(),
                Some((length, payment)) => payment - interest_up(&outstanding, rate, *length),
                None => TokenAmount::zero(),
            };
            let payment = &principal + &interest;
            ensure!(payment.is_positive(), Error::Schedule("an instalment of nothing"));
            outstanding -= &principal;
            let charge = share_down(&interest, charged)?;
            instalments.push(Instalment { due, principal, interest: interest - &charge, charge });
        }
        Ok(Schedule { from, instalments })
    }

    /// When the last instalment is due.
    pub fn maturity(&self) -> ChainEpoch {
        self.instalments.last().map_or(self.from, |last| last.due)
    }

    /// All that is ever due.
    pub fn total(&self) -> Sums {
        self.due(ChainEpoch::MAX)
    }

    /// What is due by now: instalments whose due epoch has come.
    pub fn due(&self, now: ChainEpoch) -> Sums {
        let mut sums = Sums::default();
        for instalment in self.instalments.iter().take_while(|instalment| instalment.due <= now) {
            sums.principal += &instalment.principal;
            sums.interest += &instalment.interest;
            sums.charge += &instalment.charge;
        }
        sums
    }

    /// The lenders' interest that has accrued by now, as [`crate::book::Book`] recognises it: of the
    /// running period as many whole attoFIL for each epoch as it has, and the remainder at its end.
    pub fn accrued(&self, now: ChainEpoch) -> TokenAmount {
        let running = self.running(now).map(|(start, instalment)| {
            let pace = pace_down(&instalment.interest, start, instalment.due);
            pace * now.saturating_sub(start)
        });
        self.due(now).interest + running.unwrap_or_default()
    }

    /// What it takes to repay everything at once: all principal, what is due of the rest, and of the
    /// running period its part up to now, rounded up. Never less interest than has accrued.
    pub fn payoff(&self, now: ChainEpoch) -> Sums {
        let mut sums = self.due(now);
        sums.principal = self.total().principal;
        if let Some((start, instalment)) = self.running(now) {
            let (elapsed, length) =
                (now.saturating_sub(start), instalment.due.saturating_sub(start));
            sums.interest += (&instalment.interest * elapsed).div_ceil(length);
            sums.charge += (&instalment.charge * elapsed).div_ceil(length);
        }
        sums
    }

    /// The first instalment that is not yet due.
    pub fn next(&self, now: ChainEpoch) -> Option<&Instalment> {
        self.instalments.iter().find(|instalment| instalment.due > now)
    }

    /// Each instalment with the epoch from which its period runs.
    pub fn periods(&self) -> impl Iterator<Item = (ChainEpoch, &Instalment)> {
        let starts = once(self.from).chain(self.instalments.iter().map(|i| i.due));
        starts.zip(&self.instalments)
    }

    /// The period that has begun and not ended.
    fn running(&self, now: ChainEpoch) -> Option<(ChainEpoch, &Instalment)> {
        self.periods().find(|(start, instalment)| (*start..instalment.due).contains(&now))
    }
}

/// Due epochs: `count` of them, `days_between` days apart, from the end of the day of `from` on.
pub fn dues(from: ChainEpoch, days_between: u32, count: u32) -> Result<Vec<ChainEpoch>, Error> {
    checked_count(count)?;
    let sound = (1..=MAX_DAYS_BETWEEN).contains(&days_between);
    ensure!(sound, Error::Schedule("not 1 to 366 days between instalments"));
    let (first, between) = (day_end(from)?, ChainEpoch::from(days_between).saturating_mul(DAY));
    let dues = (1..=ChainEpoch::from(count)).map(|i| first.checked_add(i.saturating_mul(between)));
    Ok(dues.collect::<Option<_>>().ok_or(shared::Error::Overflow("a due epoch"))?)
}

/// The end of the day in which an epoch lies: the first multiple of [`DAY`] that is not before it.
pub fn day_end(epoch: ChainEpoch) -> Result<ChainEpoch, Error> {
    let end = match epoch.rem_euclid(DAY) {
        0 => Some(epoch),
        elapsed => epoch.checked_add(DAY.saturating_sub(elapsed)),
    };
    Ok(end.ok_or(shared::Error::Overflow("the end of a day"))?)
}

/// What accrues with each epoch of an amount that accrues evenly from one epoch to a later one, in
/// whole attoFIL: the remainder of the amount is left for the end.
pub fn pace_down(amount: &TokenAmount, from: ChainEpoch, to: ChainEpoch) -> TokenAmount {
    let length = BigInt::from(to.saturating_sub(from));
    mul_div_down(amount, &BigInt::from(1), &length).unwrap_or_default()
}

fn checked_count(count: u32) -> Result<u32, Error> {
    let sound = (1..=MAX_INSTALMENTS).contains(&count);
    ensure!(sound, Error::Schedule("not 1 to 60 instalments"));
    Ok(count)
}

/// Epochs from the first instalment to the second.
fn regular_period(dues: &[ChainEpoch]) -> Option<ChainEpoch> {
    match dues {
        [first, second, ..] => Some(second.saturating_sub(*first)),
        _ => None,
    }
}

fn is_even(dues: &[ChainEpoch], length: ChainEpoch) -> bool {
    dues.iter().zip(dues.iter().skip(1)).all(|(due, next)| next.saturating_sub(*due) == length)
}

/// Interest on an amount for some epochs, rounded up.
fn interest_up(outstanding: &TokenAmount, rate: BasisPoints, epochs: ChainEpoch) -> TokenAmount {
    (outstanding * rate * epochs).div_ceil(WHOLE)
}

/// The size of the instalments that repay an amount with interest over `count` periods of one length.
///
/// With interest of r a period that is amount × r × (1 + r)^count ÷ ((1 + r)^count − 1), rounded up,
/// and one attoFIL more: a period's interest is rounded up by less than that, so the last instalment,
/// which clears what is left, is never larger than the others.
fn level_up(
    amount: &TokenAmount,
    rate: BasisPoints,
    length: ChainEpoch,
    count: u32,
) -> TokenAmount {
    // (1 + r)^count is grown ÷ whole. There is no such quotient, and nothing to round, at no rate.
    let interest = BigInt::from(rate) * length;
    let grown = (&interest + WHOLE).pow(count);
    let whole = BigInt::from(WHOLE).pow(count);
    let annuity = mul_div_up(amount, &(interest * &grown), &((grown - whole) * WHOLE));
    annuity.map_or_else(|| amount.div_ceil(count), |exact| exact + TokenAmount::from_atto(1))
}
