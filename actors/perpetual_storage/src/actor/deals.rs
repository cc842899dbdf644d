use fvm_shared::ActorID;
use fvm_shared::address::Address;
use shared::deal::{self, owner_of};
use shared::event::Event;
use shared::ext::POWER_ACTOR;
use shared::ext::account::AuthenticateMessageParams;
use shared::ext::market::{DealProposal, MarketNotifyDealParams};
use shared::ext::power::{MINER_POWER, MinerPowerReturn};
use shared::{ensure, host};

use super::{load, pay};
use crate::api::Policy;
use crate::deals::Facts;
use crate::error::Error;

const POWER: Address = Address::new_id(POWER_ACTOR);

/// Read-only, as the market calls it. The signature is the provider's to fill and means nothing: the
/// storage's agreement is its state.
pub fn authenticate_message(params: AuthenticateMessageParams) -> Result<bool, Error> {
    let proposal = deal::decode(&params.message)?;
    let facts = facts(&proposal)?;
    let admission = load()?.admit(&host::Store, &proposal, &facts)?;
    check_power(facts.provider, &admission.policy)?;
    Ok(true)
}

pub fn market_notify_deal(params: MarketNotifyDealParams) -> Result<(), Error> {
    let (proposal, id) = (deal::decode(&params.proposal)?, params.deal_id);
    let facts = facts(&proposal)?;
    let mut state = load()?;
    let admission = state.admit(&host::Store, &proposal, &facts)?;
    check_power(facts.provider, &admission.policy)?;
    let owner = owner_of(facts.provider)?;
    let paid = state.record_deal(&host::Store, &proposal, &facts, id, owner, &admission)?;
    host::commit(&state)?;
    host::emit(
        Event::new("deal-recorded")
            .indexed("ad", &admission.ad.id)
            .indexed("deal", &id)
            .indexed("provider", &facts.provider)
            .field("bounty", &admission.bounty)
            .field("paid", &paid),
    )?;
    pay(facts.provider, &paid)
}

/// Refuses a provider that has less power than the policy wants. That it is a real miner actor is
/// what the market has checked.
fn check_power(provider: ActorID, policy: &Policy) -> Result<(), Error> {
    if policy.min_power > 0 {
        let found: MinerPowerReturn = host::view(&POWER, MINER_POWER, &provider)?;
        let enough = found.raw_byte_power >= policy.min_power.into();
        ensure!(enough, Error::Power(policy.min_power));
    }
    Ok(())
}

fn facts(proposal: &DealProposal) -> Result<Facts, Error> {
    Ok(Facts {
        now: host::epoch(),
        storage: host::receiver(),
        client: host::resolve(&proposal.client)?,
        provider: host::resolve(&proposal.provider)?,
    })
}
