//! Every send of our actors, and whom it reaches.

use super::table::Table;

/// Whom a send can reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whom {
    /// A built-in actor that there is one of, by its ID.
    Singleton,
    /// An actor with the code of storage miners, as the caller or the market has checked.
    Miner,
    /// An agent that the market had Init create, of the code that its rules name.
    Agent,
    /// Anyone, by a plain send, which runs no code: [`super::payees`].
    Payee,
    /// An address that nobody has yet, to make an account of it.
    Newborn,
    /// A receiver hook, with all the gas there is: [`super::dao`], [`super::lending`].
    Receiver,
    /// A receiver hook, with a gas limit of its own: [`super::dao`].
    LimitedReceiver,
    /// Whoever is said to have signed: [`super::vouching`].
    Signer,
    /// What was created just now: [`super::created`].
    Created,
    /// Whom the caller says, who is in this list too.
    Caller,
}

use Whom::*;

impl Whom {
    fn told(self) -> &'static str {
        match self {
            Singleton => "a singleton",
            Miner => "a storage miner",
            Agent => "an agent",
            Payee => "a payee, by a plain send",
            Newborn => "an address that nobody has yet",
            Receiver => "a receiver hook with all gas",
            LimitedReceiver => "a receiver hook with a gas limit",
            Signer => "whoever is said to have signed",
            Created => "what was created just now",
            Caller => "whom the function's callers say",
        }
    }
}

