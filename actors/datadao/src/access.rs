//! Who has access to which dataset.
//!
//! Data is stored encrypted, and servers off the chain keep the keys: they give one out to whoever
//! the DAO says has access (HasAccess), and stop when an event tells them to. The DAO has no keys.
//!
//! What was bought or granted lasts to its end, whatever becomes of the policy; only a grant can be
//! revoked before.

use alloc::vec::Vec;

use cid::Cid;
use fvm_ipld_blockstore::Blockstore;
use fvm_ipld_encoding::tuple::*;
use fvm_shared::ActorID;
use fvm_shared::clock::ChainEpoch;
use shared::ext::DataCid;
use shared::{Map, MapSpec, ensure};

use crate::api::{
    AccessPolicy, AccessPrice, BuyAccessParams, Cash, DatasetId, GetAccessReturn, Role,
};
use crate::datasets::Detail;
use crate::error::Error;
use crate::roles::RoleSet;
use crate::rules::MAX_EPOCHS;
use crate::state::{Cold, Message, State};

/// Periods that can be bought at a time.
pub const MAX_PERIODS: u32 = 100;
/// Accounts that one ExpireAccess can look at.
pub const MAX_EXPIRED: usize = 32;
/// Bits of a price: far from where sums of prices would leave the range of a token amount.
const PRICE_MAX_BITS: u64 = 128;

pub static POLICIES: MapSpec = MapSpec { name: "policies", bit_width: 3 };
pub static GRANTS: MapSpec = MapSpec { name: "grants", bit_width: 3 };

/// By dataset. No dataset is here with the policy that it has without.
pub type Policies<'s, BS> = Map<'s, BS, DatasetId, AccessPolicy>;
/// By dataset and account. Nobody is here with nothing.
pub type Grants<'s, BS> = Map<'s, BS, (DatasetId, ActorID), Grant>;

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// [`Policies`].
    pub policies: Cid,
    /// [`Grants`].
    pub grants: Cid,
}

/// An account's access to a dataset by name: each is the first epoch without, 0 for none ever.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Grant {
    pub granted_until: ChainEpoch,
    pub bought_until: ChainEpoch,
}

/// What those who keep the keys of a dataset are told of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Notice {
    /// First epoch without access on the ground that the notice is about.
    pub until: ChainEpoch,
    /// `None` for a piece that nobody listed.
    pub payload_cid: Option<DataCid>,
}

/// What came of a purchase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bought {
    pub notice: Notice,
    pub paid: Cash,
}

impl Access {
    /// No policies and no grants. `empty` is the root of an empty map.
    #[must_use]
    pub fn new(empty: Cid) -> Self {
        Access { policies: empty, grants: empty }
    }

    fn policy(&self, store: &impl Blockstore, dataset: DatasetId) -> Result<AccessPolicy, Error> {
        let policies = Policies::load(store, &self.policies, &POLICIES)?;
        Ok(policies.get(&dataset)?.cloned().unwrap_or_default())
    }

    fn grant(
        &self,
        store: &impl Blockstore,
        dataset: DatasetId,
        account: ActorID,
    ) -> Result<Grant, Error> {
        let grants = Grants::load(store, &self.grants, &GRANTS)?;
        Ok(grants.get(&(dataset, account))?.copied().unwrap_or_default())
    }

    fn set_grant(
        &mut self,
        store: &impl Blockstore,
        dataset: DatasetId,
        account: ActorID,
        grant: Grant,
    ) -> Result<(), Error> {
        let mut grants = Grants::load(store, &self.grants, &GRANTS)?;
        if grant == Grant::default() {
            grants.delete(&(dataset, account))?;
        } else {
            grants.set(&(dataset, account), grant)?;
        }
        self.grants = grants.flush()?;
        Ok(())
    }
}

impl Grant {
    /// First epoch without access.
    #[must_use]
    pub fn until(&self) -> ChainEpoch {
        self.granted_until.max(self.bought_until)
    }
}

