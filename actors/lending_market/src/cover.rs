//! First-loss cover: what sponsors stake behind an underwriter. It earns a share of the interest of its
//! loans, and pays for their losses before lenders do.

use fvm_ipld_blockstore::Blockstore;
use fvm_ipld_encoding::tuple::*;
use fvm_shared::ActorID;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use shared::ensure;
use shared::math::mul_div_down;

use crate::api::{CoverInfo, Underwriter};
use crate::error::Error;
use crate::pool::{VIRTUAL, convert, is_ruined, price_down};
use crate::schedule::DAY;
use crate::state::{COVER, Message, Payout, Stakes, State, UNDERWRITERS, Underwriters};

/// Epochs in which cover that has waited is withdrawn. After them it has to be asked for again: nobody
/// keeps a foot in the door until a loan goes bad.
pub const WITHDRAWAL_WINDOW: ChainEpoch = 7 * DAY;

/// A sponsor's stake behind an underwriter, in shares of its cover.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, Default, PartialEq, Eq)]
pub struct Stake {
    pub shares: TokenAmount,
    /// What of `shares` was asked back.
    pub leaving: TokenAmount,
    /// First epoch at which it can be withdrawn.
    pub free_at: ChainEpoch,
}

impl Underwriter {
    fn shares_down(&self, amount: &TokenAmount) -> Result<TokenAmount, Error> {
        let (shares, cover) = (self.cover_shares.atto() + VIRTUAL, self.cover.atto() + VIRTUAL);
        convert(mul_div_down(amount, &shares, &cover))
    }

    fn value_down(&self, shares: &TokenAmount) -> Result<TokenAmount, Error> {
        let (cover, all) = price_down(&self.cover, &self.cover_shares);
        convert(mul_div_down(shares, &cover, &all))
    }

    /// Takes a loss out of the cover, as far as it goes. Returns what it paid.
    pub fn slash(&mut self, loss: &TokenAmount) -> TokenAmount {
        let paid = loss.clone().min(self.cover.clone());
        self.cover -= &paid;
        paid
    }
}

impl State {
    pub fn underwriter(&self, store: &impl Blockstore, id: ActorID) -> Result<Underwriter, Error> {
        let underwriters = Underwriters::load(store, &self.underwriters, &UNDERWRITERS)?;
        Ok(underwriters.get(&id)?.cloned().unwrap_or_default())
    }

    pub fn change_underwriter<R>(
        &mut self,
        store: &impl Blockstore,
        id: ActorID,
        change: impl FnOnce(&mut Underwriter) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let mut underwriters = Underwriters::load(store, &self.underwriters, &UNDERWRITERS)?;
        let mut underwriter = underwriters.get(&id)?.cloned().unwrap_or_default();
        let result = change(&mut underwriter)?;
        underwriters.set(&id, underwriter)?;
        self.underwriters = underwriters.flush()?;
        Ok(result)
    }

    /// Stakes what came with the message behind an underwriter. Returns the shares it comes to.
    pub fn stake_cover(
        &mut self,
        store: &impl Blockstore,
        message: &Message,
        underwriter: ActorID,
    ) -> Result<TokenAmount, Error> {
        let amount = &message.value;
        ensure!(amount.is_positive(), Error::NothingSent);
        let shares = self.change_underwriter(store, underwriter, |known| {
            ensure!(!known.is_revoked(), Error::NotUnderwriter(underwriter));
            ensure!(!is_ruined(&known.cover, &known.cover_shares), Error::Ruined);
            let shares = known.shares_down(amount)?;
            ensure!(shares.is_positive(), Error::MinShares(shares));
            known.cover += amount;
            known.cover_shares += &shares;
            Ok(shares)
        })?;
        self.change_stake(store, underwriter, message.caller, |stake| {
            stake.shares += &shares;
            Ok(())
        })?;
        self.held += amount;
        Ok(shares)
    }

    /// Says what of the caller's stake leaves. All of it waits from now on.
    pub fn unstake_cover(
        &mut self,
        store: &impl Blockstore,
        message: &Message,
        underwriter: ActorID,
        shares: &TokenAmount,
    ) -> Result<(), Error> {
        let free_at = message.now.saturating_add(self.rules(store)?.cover_delay);
        self.change_stake(store, underwriter, message.caller, |stake| {
            let covered = !shares.is_negative() && *shares <= stake.shares;
            ensure!(covered, Error::Stake(stake.shares.clone()));
            stake.leaving = shares.clone();
            stake.free_at = free_at;
            Ok(())
        })
    }

    /// Pays the caller what was asked back, where what stays is enough for what its underwriter has out.
    pub fn withdraw_cover(
        &mut self,
        store: &impl Blockstore,
        message: &Message,
        underwriter: ActorID,
    ) -> Result<Payout, Error> {
        let min_cover = self.rules(store)?.min_cover;
        let shares = self.change_stake(store, underwriter, message.caller, |stake| {
            ensure!(stake.leaving.is_positive(), Error::Stake(stake.leaving.clone()));
            let lapses = stake.free_at.saturating_add(WITHDRAWAL_WINDOW);
            let free = (stake.free_at..=lapses).contains(&message.now);
            ensure!(free, Error::CoverWaits(stake.free_at, lapses));
            let shares = core::mem::take(&mut stake.leaving);
            stake.shares -= &shares;
            Ok(shares)
        })?;
        let amount = self.change_underwriter(store, underwriter, |known| {
            ensure!(known.impaired == 0, Error::CoverHeld(known.impaired));
            let amount = known.value_down(&shares)?;
            known.cover -= &amount;
            known.cover_shares -= &shares;
            known.check_cover(min_cover)?;
            Ok(amount)
        })?;
        self.held -= &amount;
        Ok(Payout { to: message.caller, amount })
    }

    pub fn cover(
        &self,
        store: &impl Blockstore,
        underwriter: ActorID,
        sponsor: ActorID,
    ) -> Result<CoverInfo, Error> {
        let stakes = Stakes::load(store, &self.cold(store)?.cover, &COVER)?;
        let stake = stakes.get(&(underwriter, sponsor))?.cloned().unwrap_or_default();
        let value = self.underwriter(store, underwriter)?.value_down(&stake.shares)?;
        let Stake { shares, leaving, free_at } = stake;
        Ok(CoverInfo { shares, value, leaving, free_at })
    }

    fn change_stake<R>(
        &mut self,
        store: &impl Blockstore,
        underwriter: ActorID,
        sponsor: ActorID,
        change: impl FnOnce(&mut Stake) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let mut cold = self.cold(store)?;
        let mut stakes = Stakes::load(store, &cold.cover, &COVER)?;
        let key = (underwriter, sponsor);
        let mut stake = stakes.get(&key)?.cloned().unwrap_or_default();
        let result = change(&mut stake)?;
        if stake.shares.is_zero() {
            stakes.delete(&key)?;
        } else {
            stakes.set(&key, stake)?;
        }
        cold.cover = stakes.flush()?;
        self.set_cold(store, &cold)?;
        Ok(result)
    }
}
