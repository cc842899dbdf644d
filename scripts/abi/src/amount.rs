//! Amounts of FIL, or of a token with as many decimals, as people write them.

use fvm_shared::bigint::BigInt;
use fvm_shared::econ::TokenAmount;

/// Digits after the point of an amount in FIL.
const DECIMALS: usize = 18;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Fil,
    AttoFil,
}

/// Reads an amount: a decimal number and its unit, FIL or attoFIL. `bare` is the unit of a number
/// that has none.
pub fn parse(text: &str, bare: Unit) -> Result<TokenAmount, String> {
    let text = text.trim().to_lowercase();
    let (number, unit) = match text.strip_suffix("attofil").or(text.strip_suffix("afil")) {
        Some(number) => (number, Unit::AttoFil),
        None => text.strip_suffix("fil").map_or((text.as_str(), bare), |n| (n, Unit::Fil)),
    };
    let decimals = if unit == Unit::Fil { DECIMALS } else { 0 };
    let number = number.trim_end();
    let digits = number.strip_prefix('-').unwrap_or(number);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if fraction.len() > decimals {
        return Err(format!("at most {decimals} digits after the point"));
    }
    let atto = format!("{whole}{fraction:0<decimals$}");
    let is_number = !(whole.is_empty() && fraction.is_empty())
        && atto.bytes().all(|byte| byte.is_ascii_digit());
    let atto = is_number.then(|| atto.parse::<BigInt>().ok()).flatten();
    let amount = atto.map(TokenAmount::from_atto);
    let amount = amount.ok_or("an amount is a number, of FIL or attoFIL")?;
    Ok(if digits == number { amount } else { -amount })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_without_a_unit_is_in_the_one_that_its_place_says() {
        let atto = |n: i64| Ok(TokenAmount::from_atto(n));
        assert_eq!(parse("250", Unit::AttoFil), atto(250));
        assert_eq!(parse("250", Unit::Fil), Ok(TokenAmount::from_whole(250)));
        assert_eq!(parse("250 attoFIL", Unit::Fil), atto(250));
        assert_eq!(parse("-0.5 FIL", Unit::AttoFil), atto(-500_000_000_000_000_000));
        assert!(parse("1.5", Unit::AttoFil).is_err());
        for text in
            ["", "FIL", ".", "-", "1.5attoFIL", "0.0000000000000000001", "1e3", "--1", "1.-1"]
        {
            assert!(parse(text, Unit::Fil).is_err(), "{text}");
        }
    }
}
