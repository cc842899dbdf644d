//! Messages on which the machine broke.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::{Result, bail};
use cid::Cid;

/// As many are remembered.
const REMEMBERED: usize = 1_000;

/// The messages that were dropped lately because the machine breaks on them, and how it does, for
/// those who sent them or wait for them.
#[derive(Default)]
pub struct Broken(Mutex<VecDeque<(Cid, String)>>);

impl Broken {
    fn all(&self) -> MutexGuard<'_, VecDeque<(Cid, String)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn remember(&self, message: Cid, error: &anyhow::Error) {
        let mut all = self.all();
        all.push_back((message, format!("{error:#}")));
        let surplus = all.len().saturating_sub(REMEMBERED);
        all.drain(..surplus);
    }

    /// Gives a message that is taken again another chance.
    pub(super) fn forget(&self, message: &Cid) {
        self.all().retain(|(broken, _)| broken != message);
    }

    /// Fails for a message that was dropped.
    pub fn check(&self, message: &Cid) -> Result<()> {
        match self.all().iter().find(|(broken, _)| broken == message) {
            Some((_, error)) => bail!("the machine breaks on the message {message}: {error}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;
    use lotus::cid_of;

    use super::*;

    #[test]
    fn the_last_are_remembered_until_they_are_taken_again() {
        let (broken, cids) = (Broken::default(), [0, 1, 2].map(|n: u8| cid_of(&[n])));
        broken.remember(cids[0], &anyhow!("it panics"));
        for _ in 1..REMEMBERED {
            broken.remember(cids[1], &anyhow!("it panics"));
        }
        assert!(broken.check(&cids[0]).is_err());
        broken.remember(cids[2], &anyhow!("it panics"));
        broken.forget(&cids[2]);
        assert_eq!(cids.map(|cid| broken.check(&cid).is_err()), [false, true, false]);
    }
}
