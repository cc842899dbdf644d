//! The development node.

mod at_once;
mod broken;
mod call;
mod chain;
mod cli;
mod common;
mod crash;
mod disk;
mod eth;
mod export;
mod gas;
mod import;
mod kill;
mod load;
mod miners;
mod mpool;
mod payer;
mod pending;
mod sending;
mod setup;
mod state;
mod wait;
mod wallet;
