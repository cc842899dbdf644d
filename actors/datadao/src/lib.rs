//! DataDAO: people who want data kept list it here, storage providers store it, and every provider
//! that takes on a replica is rewarded in the DAO's own token, $DATA.
//!
//! The DAO is the client of the deals. The market asks it about every proposal
//! (AuthenticateMessage) and tells it of every deal (MarketNotifyDeal); the rules for both are in
//! [`deals`]. [`datasets`] says what is wanted, [`rewards`] what is owed, [`state`] how it is kept,
//! [`api`] how it is called.
#![no_std]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing))]

extern crate alloc;

#[cfg(target_arch = "wasm32")]
mod actor;
pub mod api;
pub mod datasets;
pub mod deals;
pub mod error;
pub mod invariants;
pub mod rewards;
pub mod state;
#[cfg(test)]
mod tests;
