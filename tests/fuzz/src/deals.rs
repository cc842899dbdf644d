//! A market that tells the truth about deals, and the providers that it knows.

use std::ops::RangeInclusive;

use cid::Cid;
use fvm_shared::ActorID;
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::commcid::data_commitment_v1_to_cid;
use fvm_shared::econ::TokenAmount;
use fvm_shared::piece::PaddedPieceSize;
use shared::deal::Standing;
use shared::ext::market::{DealProposal, Label};

use crate::messages::{DAY, USER, USERS, atto};

pub const SIZE: PaddedPieceSize = PaddedPieceSize(2_048);
pub const PROVIDER: Address = Address::new_id(500);
/// Epochs of a deal that the market publishes.
const DURATION: RangeInclusive<ChainEpoch> = 180 * DAY..=1_278 * DAY;

pub fn piece() -> Cid {
    data_commitment_v1_to_cid(&[7; 32]).expect("a commitment")
}

/// What a provider publishes for a client, free of charge, from one day to another.
pub fn proposal(client: ActorID, label: String, [start, end]: [ChainEpoch; 2]) -> DealProposal {
    DealProposal {
        piece_cid: piece(),
        piece_size: SIZE,
        verified_deal: false,
        client: Address::new_id(client),
        provider: PROVIDER,
        label: Label::String(label),
        start_epoch: start * DAY,
        end_epoch: end * DAY,
        storage_price_per_epoch: TokenAmount::default(),
        provider_collateral: atto(70),
        client_collateral: TokenAmount::default(),
    }
}

/// Whether the market would publish a deal now, as far as its client does not matter.
pub fn is_published(proposal: &DealProposal, now: ChainEpoch) -> bool {
    let DealProposal { start_epoch, end_epoch, .. } = proposal;
    let term = end_epoch.checked_sub(*start_epoch);
    now <= *start_epoch
        && term.is_some_and(|term| DURATION.contains(&term))
        && !proposal.storage_price_per_epoch.is_negative()
        && !proposal.provider_collateral.is_negative()
        && !proposal.client_collateral.is_negative()
}

/// How the nth deal of some stands, where it can: two bits say it of each in turn. `since` is when it
/// was seen active.
pub fn standing(
    of_all: u8,
    nth: usize,
    start: ChainEpoch,
    since: Option<ChainEpoch>,
    now: ChainEpoch,
) -> Standing {
    let turn = 2 * u32::try_from(nth % 4).unwrap_or_default();
    match (of_all.rotate_right(turn) % 4, since) {
        (0 | 1, Some(since)) => Standing::Active(since),
        (0, None) => Standing::Waiting,
        (1, None) => Standing::Active(now.min(start)),
        _ => Standing::Gone,
    }
}

pub fn owner_of(provider: ActorID) -> ActorID {
    USER + provider % USERS
}
