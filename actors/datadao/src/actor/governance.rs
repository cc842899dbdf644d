use alloc::vec::Vec;

use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use num_traits::Zero;
use shared::event::Event;
use shared::ext::MARKET_ACTOR;
use shared::ext::market::{ADD_BALANCE, WITHDRAW_BALANCE, WithdrawBalanceParams};
use shared::token::erc20::transferred;
use shared::{ext, host};

use super::{access, change, compute, datasets, load, roles};
use crate::api::{
    CastVoteParams, GetVoteParams, GetVotesParams, PageParams, Proposal, ProposalId,
    ProposalSummary, ProposeParams, Vote,
};
use crate::error::Error;
use crate::governance::actions::Effect;

const MARKET: Address = Address::new_id(MARKET_ACTOR);

pub fn delegate(to: Option<Address>) -> Result<(), Error> {
    let to = to.map(|to| host::existing(&to)).transpose()?;
    change(|state, message| state.delegate(&host::Store, message, to))?;
    let event = Event::new("delegated").indexed("by", &host::caller());
    Ok(host::emit(event.indexed("to", &to))?)
}

pub fn get_votes(params: GetVotesParams) -> Result<TokenAmount, Error> {
    match host::resolve(&params.account) {
        Ok(account) => load()?.votes(&host::Store, account, params.snapshot),
        Err(_) => Ok(TokenAmount::zero()),
    }
}

pub fn propose(params: ProposeParams) -> Result<ProposalId, Error> {
    let id = change(|state, message| state.propose(&host::Store, message, params))?;
    let event = Event::new("proposed").indexed("proposal", &id);
    host::emit(event.indexed("proposer", &host::caller()))?;
    Ok(id)
}

pub fn cast_vote(params: CastVoteParams) -> Result<(), Error> {
    let CastVoteParams { proposal, choice } = params;
    let counted =
        change(|state, message| state.cast_vote(&host::Store, message, proposal, choice))?;
    host::emit(
        Event::new("voted")
            .indexed("proposal", &proposal)
            .indexed("voter", &host::caller())
            .field("choice", &choice)
            .field("weight", &counted.weight),
    )?;
    counted.extended_to.map_or(Ok(()), |end| extended(proposal, end))
}

fn extended(proposal: ProposalId, end: ChainEpoch) -> Result<(), Error> {
    let event = Event::new("voting-extended").indexed("proposal", &proposal);
    Ok(host::emit(event.field("end", &end))?)
}

pub fn cancel(id: ProposalId) -> Result<(), Error> {
    change(|state, message| state.cancel_proposal(&host::Store, message, id))?;
    ended("proposal-cancelled", id)
}

pub fn veto(id: ProposalId) -> Result<(), Error> {
    change(|state, message| state.veto(&host::Store, message, id))?;
    ended("proposal-vetoed", id)
}

pub fn execute(id: ProposalId) -> Result<(), Error> {
    let resolve = |address: &Address| Ok(host::existing(address)?);
    let effects = change(|state, message| state.execute(&host::Store, message, id, &resolve))?;
    ended("proposal-executed", id)?;
    effects.into_iter().try_for_each(follow)
}

pub fn get_proposal(id: ProposalId) -> Result<Proposal, Error> {
    load()?.proposal(&host::Store, host::epoch(), id)
}

pub fn list_proposals(page: PageParams) -> Result<Vec<ProposalSummary>, Error> {
    load()?.list_proposals(&host::Store, host::epoch(), &page)
}

pub fn get_vote(params: GetVoteParams) -> Result<Option<Vote>, Error> {
    match host::resolve(&params.voter) {
        Ok(voter) => load()?.vote(&host::Store, params.proposal, voter),
        Err(_) => Ok(None),
    }
}

fn ended(kind: &str, id: ProposalId) -> Result<(), Error> {
    let event = Event::new(kind).indexed("proposal", &id);
    Ok(host::emit(event.indexed("by", &host::caller()))?)
}

/// Says and sends what an action has left to do.
fn follow(effect: Effect) -> Result<(), Error> {
    match effect {
        Effect::AddEscrow(amount) => add_escrow(amount),
        Effect::WithdrawEscrow(amount) => withdraw_escrow(amount),
        Effect::DatasetAdded { id, piece_cid, wanted } => datasets::added(id, &piece_cid, wanted),
        Effect::DatasetUpdated { id, wanted } => datasets::updated(id, wanted),
        Effect::DatasetRetired(id) => datasets::retired(id),
        Effect::RulesChanged(part) => {
            Ok(host::emit(Event::new("rules-changed").indexed("part", &part))?)
        }
        Effect::Spent { to, cash } => {
            Ok(host::emit(Event::new("spent").indexed("to", &to).field("amount", &cash))?)
        }
        Effect::Minted { to, amount } => {
            transferred(None, Some(host::receiver()), &amount)?;
            Ok(host::emit(Event::new("minted").indexed("to", &to).field("amount", &amount))?)
        }
        Effect::RoleGranted(role, account) => roles::role_event("role-granted", role, account),
        Effect::RoleRevoked(role, account) => roles::role_event("role-revoked", role, account),
        Effect::AdminOffered(to) => roles::admin_offered(to, true),
        Effect::Unpaused => roles::unpaused(host::receiver()),
        Effect::AccessSet { dataset, policy, payload_cid } => {
            access::policy_set(dataset, &policy, payload_cid)
        }
        Effect::ComputeSettled(id, settlement) => compute::settled(id, &settlement),
    }
}

fn add_escrow(amount: TokenAmount) -> Result<(), Error> {
    let dao = Address::new_id(host::receiver());
    host::send(&MARKET, ADD_BALANCE, host::params(&dao)?, amount.clone())?;
    Ok(host::emit(Event::new("escrow-added").field("amount", &amount))?)
}

/// The FIL comes by a plain send. The market's reply says how much it is: no more than is free.
fn withdraw_escrow(amount: TokenAmount) -> Result<(), Error> {
    let provider_or_client = Address::new_id(host::receiver());
    let params = host::params(&WithdrawBalanceParams { provider_or_client, amount })?;
    let reply = host::send(&MARKET, WITHDRAW_BALANCE, params, TokenAmount::zero())?;
    let paid: TokenAmount = ext::reply(reply)?;
    change(|state, _| state.fund(&host::Store, &paid))?;
    Ok(host::emit(Event::new("escrow-withdrawn").field("amount", &paid))?)
}
