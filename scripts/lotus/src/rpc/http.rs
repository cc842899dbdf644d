//! Calls over HTTP.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use tokio::sync::watch;

use super::dispatch::{Outcome, Service};
use super::failure::{Answer, Failure};
use super::framing::{self, Incoming, Refusal, Request, reply};
use crate::auth::Grant;

/// Reads a body of at most `most` bytes, each part of which comes within `patience`.
pub(crate) async fn read(body: Body, most: usize, patience: Duration) -> Result<Bytes, Failure> {
    let mut parts = body.into_data_stream();
    let mut body = Vec::new();
    let mut length = 0;
    let unread = |why: String| Failure::unreadable(format!("reading request: {why}"));
    loop {
        let part = match tokio::time::timeout(patience, parts.next()).await {
            Err(_) => return Err(unread(format!("nothing came for {patience:?}"))),
            Ok(Some(Err(error))) => return Err(unread(error.to_string())),
            Ok(Some(Ok(part))) => part,
            Ok(None) if length > most => return Err(too_big(most)),
            Ok(None) => return Ok(joined(body)),
        };
        length += part.len();
        if length <= most {
            body.push(part);
            continue;
        }
        // A client that is cut off while it sends often misses the reply. Within reason it may go on.
        body.clear();
        if length / 2 > most {
            return Err(too_big(most));
        }
    }
}

fn too_big(most: usize) -> Failure {
    Failure::unreadable(format!("request bigger than maximum {most} allowed"))
}

/// The parts in one piece, without a copy if there is only one.
fn joined(mut parts: Vec<Bytes>) -> Bytes {
    match parts.len() {
        0 | 1 => parts.pop().unwrap_or_default(),
        _ => parts.concat().into(),
    }
}

/// A reply that refuses a request as a whole.
pub(crate) fn refuse(failure: Failure) -> Response {
    respond(failure.status(), reply(None, &Err(failure)))
}

fn respond(status: StatusCode, text: String) -> Response {
    (status, [(CONTENT_TYPE, "application/json")], text).into_response()
}

/// Answers a body; see [`batch`] for the most that is answered.
pub(crate) async fn answer<N: Send + Sync + 'static>(
    service: &Arc<Service<N>>,
    grant: Grant,
    body: Bytes,
    most: usize,
    closing: watch::Receiver<bool>,
) -> Response {
    match framing::read(body).await {
        Incoming::One(request) => match one(service, grant, request, closing).await {
            Some((status, text)) => respond(status, text),
            None => respond(StatusCode::OK, String::new()),
        },
        Incoming::Batch(requests) => {
            respond(StatusCode::OK, batch(service, grant, requests, most, closing).await)
        }
    }
}

/// Answers one after the other, as Lotus does, until there are so many bytes of replies: other calls
/// are refused. Nothing if none of them wants an answer.
pub(crate) async fn batch<N: Send + Sync + 'static>(
    service: &Arc<Service<N>>,
    grant: Grant,
    requests: Vec<Result<Request, Refusal>>,
    most: usize,
    closing: watch::Receiver<bool>,
) -> String {
    let mut text = String::new();
    for mut request in requests {
        if text.len() >= most {
            let refuse = |Request { id, .. }| Err(Refusal { id, failure: Failure::too_long(most) });
            request = request.and_then(refuse);
        }
        if let Some((_, reply)) = one(service, grant, request, closing.clone()).await {
            text.push(if text.is_empty() { '[' } else { ',' });
            text.push_str(reply.trim_end());
        }
    }
    if !text.is_empty() {
        text.push_str("]\n");
    }
    text
}

/// The reply to a request. As in Lotus, one without an id hears only that it was no call at all.
async fn one<N: Send + Sync + 'static>(
    service: &Arc<Service<N>>,
    grant: Grant,
    request: Result<Request, Refusal>,
    closing: watch::Receiver<bool>,
) -> Option<(StatusCode, String)> {
    let (id, answer) = match request {
        Err(Refusal { id, failure }) => (id, Err(failure)),
        Ok(mut request) => (request.id.take(), call(service, grant, request, closing).await),
    };
    let status = answer.as_ref().err().map_or(StatusCode::OK, Failure::status);
    (id.is_some() || status != StatusCode::OK).then(|| (status, reply(id.as_deref(), &answer)))
}

async fn call<N: Send + Sync + 'static>(
    service: &Arc<Service<N>>,
    grant: Grant,
    request: Request,
    mut closing: watch::Receiver<bool>,
) -> Answer {
    if service.methods.find(&request.method)?.returns_channel() {
        return Err(Failure::no_channels(&request.method));
    }
    match service.start(grant, request).await {
        Outcome::Answer(answer) => answer,
        Outcome::Wait(answer) => tokio::select! {
            answer = answer => answer,
            _ = closing.wait_for(|closing| *closing) => Err(Failure::cancelled()),
        },
        Outcome::Stream(_) | Outcome::Subscribe(..) => {
            Err(Failure::new("connection doesn't support callbacks"))
        }
        Outcome::Unsubscribe(_) => Err(Failure::new("subscription not found")),
    }
}
