//! What replicas earn.

use fvm_shared::ActorID;
use fvm_shared::bigint::BigInt;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use shared::math::{BASIS_POINTS, mul_div_down, mul_div_up};

use crate::api::{BasisPoints, Replica};
use crate::error::Error;

/// An amount of attoDATA and whom it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Reward {
    pub payee: ActorID,
    pub amount: TokenAmount,
}

impl Replica {
    /// AttoDATA that the replica has earned by an epoch at which the deal is active, since it is: what
    /// was due for the publish, and of the rest as much, rounded down, as the epochs since are of
    /// those to its end.
    pub fn earned(&self, activated: ChainEpoch, now: ChainEpoch) -> Result<TokenAmount, Error> {
        let term = self.end_epoch.saturating_sub(activated);
        if now >= self.end_epoch || term <= 0 {
            return Ok(self.reward.clone());
        }
        let elapsed = now.saturating_sub(activated).max(0);
        let vesting = &self.reward - &self.on_publish;
        let vested = mul_div_down(&vesting, &BigInt::from(elapsed), &BigInt::from(term));
        Ok(&self.on_publish + divided(vested)?)
    }

    /// AttoDATA that the replica can still earn.
    #[must_use]
    pub fn outstanding(&self) -> TokenAmount {
        &self.reward - &self.paid
    }
}

/// A part of an amount, rounded down.
pub fn share_down(amount: &TokenAmount, share: BasisPoints) -> Result<TokenAmount, Error> {
    divided(mul_div_down(amount, &BigInt::from(share), &BigInt::from(BASIS_POINTS)))
}

/// A part of an amount, rounded up.
pub fn share_up(amount: &TokenAmount, share: BasisPoints) -> Result<TokenAmount, Error> {
    divided(mul_div_up(amount, &BigInt::from(share), &BigInt::from(BASIS_POINTS)))
}

fn divided(quotient: Option<TokenAmount>) -> Result<TokenAmount, Error> {
    Ok(quotient.ok_or(shared::Error::Overflow("a share"))?)
}
