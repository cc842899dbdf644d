//! FRC-46 tokens on `frc46_token`: its state and its receiver hook, driven by our own glue so that
//! each message loads and writes the actor's state once.

mod api;
mod ledger;
#[cfg(target_arch = "wasm32")]
pub mod methods;

pub use api::*;
pub use ledger::*;
