//! What it costs to keep a piece, and how long funds last.

use fvm_shared::bigint::{BigInt, Integer};
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use num_traits::ToPrimitive;
use shared::ensure;
use shared::math::mul_div_up;

use crate::api::{EstimateParams, EstimateReturn, Outlook};
use crate::deals::{GIB, TIPS_PER_DEAL};
use crate::error::Error;
use crate::policy::{self, DAY, MAX_REPLICAS};
use crate::state::State;

/// Epochs that can be asked for: a thousand years.
const MAX_EPOCHS: ChainEpoch = 365_000 * DAY;

impl State {
    /// How long funds keep a piece, and what it takes to keep it so long.
    pub fn estimate(&self, params: &EstimateParams) -> Result<EstimateReturn, Error> {
        let EstimateParams { piece_size, replicas, policy, funds, epochs } = params;
        policy::check_size(*piece_size)?;
        policy::check_policy(policy, &self.rules)?;
        ensure!((1..=MAX_REPLICAS).contains(replicas), Error::Replicas(MAX_REPLICAS));
        ensure!((1..=MAX_EPOCHS).contains(epochs), Error::Rule("the number of epochs"));
        ensure!(!funds.is_negative(), Error::Rule("the funds"));
        let outlook = |bounty: &TokenAmount| {
            let price = &policy.max_price_per_epoch * policy.duration;
            let tips = &self.rules.tip * TIPS_PER_DEAL;
            let term = (bounty + price + tips) * *replicas;
            let length = policy.duration;
            // Only what costs nothing has no number of terms.
            let terms = funds.atto().checked_div(term.atto());
            let lasting = terms.and_then(|terms| (terms * length).to_i64());
            let asked = BigInt::from(Integer::div_ceil(epochs, &length));
            let funds = TokenAmount::from_atto(term.atto() * asked);
            Outlook { term, epochs: lasting.unwrap_or(ChainEpoch::MAX), funds }
        };
        let surely = outlook(&policy.max_bounty);
        let likely = match &self.going_rate {
            None => surely.clone(),
            Some(rate) => {
                let room = BigInt::from(piece_size.0) * policy.duration;
                let bounty = mul_div_up(rate, &room, &BigInt::from(GIB));
                let bounty = bounty.ok_or(shared::Error::Overflow("a bounty"))?;
                outlook(&bounty.min(policy.max_bounty.clone()))
            }
        };
        Ok(EstimateReturn { likely, surely })
    }
}
