//! Init (f01) for networks on which native actors can be created.
//!
//! The official Init, opened for codes that a network lists in its manifest after the sixteen
//! official ones: anyone may create those, at an f2 address (Exec) or in the caller's own f4
//! namespace (Exec4). State layout, parameters and address allocation are the official ones, so
//! that the FVM, Lotus and genesis builders work unchanged.
#![no_std]
#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::cast_possible_wrap,
        clippy::expect_used,
        clippy::float_arithmetic,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::string_slice,
        clippy::unreachable,
        clippy::unwrap_used
    )
)]

extern crate alloc;

#[cfg(target_arch = "wasm32")]
mod actor;
pub mod admission;
pub mod api;
pub mod error;
pub mod state;
