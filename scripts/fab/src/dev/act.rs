//! Messages of any actor at all, without its key.

use ::lotus::json::Link;
use ::lotus::message::MessageJson;
use anyhow::Result;
use clap::Args;
use fvm_harness::{Call, TokenAmount};
use fvm_shared::address::Address;
use serde_json::json;

use crate::invoke::sent::follow;
use crate::invoke::target::{Params, Target, absent};
use crate::node::{Lotus, Node, parse_address};
use crate::units::parse_amount;
use crate::voice::Voice;

#[derive(Args)]
pub struct Acting {
    /// The actor that sends it.
    #[arg(value_parser = parse_address)]
    from: Address,
    /// The actor that is called.
    #[arg(value_parser = parse_address)]
    to: Address,
    /// The method's name or number.
    method: String,
    #[command(flatten)]
    params: Params,
    /// FIL that the message brings, or attoFIL with that unit.
    #[arg(long, value_name = "AMOUNT", default_value = "0", value_parser = parse_amount)]
    value: TokenAmount,
    /// Print the message's CID, and do not look for its receipt.
    #[arg(long)]
    no_wait: bool,
}

impl Acting {
    /// Has the node run it, and tells how it ended.
    pub fn act(&self, node: &mut Lotus, voice: &mut Voice<'_>) -> Result<()> {
        let Acting { from, to, method, value, .. } = self;
        let target = Target::find(node, to, None, method)?;
        target.check_value(value)?;
        let params = target.params(&self.params)?;
        if node.actor(from)?.is_none() {
            return Err(absent(from, ""));
        }
        let epoch = node.epoch()?;
        let call = Call::new(*from, *to).raw(target.number, &params).value(value.clone());
        // The node has the nonce and the gas to fill in.
        let message = MessageJson::from(&call.gas_limit(0).message(0));
        let Link(cid) = super::ask(node, "Fab.ActAs", json!([message]))?;
        if self.no_wait {
            return Ok(voice.say(cid)?);
        }
        follow(node, &target, (&cid, epoch), 0, false, voice)
    }
}
