use alloc::vec::Vec;

use fvm_shared::ActorID;
use fvm_shared::address::Address;
use fvm_shared::deal::DealID;
use shared::deal::{self, forgotten, owner_of};
use shared::event::Event;
use shared::ext::MARKET_ACTOR;
use shared::ext::account::AuthenticateMessageParams;
use shared::ext::market::{
    DealProposal, GET_DEAL_DATA_COMMITMENT, GetDealDataCommitmentReturn, MarketNotifyDealParams,
};
use shared::ext::miner::{GET_BENEFICIARY, GetBeneficiaryReturn};
use shared::token::erc20::transferred;
use shared::{ensure, host};

use super::{change, load, treasury};
use crate::api::{DatasetId, Deal, PageParams, Payee, Refreshed, Retrieval};
use crate::datasets::commitment;
use crate::deals::{Facts, Principals};
use crate::error::Error;
use crate::refresh::{MAX_REFRESHED, News};

const MARKET: Address = Address::new_id(MARKET_ACTOR);

/// Read-only, as the market calls it. The signature is the provider's to fill and means nothing: the
/// DAO's agreement is its state.
pub fn authenticate_message(params: AuthenticateMessageParams) -> Result<bool, Error> {
    let proposal = deal::decode(&params.message)?;
    let facts = facts(&proposal)?;
    let state = load()?;
    let config = state.config(&host::Store)?;
    state.authenticate(&host::Store, &config, &proposal, &facts)?;
    Ok(true)
}

pub fn market_notify_deal(params: MarketNotifyDealParams) -> Result<(), Error> {
    let (proposal, id) = (deal::decode(&params.proposal)?, params.deal_id);
    let facts = facts(&proposal)?;
    let mut state = load()?;
    let config = state.config(&host::Store)?;
    let behind = principals(facts.provider, config.rules.rewards.to)?;
    let recorded = state.record_deal(&host::Store, &config, &proposal, &facts, id, behind)?;
    host::commit(&state)?;
    host::emit(
        Event::new("deal-recorded")
            .indexed("dataset", &recorded.dataset)
            .indexed("deal", &id)
            .indexed("provider", &facts.provider)
            .field("promised", &recorded.promised),
    )?;
    if let Some(reward) = recorded.paid {
        treasury::offer_minted(reward, config.rules.rewards.hook_gas_limit)?;
    }
    Ok(())
}

pub fn get_deal(id: DealID) -> Result<Deal, Error> {
    let commitment = commitment_of(id)?;
    load()?.deal(&host::Store, &commitment, id)
}

pub fn list_deals(page: PageParams) -> Result<Vec<Deal>, Error> {
    load()?.list_deals(&host::Store, &page)
}

pub fn retrieve_deal(id: DealID) -> Result<Retrieval, Error> {
    let commitment = commitment_of(id)?;
    let state = load()?;
    let deal = state.deal(&host::Store, &commitment, id)?;
    state.retrieval_of(&host::Store, deal.dataset, &deal.replica)
}

pub fn refresh_datasets(ids: Vec<DatasetId>) -> Result<Vec<Refreshed>, Error> {
    ensure!(ids.len() <= MAX_REFRESHED, Error::Batch(MAX_REFRESHED));
    ids.into_iter().map(refresh).collect()
}

/// Asks only the market, which calls nobody, so the state that was loaded first stays true.
fn refresh(id: DatasetId) -> Result<Refreshed, Error> {
    let deals = load()?.slots(&host::Store, id)?.replicas;
    let standings = deals
        .into_iter()
        .map(|replica| Ok((replica.deal, deal::standing(replica.deal)?)))
        .collect::<Result<Vec<_>, Error>>()?;
    let news = change(|state, message| {
        let config = state.config(&host::Store)?;
        state.refresh(&host::Store, &config, message, id, &standings)
    })?;
    for item in &news {
        tell(id, item)?;
    }
    let sum = Refreshed::of(&news);
    if sum.earned.is_positive() {
        transferred(None, Some(host::receiver()), &sum.earned)?;
    }
    Ok(sum)
}

fn tell(dataset: DatasetId, news: &News) -> Result<(), Error> {
    Ok(host::emit(
        Event::new(news.fate.event())
            .indexed("dataset", &dataset)
            .indexed("deal", &news.replica.deal)
            .indexed("provider", &news.replica.provider)
            .field("earned", &news.earned),
    )?)
}

/// The digest of the piece that a deal is about, while the market knows the deal.
fn commitment_of(deal: DealID) -> Result<Vec<u8>, Error> {
    let method = GET_DEAL_DATA_COMMITMENT;
    let asked = host::view::<_, GetDealDataCommitmentReturn>(&MARKET, method, &deal);
    match asked {
        Ok(found) => commitment(&found.data),
        Err(error) if forgotten(&error) => Err(Error::NoDeal(deal)),
        Err(error) => Err(error.into()),
    }
}

fn facts(proposal: &DealProposal) -> Result<Facts, Error> {
    Ok(Facts {
        now: host::epoch(),
        dao: host::receiver(),
        client: host::resolve(&proposal.client)?,
        provider: host::resolve(&proposal.provider)?,
    })
}

/// Who stands behind a provider. That it is a real miner actor is what the market has checked.
fn principals(provider: ActorID, payee: Payee) -> Result<Principals, Error> {
    let owner = owner_of(provider)?;
    let payee = match payee {
        Payee::Owner => owner,
        Payee::Beneficiary => {
            let found: GetBeneficiaryReturn =
                host::get(&Address::new_id(provider), GET_BENEFICIARY)?;
            host::resolve(&found.active.beneficiary)?
        }
    };
    Ok(Principals { owner, payee })
}
