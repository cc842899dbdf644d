//! The message pool.

use anyhow::{Context, Result};
use fvm_shared::address::{Address, Protocol};
use lotus::auth::Permission::{Admin, Read, Sign, Write};
use lotus::block::TipsetKey;
use lotus::json::{Addr, Link};
use lotus::message::{MessageJson, SignedMessage, SignedMessageJson};
use lotus::rpc::{Failure, Methods};
use tokio::sync::mpsc::{self, Receiver};

use crate::gas::MessageSendSpec;
use crate::node::{Node, Take};
use crate::outbox::{self, unknown};
use crate::pool::check::{Chain, Draft, Status};
use crate::pool::json::{CheckStatus, MessagePrototype, PoolConfig, PoolUpdate};
use crate::pool::refusal::BlackHole;
use crate::pool::{self, Pool, SenderFacts, check_recipient, check_sanity};

/// Changes that are told ahead of a subscriber who reads slowly.
const BACKLOG: usize = 16;

pub fn add(methods: &mut Methods<Node>) {
    methods.call("MpoolPush", Write, |node: &Node, (message,): (SignedMessageJson,)| {
        Ok(push(node, outbox::read(message)?, Pool::push)?)
    });
    methods.call("MpoolPushUntrusted", Write, |node: &Node, (message,): (SignedMessageJson,)| {
        Ok(push(node, outbox::read(message)?, Pool::push_untrusted)?)
    });
    methods.call("MpoolBatchPush", Write, |node: &Node, (messages,): (Messages,)| {
        push_all(node, messages, Pool::push)
    });
    methods.call("MpoolBatchPushUntrusted", Write, |node: &Node, (messages,): (Messages,)| {
        push_all(node, messages, Pool::push_untrusted)
    });
    methods.call("MpoolPushMessage", Sign, send);
    methods.call("MpoolBatchPushMessage", Sign, send_all);
    methods.call("MpoolGetNonce", Read, next_nonce);
    methods.call("MpoolPending", Read, pending);
    methods.call("MpoolSelect", Read, select);
    methods.stream("MpoolSub", Read, |node: &Node, ()| Ok(subscribe(node)));
    methods.call("MpoolClear", Write, |node: &Node, (local,): (bool,)| Ok(node.clear_pool(local)?));
    methods.call("MpoolGetConfig", Read, |node: &Node, ()| Ok(node.pool_config().clone()));
    methods.call("MpoolSetConfig", Admin, |node: &Node, (config,): (PoolConfig,)| {
        config.check().map_err(anyhow::Error::from)?;
        *node.pool_config() = config;
        Ok(())
    });
    methods.call("MpoolCheckMessages", Read, check);
    methods.call("MpoolCheckPendingMessages", Read, check_pending);
    methods.call("MpoolCheckReplaceMessages", Read, check_replace);
}

type Messages = Option<Vec<SignedMessageJson>>;

// Pushing

/// The signature is checked before anything is locked: it takes most of the time.
fn push(node: &Node, signed: SignedMessage, take: Take) -> Result<Link> {
    Ok(Link(node.admit(outbox::check(signed)?, take)?))
}

/// Pushes messages until one is refused. There is no answer where there are none.
fn push_all(node: &Node, messages: Messages, take: Take) -> Result<Option<Vec<Link>>, Failure> {
    let messages = messages.unwrap_or_default().into_iter().map(outbox::read);
    let messages = messages.collect::<Result<Vec<_>>>()?;
    for message in &messages {
        check_sanity(message).map_err(anyhow::Error::from)?;
    }
    let pushed = messages.into_iter().map(|message| push(node, message, take));
    Ok(some(pushed.collect::<Result<_>>()?))
}

fn send(
    node: &Node,
    (message, spec): (MessageJson, Option<MessageSendSpec>),
) -> Result<SignedMessageJson, Failure> {
    let signed = node.send(message, &spec.unwrap_or_default())?;
    Ok(SignedMessageJson::from(&signed))
}

fn send_all(
    node: &Node,
    (messages, spec): (Option<Vec<MessageJson>>, Option<MessageSendSpec>),
) -> Result<Option<Vec<SignedMessageJson>>, Failure> {
    let (messages, spec) = (messages.unwrap_or_default(), spec.unwrap_or_default());
    for (index, json) in messages.iter().enumerate() {
        let message = pool::read(json.clone()).map_err(anyhow::Error::from)?;
        if let Err(BlackHole(to)) = check_recipient(&message) {
            let (from, why) = (Addr(message.from), BlackHole(to));
            return Err(Failure::new(format!(
                "message #{index} from {from} with failed sanity check: {why}"
            )));
        }
    }
    let send = |message| Ok(SignedMessageJson::from(&node.send(message, &spec)?));
    Ok(some(messages.into_iter().map(send).collect::<Result<_>>()?))
}

