//! The methods, and the system calls around the rules.

mod access;
mod compute;
mod datasets;
mod deals;
mod governance;
mod providers;
mod roles;
mod staking;
mod token;
mod treasury;

use shared::ext::{INIT_ACTOR, MARKET_ACTOR};
use shared::token::{erc20, methods as frc46};
use shared::{Caller, Method, host};

use crate::api::*;
use crate::error::Error;
use crate::state::{Config, Message, State};

shared::dispatch! {
    Constructor::NUMBER => Caller::Only(INIT_ACTOR) => [payable] constructor,
    GetRules::NUMBER => Caller::Anyone => get_rules,

    GrantRole::NUMBER => Caller::Role("admin") => roles::grant_role,
    RevokeRole::NUMBER => Caller::Role("admin, or oneself") => roles::revoke_role,
    OfferAdmin::NUMBER => Caller::Role("admin") => roles::offer_admin,
    AcceptAdmin::NUMBER => Caller::Role("whom it is offered to") => roles::accept_admin,
    GetRoles::NUMBER => Caller::Anyone => roles::get_roles,
    Pause::NUMBER => Caller::Role("guardian") => roles::pause,
    Unpause::NUMBER => Caller::Role("guardian") => roles::unpause,
    Mint::NUMBER => Caller::Role("minter") => roles::mint,

    AddDataset::NUMBER => Caller::Role("curator") => datasets::add_dataset,
    UpdateDataset::NUMBER => Caller::Role("curator") => datasets::update_dataset,
    RetireDataset::NUMBER => Caller::Role("curator") => datasets::retire_dataset,
    GetDataset::NUMBER => Caller::Anyone => datasets::get_dataset,
    ListDatasets::NUMBER => Caller::Anyone => datasets::list_datasets,
    RetrieveDataset::NUMBER => Caller::Anyone => datasets::retrieve_dataset,

    AuthenticateMessage::NUMBER => Caller::Only(MARKET_ACTOR) => deals::authenticate_message,
    MarketNotifyDeal::NUMBER => Caller::Only(MARKET_ACTOR) => deals::market_notify_deal,
    GetDeal::NUMBER => Caller::Anyone => deals::get_deal,
    ListDeals::NUMBER => Caller::Anyone => deals::list_deals,
    RefreshDatasets::NUMBER => Caller::Anyone => deals::refresh_datasets,
    RetrieveDeal::NUMBER => Caller::Anyone => deals::retrieve_deal,

    Bond::NUMBER => Caller::Role("the provider's owner") => providers::bond,
    Unbond::NUMBER => Caller::Role("the provider's owner") => providers::unbond,
    GetRecord::NUMBER => Caller::Anyone => providers::get_record,
    Fund::NUMBER => Caller::Anyone => [payable] treasury::fund,
    BookDonations::NUMBER => Caller::Anyone => treasury::book_donations,
    GetTreasury::NUMBER => Caller::Anyone => treasury::get_treasury,
    GetCredit::NUMBER => Caller::Anyone => treasury::get_credit,
    Withdraw::NUMBER => Caller::Anyone => treasury::withdraw,
    Receive::NUMBER => Caller::Role("its own token, or DataCap") => treasury::receive,

    Stake::NUMBER => Caller::Anyone => staking::stake,
    Unstake::NUMBER => Caller::Anyone => staking::unstake,
    ReleaseUnstaked::NUMBER => Caller::Anyone => staking::release_unstaked,
    ClaimRevenue::NUMBER => Caller::Anyone => staking::claim_revenue,
    GetStake::NUMBER => Caller::Anyone => staking::get_stake,

    SetAccess::NUMBER => Caller::Role("curator") => access::set_access,
    BuyAccess::NUMBER => Caller::Anyone => [payable] access::buy_access,
    GrantAccess::NUMBER => Caller::Role("curator") => access::grant_access,
    RevokeAccess::NUMBER => Caller::Role("curator") => access::revoke_access,
    ExpireAccess::NUMBER => Caller::Anyone => access::expire_access,
    HasAccess::NUMBER => Caller::Anyone => access::has_access,
    GetAccess::NUMBER => Caller::Anyone => access::get_access,

    Delegate::NUMBER => Caller::Anyone => governance::delegate,
    GetVotes::NUMBER => Caller::Anyone => governance::get_votes,
    Propose::NUMBER => Caller::Role("who reaches the threshold") => governance::propose,
    CastVote::NUMBER => Caller::Role("who had weight at the snapshot") => governance::cast_vote,
    Execute::NUMBER => Caller::Anyone => governance::execute,
    Cancel::NUMBER
        => Caller::Role("proposer, or anyone if that is under the threshold") => governance::cancel,
    Veto::NUMBER => Caller::Role("guardian") => governance::veto,
    GetProposal::NUMBER => Caller::Anyone => governance::get_proposal,
    ListProposals::NUMBER => Caller::Anyone => governance::list_proposals,
    GetVote::NUMBER => Caller::Anyone => governance::get_vote,

    RequestCompute::NUMBER => Caller::Anyone => [payable] compute::request_compute,
    CancelCompute::NUMBER => Caller::Role("requester") => compute::cancel_compute,
    AcceptCompute::NUMBER => Caller::Anyone => [payable] compute::accept_compute,
    DeliverCompute::NUMBER => Caller::Role("worker") => compute::deliver_compute,
    ApproveCompute::NUMBER => Caller::Role("requester") => compute::approve_compute,
    DisputeCompute::NUMBER => Caller::Role("requester") => [payable] compute::dispute_compute,
    RuleCompute::NUMBER => Caller::Role("arbiter, or the DAO") => compute::rule_compute,
    SettleCompute::NUMBER => Caller::Anyone => compute::settle_compute,
    GetCompute::NUMBER => Caller::Anyone => compute::get_compute,
    ListCompute::NUMBER => Caller::Anyone => compute::list_compute,

    shared::token::Name::NUMBER => Caller::Anyone => frc46::name::<State>,
    shared::token::Symbol::NUMBER => Caller::Anyone => frc46::symbol::<State>,
    shared::token::Granularity::NUMBER => Caller::Anyone => frc46::granularity,
    shared::token::TotalSupply::NUMBER => Caller::Anyone => frc46::total_supply::<State>,
    shared::token::Balance::NUMBER | shared::token::BalanceOf::NUMBER
        => Caller::Anyone => frc46::balance::<State>,
    shared::token::Allowance::NUMBER => Caller::Anyone => frc46::allowance::<State>,
    shared::token::Transfer::NUMBER => Caller::Anyone => frc46::transfer::<State>,
    shared::token::TransferFrom::NUMBER => Caller::Anyone => frc46::transfer_from::<State>,
    shared::token::IncreaseAllowance::NUMBER
        => Caller::Anyone => frc46::increase_allowance::<State>,
    shared::token::DecreaseAllowance::NUMBER
        => Caller::Anyone => frc46::decrease_allowance::<State>,
    shared::token::RevokeAllowance::NUMBER => Caller::Anyone => frc46::revoke_allowance::<State>,
    shared::token::Burn::NUMBER => Caller::Anyone => frc46::burn::<State>,
    shared::token::BurnFrom::NUMBER => Caller::Anyone => frc46::burn_from::<State>,
    shared::token::InvokeEvm::NUMBER => Caller::Anyone => [payable] erc20::invoke::<State>,
}

fn constructor(params: ConstructorParams) -> Result<(), Error> {
    let admin = host::existing(&params.admin)?;
    let config = Config { token: params.token, rules: params.rules };
    let mut state = State::new(&host::Store, admin, &config)?;
    state.fund(&host::Store, &host::value())?;
    host::commit(&state)?;
    roles::role_event("role-granted", Role::Admin, admin)
}

fn get_rules((): ()) -> Result<Rules, Error> {
    Ok(load()?.config(&host::Store)?.rules)
}

fn load() -> Result<State, Error> {
    Ok(host::load()?)
}

fn message() -> Message {
    Message {
        now: host::epoch(),
        dao: host::receiver(),
        caller: host::caller(),
        value: host::value(),
    }
}

/// Runs one rule on the state and commits what it changed.
fn change<R>(rule: impl FnOnce(&mut State, &Message) -> Result<R, Error>) -> Result<R, Error> {
    let mut state = load()?;
    let result = rule(&mut state, &message())?;
    host::commit(&state)?;
    Ok(result)
}
