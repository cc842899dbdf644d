//! What methods may cost at the most, on any set of built-in actors.

use super::report;

/// What the official account actor takes more than the stand-in for each token that it is told of: its
/// stack of 1 MiB is cleared.
const OFFICIAL_HOOK: u64 = 480_000;
/// What the official miner takes more to say whose it is.
const OFFICIAL_OWNER: u64 = 725_000;

/// Actor, method, how the case begins, and gas.
///
/// What a publish may cost is for the official market. The stand-in takes less, so what the market has each
/// client do, which hardly depends on it, has goals of its own.
const GOALS: [(&str, &str, &str, u64); 31] = [
    ("init", "Exec", "a DataDAO", 12_000_000),
    ("init", "Exec", "a PerpetualStorage", 12_000_000),
    ("init", "Exec", "a LendingMarket", 12_000_000),
    ("market", "PublishStorageDeals", "1 deals, reward vesting", 30_000_000),
    ("market", "PublishStorageDeals", "5 deals, reward vesting", 90_000_000),
    ("market", "PublishStorageDeals", "20 deals, reward vesting", 300_000_000),
    ("market", "PublishStorageDeals", "1 deals, reward minted", 36_000_000),
    ("market", "PublishStorageDeals", "5 deals, reward minted", 110_000_000),
    ("market", "PublishStorageDeals", "20 deals, reward minted", 370_000_000),
    ("datadao", "AuthenticateMessage", "of 1 deals, reward vesting", 2_700_000),
    ("datadao", "AuthenticateMessage", "of 5 deals, reward vesting", 2_100_000),
    ("datadao", "AuthenticateMessage", "of 20 deals, reward vesting", 1_900_000),
    ("datadao", "MarketNotifyDeal", "of 1 deals, reward vesting", 5_000_000),
    ("datadao", "MarketNotifyDeal", "of 5 deals, reward vesting", 5_600_000),
    ("datadao", "MarketNotifyDeal", "of 20 deals, reward vesting", 7_000_000),
    ("datadao", "MarketNotifyDeal", "of 1 deals, reward minted", 6_700_000),
    ("datadao", "MarketNotifyDeal", "of 5 deals, reward minted", 6_500_000),
    ("datadao", "MarketNotifyDeal", "of 20 deals, reward minted", 7_800_000),
    ("perpetual-storage", "AuthenticateMessage", "of 20 ads, share paid", 2_000_000),
    ("perpetual-storage", "MarketNotifyDeal", "of 1 ads, share paid", 5_200_000),
    ("perpetual-storage", "MarketNotifyDeal", "of 20 ads, share paid", 6_700_000),
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

/// What a method costs more as it calls official actors in the place of stand-ins. What a publish has
/// them do is in its goal.
fn taken_by_official_actors(method: &str, case: &str) -> u64 {
    match method {
        "Mint" | "Transfer" | "Deposit" => OFFICIAL_HOOK,
        "MarketNotifyDeal" if case.ends_with("minted") => OFFICIAL_OWNER + OFFICIAL_HOOK,
        "MarketNotifyDeal" => OFFICIAL_OWNER,
        _ => 0,
    }
}

#[test]
fn methods_cost_no_more_than_their_goals() {
    let official = fab::official_bundle().is_some();
    let missed = |(actor, method, case, goal): &(&str, &str, &str, u64)| {
        let gas = report().row(actor, method, case).expect("a measurement").gas;
        let goal = goal + if official { taken_by_official_actors(method, case) } else { 0 };
        (gas > goal).then(|| format!("{actor} {method}, {case}: {gas} > {goal}"))
    };
    let missed: Vec<_> = GOALS.iter().filter_map(missed).collect();
    assert!(missed.is_empty(), "{missed:#?}");
}
