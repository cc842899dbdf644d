//! The market's ledger: deals, who is owed what, and what cron has to look at.

use alloc::format;
use alloc::vec::Vec;

use builtin_common::{Exit, Result};
use cid::Cid;
use fvm_ipld_amt::Amt;
use fvm_ipld_blockstore::Blockstore;
use fvm_ipld_encoding::tuple::*;
use fvm_ipld_encoding::{DAG_CBOR, to_vec};
use fvm_shared::ActorID;
use fvm_shared::clock::{ChainEpoch, EPOCH_UNDEFINED};
use fvm_shared::deal::DealID;
use fvm_shared::error::ExitCode;
use fvm_shared::sector::SectorNumber;
use integer_encoding::VarInt;
use multihash_codetable::{Code, MultihashDigest};
use shared::ext::market::{
    DealProposal, EX_DEAL_EXPIRED, EX_DEAL_NOT_ACTIVATED, GetDealActivationReturn,
};
use shared::map::Key;
use shared::{Error, Map, MapSpec};

use crate::escrow::Account;
use crate::policy;

static DEALS: MapSpec = MapSpec { name: "deals", bit_width: 5 };
static PENDING: MapSpec = MapSpec { name: "pending proposals", bit_width: 5 };
static ACCOUNTS: MapSpec = MapSpec { name: "escrow accounts", bit_width: 5 };
static SECTORS: MapSpec = MapSpec { name: "deals of sectors", bit_width: 5 };
const SCHEDULE: &str = "schedule";
const SCHEDULE_BIT_WIDTH: u32 = 6;

/// The deal is over, and the market has forgotten it.
pub const EXPIRED: ExitCode = ExitCode::new(EX_DEAL_EXPIRED);
/// The deal is not yet in a proven sector.
pub const NOT_ACTIVATED: ExitCode = ExitCode::new(EX_DEAL_NOT_ACTIVATED);

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// Deals from publication until they are over, by id.
    pub deals: Cid,
    /// CIDs of the proposals that may not be published again.
    pub pending: Cid,
    /// Escrow by actor.
    pub accounts: Cid,
    /// Ids of the active deals in each sector.
    pub sectors: Cid,
    /// Ids of the deals that cron looks at, by epoch.
    pub schedule: Cid,
    pub next_id: DealID,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Deal {
    /// With f0 addresses, those of the next two fields.
    pub proposal: DealProposal,
    pub client: ActorID,
    pub provider: ActorID,
    /// Of a verified deal until it is activated.
    pub allocation: Option<u64>,
    pub activation: Option<Activation>,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Activation {
    pub sector: SectorNumber,
    pub epoch: ChainEpoch,
    /// When the deal was last settled.
    pub settled: Option<ChainEpoch>,
}

/// A deal and its parties, as events name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parties {
    pub id: DealID,
    pub client: ActorID,
    pub provider: ActorID,
}

impl Deal {
    pub fn parties(&self, id: DealID) -> Parties {
        Parties { id, client: self.client, provider: self.provider }
    }
}

/// A sector of a provider.
pub struct SectorKey {
    pub provider: ActorID,
    pub sector: SectorNumber,
}

impl Key for SectorKey {
    fn to_key(&self) -> Vec<u8> {
        let mut key = self.provider.encode_var_vec();
        key.extend(self.sector.encode_var_vec());
        key
    }
}

/// The CID by which duplicates of a proposal are told.
pub fn proposal_cid(bytes: &[u8]) -> Cid {
    Cid::new_v1(DAG_CBOR, Code::Blake2b256.digest(bytes))
}

pub fn proposal_bytes(proposal: &DealProposal) -> Result<Vec<u8>> {
    to_vec(proposal).map_err(|e| Error::encoding("proposal", e).into())
}

/// The state with its maps open. Changes last once the state that [`Ledger::flush`] returns does.
pub struct Ledger<'s, BS> {
    pub deals: Map<'s, BS, DealID, Deal>,
    pub pending: Map<'s, BS, Cid, DealID>,
    pub accounts: Map<'s, BS, ActorID, Account>,
    pub sectors: Map<'s, BS, SectorKey, Vec<DealID>>,
    schedule: Amt<Vec<DealID>, &'s BS>,
    pub next_id: DealID,
}

