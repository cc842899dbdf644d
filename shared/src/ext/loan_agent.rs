//! LoanAgents: what a LendingMarket and the agents that it creates say to each other.

use fvm_ipld_encoding::tuple::*;
use fvm_shared::ActorID;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use fvm_shared::error::ExitCode;
use serde::{Deserialize, Serialize};

use super::miner::ChangeWorkerAddressParams;

crate::methods! {
    /// Called by Init when a market creates the agent. The market is the namespace of the agent's f4
    /// address.
    "Constructor" Constructor(ConstructorParams) -> ();
    /// Takes control of the miner, or fails and changes nothing. It succeeds once. Caller: the market.
    "Activate" Activate(ActivateParams) -> ();
    /// Whether the agent holds the miner as its loan says and can withdraw from it, with no change of
    /// it under way that could go through without the agent.
    "HoldsMiner" HoldsMiner(()) -> bool;
    /// Forwards whatever the agent has to the market, once it has withdrawn from the miner what it
    /// lacks of so much attoFIL. A miner that refuses stops nothing. Caller: the market.
    "Collect" Collect(TokenAmount) -> Collected;
    /// Withdraws attoFIL from the miner, at most so much, for the borrower. Replies what came, which
    /// the borrower has. Caller: the market, in custody.
    "PayIncome" PayIncome(TokenAmount) -> TokenAmount;
    /// Gives the miner back, as far as it is the agent's to do, and whatever the agent has to the
    /// borrower. Does what is still to do each time that it is called. Caller: the market, once the
    /// debt is zero.
    "Release" Release(ReleaseParams) -> Holding;
    /// Puts the miner's keys into the hands of whoever liquidates it: control addresses at once, the
    /// worker after the miner's delay. The borrower can no longer change them through the agent. Called
    /// again it goes on with a worker that had to wait for another. Caller: the market, in custody.
    "Seize" Seize(ChangeWorkerAddressParams) -> ();
}

/// How an agent holds a miner.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// The agent is owner and beneficiary.
    Custody,
    /// The borrower stays the owner; the agent is the beneficiary (FIP-0029).
    Beneficiary,
}

/// How far an agent has a miner in its hands.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holding {
    /// Not yet.
    Waiting,
    /// The miner is held.
    Held,
    /// The miner is the borrower's to take: in custody the borrower confirms on the miner that it is
    /// the owner; otherwise it proposes another beneficiary there, and the agent approves with the
    /// next Release.
    Offered,
    /// The miner is no longer held, or never will be.
    Released,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct ConstructorParams {
    pub borrower: ActorID,
    pub miner: ActorID,
    pub control: Control,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct ActivateParams {
    /// Who owns the miner before the agent does: the borrower, or the agent of the loan that this one
    /// refinances. Unused where the borrower stays the owner: whoever is the beneficiary must have
    /// agreed, on the miner.
    pub from: ActorID,
    /// AttoFIL that the beneficiary must be allowed to withdraw, at the least. Unused in custody.
    pub quota: TokenAmount,
    /// Epoch to which it must be allowed to, at the least. Unused in custody.
    pub expiration: ChainEpoch,
}

/// What a collection brought, in attoFIL.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Collected {
    /// What the miner paid.
    pub withdrawn: TokenAmount,
    /// What the market was sent: that, and whatever else the agent had.
    pub forwarded: TokenAmount,
    /// With what exit code the miner refused to pay; OK where it did not, or was not asked.
    pub refused: ExitCode,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct ReleaseParams {
    /// Who is to have the miner: the borrower, or the agent of the loan that refinances this one.
    pub to: ActorID,
}
