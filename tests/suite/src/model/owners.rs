//! What the model knows of those who own miners: the bonds that they put up, and for whom they answer.

use actor_datadao::error::Error as DaoError;
use actor_perpetual_storage::error::Error as StorageError;
use fvm_harness::{TokenAmount, fil};

use super::cast::Party;
use super::dao::{Dao, REWARD};
use super::reference::{Model, Verdict, check, funds};
use super::step::OwnerStep;

/// $DATA that a replica locks, what of it is lost if its deal fails, and what it earns more.
pub const LOCK: i64 = REWARD / 10;
pub const AT_RISK: i64 = LOCK / 2;
pub const BONUS: i64 = REWARD / 5;

/// $DATA that an owner has put up for a miner, and what replicas lock of it.
#[derive(Clone, Debug, Default)]
pub struct Bond {
    pub amount: TokenAmount,
    pub locked: TokenAmount,
}

impl Bond {
    fn free(&self) -> TokenAmount {
        &self.amount - &self.locked
    }
}

impl Dao {
    /// Whether a replica of a miner's would be bonded: the bond covers it, and the cap the bonus.
    pub fn would_bond(&self, miner: usize) -> bool {
        let covers = self.bonds.get(&miner).is_some_and(|bond| bond.free() >= fil(LOCK));
        covers && self.cap(&fil(REWARD + BONUS)).is_ok()
    }

    pub fn lock(&mut self, miner: usize) {
        self.bonds.entry(miner).or_default().locked += fil(LOCK);
    }

    /// A replica that was bonded is over. What a failure costs goes to the treasury.
    pub fn unlock(&mut self, miner: usize, failed: bool) {
        let bond = self.bonds.entry(miner).or_default();
        bond.locked -= fil(LOCK);
        if failed {
            bond.amount -= fil(AT_RISK);
            self.treasury_data += fil(AT_RISK);
        }
    }
}

impl Model {
    pub fn own(&mut self, by: Party, step: &OwnerStep) -> Verdict {
        let Model { now, dao, storage, miners, .. } = self;
        let owns = |miner: &usize| miners[*miner].owner == by;
        match step {
            OwnerStep::Bond { miner, amount } => {
                check(owns(miner), DaoError::NotOwner(0, 0))?;
                dao.running(*now)?;
                check(*amount > 0, DaoError::BondAmount)?;
                funds::cover(&dao.holder(by).balance, *amount)?;
                dao.holder(by).balance -= fil(*amount);
                dao.bonds.entry(*miner).or_default().amount += fil(*amount);
                Ok(())
            }
            OwnerStep::Unbond { miner, amount } => {
                check(owns(miner), DaoError::NotOwner(0, 0))?;
                check(*amount > 0, DaoError::BondAmount)?;
                let bond = dao.bonds.entry(*miner).or_default();
                check(bond.free() >= fil(*amount), DaoError::Bond)?;
                bond.amount -= fil(*amount);
                dao.holder(by).owed_data += fil(*amount);
                Ok(())
            }
            OwnerStep::Vouch(miner) => {
                check(owns(miner), StorageError::NotOwner(0, 0))?;
                let until = storage.barred_for_others.get(&by).copied().unwrap_or_default();
                let barred = storage.barred_miners.entry(*miner).or_default();
                *barred = until.max(*barred);
                storage.answers.insert(*miner, by);
                Ok(())
            }
        }
    }
}
