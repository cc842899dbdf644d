//! LendingMarket: lenders pool FIL here, and storage providers borrow it on what their miners are worth.
//!
//! Underwriters decide off chain who may borrow what, and sign loan specifications ([`spec`]), which the
//! market takes within the limits of [`underwriting`]. A loan ([`loans`], [`loan`]) has a [`schedule`] that
//! is fixed when its money is drawn, and an agent that holds the borrower's miner; [`payments`] are what
//! comes in for it, and [`distress`] is what happens when it does not. [`pool`] prices the shares of
//! [`lenders`], who leave at once or by the queue of [`exits`]; [`mod@book`] adds up what all loans accrue
//! without looking at any. Sponsors stake [`cover`] that pays for losses first. [`records`] tells how
//! borrowers have paid. [`rules`] says what a governor may change, [`state`] how all is kept, [`api`] how
//! it is called.
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
