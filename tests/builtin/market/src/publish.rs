//! Publication: which proposals of a batch become deals, and their entry in the ledger.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use builtin_common::Result;
use cid::Cid;
use fvm_ipld_blockstore::Blockstore;
use fvm_shared::ActorID;
use fvm_shared::deal::DealID;
use fvm_shared::econ::TokenAmount;
use shared::ext::market::DealProposal;

use crate::policy;
use crate::state::{Deal, Ledger, proposal_bytes, proposal_cid};

/// A proposal that is acceptable in itself and that its client vouches for.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Position in the batch.
    pub index: u64,
    pub client: ActorID,
    /// With f0 addresses.
    pub proposal: DealProposal,
}

/// A candidate that becomes a deal.
#[derive(Clone, Debug)]
pub struct Accepted {
    pub index: u64,
    pub client: ActorID,
    pub proposal: DealProposal,
    /// CBOR of the proposal.
    pub bytes: Vec<u8>,
    pub cid: Cid,
}

impl<BS: Blockstore> Ledger<'_, BS> {
    /// Drops the candidates that escrow does not cover together with those accepted before them,
    /// that are pending already, or that the client has no DataCap for.
    pub fn select(
        &self,
        candidates: Vec<Candidate>,
        provider: ActorID,
        mut datacap: BTreeMap<ActorID, TokenAmount>,
    ) -> Result<Vec<Accepted>> {
        let provider_available = self.account(provider)?.available();
        let mut provider_lockup = TokenAmount::default();
        let mut client_lockups = BTreeMap::<ActorID, TokenAmount>::new();
        let mut seen = BTreeSet::new();
        let mut accepted = Vec::new();
        for Candidate { index, client, proposal } in candidates {
            let client_total = client_lockups.get(&client).cloned().unwrap_or_default()
                + policy::client_lockup(&proposal);
            let provider_total = &provider_lockup + &proposal.provider_collateral;
            if client_total > self.account(client)?.available()
                || provider_total > provider_available
            {
                continue;
            }
            let bytes = proposal_bytes(&proposal)?;
            let cid = proposal_cid(&bytes);
            if seen.contains(&cid) || self.pending.contains(&cid)? {
                continue;
            }
            if proposal.verified_deal {
                let remaining = datacap.entry(client).or_default();
                let needed = policy::datacap(proposal.piece_size);
                if *remaining < needed {
                    continue;
                }
                *remaining -= needed;
            }
            seen.insert(cid);
            client_lockups.insert(client, client_total);
            provider_lockup = provider_total;
            accepted.push(Accepted { index, client, proposal, bytes, cid });
        }
        Ok(accepted)
    }

    /// Enters deals and locks their funds. `allocations` has those of verified deals by the deal's
    /// position in the batch.
    pub fn publish(
        &mut self,
        accepted: &[Accepted],
        provider: ActorID,
        allocations: &BTreeMap<u64, u64>,
    ) -> Result<Vec<DealID>> {
        let mut ids = Vec::with_capacity(accepted.len());
        for deal in accepted {
            let id = self.next_id;
            self.next_id += 1;
            self.lock(deal.client, &policy::client_lockup(&deal.proposal))?;
            self.lock(provider, &deal.proposal.provider_collateral)?;
            self.pending.set(&deal.cid, id)?;
            self.schedule(id, deal.proposal.start_epoch)?;
            let entry = Deal {
                proposal: deal.proposal.clone(),
                client: deal.client,
                provider,
                allocation: allocations.get(&deal.index).copied(),
                activation: None,
            };
            self.deals.set(&id, entry)?;
            ids.push(id);
        }
        Ok(ids)
    }
}
