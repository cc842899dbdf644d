//! A miner's money: what is locked, what vests when, and what it owes.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use builtin_common::policy::EPOCHS_IN_DAY;
use builtin_common::{Exit, Result};
use cid::Cid;
use fvm_ipld_blockstore::Blockstore;
use fvm_ipld_encoding::tuple::*;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use fvm_shared::error::ExitCode;
use num_traits::Zero;
use shared::ensure;
use shared::map::{get_block, put_block};

use crate::deadlines::quantize_up;

/// Exit code of a miner that would be left with less than it has locked.
const ERR_BALANCE_INVARIANTS_BROKEN: ExitCode = ExitCode::new(1000);

/// Rewards vest linearly in daily steps, on the next half day of the proving period.
const VEST_PERIOD: ChainEpoch = 180 * EPOCHS_IN_DAY;
const VEST_STEP: ChainEpoch = EPOCHS_IN_DAY;
const VEST_QUANTUM: ChainEpoch = EPOCHS_IN_DAY / 2;

/// Ascending by epoch. An amount is vested from the epoch after its own.
pub type Vesting = Vec<(ChainEpoch, TokenAmount)>;

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Funds {
    /// For sectors that are pre-committed and not proven.
    pub pre_commit_deposits: TokenAmount,
    /// For sectors that are proven.
    pub initial_pledge: TokenAmount,
    /// Sum of the vesting table.
    pub locked: TokenAmount,
    /// Block of [`Vesting`].
    pub vesting: Cid,
    pub fee_debt: TokenAmount,
}

/// What a repayment takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repayment {
    pub burn: TokenAmount,
    /// Left the vesting table, vested or not.
    pub unlocked: TokenAmount,
}

impl Funds {
    pub fn new(store: &impl Blockstore) -> Result<Self> {
        Ok(Funds {
            pre_commit_deposits: TokenAmount::zero(),
            initial_pledge: TokenAmount::zero(),
            locked: TokenAmount::zero(),
            vesting: put_block(store, "vesting", &Vesting::new())?,
            fee_debt: TokenAmount::zero(),
        })
    }

    /// What is in no lock. It covers the fee debt first.
    pub fn unlocked(&self, balance: &TokenAmount) -> Result<TokenAmount> {
        let unlocked = balance - &self.required();
        ensure!(!unlocked.is_negative(), Exit::illegal_state("more is locked than there is"));
        Ok(unlocked)
    }

    /// What the miner may use. Negative where it owes more than it has.
    pub fn available(&self, balance: &TokenAmount) -> Result<TokenAmount> {
        Ok(self.unlocked(balance)? - &self.fee_debt)
    }

    pub fn check(&self, balance: &TokenAmount) -> Result<()> {
        let parts = [&self.pre_commit_deposits, &self.initial_pledge, &self.locked, &self.fee_debt];
        let sound = parts.iter().all(|part| !part.is_negative()) && balance >= &self.required();
        ensure!(
            sound,
            Exit::new(ERR_BALANCE_INVARIANTS_BROKEN, "the balance does not cover what is locked")
        );
        Ok(())
    }

    fn required(&self) -> TokenAmount {
        &self.pre_commit_deposits + &self.initial_pledge + &self.locked
    }

    /// Whether cron has anything to do.
    pub fn has_locks(&self) -> bool {
        !self.required().is_zero()
    }

    pub fn vesting(&self, store: &impl Blockstore) -> Result<Vesting> {
        Ok(get_block(store, "vesting", &self.vesting)?)
    }

    /// Locks an amount into the vesting table. Returns what had vested already and left it.
    pub fn lock(
        &mut self,
        store: &impl Blockstore,
        amount: &TokenAmount,
        offset: ChainEpoch,
        now: ChainEpoch,
    ) -> Result<TokenAmount> {
        let mut table: BTreeMap<ChainEpoch, TokenAmount> =
            self.vesting(store)?.into_iter().collect();
        let mut scheduled = TokenAmount::zero();
        let mut step = now;
        while scheduled < *amount {
            step += VEST_STEP;
            let epoch = quantize_up(VEST_QUANTUM, offset, step);
            let elapsed = (epoch - now).min(VEST_PERIOD);
            let target = (amount * elapsed).div_floor(VEST_PERIOD);
            *table.entry(epoch).or_default() += &target - &scheduled;
            scheduled = target;
        }
        self.locked += amount;
        self.save_vesting(store, table.into_iter().collect())?;
        self.vest(store, now)
    }

    /// Unlocks what has vested, and returns it.
    pub fn vest(&mut self, store: &impl Blockstore, now: ChainEpoch) -> Result<TokenAmount> {
        let mut table = self.vesting(store)?;
        let count = table.partition_point(|(epoch, _)| *epoch < now);
        let vested: TokenAmount = table.drain(..count).map(|(_, amount)| amount).sum();
        self.save_vesting(store, table)?;
        self.locked -= &vested;
        Ok(vested)
    }

