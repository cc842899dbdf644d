//! Calls over WebSocket, with channels and subscriptions.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::ws::{Message, WebSocket};
use futures_util::stream::SplitSink;
use futures_util::{SinkExt, StreamExt};
use serde::Serialize;
use serde_json::value::RawValue;
use tokio::sync::{Notify, Semaphore, SemaphorePermit, mpsc, watch};
use tokio::task::JoinSet;

use super::dispatch::{Outcome, Service};
use super::failure::{Answer, Failure};
use super::framing::{self, Incoming, push, reply};
use super::http;
use super::server::Limits;
use super::table::{Feed, json};
use crate::auth::Grant;

/// Lotus pings as often; its clients give up on a node that is silent for 30 s.
const PING: Duration = Duration::from_secs(5);
/// Frames that wait to be written.
const UNWRITTEN: usize = 256;
/// For a client to take what is left when the connection ends.
const FAREWELL: Duration = Duration::from_secs(1);

type Cancels<K> = Mutex<HashMap<K, Arc<Notify>>>;

/// What the calls of a connection share.
struct Session {
    out: mpsc::Sender<String>,
    channels: AtomicU64,
    /// By the id of the request, as it was written.
    calls: Cancels<String>,
    subscriptions: Cancels<String>,
    /// Places for channels and subscriptions, and how many there are.
    listening: (Semaphore, usize),
}

/// Serves a connection until its client leaves or the server closes. Whatever it waits for is dropped.
pub(crate) async fn run<N: Send + Sync + 'static>(
    socket: WebSocket,
    service: Arc<Service<N>>,
    grant: Grant,
    limits: Limits,
    mut closing: watch::Receiver<bool>,
) {
    let (sink, mut frames) = socket.split();
    let (out, unwritten) = mpsc::channel(UNWRITTEN);
    let mut writer = tokio::spawn(write(sink, unwritten));
    let session = Arc::new(Session {
        out,
        channels: AtomicU64::new(0),
        calls: Mutex::default(),
        subscriptions: Mutex::default(),
        listening: (Semaphore::new(limits.listening), limits.listening),
    });
    let running = Arc::new(Semaphore::new(limits.running));
    let mut calls = JoinSet::new();
    loop {
        let frame = tokio::select! {
            frame = frames.next() => frame,
            _ = closing.wait_for(|closing| *closing) => break,
        };
        let text = match frame {
            Some(Ok(Message::Text(text))) => Bytes::from(text),
            Some(Ok(Message::Binary(bytes))) => bytes,
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
            None | Some(Ok(Message::Close(_)) | Err(_)) => break,
        };
        while calls.try_join_next().is_some() {}
        let full = calls.len() >= limits.waiting;
        match framing::read(text).await {
            Incoming::Batch(_) if full => {
                session.send(reply(None, &Err(too_many(limits.waiting)))).await;
            }
            // Its calls run one after the other, so that it counts as one that waits.
            Incoming::Batch(requests) => {
                let (service, session, closing) =
                    (Arc::clone(&service), Arc::clone(&session), closing.clone());
                calls.spawn(async move {
                    let replies = http::batch(&service, grant, requests, limits.replies, closing);
                    session.send(replies.await).await;
                });
            }
            Incoming::One(Err(refusal)) => {
                session.send(reply(refusal.id.as_deref(), &Err(refusal.failure))).await;
            }
            Incoming::One(Ok(request)) if request.method == "xrpc.cancel" => {
                session.cancel(&request.params);
            }
            // A reply, to a call that the node never makes.
            Incoming::One(Ok(request)) if request.method.is_empty() => {}
            Incoming::One(Ok(mut request)) => {
                let id = request.id.take();
                if full {
                    session.reply(id.as_deref(), Err(too_many(limits.waiting))).await;
                    continue;
                }
                let Ok(permit) = Arc::clone(&running).acquire_owned().await else { break };
                let cancelled = session.begin(id.as_deref());
                let (service, session) = (Arc::clone(&service), Arc::clone(&session));
                calls.spawn(async move {
                    let outcome = service.start(grant, request).await;
                    drop(permit);
                    session.finish(id.as_deref(), outcome, &cancelled).await;
                    session.end(id.as_deref(), &cancelled);
                });
            }
        }
    }
    calls.shutdown().await;
    drop(session);
    if tokio::time::timeout(FAREWELL, &mut writer).await.is_err() {
        writer.abort();
    }
}

fn too_many(most: usize) -> Failure {
    Failure::new(format!(
        "{most} calls of this connection wait already: wait for some, or open another connection"
    ))
}

