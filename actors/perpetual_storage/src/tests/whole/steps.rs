//! What is tried, and with what.

use alloc::vec::Vec;

use proptest::prelude::*;

use super::*;
use crate::policy::MIN_DURATION;

pub const ACCOUNTS: [ActorID; 3] = [ANN, BOB, 202];
pub const MAX_PRICE: i64 = 3;

/// Something to try; the numbers say what with, each in its own way.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    pub method: u8,
    pub by: usize,
    /// A perpetual deal or provider.
    pub of: u64,
    pub amount: i64,
    pub choice: u8,
}

const METHODS: u8 = 30;

pub fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = (0..METHODS, 0..ACCOUNTS.len(), 0..60_u64, 0..40_i64, 0..6_u8)
        .prop_map(|(method, by, of, amount, choice)| Step { method, by, of, amount, choice });
    prop::collection::vec(step, 1..=120)
}

/// Terms of many kinds.
pub fn wanted(step: Step, now: ChainEpoch) -> Terms {
    let Step { of, amount, choice, .. } = step;
    let mut terms = terms(1 + u32::from(choice % 3));
    terms.expiry = (of % 3 == 0).then(|| now + 1 + amount * 5 * DAY);
    let policy = &mut terms.policy;
    policy.duration = MIN_DURATION;
    policy.locked = of % 2 == 0;
    policy.publish_share = [0, 2_000, 10_000][usize::try_from(of / 2 % 3).unwrap()];
    policy.max_price_per_epoch = atto(if amount % 2 == 0 { 0 } else { MAX_PRICE });
    policy.datacap = SIZE.0 * (of % 4);
    policy.max_replicas_per_owner = 1 + u32::from(choice % 2);
    match of % 15 {
        0 => policy.min_record = Some(MinRecord { kept: 1, failed: 5_000 }),
        1 => policy.region = Some(Region { attester: ANN, name: "EU".into() }),
        2 => policy.providers = Providers::Except(vec![SP]),
        _ => {}
    }
    terms
}
