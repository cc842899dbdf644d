//! Reading a transaction as it is sent.

use fvm_shared::bigint::BigUint;

use super::EthAddress;
use super::rlp::{self, Item};
use super::seal::check_eip155;
use super::transaction::{Body, Error, Kind, Transaction};

/// The number of the type of EIP-1559, in front of its list.
pub const EIP1559: u8 = 2;

impl Transaction {
    /// Reads a transaction as it is sent. Whether one of EIP-1559 is for this chain is not checked
    /// here, but where it becomes a message.
    pub fn parse(raw: &[u8], chain_id: u64) -> Result<Self, Error> {
        match raw {
            [] => Err(Error::Empty),
            [1, ..] => Err(Error::Eip2930),
            [EIP1559, list @ ..] => eip1559(list),
            [0x80..=0xff, ..] => legacy(raw, chain_id).map_err(|e| Error::Legacy(Box::new(e))),
            _ => Err(Error::UnknownType),
        }
    }
}

fn eip1559(list: &[u8]) -> Result<Transaction, Error> {
    let [chain_id, nonce, priority, fee, gas, to, value, input, access_list, v, r, s] =
        elements(list, "an EIP-1559")?;
    let chain_id = int(&chain_id)?;
    let nonce = int(&nonce)?;
    let max_priority_fee = big(&priority)?;
    let max_fee = big(&fee)?;
    let body = Body {
        kind: Kind::Eip1559 { chain_id, max_fee, max_priority_fee },
        nonce,
        gas_limit: int(&gas)?,
        to: recipient(&to)?,
        value: big(&value)?,
        input: bytes(&input)?.to_vec(),
    };
    if access_list != Item::List(Vec::new()) {
        return Err(Error::AccessList);
    }
    let (r, s, v) = (big(&r)?, big(&s)?, big(&v)?);
    if v > BigUint::from(1u8) {
        return Err(Error::Eip1559V);
    }
    Ok(Transaction { body, v, r, s })
}

fn legacy(list: &[u8], chain_id: u64) -> Result<Transaction, Error> {
    let [nonce, price, gas, to, value, input, v, r, s] = elements(list, "a Legacy")?;
    let nonce = int(&nonce)?;
    let gas_price = big(&price)?;
    let gas_limit = int(&gas)?;
    let to = recipient(&to)?;
    let value = big(&value)?;
    let Item::Bytes(input) = input else { return Err(Error::InputIsList) };
    let (v, r, s) = (big(&v)?, big(&r)?, big(&s)?);
    let kind = match derived_chain(&v) == BigUint::ZERO {
        true if v == BigUint::from(27u8) || v == BigUint::from(28u8) => {
            Kind::Homestead { gas_price }
        }
        true => return Err(Error::HomesteadV(v.iter_u64_digits().next().unwrap_or(0))),
        false => {
            check_eip155(&v, chain_id)?;
            Kind::Eip155 { chain_id, gas_price }
        }
    };
    let body = Body { kind, nonce, gas_limit, to, value, input: input.to_vec() };
    Ok(Transaction { body, v, r, s })
}

/// The chain that v names, zero if none. Below 35 it wraps, as in Lotus: to no chain that there is.
pub(super) fn derived_chain(v: &BigUint) -> BigUint {
    match u64::try_from(v) {
        Ok(27 | 28) => BigUint::ZERO,
        Ok(v) => BigUint::from(v.wrapping_sub(35) / 2),
        Err(_) => (v - 35u8) / 2u8,
    }
}

/// The elements of the one list in the input.
fn elements<'a, const N: usize>(
    list: &'a [u8],
    name: &'static str,
) -> Result<[Item<'a>; N], Error> {
    match rlp::decode(list)? {
        Item::List(items) => items.try_into().map_err(|_| Error::FieldCount { name, want: N }),
        Item::Bytes(_) => Err(Error::NotList(name)),
    }
}

/// A number of at most 64 bits. Leading zeros are read, as Lotus reads them.
fn int(item: &Item<'_>) -> Result<u64, Error> {
    let Item::Bytes(bytes) = item else { return Err(Error::IntIsList) };
    if bytes.len() > 8 {
        return Err(Error::IntTooLong);
    }
    Ok(bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

/// A number of any size.
fn big(item: &Item<'_>) -> Result<BigUint, Error> {
    match item {
        Item::Bytes(bytes) => Ok(BigUint::from_bytes_be(bytes)),
        Item::List(_) => Err(Error::BigIntIsList),
    }
}

fn bytes<'a>(item: &Item<'a>) -> Result<&'a [u8], Error> {
    match item {
        Item::Bytes(bytes) => Ok(bytes),
        Item::List(_) => Err(Error::BytesAreList),
    }
}

fn recipient(item: &Item<'_>) -> Result<Option<EthAddress>, Error> {
    match bytes(item)? {
        [] => Ok(None),
        address => Ok(Some(EthAddress::from_bytes(address)?)),
    }
}
