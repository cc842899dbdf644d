//! LoanAgent: holds a storage miner until the loan on it is repaid.
//!
//! A LendingMarket creates an agent for each loan, at an f4 address in its own namespace, and the agent
//! obeys that market alone. In custody the agent is the miner's owner and beneficiary; otherwise the
//! borrower stays the owner, and the agent is the beneficiary within a quota and a term. Either way the
//! market has it pull what is due. The agent knows nothing of money owed: what to pull, and when the
//! miner goes back, is for the market to say.
//!
//! [`control`] has the rules of what the miner must say before and after it changes hands, [`state`] who
//! may have the agent do what, [`api`] how it is called.
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

#[cfg(target_arch = "wasm32")]
mod actor;
pub mod api;
pub mod control;
pub mod error;
pub mod state;
#[cfg(test)]
mod tests;
