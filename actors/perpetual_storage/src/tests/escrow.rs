use super::*;
use crate::ads::ADS_PER_DEAL;
use crate::escrow::ToEscrow;

const AD: AdId = ADS_PER_DEAL + 1;
/// What a deal of three attoFIL per epoch costs.
const PRICE: i64 = 3 * TERM;

fn priced(terms: &mut Terms) {
    terms.policy.max_price_per_epoch = atto(3);
}

/// So many replicas wanted and taken at the full price, by the providers from `SP` on.
fn locked(replicas: u64) -> World {
    let mut world = World::new().keeping_with(u32::try_from(replicas).unwrap(), priced);
    for n in 0..replicas {
        let dear = |p: &mut DealProposal| p.storage_price_per_epoch = atto(3);
        world.take_with(AD + n, SP + n, OWNER + n, dear).unwrap();
    }
    world
}

impl World {
    /// What is the case when the market has unlocked so much since the books last knew.
    fn came_in(&mut self, standings: &[(DealID, Standing)], amount: i64) -> Work {
        let unlocked = Some(&self.state.escrow + atto(amount));
        let work = self.refresh_with(1, &Findings { standings: standings.to_vec(), unlocked });
        self.check_invariants();
        work
    }
}

#[test]
fn an_ad_has_its_price_in_escrow_and_a_deal_locks_its_own() {
    let (mut world, mut terms) = (World::new().funded(1_000_000_000), terms(2));
    priced(&mut terms);
    let params = CreatePerpetualDealParams { piece_cid: piece(0), piece_size: SIZE, terms };
    let message = world.by(ANN);
    let (_, moved) = world.attempt(|state, store| state.create(store, &message, params)).unwrap();
    assert_eq!(moved, ToEscrow::Add(atto(2 * PRICE)));
    assert_eq!(world.state.escrow, atto(2 * PRICE));
    assert_eq!(world.state.booked, atto(1_000_000_000 - 2 * PRICE));
    let cheap = |p: &mut DealProposal| p.storage_price_per_epoch = atto(2);
    world.take_with(AD, SP, OWNER, cheap).unwrap();
    assert_eq!(world.replica(7).locked(), atto(2 * TERM));
    assert_eq!(world.state.escrow, atto(2 * PRICE - 2 * TERM));
    world.check_invariants();
    // What the deal did not need is taken back when the perpetual deal is next refreshed.
    let work = world.refresh(1, &[]);
    assert_eq!(work.to_escrow, ToEscrow::Withdraw(atto(TERM)));
    assert_eq!(world.state.escrow, atto(PRICE));
    assert_eq!(world.refresh(1, &[]).to_escrow, ToEscrow::Nothing);
    world.check_invariants();
}

#[test]
fn a_deal_gives_back_the_price_from_now_and_no_more_than_from_when_it_was_seen_active() {
    let mut world = locked(1);
    let mut replica = world.replica(7);
    let (start, end) = (replica.start_epoch, replica.end_epoch);
    let (nothing, all) = (atto(0), atto(PRICE));
    assert_eq!((replica.locked(), replica.refundable()), (all.clone(), all.clone()));
    let timed_out = replica.refund(Standing::Waiting, start + 50);
    assert_eq!(timed_out, (all.clone(), all.clone()), "just now");
    let refund = |replica: &Replica, now| replica.refund(Standing::Gone, now);
    assert_eq!(refund(&replica, start - 1), (all.clone(), all.clone()));
    assert_eq!(refund(&replica, start + 50), (atto(3 * (TERM - 50)), all.clone()));
    assert_eq!(refund(&replica, end + 1), (nothing, all));
    for (seen, left) in [(start - 1, TERM), (start, TERM), (start + 1, TERM - 1), (end - 1, 1)] {
        replica.active = Some(Activity { since: start - 1, seen });
        assert_eq!(refund(&replica, end - 1), (atto(3), atto(3 * left)), "seen at {seen}");
        assert_eq!(replica.refund(Standing::Active(start - 1), end), Default::default());
    }
    world.now = start + 1_000;
    let _ = world.refresh(1, &[(7, Standing::Active(start))]);
    assert_eq!(world.state.refundable, atto(3 * (TERM - 1_000)));
}

