//! Finding what became of messages, and waiting for it: `StateSearchMsg` and `StateWaitMsg`.

use std::sync::Arc;

use anyhow::{Context, Result};
use cid::Cid;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use fvm_shared::message::Message;
use lotus::auth::Permission::Read;
use lotus::block::{ReceiptJson, TipsetKey};
use lotus::json::Link;
use lotus::rpc::{Failure, Methods};
use serde_json::Value;
use thiserror::Error;

use super::chain::{FINALITY, tipset};
use super::returned::decoded;
use super::shapes::MessageLookup;
use crate::node::{Lookup, Node};
use crate::tipset::Tipset;

/// Epochs after a message's receipt that are made for whoever waits for them, where nobody else makes
/// any: readers are not to fill the chain.
pub const DEEPENED: ChainEpoch = 30;

/// The limit that is none.
const NO_LIMIT: ChainEpoch = -1;

pub fn add(methods: &mut Methods<Node>) {
    type Search = (TipsetKey, Link, ChainEpoch, bool);
    methods.call("StateSearchMsg", Read, |node: &Node, params: Search| {
        let (from, Link(cid), limit, replaced) = params;
        Ok(search(node, &from, cid, limit, replaced)?)
    });
    type Wait = (Link, u64, ChainEpoch, bool);
    methods.wait("StateWaitMsg", Read, |node: Arc<Node>, params: Wait| {
        let (Link(cid), confidence, limit, replaced) = params;
        wait(node, cid, confidence, limit, replaced)
    });
}

/// The older face asks for less, and takes what replaced a message for it.
pub fn add_v0(methods: &mut Methods<Node>) {
    methods.call("StateSearchMsg", Read, |node: &Node, (Link(cid),): (Link,)| {
        Ok(search(node, &TipsetKey::default(), cid, NO_LIMIT, true)?)
    });
    type Limited = (Link, ChainEpoch);
    methods.call("StateSearchMsgLimited", Read, |node: &Node, (Link(cid), limit): Limited| {
        Ok(search(node, &TipsetKey::default(), cid, limit, true)?)
    });
    type Wait = (Link, u64);
    methods.wait("StateWaitMsg", Read, |node: Arc<Node>, (Link(cid), confidence): Wait| {
        wait(node, cid, confidence, NO_LIMIT, true)
    });
    type WaitLimited = (Link, u64, ChainEpoch);
    methods.wait("StateWaitMsgLimited", Read, |node: Arc<Node>, params: WaitLimited| {
        let (Link(cid), confidence, limit) = params;
        wait(node, cid, confidence, limit, true)
    });
    methods.call("StateGetReceipt", Read, |node: &Node, (Link(cid), from): (Link, TipsetKey)| {
        let found = search(node, &from, cid, NO_LIMIT, true)?;
        Ok(found.map(|lookup| lookup.receipt))
    });
}

/// Why another message in the place of the one that is asked for does not count.
#[derive(Debug, Error)]
enum Replaced {
    #[error(
        "found message with equal nonce as the one we are looking for that is NOT a valid replacement message (F:{asked} n {nonce}, TS: {found} n{nonce})"
    )]
    ByAnotherCall { asked: Cid, found: Cid, nonce: u64 },
    #[error(
        "found message with equal nonce as the one we are looking for (F:{asked} n {nonce}, TS: {found} n{nonce})"
    )]
    BySameCall { asked: Cid, found: Cid, nonce: u64 },
}

/// What is looked for.
#[derive(Clone)]
struct Wanted {
    cid: Cid,
    message: Message,
    /// Epochs before the tipset from which the search starts.
    limit: ChainEpoch,
    /// Whether a message with the same call and other fees will do.
    replaced: bool,
}

impl Wanted {
    fn new(node: &Node, cid: Cid, limit: ChainEpoch, replaced: bool) -> Result<Self> {
        node.broken().check(&cid)?;
        let message = node.message(&cid).context("failed to load message")?.message;
        Ok(Wanted { cid, message, limit, replaced })
    }

    /// The CID of the message that is on the chain up to a tipset in the place of this one, be it
    /// itself.
    fn on_chain(&self, node: &Node, top: &Tipset) -> Result<Option<Cid>> {
        if node.db().placement(&self.cid)?.is_some() {
            return Ok(Some(self.cid));
        }
        let Some(includes) = self.includes(node, top)? else { return Ok(None) };
        for cid in includes.message_cids(node.store())? {
            let found = node.message(&cid)?.message;
            let Message { from, sequence: nonce, .. } = &self.message;
            if found.from != *from || found.sequence != *nonce {
                continue;
            }
            let (asked, found_cid, nonce) = (self.cid, cid, *nonce);
            if call_of(&found) != call_of(&self.message) {
                return Err(Replaced::ByAnotherCall { asked, found: found_cid, nonce }.into());
            }
            if !self.replaced {
                return Err(Replaced::BySameCall { asked, found: found_cid, nonce }.into());
            }
            return Ok(Some(cid));
        }
        Ok(None)
    }

    /// The tipset after which the sender's nonce is first past that of the message. Nonces only grow,
    /// so half of what is left is ruled out at each step.
    fn includes(&self, node: &Node, top: &Tipset) -> Result<Option<Tipset>> {
        let past = |tipset: &Tipset| -> Result<bool> {
            let sender = node.view_after(tipset).actor(&self.message.from)?;
            Ok(sender.is_some_and(|(_, actor)| actor.sequence > self.message.sequence))
        };
        if !past(top)? {
            return Ok(None);
        }
        let (mut low, mut found) = (0, top.clone());
        while low < found.height() {
            let middle = low + (found.height() - low) / 2;
            match node.tipset_at_or_below(middle)? {
                Some(tipset) if past(&tipset)? => found = tipset,
                _ => low = middle + 1,
            }
        }
        Ok(Some(found))
    }

