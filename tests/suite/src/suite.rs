//! The suite: every actor runs as WASM in the real FVM, on the stand-in built-in actors or on the
//! official bundle that `BUILTIN_ACTORS_CAR` names. One binary, so that modules compile once.

mod bad_input;
mod builtin;
mod deals;
mod erc20;
mod gas;
mod hostile_owners;
mod init;
mod network;
mod rewards;
mod setup;
mod tidy;
mod token;
