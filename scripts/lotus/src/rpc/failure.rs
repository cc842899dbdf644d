//! Errors as Lotus tells them to its clients.

use axum::http::StatusCode;
use data_encoding::HEXLOWER;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::auth::Permission;

/// What a method gives back: its result as JSON, or why there is none.
pub type Answer = Result<Box<RawValue>, Failure>;

/// Why a call has no result. The codes are those that Lotus registers for its errors; 1 is all others.
#[derive(Serialize, thiserror::Error, Clone, Debug, PartialEq)]
#[error("{message}")]
pub struct Failure {
    pub code: i64,
    pub message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
}

impl Failure {
    /// One without a code of its own.
    pub fn new(message: impl Into<String>) -> Self {
        Failure::coded(1, message)
    }

    fn coded(code: i64, message: impl Into<String>) -> Self {
        Failure { code, message: message.into(), data: None }
    }

    #[must_use]
    pub fn out_of_gas() -> Self {
        Failure::coded(2, "call ran out of gas")
    }

    /// An execution that failed, with the bytes that it returned.
    pub fn reverted(message: impl Into<String>, returned: &[u8]) -> Self {
        let data = format!("0x{}", HEXLOWER.encode(returned));
        Failure { data: Some(Value::String(data)), ..Failure::coded(3, message) }
    }

    #[must_use]
    pub fn actor_not_found() -> Self {
        Failure::coded(11, "actor not found")
    }

    #[must_use]
    pub fn null_round(epoch: i64) -> Self {
        let message = format!("requested epoch was a null round ({epoch})");
        Failure { data: Some(epoch.into()), ..Failure::coded(12, message) }
    }

    #[must_use]
    pub fn block_range(most: i64, got: i64) -> Self {
        Failure::coded(-32005, format!("block range exceeds maximum of {most} (got {got})"))
    }

    pub(crate) fn invalid_request() -> Self {
        Failure::coded(-32600, "Invalid request")
    }

    pub(crate) fn too_many_calls(most: usize, got: usize) -> Self {
        let why = format!("batch of {got} calls: send {most} at most, and the others after it");
        Failure::coded(-32600, why)
    }

    pub(crate) fn too_long(most: usize) -> Self {
        let why = format!("the replies before have {most} bytes already: ask in another batch");
        Failure::coded(-32003, why)
    }

    pub(crate) fn unreadable(message: impl Into<String>) -> Self {
        Failure::coded(-32700, message)
    }

    pub(crate) fn not_found(method: &str) -> Self {
        Failure::coded(-32601, format!("method '{method}' not found"))
    }

    pub(crate) fn no_channels(method: &str) -> Self {
        let why = "not supported in this mode (no out channel support)";
        Failure::coded(-32601, format!("method '{method}' {why}"))
    }

    pub(crate) fn wrong_count(method: &str, got: usize, want: usize) -> Self {
        Failure::coded(-32602, format!("wrong param count (method '{method}'): {got} != {want}"))
    }

    pub(crate) fn panicked(method: &str, panic: &str) -> Self {
        let why = format!("panic in rpc method '{method}': {panic}");
        Failure::coded(0, format!("fatal error calling '{method}': {why}"))
    }

    pub(crate) fn not_permitted(name: &str, needs: Permission) -> Self {
        Failure::new(format!("missing permission to invoke '{name}' (need '{needs}')"))
    }

    pub(crate) fn cancelled() -> Self {
        Failure::new("context canceled")
    }

    /// The status of a reply over HTTP. What a method itself fails with is no failure of HTTP.
    pub(crate) fn status(&self) -> StatusCode {
        match self.code {
            -32600 => StatusCode::BAD_REQUEST,
            -32700 | -32601 | -32602 | 0 => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::OK,
        }
    }
}

impl From<anyhow::Error> for Failure {
    /// A failure keeps its code if nothing was said around it, as Lotus looks at the outermost error
    /// only. Of all others, clients hear the whole chain of texts.
    fn from(error: anyhow::Error) -> Self {
        match error.downcast_ref::<Failure>() {
            Some(failure) if error.chain().len() == 1 => failure.clone(),
            _ => Failure::new(format!("{error:#}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_keeps_its_code_until_something_is_said_around_it() {
        let out_of_gas = || anyhow::Error::from(Failure::out_of_gas());
        assert_eq!(Failure::from(out_of_gas()), Failure::out_of_gas());
        let wrapped = out_of_gas().context("GasEstimateMessageGas error");
        let text = "GasEstimateMessageGas error: call ran out of gas";
        assert_eq!(Failure::from(wrapped), Failure::new(text));
    }

    #[test]
    fn failures_have_the_shapes_of_lotus() {
        let shape = |failure: Failure| serde_json::to_string(&failure).unwrap();
        assert_eq!(shape(Failure::out_of_gas()), r#"{"code":2,"message":"call ran out of gas"}"#);
        assert_eq!(
            shape(Failure::reverted("no", &[0xab, 1])),
            r#"{"code":3,"message":"no","data":"0xab01"}"#
        );
        assert_eq!(shape(Failure::actor_not_found()), r#"{"code":11,"message":"actor not found"}"#);
        assert_eq!(
            shape(Failure::null_round(7)),
            r#"{"code":12,"message":"requested epoch was a null round (7)","data":7}"#
        );
        assert_eq!(
            shape(Failure::block_range(5, 9)),
            r#"{"code":-32005,"message":"block range exceeds maximum of 5 (got 9)"}"#
        );
    }
}
