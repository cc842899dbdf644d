//! Which methods the steps send: every one that changes something, or it is named here.

use std::cell::RefCell;
use std::collections::BTreeSet;

use abi::actors::methods;
use fvm_shared::MethodNum;

thread_local! {
    /// Methods that a step of this test sent and that were accepted, by actor.
    static SENT: RefCell<BTreeSet<(&'static str, MethodNum)>> = RefCell::default();
}

const ACTORS: [&str; 5] = ["init", "datadao", "perpetual-storage", "lending-market", "loan-agent"];

/// How the names of methods begin that change nothing.
const READS: [&str; 13] = [
    "Allowance",
    "Balance",
    "Estimate",
    "Find",
    "Get",
    "Granularity",
    "Has",
    "Holds",
    "List",
    "Name",
    "Retrieve",
    "Symbol",
    "TotalSupply",
];

/// What no step sends, by actor.
const LEFT_OUT: [(&str, &str); 18] = [
    // Sent once, when the world is founded.
    ("init", "Constructor Exec"),
    ("datadao", "Constructor"),
    ("perpetual-storage", "Constructor"),
    ("lending-market", "Constructor"),
    // Sent by other actors in the course of steps, and refused to those that try it.
    ("init", "Exec4"),
    ("datadao", "AuthenticateMessage MarketNotifyDeal Receive"),
    ("perpetual-storage", "AuthenticateMessage MarketNotifyDeal Receive"),
    ("loan-agent", "Constructor Activate Collect Release"),
    // Whoever has a role keeps it, and what it has set stays.
    ("datadao", "GrantRole RevokeRole OfferAdmin AcceptAdmin"),
    ("lending-market", "ChangeGovernor SetTreasury SetDepositCap SetUnderwriter"),
    // Shares stay with those who deposited. Their token is the one that the DAO has.
    ("lending-market", "Transfer TransferFrom Burn BurnFrom InvokeEVM"),
    ("lending-market", "IncreaseAllowance DecreaseAllowance RevokeAllowance"),
    // Every loan is signed, in custody and drawn whole. What income its collateral allows, the model
    // does not know.
    ("lending-market", "ApproveSpec CancelNonces Draw WithdrawIncome Seize"),
    ("loan-agent", "PayIncome Seize ChangeWorkerAddress ConfirmChangeWorkerAddress"),
    ("loan-agent", "ChangePeerID ChangeMultiaddrs"),
    // The same token in another encoding.
    ("datadao", "InvokeEVM"),
    // What somebody says, and no rule of the model's listens to.
    ("lending-market", "Attest"),
    ("perpetual-storage", "AttestRegion"),
];

/// Forgets what was sent before.
pub fn begin() {
    SENT.take();
}

pub fn sent(actor: &'static str, method: MethodNum) {
    SENT.with_borrow_mut(|sent| sent.insert((actor, method)));
}

/// Asserts that what was never accepted is what is left out.
pub fn check() {
    let sent = SENT.take();
    let reads = |name: &str| READS.iter().any(|start| name.starts_with(start));
    let missing = ACTORS
        .into_iter()
        .flat_map(|actor| methods(actor).map(move |method| (actor, method)))
        .filter(|(_, method)| !reads(method.name))
        .filter(|(actor, method)| !sent.contains(&(*actor, method.number)))
        .map(|(actor, method)| format!("{actor} {}", method.name));
    let named = LEFT_OUT.iter().flat_map(|(actor, methods)| {
        methods.split(' ').map(move |method| format!("{actor} {method}"))
    });
    assert_eq!(missing.collect::<BTreeSet<_>>(), named.collect(), "methods that no step sends");
}
