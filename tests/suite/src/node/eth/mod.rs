//! The node as clients of Ethereum see it: a wallet spends a native actor's token.

mod pushes;
mod reads;
mod token;
pub mod wallet;
