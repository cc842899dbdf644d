//! Amounts and rates as people write and read them.

use abi::amount::{self, Unit};
use anyhow::{Context, Error, Result, ensure};
use fvm_harness::TokenAmount;
use shared::math::BasisPoints;

/// Reads an amount as Lotus does: in FIL, or with the unit attoFIL.
pub fn parse_amount(text: &str) -> Result<TokenAmount> {
    let amount = parse_balance(text)?;
    ensure!(!amount.is_negative(), "an amount is not negative");
    Ok(amount)
}

/// Reads an amount that may be less than nothing.
pub fn parse_balance(text: &str) -> Result<TokenAmount> {
    amount::parse(text, Unit::Fil).map_err(Error::msg)
}

/// Reads a percentage, with up to two digits after the point.
pub fn parse_percent(text: &str) -> Result<BasisPoints> {
    let number = text.trim().trim_end_matches('%').trim_end();
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    ensure!(fraction.len() <= 2, "at most 2 digits after the point");
    let digits = format!("{whole}{fraction:0<2}");
    let is_number = !(whole.is_empty() && fraction.is_empty())
        && digits.bytes().all(|byte| byte.is_ascii_digit());
    ensure!(is_number, "a percentage is a number");
    digits.parse().context("a percentage")
}

/// Basis points as a percentage.
#[must_use]
pub fn percent(points: i64) -> String {
    let sign = if points < 0 { "-" } else { "" };
    let points = points.unsigned_abs();
    format!("{sign}{}.{:02} %", points / 100, points % 100)
}

/// An amount in the unit that shows it best, cut to four decimals.
#[must_use]
pub fn fil(amount: &TokenAmount) -> String {
    let (sign, atto) = match amount.atto().to_string().strip_prefix('-') {
        Some(digits) => ("-", digits.to_owned()),
        None => ("", amount.atto().to_string()),
    };
    let (zeroes, unit) = match atto.len() {
        _ if atto == "0" => (0, "FIL"),
        1..=5 => (0, "attoFIL"),
        6..=14 => (9, "nanoFIL"),
        _ => (18, "FIL"),
    };
    let padded = format!("{atto:0>width$}", width = zeroes + 1);
    let (whole, decimals) = padded.split_at(padded.len() - zeroes);
    let decimals = decimals.get(..4).unwrap_or(decimals).trim_end_matches('0');
    let point = if decimals.is_empty() { "" } else { "." };
    format!("{sign}{whole}{point}{decimals} {unit}")
}

#[cfg(test)]
mod tests {
    use fvm_harness::atto;

    use super::*;

    #[test]
    fn an_amount_is_in_fil_or_attofil() {
        let read = |text| parse_amount(text).unwrap();
        assert_eq!(read("0"), atto(0));
        assert_eq!(read("0.01"), atto(10_000_000_000_000_000));
        assert_eq!(read("2 FIL"), TokenAmount::from_whole(2));
        assert_eq!(read("250attoFIL"), atto(250));
        assert_eq!(read("250 afil"), atto(250));
        assert_eq!(parse_balance("-0.5").unwrap(), -atto(500_000_000_000_000_000));
        for text in [
            "",
            "FIL",
            ".",
            "-",
            "-0.5",
            "1.5attoFIL",
            "0.0000000000000000001",
            "1e3",
            "--1",
            "1.-1",
        ] {
            assert!(parse_amount(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_amount_has_the_unit_that_shows_it_best() {
        let shown = [
            (0, "0 FIL"),
            (312, "312 attoFIL"),
            (3_120_000, "0.0031 nanoFIL"),
            (31_200_000_000_000, "31200 nanoFIL"),
            (6_000_000_000_000_000, "0.006 FIL"),
            (12_345_678_900_000_000_000, "12.3456 FIL"),
        ];
        for (amount, text) in shown {
            assert_eq!(fil(&atto(amount)), text);
        }
        assert_eq!(fil(&-atto(312)), "-312 attoFIL");
    }

    #[test]
    fn a_percentage_has_two_digits_after_the_point() {
        let read = |text| parse_percent(text).unwrap();
        assert_eq!([read("12"), read("12.5%"), read("0.25 %"), read(".5")], [1_200, 1_250, 25, 50]);
        for text in ["", "%", ".", "1.234", "-1", "1e3", "99999999999"] {
            assert!(parse_percent(text).is_err(), "{text}");
        }
        assert_eq!([percent(1_250), percent(-5), percent(0)], ["12.50 %", "-0.05 %", "0.00 %"]);
    }
}
