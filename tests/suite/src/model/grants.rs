//! What the model knows of what some let others do: operators of $DATA, and access that is granted.

use actor_datadao::api::Role;
use actor_datadao::error::Error;
use fvm_harness::{TokenAmount, fil};
use fvm_shared::clock::ChainEpoch;
use fvm_shared::error::ExitCode;

use super::cast::Party;
use super::dao::Dao;
use super::reference::{Verdict, check, funds};
use super::step::GrantStep;
use crate::setup::DAY;

const TEN_YEARS: i64 = 3_650;

impl Dao {
    fn allowance(&mut self, owner: Party, operator: Party) -> Result<&mut TokenAmount, ExitCode> {
        if owner == operator {
            return Err(ExitCode::USR_ILLEGAL_ARGUMENT);
        }
        Ok(self.allowances.entry((owner, operator)).or_default())
    }

    fn spend(&mut self, owner: Party, operator: Party, amount: i64) -> Verdict {
        let allowance = self.allowance(owner, operator)?;
        funds::cover(allowance, amount)?;
        *allowance -= fil(amount);
        funds::cover(&self.holder(owner).balance, amount)
    }

    pub fn grant(&mut self, now: ChainEpoch, by: Party, step: &GrantStep) -> Verdict {
        let before = self.clone();
        let done = self.try_grant(now, by, step);
        if done.is_err() {
            *self = before;
        }
        done
    }

    fn try_grant(&mut self, now: ChainEpoch, by: Party, step: &GrantStep) -> Verdict {
        match step {
            GrantStep::Allow { operator, amount } => {
                *self.allowance(by, *operator)? += fil(*amount);
                Ok(())
            }
            GrantStep::Lower { operator, amount } => {
                let allowance = self.allowance(by, *operator)?;
                *allowance = (allowance.clone() - fil(*amount)).max(fil(0));
                Ok(())
            }
            GrantStep::Forbid(operator) => {
                *self.allowance(by, *operator)? = fil(0);
                Ok(())
            }
            GrantStep::TransferFrom { from, to, amount } => {
                self.spend(*from, by, *amount)?;
                self.holder(*from).balance -= fil(*amount);
                self.holder(*to).balance += fil(*amount);
                self.hook(*to)
            }
            GrantStep::BurnFrom { from, amount } => {
                self.spend(*from, by, *amount)?;
                self.holder(*from).balance -= fil(*amount);
                self.supply -= fil(*amount);
                Ok(())
            }
            GrantStep::Access { dataset, to, days } => {
                check(by == Party::Admin, Error::NoRole(0, Role::Curator))?;
                check(*days > 0, Error::GrantEnd)?;
                check(*days <= TEN_YEARS, Error::AccessEnd(0))?;
                self.dataset(*dataset)?.granted.insert(*to, now + days * DAY);
                Ok(())
            }
            GrantStep::Revoke { dataset, from } => {
                check(by == Party::Admin, Error::NoRole(0, Role::Curator))?;
                let granted = self.dataset(*dataset)?.granted.remove(from);
                check(granted.is_some_and(|until| until > now), Error::NotGranted(0, 0))
            }
            GrantStep::Expire { dataset, of } => {
                let dataset = self.dataset(*dataset)?;
                let (granted, bought) = (dataset.granted.get(of), dataset.bought.get(of));
                if granted.max(bought).is_some_and(|until| *until <= now) {
                    dataset.granted.remove(of);
                    dataset.bought.remove(of);
                }
                Ok(())
            }
        }
    }
}
