//! Actor events: in the shape the built-in actors use (FIP-0083), a `$type` entry and then the
//! fields, or in the shape of an EVM log.

use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;

use fvm_ipld_encoding::{CBOR, IPLD_RAW};
use fvm_shared::event::{ActorEvent, Entry, Flags};
use serde::Serialize;

use crate::Error;

const TOPIC_KEYS: [&str; 4] = ["t1", "t2", "t3", "t4"];

/// An event under construction.
#[derive(Debug)]
pub struct Event(Result<Vec<Entry>, Error>);

impl Event {
    /// An event of this type, a short hyphenated name.
    #[must_use]
    pub fn new(kind: &str) -> Self {
        Event(entry(Flags::FLAG_INDEXED_ALL, "$type", &kind).map(|first| vec![first]))
    }

    /// An event as the EVM actor emits it for a log, which is how Ethereum's tools see it as one: up
    /// to four topics and then the data, as raw bytes, all indexed by key and value.
    #[must_use]
    pub fn evm_log<const N: usize>(topics: [[u8; 32]; N], data: &[u8]) -> Self {
        const { assert!(N <= TOPIC_KEYS.len()) };
        let topics = TOPIC_KEYS.into_iter().zip(topics).map(|(key, topic)| (key, topic.to_vec()));
        let entries = topics.chain([("d", data.to_vec())]).map(|(key, value)| Entry {
            flags: Flags::FLAG_INDEXED_ALL,
            key: key.to_string(),
            codec: IPLD_RAW,
            value,
        });
        Event(Ok(entries.collect()))
    }

    /// Adds a field that nodes index by key and value.
    #[must_use]
    pub fn indexed<T: Serialize>(self, key: &str, value: &T) -> Self {
        self.with(Flags::FLAG_INDEXED_ALL, key, value)
    }

    /// Adds a field that nodes index by key alone.
    #[must_use]
    pub fn field<T: Serialize>(self, key: &str, value: &T) -> Self {
        self.with(Flags::FLAG_INDEXED_KEY, key, value)
    }

    fn with<T: Serialize>(self, flags: Flags, key: &str, value: &T) -> Self {
        Event(self.0.and_then(|mut entries| {
            entries.push(entry(flags, key, value)?);
            Ok(entries)
        }))
    }

    /// The event, ready to emit.
    pub fn build(self) -> Result<ActorEvent, Error> {
        self.0.map(ActorEvent::from)
    }
}

fn entry<T: Serialize>(flags: Flags, key: &str, value: &T) -> Result<Entry, Error> {
    let value = fvm_ipld_encoding::to_vec(value).map_err(|e| Error::encoding("event", e))?;
    Ok(Entry { flags, key: key.to_string(), codec: CBOR, value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_starts_with_its_type_and_keeps_the_order_of_fields() {
        let event = Event::new("deal-recorded").indexed("deal", &7u64).field("size", &128u64);
        let event = event.build().unwrap();
        let keys: Vec<&str> = event.entries.iter().map(|e| e.key.as_str()).collect();
        assert_eq!(keys, ["$type", "deal", "size"]);
        assert_eq!(event.entries[1].flags, Flags::FLAG_INDEXED_ALL);
        assert_eq!(event.entries[2].flags, Flags::FLAG_INDEXED_KEY);
        assert_eq!(event.entries[1].value, [0x07]);
    }

    #[test]
    fn a_log_has_its_topics_and_then_its_data_raw_and_indexed() {
        let event = Event::evm_log([[1; 32], [2; 32]], &[3]).build().unwrap();
        let raw = |key: &str, value: &[u8]| Entry {
            flags: Flags::FLAG_INDEXED_KEY | Flags::FLAG_INDEXED_VALUE,
            key: key.to_string(),
            codec: 0x55,
            value: value.to_vec(),
        };
        assert_eq!(event.entries, [raw("t1", &[1; 32]), raw("t2", &[2; 32]), raw("d", &[3])]);
    }
}
