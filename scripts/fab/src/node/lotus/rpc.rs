//! JSON-RPC over HTTP.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::node::Trouble;
use crate::node::endpoint::Endpoint;

/// Seconds that an answer may take: a call that asks the market about a page of deals takes some.
const TIMEOUT: u64 = 120;
/// What JSON-RPC answers where it does not know the method.
const METHOD_NOT_FOUND: i64 = -32_601;

/// Asks a node. Methods without a namespace are Lotus's.
pub struct Rpc {
    endpoint: Endpoint,
}

impl Rpc {
    pub fn new(endpoint: Endpoint) -> Self {
        Rpc { endpoint }
    }

    pub fn ask<R: DeserializeOwned>(&self, method: &str, params: Value) -> Result<R, Trouble> {
        self.ask_within(TIMEOUT, method, params)
    }

    /// Asks for what may take so many seconds.
    pub fn ask_within<R: DeserializeOwned>(
        &self,
        seconds: u64,
        method: &str,
        params: Value,
    ) -> Result<R, Trouble> {
        let known = self.request(seconds, method, params)?;
        known.ok_or_else(|| Trouble::Refused(format!("{method}: the node does not know it")))
    }

    /// Asks; `None` where the node does not know the method.
    pub fn ask_if_known<R: DeserializeOwned>(
        &self,
        method: &str,
        params: Value,
    ) -> Result<Option<R>, Trouble> {
        self.request(TIMEOUT, method, params)
    }

    fn request<R: DeserializeOwned>(
        &self,
        seconds: u64,
        method: &str,
        params: Value,
    ) -> Result<Option<R>, Trouble> {
        let Endpoint { url, token } = &self.endpoint;
        let name = match method.contains('.') {
            true => method.to_owned(),
            false => format!("Filecoin.{method}"),
        };
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": name, "params": params });
        let mut request = minreq::post(url)
            .with_header("Content-Type", "application/json")
            .with_body(body.to_string())
            .with_timeout(seconds)
            .with_follow_redirects(false);
        if let Some(token) = token {
            request = request.with_header("Authorization", format!("Bearer {token}"));
        }
        let response = request.send().map_err(|error| {
            Trouble::Unreachable(format!(
                "{url} does not answer ({error}): start the node (`cargo fab devnet` starts a dev node), \
                 or say by --rpc where it is"
            ))
        })?;
        if response.status_code == 401 {
            let told = format!("the node does not know the token: {}", new_token("sign"));
            return Err(Trouble::Unreachable(told));
        }
        let answer: Answer = serde_json::from_slice(response.as_bytes()).map_err(|_| {
            let status = response.status_code;
            Trouble::Unreachable(format!(
                "{url} answers with HTTP status {status} and no JSON-RPC: say by --rpc where it is"
            ))
        })?;
        if let Some(Failure { code, message }) = answer.error {
            if code == METHOD_NOT_FOUND {
                return Ok(None);
            }
            return Err(Trouble::Refused(format!("{method}: {message}{}", advice(&message))));
        }
        serde_json::from_value(answer.result).map(Some).map_err(|error| {
            Trouble::Refused(format!("{method}: not the answer of Lotus: {error}"))
        })
    }
}

/// Where there is a token with a permission.
fn new_token(permission: &str) -> String {
    format!(
        "`lotus auth create-token --perm {permission}` makes one that may; the token of a dev node is in \
         the file `token` of its repository, which `cargo fab devnet` prints. Give it by --token"
    )
}

/// The permission that a caller lacks, in the words of Lotus: `(need 'sign')`.
fn lacks(message: &str) -> Option<&str> {
    let (_, needed) = message.split_once("missing permission")?.1.split_once("need '")?;
    Some(needed.split_once('\'')?.0)
}

/// What to do about an error of the node, where that is plain.
fn advice(message: &str) -> String {
    if let Some(permission) = lacks(message) {
        format!(". {}", new_token(permission))
    } else if message.contains("gas fee cap too low") {
        ". Raise --gas-fee-cap or --max-fee, or leave it out: the node then offers what is usual"
            .into()
    } else if message.contains("'GasLimit' field") {
        ". Leave out --gas-limit: the node then estimates it".into()
    } else if message.contains("getting key address") || message.contains("code is not account") {
        ". Name an account by --from: `lotus wallet list` lists those whose keys the node has"
            .into()
    } else if message.contains("not enough funds") || message.contains("not found on chain") {
        ". Send FIL to the sender's account".into()
    } else if message.contains("key not found") || message.contains("key info not found") {
        ". The node signs with keys that it has: `lotus wallet import` gives it one".into()
    } else {
        String::new()
    }
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    result: Value,
    error: Option<Failure>,
}

#[derive(Deserialize)]
struct Failure {
    #[serde(default)]
    code: i64,
    message: String,
}
