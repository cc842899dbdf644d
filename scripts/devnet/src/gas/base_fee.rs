//! The base fee of a block, by what the messages before it offered: FIP-0115.

use fvm_shared::bigint::{BigInt, Integer};
use fvm_shared::econ::TokenAmount;
use fvm_shared::message::Message;

use super::{BASE_FEE_MAX_CHANGE_DENOM, BLOCK_GAS_LIMIT, MINIMUM_BASE_FEE};

/// Four fifths of a block's gas: the premium that counts is the one at the last unit of them.
const CONGESTED: u64 = BLOCK_GAS_LIMIT / 5 * 4;

/// The base fee after a tipset with this base fee and these messages, of which each sender's nonce
/// is there once.
///
/// The fee falls by an eighth, and rises by what the block paid on top of it where four fifths of
/// the block were full, by up to an eighth in all.
#[must_use]
pub fn next_base_fee<'a>(
    base_fee: &TokenAmount,
    messages: impl IntoIterator<Item = &'a Message>,
) -> TokenAmount {
    let offers = messages
        .into_iter()
        .map(|message| (effective_premium(message, base_fee), message.gas_limit));
    let step =
        TokenAmount::from_atto(base_fee.atto().div_ceil(&BigInt::from(BASE_FEE_MAX_CHANGE_DENOM)));
    let change = step.clone().min(premium_of_congestion(offers.collect()) - &step);
    TokenAmount::from_atto(MINIMUM_BASE_FEE).max(base_fee + change)
}

/// What is left of a message's premium under its fee cap.
fn effective_premium(message: &Message, base_fee: &TokenAmount) -> TokenAmount {
    let left = &message.gas_fee_cap - base_fee;
    message.gas_premium.clone().min(left.max(TokenAmount::default()))
}

/// The premium at the unit of gas that congests the block, from the highest premium down; nothing
/// where there is less gas.
fn premium_of_congestion(mut offers: Vec<(TokenAmount, u64)>) -> TokenAmount {
    offers.sort_unstable_by(|a, b| b.0.cmp(&a.0));
    let mut gas = 0_u64;
    let reaches = |(_, limit): &(TokenAmount, u64)| {
        gas = gas.saturating_add(*limit);
        gas >= CONGESTED
    };
    offers.into_iter().find(reaches).map(|(premium, _)| premium).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::tests::message;

    /// The next base fee after messages of (fee cap, premium, gas limit).
    fn next(base_fee: u64, messages: &[(u64, u64, u64)]) -> u64 {
        let messages: Vec<_> = messages
            .iter()
            .map(|(cap, premium, limit)| Message {
                gas_fee_cap: TokenAmount::from_atto(*cap),
                gas_premium: TokenAmount::from_atto(*premium),
                gas_limit: *limit,
                ..message(1, 0)
            })
            .collect();
        let fee = next_base_fee(&TokenAmount::from_atto(base_fee), &messages);
        fee.atto().try_into().unwrap()
    }

    #[test]
    fn an_idle_network_gets_cheaper_by_an_eighth_rounded_up() {
        assert_eq!(next(100_000_000, &[]), 87_500_000);
        assert_eq!(next(1_001, &[]), 1_001 - 126);
    }

    #[test]
    fn the_base_fee_never_falls_below_its_minimum() {
        assert_eq!(next(110, &[]), 100);
        assert_eq!(next(100, &[]), 100);
    }

    #[test]
    fn an_idle_network_is_at_the_minimum_within_a_hundred_and_ten_blocks() {
        let fees = std::iter::successors(Some(100_000_000), |fee| Some(next(*fee, &[])));
        assert!(fees.take(110).any(|fee| fee == 100));
    }

    #[test]
    fn a_block_that_is_not_four_fifths_full_pays_no_premium() {
        assert_eq!(next(800, &[(10_000, 5_000, 7_999_999_999)]), 700);
    }

    #[test]
    fn a_block_that_is_four_fifths_full_raises_the_fee_by_its_premium() {
        assert_eq!(next(800, &[(10_000, 30, 8_000_000_000)]), 800 - 100 + 30);
        assert_eq!(next(800, &[(10_000, 100, 8_000_000_000)]), 800);
    }

    #[test]
    fn the_base_fee_rises_by_an_eighth_at_the_most() {
        assert_eq!(next(800, &[(10_000, 200, 8_000_000_000)]), 900);
        assert_eq!(next(800, &[(10_000, 5_000, 8_000_000_000)]), 900);
    }

    #[test]
    fn the_premium_that_counts_is_the_lowest_among_the_best_four_fifths() {
        let of =
            [(10_000, 20, 3_000_000_000), (10_000, 70, 2_000_000_000), (10_000, 50, 4_000_000_000)];
        // 70 and 50 are six thousand million; the eighth is offered 20.
        assert_eq!(next(800, &of), 800 - 100 + 20);
        let of =
            [(10_000, 20, 1_000_000_000), (10_000, 70, 4_000_000_000), (10_000, 50, 4_000_000_000)];
        assert_eq!(next(800, &of), 800 - 100 + 50);
    }

    #[test]
    fn a_premium_counts_as_far_as_the_fee_cap_leaves_room() {
        assert_eq!(next(800, &[(860, 5_000, 8_000_000_000)]), 800 - 100 + 60);
        assert_eq!(next(800, &[(700, 5_000, 8_000_000_000)]), 700);
    }
}
