//! The exponential and the logarithm as the network computes them: quotients of polynomials, whose
//! coefficients are part of consensus. Numbers have [`PRECISION`] binary digits after the point.

use fvm_shared::bigint::{BigInt, Integer};

use crate::filter::PRECISION;

/// From the highest power to the lowest, as all of them.
const EXP_ABOVE: [&str; 8] = [
    "-648770010757830093818553637600",
    "67469480939593786226847644286976",
    "-3197587544499098424029388939001856",
    "89244641121992890118377641805348864",
    "-1579656163641440567800982336819953664",
    "17685496037279256458459817590917169152",
    "-115682590513835356866803355398940131328",
    "340282366920938463463374607431768211456",
];
const EXP_BELOW: [&str; 14] = [
    "1225524182432722209606361",
    "114095592300906098243859450",
    "5665570424063336070530214243",
    "194450132448609991765137938448",
    "5068267641632683791026134915072",
    "104716890604972796896895427629056",
    "1748338658439454459487681798864896",
    "23704654329841312470660182937960448",
    "259380097567996910282699886670381056",
    "2250336698853390384720606936038375424",
    "14978272436876548034486263159246028800",
    "72144088983913131323343765784380833792",
    "224599776407103106596571252037123047424",
    "340282366920938463463374607431768211456",
];
const LN_ABOVE: [&str; 7] = [
    "261417938209272870992496419296200268025",
    "7266615505142943436908456158054846846897",
    "32458783941900493142649393804518050491988",
    "17078670566130897220338060387082146864806",
    "-35150353308172866634071793531642638290419",
    "-20351202052858059355702509232125230498980",
    "-1563932590352680681114104005183375350999",
];
const LN_BELOW: [&str; 7] = [
    "49928077726659937662124949977867279384",
    "2508163877009111928787629628566491583994",
    "21757751789594546643737445330202599887121",
    "53400635271583923415775576342898617051826",
    "41248834748603606604000911015235164348839",
    "9015227820322455780436733526367238305537",
    "340282366920938463463374607431768211456",
];
/// The natural logarithm of 2.
const LN_2: u128 = 235_865_763_225_513_294_137_944_142_764_154_484_399;

/// e to the power of minus `x`, where `x` is not negative.
#[must_use]
pub fn exp_neg(x: &BigInt) -> BigInt {
    quotient(&EXP_ABOVE, &EXP_BELOW, x)
}

/// The natural logarithm of a positive number.
#[must_use]
pub fn ln(x: &BigInt) -> BigInt {
    let doublings = i64::try_from(x.bits()).unwrap_or(i64::MAX) - 129;
    let rest = if doublings > 0 { x >> doublings } else { x << -doublings };
    BigInt::from(LN_2) * doublings + quotient(&LN_ABOVE, &LN_BELOW, &rest)
}

fn quotient(above: &[&str], below: &[&str], x: &BigInt) -> BigInt {
    (polynomial(above, x) << PRECISION).div_floor(&polynomial(below, x))
}

fn polynomial(coefficients: &[&str], x: &BigInt) -> BigInt {
    let add = |sum: BigInt, coefficient: &&str| {
        ((sum * x) >> PRECISION) + coefficient.parse::<BigInt>().unwrap_or_default()
    };
    coefficients.iter().fold(BigInt::default(), add)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixed(tenths: u32) -> BigInt {
        (BigInt::from(tenths) << PRECISION) / 10
    }

    /// To 2^-50: the network's logarithm is no better.
    #[test]
    fn the_logarithm_undoes_the_exponential() {
        for tenths in [0, 1, 5, 10, 15] {
            let off: BigInt = ln(&exp_neg(&fixed(tenths))) + fixed(tenths);
            assert!(off.bits() < PRECISION - 50, "{tenths} tenths are off by {off}");
        }
    }

    #[test]
    fn the_exponential_is_that_of_the_network() {
        let e = "125182886983370532117250726298150828301"; // 2^128 / e, rounded down
        let off: BigInt = exp_neg(&fixed(10)) - e.parse::<BigInt>().unwrap();
        assert!(off.bits() < PRECISION - 90, "off by {off}");
        assert_eq!(exp_neg(&fixed(0)), fixed(10));
    }
}
