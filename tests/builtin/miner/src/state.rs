//! A miner: its people, its money and its sectors.

use alloc::vec::Vec;

use builtin_common::{Exit, Result};
use fvm_ipld_blockstore::Blockstore;
use fvm_ipld_encoding::tuple::*;
use fvm_shared::ActorID;
use fvm_shared::bigint::BigInt;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use fvm_shared::sector::SectorNumber;
use shared::ensure;

use crate::deadlines;
use crate::funds::{Funds, locked_part};
use crate::info::{Info, sector_size};
use crate::pledge::{Network, termination_fee};
use crate::sectors::{Sector, Sectors};
use crate::types::{ApplyRewardsParams, Power, PreCommitInfo, Termination};

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq)]
pub struct State {
    pub info: Info,
    pub funds: Funds,
    pub sectors: Sectors,
    /// Of the proving periods.
    pub offset: ChainEpoch,
    /// The end of the deadline that was proven last: a deadline is proven once.
    pub proven_until: ChainEpoch,
    /// Whether power has a cron event of this miner.
    pub cron_active: bool,
}

/// Around every change.
#[derive(Clone, Debug)]
pub struct Facts {
    pub caller: ActorID,
    pub now: ChainEpoch,
    pub balance: TokenAmount,
}

/// What the network has to be told, and the burnt-funds actor to be sent, after a change.
#[must_use]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effects {
    pub burn: TokenAmount,
    pub pledge: TokenAmount,
    pub power: Power,
}

#[must_use]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withdrawal {
    pub to: ActorID,
    pub amount: TokenAmount,
    pub effects: Effects,
}

impl State {
    /// The deposit vests like a reward (FIP-0077).
    pub fn new(
        store: &impl Blockstore,
        info: Info,
        offset: ChainEpoch,
        deposit: &TokenAmount,
        now: ChainEpoch,
    ) -> Result<Self> {
        let mut funds = Funds::new(store)?;
        funds.lock(store, deposit, offset, now)?;
        let sectors = Sectors::new(store)?;
        Ok(State { info, funds, sectors, offset, proven_until: 0, cron_active: false })
    }

    /// Pays the beneficiary, whoever of the two asks, what is asked for, available and in quota.
    pub fn withdraw(
        &mut self,
        store: &impl Blockstore,
        requested: &TokenAmount,
        facts: &Facts,
    ) -> Result<Withdrawal> {
        ensure!(!requested.is_negative(), Exit::illegal_argument("a negative amount"));
        self.info.ensure_payee(facts.caller)?;
        let vested = self.funds.vest(store, facts.now)?;
        let available = self.funds.available(&facts.balance)?;
        let burn = self.funds.repay_all(&facts.balance)?;
        let amount = self.info.use_quota(available.min(requested.clone()), facts.now)?;
        let effects = Effects { burn, pledge: -vested, ..Effects::default() };
        Ok(Withdrawal { to: self.info.beneficiary, amount, effects })
    }

    pub fn repay_debt(&mut self, store: &impl Blockstore, facts: &Facts) -> Result<Effects> {
        self.info.ensure_controller(facts.caller)?;
        self.repay(store, facts)
    }

    /// Locks three quarters of a reward, and takes a penalty from what there is.
    pub fn apply_rewards(
        &mut self,
        store: &impl Blockstore,
        params: &ApplyRewardsParams,
        facts: &Facts,
    ) -> Result<Effects> {
        ensure!(
            !params.reward.is_negative() && !params.penalty.is_negative(),
            Exit::illegal_argument("a negative amount")
        );
        let locked = locked_part(&params.reward);
        ensure!(
            self.funds.unlocked(&facts.balance)? >= locked,
            Exit::insufficient_funds("the reward did not come along")
        );
        let vested = self.funds.lock(store, &locked, self.offset, facts.now)?;
        self.funds.fee_debt += &params.penalty;
        let mut effects = self.repay(store, facts)?;
        effects.pledge += locked - vested;
        Ok(effects)
    }

    /// Locks a deposit for each sector. Says whether cron has to be told.
    pub fn pre_commit(
        &mut self,
        store: &impl Blockstore,
        infos: Vec<PreCommitInfo>,
        network: &Network,
        facts: &Facts,
    ) -> Result<(Effects, bool)> {
        let available = self.funds.available(&facts.balance)?;
        let burn = self.funds.repay_all(&facts.balance)?;
        self.info.ensure_controller(facts.caller)?;
        let same_proof = infos
            .iter()
            .all(|info| info.seal_proof.registered_window_post_proof() == Ok(self.info.post_proof));
        ensure!(same_proof, Exit::illegal_argument("not the miner's proof type"));
        let deposit = network.pre_commit_deposit(sector_size(self.info.post_proof)?);
        let total = &deposit * infos.len();
        ensure!(
            available >= total,
            Exit::insufficient_funds("available funds do not cover the deposits")
        );
        self.funds.pre_commit_deposits += total;
        self.sectors.pre_commit(store, infos, &deposit, facts.now)?;
        let needs_cron = !self.cron_active;
        self.cron_active = true;
        Ok((Effects { burn, ..Effects::default() }, needs_cron))
    }

