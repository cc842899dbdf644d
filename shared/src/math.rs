//! Money arithmetic: every division says in its name which way it rounds.

use fvm_shared::bigint::{BigInt, Integer};
use fvm_shared::econ::TokenAmount;
use num_traits::Zero;

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
