//! Holders stake $DATA for a share of the revenue.
//!
//! Staked tokens lie in the DAO's balance and vote for their holder: how many they are is known to
//! the token alone. Income is shared by an index, what one attoDATA has earned since the first stake.
//! A stake earns what the index grew while it was there, so no stake has a part of income from before
//! it was made, and none costs more gas the more there are.
//!
//! Whoever stakes just before a purchase and unstakes just after it has the share that anyone has who
//! is there at the time, and no more. What deters it is that the tokens come back only after the
//! unbonding period, without votes or income: with a period of nothing it would be free.

use alloc::vec::Vec;

use cid::Cid;
use fvm_ipld_blockstore::Blockstore;
use fvm_ipld_encoding::tuple::*;
use fvm_shared::ActorID;
use fvm_shared::bigint::BigInt;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use shared::math::mul_div_down;
use shared::{Map, MapSpec, ensure};

use crate::api::{Cash, Currency, GetStakeReturn};
use crate::error::Error;
use crate::state::{Cold, Message, State};

/// Unbondings of one holder at a time: whoever adds one rewrites them all.
pub const MAX_UNBONDINGS: usize = 8;
/// Bits after the point of [`Staking::index`].
const INDEX_BITS: usize = 128;

pub static STAKES: MapSpec = MapSpec { name: "stakes", bit_width: 3 };

/// By account. Nobody is here with nothing, and everyone who has staked is here.
pub type Stakes<'s, BS> = Map<'s, BS, ActorID, Stake>;

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Staking {
    /// AttoDATA staked, those in unbonding not included: what the token counts as staked.
    pub total: TokenAmount,
    /// What was distributed and not yet claimed.
    pub pool: Cash,
    /// AttoFIL and attoDATA that one attoDATA of stake has earned, times 2^128.
    ///
    /// It is rounded down whenever it grows, so a distribution loses less than total ÷ 2^128: less
    /// than one atto while less than 2^128 attoDATA are staked. What a stake has earned is rounded
    /// down whenever it is settled, by less than one atto of each currency. All that stays in the
    /// pool. No income is 2^256 or more and no total less than one, so the index stays within 56
    /// bytes for 2^64 incomes; an amount can have 127.
    pub index: Cash,
    /// [`Stakes`].
    pub stakes: Cid,
}

/// What the token does not know of a holder who stakes.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, Default, PartialEq, Eq)]
pub struct Stake {
    /// The index up to which the stake has earned.
    pub settled: Cash,
    /// What it earned up to there, not yet claimed.
    pub earned: Cash,
    /// AttoDATA in unbonding, by the first epoch at which they can be released.
    pub unbonding: Vec<(ChainEpoch, TokenAmount)>,
}

impl Staking {
    /// No stakes. `empty` is the root of an empty map.
    #[must_use]
    pub fn new(empty: Cid) -> Self {
        Staking {
            total: TokenAmount::default(),
            pool: Cash::default(),
            index: Cash::default(),
            stakes: empty,
        }
    }

    /// Shares booked income among the stakes. Takes nothing and says `false` if there are none.
    #[must_use]
    pub fn distribute(&mut self, currency: Currency, amount: &TokenAmount) -> bool {
        let Some(growth) = mul_div_down(amount, &one(), self.total.atto()) else { return false };
        *self.index.get_mut(currency) += growth;
        *self.pool.get_mut(currency) += amount;
        true
    }

    /// An account's entry.
    fn stake(&self, store: &impl Blockstore, account: ActorID) -> Result<Stake, Error> {
        let stakes = Stakes::load(store, &self.stakes, &STAKES)?;
        Ok(stakes.get(&account)?.cloned().unwrap_or_default())
    }

    /// Writes an account's entry, of which `staked` is what it has staked.
    fn set_stake(
        &mut self,
        store: &impl Blockstore,
        account: ActorID,
        staked: &TokenAmount,
        stake: Stake,
    ) -> Result<(), Error> {
        let mut stakes = Stakes::load(store, &self.stakes, &STAKES)?;
        if staked.is_zero() && stake.earned.is_zero() && stake.unbonding.is_empty() {
            stakes.delete(&account)?;
        } else {
            stakes.set(&account, stake)?;
        }
        self.stakes = stakes.flush()?;
        Ok(())
    }
}

impl Stake {
    /// Adds what `staked` attoDATA have earned up to an index, rounded down.
    fn settle_down(&mut self, staked: &TokenAmount, index: &Cash) -> Result<(), Error> {
        let mut growth = index.clone();
        growth -= &self.settled;
        for currency in [Currency::Fil, Currency::Data] {
            let earned = mul_div_down(growth.get(currency), staked.atto(), &one());
            *self.earned.get_mut(currency) += earned.ok_or(shared::Error::Overflow("a stake"))?;
        }
        self.settled = index.clone();
        Ok(())
    }

