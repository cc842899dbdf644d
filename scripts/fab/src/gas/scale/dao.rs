//! How the gas of a deal grows with what the DAO has listed and stored.

use actor_datadao::api::Replica;
use actor_datadao::datasets::{DETAILS, Detail, Details, Listing, commitment};
use actor_datadao::slots::Slots;
use actor_datadao::state::{LISTINGS, Listings, REPLICAS, Replicas};
use anyhow::Result;
use fvm_harness::{Network, TokenAmount};
use shared::map::put_block;

use super::Step;
use crate::story::{self, Dao};

/// Publishes one deal for a DAO with so many datasets and deals.
pub fn measure(entries: u64) -> Result<Step> {
    let mut dao = Dao::vesting(Network::new(crate::actors()?)?);
    populate(&mut dao, entries)?;
    dao.list(entries + 1, 1);
    dao.net.set_tracing(true);
    let proposal = dao.proposal(entries + 1);
    let published = dao.sp.publish(&mut dao.net, &[proposal]).ok();
    Ok(Step::of(entries, &published))
}

/// Gives the DAO datasets with a replica each, written straight into its state.
fn populate(dao: &mut Dao, entries: u64) -> Result<()> {
    dao.net.snapshot();
    let (mut state, store) = (dao.state(), dao.net.store().clone());
    let mut cold = state.cold(&store)?;
    let mut listings = Listings::load(&store, &state.listings, &LISTINGS)?;
    let mut details = Details::load(&store, &cold.catalog.details, &DETAILS)?;
    let mut replicas = Replicas::load(&store, &state.replicas, &REPLICAS)?;
    for id in 1..=entries {
        let params = story::dataset(id, 1);
        let listing = Listing {
            id,
            piece_size: params.piece_size.0,
            wanted: 1,
            reward: params.terms.reward.clone(),
            publish_share: None,
            policy: None,
        };
        let replica = Replica {
            deal: 1_000_000 + id,
            provider: dao.sp.id,
            owner: dao.sp.owner.id,
            payee: dao.sp.owner.id,
            start_epoch: dao.net.epoch() + story::DAY,
            end_epoch: dao.net.epoch() + 181 * story::DAY,
            activated: None,
            reward: TokenAmount::default(),
            on_publish: TokenAmount::default(),
            paid: TokenAmount::default(),
            bond: TokenAmount::default(),
            at_risk: TokenAmount::default(),
        };
        let slots = Slots { replicas: vec![replica], dropouts: vec![] };
        listings.set(&commitment(&params.piece_cid)?, listing)?;
        replicas.set(&id, put_block(&store, "slots", &slots)?)?;
        let detail = Detail {
            piece_cid: params.piece_cid,
            curator: Some(dao.admin.id),
            terms: Some(params.terms),
        };
        details.set(&id, put_block(&store, "detail", &detail)?)?;
    }
    state.listings = listings.flush()?;
    state.replicas = replicas.flush()?;
    cold.catalog.details = details.flush()?;
    cold.catalog.last = entries;
    state.set_cold(&store, &cold)?;
    dao.net.set_state(&dao.address, &state)
}
