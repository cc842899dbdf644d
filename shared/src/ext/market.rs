//! The storage market (f05).

use alloc::string::String;
use alloc::vec::Vec;

use cid::Cid;
use fvm_ipld_bitfield::BitField;
use fvm_ipld_encoding::strict_bytes;
use fvm_ipld_encoding::tuple::*;
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::crypto::signature::Signature;
use fvm_shared::deal::DealID;
use fvm_shared::econ::TokenAmount;
use fvm_shared::piece::PaddedPieceSize;
use fvm_shared::sector::SectorNumber;
use fvm_shared::{ActorID, MethodNum};
use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};

use super::BatchReturn;
use crate::{Method, method_hash};

/// The methods of the market, as tools call them.
pub mod methods {
    use super::*;

    crate::methods! {
        /// Adds the FIL that comes along to the escrow of a client or provider.
        "AddBalance" AddBalance(Address) -> ();
        /// Pays out of an escrow what is not locked, at most so much attoFIL. Replies what was paid.
        "WithdrawBalance" WithdrawBalance(WithdrawBalanceParams) -> TokenAmount;
        /// What a client or provider has in escrow, in attoFIL.
        "GetBalance" GetBalance(Address) -> GetBalanceReturn;
        /// Makes deals of proposals that their clients agreed to. Caller: the provider.
        "PublishStorageDeals" PublishStorageDeals(PublishStorageDealsParams) -> PublishStorageDealsReturn;
        /// The piece of a deal.
        "GetDealDataCommitment" GetDealDataCommitment(DealID) -> GetDealDataCommitmentReturn;
        /// The client of a deal.
        "GetDealClient" GetDealClient(DealID) -> ActorID;
        /// The provider of a deal.
        "GetDealProvider" GetDealProvider(DealID) -> ActorID;
        /// The label of a deal.
        "GetDealLabel" GetDealLabel(DealID) -> Label;
        /// When a deal starts, and for how many epochs.
        "GetDealTerm" GetDealTerm(DealID) -> GetDealTermReturn;
        /// AttoFIL that a deal costs its client in all.
        "GetDealTotalPrice" GetDealTotalPrice(DealID) -> TokenAmount;
        /// AttoFIL that a deal locks of its client, beside its price.
        "GetDealClientCollateral" GetDealClientCollateral(DealID) -> TokenAmount;
        /// AttoFIL that a deal locks of its provider.
        "GetDealProviderCollateral" GetDealProviderCollateral(DealID) -> TokenAmount;
        /// Whether a deal is paid for with DataCap.
        "GetDealVerified" GetDealVerified(DealID) -> bool;
        /// When a deal's sector was proven, and when it was terminated.
        "GetDealActivation" GetDealActivation(DealID) -> GetDealActivationReturn;
        /// The sector of the provider that has a deal's piece.
        "GetDealSector" GetDealSector(DealID) -> SectorNumber;
        /// Pays the providers of these deals for the time since the last settlement.
        "SettleDealPayments" SettleDealPayments(BitField) -> SettleDealPaymentsReturn;
    }
}

pub const ADD_BALANCE: MethodNum = methods::AddBalance::NUMBER;
pub const WITHDRAW_BALANCE: MethodNum = methods::WithdrawBalance::NUMBER;
pub const GET_BALANCE: MethodNum = methods::GetBalance::NUMBER;
pub const PUBLISH_STORAGE_DEALS: MethodNum = methods::PublishStorageDeals::NUMBER;
pub const GET_DEAL_DATA_COMMITMENT: MethodNum = methods::GetDealDataCommitment::NUMBER;
pub const GET_DEAL_CLIENT: MethodNum = methods::GetDealClient::NUMBER;
pub const GET_DEAL_PROVIDER: MethodNum = methods::GetDealProvider::NUMBER;
pub const GET_DEAL_LABEL: MethodNum = methods::GetDealLabel::NUMBER;
pub const GET_DEAL_TERM: MethodNum = methods::GetDealTerm::NUMBER;
pub const GET_DEAL_TOTAL_PRICE: MethodNum = methods::GetDealTotalPrice::NUMBER;
pub const GET_DEAL_CLIENT_COLLATERAL: MethodNum = methods::GetDealClientCollateral::NUMBER;
pub const GET_DEAL_PROVIDER_COLLATERAL: MethodNum = methods::GetDealProviderCollateral::NUMBER;
pub const GET_DEAL_VERIFIED: MethodNum = methods::GetDealVerified::NUMBER;
pub const GET_DEAL_ACTIVATION: MethodNum = methods::GetDealActivation::NUMBER;
pub const GET_DEAL_SECTOR: MethodNum = methods::GetDealSector::NUMBER;
pub const SETTLE_DEAL_PAYMENTS: MethodNum = methods::SettleDealPayments::NUMBER;
/// What the market calls on the client of a deal it has published.
pub const MARKET_NOTIFY_DEAL: MethodNum = method_hash!("MarketNotifyDeal");

