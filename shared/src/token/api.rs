//! The interface that FRC-46 gives a token, and the method that is its ERC-20. Amounts are in the
//! token's smallest unit.

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
    /// What wallets call the token.
    "Name" Name(()) -> String;
    /// The token's ticker symbol.
    "Symbol" Symbol(()) -> String;
    /// What all amounts are multiples of: 1.
    "Granularity" Granularity(()) -> u64;
    /// The sum of all balances.
    "TotalSupply" TotalSupply(()) -> TokenAmount;
    /// What an account has; nothing for an address that stands for nobody.
    "Balance" Balance(Address) -> TokenAmount;
    /// What the reference token calls [`Balance`].
    "BalanceOf" BalanceOf(Address) -> TokenAmount;
    /// What an operator may still spend of an owner's balance.
    "Allowance" Allowance(GetAllowanceParams) -> TokenAmount;
    /// Moves tokens of the caller and calls the receiver's hook, which can refuse them.
    "Transfer" Transfer(TransferParams) -> TransferReturn;
    /// Moves tokens of an owner by the caller's allowance, as Transfer does.
    "TransferFrom" TransferFrom(TransferFromParams) -> TransferFromReturn;
    /// Lets an operator spend so much more of the caller's tokens. Replies the new allowance.
    "IncreaseAllowance" IncreaseAllowance(IncreaseAllowanceParams) -> TokenAmount;
    /// Lets an operator spend so much less, to nothing at the least. Replies the new allowance.
    "DecreaseAllowance" DecreaseAllowance(DecreaseAllowanceParams) -> TokenAmount;
    /// Lets an operator spend nothing more of the caller's tokens.
    "RevokeAllowance" RevokeAllowance(RevokeAllowanceParams) -> ();
    /// Destroys tokens of the caller.
    "Burn" Burn(BurnParams) -> BurnReturn;
    /// Destroys tokens of an owner by the caller's allowance.
    "BurnFrom" BurnFrom(BurnFromParams) -> BurnFromReturn;
    /// ERC-20: calldata to return data, as byte strings. The calldata may come raw as well, as EVM
    /// contracts send it.
    "InvokeEVM" InvokeEvm(RawBytes) -> RawBytes;
}
