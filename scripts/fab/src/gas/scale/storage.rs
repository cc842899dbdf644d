use actor_perpetual_storage::api::Replica;
use actor_perpetual_storage::perpetual::{Perpetual, Spec};
use actor_perpetual_storage::state::{DEALS as MAP, Deals};
use anyhow::Result;
use fvm_harness::{Network, TokenAmount, fil};
use shared::ext::market::DealProposal;
use shared::map::put_block;

use super::Step;
use crate::story::{self, Storage};

/// Deals of the publish that is measured: each takes the ad of a perpetual deal of its own, and is
/// paid its publish share at once.
pub const DEALS: u64 = 20;

/// Publishes deals for a storage with so many perpetual deals.
pub fn measure(entries: u64) -> Result<Step> {
    let mut storage = Storage::deploy(Network::new(crate::actors()?)?);
    populate(&mut storage, entries)?;
    let proposals = open(&mut storage, entries);
    storage.net.set_tracing(true);
    let published = storage.sp.publish(&mut storage.net, &proposals).ok();
    Ok(Step::of(entries, &published))
}

/// Creates perpetual deals after the first so many, and proposes for the ad of each.
fn open(storage: &mut Storage, entries: u64) -> Vec<DealProposal> {
    storage.deposit(fil(20 * DEALS.cast_signed()));
    let sp = storage.sp.clone();
    let propose = |n| {
        let id = storage.create(n, 1, |terms| terms.policy.locked = false).ok();
        let ad = storage.ads(id)[0];
        storage.proposal(&sp, ad)
    };
    (entries + 1..=entries + DEALS).map(propose).collect()
}

/// Gives the storage perpetual deals with a replica each, written straight into its state.
fn populate(storage: &mut Storage, entries: u64) -> Result<()> {
    storage.net.snapshot();
    let (mut state, store) = (storage.state(), storage.net.store().clone());
    let mut deals = Deals::load(&store, &state.deals, &MAP)?;
    for id in 1..=entries {
        let spec = Spec { piece_cid: story::piece(id), terms: story::storage_terms(1) };
        let replica = Replica {
            deal: 1_000_000 + id,
            provider: storage.sp.id,
            owner: storage.sp.owner.id,
            start_epoch: storage.net.epoch() + story::DAY,
            end_epoch: storage.net.epoch() + 361 * story::DAY,
            from: storage.net.epoch(),
            active: None,
            bounty: TokenAmount::default(),
            on_publish: TokenAmount::default(),
            paid: TokenAmount::default(),
            price_per_epoch: TokenAmount::default(),
            verified: false,
            renews: None,
        };
        let perpetual = Perpetual {
            spec: put_block(&store, "spec", &spec)?,
            uploader: storage.uploader.id,
            piece_size: story::PIECE_SIZE.0,
            created: storage.net.epoch(),
            closed: false,
            last_ad: 1,
            purse: TokenAmount::default(),
            spent: TokenAmount::default(),
            escrow: TokenAmount::default(),
            datacap_used: 0,
            ads: vec![],
            replicas: vec![replica],
        };
        deals.set(&id, put_block(&store, "perpetual deal", &perpetual)?)?;
    }
    state.deals = deals.flush()?;
    state.last = entries;
    storage.net.set_state(&storage.address, &state)
}
