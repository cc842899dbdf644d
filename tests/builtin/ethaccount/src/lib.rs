//! Stand-in for the Ethereum account: an externally owned account at an f410 address. It has no
//! state; the FVM turns a placeholder into one when the placeholder first sends a message.
#![cfg_attr(target_arch = "wasm32", no_std)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing))]

#[cfg(target_arch = "wasm32")]
mod actor;
