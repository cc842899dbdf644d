//! Stand-in for the reward actor (f02): pays block producers and tells what the network mints.
//!
//! Simplified: only the simple part of the minting curve, which halves every six years, is minted.
//! The official actor adds a baseline part in proportion to the power that the network has of its
//! baseline of 2.5 EiB, which on a test network is next to nothing.
#![no_std]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing))]

#[cfg(target_arch = "wasm32")]
mod actor;
pub mod minting;
pub mod state;
pub mod types;
