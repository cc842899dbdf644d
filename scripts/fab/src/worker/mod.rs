//! A bot that keeps a perpetual storage: it watches a node, finds what is due and has it done, for the
//! tips.

pub mod embedded;
pub mod endpoint;
pub mod keeper;
pub mod log;
pub mod lotus;
pub mod node;

use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Args;
use fvm_harness::TokenAmount;
use fvm_shared::address::Address;
use fvm_shared::bigint::BigInt;

pub use embedded::Embedded;
pub use keeper::{Job, Keeper, Round};

use endpoint::{Endpoint, FULLNODE_API_INFO};
use lotus::{Lotus, parse_address};

/// Digits after the point of an amount in FIL.
const DECIMALS: usize = 18;

#[derive(Args)]
pub struct Options {
    /// The node's JSON-RPC: a URL, a multiaddr, or TOKEN:ADDRESS as in FULLNODE_API_INFO, which is the
    /// default.
    #[arg(long, value_name = "URL")]
    rpc: Option<String>,
    /// The token that the node asks for, where `--rpc` has none.
    #[arg(long)]
    token: Option<String>,
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
    #[arg(long, value_name = "AMOUNT", default_value = "0", value_parser = parse_amount, allow_hyphen_values = true)]
    min_profit: TokenAmount,
    /// Say what would be sent, and send nothing.
    #[arg(long)]
    dry_run: bool,
}

impl Options {
    fn endpoint(&self) -> Result<Endpoint> {
        let named = self.rpc.clone().or_else(|| std::env::var(FULLNODE_API_INFO).ok());
        let info = named.with_context(|| {
            format!("no node: give one by --rpc or {FULLNODE_API_INFO} (see `lotus auth api-info`)")
        })?;
        let endpoint = Endpoint::parse(&info)?;
        Ok(Endpoint { token: self.token.clone().or(endpoint.token), ..endpoint })
    }
}

pub fn command(options: &Options) -> Result<()> {
    let mut node = Lotus::new(options.endpoint()?);
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
    println!("keeping {storage}, with {kept} perpetual deals so far, as {from}");
    loop {
        let result = keeper.round(&mut node, &mut |line| println!("{line}"));
        if options.once {
            return Ok(result.map(|_| ())?);
        }
        if let Err(trouble) = result {
            println!("{}", log::interrupted(&trouble));
        }
        sleep(Duration::from_secs(options.interval));
    }
}

/// Reads an amount as Lotus does: in FIL, or with the unit attoFIL.
fn parse_amount(text: &str) -> Result<TokenAmount> {
    let text = text.trim().to_lowercase();
    let (number, decimals) = match text.strip_suffix("attofil").or(text.strip_suffix("afil")) {
        Some(atto) => (atto, 0),
        None => (text.strip_suffix("fil").unwrap_or(&text), DECIMALS),
    };
    let number = number.trim_end();
    let digits = number.strip_prefix('-').unwrap_or(number);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    ensure!(fraction.len() <= decimals, "at most {decimals} digits after the point");
    let atto = format!("{whole}{fraction:0<decimals$}");
    let is_number = !(whole.is_empty() && fraction.is_empty())
        && atto.bytes().all(|byte| byte.is_ascii_digit());
    ensure!(is_number, "an amount is a number, of FIL or attoFIL");
    let amount = TokenAmount::from_atto(atto.parse::<BigInt>()?);
    Ok(if digits == number { amount } else { -amount })
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
    fn an_amount_is_in_fil_or_attofil() {
        let read = |text| parse_amount(text).unwrap();
        assert_eq!(read("0"), atto(0));
        assert_eq!(read("0.01"), atto(10_000_000_000_000_000));
        assert_eq!(read("2 FIL"), TokenAmount::from_whole(2));
        assert_eq!(read("250attoFIL"), atto(250));
        assert_eq!(read("250 afil"), atto(250));
        assert_eq!(read("-0.5"), -atto(500_000_000_000_000_000));
        for text in
            ["", "FIL", ".", "-", "1.5attoFIL", "0.0000000000000000001", "1e3", "--1", "1.-1"]
        {
            assert!(parse_amount(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_option_of_its_own_goes_before_what_the_address_says() {
        let both = options(&["--rpc", "a:/ip4/127.0.0.1/tcp/1/http", "--token", "b"]);
        assert_eq!(both.endpoint().unwrap().token.as_deref(), Some("b"));
        let one = options(&["--rpc", "a:/ip4/127.0.0.1/tcp/1/http"]);
        assert_eq!(one.endpoint().unwrap().token.as_deref(), Some("a"));
    }

    #[test]
    fn a_loss_can_be_allowed() {
        assert_eq!(options(&[]).min_profit, atto(0));
        assert_eq!(options(&["--min-profit", "-0.5"]).min_profit, -atto(500_000_000_000_000_000));
    }
}
