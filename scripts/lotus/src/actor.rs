//! Actors as Lotus writes them in JSON.

use serde::{Deserialize, Serialize};

use crate::json::{Addr, Atto, Link};

/// An actor of the state tree.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "PascalCase")]
pub struct ActorJson {
    pub code: Link,
    /// The root of its state.
    pub head: Link,
    pub nonce: u64,
    pub balance: Atto,
    /// Its f4 address; null for an actor that has none.
    pub delegated_address: Option<Addr>,
}
