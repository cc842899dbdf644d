//! Stand-in for the storage market (f05): escrow, and deals from publication to settlement.
//!
//! Left out: VerifyDealsForActivation and BatchActivateDeals, which only sectors that are committed
//! with deal ids in their pre-commitment need. Here deals activate by SectorContentChanged.
#![no_std]

extern crate alloc;

#[cfg(target_arch = "wasm32")]
mod actor;
pub mod escrow;
pub mod lifecycle;
pub mod policy;
pub mod publish;
pub mod state;
#[cfg(test)]
mod tests;
pub mod types;
