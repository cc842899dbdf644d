//! The actors themselves, whose own types have the last word on what is encoded.

use shared::ext::{account, loan_agent, market, miner, power};
use shared::method::Listed;
use shared::token;

/// Tables of each actor's methods, as it is built with them: ours, and the built-in ones that ours
/// call.
pub const TABLES: [(&str, &[&[Listed]]); 9] = [
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

/// The methods of an actor, in the order of its tables; none of one that has no table.
pub fn methods(actor: &str) -> impl Iterator<Item = &'static Listed> {
    let tables = TABLES.iter().find(|(name, _)| *name == actor).map_or(&[][..], |(_, own)| own);
    tables.iter().copied().flatten()
}
