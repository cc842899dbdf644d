//! What some let others do, as messages.

use actor_datadao::api::*;
use fvm_harness::{Outcome, fil};
use fvm_ipld_encoding::RawBytes;
use shared::token::*;

use super::cast::Party;
use super::step::GrantStep;
use super::world::World;
use crate::setup::DAY;

impl World {
    pub fn grant(&mut self, by: Party, step: &GrantStep) -> Outcome {
        let dao = self.cast.dao;
        match step {
            GrantStep::Allow { operator, amount } => {
                let (operator, increase) = (self.address(*operator), fil(*amount));
                let params = IncreaseAllowanceParams { operator, increase };
                self.call::<IncreaseAllowance>(by, dao, &params, 0)
            }
            GrantStep::Lower { operator, amount } => {
                let (operator, decrease) = (self.address(*operator), fil(*amount));
                let params = DecreaseAllowanceParams { operator, decrease };
                self.call::<DecreaseAllowance>(by, dao, &params, 0)
            }
            GrantStep::Forbid(operator) => {
                let params = RevokeAllowanceParams { operator: self.address(*operator) };
                self.call::<RevokeAllowance>(by, dao, &params, 0)
            }
            GrantStep::TransferFrom { from, to, amount } => {
                let (from, to, amount) = (self.address(*from), self.address(*to), fil(*amount));
                let operator_data = RawBytes::default();
                let params = TransferFromParams { from, to, amount, operator_data };
                self.call::<TransferFrom>(by, dao, &params, 0)
            }
            GrantStep::BurnFrom { from, amount } => {
                let params = BurnFromParams { owner: self.address(*from), amount: fil(*amount) };
                self.call::<BurnFrom>(by, dao, &params, 0)
            }
            GrantStep::Access { dataset, to, days } => {
                let (to, until) = (self.address(*to), self.net.epoch() + days * DAY);
                let params = GrantAccessParams { dataset: *dataset, to, until };
                self.call::<GrantAccess>(by, dao, &params, 0)
            }
            GrantStep::Revoke { dataset, from } => {
                let params = RevokeAccessParams { dataset: *dataset, from: self.address(*from) };
                self.call::<RevokeAccess>(by, dao, &params, 0)
            }
            GrantStep::Expire { dataset, of } => {
                let accounts = vec![self.address(*of)];
                let params = ExpireAccessParams { dataset: *dataset, accounts };
                self.call::<ExpireAccess>(by, dao, &params, 0)
            }
        }
    }
}
