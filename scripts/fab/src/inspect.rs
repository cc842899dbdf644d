//! What an actor is and has, with its state as JSON.

use ::lotus::block::TipsetKey;
use abi::dag_json;
use anyhow::{Result, anyhow};
use clap::Args;
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use serde_json::Value;

use crate::invoke::target::{absent, name_of};
use crate::node::lotus::OnChain;
use crate::node::{Connection, Lotus, Trouble, parse_address};
use crate::typed;
use crate::units::fil;
use crate::voice::Voice;

#[derive(Args)]
pub struct Options {
    /// The actor.
    #[arg(value_parser = parse_address)]
    address: Address,
    #[command(flatten)]
    node: Connection,
    /// In the state of this epoch. Default: the head.
    #[arg(long, value_name = "EPOCH", value_parser = clap::value_parser!(ChainEpoch).range(0..))]
    at: Option<ChainEpoch>,
    /// Entries of each map and array that are shown.
    #[arg(long, value_name = "COUNT", default_value_t = 20)]
    limit: usize,
}

/// `fab inspect`.
pub fn command(options: &Options, voice: &mut Voice<'_>) -> Result<()> {
    inspect(&mut options.node.node()?, options, voice)
}

fn inspect(node: &mut Lotus, options: &Options, voice: &mut Voice<'_>) -> Result<()> {
    let Options { address, limit, .. } = options;
    let at = match options.at {
        None => TipsetKey::default(),
        Some(height) => {
            let (tipset, height) = node.tipset_at(height)?;
            voice.fact("epoch", height)?;
            tipset
        }
    };
    let when = || options.at.map(|height| format!(" in epoch {height}")).unwrap_or_default();
    let actor = node.actor_at(address, &at)?.ok_or_else(|| absent(address, &when()))?;
    let name = name_of(node, &actor.code)?;
    let addresses = addresses(node, address, &actor, &at)?;
    voice.fact("actor", name.as_deref().unwrap_or("of a kind that is not known here"))?;
    voice.fact("code", actor.code)?;
    voice.fact("addresses", addresses.join(", "))?;
    voice.fact("balance", fil(&actor.balance))?;
    voice.fact("nonce", actor.nonce)?;
    let state = match state(node, name.as_deref(), &actor, *limit)? {
        Some(described) => Some(described),
        None => node.read_state(address, &at)?,
    };
    if let Some(state) = state {
        return Ok(voice.json(&state)?);
    }
    voice.tell("nobody describes its state: this is its root as it lies on chain")?;
    Ok(voice.json(&root(node, &actor)?)?)
}

