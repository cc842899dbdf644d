//! Every send of our actors, and whom it reaches.

use fvm_harness::{CallTree, Network};
use fvm_shared::address::Address;
use fvm_shared::{METHOD_CONSTRUCTOR, METHOD_SEND};
use shared::ext::account::{AUTHENTICATE_MESSAGE, RECEIVE};

use super::dao::HOOK_LIMIT;
use super::table::{Table, names};

/// Whom a send can reach. Those that an attacker can be name the row, or the column, of the tables in
/// which it is one: [`assert_attacked`] says whether it was reached there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whom {
    /// A built-in actor that there is one of, by its ID.
    Singleton,
    /// An actor with the code of storage miners, which others have looked at before: the market at that of
    /// a deal's provider, the lending market and the agent at that of a loan's miner.
    Miner,
    /// An agent that the market had Init create, of the code that its rules name.
    Agent,
    /// The market that created the agent.
    Market,
    /// An address that nobody has yet, where the network makes an account of its own code, or refuses to:
    /// [`super::forged`].
    Newborn,
    /// Whom the function's callers say, who are in this list too.
    Caller,
    /// Who is said to be a miner. Its code is looked at first, so that no attacker is called:
    /// [`super::forged`].
    Alleged(&'static str),
    /// Anyone, by a plain send, which runs no code: [`super::payees`].
    Payee(&'static str),
    /// A receiver hook, with all the gas there is: [`super::dao`], [`super::lending`].
    Receiver(&'static str),
    /// A receiver hook, with a gas limit of its own: [`super::dao`].
    Limited(&'static str),
    /// Whoever is said to have signed: [`super::vouching`].
    Signer(&'static str),
    /// What was created just now: [`super::created`].
    Created(&'static str),
}

use Whom::*;

impl Whom {
    fn told(self) -> &'static str {
        match self {
            Singleton => "a singleton",
            Miner => "a storage miner",
            Agent => "an agent",
            Market => "the agent's market",
            Caller => "whom the function's callers say",
            Alleged(_) => "a storage miner, as its code says",
            Payee(_) => "a payee, by a plain send",
            Newborn => "an address that nobody has yet",
            Receiver(_) => "a receiver hook with all gas",
            Limited(_) => "a receiver hook with a gas limit",
            Signer(_) => "whoever is said to have signed",
            Created(_) => "what was created just now",
        }
    }

    /// Where it is an attacker, and the tables that can have that.
    fn attacked(self) -> Option<(&'static str, &'static [&'static str])> {
        Some(match self {
            Singleton | Miner | Agent | Market | Newborn | Caller => return None,
            Alleged(row) => (row, &["providers"]),
            Payee(row) => (row, &["payees"]),
            Receiver(column) => (column, &["dao", "lending"]),
            Limited(column) => (column, &["dao"]),
            Signer(column) => (column, &["vouching"]),
            Created(column) => (column, &["created"]),
        })
    }

    /// Whether a call to an attacker is the send.
    fn is(self, call: &CallTree) -> bool {
        match self {
            Singleton | Miner | Agent | Market | Newborn | Caller | Alleged(_) => false,
            Payee(_) => call.method == METHOD_SEND && call.value.is_positive(),
            Receiver(_) => call.method == RECEIVE && call.gas_limit > HOOK_LIMIT,
            Limited(_) => call.method == RECEIVE && call.gas_limit <= HOOK_LIMIT,
            Signer(_) => call.method == AUTHENTICATE_MESSAGE && call.read_only,
            Created(_) => call.method == METHOD_CONSTRUCTOR,
        }
    }
}

/// By file: function, how often it sends, and whom that reaches.
const SITES: &[(&str, &[Site])] = &[
    (
        "actors/datadao/src/actor/deals.rs",
        &[
            ("market_notify_deal", 1, &[Limited("MarketNotifyDeal")]),
            ("commitment_of", 1, &[Singleton]),
            ("principals", 2, &[Miner]),
        ],
    ),
    (
        "actors/datadao/src/actor/governance.rs",
        &[("add_escrow", 1, &[Singleton]), ("withdraw_escrow", 1, &[Singleton])],
    ),
    ("actors/datadao/src/actor/providers.rs", &[("own_provider", 1, &[Alleged("DataDAO: Bond")])]),
    ("actors/datadao/src/actor/roles.rs", &[("mint", 2, &[Newborn, Receiver("Mint")])]),
    (
        "actors/datadao/src/actor/treasury.rs",
        &[
            ("withdraw", 1, &[Caller]),
            ("pay", 2, &[Payee("DataDAO: Withdraw"), Limited("Withdraw")]),
            ("send", 1, &[Payee("DataDAO: Withdraw")]),
            ("offer", 1, &[Limited("Withdraw")]),
            ("offer_minted", 1, &[Limited("MarketNotifyDeal")]),
        ],
    ),
    ("actors/init/src/actor.rs", &[("create", 1, &[Created("Exec4")])]),
    (
        "actors/lending_market/src/actor/agent.rs",
        &[
            ("create", 1, &[Singleton]),
            ("call", 1, &[Agent]),
            ("collateral", 5, &[Alleged("LendingMarket: GetCollateral"), Singleton]),
        ],
    ),
    (
        "actors/lending_market/src/actor/cover.rs",
        &[("withdraw", 1, &[Payee("LendingMarket: WithdrawCover, its own")])],
    ),
    (
        "actors/lending_market/src/actor/lenders.rs",
        &[
            ("deposit", 1, &[Receiver("Deposit")]),
            ("redeem", 1, &[Payee("LendingMarket: Redeem, its own")]),
            ("pay_out", 1, &[Payee("LendingMarket: PayExits")]),
        ],
    ),
    (
        "actors/lending_market/src/actor/loans.rs",
        &[
            ("submit", 1, &[Signer("Submit")]),
            (
                "activate",
                2,
                &[
                    Payee("LendingMarket: Activate, the payee"),
                    Payee("LendingMarket: Activate, its own credit of the loan before"),
                ],
            ),
            ("draw", 1, &[Miner]),
            ("pay_drawn", 1, &[Caller]),
            ("free_reserve", 1, &[Payee("LendingMarket: FreeReserve, the borrower's credit")]),
        ],
    ),
    (
        "actors/lending_market/src/actor/mod.rs",
        &[("pay", 1, &[Caller]), ("pay_bystander", 1, &[Caller])],
    ),
    (
        "actors/lending_market/src/actor/payments.rs",
        &[(
            "book",
            2,
            &[
                Payee("LendingMarket: Repay, what the borrower does not owe"),
                Payee("LendingMarket: Repay, more than is owed"),
            ],
        )],
    ),
    (
        "actors/lending_market/src/actor/roles.rs",
        &[("pay_treasury", 1, &[Payee("LendingMarket: PayTreasury")])],
    ),
    (
        "actors/loan_agent/src/actor/miner.rs",
        &[
            ("claims", 2, &[Miner]),
            ("call", 1, &[Miner]),
            ("confirm_worker", 1, &[Miner]),
            ("withdraw", 1, &[Miner]),
            ("try_repay", 1, &[Miner]),
        ],
    ),
    (
        "actors/loan_agent/src/actor/mod.rs",
        &[
            ("collect", 1, &[Market]),
            ("pay_income", 1, &[Payee("LoanAgent: PayIncome, the borrower")]),
            ("release", 1, &[Payee("LoanAgent: Release, the borrower")]),
            ("pay", 1, &[Caller]),
        ],
    ),
    (
        "actors/perpetual_storage/src/actor/deals.rs",
        &[("market_notify_deal", 2, &[Miner]), ("check_power", 1, &[Singleton])],
    ),
    (
        "actors/perpetual_storage/src/actor/funds.rs",
        &[("withdraw", 1, &[Payee("PerpetualStorage: Withdraw, its own")])],
    ),
    (
        "actors/perpetual_storage/src/actor/mod.rs",
        &[("pay", 1, &[Caller]), ("move_escrow", 2, &[Singleton])],
    ),
    (
        "actors/perpetual_storage/src/actor/providers.rs",
        &[("vouch", 1, &[Alleged("PerpetualStorage: Vouch")])],
    ),
    (
        "actors/perpetual_storage/src/actor/refresh.rs",
        &[
            (
                "refresh_one",
                3,
                &[Singleton, Miner, Payee("PerpetualStorage: Refresh, its own tip")],
            ),
            ("settle", 1, &[Singleton]),
        ],
    ),
    ("shared/src/deal.rs", &[("standing", 1, &[Singleton]), ("owner_of", 1, &[Caller])]),
    (
        "shared/src/host.rs",
        &[
            ("resolve_or_create", 1, &[Newborn]),
            ("send", 2, &[Caller]),
            ("try_send", 1, &[Caller]),
            ("pay", 1, &[Caller]),
            ("pay_bystander", 1, &[Caller]),
            ("view", 1, &[Caller]),
            ("get", 1, &[Caller]),
            ("authenticate", 1, &[Signer("Submit")]),
        ],
    ),
    (
        "shared/src/token/methods.rs",
        &[
            ("transfer", 2, &[Newborn, Receiver("Transfer")]),
            ("transfer_from", 2, &[Newborn, Receiver("TransferFrom")]),
        ],
    ),
    (
        "shared/src/token/movement.rs",
        &[
            ("send", 1, &[Receiver("Transfer")]),
            ("call_hook", 1, &[Receiver("Transfer")]),
            ("deliver", 1, &[Receiver("Mint")]),
            ("offer", 1, &[Limited("Withdraw")]),
        ],
    ),
    (
        "shared/src/token/erc20/methods.rs",
        &[
            ("run", 4, &[Newborn, Receiver("InvokeEVM transferFrom")]),
            ("send", 1, &[Receiver("InvokeEVM transfer")]),
        ],
    ),
];

type Site = (&'static str, usize, &'static [Whom]);

/// File, function, how often it sends, and whom that reaches.
fn sites() -> impl Iterator<Item = (&'static str, &'static str, usize, &'static [Whom])> {
    let of = |(file, sites): &'static (&'static str, &'static [Site])| {
        sites.iter().map(|(function, number, whom)| (*file, *function, *number, *whom))
    };
    SITES.iter().flat_map(of)
}

/// Asserts of a message that is attacked under this name that the sends which say so did reach the
/// attacker, each by an actor of its crate.
#[track_caller]
pub fn assert_attacked(net: &Network, name: &str, calls: &CallTree, attacker: &Address) {
    let calls = calls_to(calls, attacker);
    let cited = |whom: &Whom| whom.attacked().is_some_and(|(attacked, _)| attacked == name);
    for (file, function, _, whom) in sites() {
        for whom in whom.iter().filter(|whom| cited(whom)) {
            let reached = calls.iter().any(|call| whom.is(call) && is_of(net, call, file));
            assert!(reached, "{name}: {function} of {file} has not reached {attacker}: {whom:?}");
        }
    }
}

/// The calls of a tree to an actor, but for the message itself.
pub fn calls_to<'a>(calls: &'a CallTree, to: &Address) -> Vec<&'a CallTree> {
    let below = calls.calls.iter().flat_map(|call| calls_to(call, to));
    calls.calls.iter().filter(|call| call.to == *to).chain(below).collect()
}

/// Whether an actor of the crate that a file is in made the call. What is shared is in any of ours.
fn is_of(net: &Network, call: &CallTree, file: &str) -> bool {
    let Some((actor, _)) = file.strip_prefix("actors/").and_then(|file| file.split_once('/'))
    else {
        return true;
    };
    let state = net.actor(&Address::new_id(call.from));
    let code = net.actors().code(&actor.replace('_', "-"));
    state.is_some_and(|state| state.code == code)
}

/// Functions of `host` that reach another actor.
const HOST: [&str; 8] = [
    "send",
    "try_send",
    "view",
    "get",
    "pay",
    "pay_bystander",
    "authenticate",
    "resolve_or_create",
];
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
    let mut known: Vec<_> = sites()
        .map(|(file, function, number, _)| (file.to_owned(), function.to_owned(), number))
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
    let mut table = Table::new("sites", &["Send", "reaches", "attacked in"]);
    for (file, function, _, whom) in sites() {
        let site = format!("`{function}` of {}", file.replace("actors/", "").replace("src/", ""));
        let attacked: Vec<_> = whom.iter().filter_map(|whom| whom.attacked()).collect();
        for (name, tables) in &attacked {
            let there = tables.iter().any(|table| names(table).iter().any(|there| there == name));
            assert!(there, "{site}: none of {tables:?} has {name}");
        }
        let reaches: Vec<_> = whom.iter().map(|whom| whom.told()).collect();
        let attacked: Vec<_> = attacked.iter().map(|(name, _)| *name).collect();
        table.row(vec![site, reaches.join("; "), attacked.join("; ")]);
    }
    table.verify();
}
