//! Init (f01) for networks on which native actors can be created.
//!
//! The official Init, opened for codes that a network lists in its manifest after the sixteen
//! official ones: anyone may create those, at an f2 address (Exec) or in the caller's own f4
//! namespace (Exec4). State layout, parameters and address allocation are the official ones, so
//! that the FVM, Lotus and genesis builders work unchanged.
#![no_std]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing))]

extern crate alloc;

#[cfg(target_arch = "wasm32")]
mod actor;
pub mod admission;
pub mod api;
pub mod error;
pub mod state;
