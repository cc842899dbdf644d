//! The methods of the market.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::vec;
use alloc::vec::Vec;

use builtin_common::{Exit, Result};
use frc46_token::token::types::{TransferFromParams, TransferFromReturn};
use fvm_ipld_bitfield::BitField;
use fvm_ipld_encoding::RawBytes;
use fvm_shared::address::Address;
use fvm_shared::deal::DealID;
use fvm_shared::econ::TokenAmount;
use fvm_shared::sector::SectorNumber;
use fvm_shared::{ActorID, METHOD_CONSTRUCTOR, METHOD_SEND};
use num_traits::Zero;
use shared::event::Event;
use shared::ext::market::{
    self, ClientDealProposal, GetBalanceReturn, GetDealActivationReturn,
    GetDealDataCommitmentReturn, GetDealTermReturn, Label, MarketNotifyDealParams,
    PublishStorageDealsParams, PublishStorageDealsReturn, SettleDealPaymentsReturn,
    WithdrawBalanceParams,
};
use shared::ext::{
    BURNT_FUNDS_ACTOR, CRON_ACTOR, DATACAP_ACTOR, POWER_ACTOR, REWARD_ACTOR, SYSTEM_ACTOR,
    VERIFREG_ACTOR, builtin, miner,
};
use shared::host::{self, Store};
use shared::{Caller, Error, ensure, ext};

use crate::policy::{self, Network};
use crate::publish::{Accepted, Candidate};
use crate::state::{Deal, Ledger, Parties, State, proposal_bytes};
use crate::types::{
    AllocationRequests, AllocationsResponse, CONTROL_ADDRESSES, CURRENT_TOTAL_POWER,
    ControlAddresses, CurrentTotalPower, DATACAP_BALANCE, DATACAP_TRANSFER_FROM,
    SECTOR_CONTENT_CHANGED, SectorChanges, SectorsTerminated, THIS_EPOCH_REWARD, ThisEpochReward,
};

/// Methods below this number are closed to actors that are not built in.
const FIRST_EXPORTED: u64 = 1 << 24;

shared::dispatch! {
    payable;
    METHOD_CONSTRUCTOR => Caller::Only(SYSTEM_ACTOR) => construct,
    2 | market::ADD_BALANCE => Caller::Anyone => add_balance,
    3 | market::WITHDRAW_BALANCE => Caller::Role("holder of the escrow") => withdraw_balance,
    4 | market::PUBLISH_STORAGE_DEALS => Caller::Role("controller of the provider") => publish,
    7 => Caller::Builtin(builtin::MINER) => terminate_sectors,
    9 => Caller::Only(CRON_ACTOR) => cron_tick,
    SECTOR_CONTENT_CHANGED => Caller::Builtin(builtin::MINER) => sector_content_changed,
    market::SETTLE_DEAL_PAYMENTS => Caller::Anyone => settle,
    market::GET_BALANCE => Caller::Anyone => balance,
    market::GET_DEAL_DATA_COMMITMENT => Caller::Anyone => data_commitment,
    market::GET_DEAL_CLIENT => Caller::Anyone => client,
    market::GET_DEAL_PROVIDER => Caller::Anyone => provider,
    market::GET_DEAL_LABEL => Caller::Anyone => label,
    market::GET_DEAL_TERM => Caller::Anyone => term,
    market::GET_DEAL_TOTAL_PRICE => Caller::Anyone => total_price,
    market::GET_DEAL_CLIENT_COLLATERAL => Caller::Anyone => client_collateral,
    market::GET_DEAL_PROVIDER_COLLATERAL => Caller::Anyone => provider_collateral,
    market::GET_DEAL_VERIFIED => Caller::Anyone => verified,
    market::GET_DEAL_ACTIVATION => Caller::Anyone => activation,
    market::GET_DEAL_SECTOR => Caller::Anyone => sector,
}

fn construct(_: ()) -> Result<()> {
    Ok(host::commit(&State::new(&Store)?)?)
}

fn add_balance(to: Address) -> Result<()> {
    check_internal_caller()?;
    let value = host::value();
    ensure!(value.is_positive(), Exit::illegal_argument("nothing to add"));
    let actor = escrow_holder(&to)?;
    change(|ledger| ledger.deposit(actor, &value))
}

