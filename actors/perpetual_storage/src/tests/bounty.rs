use fvm_shared::bigint::BigInt;
use proptest::prelude::*;

use super::ads::{NOW, keeping, replica};
use super::*;

fn ad(limit: i64, opened: ChainEpoch, renews: Option<DealID>) -> Ad {
    let max_price_per_epoch = atto(0);
    Ad { id: 1, opened, duration: TERM, limit: atto(limit), max_price_per_epoch, renews }
}

impl Perpetual {
    /// The bounty of an ad of 10,000 attoFIL, opened then: in basis points.
    fn points(&self, opened: ChainEpoch, renews: Option<DealID>, wanted: u32) -> TokenAmount {
        self.bounty_down(&ad(10_000, opened, renews), wanted, &rules(), NOW).unwrap()
    }
}

#[test]
fn a_bounty_has_its_floor_always() {
    let perpetual = keeping(&[NOW + WINDOW]);
    assert_eq!(perpetual.points(NOW, Some(1), 1), atto(2_000));
    let later = keeping(&[NOW + WINDOW + 1]);
    assert_eq!(later.points(NOW, Some(1), 1), atto(2_000));
}

#[test]
fn a_bounty_is_higher_the_more_replicas_are_missing() {
    let points = |heads: usize| keeping(&vec![NOW + WINDOW; heads]).points(NOW, Some(1), 3);
    // None is missing; one of three is; two are.
    assert_eq!([4, 3, 2, 1].map(points), [2_000, 2_000, 2_333, 2_666].map(atto));
    // All are, and the ad is as urgent as can be.
    assert_eq!(keeping(&[]).points(NOW, None, 3), atto(4_000));
    // What renews another is no further replica.
    let mut perpetual = keeping(&[NOW + WINDOW]);
    perpetual.replicas.push(replica(2, NOW + WINDOW, Some(1)));
    assert_eq!(perpetual.points(NOW, Some(1), 2), atto(2_500));
}

#[test]
fn a_bounty_is_higher_the_sooner_the_replica_ends() {
    let points = |left| keeping(&[NOW + left]).points(NOW, Some(1), 1);
    assert_eq!(points(WINDOW), atto(2_000));
    assert_eq!(points(WINDOW - WINDOW / 1_000), atto(2_000));
    assert_eq!(points(WINDOW - WINDOW / 1_000 - 1), atto(2_001));
    assert_eq!(points(WINDOW / 2), atto(2_500));
    assert_eq!([0, -1, -NOW].map(points), [3_000; 3].map(atto));
    // Nothing is there that could end.
    assert_eq!(keeping(&[NOW + WINDOW]).points(NOW, None, 1), atto(3_000));
    assert_eq!(keeping(&[NOW + WINDOW]).points(NOW, Some(9), 1), atto(3_000));
}

#[test]
fn a_bounty_rises_evenly_while_nobody_takes_it() {
    let points = |age| keeping(&[NOW + WINDOW]).points(NOW - age, Some(1), 1);
    assert_eq!([0, 1, 50, 99].map(points), [2_000, 2_080, 6_000, 9_920].map(atto));
    assert_eq!([100, 101].map(points), [10_000; 2].map(atto));
    // Of an epoch that is not yet.
    assert_eq!(points(-1), atto(2_000));
}

#[test]
fn a_bounty_is_never_more_than_its_limit() {
    let points = |age| keeping(&[]).points(NOW - age, None, 1);
    assert_eq!([74, 75, 76, 100].map(points), [9_920, 10_000, 10_000, 10_000].map(atto));
}

#[test]
fn a_bounty_is_rounded_down() {
    let bounty = |limit| keeping(&[]).bounty_down(&ad(limit, NOW, None), 1, &rules(), NOW).unwrap();
    assert_eq!([999, 2, 3].map(bounty), [399, 0, 1].map(atto));
}

fn bounty_rules() -> impl Strategy<Value = BountyRule> {
    let parts = (0..=10_000_u32, 0..=10_000_u32, 0..=10_000_u32, 0..=10_000_u32);
    (parts, 1..=120 * DAY).prop_map(|((floor, scarcity, urgency, more), auction_period)| {
        let auction = (10_000 - floor).max(more);
        BountyRule { floor, scarcity, urgency, auction, auction_period }
    })
}

proptest! {
    #[test]
    fn a_bounty_never_falls_with_time_and_comes_to_its_limit_and_no_further(
        bounty in bounty_rules(),
        renewal_window in 1..=120 * DAY,
        limit in 0..=u128::MAX,
        ends in prop::collection::vec(0..200 * DAY, 0..=16),
        wanted in 1..=16_u32,
        renews in prop::option::of(1..=16_u64),
        opened in 0..100 * DAY,
        mut times in prop::collection::vec(0..400 * DAY, 2..20),
    ) {
        let mut rules = rules();
        (rules.bounty, rules.renewal_window) = (bounty, renewal_window);
        prop_assert!(crate::policy::check_rules(&rules).is_ok());
        let (perpetual, mut ad) = (keeping(&ends), ad(0, opened, renews));
        ad.limit = TokenAmount::from_atto(limit);
        times.sort_unstable();
        let now = |now| perpetual.bounty_down(&ad, wanted, &rules, now).unwrap();
        let mut last = atto(0);
        for at in times {
            let bounty = now(at);
            prop_assert!(last <= bounty && bounty <= ad.limit);
            // The floor, rounded down.
            let floor = BigInt::from(limit) * rules.bounty.floor;
            prop_assert!(bounty.atto() * 10_000 > floor - 10_000);
            last = bounty;
        }
        prop_assert_eq!(&now(opened + rules.bounty.auction_period), &ad.limit);
    }
}
