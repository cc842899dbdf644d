//! The interface: every method with its parameters, reply and units.

mod access;
mod compute;
mod datasets;
mod governance;
mod providers;
mod roles;
mod rules;
mod staking;
mod treasury;

use alloc::vec::Vec;

use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::deal::DealID;
use fvm_shared::econ::TokenAmount;
use shared::ext::account::{AuthenticateMessageParams, UniversalReceiverParams};
use shared::ext::market::MarketNotifyDealParams;
pub use shared::page::PageParams;

pub use access::*;
pub use compute::*;
pub use datasets::*;
pub use governance::*;
pub use providers::*;
pub use roles::*;
pub use rules::*;
pub use staking::*;
pub use treasury::*;

/// Number of a compute request, from 1.
pub type RequestId = u64;

shared::methods! {
    /// Called by Init when the DAO is created.
    "Constructor" Constructor(ConstructorParams) -> ();
    /// The rules that hold now.
    "GetRules" GetRules(()) -> Rules;

    // Roles.
    /// Gives an account a role other than the admin's. Caller: an admin.
    "GrantRole" GrantRole(RoleParams) -> ();
    /// Takes a role from an account. Caller: an admin, or the account itself.
    "RevokeRole" RevokeRole(RoleParams) -> ();
    /// Offers the admin role. Caller: an admin.
    "OfferAdmin" OfferAdmin(OfferAdminParams) -> ();
    /// Accepts the admin role. Caller: whom it is offered to.
    "AcceptAdmin" AcceptAdmin(()) -> ();
    /// The roles of an account; none for an address that stands for nobody.
    "GetRoles" GetRoles(Address) -> Vec<Role>;
    /// Stops new deals, purchases, requests, stakes and bonds for a while. Caller: a guardian.
    "Pause" Pause(PauseParams) -> ();
    /// Ends a pause. Caller: a guardian.
    "Unpause" Unpause(()) -> ();
    /// Mints $DATA within the cap. Caller: a minter.
    "Mint" Mint(MintParams) -> ();

    // Datasets.
    /// Lists a dataset. Caller: a curator.
    "AddDataset" AddDataset(AddDatasetParams) -> DatasetId;
    /// Changes what the DAO wants of a dataset. Caller: a curator.
    "UpdateDataset" UpdateDataset(UpdateDatasetParams) -> ();
    /// Wants no more replicas of a dataset. Caller: a curator.
    "RetireDataset" RetireDataset(DatasetId) -> ();
    /// A dataset with its replicas.
    "GetDataset" GetDataset(DatasetId) -> Dataset;
    /// All CIDs with the current and the desired number of replicas, a page at a time.
    "ListDatasets" ListDatasets(PageParams) -> Vec<DatasetSummary>;

    // Deals.
    /// Whether the DAO would take on the proposal in the message. Caller: the market.
    "AuthenticateMessage" AuthenticateMessage(AuthenticateMessageParams) -> bool;
    /// A deal was published. Caller: the market.
    "MarketNotifyDeal" MarketNotifyDeal(MarketNotifyDealParams) -> ();
    /// A deal that the DAO is the client of.
    "GetDeal" GetDeal(DealID) -> Deal;
    /// All deals, a page of datasets at a time.
    "ListDeals" ListDeals(PageParams) -> Vec<Deal>;
    /// Asks the market about the deals of up to 16 datasets, frees the slots of those that are over,
    /// and credits what they earned. Anyone may call it.
    "RefreshDatasets" RefreshDatasets(Vec<DatasetId>) -> Vec<Refreshed>;
    /// Where and how to fetch a dataset.
    "RetrieveDataset" RetrieveDataset(DatasetId) -> Retrieval;
    /// Where and how to fetch what a deal keeps.
    "RetrieveDeal" RetrieveDeal(DealID) -> Retrieval;

    // Providers.
    /// Adds $DATA of the caller to the bond of a provider. Caller: the provider's owner.
    "Bond" Bond(BondParams) -> ();
    /// Credits the caller with what it takes from a provider's bond: no more than what no replica
    /// locks. Caller: the provider's owner.
    "Unbond" Unbond(BondParams) -> ();
    /// What the DAO knows of a provider, or of an owner of providers.
    "GetRecord" GetRecord(Address) -> Record;

    // Work on datasets.
    /// Asks for work on a dataset, for a bounty that is held until the request is settled. In FIL the
    /// message brings the bounty; in $DATA it is taken from the caller.
    "RequestCompute" RequestCompute(RequestComputeParams) -> RequestId;
    /// Takes back a request that nobody has accepted. Caller: the requester.
    "CancelCompute" CancelCompute(RequestId) -> ();
    /// Undertakes to do the work, and puts up a bond as the bounty was put up. Caller: anyone but the
    /// requester.
    "AcceptCompute" AcceptCompute(RequestId) -> ();
    /// Delivers the result. Caller: the worker.
    "DeliverCompute" DeliverCompute(DeliverComputeParams) -> ();
    /// Credits the worker with the bounty, and both with their bonds. Caller: the requester.
    "ApproveCompute" ApproveCompute(RequestId) -> ();
    /// Disputes a result, and puts up a bond as large as the worker's. Caller: the requester.
    "DisputeCompute" DisputeCompute(RequestId) -> ();
    /// Decides a dispute. Caller: an arbiter who is no party to it, or the DAO itself.
    "RuleCompute" RuleCompute(RuleComputeParams) -> ();
    /// Ends up to 32 requests whose time is over, and replies what each credited. `None` stands for
    /// one whose time is not over, or that is settled already. Anyone may call it.
    "SettleCompute" SettleCompute(Vec<RequestId>) -> Vec<Option<Settlement>>;
    /// A request that is not settled.
    "GetCompute" GetCompute(RequestId) -> ComputeRequest;
    /// The requests that are not settled, a page of numbers at a time.
    "ListCompute" ListCompute(PageParams) -> Vec<(RequestId, ComputeRequest)>;

    // Stakes of holders.
    /// Stakes $DATA of the caller: it goes on voting, and earns a share of what access is sold for.
    "Stake" Stake(StakeParams) -> ();
    /// Ends the stake of an amount: it neither votes nor earns any more, and can be released after
    /// the unbonding period. Replies the first epoch at which it can.
    "Unstake" Unstake(StakeParams) -> ChainEpoch;
    /// Credits an account with what is due of its unbondings. Replies how many attoDATA. Anyone may
    /// call it for anyone.
    "ReleaseUnstaked" ReleaseUnstaked(Address) -> TokenAmount;
    /// Credits an account with what its stake has earned. Replies how much. Anyone may call it for
    /// anyone.
    "ClaimRevenue" ClaimRevenue(Address) -> Cash;
    /// The stake of an account; none for an address that stands for nobody.
    "GetStake" GetStake(Address) -> GetStakeReturn;

    // Access to datasets.
    /// Sets who has access to a dataset. What was bought or granted is not shortened by it. Caller: a
    /// curator.
    "SetAccess" SetAccess(SetAccessParams) -> ();
    /// Buys access for an account, with the FIL that comes with the message or with $DATA of the
    /// caller. Replies the first epoch without.
    "BuyAccess" BuyAccess(BuyAccessParams) -> ChainEpoch;
    /// Grants an account access. Caller: a curator.
    "GrantAccess" GrantAccess(GrantAccessParams) -> ();
    /// Ends what an account was granted, never what it bought. Caller: a curator.
    "RevokeAccess" RevokeAccess(RevokeAccessParams) -> ();
    /// Forgets those of the accounts whose access by name has lapsed, with an event for each. Anyone
    /// may call it. An address that stands for no ID ends the whole call with USR_NOT_FOUND.
    "ExpireAccess" ExpireAccess(ExpireAccessParams) -> ();
    /// Whether an account has access to a dataset now; of a dataset that does not exist, nobody has.
    /// Changes nothing: whoever keeps the keys asks by a call.
    "HasAccess" HasAccess(AccessParams) -> bool;
    /// What an account may do with a dataset, and why.
    "GetAccess" GetAccess(AccessParams) -> GetAccessReturn;

    // The treasury.
    /// Gives the FIL that comes with the message to the treasury.
    "Fund" Fund(()) -> ();
    /// Books to the treasury what was sent to the DAO without a method of its own. Anyone may call it.
    "BookDonations" BookDonations(()) -> Cash;
    /// What the DAO has.
    "GetTreasury" GetTreasury(()) -> GetTreasuryReturn;
    /// What the DAO owes an account; nothing for an address that stands for nobody.
    "GetCredit" GetCredit(Address) -> Cash;
    /// Pays accounts what they are owed, at most 32 in a batch. Anyone may call it for anyone.
    /// Replies what each was paid: no $DATA for one whose receiver hook refuses it. An address that
    /// stands for no ID ends the whole call with USR_NOT_FOUND.
    "Withdraw" Withdraw(Vec<Address>) -> Vec<Cash>;
    /// The receiver hook of FRC-46: takes the DAO's own token, as a donation, and DataCap. Caller: the
    /// DAO itself, or the DataCap actor.
    "Receive" Receive(UniversalReceiverParams) -> ();

    // Governance.
    /// Lets another actor cast the caller's votes from the next snapshot on; null takes them back.
    "Delegate" Delegate(Option<Address>) -> ();
    /// The weight of an account, in attoDATA; none for an address that stands for nobody.
    "GetVotes" GetVotes(GetVotesParams) -> TokenAmount;
    /// Proposes what the DAO should do. Caller: whose weight reaches the threshold.
    "Propose" Propose(ProposeParams) -> ProposalId;
    /// Votes on a proposal, once. Caller: whoever had weight at its snapshot.
    "CastVote" CastVote(CastVoteParams) -> ();
    /// Does what a proposal that succeeded says, within its time. Anyone may call it.
    "Execute" Execute(ProposalId) -> ();
    /// Withdraws a proposal while its vote is not over. Caller: its proposer; anyone, if the
    /// proposer's weight is under the threshold by now.
    "Cancel" Cancel(ProposalId) -> ();
    /// Stops a proposal that is not executed yet. Caller: a guardian.
    "Veto" Veto(ProposalId) -> ();
    /// A proposal with all that it says.
    "GetProposal" GetProposal(ProposalId) -> Proposal;
    /// All proposals, a page at a time.
    "ListProposals" ListProposals(PageParams) -> Vec<ProposalSummary>;
    /// How an account voted on a proposal, if it did.
    "GetVote" GetVote(GetVoteParams) -> Option<Vote>;
}
