//! Who a miner belongs to, who works for it, and who is paid by it.

use alloc::vec::Vec;

use builtin_common::{Exit, Result};
use fvm_ipld_encoding::tuple::*;
use fvm_ipld_encoding::{BytesDe, strict_bytes};
use fvm_shared::ActorID;
use fvm_shared::address::{Address, Payload};
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use fvm_shared::sector::{RegisteredPoStProof, SectorSize};
use num_traits::Zero;
use shared::ensure;
use shared::ext::miner::{
    ActiveBeneficiary, BeneficiaryTerm, ChangeBeneficiaryParams, GetBeneficiaryReturn,
    GetOwnerReturn, PendingBeneficiaryChange,
};

const MAX_CONTROL_ADDRESSES: usize = 10;
const MAX_PEER_ID_BYTES: usize = 128;
const MAX_MULTIADDRS_BYTES: usize = 1_024;
/// Epochs from a worker's nomination to its confirmation.
const WORKER_CHANGE_DELAY: ChainEpoch = 900;

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Info {
    pub owner: ActorID,
    pub pending_owner: Option<ActorID>,
    pub worker: ActorID,
    pub pending_worker: Option<PendingWorker>,
    pub control: Vec<ActorID>,
    pub beneficiary: ActorID,
    pub term: BeneficiaryTerm,
    pub pending_beneficiary: Option<PendingBeneficiaryChange>,
    #[serde(with = "strict_bytes")]
    pub peer_id: Vec<u8>,
    pub multiaddrs: Vec<BytesDe>,
    pub post_proof: RegisteredPoStProof,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct PendingWorker {
    pub worker: ActorID,
    /// First epoch at which the owner may confirm.
    pub effective_at: ChainEpoch,
}

impl Info {
    pub fn ensure_owner(&self, caller: ActorID) -> Result<()> {
        ensure!(caller == self.owner, Exit::forbidden("only the owner may"));
        Ok(())
    }

    /// The owner, the worker and the control addresses.
    pub fn is_controller(&self, caller: ActorID) -> bool {
        caller == self.owner || caller == self.worker || self.control.contains(&caller)
    }

    pub fn ensure_controller(&self, caller: ActorID) -> Result<()> {
        ensure!(self.is_controller(caller), Exit::forbidden("only a controlling address may"));
        Ok(())
    }

    pub fn ensure_payee(&self, caller: ActorID) -> Result<()> {
        let allowed = caller == self.owner || caller == self.beneficiary;
        ensure!(allowed, Exit::forbidden("only the owner or the beneficiary may"));
        Ok(())
    }

    /// The owner proposes a new owner, or itself to take a proposal back; the nominee confirms by
    /// naming itself. A beneficiary that was the old owner follows to the new one, any other stays.
    pub fn change_owner(&mut self, caller: ActorID, new: &Address) -> Result<()> {
        let Payload::ID(new) = *new.payload() else {
            return Err(Exit::illegal_argument("the new owner must be an ID address"));
        };
        match self.pending_owner {
            Some(nominee) if caller != self.owner => {
                ensure!(caller == nominee, Exit::forbidden("only the owner or the nominee may"));
                ensure!(new == nominee, Exit::illegal_argument("the nominee must name itself"));
                if self.beneficiary == self.owner {
                    self.beneficiary = nominee;
                }
                self.pending_beneficiary = None;
                self.owner = nominee;
                self.pending_owner = None;
            }
            _ => {
                self.ensure_owner(caller)?;
                self.pending_owner = (new != self.owner).then_some(new);
            }
        }
        Ok(())
    }

    /// Control addresses change at once. A new worker has to wait, and cannot be replaced by
    /// another while it does.
    pub fn change_worker(
        &mut self,
        caller: ActorID,
        worker: ActorID,
        control: Vec<ActorID>,
        now: ChainEpoch,
    ) -> Result<()> {
        self.ensure_owner(caller)?;
        self.control = control;
        if worker != self.worker && self.pending_worker.is_none() {
            let effective_at = now + WORKER_CHANGE_DELAY;
            self.pending_worker = Some(PendingWorker { worker, effective_at });
        }
        Ok(())
    }

    /// Puts a worker in place whose time has come; does nothing otherwise.
    pub fn apply_worker_change(&mut self, now: ChainEpoch) {
        if let Some(pending) = self.pending_worker.take_if(|p| now >= p.effective_at) {
            self.worker = pending.worker;
        }
    }

    /// FIP-0029. The owner proposes; the beneficiary and the nominee approve by repeating the
    /// proposal exactly. A beneficiary without effective term has no say.
    pub fn change_beneficiary(
        &mut self,
        caller: ActorID,
        nominee: ActorID,
        params: ChangeBeneficiaryParams,
        now: ChainEpoch,
    ) -> Result<()> {
        let ChangeBeneficiaryParams { new_quota, new_expiration, .. } = params;
        let new_beneficiary = Address::new_id(nominee);
        let mut pending = if caller == self.owner {
            if nominee == self.owner {
                let unbounded = new_quota.is_zero() && new_expiration == 0;
                ensure!(unbounded, Exit::illegal_argument("the owner has no quota and no term"));
            } else {
                ensure!(
                    new_quota.is_positive(),
                    Exit::illegal_argument("the quota is not positive")
                );
            }
            PendingBeneficiaryChange {
                new_beneficiary,
                new_quota,
                new_expiration,
                approved_by_beneficiary: self.quota_left(now).is_zero(),
                approved_by_nominee: false,
            }
        } else {
            let pending = self
                .pending_beneficiary
                .clone()
                .ok_or_else(|| Exit::forbidden("no beneficiary is proposed"))?;
            let proposed = pending.new_beneficiary == Address::new_id(caller);
            ensure!(
                caller == self.beneficiary || proposed,
                Exit::forbidden("only the beneficiary and the nominee approve")
            );
            ensure!(
                pending.new_beneficiary == new_beneficiary
                    && pending.new_quota == new_quota
                    && pending.new_expiration == new_expiration,
                Exit::illegal_argument("this is not what the owner proposed")
            );
            pending
        };
        pending.approved_by_beneficiary |= caller == self.beneficiary;
        pending.approved_by_nominee |= caller == nominee;
        if pending.approved_by_beneficiary && pending.approved_by_nominee {
            if nominee != self.beneficiary {
                self.term.used_quota = TokenAmount::zero();
            }
            self.beneficiary = nominee;
            self.term.quota = pending.new_quota;
            self.term.expiration = pending.new_expiration;
            self.pending_beneficiary = None;
        } else {
            self.pending_beneficiary = Some(pending);
        }
        Ok(())
    }

    /// Cuts a withdrawal to the beneficiary's quota and uses that up. The owner has no quota.
    pub fn use_quota(&mut self, wanted: TokenAmount, now: ChainEpoch) -> Result<TokenAmount> {
        if self.beneficiary == self.owner {
            return Ok(wanted);
        }
        let left = self.quota_left(now);
        ensure!(!left.is_zero(), Exit::forbidden("the beneficiary's term or quota is over"));
        let amount = wanted.min(left);
        self.term.used_quota += &amount;
        Ok(amount)
    }

    fn quota_left(&self, now: ChainEpoch) -> TokenAmount {
        if now >= self.term.expiration {
            return TokenAmount::zero();
        }
        (&self.term.quota - &self.term.used_quota).max(TokenAmount::zero())
    }

    pub fn get_owner(&self) -> GetOwnerReturn {
        GetOwnerReturn {
            owner: Address::new_id(self.owner),
            proposed: self.pending_owner.map(Address::new_id),
        }
    }

    pub fn get_beneficiary(self) -> GetBeneficiaryReturn {
        GetBeneficiaryReturn {
            active: ActiveBeneficiary {
                beneficiary: Address::new_id(self.beneficiary),
                term: self.term,
            },
            proposed: self.pending_beneficiary,
        }
    }
}

pub fn check_control(addresses: &[Address]) -> Result<()> {
    ensure!(
        addresses.len() <= MAX_CONTROL_ADDRESSES,
        Exit::illegal_argument("too many control addresses")
    );
    Ok(())
}

pub fn check_peer(peer_id: &[u8], multiaddrs: &[BytesDe]) -> Result<()> {
    ensure!(peer_id.len() <= MAX_PEER_ID_BYTES, Exit::illegal_argument("the peer ID is too long"));
    let empty = multiaddrs.iter().any(|address| address.0.is_empty());
    ensure!(!empty, Exit::illegal_argument("a multiaddress is empty"));
    let bytes: usize = multiaddrs.iter().map(|address| address.0.len()).sum();
    ensure!(
        bytes <= MAX_MULTIADDRS_BYTES,
        Exit::illegal_argument("the multiaddresses are too long")
    );
    Ok(())
}

/// The proofs that mainnet lets new miners have, and the size of their sectors.
pub fn sector_size(proof: RegisteredPoStProof) -> Result<SectorSize> {
    match proof {
        RegisteredPoStProof::StackedDRGWindow32GiBV1P1 => Ok(SectorSize::_32GiB),
        RegisteredPoStProof::StackedDRGWindow64GiBV1P1 => Ok(SectorSize::_64GiB),
        _ => Err(Exit::illegal_argument("this proof is not for new miners")),
    }
}