/// An empty slice of Go, which was never made.
fn some<T>(list: Vec<T>) -> Option<Vec<T>> {
    Some(list).filter(|list| !list.is_empty())
}

// Looking

/// The pool as it is now, to look at for longer than it may be held.
fn copy(node: &Node) -> Pool {
    node.pool().clone()
}

/// The address under which the pool has the messages of a sender.
fn key_of(node: &Node, address: &Address) -> Result<Address> {
    match address.protocol() {
        Protocol::ID => {
            let key = node.view_after(&node.head()).key_address(address)?;
            key.context("ID address not found in lookback state")
        }
        _ => Ok(*address),
    }
}

fn next_nonce(node: &Node, (Addr(address),): (Addr,)) -> Result<u64, Failure> {
    let key = key_of(node, &address)?;
    Ok(node.next_nonce(&key)?.ok_or_else(|| unknown(Addr(address)))?)
}

/// The pool is at the head, which no tipset is ahead of.
fn pending(node: &Node, (key,): (TipsetKey,)) -> Result<Vec<SignedMessageJson>, Failure> {
    node.tipset(&key).with_context(|| format!("loading tipset {key}"))?;
    let pending: Vec<_> = node.pool().pending().cloned().collect();
    Ok(pending.iter().map(|message| SignedMessageJson::from(&**message)).collect())
}

/// What the next block after a tipset includes, whatever the quality of the ticket: no other block
/// could include the same.
fn select(
    node: &Node,
    (key, _): (TipsetKey, f64),
) -> Result<Option<Vec<SignedMessageJson>>, Failure> {
    let tipset = node.tipset(&key).with_context(|| format!("loading tipset {key}"))?;
    let view = node.view_after(&tipset);
    let sender = |from: &Address| view.sender(from).ok().flatten();
    let chosen = copy(node).select(pool::BLOCK, &tipset.next_base_fee, sender);
    Ok(some(chosen.iter().map(|message| SignedMessageJson::from(&**message)).collect()))
}

/// Tells of every change from now on. Who falls too far behind is dropped.
fn subscribe(node: &Node) -> Receiver<PoolUpdate> {
    let (updates, receiver) = mpsc::channel(BACKLOG);
    let mut changes = node.changes();
    tokio::spawn(async move {
        loop {
            let change = tokio::select! {
                () = updates.closed() => return,
                change = changes.recv() => change,
            };
            let Ok(change) = change else { return };
            if updates.send(PoolUpdate::from(&change)).await.is_err() {
                return;
            }
        }
    });
    receiver
}

// Checking

/// The head as checks see it.
fn chain(node: &Node) -> Chain<impl FnMut(&Address) -> Result<SenderFacts, String>> {
    Chain {
        base_fee: node.head().header.parent_base_fee.clone(),
        sender: |from: &Address| match node.sender(from) {
            Ok(Some(facts)) => Ok(facts),
            Ok(None) => Err(unknown(Addr(*from)).to_string()),
            Err(error) => Err(format!("{error:#}")),
        },
    }
}

type Checks = Vec<Vec<CheckStatus>>;

fn told(checks: Vec<Vec<Status>>) -> Checks {
    let of_one = |statuses: Vec<Status>| statuses.into_iter().map(Into::into).collect();
    checks.into_iter().map(of_one).collect()
}

fn check(node: &Node, (prototypes,): (Option<Vec<MessagePrototype>>,)) -> Result<Checks, Failure> {
    let draft = |prototype: MessagePrototype| {
        let message = pool::read(prototype.message)?;
        Ok(Draft { message, fixed_nonce: prototype.valid_nonce })
    };
    let drafts = prototypes.unwrap_or_default().into_iter().map(draft);
    let drafts = drafts.collect::<Result<Vec<_>>>()?;
    Ok(told(copy(node).check(&drafts, &mut chain(node))?))
}

fn check_pending(node: &Node, (Addr(from),): (Addr,)) -> Result<Option<Checks>, Failure> {
    let key = key_of(node, &from)?;
    Ok(copy(node).check_pending(&key, &mut chain(node))?.map(told))
}

fn check_replace(node: &Node, (messages,): (Option<Vec<MessageJson>>,)) -> Result<Checks, Failure> {
    let messages = messages.unwrap_or_default().into_iter().map(|json| Ok(pool::read(json)?));
    let messages = messages.collect::<Result<Vec<_>>>()?;
    Ok(told(copy(node).check_replace(&messages, &mut chain(node))?))
}
