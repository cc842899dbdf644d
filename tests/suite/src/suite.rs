//! The suite: every actor runs as WASM in the real FVM, on the stand-in built-in actors or on the
//! official bundle that `BUILTIN_ACTORS_CAR` names. One binary, so that modules compile once.

mod attacks;
mod bad_input;
mod builtin;
mod compute;
mod conformance;
mod deals;
mod erc20;
mod gas;
mod governance;
mod hostile;
mod hostile_owners;
mod init;
mod ipc;
mod lending;
mod model;
mod network;
mod node;
mod perpetual;
mod rewards;
mod roles;
mod setup;
mod staking_and_access;
mod tidy;
mod token;
mod worker;
