//! How a miner changes hands: what it must say of its owner and beneficiary before the agent acts, and
//! after.
//!
//! The rules of the miner that this rests on. The owner proposes another owner, and the nominee confirms;
//! a beneficiary that was the old owner follows, any other stays, and a proposed one is dropped. The owner
//! proposes another beneficiary, and both that one and the present one approve by repeating the proposal
//! exactly; a present one whose term or quota is over is not asked (FIP-0029). A call that succeeds may
//! have changed nothing but a proposal, so the agent always asks again.

use fvm_shared::ActorID;
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use fvm_shared::error::ExitCode;
use num_traits::Zero;
use shared::ensure;
use shared::ext::builtin;
use shared::ext::loan_agent::{ActivateParams, Control, Holding};
use shared::ext::miner::{
    BeneficiaryTerm, ChangeBeneficiaryParams, EX_BALANCE_INVARIANTS_BROKEN, GetBeneficiaryReturn,
    GetOwnerReturn, PendingBeneficiaryChange,
};

use crate::error::Error;
use crate::state::State;

/// Who has a claim to a miner, and who is proposed: what the miner says. It names all by their IDs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    pub owner: GetOwnerReturn,
    pub beneficiary: GetBeneficiaryReturn,
}

/// What is to do to give a miner away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Handover {
    /// Nothing: the agent has no claim to it.
    Gone,
    /// Nothing: it is for others to act.
    Offered,
    /// To propose the other as owner.
    Propose,
    /// To approve what the owner proposed.
    Approve(ChangeBeneficiaryParams),
}

impl Handover {
    /// How far the agent has the miner once everything is done.
    pub fn holding(&self) -> Result<Holding, Error> {
        match self {
            Handover::Gone => Ok(Holding::Released),
            Handover::Offered => Ok(Holding::Offered),
            Handover::Propose | Handover::Approve(_) => Err(Error::NotOffered),
        }
    }
}

/// The miner must have the code of storage miners, whose rules are known: others could say what they
/// like. `kind` is the position of its code in the manifest.
pub fn ensure_miner(miner: ActorID, kind: Option<i32>) -> Result<(), Error> {
    ensure!(kind == Some(builtin::MINER), Error::NotMiner(miner));
    Ok(())
}

/// Whether a miner says by this exit code that it cannot pay: early terminations are not settled, the
/// term or the quota is over, it owes more than it has free, its books are broken. Any other code means
/// that the call itself went wrong, which its caller may have arranged, by a stack of calls too deep for
/// the miner's own; that must never count as a miner that does not pay.
#[must_use]
pub fn is_refusal(code: ExitCode) -> bool {
    [
        ExitCode::USR_FORBIDDEN,
        ExitCode::USR_INSUFFICIENT_FUNDS,
        ExitCode::USR_ILLEGAL_STATE,
        ExitCode::new(EX_BALANCE_INVARIANTS_BROKEN),
    ]
    .contains(&code)
}

impl State {
    /// Decides whether the agent `agent` can take the miner as its loan says, and counts it as held.
    /// Returns the change of beneficiary to propose, in custody after the owner's change is confirmed,
    /// or else to approve.
    ///
    /// Nobody but the owner may be the beneficiary that custody starts with, not even one whose term is
    /// over: it would stay. Otherwise whoever it is must have approved the change, or not be asked.
    pub fn activate(
        &mut self,
        agent: ActorID,
        claims: &Claims,
        wanted: &ActivateParams,
    ) -> Result<ChangeBeneficiaryParams, Error> {
        ensure!(self.holding == Holding::Waiting, Error::NotWaiting);
        let (own, from) = (Address::new_id(agent), Address::new_id(wanted.from));
        let Claims { owner, beneficiary } = claims;
        let change = match self.control {
            Control::Custody => {
                ensure!(owner.owner == from, Error::Owner(wanted.from));
                ensure!(owner.proposed == Some(own), Error::OwnerNotProposed);
                ensure!(beneficiary.active.beneficiary == from, Error::Beneficiary);
                ChangeBeneficiaryParams {
                    new_beneficiary: own,
                    new_quota: TokenAmount::zero(),
                    new_expiration: 0,
                }
            }
            Control::Beneficiary => {
                self.ensure_borrower_owns(owner)?;
                let proposed = beneficiary.proposed.as_ref();
                let change = proposed
                    .filter(|change| change.new_beneficiary == own)
                    .ok_or(Error::BeneficiaryNotProposed(agent))?;
                ensure!(change.new_quota >= wanted.quota, Error::Quota(wanted.quota.clone()));
                let lasts = change.new_expiration >= wanted.expiration;
                ensure!(lasts, Error::Expiration(wanted.expiration));
                ensure!(change.approved_by_beneficiary, Error::NotApproved);
                repeated(change)
            }
        };
        self.holding = Holding::Held;
        Ok(change)
    }