fn withdraw_balance(params: WithdrawBalanceParams) -> Result<TokenAmount> {
    check_internal_caller()?;
    ensure!(!params.amount.is_negative(), Exit::illegal_argument("negative amount"));
    let actor = escrow_holder(&params.provider_or_client)?;
    let nominal = Address::new_id(actor);
    let caller = Address::new_id(host::caller());
    let (recipient, permitted) = if host::builtin_type(actor) == Some(builtin::MINER) {
        let control: ControlAddresses = host::get(&nominal, CONTROL_ADDRESSES)?;
        (control.owner, caller == control.owner || caller == control.worker)
    } else {
        (nominal, caller == nominal)
    };
    ensure!(permitted, Exit::forbidden(format!("{caller} may not withdraw for {nominal}")));
    let withdrawn = change(|ledger| ledger.withdraw(actor, &params.amount))?;
    host::send(&recipient, METHOD_SEND, None, withdrawn.clone())?;
    Ok(withdrawn)
}

fn publish(params: PublishStorageDealsParams) -> Result<PublishStorageDealsReturn> {
    check_internal_caller()?;
    let Some(first) = params.deals.first() else {
        return Err(Exit::illegal_argument("no deals"));
    };
    let provider_named = first.proposal.provider;
    let provider = controlled_provider(&provider_named)?;
    let network = network()?;
    let candidates = candidates(params.deals, &provider_named, provider, &network);
    let datacap = datacap(&candidates)?;
    let accepted = read(|ledger| ledger.select(candidates, provider, datacap))?;
    ensure!(!accepted.is_empty(), Exit::illegal_argument("no proposal is valid"));
    let allocations = allocate(&accepted, provider, &network)?;
    let ids = change(|ledger| ledger.publish(&accepted, provider, &allocations))?;
    let mut valid_deals = BitField::new();
    for (deal, id) in accepted.into_iter().zip(&ids) {
        valid_deals.set(deal.index);
        notify(deal.client, deal.bytes, *id)?;
        emit("deal-published", Parties { id: *id, client: deal.client, provider })?;
    }
    Ok(PublishStorageDealsReturn { ids, valid_deals })
}

/// The miner that an address names, if it is one and the caller controls it.
fn controlled_provider(named: &Address) -> Result<ActorID> {
    let provider = host::resolve(named)?;
    ensure!(exists(provider), Exit::not_found(format!("no actor f0{provider}")));
    ensure!(
        host::builtin_type(provider) == Some(builtin::MINER),
        Exit::illegal_argument(format!("f0{provider} is not a miner"))
    );
    let (to, caller) = (Address::new_id(provider), Address::new_id(host::caller()));
    let controls: bool = host::view(&to, miner::IS_CONTROLLING_ADDRESS, &caller)?;
    ensure!(controls, Exit::forbidden(format!("{caller} does not control f0{provider}")));
    Ok(provider)
}

fn network() -> Result<Network> {
    let reward: ThisEpochReward = host::get(&Address::new_id(REWARD_ACTOR), THIS_EPOCH_REWARD)?;
    let power: CurrentTotalPower = host::get(&Address::new_id(POWER_ACTOR), CURRENT_TOTAL_POWER)?;
    Ok(Network {
        now: host::epoch(),
        raw_power: power.raw_byte_power,
        baseline_power: reward.baseline_power,
        circulating_supply: fvm_sdk::network::total_fil_circ_supply(),
    })
}

/// The proposals that their clients vouch for, in the provider's own words, and that are acceptable
/// in themselves; with f0 addresses.
fn candidates(
    deals: Vec<ClientDealProposal>,
    provider_named: &Address,
    provider: ActorID,
    network: &Network,
) -> Vec<Candidate> {
    let provider = Address::new_id(provider);
    let mut candidates = Vec::new();
    for (index, deal) in (0u64..).zip(deals) {
        let mut proposal = deal.proposal;
        let Ok(message) = proposal_bytes(&proposal) else { continue };
        if host::authenticate(&proposal.client, &deal.client_signature.bytes, &message).is_err()
            || !policy::acceptable(&proposal, network)
            || (proposal.provider != provider && proposal.provider != *provider_named)
        {
            continue;
        }
        let Ok(client) = host::resolve(&proposal.client) else { continue };
        proposal.provider = provider;
        proposal.client = Address::new_id(client);
        candidates.push(Candidate { index, client, proposal });
    }
    candidates
}

