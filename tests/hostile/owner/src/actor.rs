use fvm_ipld_encoding::ipld_block::IpldBlock;
use fvm_ipld_encoding::tuple::*;
use fvm_ipld_encoding::{BytesDe, CBOR, IPLD_RAW, RawBytes};
use fvm_shared::error::ExitCode;
use num_traits::Zero;
use serde::de::IgnoredAny;
use shared::ext::account::RECEIVE;
use shared::{Caller, Error, Method, ext, host};

use crate::{CallAsContract, Constructor, Forward, Message, Mood, Received, SetMood};

shared::dispatch! {
    payable;
    Constructor::NUMBER => Caller::Anyone => constructor,
    Forward::NUMBER => Caller::Anyone => forward,
    CallAsContract::NUMBER => Caller::Anyone => call_as_contract,
    SetMood::NUMBER => Caller::Anyone => set_mood,
    Received::NUMBER => Caller::Anyone => received,
    RECEIVE => Caller::Anyone => receive,
}

#[derive(Serialize_tuple, Deserialize_tuple)]
struct State {
    mood: Mood,
    received: u64,
}

fn constructor((): ()) -> Result<(), Error> {
    host::commit(&State { mood: Mood::FRIENDLY, received: 0 })
}

fn forward(message: Message) -> Result<(), Error> {
    send(message, CBOR).map(|_| ())
}

fn call_as_contract(message: Message) -> Result<RawBytes, Error> {
    let BytesDe(returned) = ext::reply(send(message, IPLD_RAW)?)?;
    Ok(RawBytes::new(returned))
}

fn send(message: Message, codec: u64) -> Result<Option<IpldBlock>, Error> {
    let Message { to, method, params } = message;
    let block = (!params.is_empty()).then(|| IpldBlock { codec, data: params.to_vec() });
    host::send(&to, method, block, Zero::zero())
}

fn set_mood(mood: Mood) -> Result<(), Error> {
    let state: State = host::load()?;
    host::commit(&State { mood, ..state })
}

fn received((): ()) -> Result<u64, Error> {
    Ok(host::load::<State>()?.received)
}

fn receive(_: IgnoredAny) -> Result<(), Error> {
    let state: State = host::load()?;
    host::commit(&State { mood: state.mood.clone(), received: state.received + 1 })?;
    if let Some(message) = state.mood.sends {
        // Once is enough: the nested deal brings tokens too.
        let now: State = host::load()?;
        host::commit(&State { mood: Mood::FRIENDLY, ..now })?;
        forward(message)?;
    }
    if state.mood.burns_gas {
        while host::epoch() >= 0 {}
    }
    if state.mood.refuses {
        return Err(Error::Refused {
            to: fvm_shared::address::Address::new_id(host::receiver()),
            method: RECEIVE,
            code: ExitCode::new(90),
        });
    }
    Ok(())
}
