//! Perpetual storage: whoever deposits FIL here has data kept for as long as the money lasts or until
//! the date that it wants, with nobody in charge.
//!
//! An uploader creates a perpetual deal, which wants so many replicas of a piece. For each that is
//! missing or ends soon there is an ad, whose bounty rises until a provider takes it: by publishing a
//! storage deal of which this actor is the client, with the ad's number in the label. [`perpetual`]
//! is about what uploaders want, [`policy`] about its bounds, [`ads`] about which ads there are and
//! what they pay, [`deals`] about the storage deals that are taken on, [`refresh`] about what becomes
//! of them. [`funds`] and [`escrow`] keep the money, [`providers`] knows who kept its deals,
//! [`estimate`] tells what it all costs. [`state`] is how it is kept, [`api`] how it is called.
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
pub mod ads;
pub mod api;
pub mod deals;
pub mod error;
pub mod escrow;
pub mod estimate;
pub mod funds;
pub mod invariants;
pub mod perpetual;
pub mod policy;
pub mod providers;
pub mod refresh;
pub mod state;
#[cfg(test)]
mod tests;