/// The DataCap of each client of a verified deal.
fn datacap(candidates: &[Candidate]) -> Result<BTreeMap<ActorID, TokenAmount>> {
    let verified = candidates.iter().filter(|candidate| candidate.proposal.verified_deal);
    let clients: BTreeSet<ActorID> = verified.map(|candidate| candidate.client).collect();
    let balance = |client: ActorID| {
        let address = Address::new_id(client);
        let balance = host::view(&Address::new_id(DATACAP_ACTOR), DATACAP_BALANCE, &address)
            .map_err(|e| Exit::not_found(format!("DataCap of f0{client}: {e}")))?;
        Ok((client, balance))
    };
    clients.into_iter().map(balance).collect()
}

/// Spends the clients' DataCap on verified deals, in one transfer for each client. Returns
/// allocation ids by the deals' positions in the batch.
fn allocate(
    accepted: &[Accepted],
    provider: ActorID,
    network: &Network,
) -> Result<BTreeMap<u64, u64>> {
    let mut by_client = BTreeMap::<ActorID, Vec<&Accepted>>::new();
    for deal in accepted.iter().filter(|deal| deal.proposal.verified_deal) {
        by_client.entry(deal.client).or_default().push(deal);
    }
    let mut allocations = BTreeMap::new();
    for (client, deals) in by_client {
        let ids = transfer_datacap(client, &deals, provider, network)
            .map_err(|e| Exit::illegal_state(format!("DataCap of f0{client}: {e}")))?;
        ensure!(
            ids.len() == deals.len(),
            Exit::illegal_state(format!("{} allocations for {} deals", ids.len(), deals.len()))
        );
        allocations.extend(deals.iter().map(|deal| deal.index).zip(ids));
    }
    Ok(allocations)
}

fn transfer_datacap(
    client: ActorID,
    deals: &[&Accepted],
    provider: ActorID,
    network: &Network,
) -> core::result::Result<Vec<u64>, Error> {
    let request = AllocationRequests {
        allocations: deals
            .iter()
            .map(|deal| policy::allocation(&deal.proposal, provider, network.now))
            .collect(),
        extensions: vec![],
    };
    let params = TransferFromParams {
        from: Address::new_id(client),
        to: Address::new_id(VERIFREG_ACTOR),
        amount: deals.iter().map(|deal| policy::datacap(deal.proposal.piece_size)).sum(),
        operator_data: RawBytes::serialize(&request)
            .map_err(|e| Error::encoding("allocation requests", e))?,
    };
    let transfer: TransferFromReturn = ext::reply(host::send(
        &Address::new_id(DATACAP_ACTOR),
        DATACAP_TRANSFER_FROM,
        host::params(&params)?,
        TokenAmount::zero(),
    )?)?;
    let response: AllocationsResponse = transfer
        .recipient_data
        .deserialize()
        .map_err(|e| Error::encoding("reply of the registry", e))?;
    Ok(response.new_allocations)
}

/// Tells a client of its deal. A client that refuses undoes the whole batch: a contract must not
/// have deals that it does not know of.
fn notify(client: ActorID, proposal: Vec<u8>, deal_id: DealID) -> Result<()> {
    host::send(
        &Address::new_id(client),
        market::MARKET_NOTIFY_DEAL,
        host::params(&MarketNotifyDealParams { proposal, deal_id })?,
        TokenAmount::zero(),
    )
    .map_err(|e| Exit::illegal_argument(format!("failed to notify deal {deal_id}: {e}")))?;
    Ok(())
}

fn terminate_sectors(params: SectorsTerminated) -> Result<()> {
    let miner = host::caller();
    let (burnt, terminated) =
        change(|ledger| ledger.terminate(miner, params.sectors.iter(), params.epoch))?;
    for parties in terminated {
        emit("deal-terminated", parties)?;
    }
    burn(burnt)
}

fn sector_content_changed(sectors: Vec<SectorChanges>) -> Result<Vec<Vec<bool>>> {
    let (miner, now) = (host::caller(), host::epoch());
    let outcomes = change(|ledger| {
        sectors.iter().map(|sector| ledger.activate(miner, sector, now)).collect::<Result<Vec<_>>>()
    })?;
    let mut reply = Vec::with_capacity(outcomes.len());
    for (accepted, activated) in outcomes {
        for parties in activated {
            emit("deal-activated", parties)?;
        }
        reply.push(accepted);
    }
    Ok(reply)
}