    /// Lets an amount wait for its release.
    fn unbond(&mut self, release: ChainEpoch, amount: &TokenAmount) -> Result<(), Error> {
        if let Some((_, sum)) = self.unbonding.iter_mut().find(|(epoch, _)| *epoch == release) {
            *sum += amount;
            return Ok(());
        }
        ensure!(self.unbonding.len() < MAX_UNBONDINGS, Error::Unbondings(MAX_UNBONDINGS));
        self.unbonding.push((release, amount.clone()));
        Ok(())
    }

    /// Takes out what is due.
    fn release(&mut self, now: ChainEpoch) -> TokenAmount {
        let due = |(release, _): &(ChainEpoch, TokenAmount)| *release <= now;
        let released = self.unbonding.iter().filter(|entry| due(entry)).map(|(_, sum)| sum).sum();
        self.unbonding.retain(|entry| !due(entry));
        released
    }
}

impl State {
    /// Stakes $DATA of the caller, which earn from the next income on and go on voting.
    pub fn stake(
        &mut self,
        store: &impl Blockstore,
        message: &Message,
        amount: &TokenAmount,
    ) -> Result<(), Error> {
        self.check_running(message.now)?;
        ensure!(amount.is_positive(), Error::StakeAmount);
        let holder = message.caller;
        let mut cold = self.cold(store)?;
        let (staked, stake) = self.settled_down(store, &cold, holder)?;
        self.token.stake(store, message.now, holder, message.dao, amount)?;
        cold.books.take_in(Currency::Data, amount);
        cold.staking.total += amount;
        cold.staking.set_stake(store, holder, &(staked + amount), stake)?;
        self.set_cold(store, &cold)
    }

    /// Ends the stake of an amount, which from now on neither earns nor votes, and returns the first
    /// epoch at which it can be released.
    pub fn unstake(
        &mut self,
        store: &impl Blockstore,
        message: &Message,
        amount: &TokenAmount,
    ) -> Result<ChainEpoch, Error> {
        ensure!(amount.is_positive(), Error::StakeAmount);
        let holder = message.caller;
        let unbonding = self.config(store)?.rules.staking.unbonding;
        let release = message.now.saturating_add(unbonding);
        let mut cold = self.cold(store)?;
        let (staked, mut stake) = self.settled_down(store, &cold, holder)?;
        stake.unbond(release, amount)?;
        self.token.unstake(store, message.now, holder, amount)?;
        cold.staking.total -= amount;
        cold.staking.set_stake(store, holder, &(staked - amount), stake)?;
        self.set_cold(store, &cold)?;
        Ok(release)
    }

    /// Credits an account with what is due of its unbondings, and returns how much that is.
    pub fn release_unstaked(
        &mut self,
        store: &impl Blockstore,
        message: &Message,
        account: ActorID,
    ) -> Result<TokenAmount, Error> {
        let mut cold = self.cold(store)?;
        let mut stake = cold.staking.stake(store, account)?;
        let released = stake.release(message.now);
        if released.is_zero() {
            return Ok(released);
        }
        let staked = self.token.holder(store, account)?.staked;
        cold.staking.set_stake(store, account, &staked, stake)?;
        let credit = (account, Cash::of(Currency::Data, released.clone()));
        cold.books.credit(store, &[credit])?;
        self.set_cold(store, &cold)?;
        Ok(released)
    }

    /// Credits an account with what its stake has earned, and returns how much that is.
    pub fn claim_revenue(
        &mut self,
        store: &impl Blockstore,
        account: ActorID,
    ) -> Result<Cash, Error> {
        let mut cold = self.cold(store)?;
        let (staked, mut stake) = self.settled_down(store, &cold, account)?;
        let earned = core::mem::take(&mut stake.earned);
        if earned.is_zero() {
            return Ok(earned);
        }
        cold.staking.set_stake(store, account, &staked, stake)?;
        cold.staking.pool -= &earned;
        cold.books.credit(store, &[(account, earned.clone())])?;
        self.set_cold(store, &cold)?;
        Ok(earned)
    }

    /// What the DAO knows of a holder's stake.
    pub fn stake_of(
        &self,
        store: &impl Blockstore,
        account: ActorID,
    ) -> Result<GetStakeReturn, Error> {
        let (staked, stake) = self.settled_down(store, &self.cold(store)?, account)?;
        Ok(GetStakeReturn { staked, earned: stake.earned, unbonding: stake.unbonding })
    }

    /// What an account has staked, and its entry with all that this has earned by now.
    fn settled_down(
        &self,
        store: &impl Blockstore,
        cold: &Cold,
        account: ActorID,
    ) -> Result<(TokenAmount, Stake), Error> {
        let staked = self.token.holder(store, account)?.staked;
        let mut stake = cold.staking.stake(store, account)?;
        stake.settle_down(&staked, &cold.staking.index)?;
        Ok((staked, stake))
    }
}

/// One, as the index counts.
fn one() -> BigInt {
    BigInt::from(1) << INDEX_BITS
}
