//! Everything that the storage refuses, with its exit code.

use fvm_shared::ActorID;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::deal::DealID;
use fvm_shared::econ::TokenAmount;

use crate::api::{AdId, PerpetualDealId};

shared::errors! {
    // Parameters.
    32 => Rule(&'static str): "{0} is out of range",
    33 => PieceCid(&'static str): "not the CID of a piece: {0}",
    34 => PieceSize(&'static str): "not the size of a piece: {0}",
    35 => Urls: "a perpetual deal has 1 to 8 URLs of https, ipfs or s3, each of at most 256 bytes",
    36 => Replicas(u32): "a perpetual deal has 1 to {0} replicas",
    37 => Expiry(ChainEpoch): "epoch {0} is not later than now",
    38 => Providers(usize): "a policy names at most {0} providers",
    39 => RegionName: "a region has 1 to 32 bytes",
    40 => Page(u64): "a page has 1 to {0} entries",
    41 => Batch(usize): "at most {0} in a batch",
    // Funds and perpetual deals.
    50 => NothingDeposited: "the message brings no FIL",
    51 => Amount: "more than nothing is withdrawn",
    52 => Free(TokenAmount): "{0} FIL are free",
    53 => Missing(TokenAmount): "{0} FIL are missing for the first term",
    54 => NoPerpetualDeal(PerpetualDealId): "there is no perpetual deal {0}, or it is over",
    55 => NotUploader(ActorID, PerpetualDealId): "f0{0} is not the uploader of perpetual deal {1}",
    56 => Closed(PerpetualDealId): "perpetual deal {0} is closed",
    // Proposals.
    60 => ForeignClient: "the client of the proposal is not this storage",
    61 => Label: "the label is not the number of an ad",
    62 => NoAd(AdId): "ad {0} is not open",
    63 => OtherPiece(AdId): "ad {0} is for another piece",
    64 => OtherSize(u64, u64): "the piece has {0} bytes after padding, not {1}",
    65 => Start(ChainEpoch): "the deal starts later than epoch {0}",
    66 => End(ChainEpoch): "the deal does not end at epoch {0}",
    67 => Price: "the price is higher than the ad's",
    68 => ClientCollateral: "the storage locks no client collateral",
    69 => ProviderCollateral(TokenAmount): "the provider collateral is less than {0} FIL",
    70 => Verified: "the deal may not use as much DataCap",
    71 => ProviderNotAllowed(ActorID): "provider f0{0} is not one that the policy takes",
    72 => Power(u64): "the provider has less power than {0} bytes",
    73 => Region: "nobody whose word is taken says that the provider is in the region",
    74 => MinRecord: "the provider has not kept its deals as the policy wants",
    75 => SameProvider(ActorID): "provider f0{0} keeps another replica",
    76 => OwnerReplicas(ActorID, u32): "f0{0} has the {1} replicas that one owner may have",
    77 => Barred(ActorID, ChainEpoch): "a deal of f0{0} failed, and it must wait until epoch {1}",
    78 => Recorded(DealID): "deal {0} is recorded already",
    79 => Expired(ChainEpoch): "the data is wanted until epoch {0} only",
    // Providers.
    90 => NotOwner(ActorID, ActorID): "f0{0} does not own provider f0{1}",
    91 => AttestationEnd(ChainEpoch): "an attestation ends later than now and no later than epoch {0}",
    92 => ForeignToken(ActorID): "the storage takes no tokens of f0{0}",
    // Escrow.
    100 => Escrow: "the market holds less escrow than the books say: in the middle of a publish, wait",
}
