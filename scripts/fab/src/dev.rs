//! Controls of a dev node, under its own namespace.

use std::path::{PathBuf, absolute};

use ::lotus::json::{Addr, Atto};
use ::lotus::message::MessageJson;
use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use fvm_harness::{Call, TokenAmount};
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use serde_json::{Value, json};

use crate::invoke::target::{Params, Target};
use crate::node::{Connection, Lotus, parse_address};
use crate::units::parse_amount;
use crate::voice::Voice;

#[derive(Args)]
pub struct Options {
    #[command(flatten)]
    node: Connection,
    #[command(subcommand)]
    control: Control,
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
        #[arg(value_parser = count())]
        epochs: ChainEpoch,
    },
    /// Let epochs pass up to one.
    AdvanceTo { epoch: ChainEpoch },
    /// Let epochs pass fast: with the cron ticks that end deadlines of miners, up to 60 epochs late, and
    /// with the proofs of the sectors that `prove` proved.
    Skip {
        #[arg(value_parser = count())]
        epochs: ChainEpoch,
    },
    /// Give FIL to an address. FIL, or attoFIL with that unit.
    Fund {
        #[arg(value_parser = parse_address)]
        address: Address,
        #[arg(value_parser = parse_amount)]
        amount: TokenAmount,
    },
    /// Let a miner win a block.
    Reward {
        #[arg(value_parser = parse_address)]
        miner: Address,
    },
    /// Make a miner, with an owner and a worker.
    Miner {
        /// What its accounts' keys are made from.
        name: String,
    },
    /// Prove the sector of a published deal.
    Prove { deal: u64 },
    /// Print a number by which to come back to the present tipset, as long as this node runs.
    Snapshot,
    /// Go back to a snapshot, and print its epoch. All that came after is gone, and so are later snapshots
    /// and the messages that wait.
    Revert { id: u64 },
    /// Write the whole chain to a CAR, for `fab devnet --import` to go on with.
    Export { file: PathBuf },
    /// Send a message as any actor at all, without its key.
    ActAs {
        #[arg(value_parser = parse_address)]
        from: Address,
        #[arg(value_parser = parse_address)]
        to: Address,
        /// The method's name or number.
        method: String,
        #[command(flatten)]
        params: Params,
        /// FIL that the message brings, or attoFIL with that unit.
        #[arg(long, value_name = "AMOUNT", default_value = "0", value_parser = parse_amount)]
        value: TokenAmount,
    },
}

fn count() -> clap::builder::RangedI64ValueParser<ChainEpoch> {
    clap::value_parser!(ChainEpoch).range(1..)
}

/// `fab dev`.
pub fn command(options: &Options, voice: &mut Voice<'_>) -> Result<()> {
    control(&mut options.node.node()?, &options.control, voice)
}

/// Has the node do it, and prints what it answers, if anything.
fn control(node: &mut Lotus, control: &Control, voice: &mut Voice<'_>) -> Result<()> {
    let (method, params) = control.request(node)?;
    let answer: Option<Value> = node.ask_if_known(method, params)?;
    let answer = answer.with_context(|| {
        format!(
            "the node does not know {method}: only a dev node does, as `cargo fab devnet` starts"
        )
    })?;
    match answer {
        Value::Null => Ok(()),
        Value::String(text) => Ok(voice.say(text)?),
        answer => match cid_of(&answer) {
            Some(cid) => Ok(voice.say(cid)?),
            None => Ok(voice.json(&answer)?),
        },
    }
}

/// The CID that an answer is, and nothing else.
fn cid_of(answer: &Value) -> Option<&str> {
    let link = answer.as_object().filter(|link| link.len() == 1)?;
    link.get("/")?.as_str()
}

impl Control {
    /// The method of the node, and what it takes.
    fn request(&self, node: &mut Lotus) -> Result<(&'static str, Value)> {
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
            Control::ActAs { from, to, method, params, value } => {
                let target = Target::find(node, to, None, method)?;
                target.check_value(value)?;
                let params = target.params(params)?;
                let call = Call::new(*from, *to).raw(target.number, &params).value(value.clone());
                // The node has the nonce and the gas to fill in.
                let message = call.gas_limit(0).message(0);
                ("Fab.ActAs", json!([MessageJson::from(&message)]))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::node::lotus::tests::Scripted;
    use crate::voice::{Heard, listen};

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        options: Options,
    }

    fn parse(args: &[&str]) -> Result<Control, clap::Error> {
        let args = ["dev"].iter().chain(args);
        Cli::try_parse_from(args).map(|cli| cli.options.control)
    }

    fn run(dev: &Scripted, args: &[&str]) -> Heard<Result<()>> {
        listen(|voice| control(&mut dev.node(), &parse(args).unwrap(), voice))
    }

    /// What a control asks, and what is printed of this answer.
    fn ask(args: &[&str], method: &'static str, answer: Value) -> (Value, String) {
        let dev = Scripted::new(vec![(method, answer)]);
        let heard = run(&dev, args);
        heard.end.unwrap();
        (dev.asked().remove(0), heard.out)
    }

    #[test]
    fn a_control_is_a_method_of_the_node_s_own_namespace() {
        let null = Value::Null;
        let ends = |args: &[&str], method, params| {
            assert_eq!(ask(args, method, null.clone()), (params, String::new()), "{args:?}");
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
        let dev = Scripted::new(vec![
            ("StateGetActor", there),
            ("StateNetworkVersion", json!(28)),
            ("StateActorCodeCIDs", json!({ "datadao": link })),
            ("Fab.ActAs", json!({ "/": "bafymessage" })),
        ]);
        let page = r#"{"from": 1, "limit": 2}"#;
        let heard = run(&dev, &["act-as", "f05", "f01002", "ListDeals", page]);
        heard.end.unwrap();
        assert_eq!(heard.out, "bafymessage\n");
        let message = &dev.asked()[3][0];
        assert_eq!((&message["From"], &message["To"]), (&json!("t05"), &json!("t01002")));
        assert_eq!((&message["Params"], &message["GasLimit"]), (&json!("ggEC"), &json!(0)));
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
        let error = run(&lotus, &["mine"]).end.unwrap_err().to_string();
        assert!(error.contains("cargo fab devnet"), "{error}");
    }
}
