//! What messages return, in the shapes that Lotus gives them.

use anyhow::{Context, Result, anyhow};
use fvm_ipld_encoding::{BytesDe, from_slice};
use fvm_shared::address::Address;
use fvm_shared::{ActorID, MethodNum};
use lotus::json::{Addr, Base64};
use serde_json::{Value, json};
use shared::ext::init::{EXEC, EXEC4};
use shared::ext::power::CREATE_MINER;

use crate::node::{Lookup, Node};

/// `CreateMiner`, by its number of before FRC-42.
const CREATE_MINER_INTERNAL: MethodNum = 2;
/// `InvokeContract`.
const INVOKE_CONTRACT: MethodNum = 3_844_450_837;
/// The methods of the address manager that create a contract.
const CREATE: MethodNum = 2;
const CREATE_EXTERNAL: MethodNum = 4;

/// The return value of a message: typed where it makes an actor or calls a contract, and the bytes of
/// all others. Null where there is none.
pub fn decoded(node: &Node, lookup: &Lookup) -> Result<Value> {
    let (data, message) = (lookup.receipt.return_data.bytes(), &lookup.message.message);
    if !lookup.receipt.exit_code.is_success() || data.is_empty() {
        return Ok(Value::Null);
    }
    let view = node.view(&lookup.tipset);
    let actor = view.actor(&message.to)?.ok_or_else(|| anyhow!("actor not found"));
    let context = "failed to get return type: (get sset) failed to load actor";
    let (_, actor) = actor.context(context)?;
    let typed = match (view.kind(&actor), message.method_num) {
        (Some("init"), EXEC | EXEC4)
        | (Some("storagepower"), CREATE_MINER_INTERNAL | CREATE_MINER) => {
            let (id, robust): (Address, Address) = from_slice(data)?;
            json!({ "IDAddress": Addr(id), "RobustAddress": Addr(robust) })
        }
        (Some("eam"), CREATE..=CREATE_EXTERNAL) => {
            let (id, robust, eth): (ActorID, Option<Address>, BytesDe) = from_slice(data)?;
            // An array of Go with a fixed length: numbers, not base64.
            json!({ "ActorID": id, "RobustAddress": robust.map(Addr), "EthAddress": eth.0 })
        }
        (Some("evm"), INVOKE_CONTRACT) => {
            let BytesDe(output) = from_slice(data)?;
            json!(Base64(output))
        }
        _ => json!(Base64(data.to_vec())),
    };
    Ok(typed)
}
