//! Ads: storage deals that are wanted.

use alloc::string::String;
use alloc::vec::Vec;

use cid::Cid;
use fvm_ipld_encoding::tuple::*;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::deal::DealID;
use fvm_shared::econ::TokenAmount;
use fvm_shared::piece::PaddedPieceSize;
use serde::{Deserialize, Serialize};
use shared::ext::DataCid;

use super::{BasisPoints, PerpetualDealId};

/// Number of an ad: the number of its perpetual deal times [`ADS_PER_DEAL`](crate::ads::ADS_PER_DEAL)
/// and the ad's own number in it, from 1. A provider writes it in decimal in the label of its
/// proposal.
pub type AdId = u64;

/// An open ad as it is kept.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct Ad {
    pub id: AdId,
    /// When it was opened.
    pub opened: ChainEpoch,
    /// Epochs for which a deal must keep the data: fewer as an expiry nears.
    pub duration: ChainEpoch,
    /// AttoFIL that the bounty can come to: it is set aside.
    pub limit: TokenAmount,
    /// AttoFIL that the market may pay the provider beside, in all, for each of these epochs: it is in
    /// escrow.
    pub max_price_per_epoch: TokenAmount,
    /// The deal that is to be renewed, while that one runs.
    pub renews: Option<DealID>,
}

/// An ad, as a provider needs it. Amounts are attoFIL.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct AdInfo {
    pub ad: Ad,
    pub perpetual_deal: PerpetualDealId,
    pub piece_cid: Cid,
    pub piece_size: PaddedPieceSize,
    pub payload_cid: DataCid,
    pub urls: Vec<String>,
    /// The bounty now.
    pub bounty: TokenAmount,
    /// Part of it that is due for the publish, and whether it waits for the proof of the sector.
    pub publish_share: BasisPoints,
    pub locked: bool,
    /// The deal must end so many epochs after the later of its start and this one, which is the end
    /// of the deal that it renews.
    pub renews_until: Option<ChainEpoch>,
    /// Latest start of a deal that is published now.
    pub latest_start: ChainEpoch,
    /// Provider collateral that a proposal must have now, at the least: it covers what is due for the
    /// publish, and the tips that the deal can cost. It rises with the bounty.
    pub min_provider_collateral: TokenAmount,
    /// Whether the deal may use DataCap.
    pub verified: bool,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct ListAdsParams {
    /// First perpetual deal to look at, from 1.
    pub from: PerpetualDealId,
    /// Perpetual deals to look at: 1 to 1,000.
    pub scan: u64,
    /// Ads to reply, at the most: 16 to 100.
    pub limit: u64,
    pub order: AdOrder,
}

#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdOrder {
    /// By perpetual deal, and in it as they were opened.
    Deal,
    /// The best of all that were looked at, those first that pay most for a byte and an epoch.
    Bounty,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct ListAdsReturn {
    pub ads: Vec<AdSummary>,
    /// The first perpetual deal that was not looked at, if there are more.
    pub next: Option<PerpetualDealId>,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct AdSummary {
    pub id: AdId,
    pub piece_size: PaddedPieceSize,
    /// Epochs for which a deal must keep the data.
    pub duration: ChainEpoch,
    /// AttoFIL now.
    pub bounty: TokenAmount,
    /// AttoFIL that the bounty can come to.
    pub limit: TokenAmount,
    /// The deal that is to be renewed, while that one runs.
    pub renews: Option<DealID>,
}