impl State {
    pub fn new<BS: Blockstore>(store: &BS) -> Result<Self> {
        let mut schedule = Amt::<Vec<DealID>, _>::new_with_bit_width(store, SCHEDULE_BIT_WIDTH);
        Ok(State {
            deals: Map::<BS, DealID, Deal>::empty(store, &DEALS)?,
            pending: Map::<BS, Cid, DealID>::empty(store, &PENDING)?,
            accounts: Map::<BS, ActorID, Account>::empty(store, &ACCOUNTS)?,
            sectors: Map::<BS, SectorKey, Vec<DealID>>::empty(store, &SECTORS)?,
            schedule: schedule.flush().map_err(|e| Error::state(SCHEDULE, e))?,
            next_id: 0,
        })
    }

    pub fn open<'s, BS: Blockstore>(&self, store: &'s BS) -> Result<Ledger<'s, BS>> {
        Ok(Ledger {
            deals: Map::load(store, &self.deals, &DEALS)?,
            pending: Map::load(store, &self.pending, &PENDING)?,
            accounts: Map::load(store, &self.accounts, &ACCOUNTS)?,
            sectors: Map::load(store, &self.sectors, &SECTORS)?,
            schedule: Amt::load(&self.schedule, store).map_err(|e| Error::state(SCHEDULE, e))?,
            next_id: self.next_id,
        })
    }
}

impl<BS: Blockstore> Ledger<'_, BS> {
    pub fn flush(mut self) -> Result<State> {
        Ok(State {
            deals: self.deals.flush()?,
            pending: self.pending.flush()?,
            accounts: self.accounts.flush()?,
            sectors: self.sectors.flush()?,
            schedule: self.schedule.flush().map_err(|e| Error::state(SCHEDULE, e))?,
            next_id: self.next_id,
        })
    }

    pub fn deal(&self, id: DealID) -> Result<&Deal> {
        match self.deals.get(&id)? {
            Some(deal) => Ok(deal),
            None if id < self.next_id => Err(Exit::new(EXPIRED, format!("deal {id} expired"))),
            None => Err(Exit::not_found(format!("no such deal {id}"))),
        }
    }

    /// When the deal was activated. A deal that was terminated is forgotten at once.
    pub fn activation(&self, id: DealID) -> Result<GetDealActivationReturn> {
        let activated = self.deal(id)?.activation.as_ref().map_or(EPOCH_UNDEFINED, |a| a.epoch);
        Ok(GetDealActivationReturn { activated, terminated: EPOCH_UNDEFINED })
    }

    pub fn sector(&self, id: DealID) -> Result<SectorNumber> {
        match &self.deal(id)?.activation {
            Some(activation) => Ok(activation.sector),
            None => Err(Exit::new(NOT_ACTIVATED, format!("deal {id} not yet activated"))),
        }
    }

    /// Lets cron look at a deal at its first turn from `earliest` on.
    pub fn schedule(&mut self, id: DealID, earliest: ChainEpoch) -> Result<()> {
        let epoch = index(policy::update_epoch(id, earliest))?;
        let wrap = |e| Error::state(SCHEDULE, e);
        let mut ids = self.schedule.get(epoch).map_err(wrap)?.cloned().unwrap_or_default();
        ids.push(id);
        Ok(self.schedule.set(epoch, ids).map_err(wrap)?)
    }

    /// Takes from the schedule what is due at `now` or before, in order.
    pub fn take_due(&mut self, now: ChainEpoch) -> Result<Vec<DealID>> {
        let last = index(now)?;
        let wrap = |e| Error::state(SCHEDULE, e);
        let (mut epochs, mut due) = (Vec::new(), Vec::new());
        for entry in &self.schedule {
            let (epoch, ids) = entry.map_err(wrap)?;
            if epoch > last {
                break;
            }
            epochs.push(epoch);
            due.extend_from_slice(ids);
        }
        for epoch in epochs {
            self.schedule.delete(epoch).map_err(wrap)?;
        }
        Ok(due)
    }
}

fn index(epoch: ChainEpoch) -> Result<u64> {
    u64::try_from(epoch).map_err(|e| Exit::illegal_state(format!("epoch {epoch}: {e}")))
}