async fn write(mut sink: SplitSink<WebSocket, Message>, mut unwritten: mpsc::Receiver<String>) {
    let mut pings = tokio::time::interval(PING);
    loop {
        let message = tokio::select! {
            text = unwritten.recv() => match text {
                Some(text) => Message::Text(text.into()),
                None => break,
            },
            _ = pings.tick() => Message::Ping(Bytes::new()),
        };
        if sink.send(message).await.is_err() {
            return;
        }
    }
    let _ = sink.close().await;
}

fn locked<K>(map: &Cancels<K>) -> MutexGuard<'_, HashMap<K, Arc<Notify>>> {
    map.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes an entry, unless another took its place.
fn forget(map: &Cancels<String>, key: &str, entry: &Arc<Notify>) {
    let mut map = locked(map);
    if map.get(key).is_some_and(|held| Arc::ptr_eq(held, entry)) {
        map.remove(key);
    }
}

impl Session {
    /// Queues text. A connection that is gone takes none.
    async fn send(&self, text: String) -> bool {
        text.is_empty() || self.out.send(text).await.is_ok()
    }

    async fn reply(&self, id: Option<&RawValue>, answer: Answer) {
        if id.is_some() {
            self.send(reply(id, &answer)).await;
        }
    }

    /// Makes the call known to those who would cancel it.
    fn begin(&self, id: Option<&RawValue>) -> Arc<Notify> {
        let cancelled = Arc::new(Notify::new());
        if let Some(id) = id {
            locked(&self.calls).insert(id.get().to_owned(), Arc::clone(&cancelled));
        }
        cancelled
    }

    fn end(&self, id: Option<&RawValue>, cancelled: &Arc<Notify>) {
        if let Some(id) = id {
            forget(&self.calls, id.get(), cancelled);
        }
    }

    /// Cancels a call, if there is such a call. There is no reply to this.
    fn cancel(&self, params: &[u8]) {
        let Ok([id]) = serde_json::from_slice::<[&RawValue; 1]>(params) else { return };
        if let Some(cancelled) = locked(&self.calls).get(id.get()) {
            cancelled.notify_one();
        }
    }

    async fn finish(&self, id: Option<&RawValue>, outcome: Outcome, cancelled: &Arc<Notify>) {
        match outcome {
            Outcome::Answer(answer) => self.reply(id, answer).await,
            Outcome::Wait(answer) => {
                // Who cancels a call still waits for its answer.
                let answer = tokio::select! {
                    answer = answer => answer,
                    () = cancelled.notified() => Err(Failure::cancelled()),
                };
                self.reply(id, answer).await;
            }
            Outcome::Stream(feed) if id.is_some() => {
                let Some(_place) = self.listen(id).await else { return };
                let channel = self.channels.fetch_add(1, Ordering::Relaxed) + 1;
                self.reply(id, json(&channel)).await;
                self.pump(feed, cancelled, |value| push("xrpc.ch.val", (channel, value))).await;
                self.send(push("xrpc.ch.close", [channel])).await;
            }
            Outcome::Subscribe(name, feed) if id.is_some() => {
                let Some(_place) = self.listen(id).await else { return };
                let ended = Arc::new(Notify::new());
                locked(&self.subscriptions).insert(name.clone(), Arc::clone(&ended));
                self.end(id, cancelled);
                self.reply(id, json(&name)).await;
                self.pump(feed, &ended, |result| {
                    push("eth_subscription", Event { subscription: &name, result })
                })
                .await;
                forget(&self.subscriptions, &name, &ended);
            }
            // Nobody could tell what comes of it from what comes of others.
            Outcome::Stream(_) | Outcome::Subscribe(..) => {}
            Outcome::Unsubscribe(name) => {
                let ended = locked(&self.subscriptions).remove(&name);
                let answer = match ended {
                    Some(ended) => {
                        ended.notify_one();
                        json(&true)
                    }
                    None => Err(Failure::new("subscription not found")),
                };
                self.reply(id, answer).await;
            }
        }
    }

    /// A place for a channel or a subscription. The caller hears where there is none.
    async fn listen(&self, id: Option<&RawValue>) -> Option<SemaphorePermit<'_>> {
        let (places, most) = &self.listening;
        let place = places.try_acquire().ok();
        if place.is_none() {
            let why = format!(
                "{most} subscriptions of this connection are open already: end some, or open another \
                 connection"
            );
            self.reply(id, Err(Failure::new(why))).await;
        }
        place
    }

    /// Sends what comes, until nothing does or it is ended.
    async fn pump(&self, mut feed: Feed, ended: &Notify, frame: impl Fn(&RawValue) -> String) {
        loop {
            let value = tokio::select! {
                biased;
                () = ended.notified() => return,
                value = feed.next() => value,
            };
            let Some(value) = value else { return };
            if !self.send(frame(&value)).await {
                return;
            }
        }
    }
}

#[derive(Serialize)]
struct Event<'a> {
    subscription: &'a str,
    result: &'a RawValue,
}
