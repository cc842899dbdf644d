//! Which logs a client asks for.

use fvm_ipld_encoding::IPLD_RAW;
use fvm_shared::ActorID;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::event::{ActorEvent, Flags};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use thiserror::Error;

use super::{EthAddress, EthHash};

/// The most topics of a log.
const MAX_TOPICS: usize = 4;

/// A filter as a client writes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EthFilterSpec {
    /// An epoch in hex, `latest` or `earliest`.
    pub from_block: Option<String>,
    pub to_block: Option<String>,
    /// Any of these. None for all.
    pub address: OneOrMany<EthAddress>,
    /// Of each topic, any of these. None for all.
    pub topics: Option<Vec<OneOrMany<EthHash>>>,
    pub block_hash: Option<EthHash>,
}

/// Values in JSON as an array, as the only one, or as null for none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OneOrMany<T>(pub Vec<T>);

impl<T> Default for OneOrMany<T> {
    fn default() -> Self {
        OneOrMany(Vec::new())
    }
}

impl<'de, T: serde::de::DeserializeOwned> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let values = match Value::deserialize(deserializer)? {
            Value::Null => Ok(Vec::new()),
            Value::Array(values) => values.into_iter().map(serde_json::from_value).collect(),
            value => serde_json::from_value(value).map(|value| vec![value]),
        };
        values.map(OneOrMany).map_err(D::Error::custom)
    }
}

/// Which tipsets a filter reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range {
    Block(EthHash),
    Epochs {
        from: ChainEpoch,
        /// None as far as the chain goes.
        to: Option<ChainEpoch>,
    },
}

/// Why a filter cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FilterError {
    #[error("must not specify block hash and from/to block")]
    HashAndRange,
    #[error("{0} is not a hex")]
    NotHex(&'static str),
    #[error("invalid epoch")]
    Epoch,
    #[error("invalid epoch range: to block ({to}) must be after from block ({from})")]
    Order { from: ChainEpoch, to: ChainEpoch },
    /// The error of code -32005.
    #[error("block range exceeds maximum of {max} (got {got})")]
    TooWide { max: ChainEpoch, got: ChainEpoch },
    #[error("too many topics in filter: {0}, max: {MAX_TOPICS}")]
    Topics(usize),
}

impl EthFilterSpec {
    /// The tipsets that the filter reaches. `head` is the epoch of the heaviest tipset, whose own
    /// events are not known yet; `max` is how many epochs the range may span.
    pub fn range(&self, head: ChainEpoch, max: ChainEpoch) -> Result<Range, FilterError> {
        if let Some(hash) = self.block_hash {
            return match (&self.from_block, &self.to_block) {
                (None, None) => Ok(Range::Block(hash)),
                _ => Err(FilterError::HashAndRange),
            };
        }
        let latest = head - 1;
        let from = epoch(self.from_block.as_deref(), "FromBlock")?.unwrap_or(latest);
        let to = epoch(self.to_block.as_deref(), "ToBlock")?;
        let got = match to {
            Some(to) if from > to && from >= 0 => return Err(FilterError::Order { from, to }),
            // From before genesis only where genesis is the head.
            Some(0) if from < 0 => 0,
            Some(to) if from < 0 => to - latest,
            Some(to) => to - from,
            None => latest - from,
        };
        match got > max {
            true => Err(FilterError::TooWide { max, got }),
            false => Ok(Range::Epochs { from, to }),
        }
    }

    /// What the filter asks of each event.
    pub fn filter(&self) -> Result<LogFilter, FilterError> {
        let topics = self.topics.as_deref().unwrap_or_default();
        if topics.len() > MAX_TOPICS {
            return Err(FilterError::Topics(topics.len()));
        }
        Ok(LogFilter {
            addresses: self.address.0.clone(),
            topics: topics.iter().map(|any| any.0.clone()).collect(),
        })
    }
}

/// An epoch in hex; none for the latest.
fn epoch(text: Option<&str>, name: &'static str) -> Result<Option<ChainEpoch>, FilterError> {
    match text {
        None | Some("" | "latest") => Ok(None),
        Some("earliest") => Ok(Some(0)),
        Some(text) if !text.starts_with("0x") => Err(FilterError::NotHex(name)),
        Some(text) => {
            let digits = text.replace("0x", "");
            match digits.starts_with('+') {
                true => Err(FilterError::Epoch),
                false => ChainEpoch::from_str_radix(&digits, 16)
                    .ok()
                    .filter(|epoch| *epoch >= 0 && !digits.starts_with('-'))
                    .map(Some)
                    .ok_or(FilterError::Epoch),
            }
        }
    }
}

/// What a filter asks of an event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogFilter {
    /// Any of these; none for all. A masked ID is of the actor with that ID, whatever its address.
    pub addresses: Vec<EthAddress>,
    /// Of each topic in turn, any of these; none for all. Further topics are as they may be.
    pub topics: Vec<Vec<EthHash>>,
}

impl LogFilter {
    /// Whether events of an actor are asked for. `address` is its address in Ethereum.
    #[must_use]
    pub fn asks_for_emitter(&self, emitter: ActorID, address: EthAddress) -> bool {
        let is_wanted =
            |wanted: &EthAddress| *wanted == address || wanted.masked_id() == Some(emitter);
        self.addresses.is_empty() || self.addresses.iter().any(is_wanted)
    }

    /// Whether an event is asked for, whoever emitted it.
    #[must_use]
    pub fn asks_for_topics_of(&self, event: &ActorEvent) -> bool {
        ["t1", "t2", "t3", "t4"].iter().zip(&self.topics).all(|(key, wanted)| {
            wanted.is_empty()
                || event.entries.iter().any(|entry| {
                    entry.key == *key
                        && entry.codec == IPLD_RAW
                        && entry.flags.intersects(Flags::FLAG_INDEXED_ALL)
                        && wanted.iter().any(|topic| entry.value == topic.0)
                })
        })
    }
}

#[cfg(test)]
mod tests;
