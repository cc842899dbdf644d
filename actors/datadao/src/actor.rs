//! The methods, and the system calls around the rules.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use fvm_ipld_blockstore::Blockstore;
use fvm_ipld_encoding::from_slice;
use fvm_shared::ActorID;
use fvm_shared::address::Address;
use fvm_shared::deal::DealID;
use fvm_shared::econ::TokenAmount;
use num_traits::Zero;
use shared::event::Event;
use shared::ext::account::AuthenticateMessageParams;
use shared::ext::market::{DealProposal, MarketNotifyDealParams};
use shared::ext::miner::{GET_OWNER, GetOwnerReturn};
use shared::ext::{INIT_ACTOR, MARKET_ACTOR};
use shared::map::get_block;
use shared::token::erc20;
use shared::token::methods::{self as frc46, HasToken};
use shared::{Caller, Method, ensure, host, token};

use crate::api::*;
use crate::deals::Facts;
use crate::error::Error;
use crate::rewards::Reward;
use crate::state::{Settings, State};

shared::dispatch! {
    Constructor::NUMBER => Caller::Only(INIT_ACTOR) => constructor,
    AddDataset::NUMBER => Caller::Role("admin") => add_dataset,
    GetDataset::NUMBER => Caller::Anyone => get_dataset,
    GetDeal::NUMBER => Caller::Anyone => get_deal,
    AuthenticateMessage::NUMBER => Caller::Only(MARKET_ACTOR) => authenticate_message,
    MarketNotifyDeal::NUMBER => Caller::Only(MARKET_ACTOR) => market_notify_deal,
    GetReward::NUMBER => Caller::Anyone => get_reward,
    ClaimRewards::NUMBER => Caller::Anyone => claim_rewards,
    token::Name::NUMBER => Caller::Anyone => frc46::name::<State>,
    token::Symbol::NUMBER => Caller::Anyone => frc46::symbol::<State>,
    token::Granularity::NUMBER => Caller::Anyone => frc46::granularity,
    token::TotalSupply::NUMBER => Caller::Anyone => frc46::total_supply::<State>,
    token::Balance::NUMBER | token::BalanceOf::NUMBER => Caller::Anyone => frc46::balance::<State>,
    token::Allowance::NUMBER => Caller::Anyone => frc46::allowance::<State>,
    token::Transfer::NUMBER => Caller::Anyone => frc46::transfer::<State>,
    token::TransferFrom::NUMBER => Caller::Anyone => frc46::transfer_from::<State>,
    token::IncreaseAllowance::NUMBER => Caller::Anyone => frc46::increase_allowance::<State>,
    token::DecreaseAllowance::NUMBER => Caller::Anyone => frc46::decrease_allowance::<State>,
    token::RevokeAllowance::NUMBER => Caller::Anyone => frc46::revoke_allowance::<State>,
    token::Burn::NUMBER => Caller::Anyone => frc46::burn::<State>,
    token::BurnFrom::NUMBER => Caller::Anyone => frc46::burn_from::<State>,
    token::InvokeEvm::NUMBER => Caller::Anyone => erc20::invoke::<State>,
}

impl HasToken for State {
    fn token(&mut self) -> &mut token::Token {
        &mut self.token
    }

    fn token_name(&self, store: &impl Blockstore) -> Result<String, shared::Error> {
        Ok(get_block::<Settings>(store, "settings", &self.settings)?.token_name)
    }

    fn token_symbol(&self, store: &impl Blockstore) -> Result<String, shared::Error> {
        Ok(get_block::<Settings>(store, "settings", &self.settings)?.token_symbol)
    }
}

fn constructor(params: ConstructorParams) -> Result<(), Error> {
    let admin = host::existing(&params.admin)?;
    let settings = Settings {
        token_name: params.token_name,
        token_symbol: params.token_symbol,
        policy: params.policy,
        payment: params.payment,
    };
    let state = State::new(&host::Store, admin, &settings)?;
    Ok(host::commit(&state)?)
}

fn add_dataset(params: AddDatasetParams) -> Result<DatasetId, Error> {
    let (piece, wanted) = (params.piece_cid, params.wanted);
    let mut state: State = host::load()?;
    let id = state.add_dataset(&host::Store, host::caller(), params)?;
    host::commit(&state)?;
    host::emit(
        Event::new("dataset-added")
            .indexed("dataset", &id)
            .indexed("piece-cid", &piece)
            .field("wanted", &wanted),
    )?;
    Ok(id)
}

