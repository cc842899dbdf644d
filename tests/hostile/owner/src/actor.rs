use fvm_ipld_encoding::RawBytes;
use fvm_ipld_encoding::tuple::*;
use fvm_shared::error::ExitCode;
use num_traits::Zero;
use serde::de::IgnoredAny;
use shared::ext::account::RECEIVE;
use shared::{Caller, Error, Method, host};

use crate::{Constructor, Forward, Message, Mood, Received, SetMood};

shared::dispatch! {
    Constructor::NUMBER => Caller::Anyone => constructor,
    Forward::NUMBER => Caller::Anyone => forward,
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
    let params = Some(message.params).filter(|params: &RawBytes| !params.is_empty());
    let block = params.map(|params| fvm_ipld_encoding::ipld_block::IpldBlock {
        codec: fvm_ipld_encoding::CBOR,
        data: params.to_vec(),
    });
    host::send(&message.to, message.method, block, Zero::zero()).map(|_| ())
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
