//! What a message should offer that leaves its gas open.

use std::iter;

use fvm_shared::bigint::BigInt;
use fvm_shared::econ::TokenAmount;

use super::{BASE_FEE_MAX_CHANGE_DENOM, BLOCK_GAS_LIMIT, BLOCK_GAS_TARGET};

/// Blocks within which a message should be included that says nothing about it.
pub const DEFAULT_WAIT: u64 = 10;

/// Blocks of rising base fee that the fee cap of such a message outlasts.
pub const DEFAULT_QUEUE: i64 = 20;

/// Blocks within which a message can ask to be included.
const MAX_WAIT: u64 = 128;

/// In attoFIL for a unit of gas: the least that is recommended to those who can wait.
const MIN_PREMIUM: u64 = 100_000;

/// What a message paid on top of the base fee, and for how much gas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bid {
    pub premium: TokenAmount,
    pub limit: u64,
}

/// A tipset of the past.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Past {
    pub blocks: u64,
    pub bids: Vec<Bid>,
}

/// Tipsets by which the premium for inclusion within so many blocks is told.
#[must_use]
pub fn window(within: u64) -> u64 {
    within.clamp(1, MAX_WAIT) * 2
}

/// The gas limit for a message that was seen to use so much: that and a margin, as a factor.
#[must_use]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "cut off, and capped")]
pub fn limit(used: u64, overestimation: f64) -> u64 {
    BLOCK_GAS_LIMIT.min((used as f64 * overestimation) as u64)
}

/// The fee cap with which a message outlasts so many blocks of a rising base fee.
#[must_use]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "cut off by the rule")]
pub fn fee_cap(base_fee: &TokenAmount, premium: &TokenAmount, blocks: i64) -> TokenAmount {
    const PARTS: u64 = 256;
    let rise = 1.0 + 1.0 / BASE_FEE_MAX_CHANGE_DENOM as f64;
    let parts = (rise.powf(blocks as f64) * PARTS as f64) as u64;
    let base_fee: BigInt = base_fee.atto() * parts / PARTS;
    TokenAmount::from_atto(base_fee) + premium
}

/// The premium for inclusion within so many blocks, by the tipsets before the one that it is asked
/// of: the nearest first, down to genesis, of which no more are taken than matter.
///
/// Lotus varies it at random by a percent, so that the nodes of a network do not all offer the same.
/// Here is one node, and what it says is to be repeatable.
#[must_use]
pub fn premium(within: u64, past: impl IntoIterator<Item = Past>) -> TokenAmount {
    let (mut bids, mut blocks) = (vec![], 0_u64);
    for (_, tipset) in iter::zip(0..window(within), past) {
        blocks += tipset.blocks;
        bids.extend(tipset.bids);
    }
    let least = match within {
        0 | 1 => MIN_PREMIUM * 2,
        2 => MIN_PREMIUM / 2 * 3,
        _ => MIN_PREMIUM,
    };
    let median = median(bids, blocks);
    match median >= TokenAmount::from_atto(MIN_PREMIUM) {
        true => median,
        false => TokenAmount::from_atto(least),
    }
}

/// The premium, from the highest down, at which 52.5 % of the gas that so many blocks aim for is
/// spent, or the lowest: the mean of it and the one before it, if any.
fn median(mut bids: Vec<Bid>, blocks: u64) -> TokenAmount {
    bids.sort_by(|a, b| b.premium.cmp(&a.premium));
    let capacity = BLOCK_GAS_TARGET.saturating_mul(blocks);
    let middle = capacity / 2 + capacity / 40;
    let (mut last, mut before) = (TokenAmount::default(), TokenAmount::default());
    let mut spent = 0_u64;
    for bid in bids {
        (last, before) = (bid.premium, last);
        spent = spent.saturating_add(bid.limit);
        if spent > middle {
            break;
        }
    }
    match before.is_positive() {
        true => (last + before).div_floor(2),
        false => last,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn atto(amount: u64) -> TokenAmount {
        TokenAmount::from_atto(amount)
    }

    fn one_block(bids: &[(u64, u64)]) -> Past {
        let bids =
            bids.iter().map(|(premium, limit)| Bid { premium: atto(*premium), limit: *limit });
        Past { blocks: 1, bids: bids.collect() }
    }

    #[test]
    fn a_gas_limit_has_a_margin_of_a_quarter_cut_off() {
        assert_eq!(limit(1_000_001, 1.25), 1_250_001);
    }

    #[test]
    fn a_gas_limit_is_a_whole_block_at_the_most() {
        assert_eq!(limit(9_000_000_000, 1.25), BLOCK_GAS_LIMIT);
    }

    #[test]
    fn a_fee_cap_outlasts_so_many_blocks_of_an_eighth_more() {
        assert_eq!(fee_cap(&atto(1_000), &atto(7), 1), atto(1_125 + 7));
        // 1.125 to the 20th, in 256ths, is 2699.
        assert_eq!(fee_cap(&atto(100_000_000), &atto(100_000), 20), atto(1_054_296_875 + 100_000));
        assert_eq!(fee_cap(&atto(100), &atto(0), 0), atto(100));
    }

    #[test]
    fn a_fee_cap_for_ever_is_finite() {
        assert!(fee_cap(&atto(100), &atto(0), i64::MAX) > fee_cap(&atto(100), &atto(0), 300));
        assert_eq!(fee_cap(&atto(100), &atto(5), i64::MIN), atto(5));
    }

    #[test]
    fn nobody_in_the_way_costs_the_least_and_more_for_who_is_in_a_hurry() {
        assert_eq!(premium(10, []), atto(100_000));
        assert_eq!(premium(2, []), atto(150_000));
        assert_eq!(premium(1, []), atto(200_000));
        assert_eq!(premium(0, []), atto(200_000));
    }

    #[test]
    fn the_premium_is_the_mean_of_those_around_the_middle_of_the_gas() {
        // The middle is at 2,625,000,000.
        let block = one_block(&[
            (400_000, 1_000_000_000),
            (900_000, 1_000_000_000),
            (200_000, 1_000_000_000),
        ]);
        assert_eq!(premium(10, [block]), atto(300_000));
    }

    #[test]
    fn what_is_behind_the_middle_does_not_count() {
        let block = one_block(&[(900_000, 1_000_000_000), (500_000, 1_625_000_001), (100_000, 9)]);
        assert_eq!(premium(10, [block]), atto(700_000));
    }

    #[test]
    fn a_block_that_is_hardly_used_is_worth_its_lowest_two() {
        assert_eq!(
            premium(10, [one_block(&[(900_000, 5), (300_000, 5), (200_000, 5)])]),
            atto(250_000)
        );
        assert_eq!(premium(10, [one_block(&[(900_000, 5)])]), atto(900_000));
    }

    #[test]
    fn twice_as_many_tipsets_count_as_may_pass() {
        let dear = one_block(&[(900_000, 9_000_000_000)]);
        let past = |empty: usize| iter::repeat_n(Past::default(), empty).chain([dear.clone()]);
        assert_eq!(premium(3, past(5)), atto(900_000));
        assert_eq!(premium(3, past(6)), atto(100_000));
        assert_eq!(premium(1_000, past(255)), atto(900_000));
        assert_eq!(premium(1_000, past(256)), atto(100_000));
    }
}
