//! What owners of providers have earned: each attoDATA is either owed here or minted, never both.

use fvm_ipld_blockstore::Blockstore;
use fvm_shared::ActorID;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use num_traits::Zero;

use crate::error::Error;
use crate::state::{REWARDS, Rewards, State};

/// An amount of attoDATA and whom it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Reward {
    pub owner: ActorID,
    pub amount: TokenAmount,
}

impl State {
    /// Owes a reward, to be claimed.
    pub fn owe(&mut self, store: &impl Blockstore, reward: &Reward) -> Result<(), Error> {
        if reward.amount.is_zero() {
            return Ok(());
        }
        let mut rewards = Rewards::load(store, &self.rewards, &REWARDS)?;
        let owed = rewards.get(&reward.owner)?.cloned().unwrap_or_default() + &reward.amount;
        rewards.set(&reward.owner, owed)?;
        self.rewards = rewards.flush()?;
        Ok(())
    }

    /// Mints a reward to its owner. What is minted must not be owed as well.
    pub fn mint(
        &mut self,
        store: &impl Blockstore,
        now: ChainEpoch,
        reward: &Reward,
    ) -> Result<(), Error> {
        Ok(self.token.mint(store, now, reward.owner, &reward.amount)?)
    }

    /// Turns a minted reward that its owner refused into one that is owed.
    pub fn take_back(
        &mut self,
        store: &impl Blockstore,
        now: ChainEpoch,
        reward: &Reward,
    ) -> Result<(), Error> {
        self.token.burn(store, now, reward.owner, &reward.amount)?;
        self.owe(store, reward)
    }

    /// Mints all that an owner is owed; `None` where that is nothing.
    pub fn claim(
        &mut self,
        store: &impl Blockstore,
        now: ChainEpoch,
        owner: ActorID,
    ) -> Result<Option<Reward>, Error> {
        let mut rewards = Rewards::load(store, &self.rewards, &REWARDS)?;
        let Some(amount) = rewards.delete(&owner)? else { return Ok(None) };
        self.rewards = rewards.flush()?;
        let reward = Reward { owner, amount };
        self.mint(store, now, &reward)?;
        Ok(Some(reward))
    }

    /// What an owner is owed.
    pub fn owed(&self, store: &impl Blockstore, owner: ActorID) -> Result<TokenAmount, Error> {
        let rewards = Rewards::load(store, &self.rewards, &REWARDS)?;
        Ok(rewards.get(&owner)?.cloned().unwrap_or_else(TokenAmount::zero))
    }
}
