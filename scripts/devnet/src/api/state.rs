//! Reading states: `State*`. The state of a tipset is the one that it names, which is that after its
//! parent's messages.

use std::collections::BTreeMap;

use anyhow::{Context, Result, anyhow, bail};
use cid::Cid;
use fvm::state_tree::ActorState;
use fvm_harness::{ADDRESSES, CHAIN_ID, NETWORK_VERSION};
use fvm_ipld_encoding::to_vec;
use fvm_shared::ActorID;
use fvm_shared::address::{Address, Protocol};
use lotus::actor::ActorJson;
use lotus::auth::Permission::Read;
use lotus::block::TipsetKey;
use lotus::cid_of;
use lotus::json::{Addr, Atto, Link};
use lotus::rpc::{Failure, Methods};
use serde::Serialize;
use serde_json::{Value, json};
use shared::Map;
use shared::ext::{INIT_ACTOR, SYSTEM_ACTOR};

use super::chain::tipset;
use super::upgrades;
use crate::node::Node;
use crate::view::View;

/// Init's state: the address map, the next ID, and the network's name.
type Init = (Cid, ActorID, String);

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ReadState {
    balance: Atto,
    code: Link,
    state: Value,
}

fn shape(actor: ActorState) -> ActorJson {
    ActorJson {
        code: Link(actor.code),
        head: Link(actor.state),
        nonce: actor.sequence,
        balance: Atto(actor.balance),
        delegated_address: actor.delegated_address.map(Addr),
    }
}

type Of = (Addr, TipsetKey);

pub fn add(methods: &mut Methods<Node>) {
    methods.call("StateGetActor", Read, |node: &Node, (Addr(address), key): Of| {
        Ok(shape(actor(&view(node, &key)?, &address)?))
    });
    methods.call("StateLookupID", Read, |node: &Node, (Addr(address), key): Of| {
        let id = view(node, &key)?.resolve(&address)?.ok_or_else(Failure::actor_not_found)?;
        Ok(Addr(Address::new_id(id)))
    });
    methods.call("StateAccountKey", Read, |node: &Node, (Addr(address), key): Of| {
        Ok(Addr(account_key(node, &address, &key)?))
    });
    methods.call("StateLookupRobustAddress", Read, |node: &Node, (Addr(address), key): Of| {
        Ok(Addr(robust_address(&view(node, &key)?, &address)?))
    });
    methods.call("StateListActors", Read, |node: &Node, (key,): (TipsetKey,)| {
        Ok(list(&view(node, &key)?, |_| true)?)
    });
    methods.call("StateListMiners", Read, |node: &Node, (key,): (TipsetKey,)| {
        let view = view(node, &key)?;
        let miners = list(&view, |actor| view.kind(actor) == Some("storageminer"))?;
        Ok(Some(miners).filter(|miners| !miners.is_empty()))
    });
    methods.call("StateReadState", Read, |node: &Node, (Addr(address), key): Of| {
        let view = view(node, &key)?;
        let actor = actor(&view, &address).context("getting actor")?;
        Ok(read_state(&view, &address, actor)?)
    });
    add_network(methods);
}

fn add_network(methods: &mut Methods<Node>) {
    methods.call("StateNetworkName", Read, |node: &Node, ()| {
        Ok(network_name(&node.view(&node.head()))?)
    });
    methods.call("StateNetworkVersion", Read, |node: &Node, (key,): (TipsetKey,)| {
        tipset(node, &key)?;
        Ok(u32::from(NETWORK_VERSION))
    });
    methods.call("StateGetNetworkParams", Read, |node: &Node, ()| {
        let name = network_name(&node.view(&node.head()))?;
        Ok(json!({
            "NetworkName": name,
            "BlockDelaySecs": node.block_delay(),
            "ConsensusMinerMinPower": upgrades::CONSENSUS_MINIMUM.to_string(),
            "PreCommitChallengeDelay": upgrades::PRE_COMMIT_CHALLENGE_DELAY,
            "ForkUpgradeParams": upgrades::heights(),
            "Eip155ChainID": CHAIN_ID,
            "GenesisTimestamp": node.genesis_time(),
        }))
    });
    methods.call("StateActorCodeCIDs", Read, |node: &Node, (version,): (u32,)| {
        let actors = upgrades::actors_version(version)
            .with_context(|| format!("invalid network version {version}"))?;
        if version != u32::from(NETWORK_VERSION) {
            let versions = format!("network version {version}, actors version {actors}");
            return Err(Failure::new(format!("could not find cids for {versions}")));
        }
        let entries = node.actors().entries.iter();
        Ok(entries.map(|(name, code)| (name.clone(), Link(*code))).collect::<BTreeMap<_, _>>())
    });
    methods.call("StateActorManifestCID", Read, |node: &Node, (version,): (u32,)| {
        let actors =
            upgrades::actors_version(version).map_err(|_| anyhow!("invalid network version"))?;
        if version != u32::from(NETWORK_VERSION) {
            let versions = format!("network version {version}, actors version {actors}");
            return Err(Failure::new(format!("could not find manifest cid for {versions}")));
        }
        Ok(Link(manifest(&node.view(&node.head()))?))
    });
}

