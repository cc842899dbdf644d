//! Messages to one actor, one after the other, as the bytes of an input.

use abi::actors;
use fvm_ipld_encoding::DAG_CBOR;
use fvm_ipld_encoding::ipld_block::IpldBlock;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use fvm_shared::{ActorID, MethodNum};
use shared::Method;
use shared::dispatch::{decode_params, encode};

pub const DAY: ChainEpoch = 2_880;
/// The first of those who send messages.
pub const USER: ActorID = 200;
pub const USERS: u64 = 4;
/// Messages of one input, at the most.
const MAX_MESSAGES: usize = 32;
/// Bits of all the FIL that there will ever be, in attoFIL.
const MAX_BITS: u8 = 91;

/// A message: six bytes, and as many more of parameters as the last two of them say.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    pub method: MethodNum,
    /// Who sends it.
    by: u8,
    /// So many days after the one before, or epochs beyond 192 of them.
    wait: u8,
    /// What the target makes of it.
    pub value: u8,
    params: &'a [u8],
}

impl Message<'_> {
    pub fn caller(&self) -> ActorID {
        USER + u64::from(self.by) % USERS
    }

    pub fn wait(&self) -> ChainEpoch {
        match self.wait {
            days @ 0..192 => ChainEpoch::from(days) * DAY,
            epochs => ChainEpoch::from(epochs - 192),
        }
    }

    /// The parameters of a method, decoded as the actor does it.
    pub fn params<M: Method>(&self) -> Option<M::Params> {
        let block = IpldBlock { codec: DAG_CBOR, data: self.params.to_vec() };
        decode_params((!self.params.is_empty()).then_some(&block)).ok()
    }
}

/// The messages of an input. Any byte names one of the actor's methods.
pub fn read<'a>(actor: &str, mut input: &'a [u8]) -> impl Iterator<Item = Message<'a>> {
    let methods: Vec<_> = actors::methods(actor).map(|listed| listed.number).collect();
    let next = move || {
        let [method, by, wait, value, length @ ..] = *input.split_off(..6)?.first_chunk::<6>()?;
        let length = usize::from(u16::from_be_bytes(length)).min(input.len());
        let params = input.split_off(..length)?;
        let method = *methods.get(usize::from(method) % methods.len())?;
        Some(Message { method, by, wait, value, params })
    };
    std::iter::from_fn(next).take(MAX_MESSAGES)
}

/// The bytes of a message.
pub fn write<M: Method>(actor: &str, [by, wait, value]: [u8; 3], params: &M::Params) -> Vec<u8> {
    let method = actors::methods(actor).position(|listed| listed.number == M::NUMBER);
    let method = method.and_then(|method| u8::try_from(method).ok()).expect("one of few methods");
    let params = encode(params).expect("parameters encode");
    let params = params.map(|block| block.data).unwrap_or_default();
    let [high, low] = u16::try_from(params.len()).expect("short parameters").to_be_bytes();
    [&[method, by, wait, value, high, low], &params[..]].concat()
}

/// So many attoFIL, as a power of two.
pub fn atto(bits: u8) -> TokenAmount {
    TokenAmount::from_atto(1_u128 << (bits % MAX_BITS))
}
