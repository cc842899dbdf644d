//! Who may do what.

use fvm_ipld_blockstore::Blockstore;
use fvm_shared::ActorID;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use serde::{Deserialize, Serialize};
use shared::ensure;

use crate::api::Role;
use crate::error::Error;
use crate::state::{AdminOffer, Message, ROLES, Roles, State};

/// Epochs of a pause, at the most: 14 days. A guardian can prolong it, and has to say so.
pub const MAX_PAUSE: ChainEpoch = 14 * 2_880;

const ALL: [Role; 7] = [
    Role::Admin,
    Role::Curator,
    Role::Minter,
    Role::Guardian,
    Role::Provider,
    Role::Arbiter,
    Role::Member,
];

/// The roles of one account, a bit for each.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[serde(transparent)]
pub struct RoleSet(u8);

impl RoleSet {
    #[must_use]
    pub fn with(self, role: Role) -> Self {
        RoleSet(self.0 | 1 << role as u8)
    }

    #[must_use]
    pub fn without(self, role: Role) -> Self {
        RoleSet(self.0 & !(1 << role as u8))
    }

    #[must_use]
    pub fn has(self, role: Role) -> bool {
        self.0 & 1 << role as u8 != 0
    }

    pub fn iter(self) -> impl Iterator<Item = Role> {
        ALL.into_iter().filter(move |role| self.has(*role))
    }
}

impl State {
    /// The roles of an account.
    pub fn roles(&self, store: &impl Blockstore, account: ActorID) -> Result<RoleSet, Error> {
        let cold = self.cold(store)?;
        let roles = Roles::load(store, &cold.roles, &ROLES)?;
        Ok(roles.get(&account)?.copied().unwrap_or_default())
    }

    /// Refuses an account without the role. The DAO itself, when it carries out a proposal, needs
    /// none.
    pub fn check_role(
        &self,
        store: &impl Blockstore,
        message: &Message,
        role: Role,
    ) -> Result<(), Error> {
        let account = message.caller;
        if account == message.dao || self.roles(store, account)?.has(role) {
            return Ok(());
        }
        Err(if role == Role::Admin {
            Error::NotAdmin(account)
        } else {
            Error::NoRole(account, role)
        })
    }

    /// Gives an account a role. Caller: an admin.
    pub fn grant_role(
        &mut self,
        store: &impl Blockstore,
        message: &Message,
        role: Role,
        to: ActorID,
    ) -> Result<(), Error> {
        self.check_role(store, message, Role::Admin)?;
        ensure!(role != Role::Admin, Error::AdminRole);
        self.change_roles(store, to, |set| set.with(role))
    }

    /// Takes a role from an account. Caller: an admin; for one's own role, whoever has it.
    pub fn revoke_role(
        &mut self,
        store: &impl Blockstore,
        message: &Message,
        role: Role,
        from: ActorID,
    ) -> Result<(), Error> {
        if message.caller != from {
            self.check_role(store, message, Role::Admin)?;
        }
        ensure!(self.roles(store, from)?.has(role), Error::NoRole(from, role));
        let mut cold = self.cold(store)?;
        if role == Role::Admin && cold.admin_offer.as_ref().is_some_and(|offer| offer.by == from) {
            cold.admin_offer = None;
            self.set_cold(store, &cold)?;
        }
        self.change_roles(store, from, |set| set.without(role))
    }

    /// Offers the admin role; an offer before it lapses, but for the DAO's own. Caller: an admin.
    pub fn offer_admin(
        &mut self,
        store: &impl Blockstore,
        message: &Message,
        to: ActorID,
        keep: bool,
    ) -> Result<(), Error> {
        self.check_role(store, message, Role::Admin)?;
        let mut cold = self.cold(store)?;
        let of_dao = cold.admin_offer.as_ref().is_some_and(|offer| offer.by == message.dao);
        ensure!(!of_dao || message.caller == message.dao, Error::DaoOffer);
        cold.admin_offer = Some(AdminOffer { to, by: message.caller, keep });
        self.set_cold(store, &cold)
    }

    /// Accepts the admin role and returns the admin that is one no more, if any. Caller: whom it is
    /// offered to, by someone who is still an admin.
    pub fn accept_admin(
        &mut self,
        store: &impl Blockstore,
        message: &Message,
    ) -> Result<Option<ActorID>, Error> {
        let mut cold = self.cold(store)?;
        let offer = cold.admin_offer.take().filter(|offer| offer.to == message.caller);
        let offer = offer.ok_or(Error::NoOffer(message.caller))?;
        let by = Message { caller: offer.by, ..message.clone() };
        self.check_role(store, &by, Role::Admin)?;
        self.set_cold(store, &cold)?;
        self.change_roles(store, offer.to, |set| set.with(Role::Admin))?;
        let leaves = !offer.keep && offer.by != offer.to;
        if leaves {
            self.change_roles(store, offer.by, |set| set.without(Role::Admin))?;
        }
        Ok(leaves.then_some(offer.by))
    }

    /// Stops what [`State::check_running`] stops for so many epochs from now. Caller: a guardian.
    pub fn pause(
        &mut self,
        store: &impl Blockstore,
        message: &Message,
        duration: ChainEpoch,
    ) -> Result<(), Error> {
        self.check_role(store, message, Role::Guardian)?;
        ensure!((1..=MAX_PAUSE).contains(&duration), Error::PauseLength(MAX_PAUSE));
        self.paused_until = message.now.saturating_add(duration);
        Ok(())
    }

    /// Ends a pause. Caller: a guardian.
    pub fn unpause(&mut self, store: &impl Blockstore, message: &Message) -> Result<(), Error> {
        self.check_role(store, message, Role::Guardian)?;
        self.paused_until = 0;
        Ok(())
    }

    /// Mints by hand, within the cap. Caller: a minter.
    pub fn mint_by_hand(
        &mut self,
        store: &impl Blockstore,
        message: &Message,
        to: ActorID,
        amount: &TokenAmount,
    ) -> Result<(), Error> {
        self.check_role(store, message, Role::Minter)?;
        self.check_cap(&self.config(store)?, amount)?;
        self.mint(store, message.now, to, amount)
    }

    fn change_roles(
        &mut self,
        store: &impl Blockstore,
        account: ActorID,
        change: impl FnOnce(RoleSet) -> RoleSet,
    ) -> Result<(), Error> {
        let mut cold = self.cold(store)?;
        let mut roles = Roles::load(store, &cold.roles, &ROLES)?;
        let changed = change(roles.get(&account)?.copied().unwrap_or_default());
        if changed == RoleSet::default() {
            roles.delete(&account)?;
        } else {
            roles.set(&account, changed)?;
        }
        cold.roles = roles.flush()?;
        self.set_cold(store, &cold)
    }
}
