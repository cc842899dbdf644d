//! Stand-in for cron (f03): calls its entries at the end of every epoch.
#![no_std]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing))]

extern crate alloc;

#[cfg(target_arch = "wasm32")]
mod actor;
pub mod state;
