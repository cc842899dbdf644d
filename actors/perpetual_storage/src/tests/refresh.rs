use super::*;
use crate::ads::ADS_PER_DEAL;
use crate::refresh::News;
use proptest::prelude::*;
use shared::deal::Fate;

const AD: AdId = ADS_PER_DEAL + 1;
/// Start of deal 7, published at epoch 1,000.
const START: ChainEpoch = 1_000 + DAY;
const END: ChainEpoch = START + TERM;

impl World {
    /// What the market says of deal 7 at an epoch, and what came of it.
    fn at(&mut self, now: ChainEpoch, standing: Standing) -> Work {
        self.now = now;
        let work = self.refresh(1, &[(7, standing)]);
        self.check_invariants();
        work
    }

    /// The same; what became of the deal, what its provider is paid, and the tip.
    fn came(&mut self, now: ChainEpoch, standing: Standing) -> (Option<Fate>, i64, i64) {
        let Work { sum, news, .. } = self.at(now, standing);
        let amount = |amount: &TokenAmount| i64::try_from(amount.atto()).unwrap();
        (news.first().map(|item| item.fate), amount(&sum.paid), amount(&sum.tip))
    }
}

/// Deal 7, for 400 attoFIL, 80 of them once it is active, of a perpetual deal that is closed.
fn with_deal() -> World {
    let mut world = World::new().keeping(1).taken(1);
    let _ = world.close(ANN).unwrap();
    world
}

#[test]
fn a_deal_earns_from_its_activation_to_its_end() {
    let mut world = with_deal();
    let active = Standing::Active(START);
    assert_eq!(world.came(START, Standing::Waiting), (None, 0, 0));
    assert_eq!(world.came(START, active), (Some(Fate::Activated), 80, 2));
    assert_eq!(world.came(START, active), (None, 0, 0));
    // An attoFIL each 1,800 epochs.
    assert_eq!(world.came(START + 1_799, active), (None, 0, 0));
    assert_eq!(world.came(START + 1_800, active), (Some(Fate::Kept), 1, 0));
    assert_eq!(world.replica(7).active, Some(Activity { since: START, seen: START + 1_800 }));
    assert_eq!(world.came(START + TERM / 2, active), (Some(Fate::Kept), 159, 0));
    assert_eq!(world.came(END - 1, active), (Some(Fate::Kept), 159, 0));
    assert_eq!(world.came(END, active), (Some(Fate::Completed), 1, 2));
    assert_eq!(world.state.find(&world.store, 1).unwrap(), None);
    assert_eq!(world.funds(ANN).spent, atto(404));
    assert_eq!(world.came(END + 1, Standing::Gone), (None, 0, 0));
}

#[test]
fn a_deal_that_is_active_before_its_start_earns_from_then_on() {
    let mut world = with_deal();
    let (since, all) = (2_000, END - 2_000);
    let (_, paid, _) = world.came(since + all / 4, Standing::Active(since));
    assert_eq!(paid, 80 + 320 / 4);
}

#[test]
fn a_deal_that_is_not_proven_by_its_start_earns_nothing() {
    let mut world = with_deal();
    assert_eq!(world.came(START, Standing::Waiting).0, None, "its sector may still be proven");
    let free = world.funds(ANN).free;
    assert_eq!(world.came(START + 1, Standing::Waiting), (Some(Fate::Missed), 0, 2));
    assert_eq!(
        world.funds(ANN).free - free,
        atto(400 + 2),
        "bounty and the tip for the first look"
    );
    assert_eq!((world.funds(ANN).committed, world.funds(ANN).spent), (atto(0), atto(2)));
}

#[test]
fn a_deal_that_the_market_forgot_before_it_was_seen_active_was_missed() {
    let mut world = with_deal();
    assert_eq!(world.came(END - 1, Standing::Gone), (Some(Fate::Missed), 0, 2));
}

