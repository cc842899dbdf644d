//! The method InvokeEVM, for any actor that has a token.

use fvm_ipld_encoding::RawBytes;
use fvm_shared::ActorID;
use fvm_shared::address::Address;
use fvm_shared::econ::TokenAmount;
use num_traits::Zero;

use super::abi::{Call, DECIMALS, Value};
use super::address::EthAddress;
use super::calldata::Calldata;
use super::event;
use crate::host::{self, Store};
use crate::token::methods::HasToken;
use crate::token::movement::{self, Sending};
use crate::{Error, ensure};

/// InvokeEVM. Its functions are those of FRC-46 under other names, the receiver hook included; what
/// comes without calldata is a deposit of value.
pub fn invoke<S: HasToken>(calldata: Calldata) -> Result<Calldata, Error> {
    let call = Call::decode(&calldata.0)?;
    let payable = call == Call::Deposit || host::value().is_zero();
    ensure!(payable, Error::Argument("functions of ERC-20 take no value".into()));
    Ok(Calldata(run::<S>(call)?.encode()?))
}

fn run<S: HasToken>(call: Call) -> Result<Value, Error> {
    Ok(match call {
        Call::Deposit => Value::Nothing,
        Call::Name => Value::Text(host::load::<S>()?.token_name(&Store)?),
        Call::Symbol => Value::Text(host::load::<S>()?.token_symbol(&Store)?),
        Call::Decimals => Value::Uint(TokenAmount::from_atto(DECIMALS)),
        Call::TotalSupply => Value::Uint(host::load::<S>()?.token().supply.clone()),
        Call::BalanceOf { owner } => Value::Uint(match known(owner) {
            Some(owner) => host::load::<S>()?.token().balance(&Store, owner)?,
            None => TokenAmount::zero(),
        }),
        Call::Allowance { owner, spender } => Value::Uint(match (known(owner), known(spender)) {
            (Some(owner), Some(spender)) => {
                host::load::<S>()?.token().allowance(&Store, owner, spender)?
            }
            _ => TokenAmount::zero(),
        }),
        Call::Transfer { to, amount } => {
            let (from, to) = (host::caller(), host::resolve_or_create(&somebody(to)?)?);
            send::<S>(from, to, None, amount)?
        }
        Call::TransferFrom { from, to, amount } => {
            let from = host::resolve(&somebody(from)?)?;
            let to = host::resolve_or_create(&somebody(to)?)?;
            send::<S>(from, to, Some(host::caller()), amount)?
        }
        Call::Approve { spender, amount } => {
            let spender = host::existing(&somebody(spender)?)?;
            movement::allow::<S>(spender, |token, owner| {
                token.approve(&Store, owner, spender, &amount)?;
                Ok(amount)
            })?;
            Value::True
        }
    })
}

fn send<S: HasToken>(
    from: ActorID,
    to: ActorID,
    operator: Option<ActorID>,
    amount: TokenAmount,
) -> Result<Value, Error> {
    let operator_data = RawBytes::default();
    movement::send::<S>(Sending { from, to, operator, amount, operator_data })?;
    Ok(Value::True)
}

fn known(address: EthAddress) -> Option<ActorID> {
    host::resolve(&address.filecoin()?).ok()
}

fn somebody(address: EthAddress) -> Result<Address, Error> {
    address.filecoin().ok_or_else(|| Error::Argument("the null address is nobody".into()))
}

/// Emits the event of a movement of tokens: minted where they come from nobody, burnt where they go
/// to nobody. For every movement that is not made by [`movement`], once it is committed.
pub fn transferred(
    from: Option<ActorID>,
    to: Option<ActorID>,
    amount: &TokenAmount,
) -> Result<(), Error> {
    let side = |actor: Option<ActorID>| actor.map_or(EthAddress::NULL, address_of);
    host::emit(event::transfer(side(from), side(to), amount)?)
}

/// Emits the event of an allowance that was set to this amount.
pub fn approved(owner: ActorID, spender: ActorID, amount: &TokenAmount) -> Result<(), Error> {
    host::emit(event::approval(address_of(owner), address_of(spender), amount)?)
}

fn address_of(actor: ActorID) -> EthAddress {
    EthAddress::of(actor, host::delegated_address(actor).as_ref())
}
