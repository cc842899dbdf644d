//! What came of a transaction.

use fvm_shared::bigint::{BigUint, Integer};
use fvm_shared::error::ExitCode;
use serde::Serialize;
use thiserror::Error;

use super::logs::{Bloom, EthLog};
use super::tx::EthTx;
use super::{EthAddress, EthBigInt, EthHash, EthUint64};

/// What the chain knows of a message that was run.
#[derive(Clone, Copy, Debug)]
pub struct Outcome<'a> {
    pub exit: ExitCode,
    pub returned: &'a [u8],
    pub gas_used: u64,
    /// In attoFIL for a unit of gas, of the tipset that includes the message.
    pub base_fee: &'a BigUint,
}

/// A receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EthTxReceipt {
    pub transaction_hash: EthHash,
    pub transaction_index: EthUint64,
    pub block_hash: EthHash,
    pub block_number: EthUint64,
    pub from: EthAddress,
    pub to: Option<EthAddress>,
    /// Zero: the state is not told.
    pub root: EthHash,
    /// 1 if the message succeeded, and else 0.
    pub status: EthUint64,
    /// Of a contract that was created.
    pub contract_address: Option<EthAddress>,
    /// Always zero, as in Lotus.
    pub cumulative_gas_used: EthUint64,
    pub gas_used: EthUint64,
    pub effective_gas_price: EthBigInt,
    pub logs_bloom: Bloom,
    pub logs: Vec<EthLog>,
    #[serde(rename = "type")]
    pub kind: EthUint64,
}

/// A creation succeeded, and does not tell where the contract is.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("failed to parse contract creation result: {0}")]
pub struct BadCreation(String);

impl EthTxReceipt {
    /// The receipt of an included transaction.
    pub fn of(tx: &EthTx, outcome: Outcome<'_>, logs: Vec<EthLog>) -> Result<Self, BadCreation> {
        let created = outcome.exit.is_success() && tx.to.is_none();
        let price = tx.gas_price.as_ref();
        let fee_cap = tx.max_fee_per_gas.as_ref().or(price).cloned().unwrap_or_default();
        let premium = tx.max_priority_fee_per_gas.as_ref().or(price).cloned().unwrap_or_default();
        Ok(EthTxReceipt {
            transaction_hash: tx.hash,
            transaction_index: tx.transaction_index.unwrap_or_default(),
            block_hash: tx.block_hash.unwrap_or_default(),
            block_number: tx.block_number.unwrap_or_default(),
            from: tx.from,
            to: tx.to,
            root: EthHash::default(),
            status: EthUint64(outcome.exit.is_success().into()),
            contract_address: created.then(|| contract(outcome.returned)).transpose()?,
            cumulative_gas_used: EthUint64(0),
            gas_used: EthUint64(outcome.gas_used),
            effective_gas_price: EthBigInt(effective_price(
                outcome.base_fee,
                &fee_cap.0,
                &premium.0,
                tx.gas.0,
                outcome.gas_used,
            )),
            logs_bloom: Bloom::of(&logs),
            logs,
            kind: tx.kind,
        })
    }
}

/// The address in what the address manager returns of a creation: `[ID, robust address, address]`.
fn contract(returned: &[u8]) -> Result<EthAddress, BadCreation> {
    type Created = (u64, Option<fvm_shared::address::Address>, fvm_ipld_encoding::BytesDe);
    let (_, _, bytes): Created =
        fvm_ipld_encoding::from_slice(returned).map_err(|e| BadCreation(e.to_string()))?;
    EthAddress::from_bytes(&bytes.0).map_err(|e| BadCreation(e.to_string()))
}

/// What a unit of gas cost the sender, in attoFIL and rounded down; zero if none was used. The miner's
/// tip is paid for the whole limit and much of an excessive limit is burned, so that it may be more
/// than the sender's maximum.
#[must_use]
pub fn effective_price(
    base_fee: &BigUint,
    fee_cap: &BigUint,
    premium: &BigUint,
    gas_limit: u64,
    gas_used: u64,
) -> BigUint {
    if gas_used == 0 {
        return BigUint::ZERO;
    }
    let base = base_fee.min(fee_cap);
    let tip = premium.clone().min(fee_cap - base) * gas_limit;
    let burned = base * (BigUint::from(gas_used) + overestimation(gas_limit, gas_used));
    (burned + tip).div_floor(&BigUint::from(gas_used))
}

/// How much of the gas that was not used is burned: the more, the further the limit is above 110 % of
/// it, and all of it from 210 %.
fn overestimation(gas_limit: u64, gas_used: u64) -> u128 {
    let (limit, used) = (u128::from(gas_limit), u128::from(gas_used));
    let over = limit.saturating_sub(used * 11 / 10).min(used);
    limit.saturating_sub(used) * over / used
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(base: u32, cap: u32, premium: u32, limit: u64, used: u64) -> BigUint {
        effective_price(&base.into(), &cap.into(), &premium.into(), limit, used)
    }

    #[test]
    fn an_exact_limit_costs_base_fee_and_premium() {
        assert_eq!(price(100, 1000, 7, 500, 500), 107u32.into());
    }

    #[test]
    fn the_tip_is_what_the_cap_leaves() {
        assert_eq!(price(100, 103, 7, 500, 500), 103u32.into());
        assert_eq!(price(100, 60, 7, 500, 500), 60u32.into());
    }

    #[test]
    fn an_excessive_limit_is_burned() {
        // A tenth more is free of burning, though the tip is paid on it.
        assert_eq!(price(100, 1000, 10, 1100, 1000), 111u32.into());
        // Half of the base fee's 1000 above 110 %: 1600 - 1100 = 500, so 600 * 500 / 1000 burned.
        assert_eq!(price(100, 1000, 0, 1600, 1000), 130u32.into());
        assert_eq!(price(100, 1000, 0, 3000, 1000), 300u32.into());
    }

    #[test]
    fn no_gas_used_costs_nothing() {
        assert_eq!(price(100, 1000, 10, 1000, 0), BigUint::ZERO);
    }
}