impl Detail {
    fn notice(&self, until: ChainEpoch) -> Notice {
        Notice { until, payload_cid: self.terms.as_ref().map(|terms| terms.payload_cid) }
    }
}

impl State {
    /// Sets who has access to a dataset from now on, and returns its payload. Caller: a curator.
    pub fn set_access(
        &mut self,
        store: &impl Blockstore,
        message: &Message,
        dataset: DatasetId,
        policy: &AccessPolicy,
    ) -> Result<Option<DataCid>, Error> {
        self.check_role(store, message, Role::Curator)?;
        check_policy(policy)?;
        let mut cold = self.cold(store)?;
        let detail = cold.catalog.detail(store, dataset)?;
        let mut policies = Policies::load(store, &cold.access.policies, &POLICIES)?;
        if *policy == AccessPolicy::default() {
            policies.delete(&dataset)?;
        } else {
            policies.set(&dataset, policy.clone())?;
        }
        cold.access.policies = policies.flush()?;
        self.set_cold(store, &cold)?;
        Ok(detail.terms.map(|terms| terms.payload_cid))
    }

    /// Sells access to an account for as many periods as the caller pays for, and shares the income.
    pub fn buy_access(
        &mut self,
        store: &impl Blockstore,
        message: &Message,
        params: &BuyAccessParams,
        to: ActorID,
    ) -> Result<Bought, Error> {
        self.check_running(message.now)?;
        ensure!((1..=MAX_PERIODS).contains(&params.periods), Error::Periods(MAX_PERIODS));
        let (dataset, mut cold) = (params.dataset, self.cold(store)?);
        let detail = cold.catalog.detail(store, dataset)?;
        let AccessPolicy::Paid(price) = cold.access.policy(store, dataset)? else {
            return Err(Error::NotForSale(dataset));
        };
        let AccessPrice { currency, amount, period } = price;
        let total = amount * params.periods;
        ensure!(total <= params.max_price, Error::MaxPrice);
        ensure!(period >= params.min_period, Error::MinPeriod);
        let mut grant = cold.access.grant(store, dataset, to)?;
        let epochs = period.saturating_mul(ChainEpoch::from(params.periods));
        grant.bought_until = grant.bought_until.max(message.now).saturating_add(epochs);
        check_end(grant.bought_until, message.now)?;

        let paid = self.collect(store, message, &mut cold.books, currency, &total)?;
        let rules = self.config(store)?.rules.revenue;
        let parties = self.parties(store, message, dataset, detail.curator)?;
        cold.share(store, &rules, &parties, currency, &total)?;
        cold.access.set_grant(store, dataset, to, grant)?;
        self.set_cold(store, &cold)?;
        Ok(Bought { notice: detail.notice(grant.bought_until), paid })
    }

    /// Grants an account access up to an epoch, whatever an earlier grant said. Caller: a curator.
    pub fn grant_access(
        &mut self,
        store: &impl Blockstore,
        message: &Message,
        dataset: DatasetId,
        to: ActorID,
        until: ChainEpoch,
    ) -> Result<Notice, Error> {
        self.check_role(store, message, Role::Curator)?;
        ensure!(until > message.now, Error::GrantEnd);
        check_end(until, message.now)?;
        let mut cold = self.cold(store)?;
        let detail = cold.catalog.detail(store, dataset)?;
        let grant = cold.access.grant(store, dataset, to)?;
        let grant = Grant { granted_until: until, ..grant };
        cold.access.set_grant(store, dataset, to, grant)?;
        self.set_cold(store, &cold)?;
        Ok(detail.notice(until))
    }