#[test]
fn the_price_of_a_missed_deal_pays_for_the_ad_in_its_place() {
    let mut world = locked(1);
    world.now = world.replica(7).start_epoch + 1;
    let before = world.perpetual(1).spent;
    let work = world.came_in(&[(7, Standing::Waiting)], PRICE);
    assert_eq!((work.sum.missed, work.sum.opened, work.to_escrow), (1, 1, ToEscrow::Nothing));
    assert_eq!(world.state.escrow, atto(PRICE));
    assert_eq!(world.perpetual(1).spent - before, atto(4), "two tips");
}

#[test]
fn a_missed_deal_of_a_closed_perpetual_deal_gives_its_price_back_to_the_uploader() {
    let mut world = locked(1);
    let _ = world.close(ANN).unwrap();
    let free = world.funds(ANN).free;
    world.now = world.replica(7).start_epoch + 1;
    let work = world.came_in(&[(7, Standing::Waiting)], PRICE);
    assert_eq!(work.to_escrow, ToEscrow::Withdraw(atto(PRICE)));
    let bounty_and_tip = atto(400 + 2);
    assert_eq!(world.funds(ANN).free, free + atto(PRICE) + bounty_and_tip);
    assert_eq!((world.state.escrow.clone(), world.funds(ANN).committed), (atto(0), atto(0)));
}

#[test]
fn a_deal_that_came_to_its_end_gives_nothing_back_whatever_has_come_in() {
    let mut world = locked(1);
    let (start, end) = (world.replica(7).start_epoch, world.replica(7).end_epoch);
    let _ = world.close(ANN).unwrap();
    world.now = end;
    let work = world.came_in(&[(7, Standing::Active(start))], 1_000_000);
    assert_eq!((work.sum.completed, work.to_escrow), (1, ToEscrow::Nothing));
    assert_eq!(world.funds(ANN).spent, atto(PRICE + 400 + 4));
}

#[test]
fn a_terminated_deal_gives_back_what_came_in_from_what_it_must_to_what_it_can_have_left() {
    let left = |epochs: i64| 3 * (TERM - epochs);
    for (came_in, refund) in [
        (left(1_500), left(1_500)),
        (left(1_200), left(1_200)),
        (left(1_000), left(1_000)),
        (left(1_000) + 1, left(1_000)),
    ] {
        let mut world = ended_early();
        let (free, spent) = (world.funds(ANN).free, world.funds(ANN).spent);
        let owed = world.replica(7).reserve(&atto(0));
        let work = world.came_in(&[(7, Standing::Gone)], came_in);
        assert_eq!((work.sum.terminated, work.to_escrow), (1, ToEscrow::Withdraw(atto(refund))));
        assert_eq!(world.funds(ANN).free - free, atto(refund) + owed);
        assert_eq!(world.funds(ANN).spent - spent, atto(PRICE - refund + 2));
    }
}

/// Deal 7 of a closed perpetual deal, seen active 1,000 epochs after its start, and gone 500 later.
fn ended_early() -> World {
    let mut world = locked(1);
    let start = world.replica(7).start_epoch;
    let _ = world.close(ANN).unwrap();
    world.now = start + 1_000;
    let _ = world.refresh(1, &[(7, Standing::Active(start))]);
    world.now += 500;
    world
}

/// In the middle of a publish another client's code can have a perpetual deal refreshed, while the
/// market has locked the price of a deal that the storage has not been told of.
#[test]
fn nothing_is_refunded_while_the_market_holds_less_than_must_have_come_in() {
    let refresh = |world: &mut World, standing, amount| {
        let unlocked = Some(&world.state.escrow + atto(amount));
        let (findings, now) = (Findings { standings: vec![(7, standing)], unlocked }, world.now);
        world.attempt(|state, store| state.refresh(store, now, 1, &findings)).map(|_| ())
    };
    let mut world = ended_early();
    for amount in [3 * (TERM - 1_500) - 1, 0, -5] {
        assert_eq!(refresh(&mut world, Standing::Gone, amount), Err(Error::Escrow));
    }
    let mut world = locked(1);
    world.now = world.replica(7).start_epoch + 1;
    assert_eq!(refresh(&mut world, Standing::Waiting, PRICE - 1), Err(Error::Escrow));
    assert_eq!(refresh(&mut world, Standing::Waiting, PRICE), Ok(()));
}

