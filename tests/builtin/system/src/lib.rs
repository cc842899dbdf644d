//! Stand-in for the system actor (f00), whose state tells the FVM where the manifest of built-in
//! actors is. Genesis writes that state itself, as no message can run before it is there.
#![no_std]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing))]

extern crate alloc;

#[cfg(target_arch = "wasm32")]
mod actor;
pub mod state;
