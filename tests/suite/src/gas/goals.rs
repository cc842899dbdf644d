//! What methods may cost at the most, on any set of built-in actors.

use super::report;

/// What the official account actor takes more than the stand-in for each token that it is told of: its
/// stack of 1 MiB is cleared.
const OFFICIAL_HOOK: u64 = 480_000;

/// Actor, method, how the case begins, and gas.
const GOALS: [(&str, &str, &str, u64); 19] = [
    ("init", "Exec", "a DataDAO", 12_000_000),
    ("init", "Exec", "a PerpetualStorage", 12_000_000),
    ("init", "Exec", "a LendingMarket", 12_000_000),
    ("market", "PublishStorageDeals", "1 deals, reward vesting", 30_000_000),
    ("market", "PublishStorageDeals", "5 deals, reward vesting", 90_000_000),
    ("market", "PublishStorageDeals", "20 deals, reward vesting", 300_000_000),
    ("market", "PublishStorageDeals", "1 deals, reward minted", 36_000_000),
    ("market", "PublishStorageDeals", "5 deals, reward minted", 110_000_000),
    ("market", "PublishStorageDeals", "20 deals, reward minted", 370_000_000),
    ("datadao", "Transfer", "3 holders", 6_500_000),
    ("datadao", "Transfer", "500 holders", 13_000_000),
    ("datadao", "Mint", "3 holders", 5_500_000),
    ("datadao", "Mint", "500 holders", 10_000_000),
    ("datadao", "Granularity", "3 holders", 900_000),
    ("perpetual-storage", "Refresh", "nothing due", 4_000_000),
    ("lending-market", "Deposit", "new, beside 3 lenders", 8_000_000),
    ("lending-market", "Deposit", "one of 3 lenders", 8_000_000),
    ("lending-market", "Redeem", "from cash, 3 lenders", 8_000_000),
    ("lending-market", "Collect", "custody", 30_000_000),
];

#[test]
fn methods_cost_no_more_than_their_goals() {
    let official = std::env::var_os("BUILTIN_ACTORS_CAR").is_some();
    let missed = |(actor, method, case, goal): &(&str, &str, &str, u64)| {
        let is = |row: &&fab::gas::Row| {
            row.actor == *actor && row.method == *method && row.case.starts_with(case)
        };
        let row = report().rows.iter().find(is);
        let gas = row.unwrap_or_else(|| panic!("no measurement of {method}, {case}")).gas;
        let told = matches!(*method, "Mint" | "Transfer" | "Deposit");
        let goal = goal + if official && told { OFFICIAL_HOOK } else { 0 };
        (gas > goal).then(|| format!("{actor} {method}, {case}: {gas} > {goal}"))
    };
    let missed: Vec<_> = GOALS.iter().filter_map(missed).collect();
    assert!(missed.is_empty(), "{missed:#?}");
}
