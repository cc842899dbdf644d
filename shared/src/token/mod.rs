//! A fungible token with votes. The rules are [`Token`]'s; FRC-46 and ERC-20 are two faces of them.
//! The ledger is our own and not `frc46_token`'s, so that a movement loads and writes each map once.

mod api;
pub mod erc20;
mod holder;
mod invariants;
mod ledger;
#[cfg(target_arch = "wasm32")]
pub mod methods;
#[cfg(test)]
mod model;
#[cfg(target_arch = "wasm32")]
mod movement;
mod receiver;
#[cfg(test)]
mod tests;
mod votes;

pub use api::*;
pub use holder::Holder;
pub use ledger::{Balances, Token, max_amount};
pub use receiver::{HookData, hook};
pub use votes::Electorate;
