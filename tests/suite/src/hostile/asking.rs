//! What our actors ask of others, who could do more than answer.

use std::collections::BTreeSet;

use actor_datadao::api::GetDeal;
use actor_perpetual_storage::api::Refresh;
use fvm_harness::{Call, CallTree, Network, Outcome, atto};
use fvm_shared::MethodNum;
use fvm_shared::address::Address;
use shared::Method;
use shared::ext::account::AUTHENTICATE_MESSAGE;
use shared::ext::market::{
    DealProposal, GET_BALANCE, GET_DEAL_ACTIVATION, GET_DEAL_DATA_COMMITMENT,
};
use shared::ext::miner::*;
use shared::ext::power::MINER_POWER;

use crate::setup::{lending, pushing, storage};

/// The methods by which our actors ask.
const ASKS: [MethodNum; 11] = [
    AUTHENTICATE_MESSAGE,
    GET_OWNER,
    GET_BENEFICIARY,
    GET_AVAILABLE_BALANCE,
    GET_VESTING_FUNDS,
    INITIAL_PLEDGE,
    MAX_TERMINATION_FEE,
    MINER_POWER,
    GET_BALANCE,
    GET_DEAL_ACTIVATION,
    GET_DEAL_DATA_COMMITMENT,
];
const OURS: [&str; 4] = ["datadao", "perpetual-storage", "lending-market", "loan-agent"];

/// What our actors asked in calls that may write, and whether read-only.
fn asked(net: &Network, calls: &CallTree, found: &mut BTreeSet<(MethodNum, bool)>) {
    for call in calls.calls.iter().filter(|_| !calls.read_only) {
        let state = net.actor(&Address::new_id(call.from));
        let by = state.and_then(|state| net.actors().name(&state.code).map(str::to_owned));
        if by.is_some_and(|by| OURS.contains(&by.as_str())) && ASKS.contains(&call.method) {
            found.insert((call.method, call.read_only));
        }
        asked(net, call, found);
    }
}

#[test]
fn what_only_asks_is_sent_read_only() {
    let mut found = BTreeSet::new();
    let mut look = |net: &Network, outcome: Outcome| asked(net, &outcome.ok().calls, &mut found);

    let mut m = lending().lent(2_000);
    m.net.set_tracing(true);
    let spec = m.spec();
    let submitted = m.submit(&spec);
    look(&m.net, submitted.outcome.clone());
    let submitted = submitted.ok();
    m.propose(&spec, &submitted).ok();
    let activated = m.activate(&spec, &submitted).outcome;
    look(&m.net, activated);

    let mut dao = pushing().listing(1, 1);
    dao.net.set_tracing(true);
    let deal = dao.proposal(1);
    let published = dao.sp.publish(&mut dao.net, &[deal]);
    look(&dao.net, published);
    let id = dao.dataset(1).replicas[0].deal;
    let told = dao.net.implicit(Call::new(&dao.admin, dao.address).method(GetDeal::NUMBER, &id));
    look(&dao.net, told);

    let price = atto(1_000_000_u64);
    let mut storage =
        storage().keeping_with(1, |terms| terms.policy.max_price_per_epoch = price.clone());
    let (sp, ad) = (storage.sp.clone(), storage.ads(1)[0]);
    let deal = DealProposal { storage_price_per_epoch: price, ..storage.proposal(&sp, ad) };
    sp.publish_all(&mut storage.net, std::slice::from_ref(&deal));
    storage.pass_to(deal.start_epoch + 1);
    storage.net.set_tracing(true);
    let keeper = storage.keeper.clone();
    let refreshed = storage.call::<Refresh>(&keeper, &vec![1]).outcome;
    look(&storage.net, refreshed);

    assert_eq!(found, ASKS.map(|method| (method, true)).into());
}
