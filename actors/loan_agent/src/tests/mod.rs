//! The rules under plain `cargo test`, without the FVM.

mod activation;
mod callers;
mod release;

use fvm_shared::ActorID;
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use shared::ext::loan_agent::{ActivateParams, ConstructorParams, Control, Holding};
use shared::ext::miner::{
    ActiveBeneficiary, BeneficiaryTerm, ChangeBeneficiaryParams, GetBeneficiaryReturn,
    GetOwnerReturn, PendingBeneficiaryChange,
};

use crate::control::Claims;
use crate::error::Error;
use crate::state::State;

pub const MARKET: ActorID = 100;
pub const AGENT: ActorID = 101;
/// The agent of another loan of the same market.
pub const OTHER: ActorID = 102;
pub const BORROWER: ActorID = 200;
pub const EVE: ActorID = 201;
pub const MINER: ActorID = 500;

pub const NOW: ChainEpoch = 1_000;
pub const QUOTA: i64 = 70;
/// First epoch after the terms of these tests.
pub const END: ChainEpoch = 9_000;

pub fn id(actor: ActorID) -> Address {
    Address::new_id(actor)
}

pub fn atto(amount: i64) -> TokenAmount {
    TokenAmount::from_atto(amount)
}

/// An agent that waits for the miner.
pub fn waiting(control: Control) -> State {
    State::new(MARKET, ConstructorParams { borrower: BORROWER, miner: MINER, control })
}

/// An agent that has the miner, as far as it knows.
pub fn held(control: Control) -> State {
    State { holding: Holding::Held, ..waiting(control) }
}

/// What loans want: the miner of whoever has it, or the right to withdraw 70 attoFIL until epoch 9,000.
pub fn wanted(from: ActorID) -> ActivateParams {
    ActivateParams { from, quota: atto(QUOTA), expiration: END }
}

/// A miner that is all its owner's.
pub fn owned_by(owner: ActorID) -> Claims {
    Claims {
        owner: GetOwnerReturn { owner: id(owner), proposed: None },
        beneficiary: GetBeneficiaryReturn {
            active: ActiveBeneficiary { beneficiary: id(owner), term: BeneficiaryTerm::default() },
            proposed: None,
        },
    }
}

/// A miner whose owner has done its part for the agent to be the owner.
pub fn offered_by(owner: ActorID) -> Claims {
    owned_by(owner).proposing_owner(AGENT)
}

/// A miner of the borrower's that an agent has the right to withdraw from.
pub fn pledged_to(agent: ActorID) -> Claims {
    let mut claims = owned_by(BORROWER);
    claims.beneficiary.active.beneficiary = id(agent);
    claims.beneficiary.active.term =
        BeneficiaryTerm { quota: atto(QUOTA), used_quota: atto(0), expiration: END };
    claims
}

impl Claims {
    pub fn proposing_owner(mut self, nominee: ActorID) -> Self {
        self.owner.proposed = Some(id(nominee));
        self
    }

    pub fn proposing_beneficiary(mut self, nominee: ActorID, approved: bool) -> Self {
        self.beneficiary.proposed = Some(PendingBeneficiaryChange {
            new_beneficiary: id(nominee),
            new_quota: atto(QUOTA),
            new_expiration: END,
            approved_by_beneficiary: approved,
            approved_by_nominee: false,
        });
        self
    }

    pub fn with_term(mut self, change: impl FnOnce(&mut BeneficiaryTerm)) -> Self {
        change(&mut self.beneficiary.active.term);
        self
    }

    pub fn with_proposal(mut self, change: impl FnOnce(&mut PendingBeneficiaryChange)) -> Self {
        change(self.beneficiary.proposed.as_mut().unwrap());
        self
    }
}

pub fn change(to: ActorID, quota: i64, expiration: ChainEpoch) -> ChangeBeneficiaryParams {
    ChangeBeneficiaryParams {
        new_beneficiary: id(to),
        new_quota: atto(quota),
        new_expiration: expiration,
    }
}

/// What a loan that wants this from the borrower says of a miner.
pub fn activate(control: Control, claims: &Claims) -> Result<ChangeBeneficiaryParams, Error> {
    waiting(control).activate(AGENT, claims, &wanted(BORROWER))
}
