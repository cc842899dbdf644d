//! How much can be lent: the least of several bounds, each with its reason.
//!
//! | bound | attoFIL |
//! |---|---|
//! | collateral | what it is worth × the largest debt |
//! | ceiling | what the underwriter may have out, less what it has |
//! | period | what the underwriter may commit in a period, less what it did in this one |
//! | cover | what its first-loss cover is enough for, less what it has out |
//! | cash | the pool's cash that nothing is reserved for; nothing while lenders wait to exit |
//! | income | the largest loan that the miner's income repays: see [`Income`] |

use actor_lending_market::error::Error;
use actor_lending_market::schedule::{DAY, Schedule, dues};
use fvm_harness::TokenAmount;
use fvm_shared::bigint::BigInt;
use fvm_shared::clock::ChainEpoch;
use shared::math::{BASIS_POINTS, mul_div_down, share_down};

use super::Wish;
use super::facts::Facts;
use super::rate::rate;
use crate::units::{fil, percent};

/// Days of the vesting table that are looked at: it is no longer.
const TABLE_DAYS: i64 = 180;

/// Why no more can be lent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    pub what: &'static str,
    /// Never negative.
    pub amount: TokenAmount,
    pub why: String,
    /// What raises it.
    pub advice: String,
}

/// What a miner is expected to earn: what vests during the loan, by its vesting table. A table looks 180
/// days ahead, so for a longer loan its pace goes on. Rewards to come are left out of those days, and so
/// is what the miner has at present: it will be pledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Income {
    /// Days that were looked at, and what vests in them.
    pub days: i64,
    pub vests: TokenAmount,
    /// What comes to one period between instalments, rounded down.
    pub per_period: TokenAmount,
    /// The part of all periods that may go into instalments, rounded down.
    pub spendable: TokenAmount,
}

impl Income {
    pub fn new(facts: &Facts, wish: &Wish) -> Result<Self, Error> {
        let days = wish.days().min(TABLE_DAYS);
        let until = facts.now + days * DAY;
        let within = |epoch: ChainEpoch| facts.now < epoch && epoch <= until;
        let table = facts.vesting.iter().filter(|(epoch, _)| within(*epoch));
        let vests: TokenAmount = table.map(|(_, amount)| amount).sum();
        let period = BigInt::from(wish.days_between);
        let per_period = mul_div_down(&vests, &period, &BigInt::from(days)).unwrap_or_default();
        let spendable = share_down(&(&per_period * wish.instalments), wish.income_share)?;
        Ok(Income { days, vests, per_period, spendable })
    }
}

/// All bounds.
pub fn bounds(facts: &Facts, wish: &Wish) -> Result<Vec<Bound>, Error> {
    let mut bounds = vec![collateral(facts, wish)?, ceiling(facts), period(facts)];
    bounds.extend(cover(facts));
    bounds.push(cash(facts));
    bounds.push(income(facts, wish)?);
    for bound in &mut bounds {
        bound.amount = bound.amount.clone().max(TokenAmount::default());
    }
    Ok(bounds)
}

fn collateral(facts: &Facts, wish: &Wish) -> Result<Bound, Error> {
    let value = &facts.collateral.value;
    let most = percent(wish.max_debt.into());
    Ok(Bound {
        what: "collateral",
        amount: share_down(value, wish.max_debt)?,
        why: format!("a debt of {most} of the {} that the miner is worth", fil(value)),
        advice: "add FIL to the miner".into(),
    })
}

fn ceiling(facts: &Facts) -> Bound {
    let (most, out) = (&facts.standing.limits.ceiling, &facts.standing.outstanding);
    Bound {
        what: "ceiling",
        amount: most - out,
        why: format!("the underwriter may have {} out, and has {}", fil(most), fil(out)),
        advice: "wait for repayments, or have the governor raise the underwriter's ceiling".into(),
    }
}

fn period(facts: &Facts) -> Bound {
    let standing = &facts.standing;
    let end = standing.period_start + standing.limits.period;
    let most = &standing.limits.per_period;
    let used = if facts.now < end { standing.period_used.clone() } else { TokenAmount::default() };
    let days = standing.limits.period / DAY;
    let advice = match facts.now < end {
        true => format!("wait until epoch {end}"),
        false => "have the governor raise what the underwriter may commit in a period".into(),
    };
    Bound {
        what: "period",
        amount: most - &used,
        why: format!(
            "the underwriter may commit {} in {days} days, and did {}",
            fil(most),
            fil(&used)
        ),
        advice,
    }
}

fn cover(facts: &Facts) -> Option<Bound> {
    let (needed, standing) = (facts.rules.min_cover, &facts.standing);
    let enough_for =
        mul_div_down(&standing.cover, &BigInt::from(BASIS_POINTS), &BigInt::from(needed))?;
    let why = format!(
        "cover of {} is enough for {}, as it must be {}; {} are out",
        fil(&standing.cover),
        fil(&enough_for),
        percent(needed.into()),
        fil(&standing.outstanding)
    );
    Some(Bound {
        what: "cover",
        amount: enough_for - &standing.outstanding,
        why,
        advice: "stake more cover behind the underwriter".into(),
    })
}

fn cash(facts: &Facts) -> Bound {
    let pool = &facts.pool;
    let waiting = pool.queued.is_positive();
    let (amount, why) = match waiting {
        true => (TokenAmount::default(), "lenders wait for cash, and come first".into()),
        false => {
            let (cash, reserved) = (fil(&pool.cash), fil(&pool.reserved));
            let why = format!("the pool has {cash}, of which {reserved} are reserved");
            (&pool.cash - &pool.reserved, why)
        }
    };
    Bound { what: "cash", amount, why, advice: "wait for deposits and repayments".into() }
}

fn income(facts: &Facts, wish: &Wish) -> Result<Bound, Error> {
    let income = Income::new(facts, wish)?;
    let amount = carried(facts, wish, &income.spendable)?;
    let why = format!(
        "of what is locked {} vest within {} days, {} in one period of {}: {} of that may go into an instalment",
        fil(&income.vests),
        income.days,
        fil(&income.per_period),
        wish.days_between,
        percent(wish.income_share.into())
    );
    let advice = "ask for a longer loan, or wait until more rewards vest".into();
    Ok(Bound { what: "income", amount, why, advice })
}

/// The largest loan that comes to no more than an amount with its interest, at the rate that a loan of
/// that size has.
fn carried(facts: &Facts, wish: &Wish, spendable: &TokenAmount) -> Result<TokenAmount, Error> {
    let dues = dues(facts.now, wish.days_between, wish.instalments)?;
    let charged = facts.rules.charged();
    let fits = |amount: &TokenAmount| {
        let rate = rate(facts, wish, amount).rate;
        // There is no schedule of a few attoFIL: less than any instalment.
        Schedule::new(amount, facts.now, &dues, wish.plan, rate, charged)
            .map_or(true, |schedule| schedule.total().total() <= *spendable)
    };
    Ok(greatest(spendable, fits))
}

/// The greatest amount up to `most` that fits, where all that is less than it fits too.
fn greatest(most: &TokenAmount, fits: impl Fn(&TokenAmount) -> bool) -> TokenAmount {
    let (mut least, mut most) = (BigInt::default(), most.atto().clone());
    while least < most {
        let middle: BigInt = (&least + &most + 1) / 2;
        if fits(&TokenAmount::from_atto(middle.clone())) {
            least = middle;
        } else {
            most = middle - 1;
        }
    }
    TokenAmount::from_atto(least)
}
