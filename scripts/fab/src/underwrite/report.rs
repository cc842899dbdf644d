//! What was found and decided, for people and for programs.

use std::fmt::Write;

use actor_lending_market::api::{Control, Draws, LoanSpec, Plan, Record, Reputation};
use actor_lending_market::schedule::Instalment;
use data_encoding::HEXLOWER;
use fvm_harness::{Call, TokenAmount};
use serde_json::{Value, json};

use super::Wish;
use super::assess::{Assessment, Verdict};
use super::facts::Facts;
use super::offer::{Offer, Vouched};
use crate::table::{render, thousands};
use crate::units::{fil, percent};

/// All that there is to say.
pub struct Report<'a> {
    pub facts: &'a Facts,
    pub wish: &'a Wish,
    pub assessment: &'a Assessment,
    /// What is offered, if anything is.
    pub offer: Option<(&'a Offer, &'a Vouched)>,
}

impl Report<'_> {
    /// Tables, and how to go on.
    #[must_use]
    pub fn text(&self) -> String {
        let Assessment { limit, bounds, rate, findings, .. } = self.assessment;
        let mut out = render(&["fact", "figure"], &facts(self.facts));
        if !findings.is_empty() {
            let kind = |refuses| if refuses { "refused" } else { "warning" };
            let rows = findings.iter().map(|found| {
                vec![kind(found.refuses).to_owned(), found.what.clone(), found.advice.clone()]
            });
            out +=
                &format!("\n{}", render(&["finding", "what", "advice"], &rows.collect::<Vec<_>>()));
        }
        let binding = self.assessment.binding().map_or("nothing", |bound| bound.what);
        let rows = bounds.iter().map(|bound| {
            let mark = if bound.what == binding { " ←" } else { "" };
            vec![format!("{}{mark}", bound.what), fil(&bound.amount), bound.why.clone()]
        });
        let rows: Vec<_> = rows.collect();
        out += &format!("\nLimit: {}, by the {binding}\n\n", fil(limit));
        out += &render(&["bound", "at most", "why"], &rows);
        let rows = rate
            .parts
            .iter()
            .map(|part| vec![part.what.to_owned(), percent(part.points), part.why.clone()]);
        let rows: Vec<_> = rows.collect();
        let (asked, total) = (fil(&self.wish.amount), percent(rate.rate.into()));
        out += &format!("\nRate for {asked}: {total} a year\n\n");
        out += &render(&["part", "a year", "why"], &rows);
        if let Some((offer, vouched)) = self.offer {
            out += &offered(offer, vouched);
        }
        out
    }

    /// The same as one object: amounts in attoFIL, rates in basis points, times in epochs.
    #[must_use]
    pub fn json(&self) -> Value {
        let Assessment { limit, bounds, rate, findings, verdict } = self.assessment;
        let bounds = bounds.iter().map(|bound| {
            json!({
                "bound": bound.what, "amount": atto(&bound.amount),
                "why": bound.why, "advice": bound.advice,
            })
        });
        let parts = rate
            .parts
            .iter()
            .map(|part| json!({ "part": part.what, "points": part.points, "why": part.why }));
        let findings = findings.iter().map(
            |found| json!({ "refuses": found.refuses, "what": found.what, "advice": found.advice }),
        );
        let refused = match verdict {
            Verdict::Lend => vec![],
            Verdict::Refuse(reasons) => reasons.clone(),
        };
        let mut object = json!({
            "facts": facts_json(self.facts),
            "amount": atto(&self.wish.amount),
            "limit": {
                "amount": atto(limit),
                "binding": self.assessment.binding().map(|bound| bound.what),
                "bounds": bounds.collect::<Vec<_>>(),
            },
            "rate": { "rate": rate.rate, "parts": parts.collect::<Vec<_>>() },
            "findings": findings.collect::<Vec<_>>(),
            "refused": refused,
        });
        if let Some((offer, vouched)) = self.offer {
            object["offer"] = offer_json(offer, vouched);
        }
        object
    }
}

