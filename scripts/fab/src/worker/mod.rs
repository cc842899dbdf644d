//! A bot that keeps a perpetual storage: it watches a node, finds what is due and has it done, for the
//! tips.

pub mod keeper;
pub mod log;

use std::thread::sleep;
use std::time::Duration;

use anyhow::Result;
use clap::Args;
use fvm_harness::TokenAmount;
use fvm_shared::address::Address;

pub use keeper::{Job, Keeper, Round};

use crate::node::{Connection, parse_address};
use crate::units::parse_balance;
use crate::voice::Voice;

#[derive(Args)]
pub struct Options {
    #[command(flatten)]
    node: Connection,
    /// Address of the perpetual storage.
    #[arg(long, value_name = "ADDRESS", value_parser = parse_address)]
    actor: Address,
    /// The account that sends, whose key the node has. Default: the node's default account.
    #[arg(long, value_name = "ADDRESS", value_parser = parse_address)]
    from: Option<Address>,
    /// Seconds between rounds.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..))]
    interval: u64,
    /// One round only.
    #[arg(long)]
    once: bool,
    /// What a message must bring after its gas: FIL, or attoFIL with that unit. By less than nothing
    /// work is done too that only others gain from.
    #[arg(long, value_name = "AMOUNT", default_value = "0", value_parser = parse_balance, allow_hyphen_values = true)]
    min_profit: TokenAmount,
    /// Say what would be sent, and send nothing.
    #[arg(long)]
    dry_run: bool,
}

pub fn command(options: &Options, voice: &mut Voice<'_>) -> Result<()> {
    let mut node = options.node.node()?;
    let from = match options.from {
        Some(from) => from,
        None => node.default_wallet()?,
    };
    let Options { actor: storage, min_profit, dry_run, .. } = options;
    let mut keeper = Keeper::new(Job {
        storage: *storage,
        from,
        min_profit: min_profit.clone(),
        dry_run: *dry_run,
    });
    let kept = keeper.books(&mut node)?.created;
    // Where nobody reads the log any more, the work goes on.
    let mut tell = |line: String| voice.say(line).unwrap_or_default();
    tell(format!("keeping {storage}, with {kept} perpetual deals so far, as {from}"));
    loop {
        let result = keeper.round(&mut node, &mut tell);
        if options.once {
            return Ok(result.map(|_| ())?);
        }
        if let Err(trouble) = result {
            tell(log::interrupted(&trouble));
        }
        sleep(Duration::from_secs(options.interval));
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use fvm_harness::atto;

    use super::*;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        options: Options,
    }

    fn options(args: &[&str]) -> Options {
        let args = ["worker", "--actor", "t01003"].into_iter().chain(args.iter().copied());
        Cli::try_parse_from(args).unwrap().options
    }

    #[test]
    fn a_loss_can_be_allowed() {
        assert_eq!(options(&[]).min_profit, atto(0));
        assert_eq!(options(&["--min-profit", "-0.5"]).min_profit, -atto(500_000_000_000_000_000));
    }
}
