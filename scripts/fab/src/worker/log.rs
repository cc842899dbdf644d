//! The log: a line for each thing, for people.

use actor_perpetual_storage::api::{PerpetualDealId, Refreshed};
use fvm_harness::TokenAmount;
use fvm_shared::clock::ChainEpoch;

use super::keeper::Round;
use crate::node::Trouble;
use crate::table::thousands;
use crate::units::fil;

/// Perpetual deals that a line names.
const NAMED: usize = 8;

/// A line: when, about what, and what.
#[must_use]
pub fn line(epoch: ChainEpoch, about: &str, what: &str) -> String {
    format!("epoch {:>9}  {about:<10}  {what}", thousands(epoch.unsigned_abs()))
}

/// What a refresh did for a perpetual deal.
#[must_use]
pub fn work(work: &Refreshed) -> String {
    let counted = [
        (work.activated, "replica activated", "replicas activated"),
        (work.missed, "start missed", "starts missed"),
        (work.completed, "deal completed", "deals completed"),
        (work.terminated, "deal terminated", "deals terminated"),
        (work.unseen, "deal gone unseen", "deals gone unseen"),
        (work.opened, "ad opened", "ads opened"),
    ];
    let steps = counted.into_iter().filter(|(n, ..)| *n > 0);
    let mut parts: Vec<_> = steps.map(|(n, one, more)| count(n.into(), one, more)).collect();
    if work.expired {
        parts.push("expired".into());
    }
    if !work.paid.is_zero() {
        parts.push(format!("{} paid to providers", fil(&work.paid)));
    }
    if parts.is_empty() {
        parts.push("nothing was left to do".into());
    }
    format!("{:<64}  tip {}", parts.join(", "), fil(&work.tip))
}

/// What a message costs.
#[must_use]
pub fn gas(used: u64, cost: &TokenAmount) -> String {
    let tenths = used / 100_000;
    format!("gas {}.{} M for {}", thousands(tenths / 10), tenths % 10, fil(cost))
}

/// Perpetual deals by their numbers, the first of many.
#[must_use]
pub fn deals(ids: &[PerpetualDealId]) -> String {
    let named: Vec<_> = ids.iter().take(NAMED).map(ToString::to_string).collect();
    let noun = if ids.len() == 1 { "deal" } else { "deals" };
    match ids.len().saturating_sub(NAMED) {
        0 => format!("{noun} {}", named.join(", ")),
        more => format!("{noun} {} and {more} more", named.join(", ")),
    }
}

/// A round, and all since the start.
#[must_use]
pub fn summary(round: &Round, total: &Round) -> String {
    let mut out = count(round.kept, "perpetual deal", "perpetual deals");
    out += &match round.due {
        0 => ", none due".to_owned(),
        due => format!(", {due} due, {} left", round.left),
    };
    if round.messages > 0 {
        out += &format!("; {}", books(round));
    }
    if total.messages > round.messages {
        out += &format!("; in all {}", books(total));
    }
    out
}

/// What messages brought and cost.
fn books(round: &Round) -> String {
    let messages = count(round.messages, "message", "messages");
    let failed = match round.failed {
        0 => String::new(),
        failed => format!(" ({failed} failed)"),
    };
    let (tips, gas) = (fil(&round.tips), gas(round.gas, &round.cost));
    let profit = fil(&(&round.tips - &round.cost));
    format!("{messages}{failed}: tips {tips}, {gas}, profit {profit}")
}

/// A round that ended early.
#[must_use]
pub fn interrupted(trouble: &Trouble) -> String {
    format!("the round ended early, the next one tries again: {trouble}")
}

fn count(n: u64, one: &str, more: &str) -> String {
    format!("{} {}", thousands(n), if n == 1 { one } else { more })
}

#[cfg(test)]
mod tests {
    use fvm_harness::atto;

    use super::*;

    #[test]
    fn a_line_says_when_about_what_and_what() {
        let done = Refreshed { activated: 1, opened: 2, tip: atto(18 << 50), ..Default::default() };
        let line = line(12_345, "deal 7", &work(&done));
        assert_eq!(
            line,
            "epoch    12 345  deal 7      1 replica activated, 2 ads opened                                 tip 0.0202 FIL"
        );
        assert_eq!(gas(31_240_000, &atto(3_124_000_000_000)), "gas 31.2 M for 3124 nanoFIL");
    }

    #[test]
    fn of_many_deals_a_line_names_the_first() {
        assert_eq!(deals(&[7]), "deal 7");
        assert_eq!(deals(&[1, 2]), "deals 1, 2");
        let many: Vec<_> = (1..=10).collect();
        assert_eq!(deals(&many), "deals 1, 2, 3, 4, 5, 6, 7, 8 and 2 more");
    }

    #[test]
    fn a_round_is_summed_up_and_all_rounds_with_it() {
        let idle = Round { kept: 120, ..Round::default() };
        assert_eq!(summary(&idle, &idle), "120 perpetual deals, none due");
        let busy = Round {
            due: 3,
            left: 1,
            messages: 1,
            tips: atto(5_000),
            gas: 31_200_000,
            cost: atto(2_000),
            ..idle
        };
        let told = "120 perpetual deals, 3 due, 1 left; 1 message: tips 5000 attoFIL, gas 31.2 M for \
                    2000 attoFIL, profit 3000 attoFIL";
        assert_eq!(summary(&busy, &busy), told);
        let mut total = busy.clone();
        total += &Round { failed: 1, tips: atto(0), ..busy.clone() };
        let in_all = "; in all 2 messages (1 failed): tips 5000 attoFIL, gas 62.4 M for 4000 attoFIL, \
                      profit 1000 attoFIL";
        assert_eq!(summary(&busy, &total), format!("{told}{in_all}"));
    }
}
