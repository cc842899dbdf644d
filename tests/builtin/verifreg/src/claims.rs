//! Claims: allocations whose pieces are proven.

use alloc::format;
use alloc::vec::Vec;
use core::result::Result as Outcome;

use builtin_common::wire::ClaimedSpace;
use builtin_common::{Exit, Result};
use fvm_ipld_blockstore::Blockstore;
use fvm_shared::ActorID;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::error::ExitCode;
use shared::ensure;
use shared::ext::{BatchReturn, FailCode};

use crate::state::{Allocations, State};
use crate::types::{
    Allocation, AllocationClaim, AllocationID, Claim, ClaimAllocationsParams,
    ClaimAllocationsReturn, DataCap, GetClaimsParams, GetClaimsReturn, SectorAllocationClaims,
};

/// What a call to claim allocations came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    pub reply: ClaimAllocationsReturn,
    pub claims: Vec<(AllocationID, Claim)>,
    /// Bytes whose DataCap is used up.
    pub space: DataCap,
}

impl State {
    /// Turns allocations into claims of the provider that has proven their pieces.
    pub fn claim(
        &mut self,
        store: &impl Blockstore,
        provider: ActorID,
        params: &ClaimAllocationsParams,
        now: ChainEpoch,
    ) -> Result<Claimed> {
        ensure!(!params.sectors.is_empty(), Exit::illegal_argument("nothing to claim"));
        let mut allocations = self.load_allocations(store)?;
        let mut claims = self.load_claims(store)?;
        let mut sector_results = BatchReturn::default();
        let mut sector_claims = Vec::new();
        let mut claimed = Vec::new();
        let mut space = DataCap::default();
        for (index, sector) in (0u32..).zip(&params.sectors) {
            let new = match claims_of(&allocations, provider, sector, now)? {
                Ok(new) => new,
                Err(code) => {
                    sector_results.fail_codes.push(FailCode { index, code });
                    continue;
                }
            };
            let mut sector_space = DataCap::default();
            for (id, claim) in new {
                let is_new = claims.set_if_absent(&id, claim.clone())?;
                ensure!(is_new, Exit::illegal_argument(format!("allocation {id} claimed twice")));
                allocations.delete(&id)?;
                sector_space += claim.size.0;
                claimed.push((id, claim));
            }
            space += &sector_space;
            sector_claims.push(ClaimedSpace(sector_space));
            sector_results.success_count += 1;
        }
        ensure!(
            !params.all_or_nothing || sector_results.fail_codes.is_empty(),
            Exit::illegal_argument("not all sectors can be claimed")
        );
        self.allocations = allocations.flush()?;
        self.claims = claims.flush()?;
        let reply = ClaimAllocationsReturn { sector_results, sector_claims };
        Ok(Claimed { reply, claims: claimed, space })
    }

    /// A provider's claims by their numbers.
    pub fn claims(
        &self,
        store: &impl Blockstore,
        params: &GetClaimsParams,
    ) -> Result<GetClaimsReturn> {
        let all = self.load_claims(store)?;
        let mut batch_info = BatchReturn::default();
        let mut claims = Vec::new();
        for (index, id) in (0u32..).zip(&params.claim_ids) {
            match all.get(id)?.filter(|claim| claim.provider == params.provider) {
                Some(claim) => {
                    batch_info.success_count += 1;
                    claims.push(claim.clone());
                }
                None => {
                    let code = ExitCode::USR_NOT_FOUND;
                    batch_info.fail_codes.push(FailCode { index, code });
                }
            }
        }
        Ok(GetClaimsReturn { batch_info, claims })
    }
}

/// The claims of one sector, or why it has none.
fn claims_of<BS: Blockstore>(
    allocations: &Allocations<'_, BS>,
    provider: ActorID,
    sector: &SectorAllocationClaims,
    now: ChainEpoch,
) -> Result<Outcome<Vec<(AllocationID, Claim)>, ExitCode>> {
    let mut claims = Vec::with_capacity(sector.claims.len());
    for wanted in &sector.claims {
        let allocation = allocations.get(&wanted.allocation_id)?;
        let Some(allocation) = allocation.filter(|found| found.client == wanted.client) else {
            return Ok(Err(ExitCode::USR_NOT_FOUND));
        };
        if !may_claim(allocation, provider, wanted, sector.expiry, now) {
            return Ok(Err(ExitCode::USR_FORBIDDEN));
        }
        let Allocation { client, data, size, term_min, term_max, .. } = allocation.clone();
        let (term_start, sector) = (now, sector.sector);
        let claim = Claim { provider, client, data, size, term_min, term_max, term_start, sector };
        claims.push((wanted.allocation_id, claim));
    }
    Ok(Ok(claims))
}

