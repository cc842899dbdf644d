//! The table of methods: what each is called, what it asks of its caller, and what it does.

use std::collections::HashMap;
use std::sync::Arc;

use axum::body::Bytes;
use futures_util::future::{BoxFuture, FutureExt};
use futures_util::stream::{self, BoxStream, StreamExt};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use tokio::sync::mpsc::Receiver;

use super::aliases;
use super::args::Args;
use super::failure::{Answer, Failure};
use crate::auth::{Grant, Permission};

/// The methods of one endpoint over a node. A copy shares the handlers, so that `/rpc/v0` starts as a
/// copy of `/rpc/v1` and replaces what differs.
///
/// Methods are named as in Lotus, without `Filecoin.`; a name with a namespace of its own keeps it. The
/// names of Ethereum are known wherever the method is.
pub struct Methods<N> {
    table: HashMap<String, Arc<Method<N>>>,
}

pub(crate) struct Method<N> {
    /// Without its namespace.
    name: String,
    permission: Permission,
    handler: Handler<N>,
}

/// What a method does with a node.
type Run<N, T> = Box<dyn Fn(&Arc<N>, &Ask<'_>) -> Result<T, Failure> + Send + Sync>;

pub(crate) enum Handler<N> {
    Call(Run<N, Box<RawValue>>),
    Wait(Run<N, BoxFuture<'static, Answer>>),
    Stream(Run<N, Feed>),
    Subscribe(Run<N, (String, Feed)>),
    Unsubscribe(fn(&Ask<'_>) -> Result<String, Failure>),
}

/// Values as they come, until the node ends them.
pub(crate) type Feed = BoxStream<'static, Box<RawValue>>;

/// What is pushed to a client of Ethereum, by the name under which it is told apart from others.
pub struct Subscription<T> {
    pub id: String,
    pub events: Receiver<T>,
}

/// A call of a method of the table.
pub(crate) struct Ask<'a> {
    /// As it was sent.
    pub method: &'a str,
    pub params: &'a Bytes,
    pub grant: Grant,
    name: &'a str,
    needs: Permission,
}

impl Ask<'_> {
    /// The parameters, if the caller may call. As in Lotus, who may not still hears of bad parameters.
    fn args<A: Args>(&self) -> Result<A, Failure> {
        let args = A::read(self.method, self.params)?;
        match self.grant.allows(self.needs) {
            true => Ok(args),
            false => Err(Failure::not_permitted(self.name, self.needs)),
        }
    }
}

impl<N> Method<N> {
    pub(crate) fn handler(&self) -> &Handler<N> {
        &self.handler
    }

    /// Whether it needs a connection on which the node may speak unasked.
    pub(crate) fn returns_channel(&self) -> bool {
        matches!(self.handler, Handler::Stream(_))
    }

    pub(crate) fn ask<'a>(&'a self, method: &'a str, params: &'a Bytes, grant: Grant) -> Ask<'a> {
        Ask { method, params, grant, name: &self.name, needs: self.permission }
    }
}

impl<N> Clone for Methods<N> {
    fn clone(&self) -> Self {
        Methods { table: self.table.clone() }
    }
}

impl<N> Default for Methods<N> {
    fn default() -> Self {
        Methods { table: HashMap::new() }
    }
}

impl<N: Send + Sync + 'static> Methods<N> {
    /// A method that answers without waiting for others. It may block: it has a thread to itself.
    pub fn call<A, R, F>(&mut self, name: &str, needs: Permission, run: F)
    where
        A: Args,
        R: Serialize,
        F: Fn(&N, A) -> Result<R, Failure> + Send + Sync + 'static,
    {
        let handler = move |node: &Arc<N>, ask: &Ask<'_>| json(&run(node, ask.args()?)?);
        self.add(name, needs, Handler::Call(Box::new(handler)));
    }

    /// A method that waits for what others do. It must not block; its future is dropped when the caller
    /// cancels the call or goes away.
    pub fn wait<A, R, F, W>(&mut self, name: &str, needs: Permission, run: F)
    where
        A: Args,
        R: Serialize,
        F: Fn(Arc<N>, A) -> W + Send + Sync + 'static,
        W: Future<Output = Result<R, Failure>> + Send + 'static,
    {
        let handler = move |node: &Arc<N>, ask: &Ask<'_>| {
            let result = run(Arc::clone(node), ask.args()?);
            Ok(async move { json(&result.await?) }.boxed())
        };
        self.add(name, needs, Handler::Wait(Box::new(handler)));
    }

    /// A method that returns a channel, over WebSocket only. When the caller cancels it, the receiver
    /// is dropped; when the sender is dropped, the caller hears that the channel is closed. The node
    /// decides what becomes of a caller who does not read: a full channel is best dropped.
    pub fn stream<A, T, F>(&mut self, name: &str, needs: Permission, open: F)
    where
        A: Args,
        T: Serialize + Send + 'static,
        F: Fn(&N, A) -> Result<Receiver<T>, Failure> + Send + Sync + 'static,
    {
        let handler = move |node: &Arc<N>, ask: &Ask<'_>| Ok(feed(open(node, ask.args()?)?));
        self.add(name, needs, Handler::Stream(Box::new(handler)));
    }

    /// A method that subscribes its caller, over WebSocket only, to pushes of `eth_subscription`.
    pub fn subscribe<A, T, F>(&mut self, name: &str, needs: Permission, open: F)
    where
        A: Args,
        T: Serialize + Send + 'static,
        F: Fn(&Arc<N>, A) -> Result<Subscription<T>, Failure> + Send + Sync + 'static,
    {
        let handler = move |node: &Arc<N>, ask: &Ask<'_>| {
            let subscription = open(node, ask.args()?)?;
            Ok((subscription.id, feed(subscription.events)))
        };
        self.add(name, needs, Handler::Subscribe(Box::new(handler)));
    }

    /// The method that ends a subscription of the same connection, by its id.
    pub fn unsubscribe(&mut self, name: &str, needs: Permission) {
        let handler = |ask: &Ask<'_>| ask.args().map(|(id,): (String,)| id);
        self.add(name, needs, Handler::Unsubscribe(handler));
    }

    fn add(&mut self, name: &str, permission: Permission, handler: Handler<N>) {
        let (full, name) = match name.rsplit_once('.') {
            Some((_, bare)) => (name.to_owned(), bare),
            None => (format!("Filecoin.{name}"), name),
        };
        self.table.insert(full, Arc::new(Method { name: name.to_owned(), permission, handler }));
    }

    pub(crate) fn find(&self, method: &str) -> Result<&Arc<Method<N>>, Failure> {
        let named = self.table.get(method);
        named
            .or_else(|| self.table.get(&aliases::resolve(method)?))
            .ok_or_else(|| Failure::not_found(method))
    }
}

/// A result as JSON.
pub(crate) fn json(result: &impl Serialize) -> Answer {
    to_raw_value(result).map_err(|error| Failure::new(format!("the result has no JSON: {error}")))
}

/// The values of a channel as JSON. A value that has none ends them.
fn feed<T: Serialize + Send + 'static>(mut events: Receiver<T>) -> Feed {
    stream::poll_fn(move |context| {
        events.poll_recv(context).map(|value| value.and_then(|value| to_raw_value(&value).ok()))
    })
    .boxed()
}
