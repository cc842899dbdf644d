//! What gas costs.

use anyhow::{Result, bail, ensure};
use fvm_shared::bigint::BigUint;
use fvm_shared::econ::TokenAmount;
use lotus::block::read_receipts;
use lotus::eth::block::EthFeeHistory;
use lotus::eth::{EthBigInt, EthUint64};
use lotus::message::SignedMessage;
use lotus::rpc::{Failure, Raw};

use super::names::{Null, tipset};
use super::{Table, param, params};
use crate::gas::{BLOCK_GAS_LIMIT, premium_at};
use crate::node::Node;
use crate::tipset::Tipset;

const MAX_HISTORY: u64 = 1_024;
const MAX_PERCENTILES: usize = 100;
/// In attoFIL for a unit of gas: the premium that is shown of a tipset without messages.
const NO_PREMIUM: u64 = 100_000;

pub fn add(methods: &mut Table<'_>) {
    methods.add("EthBaseFee", |node, ()| Ok(EthBigInt::from(&node.head().next_base_fee)));
    methods.add("EthGasPrice", |node, ()| {
        let head = node.head();
        Ok(EthBigInt::from(&(&head.header.parent_base_fee + premium_at(node, 1, &head)?)))
    });
    methods.add("EthMaxPriorityFeePerGas", |node, ()| {
        Ok(EthBigInt::from(&premium_at(node, 1, &node.head())?))
    });
    methods.add("EthFeeHistory", history);
}

fn history(node: &Node, raw: Raw) -> Result<EthFeeHistory> {
    let params = params(&raw, 2, 3)?;
    let EthUint64(count) = param(&params, 0)?.unwrap_or_default();
    let newest: String = param(&params, 1)?.unwrap_or_default();
    let percentiles: Option<Vec<f64>> = param(&params, 2)?;
    ensure!(count <= MAX_HISTORY, "block count should be smaller than {MAX_HISTORY}");
    check(percentiles.as_deref().unwrap_or_default())?;

    let mut last = Some((*tipset(node, newest.parse()?, Null::Before)?).clone());
    let (mut oldest, mut fees, mut ratios, mut rewards) = (1, vec![], vec![], vec![]);
    for _ in 0..count {
        // Genesis has no history.
        let Some(tipset) = last.filter(|tipset| tipset.height() > 0) else { break };
        let spent = Spent::of(node, &tipset)?;
        oldest = tipset.height().unsigned_abs();
        fees.push(EthBigInt::from(&tipset.header.parent_base_fee));
        ratios.push(spent.gas as f64 / BLOCK_GAS_LIMIT as f64);
        rewards.push(spent.at(percentiles.as_deref().unwrap_or_default()));
        last = node.tipset_at_or_below(tipset.height() - 1)?;
    }
    fees.reverse();
    ratios.reverse();
    rewards.reverse();
    let next = fees.last().cloned().unwrap_or_default();
    fees.push(next);
    Ok(EthFeeHistory {
        oldest_block: EthUint64(oldest),
        base_fee_per_gas: fees,
        gas_used_ratio: ratios,
        reward: percentiles.is_some().then_some(rewards),
    })
}

/// Checks that percentiles are such, in order.
fn check(percentiles: &[f64]) -> Result<(), Failure> {
    let refuse = |why: String| Err(Failure::new(why));
    if percentiles.len() > MAX_PERCENTILES {
        return refuse(format!(
            "length of the reward percentile array cannot be greater than {MAX_PERCENTILES}"
        ));
    }
    let mut before = 0.0;
    for percentile in percentiles {
        if !(0.0..=100.0).contains(percentile) {
            return refuse(format!(
                "invalid reward percentile: {percentile:.6} should be between 0 and 100"
            ));
        }
        if *percentile < before {
            return refuse(format!(
                "invalid reward percentile: {percentile:.6} should be larger than {before:.6}"
            ));
        }
        before = *percentile;
    }
    Ok(())
}

/// What the messages of a tipset spent.
struct Spent {
    gas: u64,
    /// What each paid on top of the base fee, the least first, and the gas that it used.
    premiums: Vec<(BigUint, u64)>,
}

impl Spent {
    fn of(node: &Node, tipset: &Tipset) -> Result<Self> {
        let receipts = read_receipts(node.store(), &tipset.receipts)?;
        let messages = tipset.messages(node.store())?;
        if receipts.len() != messages.len() {
            bail!("{} receipts of {} messages", receipts.len(), messages.len());
        }
        let base_fee = &tipset.header.parent_base_fee;
        let premium = |SignedMessage { message, .. }: SignedMessage| {
            let left = (message.gas_fee_cap - base_fee).max(TokenAmount::default());
            EthBigInt::from(&message.gas_premium.min(left)).0
        };
        let premiums = messages.into_iter().map(premium);
        let mut premiums: Vec<_> =
            premiums.zip(receipts.iter().map(|receipt| receipt.gas_used)).collect();
        premiums.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(Spent { gas: receipts.iter().map(|receipt| receipt.gas_used).sum(), premiums })
    }

    /// The premium below which so many percent of the gas was spent, for each of some percentiles.
    fn at(&self, percentiles: &[f64]) -> Vec<EthBigInt> {
        let at = |percentile: &f64| {
            let wanted = percentile * self.gas as f64 / 100.0;
            let mut spent = 0;
            let reaches = |(_, gas): &&(BigUint, u64)| {
                spent += gas;
                spent as f64 >= wanted
            };
            let found = self.premiums.iter().find(reaches).or(self.premiums.last());
            EthBigInt(found.map_or(NO_PREMIUM.into(), |(premium, _)| premium.clone()))
        };
        percentiles.iter().map(at).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_of_the_gas_that_was_spent() {
        let premium = |atto: u32| BigUint::from(atto);
        let spent = Spent {
            gas: 100,
            premiums: vec![(premium(1), 10), (premium(5), 80), (premium(9), 10)],
        };
        let at = |percentile| spent.at(&[percentile]).remove(0).0;
        assert_eq!(at(0.0), premium(1));
        assert_eq!(at(10.0), premium(1));
        assert_eq!(at(10.5), premium(5));
        assert_eq!(at(90.0), premium(5));
        assert_eq!(at(100.0), premium(9));
    }

    #[test]
    fn a_tipset_without_messages_has_the_premium_that_is_asked_at_the_least() {
        let idle = Spent { gas: 0, premiums: vec![] };
        assert_eq!(idle.at(&[50.0]), [EthBigInt(NO_PREMIUM.into())]);
    }

    #[test]
    fn percentiles_are_in_order_and_at_most_a_hundred() {
        assert_eq!(check(&[0.0, 50.0, 50.0, 100.0]), Ok(()));
        for (percentiles, why) in [
            (vec![101.0], "invalid reward percentile: 101.000000 should be between 0 and 100"),
            (vec![-1.0], "invalid reward percentile: -1.000000 should be between 0 and 100"),
            (
                vec![50.0, 20.0],
                "invalid reward percentile: 20.000000 should be larger than 50.000000",
            ),
            (vec![1.0; 101], "length of the reward percentile array cannot be greater than 100"),
        ] {
            assert_eq!(check(&percentiles), Err(Failure::new(why)));
        }
    }
}
