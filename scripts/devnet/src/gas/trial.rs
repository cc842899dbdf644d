//! What a message should offer that leaves its gas open, by the chain as it is.

use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, anyhow, bail};
use cid::Cid;
use fvm_harness::Outcome;
use fvm_shared::address::{Address, Protocol};
use fvm_shared::crypto::signature::SECP_SIG_LEN;
use fvm_shared::econ::TokenAmount;
use fvm_shared::error::ExitCode;
use fvm_shared::message::Message;
use lotus::eth::call::Reverted;
use lotus::json::Addr;
use lotus::message::{Signature, SignatureType, SignedMessage};
use lotus::rpc::Failure;

use super::estimate::{Bid, Past, premium, window};
use super::{
    BLOCK_GAS_LIMIT, DEFAULT_QUEUE, DEFAULT_WAIT, MessageSendSpec, cap_fee, fee_cap, limit,
};
use crate::node::Node;
use crate::tipset::Tipset;

/// The premium that was asked for last: many ask for the same at one head, and each answer takes the
/// messages of many tipsets.
#[derive(Default)]
pub struct Premiums(Mutex<Option<(Cid, u64, TokenAmount)>>);

/// Fills in what a message leaves open of its gas, and keeps what it costs within its bound.
pub fn complete(
    node: &Node,
    mut message: Message,
    spec: &MessageSendSpec,
    tipset: &Tipset,
) -> Result<Message> {
    if message.gas_limit == 0 {
        let used = used(node, &message, tipset)?;
        message.gas_limit = limit(used, node.pool_config().gas_limit_overestimation);
    }
    if message.gas_premium.is_zero() {
        message.gas_premium =
            premium_at(node, DEFAULT_WAIT, tipset).context("estimating gas price")?;
    }
    if message.gas_fee_cap.is_zero() {
        let base_fee = &tipset.header.parent_base_fee;
        message.gas_fee_cap = fee_cap(base_fee, &message.gas_premium, DEFAULT_QUEUE);
    }
    cap_fee(&mut message, spec);
    Ok(message)
}

/// The premium for inclusion within so many blocks after a tipset.
pub fn premium_at(node: &Node, within: u64, tipset: &Tipset) -> Result<TokenAmount> {
    let Premiums(last) = node.premiums();
    let last = || last.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((block, blocks, premium)) = &*last()
        && (*block, *blocks) == (tipset.block, within)
    {
        return Ok(premium.clone());
    }
    let (mut past, mut height) = (vec![], tipset.height());
    for _ in 0..window(within) {
        let Some(parent) = node.tipset_at_or_below(height - 1)? else { break };
        height = parent.height();
        let messages = parent.messages(node.store())?.into_iter();
        let bid = |SignedMessage { message, .. }| Bid {
            premium: message.gas_premium,
            limit: message.gas_limit,
        };
        past.push(Past { blocks: 1, bids: messages.map(bid).collect() });
    }
    let premium = premium(within, past);
    *last() = Some((tipset.block, within, premium.clone()));
    Ok(premium)
}

/// The gas that a message uses after those of the head, and after those of its sender that wait and
/// come before it. The tipset says only who the sender is.
///
/// # Errors
/// Those of Lotus, with its codes where the message fails.
pub fn used(node: &Node, message: &Message, tipset: &Tipset) -> Result<u64> {
    let from = Addr(message.from);
    let signer = node.view_after(tipset).signer(&message.from).map_err(|error| {
        let why = format!("resolving sender {from} ({error:#})");
        anyhow!("gas estimation failed: {why}: sender validation failed")
    })?;
    let (head, earlier) = {
        let pool = node.pool();
        let waiting = pool.pending_of(&signer);
        let earlier = waiting.take_while(|other| other.message.sequence != message.sequence);
        (node.head(), earlier.cloned().collect::<Vec<_>>())
    };
    let mut net = node.view_after(&head).network()?;
    for earlier in earlier {
        net.execute(earlier.message.clone(), earlier.chain_bytes()?.len())?;
    }
    let Some(sender) = net.actor(&signer) else {
        let why = format!("sender {from} not found on chain");
        bail!("gas estimation failed: CallWithGas failed: {why}: sender validation failed");
    };
    let trial = Message {
        sequence: sender.sequence,
        gas_limit: BLOCK_GAS_LIMIT,
        gas_fee_cap: TokenAmount::default(),
        gas_premium: TokenAmount::default(),
        ..message.clone()
    };
    let length = chain_length(&trial, &signer)?;
    succeeded(&net.execute(trial, length)?)
}

/// Bytes on chain of a message that a key has yet to sign.
fn chain_length(message: &Message, signer: &Address) -> Result<usize> {
    let (sig_type, length) = match signer.protocol() {
        Protocol::BLS => (SignatureType::BLS, 0),
        Protocol::Delegated => (SignatureType::Delegated, SECP_SIG_LEN),
        _ => (SignatureType::Secp256k1, SECP_SIG_LEN),
    };
    let signature = Signature::new(sig_type, vec![0; length]);
    Ok(SignedMessage { message: message.clone(), signature }.chain_bytes()?.len())
}

fn succeeded(outcome: &Outcome) -> Result<u64> {
    let (exit, failure) = (outcome.exit_code, outcome.backtrace.as_str());
    match exit {
        ExitCode::OK => Ok(outcome.gas_used),
        ExitCode::SYS_OUT_OF_GAS => Err(Failure::out_of_gas().into()),
        ExitCode::SYS_SENDER_INVALID => {
            let Reverted { message, .. } = Reverted::new(exit, &[], failure);
            bail!("{message}: sender validation failed")
        }
        _ => {
            let Reverted { message, data } = Reverted::new(exit, &outcome.return_data, failure);
            Err(Failure::reverted(message, &data.0).into())
        }
    }
}
