//! What a loan costs: a base, and a part for each thing that makes it riskier or safer.
//!
//! All in basis points a year, each part rounded up:
//!
//! | part | for |
//! |---|---|
//! | base | `--base-rate` |
//! | debt | [`DEBT`] × debt ÷ collateral |
//! | faults | [`FAULTS`] × faulty sectors ÷ live ones; where that is not known, as for [`UNKNOWN_FAULTS`] |
//! | reputation | [`SCORE`] × (5,000 − the worse score of borrower and miner) ÷ 5,000 |
//! | control | [`BENEFICIARY`] where the agent is the miner's beneficiary only |
//! | time | [`TIME`] × days to the last instalment ÷ 365 |
//!
//! The sum is kept within [`LEAST`] and [`MOST`].

use actor_lending_market::api::{BasisPoints, Control, Reputation};
use fvm_harness::TokenAmount;
use fvm_shared::bigint::{BigInt, Integer};
use shared::math::BASIS_POINTS;

use super::Wish;
use super::facts::Facts;
use crate::node::Sectors;
use crate::units::percent;

/// For a debt of all that the collateral is worth.
pub const DEBT: i64 = 600;
/// For a miner all of whose sectors are faulty.
pub const FAULTS: i64 = 2_000;
/// Part of the sectors that counts as faulty where nobody says.
pub const UNKNOWN_FAULTS: i64 = 500;
/// For a score of nothing; as much less for a score of 10,000.
pub const SCORE: i64 = 300;
/// Where the owner keeps the miner: it goes on to decide over keys and sectors, and nobody can seize it.
pub const BENEFICIARY: i64 = 150;
/// For each year until maturity.
pub const TIME: i64 = 100;
/// Bounds of the sum.
pub const LEAST: i64 = 100;
pub const MOST: i64 = 5_000;

const WHOLE: i64 = BASIS_POINTS.cast_signed();
/// Score of somebody of whom nothing is known.
const NEUTRAL: i64 = 5_000;

/// A rate with its reasons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rate {
    pub rate: BasisPoints,
    pub parts: Vec<Part>,
}

/// A part of a rate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    pub what: &'static str,
    pub points: i64,
    pub why: String,
}

/// The rate of a loan of an amount.
#[must_use]
pub fn rate(facts: &Facts, wish: &Wish, amount: &TokenAmount) -> Rate {
    let base = Part {
        what: "base",
        points: wish.base_rate.into(),
        why: "what the underwriter asks of everybody".into(),
    };
    let mut parts = vec![
        base,
        debt(facts, amount),
        faults(facts.sectors),
        reputation(&facts.of_borrower, &facts.of_miner),
        control(wish.control),
        time(wish.days()),
    ];
    let sum: i64 = parts.iter().map(|part| part.points).sum();
    let kept = sum.clamp(LEAST, MOST);
    if kept != sum {
        let why = format!("a rate is {} to {}", percent(LEAST), percent(MOST));
        parts.push(Part { what: "bounds", points: kept - sum, why });
    }
    Rate { rate: BasisPoints::try_from(kept).unwrap_or_default(), parts }
}

/// Debt as a part of the collateral's value, in basis points, rounded up: at most a whole.
#[must_use]
pub fn debt_ratio_up(facts: &Facts, amount: &TokenAmount) -> i64 {
    let value = &facts.collateral.value;
    if !value.is_positive() || amount >= value {
        return WHOLE;
    }
    let ratio = Integer::div_ceil(&(amount.atto() * WHOLE), value.atto());
    i64::try_from(ratio).unwrap_or(WHOLE)
}

/// Faulty sectors as a part of all, in basis points, rounded up.
#[must_use]
pub fn fault_ratio_up(sectors: Sectors) -> i64 {
    let Sectors { live, faulty } = sectors;
    let ratio = Integer::div_ceil(&(BigInt::from(faulty) * WHOLE), &BigInt::from(live.max(1)));
    i64::try_from(ratio).map_or(WHOLE, |ratio| ratio.min(WHOLE))
}

fn debt(facts: &Facts, amount: &TokenAmount) -> Part {
    let ratio = debt_ratio_up(facts, amount);
    let why = format!("a debt of {} of the collateral", percent(ratio));
    Part { what: "debt", points: share_up(DEBT, ratio, WHOLE), why }
}

fn faults(sectors: Option<Sectors>) -> Part {
    let (ratio, why) = match sectors {
        Some(known) => {
            let Sectors { live, faulty } = known;
            (fault_ratio_up(known), format!("{faulty} of {live} sectors are faulty"))
        }
        None => {
            let counted = percent(UNKNOWN_FAULTS);
            (UNKNOWN_FAULTS, format!("the node does not know of faults: they count as {counted}"))
        }
    };
    Part { what: "faults", points: share_up(FAULTS, ratio, WHOLE), why }
}

fn reputation(of_borrower: &Reputation, of_miner: &Reputation) -> Part {
    let (whose, worse) = match of_borrower.score < of_miner.score {
        true => ("borrower", of_borrower),
        false => ("miner", of_miner),
    };
    let said: Vec<_> = worse.parts.iter().filter(|part| part.points != 0).collect();
    let said: Vec<_> =
        said.iter().map(|part| format!("{} {:+}", part.reason, part.points)).collect();
    let why = format!("the {whose}'s score is {}: {}", worse.score, said.join("; "));
    let points = share_up(SCORE, NEUTRAL - i64::from(worse.score), NEUTRAL);
    Part { what: "reputation", points, why }
}

fn control(control: Control) -> Part {
    let (points, why) = match control {
        Control::Custody => (0, "the agent owns the miner"),
        Control::Beneficiary => (BENEFICIARY, "the agent is the miner's beneficiary only"),
    };
    Part { what: "control", points, why: why.into() }
}

fn time(days: i64) -> Part {
    let why = format!("until the last instalment: {days} days");
    Part { what: "time", points: share_up(TIME, days, 365), why }
}

/// `points × numerator ÷ denominator`, rounded up.
fn share_up(points: i64, numerator: i64, denominator: i64) -> i64 {
    Integer::div_ceil(&(points * numerator), &denominator)
}
