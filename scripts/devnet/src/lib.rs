//! A node that speaks the JSON-RPC of Lotus, over the embedded FVM: a Filecoin network of one's own
//! for development, on which native actors run.
//!
//! [`node`] makes tipsets of what waits in the [`pool`] and takes what clients send; [`chain`] has the
//! tipsets, [`db`] keeps them on disk where it is asked to, [`view`] and [`simulate`] read and try without
//! changing anything. [`gas`] estimates and prices. [`api`] has the methods by name, [`controls`] those
//! that no network has: time at will, FIL, miners, snapshots. [`server`] serves it all.
//!
//! It is no node for money: its accounts' keys are known, and proofs are taken on trust.

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
pub mod view;
pub mod wallet;

pub use lotus::tipset;
