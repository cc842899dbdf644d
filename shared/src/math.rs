//! Money arithmetic: every division says in its name which way it rounds.

use fvm_shared::bigint::{BigInt, Integer};
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use num_traits::Zero;

use crate::Error;

/// Hundredths of a percent: 0 to 10,000.
pub type BasisPoints = u32;

/// One whole, in basis points.
pub const BASIS_POINTS: u64 = 10_000;

/// `amount × numerator ÷ denominator`, rounded towards negative infinity. `None` where the
/// denominator is not positive.
#[must_use]
pub fn mul_div_down(
    amount: &TokenAmount,
    numerator: &BigInt,
    denominator: &BigInt,
) -> Option<TokenAmount> {
    if denominator <= &BigInt::zero() {
        return None;
    }
    Some(TokenAmount::from_atto((amount.atto() * numerator).div_floor(denominator)))
}

/// `amount × numerator ÷ denominator`, rounded towards positive infinity. `None` where the
/// denominator is not positive.
#[must_use]
pub fn mul_div_up(
    amount: &TokenAmount,
    numerator: &BigInt,
    denominator: &BigInt,
) -> Option<TokenAmount> {
    if denominator <= &BigInt::zero() {
        return None;
    }
    Some(TokenAmount::from_atto(Integer::div_ceil(&(amount.atto() * numerator), denominator)))
}

/// A part of an amount, rounded down.
pub fn share_down(amount: &TokenAmount, share: BasisPoints) -> Result<TokenAmount, Error> {
    divided(mul_div_down(amount, &BigInt::from(share), &BigInt::from(BASIS_POINTS)))
}

/// A part of an amount, rounded up.
pub fn share_up(amount: &TokenAmount, share: BasisPoints) -> Result<TokenAmount, Error> {
    divided(mul_div_up(amount, &BigInt::from(share), &BigInt::from(BASIS_POINTS)))
}

/// What has vested by `now` of an amount that vests evenly from one epoch to another, rounded down.
pub fn vested_down(
    amount: &TokenAmount,
    from: ChainEpoch,
    to: ChainEpoch,
    now: ChainEpoch,
) -> Result<TokenAmount, Error> {
    if now >= to {
        return Ok(amount.clone());
    }
    if now <= from {
        return Ok(TokenAmount::zero());
    }
    let (elapsed, all) = (now.saturating_sub(from), to.saturating_sub(from));
    divided(mul_div_down(amount, &BigInt::from(elapsed), &BigInt::from(all)))
}

fn divided(quotient: Option<TokenAmount>) -> Result<TokenAmount, Error> {
    quotient.ok_or(Error::Overflow("a share"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn atto(n: u64) -> TokenAmount {
        TokenAmount::from_atto(n)
    }

    #[test]
    fn a_denominator_that_is_not_positive_has_no_quotient() {
        for bad in [0, -1] {
            assert_eq!(mul_div_down(&atto(1), &1.into(), &bad.into()), None);
            assert_eq!(mul_div_up(&atto(1), &1.into(), &bad.into()), None);
        }
    }

    #[test]
    fn an_amount_vests_from_nothing_to_all_of_it() {
        let vested = |from, to, now| vested_down(&atto(10), from, to, now).unwrap();
        assert_eq!([9, 10, 13, 19].map(|now| vested(10, 20, now)), [0, 0, 3, 9].map(atto));
        assert_eq!([20, 21].map(|now| vested(10, 20, now)), [10, 10].map(atto));
        // Nothing is left to wait for.
        assert_eq!((vested(20, 10, 15), vested(20, 20, 19)), (atto(10), atto(0)));
        assert_eq!(vested(i64::MIN, i64::MAX, 0), atto(10));
    }

    proptest! {
        #[test]
        fn down_and_up_enclose_the_exact_quotient(a in any::<u64>(), n in any::<u64>(), d in 1..=u64::MAX) {
            let (n, d) = (BigInt::from(n), BigInt::from(d));
            let down = mul_div_down(&atto(a), &n, &d).unwrap();
            let up = mul_div_up(&atto(a), &n, &d).unwrap();
            let exact = BigInt::from(a) * &n;
            prop_assert!(down.atto() * &d <= exact && exact <= up.atto() * &d);
            let remainder = &exact % &d;
            prop_assert_eq!(up.atto() - down.atto(), BigInt::from(u8::from(!remainder.is_zero())));
        }
    }
}
