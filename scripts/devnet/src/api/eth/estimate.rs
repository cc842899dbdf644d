//! How much gas a transaction should have.

use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use fvm_harness::{CallTree, Outcome};
use fvm_shared::error::ExitCode;
use fvm_shared::message::Message;
use lotus::eth::EthUint64;
use lotus::eth::block::BlockNumberOrHash;
use lotus::eth::call::EthCall;
use lotus::message::SignedMessage;
use lotus::rpc::{Failure, Raw};

use super::call::reverted;
use super::names::{Null, any_tipset};
use super::{Table, param, params};
use crate::gas::{
    BLOCK_GAS_LIMIT, DEFAULT_QUEUE, DEFAULT_WAIT, MessageSendSpec, cap_fee, fee_cap, limit,
    premium_at,
};
use crate::node::Node;
use crate::simulate::{Sender, Trial};
use crate::tipset::Tipset;

/// How much more gas than was used a message gets.
const MARGIN: f64 = 1.25;

pub fn add(methods: &mut Table<'_>) {
    methods.add("EthEstimateGas", estimate);
}

/// By what would happen in the next tipset. As in Lotus, the block says only that there is such a
/// block.
fn estimate(node: &Node, raw: Raw) -> Result<EthUint64> {
    let params = params(&raw, 1, 2)?;
    let call: EthCall = param(&params, 0)?.unwrap_or_default();
    if let Some(block @ BlockNumberOrHash(Some(_))) = param(&params, 1)? {
        any_tipset(node, block, Null::Before)?;
    }
    let head = node.head();
    let message = call.message()?;
    let sender = match node.sender(&message.from)? {
        Some(facts) if facts.may_send => Sender::Account,
        _ => Sender::Anybody,
    };
    let trial = Trial {
        view: node.view_after(&head),
        earlier: earlier(node, &message),
        base_fee: head.next_base_fee.clone(),
    };
    let free = trial.run(message.clone(), sender).context("failed to estimate gas")?;
    let used = match free.exit_code {
        ExitCode::OK => free.gas_used,
        ExitCode::SYS_OUT_OF_GAS => {
            return Err(anyhow!(Failure::out_of_gas()).context("failed to estimate gas"));
        }
        _ => return Err(reverted(&free).into()),
    };
    let mut message = Message { gas_limit: limit(used, MARGIN), ..message };
    if sender == Sender::Account {
        price(node, &mut message, &head)?;
    }
    let run = |gas_limit| trial.run(Message { gas_limit, ..message.clone() }, sender);
    let first = run(message.gas_limit)?;
    if first.exit_code.is_success() {
        return Ok(EthUint64(message.gas_limit));
    }
    if !ran_out(&first) {
        return Err(anyhow!(reverted(&first)).context("gas search failed"));
    }
    let enough = search(message.gas_limit, |gas| Ok(run(gas)?.exit_code.is_success()))?;
    Ok(EthUint64(with_margin(enough)))
}

/// What waits of a sender. A call has no nonce of its own: it comes after all of it, but where what
/// waits begins at zero, which Lotus takes for the call's own place.
fn earlier(node: &Node, message: &Message) -> Vec<Arc<SignedMessage>> {
    let pool = node.pool();
    let waiting = pool.pending_of(&message.from);
    waiting.take_while(|other| other.message.sequence != message.sequence).cloned().collect()
}

/// Lets the message offer what a wallet's would.
fn price(node: &Node, message: &mut Message, head: &Tipset) -> Result<()> {
    message.gas_premium = premium_at(node, DEFAULT_WAIT, head)?;
    let base_fee = &head.header.parent_base_fee;
    message.gas_fee_cap = fee_cap(base_fee, &message.gas_premium, DEFAULT_QUEUE);
    cap_fee(message, &MessageSendSpec::default());
    Ok(())
}

/// Whether a message ran out of gas, or a call that it led to and that had a limit of its own.
fn ran_out(outcome: &Outcome) -> bool {
    fn in_call(call: &CallTree) -> bool {
        call.exit_code == Some(ExitCode::SYS_OUT_OF_GAS) || call.calls.iter().any(in_call)
    }
    outcome.exit_code == ExitCode::SYS_OUT_OF_GAS || in_call(&outcome.calls)
}

/// The gas, to a hundredth, with which something works that does not work with so little: up to a
/// block's, with which it is not tried.
fn search(too_little: u64, mut works: impl FnMut(u64) -> Result<bool>) -> Result<u64> {
    let (mut low, mut high) = (too_little, too_little);
    while high < BLOCK_GAS_LIMIT {
        low = high;
        high = high.saturating_mul(2).min(BLOCK_GAS_LIMIT);
        if high == BLOCK_GAS_LIMIT || works(high)? {
            break;
        }
    }
    loop {
        let middle = low.midpoint(high);
        if high - low <= middle / 100 {
            return Ok(high);
        }
        match works(middle)? {
            true => high = middle,
            false => low = middle,
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "cut off by the rule")]
fn with_margin(gas: u64) -> u64 {
    (gas as f64 * MARGIN) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(start: u64, needed: u64) -> (u64, u32) {
        let mut runs = 0;
        let works = |gas| {
            runs += 1;
            Ok(gas >= needed)
        };
        (search(start, works).unwrap(), runs)
    }

    #[test]
    fn a_search_finds_what_is_enough_to_a_hundredth() {
        for needed in [1_000_001, 1_999_999, 3_000_000, 77_777_777, 9_999_999_999] {
            let (gas, runs) = found(1_000_000, needed);
            assert!((needed..=needed + needed / 98).contains(&gas), "{gas} for {needed}");
            assert!(runs < 30, "{runs} runs");
        }
    }

    #[test]
    fn a_search_ends_at_a_whole_block() {
        assert_eq!(found(5, u64::MAX).0, BLOCK_GAS_LIMIT);
        assert_eq!(found(BLOCK_GAS_LIMIT, u64::MAX).0, BLOCK_GAS_LIMIT);
    }
}