fn settle(deals: BitField) -> Result<SettleDealPaymentsReturn> {
    let now = host::epoch();
    let (reply, effects) = change(|ledger| ledger.settle(deals.iter(), now))?;
    for parties in effects.completed {
        emit("deal-completed", parties)?;
    }
    burn(effects.burn)?;
    Ok(reply)
}

fn cron_tick(_: ()) -> Result<()> {
    let now = host::epoch();
    let effects = change(|ledger| ledger.cron(now))?;
    for parties in effects.completed {
        emit("deal-completed", parties)?;
    }
    burn(effects.burn)
}

fn balance(of: Address) -> Result<GetBalanceReturn> {
    let actor = host::resolve(&of).map_err(Exit::illegal_argument)?;
    let account = read(|ledger| ledger.account(actor))?;
    Ok(GetBalanceReturn { balance: account.balance, locked: account.locked })
}

fn data_commitment(id: DealID) -> Result<GetDealDataCommitmentReturn> {
    of_deal(id, |deal| GetDealDataCommitmentReturn {
        data: deal.proposal.piece_cid,
        size: deal.proposal.piece_size,
    })
}

fn client(id: DealID) -> Result<ActorID> {
    of_deal(id, |deal| deal.client)
}

fn provider(id: DealID) -> Result<ActorID> {
    of_deal(id, |deal| deal.provider)
}

fn label(id: DealID) -> Result<Label> {
    of_deal(id, |deal| deal.proposal.label.clone())
}

fn term(id: DealID) -> Result<GetDealTermReturn> {
    of_deal(id, |deal| GetDealTermReturn {
        start: deal.proposal.start_epoch,
        duration: policy::duration(&deal.proposal),
    })
}

fn total_price(id: DealID) -> Result<TokenAmount> {
    of_deal(id, |deal| policy::storage_fee(&deal.proposal))
}

fn client_collateral(id: DealID) -> Result<TokenAmount> {
    of_deal(id, |deal| deal.proposal.client_collateral.clone())
}

fn provider_collateral(id: DealID) -> Result<TokenAmount> {
    of_deal(id, |deal| deal.proposal.provider_collateral.clone())
}

fn verified(id: DealID) -> Result<bool> {
    of_deal(id, |deal| deal.proposal.verified_deal)
}

fn activation(id: DealID) -> Result<GetDealActivationReturn> {
    read(|ledger| ledger.activation(id))
}

fn sector(id: DealID) -> Result<SectorNumber> {
    read(|ledger| ledger.sector(id))
}

fn check_internal_caller() -> Result<()> {
    let caller = host::caller();
    let built_in = || {
        host::builtin_type(caller).is_some_and(|kind| kind <= builtin::LAST && kind != builtin::EVM)
    };
    ensure!(
        host::method() >= FIRST_EXPORTED || built_in(),
        Exit::forbidden(format!("f0{caller} is not built in"))
    );
    Ok(())
}

/// The actor whose escrow an address names.
fn escrow_holder(address: &Address) -> Result<ActorID> {
    let actor = host::resolve(address).map_err(Exit::illegal_argument)?;
    ensure!(exists(actor), Exit::illegal_argument(format!("no actor f0{actor}")));
    Ok(actor)
}

fn exists(actor: ActorID) -> bool {
    fvm_sdk::actor::get_actor_code_cid(&Address::new_id(actor)).is_some()
}

fn burn(amount: TokenAmount) -> Result<()> {
    if amount.is_positive() {
        host::send(&Address::new_id(BURNT_FUNDS_ACTOR), METHOD_SEND, None, amount)?;
    }
    Ok(())
}

fn emit(kind: &str, parties: Parties) -> Result<()> {
    let event = Event::new(kind)
        .indexed("id", &parties.id)
        .indexed("client", &parties.client)
        .indexed("provider", &parties.provider);
    Ok(host::emit(event)?)
}

fn of_deal<R>(id: DealID, get: impl FnOnce(&Deal) -> R) -> Result<R> {
    read(|ledger| ledger.deal(id).map(get))
}

fn read<R>(get: impl FnOnce(&Ledger<'_, Store>) -> Result<R>) -> Result<R> {
    let state: State = host::load()?;
    get(&state.open(&Store)?)
}

fn change<R>(act: impl FnOnce(&mut Ledger<'_, Store>) -> Result<R>) -> Result<R> {
    let state: State = host::load()?;
    let mut ledger = state.open(&Store)?;
    let outcome = act(&mut ledger)?;
    host::commit(&ledger.flush()?)?;
    Ok(outcome)
}