#[test]
fn where_the_market_was_not_asked_what_surely_came_in_comes_back() {
    let mut world = locked(1);
    let _ = world.close(ANN).unwrap();
    world.now = world.replica(7).start_epoch + 1;
    let work = world.refresh(1, &[(7, Standing::Waiting)]);
    assert_eq!(work.to_escrow, ToEscrow::Withdraw(atto(PRICE)));
    world.check_invariants();
}

/// Bob lets a deal of his own come to its end and settles it before anyone looks. What came in for
/// Ann's, which ended early, could be his for all that the market says.
#[test]
fn what_came_in_for_one_deal_cannot_be_had_for_another() {
    let mut world = World::new();
    world.deposit(BOB, 10 * PRICE);
    let bobs = world.create(BOB, 1, priced).unwrap();
    let dear = |p: &mut DealProposal| p.storage_price_per_epoch = atto(3);
    world.take_with(AD, SP, OWNER, dear).unwrap();
    world.now += TERM / 2;
    world.deposit(ANN, 10 * PRICE);
    let anns = world.create(ANN, 1, priced).unwrap();
    let ad = world.ads(anns)[0];
    world.take_with(ad, SP + 1, OWNER + 1, dear).unwrap();
    let (bobs_deal, anns_deal) = (7, 8);
    world.now = world.perpetual(bobs).replicas[0].end_epoch;
    for (id, deal, cost) in [(bobs, bobs_deal, PRICE), (anns, anns_deal, 0)] {
        let spent = world.perpetual(id).spent;
        let findings = Findings {
            standings: vec![(deal, Standing::Gone)],
            unlocked: Some(&world.state.escrow + atto(PRICE)),
        };
        let work = world.refresh_with(id, &findings);
        assert_eq!(world.perpetual(id).spent - spent, atto(cost) + work.sum.tip, "{id}");
        world.check_invariants();
    }
}

#[test]
fn several_deals_that_are_over_never_get_more_than_came_in() {
    for (came_in, refunds) in [(3 * PRICE, 3 * PRICE), (3 * PRICE + 1, 3 * PRICE)] {
        let mut world = locked(4);
        let _ = world.close(ANN).unwrap();
        world.now = world.replica(7).start_epoch + 1;
        let standings = [7, 8, 9].map(|deal| (deal, Standing::Waiting));
        let free = world.funds(ANN).free;
        let work = world.came_in(&standings, came_in);
        let moved = if refunds > 0 { ToEscrow::Withdraw(atto(refunds)) } else { ToEscrow::Nothing };
        assert_eq!((work.sum.missed, work.to_escrow), (3, moved), "{came_in} came in");
        let bounties_and_tips = 400 + 375 + 350 + 3 * 2;
        assert_eq!(world.funds(ANN).free - free, atto(refunds + bounties_and_tips));
    }
}

#[test]
fn escrow_that_came_in_for_one_perpetual_deal_is_not_taken_for_free_deals_of_another() {
    let mut world = locked(1);
    world.deposit(BOB, 10_000);
    let id = world.create(BOB, 1, |_| {}).unwrap();
    let deal = world.take(world.ads(id)[0], SP + 1, OWNER + 1);
    world.now = world.replica(7).start_epoch + 1;
    let unlocked = Some(&world.state.escrow + atto(PRICE));
    let standings = vec![(deal, Standing::Waiting)];
    let work = world.refresh_with(id, &Findings { standings, unlocked });
    assert_eq!((work.sum.missed, work.to_escrow), (1, ToEscrow::Nothing));
    assert_eq!(world.perpetual(id).escrow, atto(0));
    let _ = world.came_in(&[(7, Standing::Waiting)], PRICE);
    assert_eq!(world.perpetual(1).escrow, atto(PRICE));
}