fn may_claim(
    allocation: &Allocation,
    provider: ActorID,
    wanted: &AllocationClaim,
    sector_expiry: ChainEpoch,
    now: ChainEpoch,
) -> bool {
    let lifetime = sector_expiry.saturating_sub(now);
    allocation.provider == provider
        && allocation.data == wanted.data
        && allocation.size == wanted.size
        && now <= allocation.expiration
        && (allocation.term_min..=allocation.term_max).contains(&lifetime)
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use cid::Cid;
    use fvm_ipld_blockstore::MemoryBlockstore;
    use fvm_shared::econ::TokenAmount;
    use fvm_shared::piece::PaddedPieceSize;

    use super::*;
    use crate::allocations::{MAX_TERM, MIN_TERM};
    use crate::state::MIN_ALLOCATION;
    use crate::types::AllocationRequest;

    const CLIENT: ActorID = 102;
    const PROVIDER: ActorID = 1_000;
    const EXPIRATION: ChainEpoch = 500;
    const SIZE: PaddedPieceSize = PaddedPieceSize(MIN_ALLOCATION);

    /// A state with allocations 1 and 2.
    fn allocated() -> (MemoryBlockstore, State) {
        let store = MemoryBlockstore::default();
        let mut state = State::new(&store, 80).unwrap();
        let request = AllocationRequest {
            provider: PROVIDER,
            data: Cid::default(),
            size: SIZE,
            term_min: MIN_TERM,
            term_max: MAX_TERM,
            expiration: EXPIRATION,
        };
        let sent = TokenAmount::from_whole(2 * SIZE.0);
        state.allocate(&store, CLIENT, &sent, vec![request; 2], 0).unwrap();
        (store, state)
    }

    fn wanted(allocation_id: AllocationID) -> AllocationClaim {
        AllocationClaim { client: CLIENT, allocation_id, data: Cid::default(), size: SIZE }
    }

    fn sector(claims: Vec<AllocationClaim>) -> SectorAllocationClaims {
        SectorAllocationClaims { sector: 7, expiry: MIN_TERM, claims }
    }

    fn all_of(sectors: Vec<SectorAllocationClaims>) -> ClaimAllocationsParams {
        ClaimAllocationsParams { sectors, all_or_nothing: false }
    }

    #[test]
    fn only_its_provider_claims_what_was_allocated_in_time_and_for_the_term() {
        let allocation = Allocation {
            client: CLIENT,
            provider: PROVIDER,
            data: Cid::default(),
            size: SIZE,
            term_min: MIN_TERM,
            term_max: MAX_TERM,
            expiration: EXPIRATION,
        };
        let may = |provider, size, lifetime, now| {
            let wanted = AllocationClaim { size: PaddedPieceSize(size), ..wanted(1) };
            may_claim(&allocation, provider, &wanted, now + lifetime, now)
        };
        assert!(may(PROVIDER, SIZE.0, MIN_TERM, EXPIRATION));
        assert!(may(PROVIDER, SIZE.0, MAX_TERM, 0));
        assert!(!may(PROVIDER + 1, SIZE.0, MIN_TERM, 0));
        assert!(!may(PROVIDER, SIZE.0 * 2, MIN_TERM, 0));
        assert!(!may(PROVIDER, SIZE.0, MIN_TERM - 1, 0));
        assert!(!may(PROVIDER, SIZE.0, MAX_TERM + 1, 0));
        assert!(!may(PROVIDER, SIZE.0, MIN_TERM, EXPIRATION + 1));
    }

    #[test]
    fn a_sector_is_claimed_whole_or_not_and_an_allocation_once() {
        let (store, mut state) = allocated();
        let params = all_of(vec![
            sector(vec![wanted(1), wanted(9)]),
            sector(vec![wanted(1)]),
            sector(vec![wanted(1), wanted(2)]),
        ]);
        let claimed = state.claim(&store, PROVIDER, &params, 0).unwrap();
        let results = claimed.reply.sector_results;
        let failed: Vec<_> = results.fail_codes.iter().map(|f| (f.index, f.code)).collect();
        let absent = ExitCode::USR_NOT_FOUND;
        assert_eq!((results.success_count, failed), (1, vec![(0, absent), (2, absent)]));
        assert_eq!(claimed.space, SIZE.0.into());
        let mine = GetClaimsParams { provider: PROVIDER, claim_ids: vec![2, 1] };
        let found = state.claims(&store, &mine).unwrap();
        assert_eq!((found.claims.len(), found.batch_info.fail_codes.len()), (1, 1));
        let other = GetClaimsParams { provider: PROVIDER + 1, claim_ids: vec![1] };
        assert!(state.claims(&store, &other).unwrap().claims.is_empty());
    }

    #[test]
    fn all_or_nothing_and_a_claim_made_twice_in_a_sector_end_the_call() {
        let (store, mut state) = allocated();
        let sectors = vec![sector(vec![wanted(1)]), sector(vec![wanted(9)])];
        let all = ClaimAllocationsParams { sectors, all_or_nothing: true };
        let twice = all_of(vec![sector(vec![wanted(1), wanted(1)])]);
        for params in [all, twice, all_of(vec![])] {
            let refused = state.claim(&store, PROVIDER, &params, 0).unwrap_err();
            assert_eq!(refused.code, ExitCode::USR_ILLEGAL_ARGUMENT);
        }
    }
}
