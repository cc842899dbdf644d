//! Messages to one actor, one after the other, as the bytes of an input.

use std::ops::RangeInclusive;

use fvm_ipld_encoding::ipld_block::IpldBlock;
use fvm_ipld_encoding::{DAG_CBOR, to_vec};
use fvm_shared::MethodNum;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use serde::Serialize;
use serde::de::DeserializeOwned;
use shared::Method;
use shared::dispatch::decode_params;
use shared::ext::market::DealProposal;
use shared::method::Listed;

pub const DAY: ChainEpoch = 2_880;
/// Epochs of a deal that the market publishes.
const DURATION: RangeInclusive<ChainEpoch> = 180 * DAY..=1_278 * DAY;
/// Messages of one input, at the most.
const MAX_MESSAGES: usize = 32;
/// Bits of all the FIL that there will ever be, in attoFIL.
const MAX_BITS: u8 = 91;

/// A message: six bytes, and as many more of parameters as the last two of them say.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    pub method: MethodNum,
    /// Who sends it.
    pub by: u8,
    /// So many days after the one before, or epochs beyond 192 of them.
    wait: u8,
    /// What the target makes of it.
    pub value: u8,
    params: &'a [u8],
}

impl Message<'_> {
    pub fn wait(&self) -> ChainEpoch {
        match self.wait {
            days @ 0..192 => ChainEpoch::from(days) * DAY,
            epochs => ChainEpoch::from(epochs - 192),
        }
    }

    /// The parameters, decoded as the actor does it.
    pub fn params<P: DeserializeOwned + 'static>(&self) -> Option<P> {
        let block = IpldBlock { codec: DAG_CBOR, data: self.params.to_vec() };
        decode_params(Some(&block)).ok()
    }
}

/// The messages of an input. Any byte names one of the methods.
pub fn read<'a>(methods: &[Listed], mut input: &'a [u8]) -> impl Iterator<Item = Message<'a>> {
    let next = move || {
        let [method, by, wait, value, length @ ..] = *input.split_off(..6)?.first_chunk::<6>()?;
        let length = usize::from(u16::from_be_bytes(length)).min(input.len());
        let params = input.split_off(..length)?;
        let method = methods.get(usize::from(method) % methods.len())?.number;
        Some(Message { method, by, wait, value, params })
    };
    std::iter::from_fn(next).take(MAX_MESSAGES)
}

/// The bytes of a message.
pub fn write<M: Method>(
    methods: &[Listed],
    [by, wait, value]: [u8; 3],
    params: &impl Serialize,
) -> Vec<u8> {
    let method = methods.iter().position(|listed| listed.number == M::NUMBER).expect("a method");
    let method = u8::try_from(method).expect("few methods");
    let params = to_vec(params).expect("parameters encode");
    let [high, low] = u16::try_from(params.len()).expect("short parameters").to_be_bytes();
    [&[method, by, wait, value, high, low], &params[..]].concat()
}

/// So many attoFIL, as a power of two.
pub fn atto(bits: u8) -> TokenAmount {
    TokenAmount::from_atto(1_u128 << (bits % MAX_BITS))
}

/// Whether the market would publish a deal now, as far as its client does not matter.
pub fn is_published(proposal: &DealProposal, now: ChainEpoch) -> bool {
    let DealProposal { start_epoch, end_epoch, .. } = proposal;
    let term = end_epoch.checked_sub(*start_epoch);
    now <= *start_epoch
        && term.is_some_and(|term| DURATION.contains(&term))
        && !proposal.storage_price_per_epoch.is_negative()
        && !proposal.provider_collateral.is_negative()
        && !proposal.client_collateral.is_negative()
}