    /// Repays all debt from unlocked funds. Returns what to burn.
    pub fn repay_all(&mut self, balance: &TokenAmount) -> Result<TokenAmount> {
        let enough = self.unlocked(balance)? >= self.fee_debt;
        ensure!(enough, Exit::insufficient_funds("unlocked funds do not cover the fee debt"));
        Ok(core::mem::take(&mut self.fee_debt))
    }

    /// Repays what can be repaid: first with what the vesting table has, vested or not and the
    /// soonest first, then with unlocked funds. The rest remains as debt.
    pub fn repay(
        &mut self,
        store: &impl Blockstore,
        balance: &TokenAmount,
        now: ChainEpoch,
    ) -> Result<Repayment> {
        let mut unlocked = TokenAmount::zero();
        if !self.fee_debt.is_zero() && !self.locked.is_zero() {
            unlocked = self.vest(store, now)?;
            unlocked += self.unlock_early(store)?;
        }
        let burn = self.unlocked(balance)?.min(self.fee_debt.clone());
        self.fee_debt -= &burn;
        Ok(Repayment { burn, unlocked })
    }

    /// Unlocks up to the fee debt from the front of the vesting table.
    fn unlock_early(&mut self, store: &impl Blockstore) -> Result<TokenAmount> {
        let mut table = self.vesting(store)?;
        let mut left = self.fee_debt.clone();
        for (_, amount) in &mut table {
            let taken = left.clone().min(amount.clone());
            *amount -= &taken;
            left -= &taken;
        }
        let spent = table.iter().take_while(|(_, amount)| amount.is_zero()).count();
        table.drain(..spent);
        self.save_vesting(store, table)?;
        let unlocked = &self.fee_debt - left;
        self.locked -= &unlocked;
        Ok(unlocked)
    }

    fn save_vesting(&mut self, store: &impl Blockstore, table: Vesting) -> Result<()> {
        self.vesting = put_block(store, "vesting", &table)?;
        Ok(())
    }
}

/// The part of a reward that is locked.
pub fn locked_part(reward: &TokenAmount) -> TokenAmount {
    (reward * 3).div_floor(4)
}

#[cfg(test)]
mod tests {
    use fvm_ipld_blockstore::MemoryBlockstore;

    use super::*;

    fn fil(n: i64) -> TokenAmount {
        TokenAmount::from_whole(n)
    }

    #[test]
    fn a_reward_vests_daily_on_quantised_epochs_and_sums_to_itself() {
        let store = MemoryBlockstore::default();
        let mut funds = Funds::new(&store).unwrap();
        let (offset, now) = (100, 1_000);
        funds.lock(&store, &fil(180), offset, now).unwrap();
        let table = funds.vesting(&store).unwrap();
        assert!(table.iter().all(|(epoch, _)| (epoch - offset) % 1_440 == 0));
        // 1000 + 2880 goes up to 100 + 3 × 1440: 3420 epochs of the period.
        assert_eq!(table[0], (4_420, (fil(180) * 3_420).div_floor(180 * 2_880)));
        assert_eq!(table[1].0 - table[0].0, 2_880);
        assert_eq!(table.iter().map(|(_, amount)| amount).sum::<TokenAmount>(), fil(180));
        assert!(table.last().unwrap().0 >= now + VEST_PERIOD);

        assert!(funds.vest(&store, 4_420).unwrap().is_zero());
        assert_eq!(funds.vest(&store, 4_421).unwrap(), table[0].1);
        assert_eq!(funds.locked, fil(180) - &table[0].1);
    }

    #[test]
    fn debt_is_paid_from_unvested_rewards_first_and_the_rest_remains() {
        let store = MemoryBlockstore::default();
        let mut funds = Funds::new(&store).unwrap();
        funds.lock(&store, &fil(10), 0, 0).unwrap();
        funds.initial_pledge = fil(5);
        funds.fee_debt = fil(4);
        let paid = funds.repay(&store, &fil(16), 1).unwrap();
        assert_eq!(paid, Repayment { burn: fil(4), unlocked: fil(4) });
        assert_eq!(funds.locked, fil(6));
        assert_eq!(funds.available(&fil(12)).unwrap(), fil(1));

        funds.fee_debt = fil(9);
        let paid = funds.repay(&store, &fil(12), 1).unwrap();
        assert_eq!(paid, Repayment { burn: fil(7), unlocked: fil(6) });
        assert_eq!((funds.fee_debt.clone(), funds.locked.clone()), (fil(2), fil(0)));
        assert!(funds.vesting(&store).unwrap().is_empty());
        assert_eq!(funds.available(&fil(5)).unwrap(), fil(-2));
    }
}