    /// What became of the message, seen from a tipset.
    fn find(&self, node: &Node, from: &Tipset) -> Result<Option<Lookup>> {
        let Some(cid) = self.on_chain(node, from)? else { return Ok(None) };
        let lookup = node.lookup(&cid)?;
        Ok(lookup.filter(|lookup| {
            let back = from.height() - lookup.tipset.height();
            back >= 0 && (self.limit == NO_LIMIT || back <= self.limit)
        }))
    }
}

/// A message without what it offers for gas: what a replacement has in common with it.
fn call_of(message: &Message) -> Message {
    let free = TokenAmount::default();
    Message { gas_limit: 0, gas_fee_cap: free.clone(), gas_premium: free, ..message.clone() }
}

fn json(lookup: &Lookup, return_dec: Value) -> Result<MessageLookup> {
    Ok(MessageLookup {
        message: Link(lookup.message.cid()?),
        receipt: ReceiptJson::from(&lookup.receipt),
        return_dec,
        tip_set: lookup.tipset.key(),
        height: lookup.tipset.height(),
    })
}

/// Finds a message that is executed. Where another is in its place that does not count, and what
/// replaced it was not asked for, it is not found.
fn search(
    node: &Node,
    from: &TipsetKey,
    cid: Cid,
    limit: ChainEpoch,
    replaced: bool,
) -> Result<Option<MessageLookup>> {
    let from = tipset(node, from)?;
    let wanted = Wanted::new(node, cid, limit, replaced)?;
    match wanted.find(node, &from) {
        Err(error) if !replaced && error.is::<Replaced>() => Ok(None),
        found => found?.map(|lookup| json(&lookup, Value::Null)).transpose(),
    }
}

/// What became of a message, or of what replaced it.
pub fn find_executed(node: &Node, cid: Cid) -> Result<Option<Lookup>> {
    Wanted::new(node, cid, NO_LIMIT, true)?.find(node, &node.head())
}

/// Waits until a message is executed and so many epochs have passed since.
async fn wait(
    node: Arc<Node>,
    cid: Cid,
    confidence: u64,
    limit: ChainEpoch,
    replaced: bool,
) -> Result<MessageLookup, Failure> {
    let confidence = ChainEpoch::try_from(confidence).unwrap_or(ChainEpoch::MAX);
    if confidence > FINALITY {
        let most = format!("{confidence} > {FINALITY}");
        return Err(Failure::new(format!("message confidence exceeds maximum: {most}")));
    }
    let wanted = blocking(&node, move |node| Wanted::new(node, cid, limit, replaced)).await?;
    let Message { from, sequence: nonce, .. } = wanted.message;
    loop {
        // Both are listened to before the chain is looked at, so that nothing comes unnoticed between.
        let mut inclusion = node.inclusions().expect(from, nonce);
        let mut heads = node.heads();
        let head = heads.borrow().clone();
        let search = wanted.clone();
        let found = blocking(&node, move |node| Found::of(&search, node, &head)).await?;
        let (executed, confidence, lookup) = match found {
            Found::Nothing => {
                inclusion.happens().await;
                continue;
            }
            Found::Included(height) => (height + 1, 0, None),
            Found::Executed(lookup) => (lookup.tipset.height(), confidence, Some(lookup)),
        };
        let height = executed + confidence;
        let deep = heads.borrow().height() >= height;
        if let (true, Some(lookup)) = (deep, lookup) {
            return blocking(&node, move |node| finish(node, &lookup)).await;
        }
        let made = executed + confidence.min(DEEPENED);
        let reached = blocking(&node, move |node| node.deepen(made)).await?;
        // Then it is looked at again, and also where the chain goes back.
        let look = |head: &Arc<Tipset>| head.height() >= height || head.height() < reached;
        heads.wait_for(look).await.map_err(|_| Failure::new("the node stops"))?;
    }
}

/// How far a message has come.
enum Found {
    Nothing,
    /// In the tipset at this height, which has no child yet.
    Included(ChainEpoch),
    Executed(Box<Lookup>),
}

impl Found {
    fn of(wanted: &Wanted, node: &Node, head: &Tipset) -> Result<Self> {
        let included = wanted.on_chain(node, head).context("message was replaced")?;
        let Some(cid) = included else {
            node.broken().check(&wanted.cid)?;
            return Ok(Found::Nothing);
        };
        if let Some(lookup) = wanted.find(node, head)? {
            return Ok(Found::Executed(Box::new(lookup)));
        }
        let Some(placement) = node.db().placement(&cid)? else { return Ok(Found::Nothing) };
        match head.height() > placement.height {
            // It is further back than the caller wants to look.
            true => Ok(Found::Nothing),
            false => Ok(Found::Included(placement.height)),
        }
    }
}

fn finish(node: &Node, lookup: &Lookup) -> Result<MessageLookup> {
    json(lookup, decoded(node, lookup)?)
}

/// Does what may block away from the threads that serve others.
async fn blocking<T: Send + 'static>(
    node: &Arc<Node>,
    work: impl FnOnce(&Node) -> Result<T> + Send + 'static,
) -> Result<T, Failure> {
    let node = Arc::clone(node);
    let done = tokio::task::spawn_blocking(move || work(&node)).await;
    Ok(done.map_err(|panic| Failure::new(panic.to_string()))??)
}
