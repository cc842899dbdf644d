//! Stand-in for the DataCap token (f07): the right to store verified data, one token per byte.
//!
//! An FRC-46 token in whole units, which its governor, the verified registry, mints and destroys
//! and which moves only to and from the governor. As on the official actor, an operator named by a
//! mint gets an allowance that is larger than all DataCap can ever be, and that use diminishes.
#![no_std]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing))]

extern crate alloc;

#[cfg(target_arch = "wasm32")]
mod actor;
pub mod state;
pub mod types;
