//! The description of the workspace's own actors, against these actors.

mod arbitrary;
mod messages;
mod round_trip;
mod states;

use std::path::Path;
use std::sync::LazyLock;

use shared::ext::{account, loan_agent, market, miner, power};
use shared::method::Listed;
use shared::token;

use crate::schema::{Abi, Actor};

static ABI: LazyLock<Abi> = LazyLock::new(|| {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    crate::source::read(&workspace).unwrap_or_else(|error| panic!("{error:#}"))
});

/// Tables of each actor's methods, as it is built with them.
const TABLES: [(&str, &[&[Listed]]); 9] = [
    ("init", &[actor_init::api::METHODS]),
    ("datadao", &[actor_datadao::api::METHODS, token::METHODS]),
    ("perpetual-storage", &[actor_perpetual_storage::api::METHODS]),
    ("lending-market", &[actor_lending_market::api::METHODS, token::METHODS]),
    ("loan-agent", &[loan_agent::METHODS, actor_loan_agent::api::METHODS]),
    ("account", &[account::methods::METHODS]),
    ("storagepower", &[power::methods::METHODS]),
    ("storageminer", &[miner::methods::METHODS]),
    ("storagemarket", &[market::methods::METHODS]),
];

fn actor(name: &str) -> &'static Actor {
    ABI.actor(name).unwrap()
}