#[test]
fn a_terminated_deal_keeps_what_it_earned_and_gets_no_more() {
    let mut world = with_deal();
    assert_eq!(world.came(START + TERM / 2, Standing::Active(START)).1, 80 + 160);
    let free = world.funds(ANN).free;
    assert_eq!(world.came(END - 1, Standing::Gone), (Some(Fate::Terminated), 0, 2));
    assert_eq!(world.funds(ANN).free - free, atto(160));
    assert_eq!(world.funds(ANN).spent, atto(240 + 4));
}

#[test]
fn a_deal_settled_after_its_end_earns_up_to_when_it_was_last_seen() {
    let mut world = with_deal();
    assert_eq!(world.came(START + TERM / 2, Standing::Active(START)).1, 80 + 160);
    assert_eq!(world.came(END, Standing::Gone), (Some(Fate::Unseen), 0, 2));
    assert_eq!(world.funds(ANN).spent, atto(240 + 4));
    let mut never_seen = with_deal();
    assert_eq!(never_seen.came(END, Standing::Gone), (Some(Fate::Unseen), 0, 2));
    assert_eq!(never_seen.funds(ANN).spent, atto(2));
}

/// Anyone can settle a deal in the market at its end, before its provider has it refreshed.
#[test]
fn a_deal_seen_active_on_its_last_day_has_come_to_its_end_whoever_settles_it() {
    for (seen, fate, earned) in [
        (END - DAY, Fate::Completed, 400),
        (END - 1, Fate::Completed, 400),
        (END - DAY - 1, Fate::Unseen, 398),
    ] {
        let mut world = with_deal();
        let (_, paid, _) = world.came(seen, Standing::Active(START));
        let (last, rest, tip) = world.came(END + 7 * DAY, Standing::Gone);
        assert_eq!((last, paid + rest, tip), (Some(fate), earned, 2), "seen at {seen}");
    }
    // One that has been paid all is seen on its last day all the same.
    let all = |terms: &mut Terms| terms.policy.publish_share = 10_000;
    let mut world = World::new().keeping_with(1, all).taken(1);
    let _ = world.close(ANN).unwrap();
    assert_eq!(world.came(START, Standing::Active(START)).1, 400);
    assert_eq!(world.came(END - 1, Standing::Active(START)), (Some(Fate::Kept), 0, 0));
    assert_eq!(world.came(END, Standing::Gone).0, Some(Fate::Completed));
}

#[test]
fn a_deal_first_seen_after_its_end_earns_everything() {
    let mut world = with_deal();
    assert_eq!(world.came(END + DAY, Standing::Active(START)), (Some(Fate::Completed), 400, 4));
}

#[test]
fn a_deal_paid_for_its_publish_is_not_paid_for_it_again() {
    let mut world = World::new().keeping_with(1, |terms| terms.policy.locked = false).taken(1);
    let _ = world.close(ANN).unwrap();
    assert_eq!(world.came(START, Standing::Active(START)), (Some(Fate::Activated), 0, 2));
    assert_eq!(world.came(START + 1_800, Standing::Active(START)).1, 1);
    assert_eq!(world.came(END, Standing::Active(START)).1, 319);
    assert_eq!(world.funds(ANN).spent, atto(404));
}

#[test]
fn a_deal_that_missed_keeps_what_it_was_paid_for_its_publish_and_no_more() {
    let mut world = World::new().keeping_with(1, |terms| terms.policy.locked = false).taken(1);
    let _ = world.close(ANN).unwrap();
    let free = world.funds(ANN).free;
    assert_eq!(world.came(START + 1, Standing::Waiting), (Some(Fate::Missed), 0, 2));
    assert_eq!(world.funds(ANN).free - free, atto(320 + 2));
    assert_eq!(world.funds(ANN).spent, atto(82));
}

