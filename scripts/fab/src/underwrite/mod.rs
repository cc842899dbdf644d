//! Underwriting: from a miner's facts on chain to a signed specification of a loan, with every reason for
//! its limit and its rate.
//!
//! [`facts`] asks a node, [`mod@assess`] decides by the facts alone, [`offer`] is what is signed and sent.
//! All sums are of integers: attoFIL, basis points, epochs.

pub mod assess;
pub mod facts;
pub mod findings;
pub mod key;
pub mod limit;
pub mod offer;
pub mod rate;
pub mod report;
#[cfg(test)]
mod tests;

use std::fs;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use actor_lending_market::api::{BasisPoints, Control, Plan};
use actor_lending_market::schedule::DAY;
use anyhow::{Context, Result, bail};
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use fvm_harness::{Key, TokenAmount};
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;

use crate::node::{Connection, parse_address};
use crate::units::{parse_amount, parse_percent};
use crate::voice::Voice;
use assess::{Verdict, assess};
use facts::{Facts, Parties, gather};
use offer::{Offer, Vouched};
use report::Report;

/// What is wished for, and what the underwriter asks of everybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    pub amount: TokenAmount,
    pub plan: Plan,
    pub instalments: u32,
    pub days_between: u32,
    pub control: Control,
    pub base_rate: BasisPoints,
    pub late_rate: BasisPoints,
    pub grace: ChainEpoch,
    /// Debt at the most, as a part of the collateral.
    pub max_debt: BasisPoints,
    /// Part of the miner's income that instalments may take.
    pub income_share: BasisPoints,
    /// Epochs from now to the specification's deadline.
    pub valid_for: ChainEpoch,
    pub nonce: u64,
}

impl Wish {
    /// Days until the last instalment, give or take the rest of a day.
    #[must_use]
    pub fn days(&self) -> i64 {
        i64::from(self.instalments) * i64::from(self.days_between)
    }
}

