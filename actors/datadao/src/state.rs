//! What the DAO keeps, and how.
//!
//! Every block that a message touches is written whole, byte by byte for gas, so what every deal
//! touches is small and what is read seldom lies in blocks of its own.

use alloc::string::String;
use alloc::vec::Vec;

use cid::Cid;
use fvm_ipld_blockstore::Blockstore;
use fvm_ipld_encoding::tuple::*;
use fvm_shared::ActorID;
use fvm_shared::deal::DealID;
use fvm_shared::econ::TokenAmount;
use shared::ext::DataCid;
use shared::map::put_block;
use shared::token::Token;
use shared::{Map, MapSpec, ensure};

use crate::api::{DatasetId, Deal, DealPolicy, Replica, RewardPayment};
use crate::error::Error;

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
pub type Deals<'s, BS> = Map<'s, BS, DealID, Deal>;
/// By owner: attoDATA earned and not yet paid. Nobody is here with nothing.
pub type Rewards<'s, BS> = Map<'s, BS, ActorID, TokenAmount>;

const TOKEN_NAME_MAX_BYTES: usize = 64;
const TOKEN_SYMBOL_MAX_BYTES: usize = 16;
/// Under this not even an account's hook runs through, and nobody could ever be paid.
pub const HOOK_GAS_MIN: u64 = 1_000_000;
/// Above this a batch of [`CLAIM_MAX_OWNERS`](crate::api::CLAIM_MAX_OWNERS) that all burn their gas
/// would not fit in a block of 10^10 gas.
pub const HOOK_GAS_MAX: u64 = 250_000_000;

/// The root block.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct State {
    pub admin: ActorID,
    /// [`Settings`], which no message changes.
    pub settings: Cid,
    pub token: Token,
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
            token: Token::new(store, false)?,
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
        let fits = |text: &str, max: usize| (1..=max).contains(&text.len());
        let (name, symbol) = (TOKEN_NAME_MAX_BYTES, TOKEN_SYMBOL_MAX_BYTES);
        ensure!(fits(&self.token_name, name), Error::TokenName(name));
        ensure!(fits(&self.token_symbol, symbol), Error::TokenSymbol(symbol));
        let policy = &self.policy;
        let durations_fit = 0 < policy.min_duration && policy.min_duration <= policy.max_duration;
        ensure!(durations_fit, Error::PolicyDuration);
        ensure!(policy.max_start_delay >= 0, Error::PolicyStart);
        let amounts_fit = !policy.max_price_per_epoch.is_negative()
            && !policy.max_client_collateral.is_negative();
        ensure!(amounts_fit, Error::PolicyAmount);
        let (min, max) = (HOOK_GAS_MIN, HOOK_GAS_MAX);
        let gas_fits = (min..=max).contains(&self.payment.hook_gas_limit);
        ensure!(gas_fits, Error::HookGas { min, max });
        Ok(())
    }
}