/// The deal expired, was completed or was terminated: the market has forgotten it.
pub const EX_DEAL_EXPIRED: u32 = 32;
/// The deal is published and not yet in a proven sector.
pub const EX_DEAL_NOT_ACTIVATED: u32 = 33;

/// Most bytes of a deal's label.
pub const LABEL_MAX_BYTES: usize = 256;

/// A deal's label: a string or bytes, told apart by its CBOR type alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Label {
    String(String),
    Bytes(Vec<u8>),
}

impl Label {
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Label::String(s) => s.as_bytes(),
            Label::Bytes(b) => b,
        }
    }
}

impl Serialize for Label {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Label::String(s) => serializer.serialize_str(s),
            Label::Bytes(b) => serializer.serialize_bytes(b),
        }
    }
}

impl<'de> Deserialize<'de> for Label {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct LabelVisitor;

        impl Visitor<'_> for LabelVisitor {
            type Value = Label;

            fn expecting(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str("a string or bytes")
            }

            fn visit_str<E: de::Error>(self, s: &str) -> Result<Label, E> {
                Ok(Label::String(s.into()))
            }

            fn visit_bytes<E: de::Error>(self, b: &[u8]) -> Result<Label, E> {
                Ok(Label::Bytes(b.into()))
            }
        }

        deserializer.deserialize_any(LabelVisitor)
    }
}

/// A storage deal as the provider publishes it. In what AuthenticateMessage sees, client and
/// provider stand as the provider wrote them; in what MarketNotifyDeal sees, as f0 addresses.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct DealProposal {
    /// CommP of the padded piece.
    pub piece_cid: Cid,
    /// Bytes after Fr32 padding, a power of two from 128.
    pub piece_size: PaddedPieceSize,
    pub verified_deal: bool,
    pub client: Address,
    pub provider: Address,
    pub label: Label,
    /// Last epoch at which the sector may be proven, and the first that is paid for.
    pub start_epoch: ChainEpoch,
    /// First epoch that is not paid for.
    pub end_epoch: ChainEpoch,
    pub storage_price_per_epoch: TokenAmount,
    pub provider_collateral: TokenAmount,
    pub client_collateral: TokenAmount,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct ClientDealProposal {
    pub proposal: DealProposal,
    pub client_signature: Signature,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct PublishStorageDealsParams {
    pub deals: Vec<ClientDealProposal>,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq)]
pub struct PublishStorageDealsReturn {
    pub ids: Vec<DealID>,
    /// Indexes of the proposals that became deals, in the order of `ids`.
    pub valid_deals: BitField,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct WithdrawBalanceParams {
    pub provider_or_client: Address,
    pub amount: TokenAmount,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct GetBalanceReturn {
    pub balance: TokenAmount,
    pub locked: TokenAmount,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct GetDealDataCommitmentReturn {
    pub data: Cid,
    pub size: PaddedPieceSize,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct GetDealTermReturn {
    pub start: ChainEpoch,
    pub duration: ChainEpoch,
}

/// Either epoch is -1 while it has not come.
#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct GetDealActivationReturn {
    pub activated: ChainEpoch,
    pub terminated: ChainEpoch,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct MarketNotifyDealParams {
    /// CBOR of a [`DealProposal`].
    #[serde(with = "strict_bytes")]
    pub proposal: Vec<u8>,
    pub deal_id: DealID,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct SettleDealPaymentsReturn {
    pub results: BatchReturn,
    /// One for each deal that settled.
    pub settlements: Vec<DealSettlement>,
}

#[derive(Serialize_tuple, Deserialize_tuple, Clone, Debug, PartialEq, Eq)]
pub struct DealSettlement {
    /// Paid to the provider by this settlement.
    pub payment: TokenAmount,
    /// Whether the deal is over.
    pub completed: bool,
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    #[test]
    fn a_label_keeps_its_kind_and_nothing_else_is_one() {
        let encode = |label: &Label| fvm_ipld_encoding::to_vec(label).unwrap();
        let decode = |data: &[u8]| fvm_ipld_encoding::from_slice::<Label>(data);
        let (text, bytes) = (Label::String("ad".into()), Label::Bytes(vec![0x61, 0x64]));
        assert_eq!(encode(&text), [0x62, 0x61, 0x64]);
        assert_eq!(encode(&bytes), [0x42, 0x61, 0x64]);
        assert_eq!(text.as_bytes(), bytes.as_bytes());
        for label in [text, bytes] {
            assert_eq!(decode(&encode(&label)).unwrap(), label);
        }
        assert!(decode(&[0x01]).is_err() && decode(&[0x81, 0x01]).is_err());
    }
}
