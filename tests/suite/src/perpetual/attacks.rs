//! The attacks of [`crate::attacks`], on a perpetual storage. Here are those that are not tested elsewhere:
//!
//! | | attack | tests |
//! |---|---|---|
//! | 1 | hooks called by whom they are not for | [`super::deals`], [`super::policy`] |
//! | 2 | AuthenticateMessage that says yes to anything, or writes | [`super::deals`], [`super::bad_input`] |
//! | 3 | a batch of proposals for one ad | [`super::deals`], [`super::prices`] |
//! | 4 | one provider under many addresses, one owner with many miners | [`super::deals`] |
//! | 5 | claims twice, over renewals too | [`super::life`]; whom it pays runs no code |
//! | 6 | claims on deals that earn nothing | here, [`super::life`] |
//! | 7 | another piece with the same commitment | [`super::deals`] |
//! | 8 | terms that drain the escrow | [`super::deals`], [`super::prices`] |
//! | 9 | books that do not match balances: donations, refunds of others | [`super::funds`], [`super::prices`] |
//! | 10 | labels of any kind and length | [`super::deals`] |
//! | 11 | slots freed twice or never | [`super::life`], [`super::ten_years`] |
//! | 12 | publish, be paid, fail, publish again, with many miners | [`super::life`] |
//! | 13 | a refresh that costs more than a block | here |
//! | 14 | votes | there are none |
//! | 15 | sector notices | here |

use actor_perpetual_storage::api::{Refresh, Refreshed, Replica};
use fvm_harness::{Call, atto, fil};
use fvm_shared::error::ExitCode;
use shared::Method;
use shared::method_hash;

use crate::setup::{DAY, storage};

const BLOCK_GAS: u64 = 10_000_000_000;

/// Attack 6: claims on deals that earn nothing.
#[test]
fn deals_that_are_published_missed_or_unknown_earn_nothing() {
    let mut storage = storage().keeping(1);
    let nothing = Refreshed::default();
    assert_eq!(storage.refresh(1), nothing, "no deal");
    assert_eq!(storage.refresh(77), nothing, "no perpetual deal");
    let ad = storage.ads(1)[0];
    let (_, proposal) = storage.take(ad);
    assert_eq!(storage.refresh(1), nothing, "published");
    storage.pass_to(proposal.start_epoch);
    assert_eq!(storage.refresh(1), nothing, "at its start");
    storage.pass_to(proposal.start_epoch + 40 * DAY);
    let work = storage.refresh(1);
    assert_eq!((work.missed, work.paid), (1, fil(0)), "cleaned by the market");
    assert_eq!(storage.refresh(1), nothing, "once");
    storage.check_invariants();
}

/// Attack 13: sixteen perpetual deals whose sixteen replicas are all gone, each of another provider.
#[test]
fn the_largest_refresh_fits_in_a_block() {
    let mut storage = storage();
    storage.deposit(fil(3_000));
    for n in 1..=16 {
        storage.create(n, 16, |_| {}).ok();
    }
    storage.net.snapshot();
    let (mut state, store) = (storage.state(), storage.net.store().clone());
    let now = storage.net.epoch();
    let mut cold = state.cold(&store).unwrap();
    let mut accounts =
        actor_perpetual_storage::funds::Accounts::load(&store, &cold.accounts).unwrap();
    for id in 1..=16 {
        let mut perpetual = state.perpetual(&store, id).unwrap();
        perpetual.replicas = std::mem::take(&mut perpetual.ads)
            .into_iter()
            .map(|ad| Replica {
                deal: 1_000_000 + ad.id,
                provider: 10_000 + 2 * ad.id % 1_000 + 1_000 * id,
                owner: 10_001 + 2 * ad.id % 1_000 + 1_000 * id,
                start_epoch: now,
                end_epoch: now + 200 * DAY,
                from: now,
                active: None,
                bounty: ad.limit,
                on_publish: atto(0),
                paid: atto(0),
                price_per_epoch: atto(0),
                verified: false,
                renews: None,
            })
            .collect();
        state.set_perpetual(&store, &mut accounts, id, &perpetual).unwrap();
    }
    cold.accounts = accounts.flush().unwrap();
    state.set_cold(&store, &cold).unwrap();
    storage.net.set_state(&storage.address, &state).unwrap();
    storage.check_invariants();
    let all: Vec<_> = (1..=16).collect();
    let call = Call::new(&storage.keeper, storage.address).method(Refresh::NUMBER, &all);
    let outcome = storage.net.run(call).ok();
    assert!(outcome.gas_used < BLOCK_GAS / 2, "{}", outcome.gas_used);
    let done: Vec<Refreshed> = outcome.returned();
    assert!(done.iter().all(|work| (work.missed, work.opened) == (16, 16)), "{done:?}");
    storage.check_invariants();
}

/// Attack 15: notices of sectors, which the storage takes none of.
#[test]
fn a_sector_notice_is_no_deal() {
    let mut storage = storage().keeping(1);
    let (sp, before) = (storage.sp.address(), storage.state());
    let notice = vec![(1_u64, 1_000_i64, vec![(fab::story::piece(1), 1_u64 << 20, vec![1_u8])])];
    let method = method_hash!("SectorContentChanged");
    let call = Call::new(sp, storage.address).method(method, &notice);
    storage.net.implicit(call).refused(ExitCode::USR_UNHANDLED_MESSAGE);
    assert_eq!(storage.state(), before);
}