/// File, function, how often it sends, whom that reaches, and a row or column of the tables in which
/// that is attacked; none where it reaches nobody that an attacker could be, or whom its callers say.
const SITES: &[(&str, &str, usize, &[Whom], &str)] = &[
    (
        "actors/datadao/src/actor/deals.rs",
        "market_notify_deal",
        1,
        &[LimitedReceiver],
        "MarketNotifyDeal",
    ),
    ("actors/datadao/src/actor/deals.rs", "commitment_of", 1, &[Singleton], ""),
    (
        "actors/datadao/src/actor/deals.rs",
        "principals",
        2,
        &[Miner],
        "DataDAO: a deal, which the market refuses",
    ),
    ("actors/datadao/src/actor/governance.rs", "add_escrow", 1, &[Singleton], ""),
    ("actors/datadao/src/actor/governance.rs", "withdraw_escrow", 1, &[Singleton], ""),
    ("actors/datadao/src/actor/providers.rs", "own_provider", 1, &[Miner], "DataDAO: Bond"),
    ("actors/datadao/src/actor/roles.rs", "mint", 2, &[Newborn, Receiver], "Mint"),
    ("actors/datadao/src/actor/treasury.rs", "withdraw", 1, &[Caller], ""),
    ("actors/datadao/src/actor/treasury.rs", "pay", 2, &[Payee, LimitedReceiver], "Withdraw"),
    ("actors/datadao/src/actor/treasury.rs", "send", 1, &[Payee], "DataDAO: Withdraw"),
    ("actors/datadao/src/actor/treasury.rs", "offer", 1, &[LimitedReceiver], "Withdraw"),
    (
        "actors/datadao/src/actor/treasury.rs",
        "offer_minted",
        1,
        &[LimitedReceiver],
        "MarketNotifyDeal",
    ),
    ("actors/init/src/actor.rs", "create", 1, &[Created], "Exec4"),
    ("actors/lending_market/src/actor/agent.rs", "create", 1, &[Singleton], ""),
    ("actors/lending_market/src/actor/agent.rs", "call", 1, &[Agent], ""),
    (
        "actors/lending_market/src/actor/agent.rs",
        "collateral",
        5,
        &[Miner, Singleton],
        "LendingMarket: GetCollateral",
    ),
    (
        "actors/lending_market/src/actor/cover.rs",
        "withdraw",
        1,
        &[Payee],
        "LendingMarket: WithdrawCover, its own",
    ),
    ("actors/lending_market/src/actor/lenders.rs", "deposit", 1, &[Receiver], "Deposit"),
    (
        "actors/lending_market/src/actor/lenders.rs",
        "redeem",
        1,
        &[Payee],
        "LendingMarket: Redeem, its own",
    ),
    (
        "actors/lending_market/src/actor/lenders.rs",
        "pay_out",
        1,
        &[Payee],
        "LendingMarket: PayExits",
    ),
    ("actors/lending_market/src/actor/loans.rs", "submit", 1, &[Signer], "Submit"),
    (
        "actors/lending_market/src/actor/loans.rs",
        "activate",
        2,
        &[Payee],
        "LendingMarket: Activate, the payee",
    ),
    (
        "actors/lending_market/src/actor/loans.rs",
        "draw",
        1,
        &[Payee],
        "LendingMarket: Activate, the payee",
    ),
    (
        "actors/lending_market/src/actor/loans.rs",
        "pay_drawn",
        1,
        &[Payee],
        "LendingMarket: Activate, the payee",
    ),
    (
        "actors/lending_market/src/actor/loans.rs",
        "free_reserve",
        1,
        &[Payee],
        "LendingMarket: PayExits",
    ),
    ("actors/lending_market/src/actor/mod.rs", "pay", 1, &[Caller], ""),
    ("actors/lending_market/src/actor/mod.rs", "pay_bystander", 1, &[Caller], ""),
    (
        "actors/lending_market/src/actor/payments.rs",
        "book",
        1,
        &[Payee],
        "LendingMarket: Repay, what the borrower does not owe",
    ),
    (
        "actors/lending_market/src/actor/roles.rs",
        "pay_treasury",
        1,
        &[Payee],
        "LendingMarket: PayTreasury",
    ),
    (
        "actors/loan_agent/src/actor/miner.rs",
        "claims",
        2,
        &[Miner],
        "LendingMarket: Activate, in custody",
    ),
    (
        "actors/loan_agent/src/actor/miner.rs",
        "call",
        1,
        &[Miner],
        "LendingMarket: Activate, in custody",
    ),
    (
        "actors/loan_agent/src/actor/miner.rs",
        "confirm_worker",
        1,
        &[Miner],
        "LendingMarket: Activate, in custody",
    ),
    (
        "actors/loan_agent/src/actor/miner.rs",
        "withdraw",
        1,
        &[Miner],
        "LendingMarket: Activate, in custody",
    ),
    (
        "actors/loan_agent/src/actor/miner.rs",
        "try_repay",
        1,
        &[Miner],
        "LendingMarket: Activate, in custody",
    ),
    (
        "actors/loan_agent/src/actor/mod.rs",
        "collect",
        1,
        &[Payee],
        "LendingMarket: Collect, an exit",
    ),
    (
        "actors/loan_agent/src/actor/mod.rs",
        "pay_income",
        1,
        &[Payee],
        "LoanAgent: PayIncome, the borrower",
    ),
    (
        "actors/loan_agent/src/actor/mod.rs",
        "release",
        1,
        &[Payee],
        "LoanAgent: Release, the borrower",
    ),
    ("actors/loan_agent/src/actor/mod.rs", "pay", 1, &[Caller], ""),
    (
        "actors/perpetual_storage/src/actor/deals.rs",
        "market_notify_deal",
        2,
        &[Miner],
        "PerpetualStorage: a deal, which the market refuses",
    ),
    ("actors/perpetual_storage/src/actor/deals.rs", "check_power", 1, &[Singleton], ""),
    (
        "actors/perpetual_storage/src/actor/funds.rs",
        "withdraw",
        1,
        &[Payee],
        "PerpetualStorage: Withdraw, its own",
    ),
    ("actors/perpetual_storage/src/actor/mod.rs", "pay", 1, &[Caller], ""),
    ("actors/perpetual_storage/src/actor/mod.rs", "move_escrow", 2, &[Singleton], ""),
    (
        "actors/perpetual_storage/src/actor/providers.rs",
        "vouch",
        1,
        &[Miner],
        "PerpetualStorage: Vouch",
    ),
    (
        "actors/perpetual_storage/src/actor/refresh.rs",
        "refresh_one",
        3,
        &[Singleton, Miner, Payee],
        "PerpetualStorage: Refresh, its own tip",
    ),
    ("actors/perpetual_storage/src/actor/refresh.rs", "settle", 1, &[Singleton], ""),
    ("shared/src/deal.rs", "standing", 1, &[Singleton], ""),
    ("shared/src/deal.rs", "owner_of", 1, &[Miner], "DataDAO: Bond"),
    ("shared/src/host.rs", "resolve_or_create", 1, &[Newborn], "DataDAO: Transfer"),
    ("shared/src/host.rs", "send", 2, &[Caller], ""),
    ("shared/src/host.rs", "try_send", 1, &[Caller], ""),
    ("shared/src/host.rs", "pay", 1, &[Caller], ""),
    ("shared/src/host.rs", "view", 1, &[Caller], ""),
    ("shared/src/host.rs", "get", 1, &[Caller], ""),
    ("shared/src/host.rs", "authenticate", 1, &[Signer], "Submit"),
    ("shared/src/token/methods.rs", "transfer", 2, &[Newborn, Receiver], "Transfer"),
    ("shared/src/token/methods.rs", "transfer_from", 2, &[Newborn, Receiver], "TransferFrom"),
    ("shared/src/token/movement.rs", "send", 1, &[Receiver], "Transfer"),
    ("shared/src/token/movement.rs", "call_hook", 1, &[Receiver], "Transfer"),
    ("shared/src/token/movement.rs", "deliver", 1, &[Receiver], "Mint"),
    ("shared/src/token/movement.rs", "offer", 1, &[LimitedReceiver], "Withdraw"),
    ("shared/src/token/erc20/methods.rs", "run", 4, &[Newborn, Receiver], "InvokeEVM transferFrom"),
    ("shared/src/token/erc20/methods.rs", "send", 1, &[Receiver], "InvokeEVM transfer"),
];

