//! What the DAO keeps, and how.
//!
//! Every block that a message touches is written whole, byte by byte for gas, so what every deal
//! touches is small and what is read seldom lies in blocks of its own.

use alloc::string::String;
use alloc::vec::Vec;

use cid::Cid;
use frc46_token::token::state::TokenState;
use fvm_ipld_blockstore::Blockstore;
use fvm_ipld_encoding::tuple::*;
use fvm_shared::ActorID;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::deal::DealID;
use fvm_shared::econ::TokenAmount;
use shared::ext::DataCid;
use shared::map::put_block;
use shared::{Map, MapSpec, ensure, token};

use crate::api::{DatasetId, Deal, DealPolicy, Replica, RewardPayment};
use crate::error::{Error, invalid};

/// Widths of the maps, chosen by gas per deal at 10 to 10,000 entries.
pub static LISTINGS: MapSpec = MapSpec { name: "listings", bit_width: 3 };
pub static DETAILS: MapSpec = MapSpec { name: "details", bit_width: 3 };
pub static DEALS: MapSpec = MapSpec { name: "deals", bit_width: 3 };
pub static REWARDS: MapSpec = MapSpec { name: "rewards", bit_width: 3 };

/// By CommP digest: what is wanted and who stores it.
pub type Listings<'s, BS> = Map<'s, BS, Vec<u8>, Listing>;
/// By number: what nobody needs to accept a deal.
pub type Details<'s, BS> = Map<'s, BS, DatasetId, Cid>;
/// By deal.
pub type Deals<'s, BS> = Map<'s, BS, DealID, DealRecord>;
/// By owner: attoDATA earned and not yet paid. Nobody is here with nothing.
pub type Rewards<'s, BS> = Map<'s, BS, ActorID, TokenAmount>;

const TOKEN_NAME_MAX_BYTES: usize = 64;
const TOKEN_SYMBOL_MAX_BYTES: usize = 16;

/// The root block.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct State {
    pub admin: ActorID,
    /// [`Settings`], which no message changes.
    pub settings: Cid,
    pub token: TokenState,
    pub last_dataset: DatasetId,
    pub listings: Cid,
    pub details: Cid,
    pub deals: Cid,
    pub rewards: Cid,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    pub token_name: String,
    pub token_symbol: String,
    pub policy: DealPolicy,
    pub payment: RewardPayment,
}

/// A dataset as the acceptance of a deal sees it.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    pub id: DatasetId,
    /// Bytes after padding.
    pub piece_size: u64,
    pub wanted: u32,
    pub reward: TokenAmount,
    pub replicas: Vec<Replica>,
}

/// What a listing leaves out.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Detail {
    pub piece_cid: Cid,
    pub payload_cid: DataCid,
    pub locations: Vec<String>,
}

/// A deal as it is kept.
pub type DealRecord = Deal;

impl State {
    pub fn new(
        store: &impl Blockstore,
        admin: ActorID,
        settings: &Settings,
    ) -> Result<Self, Error> {
        settings.validate()?;
        Ok(State {
            admin,
            settings: put_block(store, "settings", settings)?,
            token: token::new(store)?,
            last_dataset: 0,
            listings: Listings::empty(store, &LISTINGS)?,
            details: Details::empty(store, &DETAILS)?,
            deals: Deals::empty(store, &DEALS)?,
            rewards: Rewards::empty(store, &REWARDS)?,
        })
    }

    pub fn settings(&self, store: &impl Blockstore) -> Result<Settings, Error> {
        Ok(shared::map::get_block(store, "settings", &self.settings)?)
    }
}

impl Settings {
    fn validate(&self) -> Result<(), Error> {
        let name_fits = (1..=TOKEN_NAME_MAX_BYTES).contains(&self.token_name.len());
        ensure!(name_fits, invalid("token name", "must have 1 to 64 bytes"));
        let symbol_fits = (1..=TOKEN_SYMBOL_MAX_BYTES).contains(&self.token_symbol.len());
        ensure!(symbol_fits, invalid("token symbol", "must have 1 to 16 bytes"));
        let policy = &self.policy;
        let durations_fit = 0 < policy.min_duration && policy.min_duration <= policy.max_duration;
        ensure!(durations_fit, invalid("deal policy", "durations must be 0 < min ≤ max"));
        let start_fits = (0..=ChainEpoch::MAX / 2).contains(&policy.max_start_delay);
        ensure!(start_fits, invalid("deal policy", "the start delay cannot be negative"));
        let amounts_fit = !policy.max_price_per_epoch.is_negative()
            && !policy.max_client_collateral.is_negative();
        ensure!(amounts_fit, invalid("deal policy", "amounts cannot be negative"));
        ensure!(
            self.payment.hook_gas_limit > 0,
            invalid("reward payment", "a hook needs gas to run")
        );
        Ok(())
    }
}
