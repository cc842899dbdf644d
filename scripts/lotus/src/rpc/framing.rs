//! Requests and replies as text.

use axum::body::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::failure::{Answer, Failure};

/// A call as it was sent.
#[derive(Debug)]
pub(crate) struct Request {
    /// A string or a number; without one, the caller wants no answer.
    pub id: Option<Box<RawValue>>,
    pub method: String,
    /// JSON, or nothing where the caller left them out. A part of the body: it is not copied.
    pub params: Bytes,
}

/// Why there is no call in what was sent, and to which call that is the answer.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub id: Option<Box<RawValue>>,
    pub failure: Failure,
}

/// What a body says.
pub(crate) enum Incoming {
    One(Result<Request, Refusal>),
    /// At least one.
    Batch(Vec<Result<Request, Refusal>>),
}

#[derive(Deserialize, Default)]
struct Envelope<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    method: Option<&'a RawValue>,
    #[serde(borrow)]
    params: Option<&'a RawValue>,
}

/// Calls of a batch, as in go-ethereum.
const MAX_BATCH: usize = 1_000;

fn parse_error() -> Refusal {
    Refusal { id: None, failure: Failure::unreadable("Parse error") }
}

/// Bytes of a body from which on it is read where it holds up nobody else.
const LARGE: usize = 1 << 18;

/// Reads a body of any size.
pub(crate) async fn read(body: Bytes) -> Incoming {
    if body.len() < LARGE {
        return parse(&body);
    }
    let read = tokio::task::spawn_blocking(move || parse(&body)).await;
    read.unwrap_or_else(|_| Incoming::One(Err(parse_error())))
}

/// Reads a body. As in Lotus, one that starts and ends with brackets is a batch, and of any other the
/// first JSON value counts.
fn parse(body: &Bytes) -> Incoming {
    let text = body.trim_ascii();
    match (text.first(), text.last()) {
        (None, _) => Incoming::One(Err(Refusal { id: None, failure: Failure::invalid_request() })),
        (Some(b'['), Some(b']')) => batch(body, text),
        _ => Incoming::One(envelope(text).and_then(|envelope| request(body, envelope))),
    }
}

fn batch(body: &Bytes, text: &[u8]) -> Incoming {
    let Ok(items) = serde_json::from_slice::<Vec<&RawValue>>(text) else {
        return Incoming::One(Err(parse_error()));
    };
    if items.is_empty() {
        return Incoming::One(Err(Refusal { id: None, failure: Failure::invalid_request() }));
    }
    if items.len() > MAX_BATCH {
        let failure = Failure::too_many_calls(MAX_BATCH, items.len());
        return Incoming::One(Err(Refusal { id: None, failure }));
    }
    let envelopes: Result<Vec<_>, _> =
        items.into_iter().map(|item| envelope(item.get().as_bytes())).collect();
    match envelopes {
        Err(refusal) => Incoming::One(Err(refusal)),
        Ok(envelopes) => {
            Incoming::Batch(envelopes.into_iter().map(|envelope| request(body, envelope)).collect())
        }
    }
}

/// The parts of a request that matter; none of them for `null`.
fn envelope(text: &[u8]) -> Result<Envelope<'_>, Refusal> {
    // serde would take an array for a struct without names.
    if text.first() == Some(&b'[') {
        return Err(parse_error());
    }
    let mut reader = serde_json::Deserializer::from_slice(text);
    let envelope = Option::<Envelope<'_>>::deserialize(&mut reader).map_err(|_| parse_error())?;
    Ok(envelope.unwrap_or_default())
}

