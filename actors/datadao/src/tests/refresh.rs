use super::*;
use proptest::prelude::*;
use shared::deal::Fate;

/// A world with one deal, number 7, that starts at 1,050 and ends at 1,150, for 100 attoDATA.
fn with_deal() -> World {
    let mut world = World::new().listing(1, 1);
    let proposal = DealProposal { end_epoch: 1_150, ..world.proposal(0) };
    let _ = world.record(&proposal, 7, SP, OWNER).unwrap();
    world
}

impl World {
    /// What the market says of deal 7 at an epoch, and what came of it.
    fn at(&mut self, now: ChainEpoch, standing: Standing) -> Option<Fate> {
        self.now = now;
        let news = self.refresh(1, &[(7, standing)]).unwrap();
        self.check_invariants();
        news.first().map(|news| news.fate)
    }

    fn slots_filled(&self) -> usize {
        self.state.slots(&self.store, 1).unwrap().replicas.len()
    }

    fn earned(&self) -> TokenAmount {
        self.owed(OWNER).data
    }
}

#[test]
fn a_deal_earns_from_its_activation_to_its_end_and_then_frees_its_slot() {
    let mut world = with_deal();
    assert_eq!(world.at(1_040, Standing::Waiting), None);
    assert_eq!(world.earned(), atto(0));
    // Active since 1,030: half of 100 was due on publish, half vests over 120 epochs.
    assert_eq!(world.at(1_042, Standing::Active(1_030)), Some(Fate::Activated));
    assert_eq!(world.earned(), atto(50 + 5));
    assert_eq!(world.at(1_042, Standing::Active(1_030)), None);
    assert_eq!(world.at(1_090, Standing::Active(1_030)), Some(Fate::Kept));
    assert_eq!(world.earned(), atto(50 + 25));
    assert_eq!(world.slots_filled(), 1);
    assert_eq!(world.at(1_150, Standing::Active(1_030)), Some(Fate::Completed));
    assert_eq!((world.earned(), world.slots_filled()), (atto(100), 0));
    assert_eq!(world.state.promised, atto(0));
    assert_eq!(world.at(1_160, Standing::Gone), None);
    assert_eq!(world.earned(), atto(100));
}

#[test]
fn a_missed_start_frees_the_slot_earns_nothing_and_bars_provider_and_owner_for_a_while() {
    let mut world = with_deal();
    assert_eq!(world.at(1_050, Standing::Waiting), None, "a sector may be proven at the start");
    assert_eq!(world.at(1_051, Standing::Waiting), Some(Fate::Missed));
    assert_eq!((world.earned(), world.slots_filled()), (atto(0), 0));
    assert_eq!(world.state.promised, atto(0));
    let owner_s_other = world.record(&world.proposal(0), 8, SP + 1, OWNER);
    assert_eq!(owner_s_other, Err(Error::Barred(OWNER, 1_071)));
    assert_eq!(world.ask(&world.proposal(0), SP), Err(Error::Barred(SP, 1_071)));
    let under_another_owner = world.record(&world.proposal(0), 8, SP, OWNER + 1);
    assert_eq!(under_another_owner, Err(Error::Barred(SP, 1_071)));
    world.now = 1_071;
    let _ = world.record(&world.proposal(0), 8, SP, OWNER).unwrap();
}

#[test]
fn a_deal_that_the_market_forgot_before_it_was_seen_active_was_missed() {
    let mut world = with_deal();
    assert_eq!(world.at(1_100, Standing::Gone), Some(Fate::Missed));
    assert_eq!((world.earned(), world.slots_filled()), (atto(0), 0));
}

#[test]
fn a_terminated_deal_keeps_what_it_earned_and_gets_no_more() {
    let mut world = with_deal();
    world.at(1_090, Standing::Active(1_030));
    assert_eq!(world.at(1_120, Standing::Gone), Some(Fate::Terminated));
    assert_eq!((world.earned(), world.slots_filled()), (atto(75), 0));
    assert_eq!(world.state.promised, atto(0));
    assert_eq!(world.state.minted, atto(75));
    let _ = world.record(&world.proposal(0), 8, SP + 1, OWNER + 1).unwrap();
}

/// Publish, prove, be paid for the publish, terminate, publish again.
#[test]
fn a_provider_that_was_paid_and_failed_is_not_paid_again_until_its_deal_would_have_ended() {
    let mut world = with_deal();
    world.at(1_040, Standing::Active(1_040));
    assert_eq!(world.at(1_041, Standing::Gone), Some(Fate::Terminated));
    let _ = world.list(1, 1).unwrap();
    assert_eq!(world.ask(&world.proposal(1), SP), Err(Error::Barred(SP, 1_061)));
    world.now = 1_149;
    assert_eq!(world.ask(&world.proposal(1), SP), Ok(()));
    assert_eq!(world.ask(&world.proposal(0), SP), Err(Error::SameProvider(SP)));
    world.now = 1_150;
    let _ = world.record(&world.proposal(0), 8, SP, OWNER).unwrap();
}

#[test]
fn those_who_were_paid_and_failed_count_as_replicas_of_their_owner() {
    let mut world = World::with(|c| {
        c.rules.policy.max_replicas_per_owner = 1;
        c.rules.rewards.cooldown = 0;
    })
    .listing(1, 1);
    let proposal = DealProposal { end_epoch: 1_150, ..world.proposal(0) };
    let _ = world.record(&proposal, 7, SP, OWNER).unwrap();
    world.at(1_040, Standing::Active(1_040));
    world.at(1_041, Standing::Gone);
    let again = world.record(&world.proposal(0), 8, SP + 1, OWNER);
    assert_eq!(again, Err(Error::OwnerReplicas(OWNER, 1)));
    let _ = world.record(&world.proposal(0), 8, SP + 1, OWNER + 1).unwrap();
}

