//! Messages to a PerpetualStorage, one after the other, with any parameters that decode: whatever
//! is asked, its rules do not panic, its state stays sound, and it has the FIL that its books say.
//! A wrong message leaves no trace, as in the FVM.

mod world;

use actor_perpetual_storage::api::*;
use fvm_ipld_encoding::to_vec;
use fvm_shared::clock::ChainEpoch;
use shared::Method;
use shared::ext::market::MarketNotifyDealParams;

use crate::messages::{self, DAY, Message, atto};
use world::{Outcome, World, proposal, terms};

pub fn run(input: &[u8]) {
    let mut world = World::new();
    for message in messages::read(METHODS, input) {
        world.pass(message.wait());
        if step(&mut world, &message).is_some() {
            world.check();
        }
    }
}

/// A message as the actor runs it. None where its parameters do not decode or its rules refuse it.
fn step(world: &mut World, message: &Message<'_>) -> Outcome {
    let Message { method, by, value, .. } = *message;
    match method {
        Deposit::NUMBER => world.deposit(by, value),
        Withdraw::NUMBER => world.withdraw(by, message.params()?),
        CreatePerpetualDeal::NUMBER => world.create(by, value, message.params()?),
        ChangePerpetualDeal::NUMBER => world.change(by, value, message.params()?),
        TopUp::NUMBER => world.top_up(by, value, message.params()?),
        ClosePerpetualDeal::NUMBER => world.close(by, message.params()?),
        Estimate::NUMBER => {
            let params = message.params()?;
            world.look(|state, _, _| state.estimate(&params))
        }
        GetAd::NUMBER => {
            let id = message.params()?;
            world.look(|state, store, now| state.ad_info(store, id, now))
        }
        ListAds::NUMBER => {
            let params = message.params()?;
            world.look(|state, store, now| state.list_ads(store, &params, now))
        }
        ListPerpetualDeals::NUMBER => {
            let page = message.params()?;
            world.look(|state, store, _| state.list_perpetual(store, &page))
        }
        MarketNotifyDeal::NUMBER => world.publish(message.params()?),
        Refresh::NUMBER => world.refresh(value, message.params()?),
        Vouch::NUMBER => world.vouch(by, message.params()?),
        AttestRegion::NUMBER => world.attest(by, message.params()?),
        _ => None,
    }
}

/// A life of a perpetual deal: it is paid for, wanted, changed, taken, renewed, and closed.
pub fn seeds() -> Vec<Vec<u8>> {
    let create = CreatePerpetualDealParams {
        piece_cid: world::piece(),
        piece_size: world::SIZE,
        terms: terms(),
    };
    let change = ChangePerpetualDealParams { id: 1, terms: Terms { replicas: 2, ..terms() } };
    let until = |at: ChainEpoch| Some(Attestation { region: "EU".into(), until: at });
    let estimate = EstimateParams {
        piece_size: world::SIZE,
        replicas: 3,
        policy: terms().policy,
        funds: atto(70),
        epochs: 3_650 * DAY,
    };
    let attest = AttestRegionParams { provider: world::PROVIDER, region: until(90 * DAY) };
    let ads = ListAdsParams { from: 1, scan: 10, limit: 16, order: AdOrder::Bounty };
    let created =
        [message::<Deposit>(0, 0, 70, &()), message::<CreatePerpetualDeal>(0, 0, 0, &create)]
            .concat();
    let publish = |ad: u64, deal| {
        let proposal = to_vec(&proposal(ad)).expect("a proposal encodes");
        message::<MarketNotifyDeal>(9, 0, 0, &MarketNotifyDealParams { proposal, deal_id: deal })
    };
    let refresh = |wait, standing| message::<Refresh>(1, wait, standing, &vec![1_u64]);
    let taken = [&created[..], &publish(1_000_000_001, 7), &refresh(1, 1)].concat();
    let ended =
        [&taken[..], &refresh(190, 1), &publish(1_000_000_002, 8), &refresh(30, 2)].concat();
    let closed = [
        &ended[..],
        &message::<ClosePerpetualDeal>(0, 0, 0, &1),
        &message::<Withdraw>(0, 0, 0, &atto(20)),
    ]
    .concat();
    let others = [
        created.clone(),
        message::<GetAd>(0, 0, 0, &1_000_000_001),
        message::<ChangePerpetualDeal>(0, 1, 30, &change),
        message::<TopUp>(1, 0, 60, &1),
        message::<Estimate>(0, 0, 0, &estimate),
        message::<AttestRegion>(1, 0, 0, &attest),
        message::<Vouch>(2, 0, 0, &world::PROVIDER),
        message::<ListAds>(0, 0, 0, &ads),
        message::<ListPerpetualDeals>(0, 0, 0, &PageParams { from: 1, limit: 10 }),
    ];
    vec![created, taken, ended, closed, others.concat()]
}

fn message<M: Method>(by: u8, wait: u8, value: u8, params: &impl serde::Serialize) -> Vec<u8> {
    messages::write::<M>(METHODS, [by, wait, value], params)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_of_the_seeds_is_accepted() {
        for (nth, seed) in seeds().iter().enumerate() {
            let mut world = World::new();
            for message in messages::read(METHODS, seed) {
                world.pass(message.wait());
                assert!(step(&mut world, &message).is_some(), "{message:?} of seed {nth}");
                world.check();
            }
        }
    }
}