/// All addresses of an actor that the node tells of, each once.
fn addresses(
    node: &mut Lotus,
    asked: &Address,
    actor: &OnChain,
    at: &TipsetKey,
) -> Result<Vec<String>, Trouble> {
    let id = node.id_at(asked, at)?;
    let mut addresses = vec![Address::new_id(id)];
    let others = [Some(*asked), node.robust_of(id, at)?, actor.delegated];
    for address in others.into_iter().flatten() {
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    Ok(addresses.iter().map(ToString::to_string).collect())
}

/// The state by its description, with all that it links to; `None` of an actor without one.
fn state(node: &Lotus, name: Option<&str>, actor: &OnChain, limit: usize) -> Result<Option<Value>> {
    let get = |cid: &cid::Cid| node.block(cid).map_err(anyhow::Error::from);
    match name.and_then(typed::described) {
        Some(described) => Ok(described.state_to_json(&actor.head, &get, limit)?),
        None => Ok(None),
    }
}

/// The root of a state, as DAG-JSON.
fn root(node: &Lotus, actor: &OnChain) -> Result<Value> {
    let root = node.block(&actor.head)?;
    let root = root.ok_or_else(|| anyhow!("the node does not have the state {}", actor.head))?;
    Ok(dag_json::from_cbor(&root)?)
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use data_encoding::BASE64;
    use fvm_ipld_encoding::to_vec;
    use serde_json::json;

    use super::*;
    use crate::node::lotus::tests::{Scripted, failed, head, link};
    use crate::voice::{Heard, listen};

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        options: Options,
    }

    fn run(lotus: &Scripted, args: &[&str]) -> Heard<Result<()>> {
        let options = Cli::try_parse_from(["inspect"].iter().chain(args)).unwrap().options;
        listen(|voice| inspect(&mut lotus.node(), &options, voice))
    }

    /// What a node is asked about an actor of this kind with these blocks.
    fn actor(name: &str, blocks: &[Vec<u8>]) -> Vec<(&'static str, Value)> {
        let balance = "1500000000000000000";
        let actor = json!({ "Code": link(), "Head": link(), "Nonce": 3, "Balance": balance });
        let mut script = vec![
            ("StateGetActor", actor),
            ("StateNetworkVersion", json!(28)),
            ("StateActorCodeCIDs", json!({ name: link() })),
            ("StateLookupRobustAddress", json!(Address::new_actor(b"one").to_string())),
        ];
        script.extend(blocks.iter().map(|block| ("ChainReadObj", json!(BASE64.encode(block)))));
        script
    }

    #[test]
    fn a_state_is_shown_with_its_names_and_what_it_links_to() {
        let map = ::lotus::cid_of(b"map");
        let root = to_vec(&(map, 1_005, "localnet")).unwrap();
        let empty_map = vec![0x82, 0x40, 0x80];
        let Heard { end, out, aside } =
            run(&Scripted::new(actor("init", &[root, empty_map])), &["f01"]);
        end.unwrap();
        let state: Value = serde_json::from_str(&out).unwrap();
        assert_eq!((&state["next_id"], &state["address_map"]), (&json!(1_005), &json!({})));
        for fact in
            ["actor     init\n", "balance   1.5 FIL\n", "nonce     3\n", "addresses f01, f2"]
        {
            assert!(aside.contains(fact), "{aside}");
        }
    }

    #[test]
    fn a_state_that_nobody_described_is_shown_as_it_is() {
        let root = to_vec(&(1, "two")).unwrap();
        for kind in ["evm", "storagemarket"] {
            let refused = Err("state type for actor bafy not found");
            let answers = actor(kind, &[]).into_iter().map(|(method, answer)| (method, Ok(answer)));
            let root = ("ChainReadObj", Ok(json!(BASE64.encode(&root))));
            let script = answers.chain([("StateReadState", refused), root]);
            let Heard { end, out, aside } = run(&Scripted::answers(script), &["f01002"]);
            end.unwrap();
            assert_eq!(serde_json::from_str::<Value>(&out).unwrap(), json!([1, "two"]));
            assert!(
                aside.ends_with(
                    "nobody describes its state: this is its root as it lies on chain\n"
                )
            );
        }
    }

    #[test]
    fn a_state_that_the_node_can_read_is_shown_as_it_does() {
        let read = json!({ "Balance": "0", "Code": link(), "State": { "Address": "t01" } });
        let script = [actor("ethaccount", &[]), vec![("StateReadState", read)]].concat();
        let Heard { end, out, .. } = run(&Scripted::new(script), &["f01002"]);
        end.unwrap();
        assert_eq!(serde_json::from_str::<Value>(&out).unwrap(), json!({ "Address": "t01" }));
    }

    #[test]
    fn an_actor_is_shown_as_it_was_at_a_height() {
        let read = json!({ "State": null });
        let script = [
            vec![("ChainGetTipSetByHeight", head(7))],
            actor("evm", &[]),
            vec![("StateReadState", read)],
        ];
        let script = script.concat();
        let lotus = Scripted::new(script);
        let Heard { end, aside, .. } = run(&lotus, &["f01002", "--at", "8"]);
        end.unwrap();
        assert!(aside.starts_with("epoch     7\n"), "{aside}");
        let asked = lotus.asked();
        assert_eq!((&asked[0], &asked[1][1]), (&json!([8, []]), &json!([link()])));
    }

    #[test]
    fn an_address_without_an_actor_is_told_of() {
        let lotus = Scripted::error("StateGetActor", "actor not found");
        let error = run(&lotus, &["f01002"]).end.unwrap_err().to_string();
        assert!(error.starts_with("no actor is at f01002: check the address"), "{error}");
    }

    #[test]
    fn a_block_that_the_node_lacks_is_told_of() {
        let missing = "ipld: could not find bafy";
        let lotus = failed(actor("init", &[]), "ChainReadObj", missing);
        let error = run(&lotus, &["f01"]).end.unwrap_err().to_string();
        assert!(error.contains("does not have this block"), "{error}");
    }
}
