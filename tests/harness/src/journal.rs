//! The messages that a network has run, for who tells of them afterwards.

use fvm_shared::message::Message;

use crate::network::{Network, Snapshot};
use crate::outcome::Outcome;

/// A message that was run.
#[derive(Clone, Debug)]
pub struct Entry {
    pub message: Message,
    /// Whether it ran as those of the chain itself do: without signature, nonce and fee.
    pub implicit: bool,
    pub outcome: Outcome,
    /// The state that it left.
    pub after: Snapshot,
}

impl Network {
    /// Keeps every message from now on, at the cost of a flush for each. Dry runs are not kept.
    pub fn keep_journal(&mut self) {
        self.journal.get_or_insert_default();
    }

    /// Hands out the messages kept since the last time, in their order.
    pub fn take_journal(&mut self) -> Vec<Entry> {
        self.journal.as_mut().map(std::mem::take).unwrap_or_default()
    }
}