#[derive(Args)]
pub struct Options {
    #[command(flatten)]
    node: Connection,
    /// The lending market.
    #[arg(long, value_name = "ADDRESS", value_parser = parse_address)]
    market: Address,
    /// The miner that is to carry the loan. Its owner is the borrower.
    #[arg(long, value_name = "ADDRESS", value_parser = parse_address)]
    miner: Address,
    /// Principal: FIL, or attoFIL with that unit.
    #[arg(long, value_name = "AMOUNT", value_parser = parse_amount)]
    amount: TokenAmount,
    /// Days from one instalment to the next: 1 to 366.
    #[arg(long, value_name = "DAYS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=366))]
    days_between: u32,
    /// Number of instalments: 1 to 60.
    #[arg(long, value_name = "COUNT", default_value_t = 12, value_parser = clap::value_parser!(u32).range(1..=60))]
    instalments: u32,
    /// Instalments of one size, or interest each time and the principal with the last.
    #[arg(long, default_value = "level", value_parser = plan())]
    plan: Plan,
    /// Whether the loan's agent owns the miner, or is its beneficiary only.
    #[arg(long, default_value = "custody", value_parser = control())]
    control: Control,
    /// Interest that everybody pays, to which the parts for risk come: percent a year.
    #[arg(long, value_name = "PERCENT", default_value = "8", value_parser = parse_percent)]
    base_rate: BasisPoints,
    /// Late fee on what is overdue: percent a year, at most 100.
    #[arg(long, value_name = "PERCENT", default_value = "20", value_parser = parse_percent)]
    late_rate: BasisPoints,
    /// Days from when an instalment is due to default: 1 to 365, and not before the market impairs loans.
    #[arg(long, value_name = "DAYS", default_value_t = 30, value_parser = clap::value_parser!(i64).range(1..=365))]
    grace: i64,
    /// Debt at the most, as percent of the collateral. Default: as much as the market allows.
    #[arg(long, value_name = "PERCENT", value_parser = parse_percent)]
    max_debt: Option<BasisPoints>,
    /// How much of the miner's expected income instalments may take: percent.
    #[arg(long, value_name = "PERCENT", default_value = "75", value_parser = parse_percent)]
    income_share: BasisPoints,
    /// Days for which the specification can be submitted and activated: 1 to 30.
    #[arg(long, value_name = "DAYS", default_value_t = 2, value_parser = clap::value_parser!(i64).range(1..=30))]
    valid_for: i64,
    /// A number that this underwriter has not used. Default: milliseconds since 1970.
    #[arg(long, value_name = "NUMBER")]
    nonce: Option<u64>,
    /// The underwriter. Default: the account of `--key`, or the node's default account.
    #[arg(long, value_name = "ADDRESS", value_parser = parse_address)]
    underwriter: Option<Address>,
    /// A file with the underwriter's key, as `lotus wallet export` writes it. Default: the node signs.
    #[arg(long, value_name = "FILE", conflicts_with = "approve")]
    key: Option<PathBuf>,
    /// Sign nothing, and tell how to approve the specification on chain: for a multisig.
    #[arg(long, requires = "underwriter")]
    approve: bool,
    /// Print one JSON object, with amounts in attoFIL, rates in basis points and times in epochs.
    #[arg(long)]
    json: bool,
    /// Write that object to a file too.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Options {
    fn wish(&self, facts: &Facts) -> Result<Wish> {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH)?;
        let clock = u64::try_from(since_1970.as_millis())?;
        Ok(Wish {
            amount: self.amount.clone(),
            plan: self.plan,
            instalments: self.instalments,
            days_between: self.days_between,
            control: self.control,
            base_rate: self.base_rate,
            late_rate: self.late_rate,
            grace: self.grace * DAY,
            max_debt: self.max_debt.unwrap_or(facts.rules.max_debt),
            income_share: self.income_share,
            valid_for: self.valid_for * DAY,
            nonce: self.nonce.unwrap_or(clock),
        })
    }

    fn signing_key(&self) -> Result<Option<Key>> {
        let Some(path) = &self.key else { return Ok(None) };
        let file = path.display();
        let text = fs::read_to_string(path).with_context(|| format!("reading {file}"))?;
        key::parse(&text).map(Some).with_context(|| format!("{file}"))
    }

    /// Says what was found, as it was asked for.
    fn tell(&self, report: &Report<'_>, voice: &mut Voice<'_>) -> Result<()> {
        let json = format!("{:#}\n", report.json());
        if let Some(path) = &self.out {
            fs::write(path, &json).with_context(|| format!("writing {}", path.display()))?;
        }
        let told = if self.json { json } else { report.text() };
        Ok(voice.out.write_all(told.as_bytes())?)
    }
}

pub fn command(options: &Options, voice: &mut Voice<'_>) -> Result<()> {
    let mut node = options.node.node()?;
    let key = options.signing_key()?;
    let underwriter = match (options.underwriter, &key) {
        (Some(underwriter), _) => underwriter,
        (None, Some(key)) => key.address()?,
        (None, None) => node.default_wallet()?,
    };
    let Options { market, miner, .. } = *options;
    let facts = gather(&mut node, &Parties { market, miner, underwriter })?;
    let wish = options.wish(&facts)?;
    let assessment = assess(&facts, &wish)?;
    let mut report = Report { facts: &facts, wish: &wish, assessment: &assessment, offer: None };
    if let Verdict::Refuse(reasons) = &assessment.verdict {
        options.tell(&report, voice)?;
        bail!("no loan: {}", reasons.join(". And: "));
    }
    let offer = Offer::new(&facts, &wish, assessment.rate.rate)?;
    let vouched = match key {
        _ if options.approve => Vouched::Approved,
        Some(key) => Vouched::Signed(key.sign(&offer.message)?.bytes),
        None => Vouched::Signed(node.sign(&underwriter, &offer.message)?),
    };
    offer.rehearse(&mut node, &vouched)?;
    report.offer = Some((&offer, &vouched));
    options.tell(&report, voice)
}

fn plan() -> impl TypedValueParser<Value = Plan> {
    PossibleValuesParser::new(["level", "bullet"])
        .map(|text| if text == "level" { Plan::Level } else { Plan::Bullet })
}

fn control() -> impl TypedValueParser<Value = Control> {
    PossibleValuesParser::new(["custody", "beneficiary"])
        .map(|text| if text == "custody" { Control::Custody } else { Control::Beneficiary })
}
