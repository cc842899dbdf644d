//! Allocations: how they come about and how they expire.

use alloc::format;
use alloc::vec::Vec;

use builtin_common::policy::EPOCHS_IN_DAY;
use builtin_common::{Exit, Result};
use frc46_token::receiver::{FRC46_TOKEN_TYPE, FRC46TokenReceived};
use frc46_token::token::TOKEN_PRECISION;
use fvm_actor_utils::receiver::UniversalReceiverParams;
use fvm_ipld_blockstore::Blockstore;
use fvm_ipld_encoding::RawBytes;
use fvm_shared::ActorID;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use fvm_shared::error::ExitCode;
use integer_encoding::VarInt;
use serde::de::DeserializeOwned;
use shared::ensure;
use shared::ext::{BatchReturn, FailCode};

use crate::state::{MIN_ALLOCATION, State};
use crate::types::{
    Allocation, AllocationID, AllocationRequest, AllocationRequests, DataCap,
    RemoveExpiredAllocationsParams, RemoveExpiredAllocationsReturn,
};

pub const MIN_TERM: ChainEpoch = 180 * EPOCHS_IN_DAY;
pub const MAX_TERM: ChainEpoch = 5 * 365 * EPOCHS_IN_DAY;
/// Most epochs that an allocation may wait to be claimed.
pub const MAX_EXPIRATION: ChainEpoch = 60 * EPOCHS_IN_DAY;

/// An allocation with its number.
pub type Numbered = (AllocationID, Allocation);

/// What the receiver hook is told: DataCap that `registry` has got, and what it is for.
pub fn received(
    params: &UniversalReceiverParams,
    registry: ActorID,
) -> Result<(FRC46TokenReceived, AllocationRequests)> {
    ensure!(params.type_ == FRC46_TOKEN_TYPE, Exit::illegal_argument("not an FRC-46 token"));
    let received: FRC46TokenReceived = decode(&params.payload)?;
    ensure!(received.to == registry, Exit::illegal_argument("not what this actor received"));
    let requests: AllocationRequests = decode(&received.operator_data)?;
    ensure!(requests.extensions.is_empty(), Exit::illegal_argument("claims are not extended here"));
    Ok((received, requests))
}

fn decode<T: DeserializeOwned>(bytes: &RawBytes) -> Result<T> {
    bytes.deserialize().map_err(|e| Exit::new(ExitCode::USR_SERIALIZATION, e))
}

/// DataCap as tokens.
#[must_use]
pub fn tokens(datacap: &DataCap) -> TokenAmount {
    TokenAmount::from_atto(datacap * TOKEN_PRECISION)
}

impl State {
    /// Makes the allocations that a client asks for. They must use up what it has sent exactly.
    pub fn allocate(
        &mut self,
        store: &impl Blockstore,
        client: ActorID,
        sent: &TokenAmount,
        requests: Vec<AllocationRequest>,
        now: ChainEpoch,
    ) -> Result<Vec<Numbered>> {
        let mut total = DataCap::default();
        for request in &requests {
            check_request(request, now)?;
            total += request.size.0;
        }
        ensure!(
            &tokens(&total) == sent,
            Exit::illegal_argument(format!("{total} bytes requested with {sent} DataCap"))
        );
        let mut allocations = self.load_allocations(store)?;
        let mut made = Vec::with_capacity(requests.len());
        for request in requests {
            let AllocationRequest { provider, data, size, term_min, term_max, expiration } =
                request;
            let allocation =
                Allocation { client, provider, data, size, term_min, term_max, expiration };
            allocations.set(&self.next_allocation, allocation.clone())?;
            made.push((self.next_allocation, allocation));
            self.next_allocation += 1;
        }
        self.allocations = allocations.flush()?;
        Ok(made)
    }

    /// Removes those of a client's allocations that have expired, and tells what each that was
    /// named came to. Also returns what was removed.
    pub fn remove_expired(
        &mut self,
        store: &impl Blockstore,
        params: RemoveExpiredAllocationsParams,
        now: ChainEpoch,
    ) -> Result<(RemoveExpiredAllocationsReturn, Vec<Numbered>)> {
        let RemoveExpiredAllocationsParams { client, allocation_ids: mut considered } = params;
        let mut allocations = self.load_allocations(store)?;
        if considered.is_empty() {
            allocations.for_each(|key, allocation| {
                if allocation.client == client && now >= allocation.expiration {
                    considered.extend(u64::decode_var(key).map(|(id, _)| id));
                }
            })?;
        }
        let mut results = BatchReturn::default();
        let mut removed = Vec::new();
        for (index, id) in (0u32..).zip(&considered) {
            match allocations.get(id)?.filter(|allocation| allocation.client == client) {
                None => results.fail_codes.push(FailCode { index, code: ExitCode::USR_NOT_FOUND }),
                Some(allocation) if now < allocation.expiration => {
                    results.fail_codes.push(FailCode { index, code: ExitCode::USR_FORBIDDEN });
                }
                Some(allocation) => {
                    results.success_count += 1;
                    removed.push((*id, allocation.clone()));
                }
            }
        }
        let mut datacap_recovered = DataCap::default();
        for (id, allocation) in &removed {
            let was_there = allocations.delete(id)?.is_some();
            ensure!(was_there, Exit::new(ExitCode::USR_ASSERTION_FAILED, "named twice"));
            datacap_recovered += allocation.size.0;
        }
        self.allocations = allocations.flush()?;
        Ok((RemoveExpiredAllocationsReturn { considered, results, datacap_recovered }, removed))
    }
}