fn get_dataset(id: DatasetId) -> Result<Dataset, Error> {
    host::load::<State>()?.dataset(&host::Store, id)
}

fn get_deal(id: DealID) -> Result<Deal, Error> {
    host::load::<State>()?.deal(&host::Store, id)
}

/// Read-only, as the market calls it. The signature is the provider's to fill and means nothing: the
/// DAO's agreement is its state.
fn authenticate_message(params: AuthenticateMessageParams) -> Result<bool, Error> {
    let proposal = decode(&params.message)?;
    let facts = facts(&proposal)?;
    let state: State = host::load()?;
    let settings = state.settings(&host::Store)?;
    state.authenticate(&host::Store, &settings.policy, &proposal, &facts)?;
    Ok(true)
}

fn market_notify_deal(params: MarketNotifyDealParams) -> Result<(), Error> {
    let (proposal, deal) = (decode(&params.proposal)?, params.deal_id);
    let facts = facts(&proposal)?;
    let owner = owner_of(facts.provider)?;
    let mut state: State = host::load()?;
    let Settings { policy, payment, .. } = state.settings(&host::Store)?;
    let reward = state.record_deal(&host::Store, &policy, &proposal, &facts, deal, owner)?;
    let push = payment.push && reward.amount.is_positive();
    if push {
        state.mint(&host::Store, facts.now, &reward)?;
    } else {
        state.owe(&host::Store, &reward)?;
    }
    host::commit(&state)?;
    host::emit(
        Event::new("deal-recorded")
            .indexed("deal", &deal)
            .indexed("provider", &facts.provider)
            .field("reward", &reward.amount),
    )?;
    if push {
        offer(&reward, payment.hook_gas_limit)?;
    }
    Ok(())
}

fn get_reward(owner: Address) -> Result<TokenAmount, Error> {
    host::load::<State>()?.owed(&host::Store, host::resolve(&owner)?)
}

fn claim_rewards(owners: Vec<Address>) -> Result<Vec<TokenAmount>, Error> {
    ensure!(owners.len() <= CLAIM_MAX_OWNERS, Error::TooManyOwners(CLAIM_MAX_OWNERS));
    owners.iter().map(|owner| claim(host::resolve(owner)?)).collect()
}

/// Pays one owner. The state is loaded anew: the hook of the owner before may have changed it.
fn claim(owner: ActorID) -> Result<TokenAmount, Error> {
    let mut state: State = host::load()?;
    let Some(reward) = state.claim(&host::Store, host::epoch(), owner)? else {
        return Ok(TokenAmount::zero());
    };
    let gas_limit = state.settings(&host::Store)?.payment.hook_gas_limit;
    host::commit(&state)?;
    let taken = offer(&reward, gas_limit)?;
    Ok(if taken { reward.amount } else { TokenAmount::zero() })
}

/// Tells of a reward that was minted, and offers it to its owner. One that the owner refuses, or has no gas to take,
/// is owed again.
fn offer(reward: &Reward, gas_limit: u64) -> Result<bool, Error> {
    erc20::transferred(None, Some(reward.owner), &reward.amount)?;
    let taken = frc46::offer_mint(host::receiver(), reward.owner, &reward.amount, gas_limit)?;
    if !taken {
        let mut state: State = host::load()?;
        state.take_back(&host::Store, host::epoch(), reward)?;
        host::commit(&state)?;
        erc20::transferred(Some(reward.owner), None, &reward.amount)?;
    }
    let kind = if taken { "reward-paid" } else { "reward-refused" };
    host::emit(Event::new(kind).indexed("owner", &reward.owner).field("amount", &reward.amount))?;
    Ok(taken)
}

fn decode(proposal: &[u8]) -> Result<DealProposal, Error> {
    Ok(from_slice(proposal).map_err(|e| shared::Error::Params(format!("proposal: {e}")))?)
}

fn facts(proposal: &DealProposal) -> Result<Facts, Error> {
    Ok(Facts {
        now: host::epoch(),
        receiver: host::receiver(),
        client: host::resolve(&proposal.client)?,
        provider: host::resolve(&proposal.provider)?,
    })
}

/// The owner of a provider. That it is a real miner actor is what the market has checked.
fn owner_of(provider: ActorID) -> Result<ActorID, Error> {
    let owner: GetOwnerReturn = host::get(&Address::new_id(provider), GET_OWNER)?;
    Ok(host::resolve(&owner.owner)?)
}
