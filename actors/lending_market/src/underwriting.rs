//! Who may commit the pool's money, for how much, and for which specification but once.

use alloc::vec::Vec;

use fvm_ipld_blockstore::Blockstore;
use fvm_shared::ActorID;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use shared::ensure;
use shared::math::{BasisPoints, share_up};

use crate::api::{LoanSpec, SpecHash, Underwriter};
use crate::error::Error;
use crate::state::{APPROVALS, Approvals, Cold, NONCES, Nonces, State};

/// Nonces that one message cancels at the most.
pub const MAX_CANCELLED: u32 = 64;
const HASH_BYTES: usize = 32;

impl Underwriter {
    /// Whether it can commit nothing, and nothing more is paid out of what it did.
    #[must_use]
    pub fn is_revoked(&self) -> bool {
        !self.limits.ceiling.is_positive()
    }

    /// Whether the pool's money can go out on its word: it is not revoked, and has cover for all that it
    /// has out.
    pub fn check(&self, id: ActorID, min_cover: BasisPoints) -> Result<(), Error> {
        ensure!(!self.is_revoked(), Error::NotUnderwriter(id));
        self.check_cover(min_cover)
    }

    /// Whether it has cover for all that it has out.
    pub fn check_cover(&self, min_cover: BasisPoints) -> Result<(), Error> {
        let needed = share_up(&self.outstanding, min_cover)?;
        ensure!(self.cover >= needed, Error::MinCover(needed));
        Ok(())
    }

    /// Commits the pool's money to a loan, within its limits.
    fn commit(&mut self, amount: &TokenAmount, now: ChainEpoch) -> Result<(), Error> {
        self.outstanding += amount;
        ensure!(
            self.outstanding <= self.limits.ceiling,
            Error::Ceiling(self.limits.ceiling.clone())
        );
        if now >= self.period_start.saturating_add(self.limits.period) {
            self.period_start = now;
            self.period_used = TokenAmount::default();
        }
        self.period_used += amount;
        let limit = &self.limits.per_period;
        ensure!(self.period_used <= *limit, Error::PeriodLimit(limit.clone()));
        Ok(())
    }
}

impl State {
    /// Uses up a specification: its underwriter vouches for it, by a signature that was verified or by
    /// an approval that is here, its nonce is new, and the limits of the underwriter allow it.
    pub fn use_spec(
        &mut self,
        store: &impl Blockstore,
        cold: &mut Cold,
        spec: &LoanSpec,
        hash: &SpecHash,
        signed: bool,
        now: ChainEpoch,
    ) -> Result<(), Error> {
        let id = spec.underwriter;
        if !signed {
            let mut approvals = Approvals::load(store, &cold.approvals, &APPROVALS)?;
            let approved = approvals.delete(&approval(id, hash))?.is_some();
            ensure!(approved, Error::NotApproved(id));
            cold.approvals = approvals.flush()?;
        }
        let mut nonces = Nonces::load(store, &cold.nonces, &NONCES)?;
        let new = nonces.set_if_absent(&(id, spec.nonce), true)?;
        ensure!(new, Error::Nonce(spec.nonce));
        cold.nonces = nonces.flush()?;
        let min_cover = cold.rules.min_cover;
        self.change_underwriter(store, id, |underwriter| {
            ensure!(!underwriter.is_revoked(), Error::NotUnderwriter(id));
            underwriter.commit(&spec.amount, now)?;
            underwriter.check_cover(min_cover)
        })
    }

    /// Vouches for a specification by its hash. Only that of a specification which names the caller as
    /// its underwriter can ever be used.
    pub fn approve_spec(
        &mut self,
        store: &impl Blockstore,
        caller: ActorID,
        hash: &SpecHash,
    ) -> Result<(), Error> {
        ensure!(hash.hash.len() == HASH_BYTES, Error::Spec("hash"));
        let revoked = self.underwriter(store, caller)?.is_revoked();
        ensure!(!revoked, Error::NotUnderwriter(caller));
        let mut cold = self.cold(store)?;
        let mut approvals = Approvals::load(store, &cold.approvals, &APPROVALS)?;
        approvals.set(&approval(caller, hash), true)?;
        cold.approvals = approvals.flush()?;
        self.set_cold(store, &cold)
    }

    /// Makes nonces of the caller worthless. Anyone can: nonces are each underwriter's own.
    pub fn cancel_nonces(
        &mut self,
        store: &impl Blockstore,
        caller: ActorID,
        cancelled: &[u64],
    ) -> Result<(), Error> {
        ensure!(cancelled.len() <= MAX_CANCELLED as usize, Error::Batch(MAX_CANCELLED));
        let mut cold = self.cold(store)?;
        let mut nonces = Nonces::load(store, &cold.nonces, &NONCES)?;
        for nonce in cancelled {
            nonces.set(&(caller, *nonce), true)?;
        }
        cold.nonces = nonces.flush()?;
        self.set_cold(store, &cold)
    }
}

fn approval(underwriter: ActorID, hash: &SpecHash) -> Vec<u8> {
    [underwriter.to_be_bytes().as_slice(), &hash.hash].concat()
}
