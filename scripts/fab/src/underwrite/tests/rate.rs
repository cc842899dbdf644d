//! Each part of a rate.

use super::super::rate::{LEAST, MOST, rate};
use super::*;

/// The points of a part.
fn part(what: &str, change: impl FnOnce(&mut Facts, &mut Wish)) -> i64 {
    let assessment = assessed(change);
    let part = assessment.rate.parts.iter().find(|part| part.what == what);
    part.map_or(0, |part| part.points)
}

#[test]
fn a_rate_is_the_sum_of_its_parts() {
    let assessment = assessed(|_, _| {});
    let points: Vec<_> =
        assessment.rate.parts.iter().map(|part| (part.what, part.points)).collect();
    let parts = [
        ("base", 800),
        ("debt", 60),
        ("faults", 0),
        ("reputation", 0),
        ("control", 0),
        ("time", 99),
    ];
    assert_eq!(points, parts);
    assert_eq!(assessment.rate.rate, 959);
}

#[test]
fn the_base_is_the_underwriter_s() {
    assert_eq!(part("base", |_, wish| wish.base_rate = 1_234), 1_234);
}

#[test]
fn more_debt_on_the_same_collateral_is_dearer() {
    let debt = |amount| part("debt", |_, wish| wish.amount = amount);
    assert_eq!([fil(5_000), fil(10_000), fil(20_000)].map(debt), [300, 600, 600]);
    // Rounded up.
    assert_eq!(debt(TokenAmount::from_atto(1)), 1);
    assert_eq!(part("debt", |facts, _| facts.collateral.value = fil(0)), 600);
}

#[test]
fn faults_are_dearer_and_so_is_not_to_know_of_them() {
    let faults = |sectors| part("faults", |facts, _| facts.sectors = sectors);
    assert_eq!(faults(Some(Sectors { live: 1_000, faulty: 100 })), 200);
    assert_eq!(faults(Some(Sectors { live: 3, faulty: 1 })), 667);
    assert_eq!(faults(Some(Sectors::default())), 0);
    assert_eq!(faults(None), 100);
}

#[test]
fn the_worse_reputation_counts_for_and_against() {
    let of = |borrower: fn(&mut Record), miner: fn(&mut Record)| {
        part("reputation", |facts, _| {
            facts.of_borrower = reputation(borrower);
            facts.of_miner = reputation(miner);
        })
    };
    let none = |_: &mut Record| {};
    let good = |record: &mut Record| (record.on_time, record.repaid) = (20, 6);
    assert_eq!(of(good, good), -240);
    assert_eq!(of(good, none), 0);
    assert_eq!(of(|record| record.late = 5, good), 60);
    assert_eq!(of(good, |record| record.defaults = 2), 300);
}

#[test]
fn the_reasons_of_a_score_are_told() {
    let assessment = assessed(|facts, _| {
        facts.of_borrower = reputation(|record| (record.on_time, record.late) = (3, 2));
    });
    let why = &assessment.rate.parts[3].why;
    let told = ["the borrower's score is 4900", "on time", "+300", "late", "-400"];
    assert!(told.iter().all(|told| why.contains(told)), "{why}");
}

#[test]
fn a_beneficiary_s_loan_is_dearer_than_custody() {
    assert_eq!(part("control", |_, wish| wish.control = Control::Beneficiary), 150);
    assert_eq!(part("control", |_, wish| wish.control = Control::Custody), 0);
}

#[test]
fn a_longer_loan_is_dearer() {
    assert_eq!(part("time", |_, wish| (wish.days_between, wish.instalments) = (365, 2)), 200);
    assert_eq!(part("time", |_, wish| (wish.days_between, wish.instalments) = (1, 1)), 1);
}

#[test]
fn a_rate_stays_within_its_bounds_and_says_so() {
    let rated = |base| {
        let rate = rate(&facts(), &Wish { base_rate: base, ..wish() }, &fil(1_000));
        (i64::from(rate.rate), rate.parts.iter().map(|part| part.points).sum::<i64>())
    };
    assert_eq!(rated(9_000), (MOST, MOST));
    let mut known = facts();
    known.of_borrower = reputation(|record| (record.on_time, record.repaid) = (20, 6));
    known.of_miner = known.of_borrower.clone();
    let least = rate(&known, &Wish { base_rate: 0, ..wish() }, &fil(1_000));
    assert_eq!(i64::from(least.rate), LEAST);
    assert_eq!(least.parts.last().unwrap().what, "bounds");
}
