//! What the rules of a market may be, and who changes what is not fixed.

use fvm_ipld_blockstore::Blockstore;
use fvm_shared::ActorID;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use shared::ensure;
use shared::math::{BASIS_POINTS, BasisPoints};

use crate::api::{Limits, Roles, Rules};
use crate::error::Error;
use crate::schedule::DAY;
use crate::state::{Payout, State};

/// Longest period that any rule may name, where it says no other.
pub const MAX_PERIOD: ChainEpoch = 365 * DAY;
const MAX_RECOVERY: ChainEpoch = 1_460 * DAY;
const MAX_NAME: usize = 64;
const MAX_SYMBOL: usize = 16;
/// Amounts that limits may be.
const MAX_AMOUNT: u128 = u128::MAX;

impl Rules {
    /// Part of interest that is not the lenders'.
    #[must_use]
    pub fn charged(&self) -> BasisPoints {
        self.protocol_fee.saturating_add(self.cover_share)
    }
}

fn amount(value: &TokenAmount) -> bool {
    !value.is_negative() && *value <= TokenAmount::from_atto(MAX_AMOUNT)
}

pub fn check(rules: &Rules, roles: &Roles) -> Result<(), Error> {
    let within = |epochs: ChainEpoch, from, to| (from..=to).contains(&epochs);
    let whole = |share| u64::from(share) <= BASIS_POINTS;
    ensure!((1..=MAX_NAME).contains(&rules.name.len()), Error::Rule("name"));
    ensure!((1..=MAX_SYMBOL).contains(&rules.symbol.len()), Error::Rule("symbol"));
    ensure!(whole(rules.charged()), Error::Rule("protocol fee and cover share"));
    ensure!(whole(rules.min_cover), Error::Rule("min cover"));
    ensure!(rules.max_debt > 0 && whole(rules.max_debt), Error::Rule("max debt"));
    ensure!(within(rules.impair_after, DAY, 180 * DAY), Error::Rule("impair after"));
    ensure!(within(rules.cover_delay, DAY, MAX_PERIOD), Error::Rule("cover delay"));
    ensure!(within(rules.recovery, 30 * DAY, MAX_RECOVERY), Error::Rule("recovery"));
    ensure!(rules.min_exit.is_positive() && amount(&rules.min_exit), Error::Rule("min exit"));
    ensure!(amount(&roles.deposit_cap), Error::Rule("deposit cap"));
    Ok(())
}

impl State {
    /// Changes what the governor may change.
    pub fn govern(
        &mut self,
        store: &impl Blockstore,
        caller: ActorID,
        change: impl FnOnce(&mut Roles),
    ) -> Result<(), Error> {
        let mut cold = self.cold(store)?;
        ensure!(caller == cold.roles.governor, Error::NotGovernor(caller));
        change(&mut cold.roles);
        check(&cold.rules, &cold.roles)?;
        self.set_cold(store, &cold)
    }

    /// The governor names its successor, or itself to take that back; the successor confirms by naming
    /// itself.
    pub fn change_governor(
        &mut self,
        store: &impl Blockstore,
        caller: ActorID,
        named: ActorID,
    ) -> Result<(), Error> {
        let mut cold = self.cold(store)?;
        let roles = &mut cold.roles;
        if caller == roles.governor {
            roles.successor = (named != caller).then_some(named);
        } else {
            let confirms = roles.successor == Some(caller) && named == caller;
            ensure!(confirms, Error::NotGovernor(caller));
            roles.governor = caller;
            roles.successor = None;
        }
        self.set_cold(store, &cold)
    }

    pub fn set_underwriter(
        &mut self,
        store: &impl Blockstore,
        caller: ActorID,
        underwriter: ActorID,
        limits: Limits,
    ) -> Result<(), Error> {
        let governor = self.cold(store)?.roles.governor;
        ensure!(caller == governor, Error::NotGovernor(caller));
        ensure!((DAY..=MAX_PERIOD).contains(&limits.period), Error::Rule("period"));
        ensure!(amount(&limits.ceiling), Error::Rule("ceiling"));
        ensure!(amount(&limits.per_period), Error::Rule("limit per period"));
        self.change_underwriter(store, underwriter, |known| {
            known.limits = limits;
            Ok(())
        })
    }

    /// Takes what the treasury is owed out of the books.
    pub fn pay_treasury(&mut self, store: &impl Blockstore) -> Result<Payout, Error> {
        let to = self.cold(store)?.roles.treasury;
        Ok(Payout { to, amount: core::mem::take(&mut self.fees) })
    }
}