    /// What the miner must say once the agent has taken it.
    pub fn ensure_taken(
        &self,
        agent: ActorID,
        claims: &Claims,
        wanted: &ActivateParams,
        now: ChainEpoch,
    ) -> Result<(), Error> {
        ensure!(self.holds(agent, claims, now), Error::NotTaken);
        if self.control == Control::Beneficiary {
            self.ensure_borrower_owns(&claims.owner)?;
            let Claims { beneficiary: GetBeneficiaryReturn { active, proposed }, .. } = claims;
            let enough = left(&active.term, now) >= wanted.quota;
            let lasts = active.term.expiration >= wanted.expiration;
            ensure!(proposed.is_none() && enough && lasts, Error::NotTaken);
        }
        Ok(())
    }

    fn ensure_borrower_owns(&self, owner: &GetOwnerReturn) -> Result<(), Error> {
        ensure!(owner.owner == Address::new_id(self.borrower), Error::Owner(self.borrower));
        ensure!(owner.proposed.is_none(), Error::OwnerProposed);
        Ok(())
    }

    /// Whether the agent has the miner and nobody can take it from the agent now.
    ///
    /// A beneficiary with a term must approve its successor, so what the owner proposes does no harm
    /// unless the agent is not to be asked. An owner may sell its miner: the beneficiary stays.
    #[must_use]
    pub fn holds(&self, agent: ActorID, claims: &Claims, now: ChainEpoch) -> bool {
        let own = Address::new_id(agent);
        let Claims { owner, beneficiary: GetBeneficiaryReturn { active, proposed } } = claims;
        let has = self.holding == Holding::Held && active.beneficiary == own;
        has && match self.control {
            Control::Custody => {
                owner.owner == own && owner.proposed.is_none() && proposed.is_none()
            }
            Control::Beneficiary => {
                let approved =
                    proposed.as_ref().is_some_and(|change| change.approved_by_beneficiary);
                !approved && left(&active.term, now).is_positive()
            }
        }
    }

    /// What is to do for `to` to have the miner. The borrower has it at zero debt, and with it the right
    /// to name whomever it likes as the next beneficiary; an agent that takes over must be the one that
    /// is named.
    pub fn hand_over(
        &self,
        agent: ActorID,
        claims: &Claims,
        to: ActorID,
    ) -> Result<Handover, Error> {
        let (own, other) = (Address::new_id(agent), Address::new_id(to));
        let Claims { owner, beneficiary: GetBeneficiaryReturn { active, proposed } } = claims;
        match self.control {
            Control::Custody if owner.owner != own => Ok(Handover::Gone),
            Control::Custody if owner.proposed == Some(other) => Ok(Handover::Offered),
            Control::Custody => Ok(Handover::Propose),
            Control::Beneficiary if active.beneficiary != own => Ok(Handover::Gone),
            Control::Beneficiary => {
                let any = to == self.borrower;
                let fits = |change: &&PendingBeneficiaryChange| {
                    let nominee = change.new_beneficiary;
                    nominee == other || any && nominee != own
                };
                match proposed.as_ref().filter(fits) {
                    Some(change) if change.approved_by_beneficiary => Ok(Handover::Offered),
                    Some(change) => Ok(Handover::Approve(repeated(change))),
                    None if any => Ok(Handover::Offered),
                    None => Err(Error::BeneficiaryNotProposed(to)),
                }
            }
        }
    }

    /// Whether a miner that refuses to pay with this exit code may do so after it was made to repay what
    /// it owes the network, with rewards that have not vested yet if need be. Only its owner can have it
    /// do that.
    #[must_use]
    pub fn may_repay(&self, refused: ExitCode) -> bool {
        self.control == Control::Custody && refused == ExitCode::USR_INSUFFICIENT_FUNDS
    }
}

/// A proposal as those repeat it who approve it.
fn repeated(change: &PendingBeneficiaryChange) -> ChangeBeneficiaryParams {
    ChangeBeneficiaryParams {
        new_beneficiary: change.new_beneficiary,
        new_quota: change.new_quota.clone(),
        new_expiration: change.new_expiration,
    }
}

/// AttoFIL that a beneficiary may still withdraw.
fn left(term: &BeneficiaryTerm, now: ChainEpoch) -> TokenAmount {
    if term.expiration > now { &term.quota - &term.used_quota } else { TokenAmount::zero() }
}
