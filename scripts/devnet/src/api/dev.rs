//! What only a network of one's own does, in a namespace of its own. All of it takes a token that
//! administers: any page in a browser can read.

use std::path::PathBuf;

use fvm_shared::ActorID;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::deal::DealID;
use lotus::auth::Permission::Admin;
use lotus::json::{Addr, Atto, Link};
use lotus::message::MessageJson;
use lotus::rpc::{Failure, Methods};
use serde::Serialize;

use crate::node::Node;

#[derive(Serialize)]
struct Miner {
    #[serde(rename = "ID")]
    id: Addr,
    #[serde(rename = "Owner")]
    owner: Addr,
    #[serde(rename = "Worker")]
    worker: Addr,
}

#[derive(Serialize)]
struct Sector {
    #[serde(rename = "Miner")]
    miner: Addr,
    #[serde(rename = "Sector")]
    sector: u64,
}

pub fn add(methods: &mut Methods<Node>) {
    methods.call("Fab.Mine", Admin, |node: &Node, (tipsets,): (u64,)| Ok(node.mine_some(tipsets)?));
    methods.call("Fab.Advance", Admin, |node: &Node, (epochs,): (ChainEpoch,)| {
        node.advance(epochs)?;
        Ok(node.head().height())
    });
    methods.call("Fab.AdvanceTo", Admin, |node: &Node, (epoch,): (ChainEpoch,)| {
        node.advance(epoch.saturating_sub(node.head().height()))?;
        Ok(node.head().height())
    });
    methods.call("Fab.Skip", Admin, |node: &Node, (epochs,): (ChainEpoch,)| {
        node.skip(epochs)?;
        Ok(node.head().height())
    });
    methods.call("Fab.Fund", Admin, |node: &Node, (to, amount): (Addr, Atto)| {
        Ok(node.fund(to.0, amount.0)?)
    });
    methods.call("Fab.BlockReward", Admin, |node: &Node, (miner,): (Addr,)| {
        Ok(node.block_reward(miner.0)?)
    });
    methods.call("Fab.MakeMiner", Admin, |node: &Node, (name,): (String,)| {
        let made = node.make_miner(&name)?;
        Ok(Miner { id: id(made.id), owner: Addr(made.owner), worker: Addr(made.worker) })
    });
    methods.call("Fab.ProveSector", Admin, |node: &Node, (deal,): (DealID,)| {
        let proven = node.prove_sector(deal)?;
        Ok(Sector { miner: id(proven.miner), sector: proven.sector })
    });
    methods.call("Fab.Snapshot", Admin, |node: &Node, ()| Ok(node.snapshot()));
    methods.call("Fab.Revert", Admin, |node: &Node, (snapshot,): (u64,)| {
        Ok(node.revert_to(snapshot)?)
    });
    methods.call("Fab.Export", Admin, |node: &Node, (file,): (PathBuf,)| {
        Ok(Link(node.export(&file)?))
    });
    methods.call("Fab.ActAs", Admin, |node: &Node, (message,): (MessageJson,)| {
        let message = message.message();
        let message = message.ok_or_else(|| Failure::new("a message has a From and a To"))?;
        Ok(Link(node.act_as(message)?))
    });
}

fn id(actor: ActorID) -> Addr {
    Addr(fvm_shared::address::Address::new_id(actor))
}