#[test]
fn a_deal_settled_in_the_market_after_its_end_earns_up_to_when_it_was_last_seen() {
    let mut world = with_deal();
    world.at(1_090, Standing::Active(1_030));
    assert_eq!(world.at(1_200, Standing::Gone), Some(Fate::Unseen));
    assert_eq!((world.earned(), world.state.promised.clone()), (atto(75), atto(0)));
    let _ = world.record(&world.proposal(0), 8, SP, OWNER).unwrap();
}

#[test]
fn a_deal_that_nobody_looked_at_until_it_was_over_is_neither_paid_nor_punished() {
    let mut world = with_deal();
    assert_eq!(world.at(1_200, Standing::Gone), Some(Fate::Unseen));
    assert_eq!(world.earned(), atto(0));
    let _ = world.record(&world.proposal(0), 8, SP, OWNER).unwrap();
}

#[test]
fn a_deal_first_seen_after_its_end_earns_everything() {
    let mut world = with_deal();
    assert_eq!(world.at(1_500, Standing::Active(1_050)), Some(Fate::Completed));
    assert_eq!(world.earned(), atto(100));
}

#[test]
fn publishing_and_missing_over_and_over_gains_nothing() {
    let mut world = World::new().listing(1, 1);
    for round in 0..20_u64 {
        // A new miner each time, of the same owner, and then of another one.
        let (deal, sp, owner) = (round, SP + round, OWNER + round % 2);
        let _ = world.record(&world.proposal(0), deal, sp, owner).unwrap();
        world.now += 51;
        let news = world.refresh(1, &[(deal, Standing::Waiting)]).unwrap();
        assert_eq!(news[0].fate, Fate::Missed);
        assert_eq!(world.owed(owner), Cash::default());
        let next = world.record(&world.proposal(0), deal + 100, sp + 1, owner);
        assert_eq!(next, Err(Error::Barred(owner, world.now + 20)));
    }
    assert_eq!((world.state.minted.clone(), world.state.promised.clone()), (atto(0), atto(0)));
    world.check_invariants();
}

#[test]
fn a_reward_is_for_the_payee_whoever_owns_the_provider() {
    let mut world = World::new().listing(1, 1);
    let (config, facts) = (config(), world.facts(SP));
    let proposal = world.proposal(0);
    let behind = Principals { owner: OWNER, payee: BOB };
    let _ = world
        .attempt(|state, store| state.record_deal(store, &config, &proposal, &facts, 7, behind))
        .unwrap();
    world.now = 1_060;
    world.refresh(1, &[(7, Standing::Active(1_050))]).unwrap();
    assert_eq!((world.owed(BOB).data, world.owed(OWNER).data), (atto(100), atto(0)));
}

#[test]
fn a_deal_that_was_not_asked_about_stays_as_it_is() {
    let mut world = with_deal();
    let before = world.state.clone();
    assert_eq!(world.refresh(1, &[(8, Standing::Gone)]).unwrap(), []);
    assert_eq!(world.refresh(9, &[(7, Standing::Gone)]).unwrap(), []);
    assert_eq!(world.state, before);
}

#[test]
fn refreshed_sums_up_the_news() {
    let mut world = World::new().listing(1, 3);
    for deal in 0..3 {
        let proposal = DealProposal { end_epoch: 1_150, ..world.proposal(0) };
        let _ = world.record(&proposal, deal, SP + deal, OWNER).unwrap();
    }
    world.now = 1_090;
    let standings = [(0, Standing::Active(1_030)), (1, Standing::Waiting), (2, Standing::Gone)];
    let sum = Refreshed::of(&world.refresh(1, &standings).unwrap());
    assert_eq!(
        sum,
        Refreshed { activated: 1, missed: 2, earned: atto(75), ..Refreshed::default() }
    );
}

proptest! {
    #[test]
    fn vesting_never_shrinks_never_exceeds_the_reward_and_does_not_depend_on_when_it_is_looked_at(
        reward in 0..1_000_000_i64,
        share in 0..=10_000_u32,
        term in 10..100_i64,
        mut looks in prop::collection::vec(0..120_i64, 1..10),
    ) {
        looks.sort_unstable();
        let mut world = World::with(|c| c.rules.rewards.publish_share = share);
        let params = AddDatasetParams {
            piece_cid: piece(0),
            piece_size: SIZE,
            terms: DatasetTerms { reward: atto(reward), ..terms(0, 1) },
        };
        let admin = world.by(ADMIN);
        world.attempt(|state, store| state.add_dataset(store, &admin, params)).unwrap();
        let proposal = DealProposal { end_epoch: 1_050 + term, ..world.proposal(0) };
        let _ = world.record(&proposal, 7, SP, OWNER).unwrap();
        let mut last = atto(0);
        for look in looks {
            world.at(1_050 + look, Standing::Active(1_050));
            let on_publish = reward * i64::from(share) / 10_000;
            let vested = (reward - on_publish) * look.min(term) / term;
            let expected = atto(on_publish + vested);
            prop_assert_eq!(world.earned(), expected.clone());
            prop_assert!(expected >= last);
            last = expected;
        }
    }
}