#[test]
fn a_renewal_earns_its_publish_share_when_it_is_proven_and_the_rest_from_what_it_renews_on() {
    let mut world = World::new().renewing();
    world.now += 100;
    world.take(AD + 1, SP, OWNER);
    let Replica { start_epoch, end_epoch, bounty, .. } = world.replica(8);
    assert_eq!((bounty, end_epoch), (atto(1_000), END + TERM));
    let look = |world: &mut World, now: ChainEpoch, head: Standing| {
        world.now = now;
        let news = world.refresh(1, &[(7, head), (8, Standing::Active(start_epoch))]).news;
        world.check_invariants();
        let of_8 = |item: News| (item.replica.deal == 8).then_some((item.fate, item.earned));
        news.into_iter().find_map(of_8)
    };
    let head = Standing::Active(START);
    assert_eq!(look(&mut world, start_epoch, head), Some((Fate::Activated, atto(200))));
    assert_eq!(look(&mut world, END - 1, head), None, "its predecessor is paid for these epochs");
    assert_eq!(look(&mut world, END, head), None);
    assert_eq!(world.replica(8).renews, None);
    // 800 attoFIL over 200 days: one each 720 epochs.
    assert_eq!(look(&mut world, END + 719, Standing::Gone), None);
    assert_eq!(look(&mut world, END + 720, Standing::Gone), Some((Fate::Kept, atto(1))));
    let rest = look(&mut world, END + TERM, Standing::Gone);
    assert_eq!(rest, Some((Fate::Completed, atto(799))));
}

#[test]
fn a_renewal_stands_for_the_replica_when_what_it_renews_ends_early_and_earns_no_sooner() {
    let mut world = World::new().renewing();
    world.take(AD + 1, SP, OWNER);
    let since = world.replica(8).start_epoch;
    world.now = since;
    let sum = world.refresh(1, &[(7, Standing::Gone), (8, Standing::Active(since))]).sum;
    assert_eq!((sum.terminated, sum.activated, sum.opened), (1, 1, 0));
    assert_eq!((world.replica(8).renews, world.replica(8).from), (None, END));
    world.now = END;
    let sum = world.refresh(1, &[(8, Standing::Active(since))]).sum;
    assert_eq!(sum, Refreshed::default());
    world.check_invariants();
}

#[test]
fn a_renewal_that_fails_is_offered_again_and_leaves_what_it_renews_alone() {
    let mut world = World::new().renewing();
    world.take(AD + 1, SP + 1, OWNER + 1);
    world.now = world.replica(8).start_epoch + 1;
    let head = (7, Standing::Active(START));
    let sum = world.refresh(1, &[head, (8, Standing::Waiting)]).sum;
    assert_eq!((sum.missed, sum.opened, sum.tip), (1, 1, atto(4)));
    assert_eq!(world.info(AD + 2).ad.renews, Some(7));
    assert_eq!(world.replica(7).end_epoch, END);
    world.check_invariants();
}

#[test]
fn an_ad_that_renewed_what_ended_early_is_closed_where_enough_is_kept_without_it() {
    let mut world = World::new().keeping(2).taken(2).funded(1_000_000);
    let active = |deal| (deal, Standing::Active(START));
    world.now = END - WINDOW;
    let message = world.by(ANN);
    let params = ChangePerpetualDealParams { id: 1, terms: terms(1) };
    let _ = world.attempt(|state, store| state.change(store, &message, params)).unwrap();
    let [renewal] = world.ads(1)[..] else { panic!("one of the two is renewed") };
    assert_eq!(world.info(renewal).ad.renews, Some(7));
    let sum = world.refresh(1, &[(7, Standing::Gone), active(8)]).sum;
    assert_eq!((sum.missed, sum.opened), (1, 1));
    let [renewal] = world.ads(1)[..] else { panic!("the other is renewed instead") };
    assert_eq!(world.info(renewal).ad.renews, Some(8));
    world.check_invariants();
}

