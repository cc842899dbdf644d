//! Methods that FRC-46 does not have, and numbers of those that it has.

use alloc::vec::Vec;

use fvm_ipld_encoding::tuple::*;
use fvm_shared::MethodNum;
use fvm_shared::address::Address;
use fvm_shared::econ::TokenAmount;
use shared::method_hash;

pub const MINT: MethodNum = method_hash!("Mint");
pub const DESTROY: MethodNum = method_hash!("Destroy");
pub const NAME: MethodNum = method_hash!("Name");
pub const SYMBOL: MethodNum = method_hash!("Symbol");
pub const GRANULARITY: MethodNum = method_hash!("Granularity");
pub const TOTAL_SUPPLY: MethodNum = method_hash!("TotalSupply");
/// Parameter: one bare address; reply: one bare amount.
pub const BALANCE: MethodNum = method_hash!("Balance");
pub const ALLOWANCE: MethodNum = method_hash!("Allowance");
pub const TRANSFER: MethodNum = method_hash!("Transfer");
pub const TRANSFER_FROM: MethodNum = method_hash!("TransferFrom");
pub const INCREASE_ALLOWANCE: MethodNum = method_hash!("IncreaseAllowance");
pub const DECREASE_ALLOWANCE: MethodNum = method_hash!("DecreaseAllowance");
/// Replies the allowance that there was.
pub const REVOKE_ALLOWANCE: MethodNum = method_hash!("RevokeAllowance");
pub const BURN: MethodNum = method_hash!("Burn");
pub const BURN_FROM: MethodNum = method_hash!("BurnFrom");

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct MintParams {
    pub to: Address,
    pub amount: TokenAmount,
    /// Who may spend for the recipient without limit.
    pub operators: Vec<Address>,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct DestroyParams {
    pub owner: Address,
    pub amount: TokenAmount,
}
