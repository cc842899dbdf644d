//! How income from a dataset is shared.

use alloc::vec::Vec;

use fvm_ipld_blockstore::Blockstore;
use fvm_shared::ActorID;
use fvm_shared::bigint::BigInt;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use shared::math::{mul_div_down, share_down};

use crate::api::{Cash, Currency, DatasetId, Replica, RevenueRules};
use crate::error::Error;
use crate::state::{Cold, Message, State};

/// Those with a part in the income from one dataset, beside those who stake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parties {
    pub curator: Option<ActorID>,
    /// The payee of each active replica: some more than once, for as many parts.
    pub payees: Vec<ActorID>,
}

impl State {
    /// The parties to a dataset. One that the DAO itself listed has no curator: what the DAO owed
    /// itself could not be paid out.
    pub fn parties(
        &self,
        store: &impl Blockstore,
        message: &Message,
        dataset: DatasetId,
        curator: Option<ActorID>,
    ) -> Result<Parties, Error> {
        let replicas = self.slots(store, dataset)?.replicas;
        let active = replicas.iter().filter(|replica| replica.is_active(message.now));
        Ok(Parties {
            curator: curator.filter(|curator| *curator != message.dao),
            payees: active.map(|replica| replica.payee).collect(),
        })
    }
}

impl Cold {
    /// Shares income that is booked, rounding every part down. The treasury has what is left.
    pub fn share(
        &mut self,
        store: &impl Blockstore,
        rules: &RevenueRules,
        parties: &Parties,
        currency: Currency,
        amount: &TokenAmount,
    ) -> Result<(), Error> {
        let mut left = amount.clone();
        let stakers = share_down(amount, rules.stakers)?;
        if self.staking.distribute(currency, &stakers) {
            left -= &stakers;
        }
        let mut credits = Vec::new();
        if let Some(curator) = parties.curator {
            credits.push((curator, share_down(amount, rules.curator)?));
        }
        let providers = share_down(amount, rules.providers)?;
        let parts = BigInt::from(parties.payees.len());
        // No part for nobody.
        if let Some(part) = mul_div_down(&providers, &BigInt::from(1), &parts) {
            credits.extend(parties.payees.iter().map(|payee| (*payee, part.clone())));
        }
        left -= credits.iter().map(|(_, part)| part).sum::<TokenAmount>();
        let credits: Vec<(ActorID, Cash)> =
            credits.into_iter().map(|(to, part)| (to, Cash::of(currency, part))).collect();
        self.books.credit(store, &credits)?;
        self.books.to_treasury(currency, &left);
        Ok(())
    }
}

impl Replica {
    /// Whether the deal is known to be active and has not come to its end.
    #[must_use]
    pub fn is_active(&self, now: ChainEpoch) -> bool {
        self.activated.is_some() && now < self.end_epoch
    }
}
