//! A pool of FIL that lends to storage providers, on the collateral in their miners.
#![no_std]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing))]

extern crate alloc;

#[cfg(target_arch = "wasm32")]
mod actor;
pub mod api;
pub mod book;
pub mod cover;
pub mod distress;
pub mod error;
pub mod exits;
pub mod invariants;
pub mod lenders;
pub mod loan;
pub mod loans;
pub mod payments;
pub mod pool;
pub mod records;
pub mod rules;
pub mod schedule;
pub mod spec;
pub mod state;
#[cfg(test)]
mod tests;
pub mod underwriting;
pub mod views;
