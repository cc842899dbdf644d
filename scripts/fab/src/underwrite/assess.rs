//! What becomes of a wish for a loan, by the facts alone: how much, at what rate, or why not.

use actor_lending_market::error::Error;
use fvm_harness::TokenAmount;

use super::Wish;
use super::facts::Facts;
use super::findings::{Finding, findings};
use super::limit::{Bound, bounds};
use super::rate::{Rate, rate};
use crate::units::fil;

/// A wish, assessed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assessment {
    /// The least of the bounds. It does not depend on what is wished for.
    pub limit: TokenAmount,
    pub bounds: Vec<Bound>,
    /// The rate for the amount that is wished for.
    pub rate: Rate,
    pub findings: Vec<Finding>,
    pub verdict: Verdict,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Lend,
    /// For each reason what it is, and what to do about it.
    Refuse(Vec<String>),
}

impl Assessment {
    /// The bound that decides: the first of the least.
    #[must_use]
    pub fn binding(&self) -> Option<&Bound> {
        self.bounds.iter().find(|bound| bound.amount == self.limit)
    }
}

/// Assesses a wish.
pub fn assess(facts: &Facts, wish: &Wish) -> Result<Assessment, Error> {
    let bounds = bounds(facts, wish)?;
    let limit = bounds.iter().map(|bound| &bound.amount).min().cloned().unwrap_or_default();
    let mut assessment = Assessment {
        limit,
        bounds,
        rate: rate(facts, wish, &wish.amount),
        findings: findings(facts, wish),
        verdict: Verdict::Lend,
    };
    let found = assessment.findings.iter().filter(|finding| finding.refuses);
    let mut reasons: Vec<_> =
        found.map(|finding| format!("{}: {}", finding.what, finding.advice)).collect();
    if wish.amount > assessment.limit {
        reasons.extend(assessment.binding().map(|bound| {
            let (wished, limit) = (fil(&wish.amount), fil(&assessment.limit));
            let Bound { what, why, advice, .. } = bound;
            format!(
                "{wished} is more than {limit}, by the {what}: {why}. Ask for no more, or {advice}"
            )
        }));
    }
    if !reasons.is_empty() {
        assessment.verdict = Verdict::Refuse(reasons);
    }
    Ok(assessment)
}
