//! The face that the node shows to clients of Ethereum.
//!
//! As in Lotus, `latest` is the head's parent: what a tipset's messages bring about is on the chain
//! with its child. A node that mines at once makes that child too, so that a transaction has its receipt
//! when it is taken.

mod blocks;
mod call;
mod estimate;
mod fees;
mod filters;
mod logs;
mod names;
mod send;
mod state;
mod subscribe;
mod transactions;

use anyhow::{Context, Result};
use fvm_harness::{CHAIN_ID, NETWORK_VERSION};
use fvm_shared::address::{Address, Protocol};
use lotus::auth::Permission::Read;
use lotus::eth::address::Error;
use lotus::eth::block::{BlockParam, Tag};
use lotus::eth::{EthAddress, EthUint64};
use lotus::json::Addr;
use lotus::rpc::{Args, Failure, Methods, Raw};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub use filters::Filters;

use crate::node::Node;
use crate::view::View;
use names::{Null, latest, tipset};

pub fn add(methods: &mut Methods<Node>) {
    add_facts(methods);
    let mut methods = Table(methods);
    methods.add("FilecoinAddressToEthAddress", filecoin_to_eth);
    methods.add("EthAddressToFilecoinAddress", |_, (address,): (EthAddress,)| {
        Ok(Addr(address.to_filecoin()?))
    });
    blocks::add(&mut methods);
    transactions::add(&mut methods);
    state::add(&mut methods);
    fees::add(&mut methods);
    call::add(&mut methods);
    estimate::add(&mut methods);
    send::add(&mut methods);
    logs::add(&mut methods);
    filters::add(&mut methods);
    subscribe::add(methods.0);
}

/// A table whose methods may all be called by anybody who may read, as Lotus has it even for those
/// that send.
struct Table<'a>(&'a mut Methods<Node>);

impl Table<'_> {
    fn add<A: Args, R: Serialize + 'static>(&mut self, name: &str, run: fn(&Node, A) -> Result<R>) {
        self.0.call(name, Read, move |node: &Node, args: A| Ok(run(node, args)?));
    }
}

/// What is the same at any time.
fn add_facts(methods: &mut Methods<Node>) {
    let client = concat!("fab/", env!("CARGO_PKG_VERSION"));
    methods.call("EthChainId", Read, |_: &Node, ()| Ok(EthUint64(CHAIN_ID)));
    methods.call("NetVersion", Read, |_: &Node, ()| Ok(CHAIN_ID.to_string()));
    methods.call("NetListening", Read, |_: &Node, ()| Ok(true));
    methods.call("EthProtocolVersion", Read, |_: &Node, ()| {
        Ok(EthUint64(u32::from(NETWORK_VERSION).into()))
    });
    methods.call("Web3ClientVersion", Read, move |_: &Node, ()| Ok(client));
    methods.call("EthSyncing", Read, |_: &Node, ()| Ok(false));
    // Keys in the wallet are not shown: a client of Ethereum would ask the node to sign.
    methods.call("EthAccounts", Read, |_: &Node, ()| Ok([(); 0]));
    methods.call("EthBlockNumber", Read, |node: &Node, ()| {
        Ok(EthUint64(latest(node)?.height().unsigned_abs()))
    });
}

/// The address in Ethereum of the actor with an address, if the state has it: its own, or its ID's.
fn eth_address(view: &View, address: &Address) -> Result<Option<EthAddress>> {
    if let Some(own) = EthAddress::from_f410(address) {
        return Ok(Some(own));
    }
    let Some(id) = view.resolve(address)? else { return Ok(None) };
    let actor = view.actor(&Address::new_id(id))?;
    let delegated = actor.and_then(|(_, actor)| actor.delegated_address);
    let own = delegated.and_then(|address| EthAddress::from_f410(&address));
    Ok(Some(own.unwrap_or_else(|| EthAddress::masked(id))))
}

fn filecoin_to_eth(node: &Node, raw: Raw) -> Result<EthAddress> {
    let params = params(&raw, 1, 2)?;
    let Addr(address) = param(&params, 0)?.context("expected an address")?;
    match EthAddress::from_filecoin(&address) {
        Err(Error::Invalid) if address.protocol() != Protocol::Delegated => {}
        Err(error) => {
            let context = "error converting filecoin address to eth address";
            return Err(anyhow::Error::from(error).context(context));
        }
        Ok(found) => return Ok(found),
    }
    let block = param::<String>(&params, 1)?.unwrap_or_else(|| "finalized".to_owned());
    let at = tipset(node, block.parse()?, Null::Before)?;
    let id = node.view_after(&at).resolve(&address)?;
    let id = id.context("actor not found").with_context(|| {
        format!(
            "failed to lookup ID address for given Filecoin address {} (ensure that the address has \
             been instantiated on-chain and sufficient epochs have passed since instantiation to \
             confirm to the given 'blkParam': \"{block}\")",
            Addr(address)
        )
    })?;
    Ok(EthAddress::masked(id))
}

/// Parameters of which the last may be left out.
fn params(raw: &Raw, least: usize, most: usize) -> Result<Vec<Value>, Failure> {
    let given = raw.decode::<Option<Vec<Value>>>()?.unwrap_or_default();
    match (least..=most).contains(&given.len()) {
        true => Ok(given),
        false => Err(Failure::new(format!(
            "decoding params: expected {least} or {most} params, got {}",
            given.len()
        ))),
    }
}

/// One of those parameters. There is none where it is null or left out.
fn param<T: DeserializeOwned>(params: &[Value], index: usize) -> Result<Option<T>, Failure> {
    let Some(value) = params.get(index) else { return Ok(None) };
    serde_json::from_value(value.clone())
        .map_err(|error| Failure::new(format!("decoding params: {error}")))
}

/// What is after the head's messages, for those who ask for what is pending.
fn is_pending(param: BlockParam) -> bool {
    param == BlockParam::Tag(Tag::Pending)
}
