use proptest::prelude::*;

use super::*;
use crate::deals::GIB;
use crate::policy::{MAX_DURATION, MIN_DURATION};

/// For two replicas of 1 GiB on the usual terms.
fn params() -> EstimateParams {
    EstimateParams {
        piece_size: PaddedPieceSize(GIB),
        replicas: 2,
        policy: terms(2).policy,
        funds: atto(0),
        epochs: 1,
    }
}

fn estimate(world: &World, change: impl FnOnce(&mut EstimateParams)) -> EstimateReturn {
    let mut params = params();
    change(&mut params);
    world.state.estimate(&params).unwrap()
}

#[test]
fn a_term_costs_the_limit_the_price_and_three_tips_a_replica() {
    let found = estimate(&World::new(), |p| p.policy.max_price_per_epoch = atto(3));
    let term = atto(2 * (1_000 + 3 * TERM + 3 * 2));
    assert_eq!(found.surely, Outlook { term: term.clone(), epochs: 0, funds: term });
}

#[test]
fn what_is_likely_is_sure_before_the_first_deal() {
    let found = estimate(&World::new(), |p| p.funds = atto(5_000));
    assert_eq!(found.likely, found.surely);
}

#[test]
fn what_is_likely_is_the_going_rate_rounded_up_and_no_more_than_the_limit() {
    let mut world = World::new();
    let mut term = |rate, size| {
        world.state.going_rate = Some(atto(rate));
        let found = estimate(&world, |p| {
            p.piece_size = PaddedPieceSize(size);
            p.policy.max_bounty = atto(2 * TERM);
        });
        assert_eq!(found.surely.term, atto(2 * (2 * TERM + 6)));
        found.likely.term
    };
    assert_eq!(term(1, GIB), atto(2 * (TERM + 6)));
    assert_eq!(term(2, GIB), atto(2 * (2 * TERM + 6)));
    assert_eq!(term(3, GIB), atto(2 * (2 * TERM + 6)));
    // 576,000 epochs of 2 KiB are 1.1 of a GiB and an epoch.
    assert_eq!(term(1, 2_048), atto(2 * (2 + 6)));
    assert_eq!(term(0, GIB), atto(2 * 6));
}

#[test]
fn terms_are_paid_one_at_a_time() {
    let term = 2 * 1_006;
    let lasting = |funds| estimate(&World::new(), |p| p.funds = atto(funds)).surely.epochs;
    assert_eq!([0, term - 1, term, 2 * term - 1].map(lasting), [0, 0, TERM, TERM]);
    assert_eq!(lasting(2 * term), 2 * TERM);
    let funds = |epochs| estimate(&World::new(), |p| p.epochs = epochs).surely.funds;
    assert_eq!([1, TERM, TERM + 1].map(funds), [term, term, 2 * term].map(atto));
}

#[test]
fn what_costs_nothing_lasts_for_ever_and_so_does_what_outlasts_all_epochs() {
    let mut world = World::with(|rules| rules.tip = atto(0));
    world.state.going_rate = Some(atto(0));
    let found = estimate(&world, |_| {});
    assert_eq!(found.likely, Outlook { term: atto(0), epochs: ChainEpoch::MAX, funds: atto(0) });
    assert_eq!(found.surely.epochs, 0);
    let rich = estimate(&world, |p| p.funds = TokenAmount::from_whole(i64::MAX));
    assert_eq!(rich.surely.epochs, ChainEpoch::MAX);
}

#[test]
fn what_cannot_be_kept_is_not_estimated() {
    let refused = |change: &dyn Fn(&mut EstimateParams)| {
        let mut params = params();
        change(&mut params);
        World::new().state.estimate(&params).err().map(|error| error.exit_code().value())
    };
    assert_eq!(refused(&|_| {}), None);
    assert_eq!(refused(&|p| p.piece_size = PaddedPieceSize(129)), Some(34));
    assert_eq!(refused(&|p| p.policy.duration = 0), Some(32));
    assert_eq!(refused(&|p| p.replicas = 0), Some(36));
    assert_eq!(refused(&|p| p.replicas = 16), None);
    assert_eq!(refused(&|p| p.replicas = 17), Some(36));
    assert_eq!(refused(&|p| p.epochs = 0), Some(32));
    assert_eq!(refused(&|p| p.epochs = 365_000 * DAY), None);
    assert_eq!(refused(&|p| p.epochs = 365_000 * DAY + 1), Some(32));
    assert_eq!(refused(&|p| p.funds = atto(-1)), Some(32));
}

#[test]
fn a_piece_of_any_size_can_be_estimated_at_the_highest_amounts() {
    let most = TokenAmount::from_atto(u128::MAX);
    let mut world = World::with(|rules| rules.tip = most.clone());
    world.state.going_rate = Some(most.clone());
    let found = estimate(&world, |p| {
        p.piece_size = PaddedPieceSize(64 << 30);
        p.replicas = 16;
        p.policy.duration = MAX_DURATION - WINDOW;
        (p.policy.max_bounty, p.policy.max_price_per_epoch) = (most.clone(), most.clone());
        (p.epochs, p.funds) = (365_000 * DAY, most.clone());
    });
    assert_eq!((found.likely.clone(), found.surely.epochs), (found.surely, 0));
}

proptest! {
    #[test]
    fn the_funds_for_some_epochs_last_for_them_and_one_atto_less_does_not(
        replicas in 1..=16_u32,
        bounty in 1..1_000_000_i64,
        price in 0..1_000_i64,
        tip in 0..1_000_i64,
        duration in MIN_DURATION..=MAX_DURATION - WINDOW,
        epochs in 1..=365_000 * DAY,
    ) {
        let world = World::with(|rules| rules.tip = atto(tip));
        let outlook = |funds: TokenAmount| {
            let found = estimate(&world, |p| {
                (p.replicas, p.funds, p.epochs) = (replicas, funds, epochs);
                p.policy.max_bounty = atto(bounty);
                p.policy.max_price_per_epoch = atto(price);
                p.policy.duration = duration;
            });
            found.surely
        };
        let funds = outlook(atto(0)).funds;
        prop_assert!(outlook(funds.clone()).epochs >= epochs);
        prop_assert!(outlook(funds - atto(1)).epochs < epochs);
    }

    #[test]
    fn a_term_is_what_creation_commits_and_a_tip_for_the_next_ad_of_each_replica(
        replicas in 1..=16_u32,
        bounty in 1..1_000_000_i64,
        price in 0..1_000_i64,
        tip in 0..1_000_i64,
    ) {
        let mut world = World::with(|rules| rules.tip = atto(tip)).funded(1_000_000_000_000);
        let surely = estimate(&world, |p| {
            p.replicas = replicas;
            p.policy.max_bounty = atto(bounty);
            p.policy.max_price_per_epoch = atto(price);
        }).surely;
        world.create(ANN, replicas, |terms| {
            terms.policy.max_bounty = atto(bounty);
            terms.policy.max_price_per_epoch = atto(price);
        }).unwrap();
        let tips = atto(tip) * replicas;
        prop_assert_eq!(surely.term, world.funds(ANN).committed + tips);
    }
}
