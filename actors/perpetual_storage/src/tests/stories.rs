//! The whole life of perpetual deals.

use super::*;

#[test]
fn a_piece_is_kept_from_term_to_term_until_the_money_ends() {
    let mut world = World::new().keeping(1);
    let [ad] = world.ads(1)[..] else { panic!() };
    let deal = world.take(ad, SP, OWNER);
    world.check_invariants();
    let start = world.now;
    world.now += DAY;
    let work = world.refresh(1, &[(deal, Standing::Active(start + DAY))]);
    assert_eq!((work.sum.activated, work.sum.tip.clone()), (1, atto(2)));
    world.check_invariants();
    // It draws on what its uploader deposits, and keeps what it did not spend of the limit.
    world.deposit(ANN, 10_000);
    let end = world.perpetual(1).replicas[0].end_epoch;
    world.now = end - WINDOW;
    let work = world.refresh(1, &[(deal, Standing::Active(start + DAY))]);
    assert_eq!(work.sum.opened, 1);
    let [renewal] = world.ads(1)[..] else { panic!() };
    assert_eq!(world.info(renewal).ad.renews, Some(deal));
    world.check_invariants();
    let next = world.take(renewal, SP, OWNER);
    assert_eq!(world.perpetual(1).replicas[1].from, end);
    assert_eq!(world.perpetual(1).replicas[1].end_epoch, end + TERM);
    world.now = end;
    let work = world
        .refresh(1, &[(deal, Standing::Active(start + DAY)), (next, Standing::Active(end - DAY))]);
    assert_eq!((work.sum.completed, work.sum.activated), (1, 1));
    assert_eq!(world.perpetual(1).replicas.len(), 1);
    assert_eq!(world.state.record(&world.store, SP).unwrap().kept, 1);
    world.check_invariants();
    let message = world.by(ANN);
    let _ = world.attempt(|state, store| state.close(store, &message, 1)).unwrap();
    world.now = end + TERM;
    let _ = world.refresh(1, &[(next, Standing::Active(end - DAY))]);
    assert!(world.state.find(&world.store, 1).unwrap().is_none());
    assert_eq!(world.funds(ANN).committed, atto(0));
    assert_eq!(world.state.booked, world.funds(ANN).free);
    world.check_invariants();
}
