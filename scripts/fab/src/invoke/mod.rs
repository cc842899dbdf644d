//! Messages to actors: what goes in and what comes out as JSON, and exit codes in words.
//!
//! [`target`] finds out what the actor's method takes, [`sent`] waits for the message and tells what
//! became of it.

pub mod sent;
pub mod target;
#[cfg(test)]
mod tests;

use abi::amount::{self, Unit};
use anyhow::{Error, Result, anyhow, ensure};
use clap::Args;
use clap::builder::PossibleValuesParser;
use fvm_harness::{Call, TokenAmount};
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use serde_json::json;
use shared::ext::SYSTEM_ACTOR;

use crate::node::{Connection, Lotus, Node, Trouble, parse_address};
use crate::typed;
use crate::units::{fil, parse_amount};
use crate::voice::Voice;
use sent::{end, exit_of, follow};
use target::{Params, Target};

#[derive(Args)]
pub struct Options {
    /// The actor that is called.
    #[arg(value_parser = parse_address)]
    address: Address,
    /// The method's name or number.
    method: String,
    #[command(flatten)]
    params: Params,
    #[command(flatten)]
    node: Connection,
    /// The actor that is there. Default: as its code says.
    #[arg(long, value_name = "KIND", value_parser = PossibleValuesParser::new(typed::names()))]
    actor: Option<String>,
    /// FIL that the message brings, or attoFIL with that unit.
    #[arg(long, value_name = "AMOUNT", default_value = "0", value_parser = parse_amount)]
    value: TokenAmount,
    /// Who sends it. The node has the key. Default: the node's default account.
    #[arg(long, value_name = "ADDRESS", value_parser = parse_address)]
    from: Option<Address>,
    /// Run it in the state of the head, and send nothing. No key is needed.
    #[arg(long)]
    read_only: bool,
    /// Say what gas it takes and what that costs, and send nothing.
    #[arg(long, conflicts_with = "read_only")]
    estimate: bool,
    /// Print the message's CID once it is sent, and do not wait for its receipt.
    #[arg(long, conflicts_with_all = ["read_only", "estimate", "raw"])]
    no_wait: bool,
    /// Epochs that the receipt has to be old before it counts, 0 to 900. A dev node that mines for each
    /// message makes 30 of them by itself, and more by `cargo fab dev advance`.
    #[arg(long, value_name = "EPOCHS", default_value = "0", value_parser = target::confidence)]
    confidence: ChainEpoch,
    /// Print the reply as it is on chain, in base64, or OK where there is none.
    #[arg(long)]
    raw: bool,
    #[command(flatten)]
    gas: Gas,
}

/// What is offered for gas. The node estimates the rest.
#[derive(Args)]
#[command(next_help_heading = "Gas")]
pub struct Gas {
    /// Gas at the most. With it a message is sent even if it would fail.
    #[arg(long, value_name = "GAS", default_value_t = 0, hide_default_value = true)]
    gas_limit: u64,
    /// AttoFIL for a unit of gas at the most, the premium included.
    #[arg(long, value_name = "ATTOFIL", value_parser = attofil)]
    gas_fee_cap: Option<TokenAmount>,
    /// AttoFIL for a unit of gas to whoever includes the message.
    #[arg(long, value_name = "ATTOFIL", value_parser = attofil)]
    gas_premium: Option<TokenAmount>,
    /// FIL for all gas at the most, where the node estimates the fees.
    #[arg(long, value_name = "AMOUNT", value_parser = parse_amount, conflicts_with_all = ["gas_fee_cap", "gas_premium"])]
    max_fee: Option<TokenAmount>,
}

/// `fab invoke`.
pub fn command(options: &Options, voice: &mut Voice<'_>) -> Result<()> {
    invoke(&mut options.node.node()?, options, voice)
}

fn invoke(node: &mut Lotus, options: &Options, voice: &mut Voice<'_>) -> Result<()> {
    let Options { address, method, actor, gas, .. } = options;
    let target = Target::find(node, address, actor.as_deref(), method)?;
    target.check_value(&options.value)?;
    let params = target.params(&options.params)?;
    let from = options.sender(node)?;
    let call = Call::new(from, *address)
        .raw(target.number, &params)
        .value(options.value.clone())
        .gas_limit(gas.gas_limit)
        .gas_fees(
            gas.gas_fee_cap.clone().unwrap_or_default(),
            gas.gas_premium.clone().unwrap_or_default(),
        );
    if options.read_only {
        let receipt = node.dry_run(&call)?;
        return end(&target, &receipt, options.raw, voice);
    }
    if options.estimate {
        return estimate(node, &target, call, gas.max_fee.as_ref(), voice);
    }
    let sent = node.submit(&call, gas.max_fee.as_ref());
    let (cid, epoch) = sent.map_err(|trouble| unsent(&target, trouble))?;
    if options.no_wait {
        return Ok(voice.say(cid)?);
    }
    follow(node, &target, (&cid, epoch), options.confidence, options.raw, voice)
}

impl Options {
    fn sender(&self, node: &mut Lotus) -> Result<Address> {
        match (self.from, self.read_only) {
            (Some(from), _) => Ok(from),
            (None, false) => Ok(node.default_wallet()?),
            // Who has no account there may still look, as `lotus state call` does.
            (None, true) => match node.default_wallet() {
                Err(Trouble::Refused(_)) => Ok(Address::new_id(SYSTEM_ACTOR)),
                asked => Ok(asked?),
            },
        }
    }
}

fn estimate(
    node: &mut Lotus,
    target: &Target,
    call: Call,
    max_fee: Option<&TokenAmount>,
    voice: &mut Voice<'_>,
) -> Result<()> {
    let quote = node.estimate(call, max_fee).map_err(|trouble| unsent(target, trouble))?;
    let (call, cost) = (&quote.call, quote.max_cost());
    voice.fact("cost", format_args!("{} at the most, at the present base fee", fil(&cost)))?;
    let atto = |amount: &TokenAmount| amount.atto().to_string();
    voice.json(&json!({
        "gas_limit": call.gas_limit,
        "gas_fee_cap": atto(&call.gas_fee_cap),
        "gas_premium": atto(&call.gas_premium),
        "base_fee": atto(&quote.base_fee),
        "cost": atto(&cost),
    }))?;
    Ok(())
}

/// Why a message was not sent: where it would fail, its exit code in words.
fn unsent(target: &Target, trouble: Trouble) -> Error {
    let told = trouble.to_string();
    match exit_of(&told) {
        Some(code) => anyhow!(
            "nothing was sent, as the message would fail: {}\n{told}",
            target.explain(code, &told)
        ),
        None => trouble.into(),
    }
}

fn attofil(text: &str) -> Result<TokenAmount> {
    let price = amount::parse(text, Unit::AttoFil).map_err(Error::msg)?;
    ensure!(!price.is_negative(), "a price is not negative");
    Ok(price)
}
