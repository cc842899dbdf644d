//! Stand-in for storage miner actors: owner, worker and beneficiary, funds, and sectors.
//!
//! Proofs are not verified, sectors are never faulty, and each deadline has one partition.
#![no_std]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing))]

extern crate alloc;

#[cfg(target_arch = "wasm32")]
mod actor;
pub mod deadlines;
pub mod funds;
pub mod info;
pub mod notify;
#[cfg(target_arch = "wasm32")]
mod onboarding;
pub mod pledge;
pub mod queue;
pub mod sectors;
pub mod state;
pub mod types;