#[test]
fn each_step_has_a_tip_and_a_deal_costs_three_of_them_at_the_most() {
    // Seen, over, and an ad in its place.
    let mut world = World::new().keeping(1).taken(1);
    assert_eq!(world.came(START, Standing::Active(START)).2, 2);
    let work = world.at(START + 1, Standing::Gone);
    assert_eq!((work.sum.tip, work.sum.opened), (atto(4), 1));
    // Over without having been seen, and an ad in its place.
    let mut world = World::new().keeping(1).taken(1);
    assert_eq!(world.at(START + 1, Standing::Waiting).sum.tip, atto(4));
    // Seen, an ad for its renewal, and over: none is opened then, as there is one.
    let mut world = World::new().keeping(1).taken(1).funded(10_000);
    assert_eq!(world.came(START, Standing::Active(START)).2, 2);
    assert_eq!(world.at(END - WINDOW, Standing::Active(START)).sum.tip, atto(2));
    let work = world.at(END, Standing::Active(START));
    assert_eq!((work.sum.tip, work.sum.opened), (atto(2), 0));
    // All of it at once.
    let mut world = World::new().keeping(1).taken(1).funded(10_000);
    assert_eq!(world.at(END, Standing::Active(START)).sum.tip, atto(6));
}

#[test]
fn a_perpetual_deal_that_expires_is_closed_for_a_tip_if_it_has_one() {
    let expiry = 1_000 + 180 * DAY;
    let expiring = |terms: &mut Terms| terms.expiry = Some(expiry);
    let mut world = World::new().keeping_with(1, expiring);
    world.now = expiry - 1;
    assert_eq!(world.refresh(1, &[]).sum, Refreshed::default());
    let reserve = world.state.booked.clone();
    world.now = expiry;
    let sum = world.refresh(1, &[]).sum;
    assert_eq!(sum, Refreshed { expired: true, tip: atto(2), ..Refreshed::default() });
    assert_eq!(world.funds(ANN).free, reserve - atto(2));
    assert_eq!(world.state.find(&world.store, 1).unwrap(), None);
    world.check_invariants();
    // Nothing is left but what a running deal has been promised.
    let mut poor = World::new().keeping_with(1, |terms| {
        expiring(terms);
        terms.policy.publish_share = 0;
    });
    poor.now += 100;
    poor.take(AD, SP, OWNER);
    poor.now = expiry;
    let sum = poor.refresh(1, &[]).sum;
    assert_eq!(sum, Refreshed { expired: true, ..Refreshed::default() });
    assert!(poor.perpetual(1).closed);
    assert_eq!(poor.refresh(1, &[]).sum, Refreshed::default());
    poor.check_invariants();
}

#[test]
fn a_tip_for_the_expiry_is_paid_from_the_purse_or_else_by_the_uploader() {
    let expiry = 1_000 + 180 * DAY;
    for (purse, free, tip) in [(2, 0, 2), (1, 1, 2), (0, 2, 2), (1, 0, 0)] {
        let mut world = World::new().keeping_with(1, |terms| terms.expiry = Some(expiry));
        world.now += 100;
        world.take(AD, SP, OWNER);
        assert_eq!(world.perpetual(1).purse, atto(0));
        for (to, amount) in [(None, purse), (Some(ANN), free)] {
            let message = world.paying(BOB, amount);
            let paid = world.attempt(|state, store| match to {
                Some(account) => state.deposit(store, &message, account),
                None => state.top_up(store, &message, 1),
            });
            assert_eq!(paid.is_ok(), amount > 0);
        }
        world.now = expiry;
        assert_eq!(world.refresh(1, &[]).sum.tip, atto(tip), "{purse} and {free}");
        world.check_invariants();
    }
}

#[test]
fn a_closed_perpetual_deal_opens_no_ads() {
    let mut world = World::new().keeping(1).taken(1).funded(10_000);
    let _ = world.close(ANN).unwrap();
    let sum = world.at(START + 1, Standing::Waiting).sum;
    assert_eq!((sum.missed, sum.opened, sum.tip), (1, 0, atto(2)));
    assert_eq!(world.state.find(&world.store, 1).unwrap(), None);
}

