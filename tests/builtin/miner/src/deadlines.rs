//! The proving period: 48 deadlines of 60 epochs, repeated from an offset that each miner has.

use builtin_common::policy::{CHALLENGE_WINDOW, DEADLINES, PROVING_PERIOD};
use fvm_shared::clock::ChainEpoch;

/// Which deadline is open at an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    pub index: u64,
    /// First epoch at which it is closed.
    pub close: ChainEpoch,
}

impl Deadline {
    /// The epoch at which cron wakes the miner.
    pub fn last(&self) -> ChainEpoch {
        self.close - 1
    }
}

/// Offset of a miner's proving periods, from the hash of its address and its first epoch.
pub fn offset(digest: [u8; 32]) -> ChainEpoch {
    let (first, _) = digest.split_at(8);
    let seed = first.iter().fold(0u64, |seed, byte| (seed << 8) | u64::from(*byte));
    ChainEpoch::try_from(seed % PROVING_PERIOD.unsigned_abs()).unwrap_or_default()
}

pub fn current(offset: ChainEpoch, now: ChainEpoch) -> Deadline {
    let progress = (now - offset).rem_euclid(PROVING_PERIOD);
    let windows = progress / CHALLENGE_WINDOW;
    Deadline {
        index: windows.unsigned_abs(),
        close: now - progress + (windows + 1) * CHALLENGE_WINDOW,
    }
}

/// When the deadline closes for the first time after `epoch`.
fn close_after(offset: ChainEpoch, index: u64, epoch: ChainEpoch) -> ChainEpoch {
    let index = ChainEpoch::try_from(index).unwrap_or(ChainEpoch::MAX / CHALLENGE_WINDOW - 1);
    quantize_up(PROVING_PERIOD, offset + (index + 1) * CHALLENGE_WINDOW, epoch + 1)
}

/// Sectors of a deadline change only until one window before it opens.
pub fn is_mutable(offset: ChainEpoch, index: u64, now: ChainEpoch) -> bool {
    now < close_after(offset, index, now) - 2 * CHALLENGE_WINDOW
}

/// Where a new sector goes: the first deadline that is mutable now.
pub fn assign(offset: ChainEpoch, now: ChainEpoch) -> u64 {
    (0..DEADLINES).find(|index| is_mutable(offset, *index, now)).unwrap_or_default()
}

/// The last epoch of the deadline in which a sector with this expiration expires.
pub fn expiry(offset: ChainEpoch, index: u64, expiration: ChainEpoch) -> ChainEpoch {
    close_after(offset, index, expiration) - 1
}

/// The first epoch from `epoch` on that is `offset` plus a multiple of `unit`.
pub fn quantize_up(unit: ChainEpoch, offset: ChainEpoch, epoch: ChainEpoch) -> ChainEpoch {
    epoch + (offset - epoch).rem_euclid(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_is_immutable_from_one_window_before_it_opens_until_it_closes() {
        let offset = 100;
        assert_eq!(current(offset, 99), Deadline { index: 47, close: 100 });
        assert_eq!(current(offset, 100), Deadline { index: 0, close: 160 });
        // Deadline 2 is open from 220 to 279.
        for (now, mutable) in [(159, true), (160, false), (279, false), (280, true)] {
            assert_eq!(is_mutable(offset, 2, now), mutable, "at {now}");
        }
        assert_eq!(assign(offset, 100), 2);
        assert_eq!(expiry(offset, 2, 279), 279);
        assert_eq!(expiry(offset, 2, 280), 279 + PROVING_PERIOD);
    }
}
