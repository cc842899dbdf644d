//! The interface: every method with its parameters, reply and units.

mod ads;
mod deals;
mod funds;
mod providers;
mod rules;
mod terms;

use alloc::vec::Vec;

use fvm_shared::address::Address;
use fvm_shared::econ::TokenAmount;
use shared::ext::account::{AuthenticateMessageParams, UniversalReceiverParams};
use shared::ext::market::MarketNotifyDealParams;
pub use shared::math::BasisPoints;
pub use shared::page::PageParams;

pub use ads::*;
pub use deals::*;
pub use funds::*;
pub use providers::*;
pub use rules::*;
pub use terms::*;

shared::methods! {
    /// Called by Init when the storage is created. Its rules never change.
    "Constructor" Constructor(ConstructorParams) -> ();
    /// The rules.
    "GetRules" GetRules(()) -> Rules;
    /// What the storage has in all, and the going rate of bounties.
    "GetBooks" GetBooks(()) -> Books;

    // Funds.
    /// Deposits the FIL that comes with the message, for an account or, with null, for the caller.
    "Deposit" Deposit(Option<Address>) -> ();
    /// Pays the caller what it takes from its free funds.
    "Withdraw" Withdraw(TokenAmount) -> ();
    /// The funds of an account; none for an address that stands for nobody.
    "GetFunds" GetFunds(Address) -> Funds;

    // Perpetual deals.
    /// Has a piece kept, for the first term out of the caller's free funds. FIL that comes with the
    /// message is deposited first.
    "CreatePerpetualDeal" CreatePerpetualDeal(CreatePerpetualDealParams) -> PerpetualDealId;
    /// Changes what is wanted. Its open ads are closed and others opened; storage deals that were
    /// made keep their terms. FIL that comes with the message is deposited first. Caller: the
    /// uploader.
    "ChangePerpetualDeal" ChangePerpetualDeal(ChangePerpetualDealParams) -> ();
    /// Gives the FIL that comes with the message to a perpetual deal. What it does not spend goes to
    /// its uploader when it is closed. Anyone may call it.
    "TopUp" TopUp(PerpetualDealId) -> ();
    /// Buys no more storage deals. What running ones have been promised stays with them; all else is
    /// the uploader's again. Caller: the uploader.
    "ClosePerpetualDeal" ClosePerpetualDeal(PerpetualDealId) -> ();
    /// A perpetual deal with its ads and storage deals.
    "GetPerpetualDeal" GetPerpetualDeal(PerpetualDealId) -> PerpetualDealInfo;
    /// All perpetual deals, a page of numbers at a time.
    "ListPerpetualDeals" ListPerpetualDeals(PageParams) -> Vec<PerpetualDealSummary>;
    /// How long funds keep a piece, or what it takes to keep it so long.
    "Estimate" Estimate(EstimateParams) -> EstimateReturn;

    // Ads.
    /// An open ad, with all that a provider needs for a proposal.
    "GetAd" GetAd(AdId) -> AdInfo;
    /// The open ads of up to 1,000 perpetual deals, in the order of these or the best first.
    "ListAds" ListAds(ListAdsParams) -> ListAdsReturn;

    // Storage deals.
    /// Whether the storage would take on the proposal in the message. Caller: the market.
    "AuthenticateMessage" AuthenticateMessage(AuthenticateMessageParams) -> bool;
    /// A deal was published. Caller: the market.
    "MarketNotifyDeal" MarketNotifyDeal(MarketNotifyDealParams) -> ();
    /// Brings up to 16 perpetual deals up to date: pays what storage deals earned, takes back what
    /// they did not, opens ads for what is missing or ends soon, and closes what has expired. Pays
    /// the caller a tip for each step that was due. Anyone may call it.
    "Refresh" Refresh(Vec<PerpetualDealId>) -> Vec<Refreshed>;
    /// What [`Refresh`] would do for each of a page of perpetual deals, where that is more than to pay
    /// what was earned. Changes nothing: bots ask it what is due.
    "FindDue" FindDue(PageParams) -> Vec<Due>;

    // Providers.
    /// Answers for a provider: its failures count against all that the caller owns, and those of
    /// others that name the caller their owner no longer against it. It waits with them where those are
    /// barred already. Caller: the provider's owner.
    "Vouch" Vouch(Address) -> ();
    /// Says in which region a provider is, for perpetual deals that take the caller's word for it.
    "AttestRegion" AttestRegion(AttestRegionParams) -> ();
    /// What an account says of a provider's region.
    "GetRegion" GetRegion(GetRegionParams) -> Option<Attestation>;
    /// How a provider has kept its deals; nothing for an address that stands for nobody.
    "GetProvider" GetProvider(Address) -> Record;
    /// The receiver hook of FRC-46: takes DataCap. Caller: the DataCap actor.
    "Receive" Receive(UniversalReceiverParams) -> ();
}
