//! DataDAO: people who want data kept list it here, storage providers store it, and every provider
//! that takes on a replica is rewarded in the DAO's own token, $DATA. Whoever has $DATA decides what
//! the DAO does.
//!
//! The DAO is the client of the deals. The market asks it about every proposal
//! (AuthenticateMessage) and tells it of every deal (MarketNotifyDeal); the rules for both are in
//! [`deals`], what becomes of the deals in [`refresh`]. [`datasets`] says what is wanted,
//! [`rewards`] what it earns, [`slots`] who stores it, [`providers`] what they put at stake. [`treasury`]
//! keeps the books for all that the DAO holds: [`staking`], [`access`] to datasets and the [`revenue`] from
//! it, and [`compute`] on them. [`roles`] says who may act at once, [`governance`] how all decide together,
//! within the [`rules`] that only they change. [`state`] is how it is kept, [`api`] how it is
//! called.
#![no_std]
#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::cast_possible_wrap,
        clippy::expect_used,
        clippy::float_arithmetic,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::string_slice,
        clippy::unreachable,
        clippy::unwrap_used
    )
)]

extern crate alloc;

pub mod access;
#[cfg(target_arch = "wasm32")]
mod actor;
pub mod api;
pub mod compute;
pub mod datasets;
pub mod deals;
pub mod error;
pub mod governance;
pub mod invariants;
pub mod providers;
pub mod refresh;
pub mod retrieval;
pub mod revenue;
pub mod rewards;
pub mod roles;
pub mod rules;
pub mod slots;
pub mod staking;
pub mod state;
#[cfg(test)]
mod tests;
pub mod treasury;
