//! What stands against a loan whatever its size, and what its parties should know.

use actor_lending_market::api::{Control, LoanSummary, Phase};
use fvm_shared::address::Address;

use super::Wish;
use super::facts::Facts;
use super::rate::fault_ratio_up;
use crate::units::{fil, percent};

/// Faulty sectors at the most, as a part of all, in basis points.
pub const MOST_FAULTS: i64 = 1_000;

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Whether nothing is lent because of it.
    pub refuses: bool,
    pub what: String,
    /// What to do about it.
    pub advice: String,
}

/// Everything that was found.
#[must_use]
pub fn findings(facts: &Facts, wish: &Wish) -> Vec<Finding> {
    let loans = facts.loans.iter().filter_map(|loan| of_loan(facts, loan));
    of_market(facts).chain(loans).chain(of_miner(facts)).chain(of_claims(facts, wish)).collect()
}

fn refusal(what: impl Into<String>, advice: impl Into<String>) -> Finding {
    Finding { refuses: true, what: what.into(), advice: advice.into() }
}

fn warning(what: impl Into<String>, advice: impl Into<String>) -> Finding {
    Finding { refuses: false, what: what.into(), advice: advice.into() }
}

fn of_market(facts: &Facts) -> impl Iterator<Item = Finding> {
    let paused = facts.roles.paused.then(|| {
        refusal("the market is paused", format!("ask its governor, f0{}", facts.roles.governor))
    });
    let revoked = (!facts.standing.limits.ceiling.is_positive()).then(|| {
        refusal(
            format!("f0{} is not an underwriter of this market", facts.underwriter),
            format!("its governor, f0{}, appoints one by SetUnderwriter", facts.roles.governor),
        )
    });
    paused.into_iter().chain(revoked)
}

/// Of a loan that is not over.
fn of_loan(facts: &Facts, loan: &LoanSummary) -> Option<Finding> {
    let LoanSummary { id, borrower, miner, phase, arrears, .. } = loan;
    let who = format!("loan {id} of f0{borrower} on miner f0{miner}");
    if *phase == Phase::Defaulted {
        Some(refusal(format!("{who} is in default"), "repay it with PayOff first"))
    } else if arrears.is_positive() {
        let what = format!("{who} is in arrears with {}", fil(arrears));
        Some(refusal(what, "pay that first, by Collect or Repay"))
    } else if *miner == facts.miner {
        let advice = "repay it first, or write a specification that refinances it";
        Some(refusal(format!("{who} runs: a miner has one loan at a time"), advice))
    } else {
        None
    }
}

fn of_miner(facts: &Facts) -> impl Iterator<Item = Finding> {
    let available = &facts.collateral.available;
    let owes = available.is_negative().then(|| {
        refusal(
            format!("the miner owes the network {}, and pays nobody until then", fil(&-available)),
            "have its owner or worker repay that by RepayDebt",
        )
    });
    let ratio = facts.sectors.map_or(0, fault_ratio_up);
    let faulty = (ratio > MOST_FAULTS).then(|| {
        refusal(
            format!(
                "{} of its sectors are faulty, more than {}",
                percent(ratio),
                percent(MOST_FAULTS)
            ),
            "recover them first",
        )
    });
    let idle = facts.power.raw_byte_power.sign() == fvm_shared::bigint::Sign::NoSign;
    let idle = idle.then(|| {
        warning("the miner has no power, and earns nothing", "see that it proves sectors soon")
    });
    owes.into_iter().chain(faulty).chain(idle)
}

/// Whose the miner is, as far as Activate cares.
fn of_claims(facts: &Facts, wish: &Wish) -> Vec<Finding> {
    let miner = facts.miner;
    if let Some(agent) = &facts.agent {
        let (market, agent_of) = (agent.market, agent.borrower);
        let what = format!(
            "miner f0{miner} is held by f0{}, the agent of a loan of market f0{market} to f0{agent_of}",
            facts.borrower
        );
        return vec![refusal(what, "repay that loan and take the miner back first")];
    }
    let owner = Address::new_id(facts.borrower);
    let mut found = vec![];
    if let Some(next) = facts.next_owner {
        let advice = match wish.control {
            Control::Custody => "propose the agent as owner in its place before that one confirms",
            Control::Beneficiary => "take it back before Activate: the owner proposes itself",
        };
        found.push(warning(format!("the miner's owner proposes {next} as owner"), advice));
    }
    let active = &facts.beneficiary.active;
    let stays = match wish.control {
        // Not even one whose term is over: it would stay.
        Control::Custody => true,
        // One whose term is over is not asked.
        Control::Beneficiary => {
            active.term.expiration > facts.now && active.term.used_quota < active.term.quota
        }
    };
    if active.beneficiary != owner && stays {
        found.push(refusal(
            format!("the miner's beneficiary is {}, not its owner", active.beneficiary),
            "have the owner propose itself as beneficiary, and that one approve",
        ));
    }
    if let Some(change) = &facts.beneficiary.proposed {
        let what = format!("the miner's owner proposes {} as beneficiary", change.new_beneficiary);
        let advice = "have the owner propose itself, or Activate fails once that one approves";
        found.push(warning(what, advice));
    }
    found
}
