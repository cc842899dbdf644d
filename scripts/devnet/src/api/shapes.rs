//! Shapes of JSON that several methods return.

use fvm_shared::clock::ChainEpoch;
use fvm_shared::event::{Entry, StampedEvent};
use lotus::block::{ReceiptJson, TipsetJson, TipsetKey};
use lotus::json::{Base64, Link};
use serde::Serialize;
use serde_json::Value;

/// An event of an actor.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct EventJson {
    emitter: u64,
    entries: Vec<EntryJson>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct EntryJson {
    flags: u64,
    key: String,
    codec: u64,
    value: Base64,
}

impl From<&StampedEvent> for EventJson {
    fn from(event: &StampedEvent) -> Self {
        let entry = |entry: &Entry| EntryJson {
            flags: entry.flags.bits(),
            key: entry.key.clone(),
            codec: entry.codec,
            value: Base64(entry.value.clone()),
        };
        EventJson {
            emitter: event.emitter,
            entries: event.event.entries.iter().map(entry).collect(),
        }
    }
}

/// What became of the head.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct HeadChange {
    r#type: &'static str,
    val: TipsetJson,
}

impl HeadChange {
    pub fn current(val: TipsetJson) -> Self {
        HeadChange { r#type: "current", val }
    }

    pub fn apply(val: TipsetJson) -> Self {
        HeadChange { r#type: "apply", val }
    }

    pub fn revert(val: TipsetJson) -> Self {
        HeadChange { r#type: "revert", val }
    }
}

/// Where a message is, and what came of it.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct MessageLookup {
    /// Another than the one that was asked for, where that was replaced.
    pub message: Link,
    pub receipt: ReceiptJson,
    pub return_dec: Value,
    /// The tipset whose parent includes the message, and which has its receipt.
    pub tip_set: TipsetKey,
    pub height: ChainEpoch,
}