fn check_request(request: &AllocationRequest, now: ChainEpoch) -> Result<()> {
    let refuse = |why: &str| Exit::illegal_argument(why);
    ensure!(request.size.0 >= MIN_ALLOCATION, refuse("the piece is too small"));
    ensure!(request.term_min >= MIN_TERM, refuse("the least term is too short"));
    ensure!(request.term_max <= MAX_TERM, refuse("the greatest term is too long"));
    ensure!(request.term_min <= request.term_max, refuse("the terms exclude each other"));
    ensure!(request.expiration >= now, refuse("the allocation has expired already"));
    ensure!(request.expiration <= now + MAX_EXPIRATION, refuse("the allocation expires too late"));
    Ok(())
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use cid::Cid;
    use fvm_ipld_blockstore::MemoryBlockstore;
    use fvm_shared::piece::PaddedPieceSize;

    use super::*;

    const CLIENT: ActorID = 102;
    const NOW: ChainEpoch = 1_000;
    const SIZE: u64 = MIN_ALLOCATION;

    fn request() -> AllocationRequest {
        AllocationRequest {
            provider: 1_000,
            data: Cid::default(),
            size: PaddedPieceSize(SIZE),
            term_min: MIN_TERM,
            term_max: MAX_TERM,
            expiration: NOW + MAX_EXPIRATION,
        }
    }

    #[test]
    fn a_request_stays_within_the_policy() {
        let changed = |change: fn(&mut AllocationRequest)| {
            let mut request = request();
            change(&mut request);
            check_request(&request, NOW)
        };
        assert_eq!(changed(|_| ()), Ok(()));
        assert_eq!(changed(|r| r.expiration = NOW), Ok(()));
        let refused: [fn(&mut AllocationRequest); 6] = [
            |r| r.size.0 -= 1,
            |r| r.term_min -= 1,
            |r| r.term_max += 1,
            |r| (r.term_min, r.term_max) = (MIN_TERM + 1, MIN_TERM),
            |r| r.expiration = NOW - 1,
            |r| r.expiration += 1,
        ];
        for change in refused {
            assert_eq!(changed(change).unwrap_err().code, ExitCode::USR_ILLEGAL_ARGUMENT);
        }
    }

    #[test]
    fn allocations_use_up_the_datacap_exactly_and_are_numbered_from_one() {
        let store = MemoryBlockstore::default();
        let mut state = State::new(&store, 80).unwrap();
        let both = vec![request(), request()];
        for sent in [SIZE, 2 * SIZE - 1, 2 * SIZE + 1] {
            let sent = TokenAmount::from_whole(sent);
            let refused = state.allocate(&store, CLIENT, &sent, both.clone(), NOW).unwrap_err();
            assert_eq!(refused.code, ExitCode::USR_ILLEGAL_ARGUMENT);
        }
        let sent = TokenAmount::from_whole(2 * SIZE);
        let made = state.allocate(&store, CLIENT, &sent, both, NOW).unwrap();
        assert_eq!(made.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [1, 2]);
    }

    #[test]
    fn only_the_client_s_expired_allocations_are_removed() {
        let store = MemoryBlockstore::default();
        let mut state = State::new(&store, 80).unwrap();
        let sent = TokenAmount::from_whole(SIZE);
        for (client, expiration) in [(CLIENT, NOW), (CLIENT, NOW + 1), (CLIENT + 1, NOW)] {
            let request = AllocationRequest { expiration, ..request() };
            state.allocate(&store, client, &sent, vec![request], NOW).unwrap();
        }
        let params =
            |allocation_ids| RemoveExpiredAllocationsParams { client: CLIENT, allocation_ids };
        let named = params(vec![3, 2, 1, 9]);
        let (reply, _) = state.clone().remove_expired(&store, named, NOW).unwrap();
        let codes: Vec<_> = reply.results.fail_codes.iter().map(|f| (f.index, f.code)).collect();
        let (absent, early) = (ExitCode::USR_NOT_FOUND, ExitCode::USR_FORBIDDEN);
        assert_eq!(codes, [(0, absent), (1, early), (3, absent)]);
        let (reply, removed) = state.remove_expired(&store, params(vec![]), NOW).unwrap();
        assert_eq!((reply.considered, reply.datacap_recovered), (vec![1], SIZE.into()));
        assert_eq!(removed.len(), 1);
        let (again, _) = state.remove_expired(&store, params(vec![1]), NOW).unwrap();
        assert_eq!(again.results.success_count, 0);
    }
}