fn facts(facts: &Facts) -> Vec<Vec<String>> {
    let Facts { collateral, standing, pool, power, .. } = facts;
    let loans = |of: &Reputation| {
        let Record { loans, repaid, defaults, .. } = of.record;
        if loans == 0 {
            "0".into()
        } else {
            format!("{loans}, {repaid} repaid, {defaults} in default")
        }
    };
    let sectors = facts.sectors.map_or("the node does not know".into(), |sectors| {
        format!("{} live, {} of them faulty", sectors.live, sectors.faulty)
    });
    let gib = u64::try_from(&power.raw_byte_power >> 30_u32).unwrap_or(u64::MAX);
    let rows = [
        ("epoch", thousands(facts.now.unsigned_abs())),
        ("market", format!("f0{}", facts.market)),
        ("miner", format!("f0{}", facts.miner)),
        ("owner, who borrows", format!("f0{}", facts.borrower)),
        ("beneficiary", facts.beneficiary.active.beneficiary.to_string()),
        ("power", format!("{} GiB", thousands(gib))),
        ("sectors", sectors),
        ("available", fil(&collateral.available)),
        ("+ vesting", fil(&collateral.vesting)),
        ("+ pledge", fil(&collateral.pledge)),
        ("- to terminate all sectors", fil(&collateral.termination_fee)),
        ("= collateral", fil(&collateral.value)),
        ("score of the miner, to 10000", facts.of_miner.score.to_string()),
        ("its loans", loans(&facts.of_miner)),
        ("score of the owner, to 10000", facts.of_borrower.score.to_string()),
        ("its loans", loans(&facts.of_borrower)),
        ("underwriter", format!("f0{}", facts.underwriter)),
        ("it has out", fil(&standing.outstanding)),
        ("its cover", fil(&standing.cover)),
        ("the pool's cash", fil(&pool.cash)),
    ];
    rows.map(|(what, figure)| vec![what.to_owned(), figure]).to_vec()
}

fn facts_json(facts: &Facts) -> Value {
    let Facts { collateral, standing, pool, power, .. } = facts;
    json!({
        "epoch": facts.now,
        "market": facts.market,
        "miner": facts.miner,
        "borrower": facts.borrower,
        "beneficiary": facts.beneficiary.active.beneficiary.to_string(),
        "raw_byte_power": power.raw_byte_power.to_string(),
        "quality_adj_power": power.quality_adj_power.to_string(),
        "sectors": facts.sectors.map(|sectors| {
            json!({ "live": sectors.live, "faulty": sectors.faulty })
        }),
        "collateral": {
            "available": atto(&collateral.available),
            "vesting": atto(&collateral.vesting),
            "pledge": atto(&collateral.pledge),
            "termination_fee": atto(&collateral.termination_fee),
            "value": atto(&collateral.value),
        },
        "score_of_miner": facts.of_miner.score,
        "score_of_borrower": facts.of_borrower.score,
        "underwriter": {
            "id": facts.underwriter,
            "ceiling": atto(&standing.limits.ceiling),
            "outstanding": atto(&standing.outstanding),
            "cover": atto(&standing.cover),
        },
        "pool": {
            "cash": atto(&pool.cash),
            "reserved": atto(&pool.reserved),
            "queued_shares": atto(&pool.queued),
        },
    })
}

/// The schedule, the specification, and how to go on.
fn offered(offer: &Offer, vouched: &Vouched) -> String {
    let Offer { spec, schedule, .. } = offer;
    let mut out = "\nSchedule, if the loan is activated now\n\n".to_owned();
    let named = [("first", schedule.instalments.first()), ("last", schedule.instalments.last())];
    let rows = named.into_iter().filter_map(|(which, instalment)| Some((which, instalment?)));
    let rows: Vec<_> = rows.map(|(which, instalment)| instalment_row(which, instalment)).collect();
    out += &render(&["instalment", "due in epoch", "principal", "interest", "in all"], &rows);
    let totals = schedule.total();
    let interest = fil(&(&totals.interest + &totals.charge));
    let count = schedule.instalments.len();
    let _ = writeln!(out, "\n{count} instalments, {interest} of interest in all");
    let _ = writeln!(out, "\nSpecification\n\n{:#}", spec_json(spec));
    let _ = writeln!(out, "\nhash   {}", HEXLOWER.encode(&offer.hash.hash));
    let _ = writeln!(out, "agent  {}, once submitted", offer.agent);
    out += "\nHow to go on\n\n";
    if *vouched == Vouched::Approved {
        let Call { from, to, method, params, .. } = offer.approve();
        let hex = HEXLOWER.encode(&params);
        let _ = writeln!(out, "The underwriter approves the specification:\n");
        let _ = writeln!(out, "  lotus msig propose {from} {to} 0 {method} {hex}\n");
    }
    let Call { from, to, method, params, .. } = offer.submit(vouched);
    let hex = HEXLOWER.encode(&params);
    let deadline = spec.deadline;
    let _ = writeln!(out, "The borrower, f0{}, submits it by epoch {deadline}:\n", spec.borrower);
    let _ =
        writeln!(out, "  lotus send --from {from} --method {method} --params-hex {hex} {to} 0\n");
    out += "A multisig does that by `lotus msig propose`, with the same method and parameters.\n";
    let _ = writeln!(out, "{}", proposal(spec));
    out
}