    /// Ends what an account was granted, and returns what it has bought. Caller: a curator.
    pub fn revoke_access(
        &mut self,
        store: &impl Blockstore,
        message: &Message,
        dataset: DatasetId,
        from: ActorID,
    ) -> Result<Notice, Error> {
        self.check_role(store, message, Role::Curator)?;
        let mut cold = self.cold(store)?;
        let detail = cold.catalog.detail(store, dataset)?;
        let grant = cold.access.grant(store, dataset, from)?;
        ensure!(grant.granted_until > message.now, Error::NotGranted(from, dataset));
        let grant = Grant { granted_until: 0, ..grant };
        cold.access.set_grant(store, dataset, from, grant)?;
        self.set_cold(store, &cold)?;
        Ok(detail.notice(grant.bought_until))
    }

    /// Forgets those of the accounts whose access by name has lapsed, and returns them.
    pub fn expire_access(
        &mut self,
        store: &impl Blockstore,
        message: &Message,
        dataset: DatasetId,
        accounts: &[ActorID],
    ) -> Result<Vec<(ActorID, Notice)>, Error> {
        ensure!(accounts.len() <= MAX_EXPIRED, Error::Batch(MAX_EXPIRED));
        let mut cold = self.cold(store)?;
        let detail = cold.catalog.detail(store, dataset)?;
        let mut grants = Grants::load(store, &cold.access.grants, &GRANTS)?;
        let mut expired = Vec::new();
        for account in accounts {
            let key = (dataset, *account);
            let Some(until) = grants.get(&key)?.map(Grant::until) else { continue };
            if until <= message.now {
                grants.delete(&key)?;
                expired.push((*account, detail.notice(until)));
            }
        }
        if !expired.is_empty() {
            cold.access.grants = grants.flush()?;
            self.set_cold(store, &cold)?;
        }
        Ok(expired)
    }

    /// Whether an account has access to a dataset: the condition on which a key is given out. `None`
    /// is an address that stands for nobody, who has access to what is open.
    pub fn has_access(
        &self,
        store: &impl Blockstore,
        now: ChainEpoch,
        account: Option<ActorID>,
        dataset: DatasetId,
    ) -> Result<bool, Error> {
        match self.access(store, now, account, dataset) {
            Err(Error::NoDataset(_)) => Ok(false),
            access => Ok(access?.has),
        }
    }

    /// What an account may do with a dataset, and why. `None` is an address that stands for nobody.
    pub fn access(
        &self,
        store: &impl Blockstore,
        now: ChainEpoch,
        account: Option<ActorID>,
        dataset: DatasetId,
    ) -> Result<GetAccessReturn, Error> {
        let Cold { catalog, access, .. } = self.cold(store)?;
        ensure!(catalog.has(dataset), Error::NoDataset(dataset));
        let policy = access.policy(store, dataset)?;
        let (grant, roles) = match account {
            Some(account) => (access.grant(store, dataset, account)?, self.roles(store, account)?),
            None => (Grant::default(), RoleSet::default()),
        };
        let by_policy = match policy {
            AccessPolicy::Open => true,
            AccessPolicy::Members => roles.has(Role::Member),
            AccessPolicy::Granted | AccessPolicy::Paid(_) => false,
        };
        Ok(GetAccessReturn {
            policy,
            bought_until: grant.bought_until,
            granted_until: grant.granted_until,
            has: by_policy || now < grant.until(),
        })
    }
}

/// Refuses policies that make no sense.
pub fn check_policy(policy: &AccessPolicy) -> Result<(), Error> {
    let AccessPolicy::Paid(price) = policy else { return Ok(()) };
    let amount_fits = price.amount.is_positive() && price.amount.atto().bits() <= PRICE_MAX_BITS;
    ensure!(amount_fits, Error::AccessPrice(PRICE_MAX_BITS));
    ensure!((1..=MAX_EPOCHS).contains(&price.period), Error::AccessPeriod(MAX_EPOCHS));
    Ok(())
}

fn check_end(until: ChainEpoch, now: ChainEpoch) -> Result<(), Error> {
    ensure!(until <= now.saturating_add(MAX_EPOCHS), Error::AccessEnd(MAX_EPOCHS));
    Ok(())
}
