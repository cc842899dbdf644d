//! What two or more actors need.
//!
//! The crate splits where the FVM begins. Everything but `host` is plain Rust over a
//! [`fvm_ipld_blockstore::Blockstore`] and runs under `cargo test`; `host` is the one place that
//! makes system calls, and exists only on `wasm32`.
//!
//! An actor's methods are declared by [`methods!`] and let in by [`dispatch!`], which says who may call
//! each; [`errors!`] numbers what they refuse, [`event`] tells of what they did. [`map`] is how state is
//! kept, [`buffer`] what of it is in memory during a call, [`links`] what its blocks lead to, [`math`] how
//! sums of money are divided, [`page`] how lists are read. [`auth`] is when a signature counts, [`deal`]
//! what becomes of storage deals, [`ext`] what is called of other actors. [`token`] is a whole token,
//! with votes.
#![no_std]
// What a state links to is said by the map that reads it, which may be private.
#![allow(rustdoc::private_intra_doc_links)]
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
mod allocator;
pub mod auth;
pub mod buffer;
pub mod deal;
pub mod dispatch;
pub mod error;
pub mod event;
pub mod ext;
#[cfg(target_arch = "wasm32")]
pub mod host;
pub mod links;
pub mod map;
pub mod math;
pub mod method;
pub mod page;
pub mod token;

pub use dispatch::Caller;
pub use error::{Error, Fault};
pub use frc42_dispatch::method_hash;
pub use fvm_shared::MethodNum;
pub use map::{Map, MapSpec};
pub use method::Method;
