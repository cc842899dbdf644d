//! Stand-in for the storage power actor (f04): creates miners, keeps their power and wakes them.
#![no_std]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing))]

extern crate alloc;

#[cfg(target_arch = "wasm32")]
mod actor;
pub mod queue;
pub mod state;
pub mod types;
