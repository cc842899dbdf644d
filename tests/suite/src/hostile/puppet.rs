//! An actor that does as it is told, at whatever method it is called.

use fvm_harness::{Account, Call, CallTree, Network, Outcome, TokenAmount, fil};
use fvm_ipld_encoding::{CBOR, IPLD_RAW, RawBytes};
use fvm_shared::address::Address;
use fvm_shared::{ActorID, MethodNum};
use hostile_puppet::{Block, Message, Script, SetScript, Step};
use shared::Method;
use shared::ext::SYSTEM_ACTOR;

/// Gas of a message under attack: more than any needs, so that who burns all of it is seen to.
pub const GAS: u64 = 1_500_000_000;
/// The largest block that the FVM takes.
const MEBIBYTE: u32 = 1 << 20;

pub type Attack = (&'static str, Vec<Step>);

pub fn create(net: &mut Network, by: &Account) -> Address {
    net.create(by, "hostile-puppet", &Script::new()).ok().id_address
}

/// Tells the puppet what to do when this method is called.
pub fn tell(net: &mut Network, puppet: Address, method: MethodNum, steps: Vec<Step>) {
    let script: Script = vec![(method, steps)];
    net.implicit(Call::new(puppet, puppet).method(SetScript::NUMBER, &script)).ok();
}

/// Has the puppet take steps now.
#[track_caller]
pub fn act(net: &mut Network, puppet: Address, steps: Vec<Step>) -> Outcome {
    // Nothing of ours calls it.
    let method = MethodNum::MAX - 1;
    tell(net, puppet, method, steps);
    net.implicit(Call::new(Address::new_id(SYSTEM_ACTOR), puppet).method(method, &())).ok()
}

#[track_caller]
pub fn destroy(net: &mut Network, puppet: Address) {
    act(net, puppet, vec![Step::SelfDestruct]);
    assert_eq!(net.actor(&puppet), None);
}

pub fn message<M: Method>(to: Address, params: &M::Params) -> Message {
    let block = shared::dispatch::encode(params).expect("parameters that encode");
    let params = RawBytes::new(block.map(|block| block.data).unwrap_or_default());
    Message { to, method: M::NUMBER, params, value: fil(0) }
}

/// The message of a call.
pub fn as_message(call: &Call) -> Message {
    let Call { to, method, params, value, .. } = call.clone();
    Message { to, method, params, value }
}

/// Forgets the script, and then sends these messages one after the other, whatever becomes of each.
pub fn tries(messages: impl IntoIterator<Item = Message>) -> Vec<Step> {
    [Step::Forget].into_iter().chain(messages.into_iter().map(Step::Try)).collect()
}

pub fn with_value(message: Message, value: TokenAmount) -> Message {
    Message { value, ..message }
}

pub fn exit(code: u32) -> Step {
    Step::Exit(code, None)
}

pub fn reply(codec: u64, bytes: &[u8]) -> Vec<Step> {
    filled(codec, bytes, 0, 0)
}

fn filled(codec: u64, start: &[u8], fill: u8, times: u32) -> Vec<Step> {
    vec![Step::Reply(Block { codec, start: start.to_vec(), fill, times })]
}

/// What an actor can do at any method without knowing who calls.
pub fn blunt() -> Vec<Attack> {
    vec![
        ("does nothing", vec![]),
        ("ends with exit code 90", vec![exit(90)]),
        ("ends with USR_FORBIDDEN", vec![exit(18)]),
        ("ends with SYS_OUT_OF_GAS, which is not for actors to say", vec![exit(7)]),
        ("burns all gas", vec![Step::BurnGas]),
        ("replies a mebibyte of raw bytes", filled(IPLD_RAW, &[], 0, MEBIBYTE)),
        ("replies a mebibyte of CBOR", filled(CBOR, &[0x5a, 0, 0x0f, 0xff, 0xfb], 7, MEBIBYTE - 5)),
        ("replies 100,000 arrays in arrays", filled(CBOR, &[], 0x81, 100_000)),
        ("replies more than a block holds", filled(IPLD_RAW, &[], 0, MEBIBYTE + 1)),
        ("destroys itself", vec![Step::SelfDestruct]),
        ("destroys itself and ends with exit code 90", vec![Step::SelfDestruct, exit(90)]),
    ]
}

/// Runs a call. One that fails must leave everything as it was.
#[track_caller]
pub fn run(net: &mut Network, call: Call) -> Outcome {
    let before = net.snapshot();
    let outcome = net.implicit(call.gas_limit(GAS));
    if !outcome.exit_code.is_success() {
        assert_eq!(net.snapshot(), before, "{outcome}");
    }
    outcome
}

/// The exit code of a message, and in brackets those of what an actor sent meanwhile.
pub fn told(outcome: &Outcome, by: ActorID) -> String {
    fn sent(calls: &CallTree, by: ActorID, found: &mut Vec<String>) {
        for call in &calls.calls {
            if call.from == by {
                let error = || call.error.map_or_else(|| "cut off".into(), |e| format!("{e:?}"));
                found.push(call.exit_code.map_or_else(error, |code| code.value().to_string()));
            } else {
                sent(call, by, found);
            }
        }
    }
    let mut found = vec![];
    sent(&outcome.calls, by, &mut found);
    let exit = outcome.exit_code.value();
    if found.is_empty() { exit.to_string() } else { format!("{exit} [{}]", found.join(", ")) }
}