/// The state that a tipset names.
pub fn view(node: &Node, key: &TipsetKey) -> Result<View> {
    Ok(node.view(&*tipset(node, key)?))
}

/// An actor, or why there is none, in the words of Lotus.
fn actor(view: &View, address: &Address) -> Result<ActorState> {
    match view.actor(address)? {
        Some((_, actor)) => Ok(actor),
        None if address.protocol() == Protocol::ID => bail!("actor not found"),
        None => {
            let address = Addr(*address);
            bail!(
                "resolution lookup failed ({address}): resolve address {address}: actor not found"
            )
        }
    }
}

/// The address of the key by which an account signs. An account may be too new for the state that the
/// tipset names.
fn account_key(node: &Node, address: &Address, key: &TipsetKey) -> Result<Address> {
    if address.protocol() == Protocol::Actor {
        bail!("cannot resolve actor address to key address");
    }
    let tipset = tipset(node, key)?;
    for view in [node.view(&tipset), node.view_after(&tipset)] {
        if let Some(key) = view.key_address(address)? {
            return Ok(key);
        }
        if let Some((_, actor)) = view.actor(address)? {
            let kind = view.kind(&actor).unwrap_or("unknown");
            let context = format!("failed to get account actor state for {}", Addr(*address));
            bail!("{context}: actor code is not account: {kind}");
        }
    }
    bail!("failed to find actor: {}", Addr(*address))
}

fn init(view: &View) -> Result<Init> {
    let init = actor(view, &Address::new_id(INIT_ACTOR))?;
    view.state(&init.state)
}

fn network_name(view: &View) -> Result<String> {
    let (_, _, name) = init(view)?;
    Ok(name)
}

/// The first address in Init's map that is not an ID.
fn robust_address(view: &View, address: &Address) -> Result<Address> {
    let Ok(id) = address.id() else {
        bail!("failed to decode provided address as id addr: cannot get id from non id address");
    };
    let (map, _, _) = init(view)?;
    let map = Map::<_, Address, ActorID>::load(view.store(), &map, &ADDRESSES)
        .map_err(|error| anyhow!("Init's address map: {error}"))?;
    let mut found = None;
    map.for_each(|key, mapped| {
        if *mapped == id && found.is_none() {
            found = Address::from_bytes(key).ok();
        }
    })
    .map_err(|error| anyhow!("Init's address map: {error}"))?;
    found.with_context(|| format!("Address {} not found", Addr(*address)))
}

fn list(view: &View, wanted: impl Fn(&ActorState) -> bool) -> Result<Vec<Addr>> {
    let mut found = vec![];
    view.each_actor(|id, actor| {
        if wanted(actor) {
            found.push(Addr(Address::new_id(id)));
        }
    })?;
    Ok(found)
}

/// The state of an actor, where its layout is that of every network.
fn read_state(view: &View, address: &Address, actor: ActorState) -> Result<ReadState> {
    let state = match view.kind(&actor) {
        Some("account") => {
            let (address,): (Address,) = view.state(&actor.state)?;
            json!({ "Address": Addr(address) })
        }
        Some("system") => {
            let (actors,): (Cid,) = view.state(&actor.state)?;
            json!({ "BuiltinActors": Link(actors) })
        }
        Some("init") => {
            let (map, next, name): Init = view.state(&actor.state)?;
            json!({ "AddressMap": Link(map), "NextID": next, "NetworkName": name })
        }
        Some("placeholder" | "ethaccount" | "eam") => {
            let empty = cid_of(&to_vec::<[(); 0]>(&[])?);
            if actor.state != empty {
                let (code, head) = (actor.code, actor.state);
                let only = format!("should only have empty object ({empty}) as its Head");
                bail!("actor with code {code} {only}, instead has {head}");
            }
            Value::Null
        }
        _ => {
            let context = format!("dumping actor state (a:{})", Addr(*address));
            bail!("{context}: state type for actor {} not found", actor.code);
        }
    };
    Ok(ReadState { balance: Atto(actor.balance), code: Link(actor.code), state })
}

/// The root of the bundle that the network's actors are in: a version, and what System has.
fn manifest(view: &View) -> Result<Cid> {
    let system = actor(view, &Address::new_id(SYSTEM_ACTOR))?;
    let (entries,): (Cid,) = view.state(&system.state)?;
    Ok(cid_of(&to_vec(&(1_u32, entries))?))
}
