//! What comes from strangers, tried with any bytes.
//!
//! A target is a function of bytes that panics where a rule is broken. [`TARGETS`] lists them: the
//! binaries in `targets` run each under libFuzzer (`scripts/fuzz`), and a test runs all of them on
//! stable Rust over their seeds, over what long runs have found and over mutations of both. Seeds
//! are made here, from the actors' own source, so that a new method is tried without being listed.
//! `corpus/TARGET.hex` has, one input a line, what reaches code that seeds do not.
#![expect(
    clippy::redundant_closure_for_method_calls,
    reason = "what methods do reads best where all are written alike"
)]

pub mod calldata;
pub mod chains;
pub mod corpus;
pub mod datadao;
mod deals;
pub mod json;
pub mod lending;
pub mod loans;
mod messages;
pub mod meter;
pub mod methods;
pub mod params;
pub mod replies;
pub mod storage;
mod token;
pub mod transactions;
pub mod vouches;
mod world;

#[cfg(test)]
mod tests;

/// Something to be tried with any bytes.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    pub name: &'static str,
    /// Panics where a rule is broken.
    pub run: fn(&[u8]),
    /// Inputs to start from, beside those of the corpus.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

pub const TARGETS: [Target; 11] = [
    Target { name: "params", run: params::run, seeds: params::seeds },
    Target { name: "replies", run: replies::run, seeds: replies::seeds },
    Target { name: "json", run: json::run, seeds: json::seeds },
    Target { name: "calldata", run: calldata::run, seeds: calldata::seeds },
    Target { name: "vouches", run: vouches::run, seeds: vouches::seeds },
    Target { name: "transactions", run: transactions::run, seeds: Vec::new },
    Target { name: "chains", run: chains::run, seeds: chains::seeds },
    Target { name: "loans", run: loans::run, seeds: loans::seeds },
    Target { name: "storage", run: storage::run, seeds: storage::seeds },
    Target { name: "datadao", run: datadao::run, seeds: datadao::seeds },
    Target { name: "lending", run: lending::run, seeds: lending::seeds },
];
