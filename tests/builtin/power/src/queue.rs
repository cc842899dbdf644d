//! When miners are woken.

use alloc::vec::Vec;

use fvm_ipld_encoding::RawBytes;
use fvm_ipld_encoding::tuple::*;
use fvm_shared::ActorID;
use fvm_shared::clock::ChainEpoch;
use serde::{Deserialize, Serialize};

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub miner: ActorID,
    /// What the miner gets back.
    pub payload: RawBytes,
}

/// Events by epoch, ascending. Epochs without events are not in it, so a long time without ticks
/// costs nothing.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(transparent)]
pub struct Queue(Vec<(ChainEpoch, Vec<Event>)>);

impl Queue {
    pub fn add(&mut self, epoch: ChainEpoch, event: Event) {
        let at = self.0.partition_point(|(due, _)| *due < epoch);
        match self.0.get_mut(at) {
            Some((due, events)) if *due == epoch => events.push(event),
            _ => self.0.insert(at, (epoch, Vec::from([event]))),
        }
    }

    /// Takes out what is due at `now` or before: by epoch, then in the order it was added.
    pub fn take_due(&mut self, now: ChainEpoch) -> Vec<Event> {
        let count = self.0.partition_point(|(due, _)| *due <= now);
        self.0.drain(..count).flat_map(|(_, events)| events).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_due_by_epoch_and_only_once() {
        let event = |miner| Event { miner, payload: RawBytes::default() };
        let mut queue = Queue::default();
        for (epoch, miner) in [(90_000, 3), (10, 1), (90_000, 4), (10, 2), (90_001, 5)] {
            queue.add(epoch, event(miner));
        }
        let miners = |events: Vec<Event>| events.iter().map(|e| e.miner).collect::<Vec<_>>();
        assert!(miners(queue.take_due(9)).is_empty());
        assert_eq!(miners(queue.take_due(90_000)), [1, 2, 3, 4]);
        assert!(miners(queue.take_due(90_000)).is_empty());
    }
}
