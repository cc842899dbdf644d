//! What became of a message that was run to see: `InvocResult` of Lotus.

use std::time::{Duration, Instant};

use anyhow::Result;
use cid::Cid;
use fvm_harness::{CallTree, IpldOperation, Outcome, TokenAmount};
use fvm_ipld_encoding::ipld_block::IpldBlock;
use fvm_ipld_encoding::to_vec;
use fvm_shared::error::{ErrorNumber, ExitCode};
use fvm_shared::message::Message;
use fvm_shared::receipt::Receipt;
use lotus::block::ReceiptJson;
use lotus::cid_of;
use lotus::json::{Addr, Atto, Link, NullableBase64};
use lotus::message::MessageJson;
use serde::Serialize;
use serde_json::{Value, json};

/// What Lotus writes for an address that is not known.
const NO_ADDRESS: &str = "<empty>";

/// A message, what it came to and what it did on the way.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Invocation {
    pub msg_cid: Link,
    pub msg: MessageJson,
    pub msg_rct: ReceiptJson,
    pub gas_cost: GasCost,
    pub execution_trace: Value,
    pub error: String,
    /// In nanoseconds.
    pub duration: u128,
}

/// What the gas of a message cost its sender and its block's producer. Of a message that pays for
/// none, nothing.
#[derive(Serialize, Default)]
#[serde(rename_all = "PascalCase")]
pub struct GasCost {
    message: Option<Link>,
    gas_used: Atto,
    base_fee_burn: Atto,
    over_estimation_burn: Atto,
    miner_penalty: Atto,
    miner_tip: Atto,
    refund: Atto,
    total_cost: Atto,
}

impl GasCost {
    fn of(message: &Message, cid: Cid, outcome: &Outcome) -> Self {
        let deposit = &message.gas_fee_cap * message.gas_limit;
        GasCost {
            message: Some(Link(cid)),
            gas_used: Atto(TokenAmount::from_atto(outcome.gas_used)),
            base_fee_burn: Atto(&outcome.gas_burnt - &outcome.over_estimation_burn),
            over_estimation_burn: Atto(outcome.over_estimation_burn.clone()),
            miner_penalty: Atto(outcome.penalty.clone()),
            miner_tip: Atto(outcome.gas_tip.clone()),
            refund: Atto(outcome.refund.clone()),
            total_cost: Atto(deposit - &outcome.refund),
        }
    }
}

/// Whether a message pays for its gas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fees {
    Paid,
    None,
}

impl Invocation {
    /// Runs a message, and tells all of it.
    pub fn of(
        message: Message,
        fees: Fees,
        run: impl FnOnce(Message) -> Result<Outcome>,
    ) -> Result<Self> {
        let start = Instant::now();
        let outcome = run(message.clone())?;
        Self::new(&message, fees, &outcome, start.elapsed())
    }

    fn new(message: &Message, fees: Fees, outcome: &Outcome, took: Duration) -> Result<Self> {
        let cid = cid_of(&to_vec(message)?);
        Ok(Invocation {
            msg_cid: Link(cid),
            msg: message.into(),
            msg_rct: ReceiptJson::from(&Receipt {
                exit_code: outcome.exit_code,
                return_data: outcome.return_data.clone(),
                gas_used: outcome.gas_used,
                events_root: outcome.events_root,
            }),
            gas_cost: match fees {
                Fees::Paid => GasCost::of(message, cid, outcome),
                Fees::None => GasCost::default(),
            },
            execution_trace: trace(&outcome.calls),
            error: error(outcome),
            duration: took.as_nanos(),
        })
    }
}

/// What Lotus says of a failure; nothing of a success.
#[must_use]
pub fn error(outcome: &Outcome) -> String {
    if outcome.exit_code.is_success() {
        return String::new();
    }
    let known = Some(outcome.backtrace.as_str()).filter(|text| !text.is_empty());
    let (text, code) = (known.unwrap_or("unknown error"), outcome.exit_code.value());
    format!("{text} (RetCode={code})")
}

fn trace(call: &CallTree) -> Value {
    // Of a message that was refused before it ran, there are no calls.
    let ran = call.exit_code.is_some() || call.error.is_some() || !call.charges.is_empty();
    let address = |address: Addr| match ran {
        true => json!(address),
        false => json!(NO_ADDRESS),
    };
    let mut trace = json!({
        "Msg": {
            "From": address(Addr(fvm_shared::address::Address::new_id(call.from))),
            "To": address(Addr(call.to)),
            "Value": Atto(call.value.clone()),
            "Method": call.method,
            "Params": data(call.params.as_ref()),
            "ParamsCodec": codec(call.params.as_ref()),
            "GasLimit": call.gas_limit,
            "ReadOnly": call.read_only,
        },
        "MsgRct": {
            "ExitCode": if ran { exit_code(call).value() } else { 0 },
            "Return": data(call.returned.as_ref()),
            "ReturnCodec": codec(call.returned.as_ref()),
        },
    });
    let mut put = |key: &str, value: Value| {
        if let Some(fields) = trace.as_object_mut() {
            fields.insert(key.to_owned(), value);
        }
    };
    if let Some((id, state)) = &call.invoked {
        let state = json!({
            "Code": Link(state.code),
            "Head": Link(state.state),
            "Nonce": state.sequence,
            "Balance": Atto(state.balance.clone()),
            "DelegatedAddress": state.delegated_address.map(Addr),
        });
        put("InvokedActor", json!({ "Id": id, "State": state }));
    }
    let charges = call.charges.iter().map(|charge| {
        json!({
            "Name": charge.name,
            "tg": charge.total().round_up(),
            "cg": charge.compute_gas.round_up(),
            "sg": charge.other_gas.round_up(),
            "tt": charge.elapsed.get().map_or(0, Duration::as_nanos),
        })
    });
    put("GasCharges", or_null(charges.collect()));
    put("Subcalls", or_null(call.calls.iter().map(self::trace).collect()));
    if !call.logs.is_empty() {
        put("Logs", json!(call.logs));
    }
    let operations: Vec<_> = call
        .ipld
        .iter()
        .map(|(operation, cid, size)| {
            let operation = match operation {
                IpldOperation::Get => "Get",
                IpldOperation::Put => "Put",
            };
            json!({ "Op": operation, "Cid": Link(*cid), "Size": size })
        })
        .collect();
    if !operations.is_empty() {
        put("IpldOps", json!(operations));
    }
    trace
}

/// The exit code of a call, also of one that could not be made: the FVM gives those to a message.
fn exit_code(call: &CallTree) -> ExitCode {
    match (call.exit_code, call.error) {
        (Some(code), _) => code,
        (None, Some(ErrorNumber::InsufficientFunds)) => ExitCode::SYS_INSUFFICIENT_FUNDS,
        (None, Some(ErrorNumber::NotFound)) => ExitCode::SYS_INVALID_RECEIVER,
        (None, Some(_)) => ExitCode::SYS_ASSERTION_FAILED,
        (None, None) => ExitCode::SYS_OUT_OF_GAS,
    }
}

fn data(block: Option<&IpldBlock>) -> NullableBase64 {
    NullableBase64(block.map(|block| block.data.clone()).unwrap_or_default())
}

fn codec(block: Option<&IpldBlock>) -> u64 {
    block.map_or(0, |block| block.codec)
}

fn or_null(list: Vec<Value>) -> Value {
    match list.is_empty() {
        true => Value::Null,
        false => Value::Array(list),
    }
}
