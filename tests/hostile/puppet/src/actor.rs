use alloc::vec::Vec;

use fvm_ipld_encoding::CBOR;
use fvm_ipld_encoding::ipld_block::IpldBlock;
use fvm_ipld_encoding::tuple::*;
use fvm_sdk::{NO_DATA_BLOCK_ID, ipld, sself, vm};
use fvm_shared::error::ExitCode;
use fvm_shared::{METHOD_CONSTRUCTOR, MethodNum};
use shared::{Caller, Error, Method, host};

use crate::{Constructor, Forward, Message, Script, SetScript, Step};

/// Exit code where a message of [`Step::Send`] fails.
const FAILED: ExitCode = ExitCode::new(91);

shared::dispatch! {
    payable;
    Constructor::NUMBER => Caller::Anyone => constructor,
    SetScript::NUMBER => Caller::Anyone => set_script,
    Forward::NUMBER => Caller::Anyone => forward,
    ; else follow
}

#[derive(Serialize_tuple, Deserialize_tuple)]
struct State {
    script: Script,
}

fn constructor(script: Script) -> Result<(), Error> {
    set_script(script)?;
    follow(METHOD_CONSTRUCTOR);
    Ok(())
}

fn set_script(script: Script) -> Result<(), Error> {
    host::commit(&State { script })
}

fn forward(message: Message) -> Result<(), Error> {
    send(message)
}

/// Takes the steps for a method. Returns the number of the reply's block.
fn follow(method: MethodNum) -> u32 {
    let state: State = match host::load() {
        Ok(state) => state,
        Err(error) => host::abort(&error),
    };
    let steps = state.script.into_iter().find(|(of, _)| *of == method).map(|(_, steps)| steps);
    for step in steps.unwrap_or_default() {
        match take(step) {
            Ok(None) => {}
            Ok(Some(block)) => return put(&block),
            Err(code) => vm::exit(code.value(), None, None),
        }
    }
    NO_DATA_BLOCK_ID
}

/// Returns the reply, if the step is one.
fn take(step: Step) -> Result<Option<IpldBlock>, ExitCode> {
    match step {
        Step::Forget => set_script(Vec::new()).map_err(|_| FAILED)?,
        Step::Try(message) => drop(send(message)),
        Step::Send(message) => send(message).map_err(|_| FAILED)?,
        Step::BurnGas => while host::epoch() >= 0 {},
        Step::SelfDestruct => sself::self_destruct(true).map_err(|_| FAILED)?,
        Step::Exit(code, reply) => vm::exit(code, reply.map(|reply| reply.whole()), None),
        Step::Reply(block) => return Ok(Some(block.whole())),
    }
    Ok(None)
}

fn put(block: &IpldBlock) -> u32 {
    ipld::put_block(block.codec, &block.data)
        .unwrap_or_else(|number| vm::exit(FAILED.value(), None, Some(&alloc::format!("{number}"))))
}

fn send(message: Message) -> Result<(), Error> {
    let Message { to, method, params, value } = message;
    let block = (!params.is_empty()).then(|| IpldBlock { codec: CBOR, data: params.to_vec() });
    host::send(&to, method, block, value).map(drop)
}
