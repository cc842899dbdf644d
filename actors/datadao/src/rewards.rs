//! What replicas earn.

use fvm_shared::ActorID;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use shared::math::vested_down;

use crate::api::Replica;
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
        let vesting = &self.reward - &self.on_publish;
        let vested = vested_down(&vesting, activated, self.end_epoch, now)?;
        Ok(&self.on_publish + vested)
    }

    /// AttoDATA that the replica can still earn.
    #[must_use]
    pub fn outstanding(&self) -> TokenAmount {
        &self.reward - &self.paid
    }
}
