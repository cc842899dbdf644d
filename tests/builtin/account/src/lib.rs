//! Stand-in for the account: the actor behind an f1 or f3 address.
//!
//! As on the official account, FRC-42 methods that it does not have end with OK and no data: a
//! caller that looks at the exit code alone takes an account for anything.
#![no_std]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing))]

extern crate alloc;

#[cfg(target_arch = "wasm32")]
mod actor;
pub mod state;
