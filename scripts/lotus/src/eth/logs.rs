//! Events as logs of Ethereum, and the bloom filters over them.

use data_encoding::HEXLOWER;
use fvm_ipld_encoding::IPLD_RAW;
use fvm_shared::ActorID;
use fvm_shared::event::{ActorEvent, StampedEvent};
use serde::{Serialize, Serializer};

use super::tx::Placement;
use super::{EthAddress, EthBytes, EthHash, EthUint64, keccak};

/// A log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EthLog {
    pub address: EthAddress,
    pub data: EthBytes,
    pub topics: Vec<EthHash>,
    /// Whether the block has left the chain since.
    pub removed: bool,
    /// Which of all events of the tipset it is.
    pub log_index: EthUint64,
    pub transaction_index: EthUint64,
    pub transaction_hash: EthHash,
    pub block_hash: EthHash,
    pub block_number: EthUint64,
}

/// The topics and the data of an event. None if it is not of Ethereum's kind: an entry is not raw, as
/// those of built-in actors are not; a topic is not of 32 bytes; something is there twice; or a topic
/// is missing before another. Entries under other keys say nothing.
#[must_use]
pub fn topics_and_data(event: &ActorEvent) -> Option<(Vec<EthHash>, Vec<u8>)> {
    let mut topics = [None; 4];
    let mut data = None;
    for entry in &event.entries {
        if entry.codec != IPLD_RAW {
            return None;
        }
        let topic = match entry.key.as_str() {
            "t1" => 0,
            "t2" => 1,
            "t3" => 2,
            "t4" => 3,
            "d" if data.is_some() => return None,
            "d" => {
                data = Some(entry.value.clone());
                continue;
            }
            _ => continue,
        };
        let value = EthHash(entry.value.as_slice().try_into().ok()?);
        if topics.get_mut(topic)?.replace(value).is_some() {
            return None;
        }
    }
    let count = topics.iter().flatten().count();
    let topics: Vec<EthHash> = topics.into_iter().map_while(|topic| topic).collect();
    (topics.len() == count).then(|| (topics, data.unwrap_or_default()))
}

/// The logs of one message. `first` is how many events the messages before it in the tipset have
/// emitted: every event counts, whether or not it is a log. `resolve` gives an actor's address in
/// Ethereum, as of the tipset that ran the message.
pub fn logs_of(
    events: &[StampedEvent],
    first: u64,
    transaction: EthHash,
    placement: Placement,
    resolve: impl Fn(ActorID) -> EthAddress,
) -> Vec<EthLog> {
    let log = |(index, stamped): (u64, &StampedEvent)| {
        let (topics, data) = topics_and_data(&stamped.event)?;
        Some(EthLog {
            address: resolve(stamped.emitter),
            data: EthBytes(data),
            topics,
            removed: false,
            log_index: EthUint64(index),
            transaction_index: EthUint64(placement.index),
            transaction_hash: transaction,
            block_hash: placement.block_hash,
            block_number: EthUint64(placement.block_number),
        })
    };
    (first..).zip(events).filter_map(log).collect()
}

/// A filter of 2048 bits that tells which addresses and topics are surely not in a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bloom([u8; 256]);

impl Default for Bloom {
    fn default() -> Self {
        Bloom([0; 256])
    }
}

impl Bloom {
    /// Of a block of which it is not known what is in it.
    pub const FULL: Bloom = Bloom([0xff; 256]);

    /// The addresses and topics of some logs.
    pub fn of<'a>(logs: impl IntoIterator<Item = &'a EthLog>) -> Self {
        let mut bloom = Bloom::default();
        for log in logs {
            bloom.insert(&log.address.0);
            for topic in &log.topics {
                bloom.insert(&topic.0);
            }
        }
        bloom
    }

    fn insert(&mut self, item: &[u8]) {
        let EthHash([a, b, c, d, e, f, ..]) = keccak(item);
        for pair in [[a, b], [c, d], [e, f]] {
            let bit = usize::from(u16::from_be_bytes(pair)) % (8 * self.0.len());
            if let Some(byte) = self.0.iter_mut().nth_back(bit / 8) {
                *byte |= 1 << (bit % 8);
            }
        }
    }
}

impl Serialize for Bloom {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("0x{}", HEXLOWER.encode(&self.0)))
    }
}

#[cfg(test)]
mod tests;
