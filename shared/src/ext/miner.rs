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

use crate::Method;

/// The methods of a miner, as tools call them.
pub mod methods {
    use super::*;

    crate::methods! {
        /// Changes the control addresses at once, and the worker after a delay. Caller: the owner.
        "ChangeWorkerAddress" ChangeWorkerAddress(ChangeWorkerAddressParams) -> ();
        /// Changes the worker where the delay is over. Caller: the owner.
        "ConfirmChangeWorkerAddress" ConfirmChangeWorkerAddress(()) -> ();
        /// Proposes an owner by its f0 address, or as that owner accepts. Caller: owner or proposed
        /// owner.
        "ChangeOwnerAddress" ChangeOwnerAddress(Address) -> ();
        /// Proposes a beneficiary, or approves the one that is proposed (FIP-0029). Caller: the owner, the
        /// beneficiary or the nominee.
        "ChangeBeneficiary" ChangeBeneficiary(ChangeBeneficiaryParams) -> ();
        /// The beneficiary, and the one that is proposed.
        "GetBeneficiary" GetBeneficiary(()) -> GetBeneficiaryReturn;
        /// The owner, and the one that is proposed.
        "GetOwner" GetOwner(()) -> GetOwnerReturn;
        /// Whether an address is the owner, the worker or a control address.
        "IsControllingAddress" IsControllingAddress(Address) -> bool;
        /// AttoFIL that is not locked, which can be negative.
        "GetAvailableBalance" GetAvailableBalance(()) -> TokenAmount;
        /// Block rewards that are still locked, in attoFIL, by the epoch of their release.
        "GetVestingFunds" GetVestingFunds(()) -> GetVestingFundsReturn;
        /// Pays the beneficiary, at most so much attoFIL. Replies what was paid. Caller: owner or
        /// beneficiary.
        "WithdrawBalance" WithdrawBalance(WithdrawBalanceParams) -> TokenAmount;
        /// Pays what can be paid of the miner's fee debt. Caller: a controlling address.
        "RepayDebt" RepayDebt(()) -> ();
        /// Changes the libp2p peer. Caller: a controlling address.
        "ChangePeerID" ChangePeerID(ChangePeerIdParams) -> ();
        /// Changes where the peer is reached. Caller: a controlling address.
        "ChangeMultiaddrs" ChangeMultiaddrs(ChangeMultiaddrsParams) -> ();
        /// AttoFIL that is locked as the initial pledge of the sectors.
        "InitialPledge" InitialPledge(()) -> TokenAmount;
        /// AttoFIL that the termination of sectors costs at the most (FIP-0098).
        "MaxTerminationFee" MaxTerminationFee(MaxTerminationFeeParams) -> TokenAmount;
    }
}

pub const CHANGE_WORKER_ADDRESS: MethodNum = methods::ChangeWorkerAddress::NUMBER;
pub const CONFIRM_CHANGE_WORKER_ADDRESS: MethodNum = methods::ConfirmChangeWorkerAddress::NUMBER;
pub const CHANGE_OWNER_ADDRESS: MethodNum = methods::ChangeOwnerAddress::NUMBER;
pub const CHANGE_BENEFICIARY: MethodNum = methods::ChangeBeneficiary::NUMBER;
pub const GET_BENEFICIARY: MethodNum = methods::GetBeneficiary::NUMBER;
pub const GET_OWNER: MethodNum = methods::GetOwner::NUMBER;
pub const IS_CONTROLLING_ADDRESS: MethodNum = methods::IsControllingAddress::NUMBER;
pub const GET_AVAILABLE_BALANCE: MethodNum = methods::GetAvailableBalance::NUMBER;
pub const GET_VESTING_FUNDS: MethodNum = methods::GetVestingFunds::NUMBER;
pub const WITHDRAW_BALANCE: MethodNum = methods::WithdrawBalance::NUMBER;
pub const REPAY_DEBT: MethodNum = methods::RepayDebt::NUMBER;
pub const CHANGE_PEER_ID: MethodNum = methods::ChangePeerID::NUMBER;
pub const CHANGE_MULTIADDRS: MethodNum = methods::ChangeMultiaddrs::NUMBER;
pub const INITIAL_PLEDGE: MethodNum = methods::InitialPledge::NUMBER;
pub const MAX_TERMINATION_FEE: MethodNum = methods::MaxTerminationFee::NUMBER;

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
