//! Stand-in for the reward actor (f02): pays block producers and tells what the network mints.
#![no_std]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing))]

#[cfg(target_arch = "wasm32")]
mod actor;
pub mod minting;
pub mod state;
pub mod types;
