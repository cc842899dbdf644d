use alloc::vec::Vec;

use fvm_ipld_bitfield::BitField;
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use num_traits::Zero;
use shared::deal::{self, Fate, Standing};
use shared::event::Event;
use shared::ext::market::{GET_BALANCE, GetBalanceReturn, SETTLE_DEAL_PAYMENTS};
use shared::{ensure, host};

use super::{MARKET, change, load, move_escrow, pay};
use crate::api::{Due, PageParams, PerpetualDealId, Refreshed, Replica};
use crate::error::Error;
use crate::refresh::{Findings, MAX_REFRESHED, News};

pub fn refresh(ids: Vec<PerpetualDealId>) -> Result<Vec<Refreshed>, Error> {
    ensure!(ids.len() <= MAX_REFRESHED, Error::Batch(MAX_REFRESHED));
    ids.into_iter().map(refresh_one).collect()
}

/// What it asks is the market and whom it pays run no code, so the state that was loaded first stays
/// true.
fn refresh_one(id: PerpetualDealId) -> Result<Refreshed, Error> {
    let replicas = load()?.replicas(&host::Store, id)?;
    let mut findings = ask(&replicas)?;
    if settle(&replicas, &findings, host::epoch())? {
        let storage = Address::new_id(host::receiver());
        let found: GetBalanceReturn = host::view(&MARKET, GET_BALANCE, &storage)?;
        findings.unlocked = Some(found.balance - found.locked);
    }
    let work = change(|state, message| state.refresh(&host::Store, message.now, id, &findings))?;
    for item in &work.news {
        tell(id, item)?;
    }
    if work.sum.opened > 0 {
        let event = Event::new("ads-opened").indexed("perpetual-deal", &id);
        host::emit(event.field("number", &work.sum.opened))?;
    }
    if work.sum.expired {
        host::emit(Event::new("perpetual-deal-expired").indexed("perpetual-deal", &id))?;
    }
    move_escrow(work.to_escrow)?;
    for News { replica, earned, .. } in &work.news {
        pay(replica.provider, earned)?;
    }
    pay(host::caller(), &work.sum.tip)?;
    Ok(work.sum)
}

/// Tries every refresh on a copy of the state, and keeps none of it.
pub fn find_due(page: PageParams) -> Result<Vec<Due>, Error> {
    let state = load()?;
    let mut due = Vec::new();
    for id in state.numbers(&page)? {
        let findings = ask(&state.replicas(&host::Store, id)?)?;
        let work = state.clone().refresh(&host::Store, host::epoch(), id, &findings)?.sum;
        if work.has_steps() {
            due.push(Due { id, work });
        }
    }
    Ok(due)
}

fn ask(replicas: &[Replica]) -> Result<Findings, Error> {
    let standings =
        replicas.iter().map(|replica| Ok((replica.deal, deal::standing(replica.deal)?)));
    Ok(Findings { standings: standings.collect::<Result<_, Error>>()?, unlocked: None })
}

/// Has the market settle those of the deals with a price that are over, so that it gives back what it
/// did not pay: it times out what was not proven. Returns whether any is over.
fn settle(replicas: &[Replica], findings: &Findings, now: ChainEpoch) -> Result<bool, Error> {
    let mut over = false;
    let mut unsettled = Vec::new();
    let priced = replicas.iter().filter(|replica| replica.price_per_epoch.is_positive());
    for replica in priced {
        let Some(standing) = findings.of(replica.deal) else { continue };
        let seen = replica.active.is_some();
        let fate = standing.fate(replica.start_epoch, replica.end_epoch, seen, now);
        if fate.is_some_and(Fate::is_end) {
            over = true;
            if standing != Standing::Gone {
                unsettled.push(replica.deal);
            }
        }
    }
    if !unsettled.is_empty() {
        let deals =
            BitField::try_from_bits(unsettled).map_err(|e| shared::Error::encoding("deals", e))?;
        let params = host::params(&deals)?;
        host::send(&MARKET, SETTLE_DEAL_PAYMENTS, params, TokenAmount::zero())?;
    }
    Ok(over)
}

fn tell(id: PerpetualDealId, news: &News) -> Result<(), Error> {
    Ok(host::emit(
        Event::new(news.fate.event())
            .indexed("perpetual-deal", &id)
            .indexed("deal", &news.replica.deal)
            .indexed("provider", &news.replica.provider)
            .field("earned", &news.earned),
    )?)
}
