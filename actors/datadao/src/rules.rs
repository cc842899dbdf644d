//! Which rules make sense.

use fvm_shared::econ::TokenAmount;
use shared::ensure;
use shared::ext::market::LABEL_MAX_BYTES;
use shared::math::BASIS_POINTS;

use crate::api::{
    BasisPoints, ComputeRules, DealPolicy, RevenueRules, RewardRules, Rules, StakingRules,
    TokenRules, VotingRules,
};
use crate::datasets::MAX_REPLICAS;
use crate::error::Error;

const TOKEN_NAME_MAX_BYTES: usize = 64;
const TOKEN_SYMBOL_MAX_BYTES: usize = 16;
/// Providers that a policy can name: it is read whole with every deal.
pub const MAX_PROVIDERS: usize = 32;
/// Under this not even an account's hook runs through, and nobody could ever be paid.
pub const HOOK_GAS_MIN: u64 = 1_000_000;
/// Above this a batch of [`MAX_PAYEES`](crate::treasury::MAX_PAYEES) that all burn their gas would
/// not fit in a block of 10^10 gas.
pub const HOOK_GAS_MAX: u64 = 250_000_000;
/// No period of the rules is longer, in epochs: ten years.
pub const MAX_EPOCHS: i64 = 10 * 365 * 2_880;

/// Refuses rules of the token that make no sense.
pub fn check_token(rules: &TokenRules) -> Result<(), Error> {
    let fits = |text: &str, max: usize| (1..=max).contains(&text.len());
    let (name, symbol) = (TOKEN_NAME_MAX_BYTES, TOKEN_SYMBOL_MAX_BYTES);
    ensure!(fits(&rules.name, name), Error::TokenName(name));
    ensure!(fits(&rules.symbol, symbol), Error::TokenSymbol(symbol));
    let cap_fits = rules.mint_cap.is_positive() && rules.mint_cap.atto().bits() <= 256;
    ensure!(cap_fits, Error::Rule("the mint cap"));
    Ok(())
}

/// Refuses rules that make no sense.
pub fn check(rules: &Rules) -> Result<(), Error> {
    check_policy(&rules.policy)?;
    check_rewards(&rules.rewards)?;
    check_staking(&rules.staking)?;
    check_voting(&rules.voting)?;
    check_revenue(&rules.revenue)?;
    check_compute(&rules.compute)?;
    // The DAO must have the time to rule on a dispute itself.
    let VotingRules { delay, period, late_extension, timelock, .. } = rules.voting;
    let decision = [delay, period, late_extension, timelock].into_iter().sum();
    ensure!(rules.compute.arbitration > decision, Error::Rule("the arbitration period"));
    Ok(())
}

pub fn check_policy(policy: &DealPolicy) -> Result<(), Error> {
    let durations_fit = 0 < policy.min_duration && policy.min_duration <= policy.max_duration;
    ensure!(durations_fit, Error::PolicyDuration);
    ensure!(policy.max_start_delay >= 0, Error::PolicyStart);
    let amounts_fit =
        !policy.max_price_per_epoch.is_negative() && !policy.max_client_collateral.is_negative();
    ensure!(amounts_fit, Error::PolicyAmount);
    let label_fits = policy.max_label_bytes as usize <= LABEL_MAX_BYTES;
    ensure!(label_fits, Error::Rule("the policy's label length"));
    ensure!(policy.providers.len() <= MAX_PROVIDERS, Error::Providers(MAX_PROVIDERS));
    let replicas_fit = (1..=MAX_REPLICAS).contains(&policy.max_replicas_per_owner);
    ensure!(replicas_fit, Error::Rule("the policy's replicas per owner"));
    Ok(())
}

pub fn check_rewards(rules: &RewardRules) -> Result<(), Error> {
    share(rules.publish_share, "the publish share")?;
    let (min, max) = (HOOK_GAS_MIN, HOOK_GAS_MAX);
    ensure!((min..=max).contains(&rules.hook_gas_limit), Error::HookGas(min, max));
    epochs(rules.cooldown, 0, "the cooldown")?;
    amount(&rules.max_reward, "the highest reward")
}

pub fn check_staking(rules: &StakingRules) -> Result<(), Error> {
    epochs(rules.unbonding, 0, "the unbonding period")?;
    share(rules.bond, "the bond")?;
    share(rules.bonus, "the bonus")?;
    share(rules.slash, "the slash")
}

pub fn check_voting(rules: &VotingRules) -> Result<(), Error> {
    amount(&rules.threshold, "the proposal threshold")?;
    epochs(rules.delay, 1, "the voting delay")?;
    epochs(rules.period, 1, "the voting period")?;
    share(rules.quorum, "the quorum")?;
    epochs(rules.late_extension, 0, "the late extension")?;
    epochs(rules.timelock, 0, "the timelock")?;
    epochs(rules.grace, 1, "the grace period")
}

pub fn check_revenue(rules: &RevenueRules) -> Result<(), Error> {
    let parts = [rules.stakers, rules.curator, rules.providers];
    let sum = parts.into_iter().fold(0_u32, u32::saturating_add);
    share(sum, "the sum of the revenue's shares")
}

pub fn check_compute(rules: &ComputeRules) -> Result<(), Error> {
    share(rules.bond, "the worker's bond")?;
    epochs(rules.review, 1, "the review period")?;
    epochs(rules.arbitration, 1, "the arbitration period")
}

/// A part of a whole.
pub fn share(points: BasisPoints, what: &'static str) -> Result<(), Error> {
    ensure!(u64::from(points) <= BASIS_POINTS, Error::Rule(what));
    Ok(())
}

fn epochs(length: i64, min: i64, what: &'static str) -> Result<(), Error> {
    ensure!((min..=MAX_EPOCHS).contains(&length), Error::Rule(what));
    Ok(())
}

fn amount(amount: &TokenAmount, what: &'static str) -> Result<(), Error> {
    ensure!(!amount.is_negative() && amount.atto().bits() <= 256, Error::Rule(what));
    Ok(())
}
