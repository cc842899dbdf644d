//! Controls of a dev node, under its own namespace.

mod act;

use std::path::{PathBuf, absolute};

use ::lotus::json::{Addr, Atto};
use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use fvm_harness::TokenAmount;
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::node::{Connection, Lotus, Node, parse_address};
use crate::units::parse_amount;
use crate::voice::Voice;
use act::Acting;

#[derive(Args)]
pub struct Options {
    #[command(flatten)]
    node: Connection,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    #[command(flatten)]
    Control(Control),
    /// Send a message as any actor at all, without its key, and tell how it ends.
    ActAs(Box<Acting>),
}

#[derive(Subcommand)]
enum Control {
    /// Make tipsets.
    Mine {
        /// How many.
        #[arg(default_value_t = 1, value_parser = count())]
        count: ChainEpoch,
    },
    /// Let epochs pass, with all that is due in each.
    Advance {
        /// How many.
        #[arg(value_parser = count())]
        epochs: ChainEpoch,
    },
    /// Let epochs pass up to one.
    AdvanceTo {
        /// An epoch after the present one.
        epoch: ChainEpoch,
    },
    /// Let epochs pass fast: with the cron ticks that end deadlines of miners, up to 60 epochs late, and
    /// with the proofs of the sectors that `prove` proved.
    Skip {
        /// How many.
        #[arg(value_parser = count())]
        epochs: ChainEpoch,
    },
    /// Give FIL to an address, which makes an account of it where it is new.
    Fund {
        /// Whose it is to be.
        #[arg(value_parser = parse_address)]
        address: Address,
        /// FIL, or attoFIL with that unit.
        #[arg(value_parser = parse_amount)]
        amount: TokenAmount,
    },
    /// Let a miner win a block.
    Reward {
        /// The miner's address.
        #[arg(value_parser = parse_address)]
        miner: Address,
    },
    /// Make a miner, with an owner and a worker.
    Miner {
        /// What its accounts' keys are made from: letters and digits.
        name: String,
    },
    /// Prove the sector of a published deal.
    Prove {
        /// The deal's ID in the market.
        deal: u64,
    },
    /// Print a number by which to come back to the present tipset, as long as this node runs.
    Snapshot,
    /// Go back to a snapshot, and print its epoch. All that came after is gone, and so are later snapshots
    /// and the messages that wait.
    Revert { id: u64 },
    /// Write the whole chain to a CAR, for `cargo fab devnet --import` to go on with.
    Export {
        /// Where to write it.
        file: PathBuf,
    },
}

fn count() -> clap::builder::RangedI64ValueParser<ChainEpoch> {
    clap::value_parser!(ChainEpoch).range(1..)
}

/// `fab dev`.
pub fn command(options: &Options, voice: &mut Voice<'_>) -> Result<()> {
    run(&mut options.node.node()?, &options.command, voice)
}

fn run(node: &mut Lotus, command: &Command, voice: &mut Voice<'_>) -> Result<()> {
    match command {
        Command::Control(asked) => control(node, asked, voice),
        Command::ActAs(acting) => acting.act(node, voice),
    }
}

/// Has the node do it, and prints what it answers, else tells the epoch that it has come to.
fn control(node: &mut Lotus, control: &Control, voice: &mut Voice<'_>) -> Result<()> {
    let (method, params) = control.request()?;
    match ask(node, method, params)? {
        Value::Null => Ok(voice.fact("epoch", node.epoch()?)?),
        Value::String(text) => Ok(voice.say(text)?),
        answer => match cid_of(&answer) {
            Some(cid) => Ok(voice.say(cid)?),
            None => Ok(voice.json(&answer)?),
        },
    }
}

/// What a dev node answers.
fn ask<R: DeserializeOwned>(node: &Lotus, method: &str, params: Value) -> Result<R> {
    let answer = node.ask_if_known(method, params)?;
    answer.with_context(|| {
        format!(
            "the node does not know {method}: only a dev node does, as `cargo fab devnet` starts"
        )
    })
}

/// The CID that an answer is, and nothing else.
fn cid_of(answer: &Value) -> Option<&str> {
    let link = answer.as_object().filter(|link| link.len() == 1)?;
    link.get("/")?.as_str()
}

impl Control {
    /// The method of the node, and what it takes.
    fn request(&self) -> Result<(&'static str, Value)> {
        Ok(match self {
            Control::Mine { count } => ("Fab.Mine", json!([count])),
            Control::Advance { epochs } => ("Fab.Advance", json!([epochs])),
            Control::AdvanceTo { epoch } => ("Fab.AdvanceTo", json!([epoch])),
            Control::Skip { epochs } => ("Fab.Skip", json!([epochs])),
            Control::Fund { address, amount } => {
                ("Fab.Fund", json!([Addr(*address), Atto(amount.clone())]))
            }
            Control::Reward { miner } => ("Fab.BlockReward", json!([Addr(*miner)])),
            Control::Miner { name } => ("Fab.MakeMiner", json!([name])),
            Control::Prove { deal } => ("Fab.ProveSector", json!([deal])),
            Control::Snapshot => ("Fab.Snapshot", json!([])),
            Control::Revert { id } => ("Fab.Revert", json!([id])),
            // The node may run in another directory.
            Control::Export { file } => ("Fab.Export", json!([absolute(file)?])),
        })
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::node::lotus::tests::{Scripted, head, lookup};
    use crate::voice::{Heard, listen};

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        options: Options,
    }

