//! Calls without a transaction.

use anyhow::{Context, Result};
use fvm_harness::{Outcome, TokenAmount};
use fvm_shared::error::ExitCode;
use fvm_shared::message::Message;
use lotus::eth::EthBytes;
use lotus::eth::block::BlockNumberOrHash;
use lotus::eth::call::{EthCall, Reverted, unwrap};
use lotus::rpc::Failure;

use super::Table;
use super::names::{Null, any_tipset};
use crate::node::Node;
use crate::simulate::{Sender, Trial};
use crate::tipset::Tipset;
use crate::view::View;

pub fn add(methods: &mut Table<'_>) {
    methods.add("EthCall", |node, (call, block): (EthCall, BlockNumberOrHash)| {
        let message = call.message();
        let message = message.context("failed to convert ethcall to filecoin message")?;
        let outcome = apply(node, message, &*any_tipset(node, block, Null::Before)?)?;
        // What a creation returns is not shown.
        let Some(_) = call.to else { return Ok(EthBytes::default()) };
        match outcome.return_data.bytes() {
            [] => Ok(EthBytes::default()),
            returned => {
                let (data, _) = unwrap(returned).context("failed to decode return data")?;
                Ok(EthBytes(data.to_vec()))
            }
        }
    });
}

/// Runs a message after those of a tipset, in its epoch, and for no fee. Anybody may be the sender:
/// that of a call which names none is an address that no actor need have.
pub fn apply(node: &Node, message: Message, tipset: &Tipset) -> Result<Outcome> {
    let view = View { epoch: tipset.height(), ..node.view_after(tipset) };
    let trial = Trial { view, earlier: vec![], base_fee: TokenAmount::default() };
    let outcome = trial.run(message, Sender::Anybody).context("ApplyOnStateWithGas failed")?;
    match outcome.exit_code {
        ExitCode::OK => Ok(outcome),
        _ => Err(reverted(&outcome).into()),
    }
}

/// The error of a message that failed, with its own code and what was returned.
pub fn reverted(outcome: &Outcome) -> Failure {
    let Reverted { message, data } =
        Reverted::new(outcome.exit_code, outcome.return_data.bytes(), &outcome.backtrace);
    Failure::reverted(message, &data.0)
}
