//! The token as ERC-20, for Ethereum's wallets and contracts: the method InvokeEVM takes calldata as
//! a contract does, and every movement of tokens, by whichever method, emits the event of ERC-20.

mod abi;
mod address;
mod calldata;
mod event;
#[cfg(target_arch = "wasm32")]
mod methods;

pub use abi::{Call, DECIMALS, Value};
pub use address::EthAddress;
pub use calldata::Calldata;
pub use event::{approval, transfer};
#[cfg(target_arch = "wasm32")]
pub use methods::{approved, invoke, transferred};
