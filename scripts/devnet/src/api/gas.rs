//! What gas messages need, and what it costs them.

use anyhow::Context;
use fvm_shared::message::Message;
use lotus::auth::Permission::Read;
use lotus::block::TipsetKey;
use lotus::json::{Addr, Atto};
use lotus::message::MessageJson;
use lotus::rpc::{Failure, Methods};

use crate::gas::{self, MessageSendSpec};
use crate::node::Node;

pub fn add(methods: &mut Methods<Node>) {
    methods.call("GasEstimateMessageGas", Read, message_gas);
    methods.call("GasEstimateGasLimit", Read, gas_limit);
    methods.call("GasEstimateFeeCap", Read, fee_cap);
    methods.call("GasEstimateGasPremium", Read, gas_premium);
}

fn read(json: MessageJson) -> Result<Message, Failure> {
    let undefined = |field| Failure::new(format!("message {field} address is undefined"));
    match (json.to, json.from) {
        (None, _) => Err(undefined("To")),
        (_, None) => Err(undefined("From")),
        _ => json.message().ok_or_else(|| undefined("From")),
    }
}

fn message_gas(
    node: &Node,
    (message, spec, key): (MessageJson, Option<MessageSendSpec>, TipsetKey),
) -> Result<MessageJson, Failure> {
    let message = read(message)?;
    let tipset = node.tipset(&key).context("getting tipset")?;
    let complete = gas::complete(node, message, &spec.unwrap_or_default(), &tipset)?;
    Ok(MessageJson::from(&complete))
}

fn gas_limit(node: &Node, (message, key): (MessageJson, TipsetKey)) -> Result<u64, Failure> {
    let message = read(message)?;
    let tipset = node.tipset(&key).context("getting tipset")?;
    Ok(gas::used(node, &message, &tipset)?)
}

fn fee_cap(
    node: &Node,
    (message, blocks, key): (MessageJson, i64, TipsetKey),
) -> Result<Atto, Failure> {
    let tipset = node.tipset(&key)?;
    let Atto(premium) = message.gas_premium;
    Ok(Atto(gas::fee_cap(&tipset.header.parent_base_fee, &premium, blocks)))
}

/// Neither the sender nor the gas limit matters.
fn gas_premium(
    node: &Node,
    (within, _, _, key): (u64, Option<Addr>, i64, TipsetKey),
) -> Result<Atto, Failure> {
    let tipset = node.tipset(&key)?;
    Ok(Atto(gas::premium_at(node, within, &tipset)?))
}
