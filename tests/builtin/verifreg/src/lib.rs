//! Stand-in for the verified registry (f06): who may store verified data, and what is stored of it.
//!
//! Verifiers, whom the root names, give DataCap to clients. A client allocates DataCap to a piece
//! by sending it here; the provider that proves the piece claims the allocation.
//!
//! Absent: the terms of claims cannot be extended (a request for it is refused), expired claims
//! stay, and DataCap cannot be taken back from clients.
#![no_std]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing))]

extern crate alloc;

#[cfg(target_arch = "wasm32")]
mod actor;
pub mod allocations;
pub mod claims;
pub mod events;
pub mod state;
pub mod types;
