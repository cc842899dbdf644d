//! Replies of every method: what callers take of any bytes that a liar replies.

use serde_json::Value;

use crate::methods::{self, Call};
use crate::params::Bytes;

pub fn run(input: &[u8]) {
    let Some((call, data)) = methods::pick(input) else { return };
    let Call { actor, method, listed } = &call;
    let to_json = |cbor: &[u8]| actor.reply_to_json(method, cbor);
    let to_cbor = |json: &Value| match &method.reply {
        Some(ty) => actor.encode(ty, json, "reply"),
        None => Ok(Vec::new()),
    };
    let recode = listed.recode_reply;
    Bytes { call: &call, recode, to_json: &to_json, to_cbor: &to_cbor }.check(data);
}

/// Null for every method. What types there are, most parameters have as well.
pub fn seeds() -> Vec<Vec<u8>> {
    methods::all().map(|call| methods::input(&call, &[0xf6])).collect()
}
