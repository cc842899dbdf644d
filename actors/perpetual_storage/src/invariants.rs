//! What always holds. Checked by tests, over the whole state.

#![expect(clippy::arithmetic_side_effects, reason = "tests alone call it")]

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use fvm_ipld_blockstore::Blockstore;
use fvm_shared::econ::TokenAmount;
use shared::map::decode_id;

use crate::ads::perpetual_deal;
use crate::api::{PerpetualDealId, Replica};
use crate::error::Error;
use crate::funds::Accounts;
use crate::perpetual::Perpetual;
use crate::state::{MAX_RECENT, State};

/// Every invariant that is broken, in words.
pub fn check(state: &State, store: &impl Blockstore) -> Result<Vec<String>, Error> {
    let mut broken = Vec::new();
    let mut deals = Vec::new();
    for id in 1..=state.last {
        deals.extend(state.find(store, id)?.map(|perpetual| (id, perpetual)));
    }
    for (id, perpetual) in &deals {
        check_perpetual(store, *id, perpetual, &mut broken)?;
    }
    check_money(state, store, &deals, &mut broken)?;
    let (all, seen) = deals.iter().flat_map(|(_, perpetual)| &perpetual.replicas).fold(
        (0, BTreeSet::new()),
        |(all, mut seen), replica| {
            seen.insert(replica.deal);
            (all + 1, seen)
        },
    );
    if all != seen.len() {
        broken.push("a storage deal stands for two replicas".into());
    }
    if state.recent.len() > MAX_RECENT {
        broken.push(format!("{} recent deals", state.recent.len()));
    }
    Ok(broken)
}

fn check_money(
    state: &State,
    store: &impl Blockstore,
    deals: &[(PerpetualDealId, Perpetual)],
    broken: &mut Vec<String>,
) -> Result<(), Error> {
    let tip = &state.rules.tip;
    let mut committed = BTreeMap::<_, TokenAmount>::new();
    let (mut cash, mut escrow) = (TokenAmount::default(), TokenAmount::default());
    for (_, perpetual) in deals {
        cash += perpetual.cash(tip);
        escrow += &perpetual.escrow;
        *committed.entry(perpetual.uploader).or_default() += perpetual.committed(tip);
    }
    let accounts = Accounts::load(store, &state.cold(store)?.accounts)?;
    let mut ids: BTreeSet<_> = committed.keys().copied().collect();
    accounts.for_each(|key, _| ids.extend(decode_id(key)))?;
    for id in ids {
        let funds = state.funds(store, id)?;
        let held = committed.remove(&id).unwrap_or_default();
        if funds.committed != held {
            broken.push(format!("f0{id} has {} committed, its deals hold {held}", funds.committed));
        }
        if funds.free.is_negative() || funds.spent.is_negative() {
            broken.push(format!("f0{id} has {funds:?}"));
        }
        cash += funds.free;
    }
    if cash != state.booked {
        broken.push(format!("{} is booked, {cash} is held", state.booked));
    }
    let refundable = deals.iter().flat_map(|(_, perpetual)| &perpetual.replicas);
    let refundable = refundable.map(Replica::refundable).sum::<TokenAmount>();
    if refundable != state.refundable {
        broken.push(format!("{} is refundable, not {refundable}", state.refundable));
    }
    if escrow != state.escrow {
        broken.push(format!("{} is in escrow, {escrow} is held of it", state.escrow));
    }
    Ok(())
}

fn check_perpetual(
    store: &impl Blockstore,
    id: PerpetualDealId,
    perpetual: &Perpetual,
    broken: &mut Vec<String>,
) -> Result<(), Error> {
    let wanted = perpetual.spec(store)?.terms.replicas as usize;
    let mut fault = |what: &str| broken.push(format!("perpetual deal {id}: {what}"));
    let open = perpetual.ads.iter().filter(|ad| ad.renews.is_none()).count();
    let ads = &perpetual.ads;
    let numbers: BTreeSet<_> = ads.iter().map(|ad| ad.id).collect();
    if numbers.len() != ads.len() || ads.iter().any(|ad| perpetual_deal(ad.id) != id) {
        fault("an ad is not its own");
    }
    let links = ads.iter().map(|ad| ad.renews);
    let links = links.chain(perpetual.replicas.iter().map(|replica| replica.renews));
    let mut renewed = BTreeSet::new();
    for deal in links.flatten() {
        let head = perpetual.heads().any(|head| head.deal == deal);
        if !head || !renewed.insert(deal) {
            fault("a deal is renewed that is not there, or twice");
        }
    }
    if open > 0 && open + perpetual.heads().count() > wanted {
        fault("more replicas than wanted");
    }
    let amounts = [&perpetual.purse, &perpetual.escrow, &perpetual.spent];
    if amounts.into_iter().any(TokenAmount::is_negative) {
        fault("a negative amount");
    }
    if perpetual.escrow < perpetual.escrow_wanted() {
        fault("its escrow does not cover its ads");
    }
    if perpetual.closed && (!ads.is_empty() || perpetual.purse.is_positive()) {
        fault("closed, and still buying");
    }
    for replica in &perpetual.replicas {
        let due = replica.paid <= replica.bounty && replica.on_publish <= replica.bounty;
        if !due || replica.bounty.is_negative() {
            fault("a replica that is paid more than its bounty");
        }
    }
    let used = perpetual.replicas.iter().filter(|replica| replica.verified).count() as u64;
    if used * perpetual.piece_size > perpetual.datacap_used {
        fault("less DataCap used than its deals have");
    }
    Ok(())
}
