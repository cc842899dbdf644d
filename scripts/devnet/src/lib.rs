//! A node that speaks the JSON-RPC of Lotus, over the embedded FVM: a Filecoin network of one's own
//! for development, on which native actors run.

pub mod accounts;
pub mod api;
pub mod car;
pub mod chain;
pub mod controls;
pub mod db;
pub mod follow;
pub mod gas;
pub mod gate;
pub mod inclusion;
pub mod node;
pub mod outbox;
pub mod pending;
pub mod pool;
pub mod server;
pub mod simulate;
pub mod tipset;
pub mod view;
pub mod wallet;