    fn parse(args: &[&str]) -> Result<Command, clap::Error> {
        let args = ["dev"].iter().chain(args);
        Cli::try_parse_from(args).map(|cli| cli.options.command)
    }

    fn told(dev: &Scripted, args: &[&str]) -> Heard<Result<()>> {
        listen(|voice| run(&mut dev.node(), &parse(args).unwrap(), voice))
    }

    /// What a control asks, and what is printed of this answer.
    fn ask(args: &[&str], method: &'static str, answer: Value) -> (Value, String) {
        let dev = Scripted::new(vec![(method, answer)]);
        let heard = told(&dev, args);
        heard.end.unwrap();
        (dev.asked().remove(0), heard.out)
    }

    #[test]
    fn a_control_is_a_method_of_the_node_s_own_namespace() {
        let ends = |args: &[&str], method, params| {
            let dev = Scripted::new(vec![(method, Value::Null), ("ChainHead", head(7))]);
            let Heard { end, out, aside } = told(&dev, args);
            end.unwrap();
            assert_eq!((out.as_str(), aside.as_str()), ("", "epoch     7\n"), "{args:?}");
            assert_eq!(dev.asked()[0], params, "{args:?}");
        };
        ends(&["mine"], "Fab.Mine", json!([1]));
        ends(&["mine", "5"], "Fab.Mine", json!([5]));
        ends(&["advance", "2880"], "Fab.Advance", json!([2880]));
        ends(&["advance-to", "99"], "Fab.AdvanceTo", json!([99]));
        ends(&["skip", "3"], "Fab.Skip", json!([3]));
        ends(&["fund", "f0100", "1.5"], "Fab.Fund", json!(["t0100", "1500000000000000000"]));
        ends(&["reward", "t01000"], "Fab.BlockReward", json!(["t01000"]));
        ends(&["revert", "7"], "Fab.Revert", json!([7]));
    }

    #[test]
    fn an_answer_is_printed_so_that_it_can_be_used() {
        assert_eq!(ask(&["snapshot"], "Fab.Snapshot", json!(7)), (json!([]), "7\n".into()));
        let miner = json!({ "ID": "t01000", "Owner": "t0100", "Worker": "t0101" });
        let (params, told) = ask(&["miner", "ann"], "Fab.MakeMiner", miner.clone());
        assert_eq!((params, told), (json!(["ann"]), format!("{miner:#}\n")));
        let (params, told) = ask(&["prove", "3"], "Fab.ProveSector", json!({ "Sector": 9 }));
        assert_eq!((params, told), (json!([3]), "{\n  \"Sector\": 9\n}\n".into()));
    }

    #[test]
    fn a_message_goes_as_any_actor_with_nonce_and_gas_left_to_the_node() {
        let link = json!({ "/": "bafkqaaa" });
        let there = json!({ "Code": link, "Head": link, "Nonce": 0, "Balance": "0" });
        let script = || {
            vec![
                ("StateGetActor", there.clone()),
                ("StateNetworkVersion", json!(28)),
                ("StateActorCodeCIDs", json!({ "datadao": link })),
                ("StateGetActor", there.clone()),
                ("ChainHead", head(7)),
                ("Fab.ActAs", link.clone()),
            ]
        };
        let args = ["act-as", "f05", "f01002", "ListDeals", r#"{"from": 1, "limit": 2}"#];
        let dev = Scripted::new(script());
        let sent = told(&dev, &[&args[..], &["--no-wait"]].concat());
        sent.end.unwrap();
        assert_eq!(sent.out, "bafkqaaa\n");
        let message = &dev.asked()[5][0];
        assert_eq!((&message["From"], &message["To"]), (&json!("t05"), &json!("t01002")));
        assert_eq!((&message["Params"], &message["GasLimit"]), (&json!("ggEC"), &json!(0)));

        let failed = lookup(json!({ "ExitCode": 18, "Return": null, "GasUsed": 800 }));
        let replayed = json!({ "GasCost": { "TotalCost": "0" }, "Error": "no" });
        let ended = [("ChainHead", head(8)), ("StateSearchMsg", failed), ("StateReplay", replayed)];
        let dev = Scripted::new([script(), ended.to_vec()].concat());
        let error = told(&dev, &args).end.unwrap_err().to_string();
        assert!(error.starts_with("the message failed: USR_FORBIDDEN (18)"), "{error}");
    }

    #[test]
    fn nothing_is_done_that_a_node_would_not_take() {
        for args in [&["mine", "0"][..], &["skip", "-1"], &["fund", "f0100", "much"], &["reward"]] {
            assert!(parse(args).is_err(), "{args:?}");
        }
    }

    #[test]
    fn a_node_of_lotus_has_no_controls() {
        let lotus = Scripted::unknown("Fab.Mine");
        let error = told(&lotus, &["mine"]).end.unwrap_err().to_string();
        assert!(error.contains("cargo fab devnet"), "{error}");
    }
}