fn request(body: &Bytes, envelope: Envelope<'_>) -> Result<Request, Refusal> {
    let id = envelope.id.map(ToOwned::to_owned);
    let wrong = match envelope.id.and_then(|id| id.get().as_bytes().first()) {
        Some(b't' | b'f') => Some("bool"),
        Some(b'[') => Some("[]interface {}"),
        Some(b'{') => Some("map[string]interface {}"),
        _ => None,
    };
    let Ok(method) =
        envelope.method.map_or(Ok(String::new()), |method| serde_json::from_str(method.get()))
    else {
        return Err(Refusal { id: id.filter(|_| wrong.is_none()), ..parse_error() });
    };
    if let Some(kind) = wrong {
        let failure = Failure::unreadable(format!("failed to parse ID: invalid id type: {kind}"));
        return Err(Refusal { id: None, failure });
    }
    let params = envelope.params.map(|params| body.slice_ref(params.get().as_bytes()));
    Ok(Request { id, method, params: params.unwrap_or_default() })
}

#[derive(Serialize)]
struct Reply<'a> {
    id: Option<&'a RawValue>,
    jsonrpc: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a Failure>,
}

/// The reply to a call.
pub(crate) fn reply(id: Option<&RawValue>, answer: &Answer) -> String {
    let (result, error) = match answer {
        Ok(result) => (Some(&**result), None),
        Err(failure) => (None, Some(failure)),
    };
    text(&Reply { id, jsonrpc: "2.0", result, error })
}

#[derive(Serialize)]
struct Push<'a, P> {
    jsonrpc: &'static str,
    method: &'a str,
    params: P,
}

/// What the node says without being asked.
pub(crate) fn push(method: &str, params: impl Serialize) -> String {
    text(&Push { jsonrpc: "2.0", method, params })
}

/// Text of a frame. Strings, numbers and raw JSON always have one.
fn text(frame: &impl Serialize) -> String {
    let mut text = serde_json::to_string(frame).unwrap_or_default();
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(body: &'static str) -> Result<Request, Refusal> {
        match parse(&Bytes::from_static(body.as_bytes())) {
            Incoming::One(request) => request,
            Incoming::Batch(_) => panic!("a batch: {body}"),
        }
    }

    fn refused(body: &'static str) -> (i64, String, Option<String>) {
        let Refusal { id, failure } = one(body).unwrap_err();
        (failure.code, failure.message, id.map(|id| id.get().to_owned()))
    }

    #[test]
    fn what_follows_a_request_is_ignored() {
        let request = one(" {\"id\":1,\"method\":\"m\",\"params\":[1, 2]} trailing ").unwrap();
        assert_eq!((request.method.as_str(), &*request.params), ("m", &b"[1, 2]"[..]));
        assert_eq!(request.id.unwrap().get(), "1");
    }

    #[test]
    fn a_null_is_as_good_as_nothing() {
        for body in ["null", "{}", r#"{"id":null,"method":null,"params":null}"#] {
            let request = one(body).unwrap();
            assert!(request.id.is_none() && request.method.is_empty() && request.params.is_empty());
        }
    }

    #[test]
    fn what_is_no_request_is_a_parse_error() {
        for body in ["{", "5", "\"m\"", "[1]", "[1,\"m\",[]] x", "{\"id\":1", "\u{fffd}", "[[1]]"] {
            assert_eq!(refused(body), (-32700, "Parse error".to_owned(), None), "{body}");
        }
        assert_eq!(refused(r#"{"id":1,"method":5}"#).2.as_deref(), Some("1"));
    }

    #[test]
    fn an_empty_body_or_batch_is_invalid() {
        for body in ["", " \n", "[]", "[ ]"] {
            assert_eq!(refused(body), (-32600, "Invalid request".to_owned(), None), "{body:?}");
        }
    }

    #[test]
    fn an_id_is_a_string_or_a_number() {
        let kinds = [
            (r#"{"id":true}"#, "bool"),
            (r#"{"id":[1]}"#, "[]interface {}"),
            (r#"{"id":{}}"#, "map[string]interface {}"),
        ];
        for (body, kind) in kinds {
            let message = format!("failed to parse ID: invalid id type: {kind}");
            assert_eq!(refused(body), (-32700, message, None));
        }
    }
}
