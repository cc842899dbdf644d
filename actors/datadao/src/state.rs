//! What the DAO keeps, and how.
//!
//! Every block that a message touches is written whole, byte by byte for gas. So what every deal
//! touches is small and lies in the root, what deals only read lies apart from what they write, and
//! what no deal touches lies behind one link.

use alloc::vec::Vec;

use cid::Cid;
use fvm_ipld_blockstore::Blockstore;
use fvm_ipld_encoding::tuple::*;
use fvm_shared::ActorID;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use shared::map::{self, get_block, put_block};
use shared::token::Token;
use shared::{Map, MapSpec, ensure};

use crate::access::Access;
use crate::api::{DatasetId, Record, Role, Rules, TokenRules};
use crate::compute::Compute;
use crate::datasets::{Catalog, Listing};
use crate::error::Error;
use crate::governance::Governance;
use crate::roles::RoleSet;
use crate::rules;
use crate::staking::Staking;
use crate::treasury::Books;

/// Widths of the maps, chosen by gas per deal at 10 to 10,000 entries.
pub static ROLES: MapSpec = MapSpec { name: "roles", bit_width: 3 };
pub static LISTINGS: MapSpec = MapSpec { name: "listings", bit_width: 3 };
pub static REPLICAS: MapSpec = MapSpec { name: "replicas", bit_width: 3 };
pub static RECORDS: MapSpec = MapSpec { name: "records", bit_width: 3 };

/// By account. Nobody is here without a role.
pub type Roles<'s, BS> = Map<'s, BS, ActorID, RoleSet>;
/// By CommP digest: what is wanted. Deals only read it.
pub type Listings<'s, BS> = Map<'s, BS, Vec<u8>, Listing>;
/// By dataset: the link to [`Slots`](crate::slots::Slots), as a dataset with many replicas must not
/// weigh on its neighbours. No dataset is here without any.
pub type Replicas<'s, BS> = Map<'s, BS, DatasetId, Cid>;
/// By provider, and by owner of providers. Nobody is here with nothing.
pub type Records<'s, BS> = Map<'s, BS, ActorID, Record>;

/// The root block.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// [`Config`].
    pub config: Cid,
    /// First epoch after the pause, if there is one.
    pub paused_until: ChainEpoch,
    pub token: Token,
    /// AttoDATA ever minted.
    pub minted: TokenAmount,
    /// AttoDATA that replicas will earn if their deals come to their ends. With what is minted, never
    /// more than the cap.
    pub promised: TokenAmount,
    /// [`Listings`].
    pub listings: Cid,
    /// [`Replicas`].
    pub replicas: Cid,
    /// [`Records`].
    pub records: Cid,
    /// [`Cold`].
    pub cold: Cid,
}

/// The DAO's rules.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Config {
    pub token: TokenRules,
    pub rules: Rules,
}

/// What no deal touches.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Cold {
    /// [`Roles`].
    pub roles: Cid,
    /// Who is offered the admin role, by whom, and whether that admin stays one.
    pub admin_offer: Option<AdminOffer>,
    pub catalog: Catalog,
    pub books: Books,
    pub staking: Staking,
    pub governance: Governance,
    pub access: Access,
    pub compute: Compute,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct AdminOffer {
    pub to: ActorID,
    pub by: ActorID,
    pub keep: bool,
}

/// A message, as the rules see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub now: ChainEpoch,
    /// This DAO.
    pub dao: ActorID,
    pub caller: ActorID,
    /// AttoFIL that came with it.
    pub value: TokenAmount,
}

impl State {
    pub fn new(store: &impl Blockstore, admin: ActorID, config: &Config) -> Result<Self, Error> {
        rules::check_token(&config.token)?;
        rules::check(&config.rules)?;
        let empty = map::empty(store)?;
        let mut roles = Roles::load(store, &empty, &ROLES)?;
        roles.set(&admin, RoleSet::default().with(Role::Admin))?;
        let cold = Cold {
            roles: roles.flush()?,
            admin_offer: None,
            catalog: Catalog::new(empty),
            books: Books::new(empty),
            staking: Staking::new(empty),
            governance: Governance::new(empty),
            access: Access::new(empty),
            compute: Compute::new(empty),
        };
        Ok(State {
            config: put_block(store, "config", config)?,
            paused_until: 0,
            token: Token::new(empty, config.token.liquid_votes),
            minted: TokenAmount::default(),
            promised: TokenAmount::default(),
            listings: empty,
            replicas: empty,
            records: empty,
            cold: put_block(store, "cold", &cold)?,
        })
    }

    pub fn config(&self, store: &impl Blockstore) -> Result<Config, shared::Error> {
        get_block(store, "config", &self.config)
    }

    pub fn cold(&self, store: &impl Blockstore) -> Result<Cold, Error> {
        Ok(get_block(store, "cold", &self.cold)?)
    }

    pub fn set_cold(&mut self, store: &impl Blockstore, cold: &Cold) -> Result<(), Error> {
        self.cold = put_block(store, "cold", cold)?;
        Ok(())
    }

    /// Refuses what a pause stops: new deals, purchases, requests, stakes and bonds. Nothing that
    /// takes out what is one's own.
    pub fn check_running(&self, now: ChainEpoch) -> Result<(), Error> {
        ensure!(self.paused_until <= now, Error::Paused(self.paused_until));
        Ok(())
    }
}
