//! What a deal may look like, and the epochs and amounts that follow from its terms.

use builtin_common::policy::EPOCHS_IN_DAY;
use cid::{Cid, Version};
use fvm_shared::ActorID;
use fvm_shared::bigint::BigInt;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::commcid::{FIL_COMMITMENT_UNSEALED, SHA2_256_TRUNC254_PADDED};
use fvm_shared::deal::DealID;
use fvm_shared::econ::TokenAmount;
use fvm_shared::piece::PaddedPieceSize;
use fvm_shared::sector::StoragePower;
use num_traits::Zero;
use shared::ext::market::{DealProposal, LABEL_MAX_BYTES};

use crate::types::AllocationRequest;

pub const DURATION_MIN: ChainEpoch = 180 * EPOCHS_IN_DAY;
pub const DURATION_MAX: ChainEpoch = 1_278 * EPOCHS_IN_DAY;

/// Whole FIL that will ever be: the bound of prices and collaterals.
const TOTAL_FIL: u64 = 2_000_000_000;

/// Provider collateral covers this percentage of the circulating supply in proportion to power.
const COLLATERAL_SUPPLY_PERCENT: u64 = 1;

/// Every deal's id has its own offset within this many epochs at which cron looks at the deal.
pub const UPDATE_INTERVAL: ChainEpoch = 30 * EPOCHS_IN_DAY;

const ALLOCATION_TERM_BUFFER: ChainEpoch = 90 * EPOCHS_IN_DAY;
const ALLOCATION_TERM_MAX: ChainEpoch = 5 * 365 * EPOCHS_IN_DAY;
const ALLOCATION_EXPIRATION_MAX: ChainEpoch = 60 * EPOCHS_IN_DAY;

/// What the bounds of a deal depend on.
#[derive(Clone, Debug)]
pub struct Network {
    pub now: ChainEpoch,
    pub raw_power: StoragePower,
    pub baseline_power: StoragePower,
    pub circulating_supply: TokenAmount,
}

/// Whether a proposal is within the bounds that need neither its client nor the market's state.
pub fn acceptable(proposal: &DealProposal, network: &Network) -> bool {
    let total = TokenAmount::from_whole(TOTAL_FIL);
    let within = |amount: &TokenAmount, least: &TokenAmount| least <= amount && *amount <= total;
    proposal.label.as_bytes().len() <= LABEL_MAX_BYTES
        && proposal.piece_size.validate().is_ok()
        && is_piece_commitment(&proposal.piece_cid)
        && network.now <= proposal.start_epoch
        && proposal.start_epoch < proposal.end_epoch
        && (DURATION_MIN..=DURATION_MAX).contains(&duration(proposal))
        && within(&proposal.storage_price_per_epoch, &TokenAmount::zero())
        && within(
            &proposal.provider_collateral,
            &provider_collateral_min(proposal.piece_size, network),
        )
        && within(&proposal.client_collateral, &TokenAmount::zero())
}

fn is_piece_commitment(cid: &Cid) -> bool {
    cid.version() == Version::V1
        && cid.codec() == FIL_COMMITMENT_UNSEALED
        && cid.hash().code() == SHA2_256_TRUNC254_PADDED
        && cid.hash().size() == 32
}

/// Least collateral of the provider: its share of power in a share of the supply, rounded down.
pub fn provider_collateral_min(size: PaddedPieceSize, network: &Network) -> TokenAmount {
    let size = BigInt::from(size.0);
    let power = (&network.raw_power).max(&network.baseline_power).max(&size);
    let target = network.circulating_supply.atto() * COLLATERAL_SUPPLY_PERCENT;
    TokenAmount::from_atto(&size * target / (power * 100u64))
}

pub fn duration(proposal: &DealProposal) -> ChainEpoch {
    proposal.end_epoch.saturating_sub(proposal.start_epoch)
}

/// Price of the whole term.
pub fn storage_fee(proposal: &DealProposal) -> TokenAmount {
    &proposal.storage_price_per_epoch * duration(proposal)
}

/// What publication locks of the client's escrow.
pub fn client_lockup(proposal: &DealProposal) -> TokenAmount {
    &proposal.client_collateral + storage_fee(proposal)
}

/// DataCap that a verified piece costs: one token for each byte.
pub fn datacap(size: PaddedPieceSize) -> TokenAmount {
    TokenAmount::from_whole(size.0)
}

/// First epoch from `earliest` on at which cron looks at the deal.
pub fn update_epoch(id: DealID, earliest: ChainEpoch) -> ChainEpoch {
    let offset = (id % UPDATE_INTERVAL.unsigned_abs()).cast_signed();
    earliest.saturating_add(offset.saturating_sub(earliest).rem_euclid(UPDATE_INTERVAL))
}

/// The allocation that a verified deal asks the registry for.
pub fn allocation(
    proposal: &DealProposal,
    provider: ActorID,
    now: ChainEpoch,
) -> AllocationRequest {
    let term_min = duration(proposal);
    AllocationRequest {
        provider,
        data: proposal.piece_cid,
        size: proposal.piece_size,
        term_min,
        term_max: (term_min + ALLOCATION_TERM_BUFFER).min(ALLOCATION_TERM_MAX),
        expiration: proposal.start_epoch.min(now + ALLOCATION_EXPIRATION_MAX),
    }
}