/// What the borrower does between Submit and Activate.
fn proposal(spec: &LoanSpec) -> String {
    let miner = spec.miner;
    let how = match spec.control {
        Control::Custody => format!("owner of f0{miner}"),
        Control::Beneficiary => format!(
            "beneficiary of f0{miner}, with the quota and until the epoch that Submit replies too"
        ),
    };
    format!(
        "Then it proposes the agent, by the ID that Submit replies, as {how}, and calls Activate."
    )
}

fn instalment_row(which: &str, instalment: &Instalment) -> Vec<String> {
    let Instalment { due, principal, interest, charge } = instalment;
    let interest = interest + charge;
    vec![
        which.to_owned(),
        thousands(due.unsigned_abs()),
        fil(principal),
        fil(&interest),
        fil(&(principal + &interest)),
    ]
}

fn offer_json(offer: &Offer, vouched: &Vouched) -> Value {
    let instalments = offer.schedule.instalments.iter().map(|instalment| {
        let Instalment { due, principal, interest, charge } = instalment;
        json!({
            "due": due, "principal": atto(principal), "interest": atto(&(interest + charge)),
        })
    });
    let totals = offer.schedule.total();
    let approve = (*vouched == Vouched::Approved).then(|| message(&offer.approve()));
    json!({
        "spec": spec_json(&offer.spec),
        "hash": HEXLOWER.encode(&offer.hash.hash),
        "signed_message": HEXLOWER.encode(&offer.message),
        "agent": offer.agent.to_string(),
        "instalments": instalments.collect::<Vec<_>>(),
        "interest": atto(&(&totals.interest + &totals.charge)),
        "approve": approve,
        "submit": message(&offer.submit(vouched)),
    })
}

fn message(call: &Call) -> Value {
    json!({
        "from": call.from.to_string(), "to": call.to.to_string(), "value": "0",
        "method": call.method, "params_hex": HEXLOWER.encode(&call.params),
    })
}

/// A specification by the names of its fields.
fn spec_json(spec: &LoanSpec) -> Value {
    let draws = match &spec.draws {
        Draws::Whole => json!("whole"),
        Draws::Pledge(draws) => {
            json!({ "max_draw": atto(&draws.max_draw), "window": draws.window })
        }
    };
    json!({
        "chain_id": spec.chain_id,
        "market": spec.market,
        "underwriter": spec.underwriter,
        "borrower": spec.borrower,
        "miner": spec.miner,
        "amount": atto(&spec.amount),
        "plan": match spec.plan { Plan::Level => "level", Plan::Bullet => "bullet" },
        "instalments": spec.instalments,
        "days_between": spec.days_between,
        "rate": spec.rate,
        "late_rate": spec.late_rate,
        "origination_fee": spec.origination_fee,
        "prepayment_fee": spec.prepayment_fee,
        "grace": spec.grace,
        "control": match spec.control {
            Control::Custody => "custody",
            Control::Beneficiary => "beneficiary",
        },
        "max_debt": spec.max_debt,
        "draws": draws,
        "payee": spec.payee,
        "refinances": spec.refinances,
        "nonce": spec.nonce,
        "deadline": spec.deadline,
    })
}

fn atto(amount: &TokenAmount) -> String {
    amount.atto().to_string()
}