/// Functions of `host` that reach another actor.
const HOST: [&str; 7] =
    ["send", "try_send", "view", "get", "pay", "authenticate", "resolve_or_create"];
/// Functions that have another one send, to whom they say.
const WRAPPERS: [&str; 9] = [
    "pay",
    "pay_bystander",
    "pay_drawn",
    "send",
    "try_send",
    "offer",
    "offer_minted",
    "deliver",
    "call_hook",
];
/// What else is a send.
const OTHERS: [&str; 5] =
    ["sdk::send::send(", ".call(&Limited", "for_each(pay", "owner_of(", "movement::send::<"];

/// How often a line sends.
fn sends(line: &str) -> usize {
    // Each call of a function of this name: what stands before it.
    let calls = |name: &str| -> Vec<&str> {
        let [call, generic] = ["(", "::<"].map(|end| format!("{name}{end}"));
        let found = line.match_indices(&call).chain(line.match_indices(&generic));
        let before = found.map(|(at, _)| &line[..at]);
        before.filter(|b| !b.ends_with(|c: char| c.is_alphanumeric() || "_.".contains(c))).collect()
    };
    let count = |names: &[&str], is: &dyn Fn(&str) -> bool| -> usize {
        names.iter().map(|name| calls(name).into_iter().filter(|before| is(before)).count()).sum()
    };
    let of = |module: &'static str| move |before: &str| before.ends_with(module);
    let by_host = count(&HOST, &of("host::"));
    let elsewhere = ["host::", "movement::", "send::"];
    let wrapped = count(&WRAPPERS, &|before| !elsewhere.iter().any(|m| before.ends_with(m)));
    let others: usize = OTHERS.iter().map(|send| line.matches(send).count()).sum();
    by_host + wrapped + others
}

/// The sends of a source, by function, tests excepted.
fn sends_of(text: &str) -> Vec<(String, usize)> {
    let mut found: Vec<(String, usize)> = vec![];
    let mut function = String::new();
    let lines = text.lines().map(str::trim).take_while(|line| !line.starts_with("mod tests"));
    for line in lines.filter(|line| !line.starts_with("//") && !line.contains("use ")) {
        let signature = line.strip_prefix("pub ").unwrap_or(line).strip_prefix("fn ");
        if let Some(rest) = signature {
            function = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            continue;
        }
        let number = sends(line);
        match found.iter_mut().find(|(name, _)| *name == function) {
            Some((_, sum)) => *sum += number,
            None if number > 0 => found.push((function.clone(), number)),
            None => {}
        }
    }
    found
}

#[test]
fn every_send_is_one_that_is_attacked_here_or_reaches_nobody_s_code() {
    let mut found = vec![];
    for directory in ["actors", "shared/src"] {
        for (path, text) in crate::tidy::sources(directory) {
            let root = fab::build::workspace_root();
            let file = path.strip_prefix(&root).expect("a file of this workspace");
            let file = file.to_str().expect("a name in UTF-8").to_owned();
            let glue = file.contains("/actor.rs") || file.contains("/actor/");
            if file.starts_with("shared") || glue {
                let sends = sends_of(&text).into_iter();
                found.extend(sends.map(|(function, number)| (file.clone(), function, number)));
            }
        }
    }
    found.sort();
    let mut known: Vec<_> = SITES
        .iter()
        .map(|(file, function, number, ..)| (file.to_string(), function.to_string(), *number))
        .collect();
    known.sort();
    let new: Vec<_> = found.iter().filter(|site| !known.contains(site)).collect();
    let gone: Vec<_> = known.iter().filter(|site| !found.contains(site)).collect();
    assert!(
        new.is_empty() && gone.is_empty(),
        "sends changed: say in SITES whom they reach, and attack whoever runs code there.\n\
         new: {new:#?}\ngone: {gone:#?}"
    );
}

#[test]
fn every_send_that_can_reach_an_attacker_is_in_a_table() {
    let safe = |whom: &Whom| matches!(whom, Singleton | Agent | Caller);
    let mut rows = crate::tidy::table_rows(super::table::README);
    // Those of the sends themselves.
    rows.retain(|row| !row[0].starts_with('`'));
    let cells = rows.concat();
    let mut table = Table::new("sites", &["Send", "reaches", "attacked in"]);
    for (file, function, _, whom, attacked) in SITES {
        let site = format!("`{function}` of {}", file.replace("actors/", "").replace("src/", ""));
        assert_eq!(whom.iter().all(safe), attacked.is_empty(), "{site}: {attacked}");
        let there = attacked.is_empty() || cells.iter().any(|cell| cell == attacked);
        assert!(there, "{site}: no table has {attacked}");
        let reaches: Vec<_> = whom.iter().map(|whom| whom.told()).collect();
        table.row(vec![site, reaches.join("; "), (*attacked).to_owned()]);
    }
    table.verify();
}
