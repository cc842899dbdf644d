//! The blueprints end to end on the embedded FVM, told as a story.

mod datadao;
mod lending;
mod storage;

use anyhow::Result;
use fvm_harness::{Network, Outcome, TokenAmount};
use fvm_shared::clock::ChainEpoch;

use crate::official_bundle;
use crate::table::thousands;

pub fn command() -> Result<()> {
    let actors = crate::actors()?;
    let builtin =
        official_bundle().map_or_else(|| "stand-ins".to_owned(), |path| path.display().to_string());
    println!("\nOn the real FVM, with built-in actors: {builtin}");
    datadao::chapter(Network::new(actors)?)?;
    storage::chapter(Network::new(actors)?)?;
    lending::chapter(Network::new(actors)?)
}

/// Prints a chapter as it goes: each event with its epoch, each message with what it cost.
#[derive(Default)]
struct Teller {
    messages: u64,
    gas: u64,
}

impl Teller {
    fn heading(&self, what: &str) {
        println!("\n{what}\n{}", "─".repeat(what.chars().count()));
    }

    /// Something that happened.
    fn tell(&self, epoch: ChainEpoch, what: &str) {
        println!("epoch {:>9}  {what}", thousands(epoch.unsigned_abs()));
    }

    /// Something to know about it.
    fn add(&self, what: &str) {
        println!("                 · {what}");
    }

    /// A message that must succeed.
    fn message(&mut self, epoch: ChainEpoch, what: &str, outcome: Outcome) -> Outcome {
        let outcome = outcome.ok();
        self.messages += 1;
        self.gas += outcome.gas_used;
        let gas = format!("{} gas", thousands(outcome.gas_used));
        println!("epoch {:>9}  {what:<66} {gas:>16}", thousands(epoch.unsigned_abs()));
        outcome
    }

    fn end(&self) {
        println!("\n{} messages, {} gas.", self.messages, thousands(self.gas));
    }
}

/// An amount to the second decimal, rounded down.
fn short(amount: &TokenAmount) -> String {
    let text = amount.to_string();
    match text.split_once('.') {
        Some((whole, decimals)) => format!("{whole}.{:0<2}", &decimals[..decimals.len().min(2)]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use fvm_harness::{atto, fil};

    use super::*;

    #[test]
    fn amounts_are_cut_to_two_decimals() {
        assert_eq!(short(&fil(7)), "7.00");
        assert_eq!(short(&(fil(7) - atto(1))), "6.99");
        assert_eq!(short(&atto(1)), "0.00");
    }
}