    /// Turns pre-commits into sectors, and deposits into pledge.
    pub fn activate(
        &mut self,
        store: &impl Blockstore,
        sectors: Vec<(SectorNumber, Sector)>,
        balance: &TokenAmount,
    ) -> Result<Effects> {
        let size = sector_size(self.info.post_proof)?;
        let pledge: TokenAmount = sectors.iter().map(|(_, sector)| &sector.pledge).sum();
        let mut power = Power::default();
        sectors.iter().for_each(|(_, sector)| power += &sector.power(size));
        self.funds.pre_commit_deposits -= self.sectors.activate(store, sectors, self.offset)?;
        ensure!(
            self.funds.unlocked(balance)? >= pledge,
            Exit::insufficient_funds("unlocked funds do not cover the pledge")
        );
        self.funds.initial_pledge += &pledge;
        Ok(Effects { pledge, power, ..Effects::default() })
    }

    /// Proves the open deadline, from which on its new sectors have power.
    pub fn prove(
        &mut self,
        store: &impl Blockstore,
        deadline: u64,
        now: ChainEpoch,
    ) -> Result<Effects> {
        let open = deadlines::current(self.offset, now);
        ensure!(deadline == open.index, Exit::illegal_argument("this deadline is not open"));
        ensure!(self.proven_until != open.close, Exit::illegal_argument("already proven"));
        self.proven_until = open.close;
        let size = sector_size(self.info.post_proof)?;
        let mut effects = Effects::default();
        for sector in self.sectors.prove(store, deadline)? {
            effects.power += &sector.power(size);
        }
        Ok(effects)
    }

    /// Ends sectors early for a fee. Returns them too.
    pub fn terminate(
        &mut self,
        store: &impl Blockstore,
        terminations: &[Termination],
        network: &Network,
        facts: &Facts,
    ) -> Result<(Effects, Vec<(SectorNumber, Sector)>)> {
        self.info.ensure_controller(facts.caller)?;
        let ended = self.sectors.terminate(store, terminations, self.offset, facts.now)?;
        for (_, sector) in &ended {
            let fault_fee = network.fault_fee(&sector.quality_adjusted);
            let age = facts.now - sector.activation;
            self.funds.fee_debt += termination_fee(&sector.pledge, age, &fault_fee);
        }
        let released = self.release(ended.iter().map(|(_, sector)| sector))?;
        let mut effects = self.repay(store, facts)?;
        effects.pledge += released.pledge;
        effects.power = released.power;
        Ok((effects, ended))
    }

    /// What cron does at the end of a deadline. Says whether there is more to come.
    pub fn end_deadline(
        &mut self,
        store: &impl Blockstore,
        network: &Network,
        facts: &Facts,
    ) -> Result<(Effects, bool)> {
        self.info.apply_worker_change(facts.now);
        let lost = self.sectors.clean_up(store, facts.now)?;
        self.funds.pre_commit_deposits -= &lost;
        self.funds.fee_debt += lost;
        let expired = self.sectors.expire(store, facts.now)?;
        let released = self.release(expired.iter())?;
        let (mut daily_fee, mut power) = (TokenAmount::default(), BigInt::default());
        let ended = deadlines::current(self.offset, facts.now).index;
        for (_, sector) in self.sectors.of_deadline(store, ended)? {
            daily_fee += sector.daily_fee;
            power += sector.quality_adjusted;
        }
        self.funds.fee_debt += network.charged(daily_fee, &power);
        let mut effects = self.repay(store, facts)?;
        effects.pledge += released.pledge - self.funds.vest(store, facts.now)?;
        effects.power = released.power;
        self.cron_active = self.funds.has_locks();
        Ok((effects, self.cron_active))
    }

    fn repay(&mut self, store: &impl Blockstore, facts: &Facts) -> Result<Effects> {
        let repayment = self.funds.repay(store, &facts.balance, facts.now)?;
        let pledge = -repayment.unlocked;
        Ok(Effects { burn: repayment.burn, pledge, ..Effects::default() })
    }

    /// Gives up the pledge and the power of sectors that ended.
    fn release<'a>(&mut self, ended: impl Iterator<Item = &'a Sector>) -> Result<Effects> {
        let size = sector_size(self.info.post_proof)?;
        let mut effects = Effects::default();
        for sector in ended {
            effects.pledge -= &sector.pledge;
            let Power { raw, quality_adjusted } = sector.power(size);
            effects.power += &Power { raw: -raw, quality_adjusted: -quality_adjusted };
        }
        self.funds.initial_pledge += &effects.pledge;
        ensure!(
            !self.funds.initial_pledge.is_negative(),
            Exit::illegal_state("pledge would be negative")
        );
        Ok(effects)
    }
}

#[cfg(test)]
mod tests;
