//! What proposals do.
//!
//! The DAO acts with the same rules as whoever has the role for it; [`State::check_role`] asks it for
//! none. An action is added as a variant of [`Action`] and an arm of `carry_out`, with an [`Effect`]
//! for what the actor has to say or send when the state is committed.
//!
//! The DAO's rules change here and nowhere else: no method sets them.

use cid::Cid;
use fvm_ipld_blockstore::Blockstore;
use fvm_shared::ActorID;
use fvm_shared::address::Address;
use fvm_shared::econ::TokenAmount;
use shared::ensure;
use shared::ext::DataCid;
use shared::map::put_block;

use crate::api::{
    AccessPolicy, Action, Cash, Currency, DatasetId, RequestId, Role, Rules, SetAccessParams,
    Settlement, UpdateDatasetParams,
};
use crate::error::Error;
use crate::rules;
use crate::state::{Message, State};

/// Finds the actor that has an address; refuses one that no actor has.
pub type Resolve<'a> = &'a dyn Fn(&Address) -> Result<ActorID, Error>;

/// What an action has done, and what is left of it to do. The first two alone send anything, both to
/// the market, which calls nobody but the DAO, by a plain send.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Effect {
    /// AttoFIL that left the books and go to the DAO's escrow.
    AddEscrow(TokenAmount),
    /// AttoFIL to ask the DAO's escrow for. What comes is booked by [`State::fund`].
    WithdrawEscrow(TokenAmount),
    DatasetAdded {
        id: DatasetId,
        piece_cid: Cid,
        wanted: u32,
    },
    DatasetUpdated {
        id: DatasetId,
        wanted: u32,
    },
    DatasetRetired(DatasetId),
    /// Which part of the rules changed.
    RulesChanged(&'static str),
    Spent {
        to: ActorID,
        cash: Cash,
    },
    /// AttoDATA that were minted to the DAO and credited.
    Minted {
        to: ActorID,
        amount: TokenAmount,
    },
    RoleGranted(Role, ActorID),
    RoleRevoked(Role, ActorID),
    AdminOffered(ActorID),
    Unpaused,
    AccessSet {
        dataset: DatasetId,
        policy: AccessPolicy,
        payload_cid: Option<DataCid>,
    },
    ComputeSettled(RequestId, Settlement),
}

impl State {
    /// Carries out an action. `dao` is a message of the DAO to itself.
    pub(super) fn carry_out(
        &mut self,
        store: &impl Blockstore,
        dao: &Message,
        action: Action,
        resolve: Resolve<'_>,
    ) -> Result<Effect, Error> {
        match action {
            Action::AddDataset(params) => {
                let (piece_cid, wanted) = (params.piece_cid, params.terms.wanted);
                let id = self.add_dataset(store, dao, params)?;
                Ok(Effect::DatasetAdded { id, piece_cid, wanted })
            }
            Action::UpdateDataset(UpdateDatasetParams { id, terms }) => {
                let wanted = terms.wanted;
                self.update_dataset(store, dao, id, terms)?;
                Ok(Effect::DatasetUpdated { id, wanted })
            }
            Action::RetireDataset(id) => {
                self.retire_dataset(store, dao, id)?;
                Ok(Effect::DatasetRetired(id))
            }
            Action::SetPolicy(part) => self.set_rules(store, "policy", |rules| rules.policy = part),
            Action::SetRewards(part) => {
                self.set_rules(store, "rewards", |rules| rules.rewards = part)
            }
            Action::SetStaking(part) => {
                self.set_rules(store, "staking", |rules| rules.staking = part)
            }
            Action::SetVoting(part) => self.set_rules(store, "voting", |rules| rules.voting = part),
            Action::SetRevenue(part) => {
                self.set_rules(store, "revenue", |rules| rules.revenue = part)
            }
            Action::SetCompute(part) => {
                self.set_rules(store, "compute", |rules| rules.compute = part)
            }
            Action::Spend { to, currency, amount } => {
                let to = payee(dao, resolve(&to)?)?;
                self.spend(store, to, Cash::of(currency, positive(amount)?), currency)
            }
            Action::Mint { to, amount } => {
                let to = payee(dao, resolve(&to)?)?;
                self.mint_to_credit(store, dao, to, positive(amount)?)
            }
            Action::GrantRole { role, account } => {
                let account = resolve(&account)?;
                self.grant_role(store, dao, role, account)?;
                Ok(Effect::RoleGranted(role, account))
            }
            Action::RevokeRole { role, account } => {
                let account = resolve(&account)?;
                self.revoke_role(store, dao, role, account)?;
                Ok(Effect::RoleRevoked(role, account))
            }
            Action::OfferAdmin { to } => {
                let to = resolve(&to)?;
                self.offer_admin(store, dao, to, true)?;
                Ok(Effect::AdminOffered(to))
            }
            Action::Unpause => {
                self.unpause(store, dao)?;
                Ok(Effect::Unpaused)
            }
            Action::SetAccess(SetAccessParams { dataset, policy }) => {
                let payload_cid = self.set_access(store, dao, dataset, &policy)?;
                Ok(Effect::AccessSet { dataset, policy, payload_cid })
            }
            Action::RuleCompute(params) => {
                let settlement = self.rule_compute(store, dao, &params)?;
                Ok(Effect::ComputeSettled(params.id, settlement))
            }
            Action::AddEscrow { amount } => self.spend_on_escrow(store, positive(amount)?),
            Action::WithdrawEscrow { amount } => Ok(Effect::WithdrawEscrow(positive(amount)?)),
        }
    }

