//! What the storage keeps, and how.
//!
//! Every block that a message touches is written whole, byte by byte for gas, and a map is written
//! from its root down. So the deals of a publish write the root block alone: each is added to a short
//! list there, and whoever next changes its perpetual deal takes it from the list. All that reads a
//! perpetual deal sees it with what the list has for it: [`State::find`] is the way.

use alloc::vec::Vec;

use cid::Cid;
use fvm_ipld_blockstore::Blockstore;
use fvm_ipld_encoding::tuple::*;
use fvm_shared::ActorID;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use shared::map::{self, get_block, put_block};
use shared::{Map, MapSpec};

use crate::api::{Attestation, Funds, PerpetualDealId, Record, Rules};
use crate::deals::Fill;
use crate::error::Error;
use crate::funds::Accounts;
use crate::perpetual::Perpetual;
use crate::policy;

/// Widths of the maps, chosen by gas at 10 to 100,000 entries.
pub static DEALS: MapSpec = MapSpec { name: "deals", bit_width: 3 };
pub static ACCOUNTS: MapSpec = MapSpec { name: "accounts", bit_width: 3 };
pub static RECORDS: MapSpec = MapSpec { name: "records", bit_width: 3 };
pub static REGIONS: MapSpec = MapSpec { name: "regions", bit_width: 3 };

/// By number: the link to [`Perpetual`]. None is here that is closed and has no storage deals.
pub type Deals<'s, BS> = Map<'s, BS, PerpetualDealId, Cid>;
/// By provider, and by owner of providers. Nobody is here with nothing.
pub type Records<'s, BS> = Map<'s, BS, ActorID, Record>;
/// By attester and provider.
pub type Regions<'s, BS> = Map<'s, BS, (ActorID, ActorID), Attestation>;

/// Storage deals that the root block lists before they are taken from it: what each of them costs
/// the next one of a publish, against what writing the maps would.
pub const MAX_RECENT: usize = 24;

/// The root block.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct State {
    pub rules: Rules,
    /// AttoFIL of the balance that are somebody's.
    pub booked: TokenAmount,
    /// AttoFIL of the escrow in the market that no storage deal locks, as far as it is known.
    pub escrow: TokenAmount,
    /// AttoFIL that the market may still give back of what storage deals lock, at the most.
    pub refundable: TokenAmount,
    /// See [`Books::going_rate`](crate::api::Books::going_rate).
    pub going_rate: Option<TokenAmount>,
    /// Number of the last perpetual deal.
    pub last: PerpetualDealId,
    /// [`Deals`], but for what `recent` has.
    pub deals: Cid,
    /// Storage deals that are not in `deals` yet, oldest first.
    pub recent: Vec<Fill>,
    /// [`Records`].
    pub records: Cid,
    /// [`Cold`].
    pub cold: Cid,
}

/// What no storage deal touches when it is published.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Cold {
    /// [`Accounts`].
    pub accounts: Cid,
    /// [`Regions`].
    pub regions: Cid,
}

/// A message, as the rules see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub now: ChainEpoch,
    pub caller: ActorID,
    /// AttoFIL that came with it.
    pub value: TokenAmount,
}

impl State {
    pub fn new(store: &impl Blockstore, rules: Rules) -> Result<Self, Error> {
        policy::check_rules(&rules)?;
        let empty = map::empty(store)?;
        Ok(State {
            rules,
            booked: TokenAmount::default(),
            escrow: TokenAmount::default(),
            refundable: TokenAmount::default(),
            going_rate: None,
            last: 0,
            deals: empty,
            recent: Vec::new(),
            records: empty,
            cold: put_block(store, "cold", &Cold { accounts: empty, regions: empty })?,
        })
    }

    /// A perpetual deal as it is now.
    pub fn perpetual(
        &self,
        store: &impl Blockstore,
        id: PerpetualDealId,
    ) -> Result<Perpetual, Error> {
        self.find(store, id)?.ok_or(Error::NoPerpetualDeal(id))
    }

    /// A perpetual deal as it is now, if there is one.
    pub fn find(
        &self,
        store: &impl Blockstore,
        id: PerpetualDealId,
    ) -> Result<Option<Perpetual>, Error> {
        let deals = Deals::load(store, &self.deals, &DEALS)?;
        let Some(mut perpetual) = stored(store, &deals, id)? else { return Ok(None) };
        for fill in self.recent.iter().filter(|fill| fill.perpetual_deal() == id) {
            perpetual.take_on(fill)?;
        }
        Ok(Some(perpetual))
    }

    /// Puts a perpetual deal in its place, with what it holds and has spent in its uploader's
    /// account. One that is over is forgotten: it holds nothing.
    pub fn set_perpetual(
        &mut self,
        store: &impl Blockstore,
        accounts: &mut Accounts<'_, impl Blockstore>,
        id: PerpetualDealId,
        perpetual: &Perpetual,
    ) -> Result<(), Error> {
        let mut deals = Deals::load(store, &self.deals, &DEALS)?;
        let before = stored(store, &deals, id)?;
        let (held, spent) = match &before {
            Some(before) => (before.committed(&self.rules.tip), before.spent.clone()),
            None => Default::default(),
        };
        let mut funds = accounts.get(perpetual.uploader)?;
        funds.committed += perpetual.committed(&self.rules.tip) - held;
        funds.spent += &perpetual.spent - spent;
        accounts.set(perpetual.uploader, &funds)?;
        if perpetual.is_over() {
            deals.delete(&id)?;
        } else {
            deals.set(&id, put_block(store, "perpetual deal", perpetual)?)?;
        }
        self.deals = deals.flush()?;
        self.recent.retain(|fill| fill.perpetual_deal() != id);
        Ok(())
    }

    pub fn cold(&self, store: &impl Blockstore) -> Result<Cold, Error> {
        Ok(get_block(store, "cold", &self.cold)?)
    }

    pub fn set_cold(&mut self, store: &impl Blockstore, cold: &Cold) -> Result<(), Error> {
        self.cold = put_block(store, "cold", cold)?;
        Ok(())
    }

    /// The funds of an account, with what recent storage deals were paid.
    pub fn funds(&self, store: &impl Blockstore, account: ActorID) -> Result<Funds, Error> {
        let cold = self.cold(store)?;
        let mut funds = Accounts::load(store, &cold.accounts)?.get(account)?;
        let deals = Deals::load(store, &self.deals, &DEALS)?;
        for fill in &self.recent {
            let paid = &fill.replica.paid;
            if paid.is_positive()
                && stored(store, &deals, fill.perpetual_deal())?
                    .is_some_and(|perpetual| perpetual.uploader == account)
            {
                funds.committed -= paid;
                funds.spent += paid;
            }
        }
        Ok(funds)
    }
}

fn stored(
    store: &impl Blockstore,
    deals: &Deals<'_, impl Blockstore>,
    id: PerpetualDealId,
) -> Result<Option<Perpetual>, Error> {
    let link = deals.get(&id)?;
    Ok(link.map(|link| get_block(store, "perpetual deal", link)).transpose()?)
}
