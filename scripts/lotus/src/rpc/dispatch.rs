//! From a request to what comes of it.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::future::{BoxFuture, FutureExt};

use super::failure::{Answer, Failure};
use super::framing::Request;
use super::table::{Feed, Handler, Methods};
use crate::auth::Grant;

/// An endpoint over a node.
pub(crate) struct Service<N> {
    pub methods: Methods<N>,
    pub node: Arc<N>,
}

/// What comes of a call.
pub(crate) enum Outcome {
    Answer(Answer),
    /// An answer that depends on what others do.
    Wait(BoxFuture<'static, Answer>),
    Stream(Feed),
    Subscribe(String, Feed),
    Unsubscribe(String),
}

impl<N: Send + Sync + 'static> Service<N> {
    /// Starts a call, on a thread that may block. A panic is the answer to the call that caused it.
    pub(crate) async fn start(self: &Arc<Self>, grant: Grant, request: Request) -> Outcome {
        let service = Arc::clone(self);
        let method = request.method.clone();
        let started = tokio::task::spawn_blocking(move || service.begin(grant, &request)).await;
        let outcome = started.unwrap_or_else(|error| {
            let panic = match error.try_into_panic() {
                Ok(panic) => said(panic),
                Err(error) => error.to_string(),
            };
            Outcome::Answer(Err(Failure::panicked(&method, &panic)))
        });
        match outcome {
            Outcome::Wait(answer) => Outcome::Wait(guarded(method, answer).boxed()),
            outcome => outcome,
        }
    }

    fn begin(&self, grant: Grant, request: &Request) -> Outcome {
        let method = match self.methods.find(&request.method) {
            Ok(method) => method,
            Err(failure) => return Outcome::Answer(Err(failure)),
        };
        let ask = method.ask(&request.method, &request.params, grant);
        let outcome = match method.handler() {
            Handler::Call(run) => Ok(Outcome::Answer(run(&self.node, &ask))),
            Handler::Wait(run) => run(&self.node, &ask).map(Outcome::Wait),
            Handler::Stream(open) => open(&self.node, &ask).map(Outcome::Stream),
            Handler::Subscribe(open) => {
                open(&self.node, &ask).map(|(id, feed)| Outcome::Subscribe(id, feed))
            }
            Handler::Unsubscribe(id) => id(&ask).map(Outcome::Unsubscribe),
        };
        outcome.unwrap_or_else(|failure| Outcome::Answer(Err(failure)))
    }
}

async fn guarded(method: String, answer: BoxFuture<'static, Answer>) -> Answer {
    let answer = AssertUnwindSafe(answer).catch_unwind().await;
    answer.unwrap_or_else(|panic| Err(Failure::panicked(&method, &said(panic))))
}

/// The text of a panic.
fn said(panic: Box<dyn Any + Send>) -> String {
    match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(panic) => panic.downcast_ref::<&str>().map_or("no message", |text| text).to_owned(),
    }
}
