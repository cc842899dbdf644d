//! The interface that FRC-46 gives a token, and the method that is its ERC-20. Amounts are in the token's smallest unit.

use alloc::string::String;

pub use frc46_token::token::types::{
    BurnFromParams, BurnFromReturn, BurnParams, BurnReturn, DecreaseAllowanceParams,
    GetAllowanceParams, IncreaseAllowanceParams, RevokeAllowanceParams, TransferFromParams,
    TransferFromReturn, TransferParams, TransferReturn,
};
use fvm_ipld_encoding::RawBytes;
use fvm_shared::address::Address;
use fvm_shared::econ::TokenAmount;

/// All amounts are multiples of this; 1 is 18 decimals.
pub const GRANULARITY: u64 = 1;

crate::methods! {
    "Name" Name(()) -> String;
    "Symbol" Symbol(()) -> String;
    "Granularity" Granularity(()) -> u64;
    "TotalSupply" TotalSupply(()) -> TokenAmount;
    "Balance" Balance(Address) -> TokenAmount;
    /// What the reference token calls [`Balance`].
    "BalanceOf" BalanceOf(Address) -> TokenAmount;
    "Allowance" Allowance(GetAllowanceParams) -> TokenAmount;
    "Transfer" Transfer(TransferParams) -> TransferReturn;
    "TransferFrom" TransferFrom(TransferFromParams) -> TransferFromReturn;
    "IncreaseAllowance" IncreaseAllowance(IncreaseAllowanceParams) -> TokenAmount;
    "DecreaseAllowance" DecreaseAllowance(DecreaseAllowanceParams) -> TokenAmount;
    "RevokeAllowance" RevokeAllowance(RevokeAllowanceParams) -> ();
    "Burn" Burn(BurnParams) -> BurnReturn;
    "BurnFrom" BurnFrom(BurnFromParams) -> BurnFromReturn;
    /// ERC-20: calldata to return data, as byte strings. The calldata may come raw as well, as EVM
    /// contracts send it.
    "InvokeEVM" InvokeEvm(RawBytes) -> RawBytes;
}
