//! Gas, guarded: as it was when the snapshot was taken, within the goals, and growing no faster than
//! the depth of the maps.

mod coverage;
mod goals;
mod snapshot;

use std::sync::OnceLock;

use fab::gas::{Report, measure, scale};

/// What a deal may cost more where a DAO has eight times the datasets and deals: one level of the maps.
const LEVEL_CEILING: u64 = 4_500_000;

/// Every method measured, once for all tests.
fn report() -> &'static Report {
    static REPORT: OnceLock<Report> = OnceLock::new();
    REPORT.get_or_init(|| measure().expect("a measurement"))
}

#[test]
fn a_deal_s_gas_grows_with_the_depth_of_the_maps_and_no_faster() {
    let cost = |entries| {
        let step = scale::dao::measure(entries).expect("a measurement");
        step.asked + step.told
    };
    let (small, large) = (cost(16), cost(16 * 8 * 8));
    assert!(large <= small + 2 * LEVEL_CEILING, "{small} at 16, {large} at 1,024");
}

/// Gas of a publish of 20 deals that take 20 ads of a perpetual storage, each paid its publish share.
const TWENTY_ADS_CEILING: u64 = 450_000_000;

#[test]
fn twenty_deals_that_take_ads_cost_no_more_than_450_million_gas_whatever_the_storage_keeps() {
    for entries in [10, 1_000, 10_000] {
        let gas = scale::storage::measure(entries).expect("a measurement").message;
        assert!(gas <= TWENTY_ADS_CEILING, "{gas} at {entries}");
    }
}

/// What one more level of a map that is written may cost.
const MAP_LEVEL_CEILING: u64 = 3_000_000;

#[test]
fn a_market_s_gas_grows_with_the_depth_of_its_maps_and_no_faster() {
    let cost = |entries| scale::lending::measure(entries).expect("a measurement");
    let (small, large) = (cost(16), cost(16 * 8 * 8));
    // Shares and lenders; a loan, and the records of borrower and miner.
    for (what, paths, small, large) in [
        ("Deposit", 2, small.deposit, large.deposit),
        ("Redeem", 2, small.redeem, large.redeem),
        ("Collect", 3, small.collect, large.collect),
    ] {
        let most = small + 2 * paths * MAP_LEVEL_CEILING;
        assert!(large <= most, "{what}: {small}, then {large}");
    }
}
