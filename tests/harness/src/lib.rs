//! A Filecoin network in process, on the real FVM: real WASM, gas, system calls and signatures.
//!
//! [`Network`] is the whole of it: state, epochs, messages. [`Account`] and [`Provider`] are handles
//! on actors that everybody needs. Everything happens by messages, as on a real network, so the same
//! code runs on the stand-in built-in actors and on an official bundle.

mod account;
mod bundle;
mod genesis;
mod journal;
mod machine;
mod market;
mod message;
mod network;
mod outcome;
mod provider;
mod proving;
mod state;
mod store;
mod trace;
mod verified;

pub use account::{Account, Key};
pub use bundle::{Actors, Bundle, OFFICIAL};
pub use car;
pub use fvm_shared::econ::TokenAmount;
pub use genesis::ADDRESSES;
pub use journal::Entry;
pub use machine::NETWORK_VERSION;
pub use message::{Call, SignedMessage};
pub use network::{BLOCK_GAS_LIMIT, CHAIN_ID, EPOCH_SECONDS, Network, Snapshot};
pub use outcome::{Outcome, Reply};
pub use provider::Provider;
pub use store::Store;
pub use trace::{CallTree, IpldOperation};

/// An amount of whole FIL.
#[must_use]
pub fn fil(whole: i64) -> TokenAmount {
    TokenAmount::from_whole(whole)
}

/// An amount of attoFIL.
#[must_use]
pub fn atto(atto: u64) -> TokenAmount {
    TokenAmount::from_atto(atto)
}
