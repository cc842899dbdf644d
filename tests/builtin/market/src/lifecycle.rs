//! Deals after publication: activation, settlement, time-out, termination.

use alloc::format;
use alloc::vec::Vec;

use builtin_common::{Exit, Result};
use fvm_ipld_blockstore::Blockstore;
use fvm_shared::ActorID;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::deal::DealID;
use fvm_shared::econ::TokenAmount;
use fvm_shared::sector::SectorNumber;
use num_traits::Zero;
use shared::ensure;
use shared::ext::FailCode;
use shared::ext::market::{DealProposal, DealSettlement, SettleDealPaymentsReturn};

use crate::policy;
use crate::state::{
    Activation, Deal, EXPIRED, Ledger, Parties, SectorKey, proposal_bytes, proposal_cid,
};
use crate::types::{PieceChange, SectorChanges};

/// What settling deals has left to do outside the ledger.
#[derive(Debug, Default)]
pub struct Effects {
    /// Collateral that left escrow.
    pub burn: TokenAmount,
    /// Deals that are over as agreed.
    pub completed: Vec<Parties>,
}

impl<BS: Blockstore> Ledger<'_, BS> {
    /// Activates the deals that a sector's new pieces are for, and says which pieces those are.
    pub fn activate(
        &mut self,
        provider: ActorID,
        change: &SectorChanges,
        now: ChainEpoch,
    ) -> Result<(Vec<bool>, Vec<Parties>)> {
        let (mut accepted, mut activated) = (Vec::new(), Vec::new());
        for piece in &change.added {
            let matching = self.matching_deal(provider, change, piece, now)?;
            accepted.push(matching.is_some());
            let Some((id, mut deal)) = matching else { continue };
            activated.push(deal.parties(id));
            deal.allocation = None;
            deal.activation = Some(Activation { sector: change.sector, epoch: now, settled: None });
            self.deals.set(&id, deal)?;
            let key = SectorKey { provider, sector: change.sector };
            let mut ids = self.sectors.get(&key)?.cloned().unwrap_or_default();
            ids.push(id);
            self.sectors.set(&key, ids)?;
        }
        Ok((accepted, activated))
    }

    /// The deal that a piece is for, if the piece activates it.
    fn matching_deal(
        &self,
        provider: ActorID,
        change: &SectorChanges,
        piece: &PieceChange,
        now: ChainEpoch,
    ) -> Result<Option<(DealID, Deal)>> {
        let Ok(id) = fvm_ipld_encoding::from_slice::<DealID>(piece.payload.bytes()) else {
            return Ok(None);
        };
        let matching = self.deals.get(&id)?.filter(|deal| {
            deal.provider == provider
                && now <= deal.proposal.start_epoch
                && deal.proposal.end_epoch <= change.minimum_commitment_epoch
                && deal.activation.is_none()
                && deal.proposal.piece_cid == piece.data
                && deal.proposal.piece_size == piece.size
        });
        Ok(matching.map(|deal| (id, deal.clone())))
    }

    /// Settles deals whose turn or whose caller's wish it is.
    pub fn settle(
        &mut self,
        ids: impl Iterator<Item = DealID>,
        now: ChainEpoch,
    ) -> Result<(SettleDealPaymentsReturn, Effects)> {
        let mut reply =
            SettleDealPaymentsReturn { results: Default::default(), settlements: Vec::new() };
        let mut effects = Effects::default();
        for (index, id) in (0u32..).zip(ids) {
            let settlement = match self.deals.get(&id)?.cloned() {
                None => None,
                Some(deal) => match deal.activation.clone() {
                    Some(activation) => {
                        Some(self.settle_active(id, deal, activation, now, &mut effects)?)
                    }
                    None if now < deal.proposal.start_epoch => {
                        Some(DealSettlement { payment: TokenAmount::zero(), completed: false })
                    }
                    None => {
                        self.time_out(id, &deal, &mut effects)?;
                        None
                    }
                },
            };
            match settlement {
                Some(settlement) => {
                    reply.results.success_count += 1;
                    reply.settlements.push(settlement);
                }
                None => reply.results.fail_codes.push(FailCode { index, code: EXPIRED }),
            }
        }
        Ok((reply, effects))
    }

    /// Does what came due until `now`: burns the collateral of deals whose start was missed, and
    /// settles deals again that have been settled before. Deals that never were are left alone
    /// (FIP-0074), and may be proposed again.
    pub fn cron(&mut self, now: ChainEpoch) -> Result<Effects> {
        let mut effects = Effects::default();
        for id in self.take_due(now)? {
            let Some(deal) = self.deals.get(&id)?.cloned() else { continue };
            match deal.activation.clone() {
                None => self.time_out(id, &deal, &mut effects)?,
                Some(Activation { settled: None, .. }) => self.forget_pending(&deal.proposal)?,
                Some(activation) => {
                    if !self.settle_active(id, deal, activation, now, &mut effects)?.completed {
                        self.schedule(id, now + 1)?;
                    }
                }
            }
        }
        Ok(effects)
    }

    fn settle_active(
        &mut self,
        id: DealID,
        mut deal: Deal,
        mut activation: Activation,
        now: ChainEpoch,
        effects: &mut Effects,
    ) -> Result<DealSettlement> {
        let terms = &deal.proposal;
        if activation.settled.is_none() {
            self.forget_pending(terms)?;
        }
        let payment = payment_due(terms, activation.settled, now);
        if payment.is_positive() {
            self.pay(deal.client, deal.provider, &payment)?;
        }
        let completed = now >= terms.end_epoch;
        if completed {
            self.unlock(deal.provider, &terms.provider_collateral)?;
            self.unlock(deal.client, &terms.client_collateral)?;
            self.deals.delete(&id)?;
            self.forget_sector_deal(deal.provider, activation.sector, id)?;
            effects.completed.push(deal.parties(id));
        } else {
            activation.settled = Some(now);
            deal.activation = Some(activation);
            self.deals.set(&id, deal)?;
        }
        Ok(DealSettlement { payment, completed })
    }

    /// Ends a deal that was not activated by its start: the provider's collateral is lost.
    fn time_out(&mut self, id: DealID, deal: &Deal, effects: &mut Effects) -> Result<()> {
        self.unlock(deal.client, &policy::client_lockup(&deal.proposal))?;
        self.slash(deal.provider, &deal.proposal.provider_collateral)?;
        self.deals.delete(&id)?;
        self.forget_pending(&deal.proposal)?;
        effects.burn += &deal.proposal.provider_collateral;
        Ok(())
    }

    /// Ends the deals in a provider's sectors early at `epoch`: the provider is paid until then and
    /// loses its collateral. Deals that have ended by then are left to be settled. Returns what
    /// left escrow, and the deals.
    pub fn terminate(
        &mut self,
        provider: ActorID,
        sectors: impl Iterator<Item = SectorNumber>,
        epoch: ChainEpoch,
    ) -> Result<(TokenAmount, Vec<Parties>)> {
        let (mut burn, mut terminated) = (TokenAmount::zero(), Vec::new());
        for sector in sectors {
            let ids = self.sectors.delete(&SectorKey { provider, sector })?.unwrap_or_default();
            for id in ids {
                let Some(deal) = self.deals.get(&id)?.cloned() else { continue };
                let terms = &deal.proposal;
                if terms.end_epoch <= epoch {
                    continue;
                }
                ensure!(
                    deal.provider == provider,
                    Exit::illegal_state(format!("f0{provider} is not the provider of deal {id}"))
                );
                let Some(Activation { settled, .. }) = deal.activation else {
                    return Err(Exit::illegal_argument(format!("deal {id} is not active")));
                };
                if settled.is_none() {
                    self.forget_pending(terms)?;
                }
                let payment = payment_due(terms, settled, epoch);
                if payment.is_positive() {
                    self.pay(deal.client, provider, &payment)?;
                }
                let unpaid = terms.end_epoch - epoch.max(terms.start_epoch);
                self.unlock(deal.client, &(&terms.storage_price_per_epoch * unpaid))?;
                self.unlock(deal.client, &terms.client_collateral)?;
                self.slash(provider, &terms.provider_collateral)?;
                self.deals.delete(&id)?;
                burn += &terms.provider_collateral;
                terminated.push(deal.parties(id));
            }
        }
        Ok((burn, terminated))
    }

    fn forget_pending(&mut self, proposal: &DealProposal) -> Result<()> {
        self.pending.delete(&proposal_cid(&proposal_bytes(proposal)?))?;
        Ok(())
    }

    fn forget_sector_deal(
        &mut self,
        provider: ActorID,
        sector: SectorNumber,
        id: DealID,
    ) -> Result<()> {
        let key = SectorKey { provider, sector };
        let Some(ids) = self.sectors.get(&key)? else { return Ok(()) };
        let others: Vec<DealID> = ids.iter().copied().filter(|other| *other != id).collect();
        if others.is_empty() {
            self.sectors.delete(&key)?;
        } else {
            self.sectors.set(&key, others)?;
        }
        Ok(())
    }
}

/// What the provider has earned since the deal was last settled, until `until`.
fn payment_due(
    terms: &DealProposal,
    settled: Option<ChainEpoch>,
    until: ChainEpoch,
) -> TokenAmount {
    let from = settled.map_or(terms.start_epoch, |settled| settled.max(terms.start_epoch));
    let epochs = terms.end_epoch.min(until).saturating_sub(from).max(0);
    &terms.storage_price_per_epoch * epochs
}
