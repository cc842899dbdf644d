//! Gas that deals cost their provider, guarded.

use fab::gas::{Report, measure};

/// Gas of AuthenticateMessage and MarketNotifyDeal together, with the mint, for one deal.
const DEAL_CEILING: u64 = 20_000_000;

fn gas(report: &Report, method: &str, case: &str) -> u64 {
    let row = report.rows.iter().find(|row| row.method == method && row.case.contains(case));
    row.unwrap_or_else(|| panic!("no measurement of {method} {case}")).gas
}

#[test]
fn a_deal_costs_no_more_than_20_million_gas_of_the_dao() {
    let report = measure().expect("a measurement");
    for case in
        ["of 1 deals, reward minted", "of 5 deals, reward minted", "of 20 deals, reward minted"]
    {
        let asked = gas(&report, "AuthenticateMessage", case);
        let told = gas(&report, "MarketNotifyDeal", case);
        assert!(asked + told <= DEAL_CEILING, "{case}: {asked} + {told}");
    }
}