    fn set_rules(
        &mut self,
        store: &impl Blockstore,
        part: &'static str,
        change: impl FnOnce(&mut Rules),
    ) -> Result<Effect, Error> {
        let mut config = self.config(store)?;
        change(&mut config.rules);
        rules::check(&config.rules)?;
        self.config = put_block(store, "config", &config)?;
        Ok(Effect::RulesChanged(part))
    }

    fn spend(
        &mut self,
        store: &impl Blockstore,
        to: ActorID,
        cash: Cash,
        currency: Currency,
    ) -> Result<Effect, Error> {
        let mut cold = self.cold(store)?;
        cold.books.spend(currency, cash.get(currency))?;
        cold.books.credit(store, &[(to, cash.clone())])?;
        self.set_cold(store, &cold)?;
        Ok(Effect::Spent { to, cash })
    }

    /// Mints to the DAO and owes it to the payee, so that no receiver's hook runs, and none can refuse,
    /// while a proposal is executed.
    fn mint_to_credit(
        &mut self,
        store: &impl Blockstore,
        dao: &Message,
        to: ActorID,
        amount: TokenAmount,
    ) -> Result<Effect, Error> {
        self.mint_by_hand(store, dao, dao.dao, &amount)?;
        let mut cold = self.cold(store)?;
        cold.books.take_in(Currency::Data, &amount);
        cold.books.credit(store, &[(to, Cash::of(Currency::Data, amount.clone()))])?;
        self.set_cold(store, &cold)?;
        Ok(Effect::Minted { to, amount })
    }

    fn spend_on_escrow(
        &mut self,
        store: &impl Blockstore,
        amount: TokenAmount,
    ) -> Result<Effect, Error> {
        let mut cold = self.cold(store)?;
        cold.books.spend(Currency::Fil, &amount)?;
        cold.books.send_out(Currency::Fil, &amount);
        self.set_cold(store, &cold)?;
        Ok(Effect::AddEscrow(amount))
    }
}

fn positive(amount: TokenAmount) -> Result<TokenAmount, Error> {
    ensure!(amount.is_positive(), Error::ActionAmount);
    Ok(amount)
}

/// Refuses the DAO as its own payee: what it owes itself could never be spent again.
fn payee(dao: &Message, to: ActorID) -> Result<ActorID, Error> {
    ensure!(to != dao.dao, Error::OwnPayee);
    Ok(to)
}
