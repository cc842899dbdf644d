//! Actor events, in the shape the built-in actors use (FIP-0083): a `$type` entry, then the fields.

use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;

use fvm_ipld_encoding::CBOR;
use fvm_shared::event::{ActorEvent, Entry, Flags};
use serde::Serialize;

use crate::Error;

/// An event under construction.
#[derive(Debug)]
pub struct Event(Result<Vec<Entry>, Error>);

impl Event {
    /// An event of this type, a short hyphenated name.
    #[must_use]
    pub fn new(kind: &str) -> Self {
        Event(entry(Flags::FLAG_INDEXED_ALL, "$type", &kind).map(|first| vec![first]))
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
}
