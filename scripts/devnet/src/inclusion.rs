//! Who waits for messages to be included in a tipset, or dropped.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use fvm_shared::address::Address;
use tokio::sync::watch;

/// Those who wait, by the sender and the nonce of what they wait for. A tipset wakes only those whose
/// messages, or what replaced them, are in it, so that it costs nothing that thousands wait for others.
#[derive(Default)]
pub struct Inclusions {
    expected: Mutex<Expected>,
}

type Expected = HashMap<(Address, u64), watch::Sender<()>>;

impl Inclusions {
    fn expected(&self) -> MutexGuard<'_, Expected> {
        self.expected.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins to wait. What is included or dropped from now on is not missed, so the chain is to be
    /// looked at after this.
    pub fn expect(&self, sender: Address, nonce: u64) -> Inclusion<'_> {
        let key = (sender, nonce);
        let woken = self.expected().entry(key).or_default().subscribe();
        Inclusion { inclusions: self, key, woken }
    }

    /// Wakes those who wait for messages with these senders and nonces.
    pub fn happened(&self, gone: &[(Address, u64)]) {
        let mut expected = self.expected();
        for key in gone {
            expected.remove(key);
        }
    }
}

/// A wait for one message, which ends where this is dropped.
pub struct Inclusion<'a> {
    inclusions: &'a Inclusions,
    key: (Address, u64),
    woken: watch::Receiver<()>,
}

impl Inclusion<'_> {
    /// Waits until the message may have been included or dropped. Now and then it wakes in vain.
    pub async fn happens(&mut self) {
        // Nothing is ever sent: the sender goes with the message.
        let _ = self.woken.changed().await;
    }
}

impl Drop for Inclusion<'_> {
    fn drop(&mut self) {
        let mut expected = self.inclusions.expected();
        if expected.get(&self.key).is_some_and(|sender| sender.receiver_count() <= 1) {
            expected.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn a_tipset_wakes_those_whose_messages_are_in_it() {
        let (inclusions, ann) = (Inclusions::default(), Address::new_id(100));
        let mut first = inclusions.expect(ann, 1);
        let mut same = inclusions.expect(ann, 1);
        let mut second = inclusions.expect(ann, 2);
        inclusions.happened(&[(ann, 1)]);
        first.happens().await;
        same.happens().await;
        assert!(timeout(Duration::ZERO, second.happens()).await.is_err());
    }

    #[tokio::test]
    async fn who_no_longer_waits_leaves_nothing_behind() {
        let (inclusions, ann) = (Inclusions::default(), Address::new_id(100));
        let first = inclusions.expect(ann, 1);
        let second = inclusions.expect(ann, 1);
        drop(first);
        assert_eq!(inclusions.expected().len(), 1);
        drop(second);
        assert!(inclusions.expected().is_empty());
    }
}