#[test]
fn what_was_not_asked_about_stays_as_it_is() {
    let mut world = World::new().keeping(1).taken(1);
    world.now = END - WINDOW - 1;
    let before = world.state.clone();
    let nothing = world.refresh(1, &[(8, Standing::Gone)]);
    assert_eq!((nothing.sum, nothing.news), (Refreshed::default(), vec![]));
    assert_eq!(world.refresh(9, &[(7, Standing::Gone)]).sum, Refreshed::default());
    assert_eq!(world.state, before);
}

#[test]
fn a_refresh_that_has_something_to_do_takes_recent_deals_from_the_list() {
    let mut world = World::new().keeping(2).taken(2);
    world.now = START;
    assert_eq!(world.state.recent.len(), 2);
    let _ = world.refresh(1, &[(7, Standing::Active(START))]);
    assert_eq!((world.state.recent.len(), world.perpetual(1).replicas.len()), (0, 2));
    world.check_invariants();
}

#[test]
fn a_refresh_sums_up_its_news() {
    let mut world = World::new().keeping(5).taken(5).funded(100_000);
    world.now = END - 2 * DAY;
    let active = Standing::Active(START);
    let sum = world.refresh(1, &[(7, active), (8, active), (9, active)]).sum;
    let (activated, opened) = (3, 5);
    let paid = world.funds(ANN).spent - atto(2 * 8);
    let tip = atto(2 * 8);
    assert_eq!(sum, Refreshed { activated, opened, paid, tip, ..Refreshed::default() });
    let sum = world.refresh(1, &[(7, Standing::Gone), (10, Standing::Waiting)]).sum;
    assert_eq!((sum.terminated, sum.missed, sum.tip), (1, 1, atto(4)));
    world.now = END;
    let sum = world.refresh(1, &[(8, active), (9, Standing::Gone), (11, Standing::Gone)]).sum;
    assert_eq!((sum.completed, sum.unseen, sum.tip), (1, 2, atto(6)));
    world.check_invariants();
}

/// Unlocked publish shares, a new miner and a new owner each time, who is the keeper as well.
#[test]
fn publishing_and_missing_over_and_over_gains_nothing() {
    let mut world = World::new().keeping_with(1, |terms| terms.policy.locked = false);
    world.deposit(ANN, 100_000);
    let mut gained = atto(0);
    for round in 0..20 {
        let [ad] = world.ads(1)[..] else { panic!() };
        world.now += 100;
        let proposal = world.proposal(ad);
        gained += world.publish(&proposal, SP + round, OWNER + round).unwrap();
        gained -= &proposal.provider_collateral;
        world.now = proposal.start_epoch + 1;
        let Work { sum, news, .. } = world.refresh(1, &[(world.last_deal, Standing::Waiting)]);
        assert_eq!((news.len(), sum.missed, &sum.paid), (1, 1, &atto(0)));
        gained += sum.tip;
        assert!(gained.is_negative(), "round {round}: {gained}");
    }
    world.check_invariants();
}

proptest! {
    #[test]
    fn what_a_deal_earned_does_not_depend_on_when_it_was_looked_at(
        bounty in 0..1_000_000_i64,
        on_publish in 0..=1_000_000_i64,
        since in 0..200_i64,
        from in 0..200_i64,
        mut looks in prop::collection::vec(0..600_i64, 1..10),
    ) {
        looks.sort_unstable();
        let on_publish = on_publish.min(bounty);
        let mut replica = World::new().keeping(1).taken(1).replica(7);
        replica.bounty = atto(bounty);
        replica.on_publish = atto(on_publish);
        (replica.start_epoch, replica.end_epoch, replica.from) = (200, 500, from);
        let (begin, mut last) = (since.max(from), atto(0));
        for look in looks {
            let elapsed = (look - begin).clamp(0, 500 - begin);
            let expected = atto(on_publish + (bounty - on_publish) * elapsed / (500 - begin));
            let earned = replica.earned_down(since, look).unwrap();
            prop_assert_eq!(&earned, &expected);
            prop_assert!(earned >= last && earned <= atto(bounty));
            last = earned;
        }
    }
}
