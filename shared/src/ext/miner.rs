//! Storage miner actors. Methods under 2^24 are closed to user actors; these are the exported ones.

use alloc::vec::Vec;

use fvm_ipld_encoding::tuple::*;
use fvm_ipld_encoding::{BytesDe, strict_bytes};
use fvm_shared::MethodNum;
use fvm_shared::address::Address;
use fvm_shared::bigint::bigint_ser;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use fvm_shared::sector::StoragePower;

use crate::method_hash;

pub const CHANGE_WORKER_ADDRESS: MethodNum = method_hash!("ChangeWorkerAddress");
pub const CONFIRM_CHANGE_WORKER_ADDRESS: MethodNum = method_hash!("ConfirmChangeWorkerAddress");
/// Parameter: one bare ID address.
pub const CHANGE_OWNER_ADDRESS: MethodNum = method_hash!("ChangeOwnerAddress");
pub const CHANGE_BENEFICIARY: MethodNum = method_hash!("ChangeBeneficiary");
pub const GET_BENEFICIARY: MethodNum = method_hash!("GetBeneficiary");
pub const GET_OWNER: MethodNum = method_hash!("GetOwner");
/// Parameter: one bare address; reply: one bare bool.
pub const IS_CONTROLLING_ADDRESS: MethodNum = method_hash!("IsControllingAddress");
/// Reply: one bare amount, which can be negative.
pub const GET_AVAILABLE_BALANCE: MethodNum = method_hash!("GetAvailableBalance");
pub const GET_VESTING_FUNDS: MethodNum = method_hash!("GetVestingFunds");
/// Reply: one bare amount, at most what was asked for.
pub const WITHDRAW_BALANCE: MethodNum = method_hash!("WithdrawBalance");
pub const REPAY_DEBT: MethodNum = method_hash!("RepayDebt");
pub const CHANGE_PEER_ID: MethodNum = method_hash!("ChangePeerID");
pub const CHANGE_MULTIADDRS: MethodNum = method_hash!("ChangeMultiaddrs");
/// Reply: one bare amount, the initial pledge that the miner has locked.
pub const INITIAL_PLEDGE: MethodNum = method_hash!("InitialPledge");
/// Reply: one bare amount.
pub const MAX_TERMINATION_FEE: MethodNum = method_hash!("MaxTerminationFee");

/// Exit code of a miner that has less than it has locked.
pub const EX_BALANCE_INVARIANTS_BROKEN: u32 = 1_000;

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct GetOwnerReturn {
    pub owner: Address,
    pub proposed: Option<Address>,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct WithdrawBalanceParams {
    pub amount_requested: TokenAmount,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct ChangeWorkerAddressParams {
    pub new_worker: Address,
    pub new_control_addresses: Vec<Address>,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct ChangePeerIdParams {
    #[serde(with = "strict_bytes")]
    pub new_id: Vec<u8>,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct ChangeMultiaddrsParams {
    pub new_multiaddrs: Vec<BytesDe>,
}

/// What it costs at the most to terminate sectors of so much quality-adjusted power and pledge
/// (FIP-0098).
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct MaxTerminationFeeParams {
    #[serde(with = "bigint_ser")]
    pub power: StoragePower,
    pub initial_pledge: TokenAmount,
}

/// FIP-0029.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct ChangeBeneficiaryParams {
    pub new_beneficiary: Address,
    pub new_quota: TokenAmount,
    pub new_expiration: ChainEpoch,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, Default, PartialEq, Eq)]
pub struct BeneficiaryTerm {
    pub quota: TokenAmount,
    pub used_quota: TokenAmount,
    /// First epoch at which the term is over.
    pub expiration: ChainEpoch,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct ActiveBeneficiary {
    pub beneficiary: Address,
    pub term: BeneficiaryTerm,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct PendingBeneficiaryChange {
    pub new_beneficiary: Address,
    pub new_quota: TokenAmount,
    pub new_expiration: ChainEpoch,
    pub approved_by_beneficiary: bool,
    pub approved_by_nominee: bool,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct GetBeneficiaryReturn {
    pub active: ActiveBeneficiary,
    pub proposed: Option<PendingBeneficiaryChange>,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct GetVestingFundsReturn {
    pub vesting_funds: Vec<(ChainEpoch, TokenAmount)>,
}
