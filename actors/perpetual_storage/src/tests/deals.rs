use super::*;
use crate::ads::ADS_PER_DEAL;
use crate::deals::GIB;
use crate::policy::MIN_DURATION;

/// The first ad of the first perpetual deal.
const AD: AdId = ADS_PER_DEAL + 1;

#[test]
fn the_codes_of_what_is_refused_never_change() {
    let codes = [
        (60, Error::ForeignClient),
        (61, Error::Label),
        (62, Error::NoAd(1)),
        (63, Error::OtherPiece(1)),
        (64, Error::OtherSize(1, 2)),
        (65, Error::Start(1)),
        (66, Error::End(1)),
        (67, Error::Price),
        (68, Error::ClientCollateral),
        (69, Error::ProviderCollateral(atto(1))),
        (70, Error::Verified),
        (71, Error::ProviderNotAllowed(1)),
        (72, Error::Power(1)),
        (73, Error::Region),
        (74, Error::MinRecord),
        (75, Error::SameProvider(1)),
        (76, Error::OwnerReplicas(1, 1)),
        (77, Error::Barred(1, 1)),
        (78, Error::Recorded(1)),
        (79, Error::Expired(1)),
        (90, Error::NotOwner(1, 2)),
        (91, Error::AttestationEnd(1)),
        (92, Error::ForeignToken(1)),
        (100, Error::Escrow),
    ];
    for (expected, error) in codes {
        assert_eq!(code::<()>(Err(error)), expected);
    }
}

#[test]
fn every_bound_of_a_proposal_is_met_exactly() {
    let world = World::new().keeping_with(1, |terms| terms.policy.max_price_per_epoch = atto(3));
    let ask = |change: &dyn Fn(&mut DealProposal)| world.ask_with(AD, SP, change);
    let (latest, end) = (1_000 + 2 * DAY, 1_000 + DAY + TERM);
    assert_eq!(ask(&|_| {}), Ok(()));
    assert_eq!(ask(&|p| (p.start_epoch, p.end_epoch) = (latest, latest + TERM)), Ok(()));
    let late = ask(&|p| (p.start_epoch, p.end_epoch) = (latest + 1, latest + 1 + TERM));
    assert_eq!(late, Err(Error::Start(latest)));
    assert_eq!(ask(&|p| p.end_epoch = end - 1), Err(Error::End(end)));
    assert_eq!(ask(&|p| p.end_epoch = end + 1), Err(Error::End(end)));
    assert_eq!(ask(&|p| p.storage_price_per_epoch = atto(3)), Ok(()));
    assert_eq!(ask(&|p| p.storage_price_per_epoch = atto(4)), Err(Error::Price));
    assert_eq!(ask(&|p| p.storage_price_per_epoch = atto(-1)), Err(Error::Price));
    assert_eq!(ask(&|p| p.client_collateral = atto(1)), Err(Error::ClientCollateral));
    assert_eq!(ask(&|p| p.client_collateral = atto(-1)), Err(Error::ClientCollateral));
    assert_eq!(ask(&|p| p.piece_cid = piece(9)), Err(Error::OtherPiece(AD)));
    for size in [1_024, 4_096] {
        let asked = ask(&|p| p.piece_size = PaddedPieceSize(size));
        assert_eq!(asked, Err(Error::OtherSize(size, 2_048)));
    }
}

#[test]
fn epochs_at_the_ends_of_their_range_are_refused_and_do_not_overflow() {
    let world = World::new().keeping_with(1, |terms| terms.policy.max_price_per_epoch = atto(3));
    for (start, end) in [(i64::MIN, i64::MAX), (i64::MAX, i64::MIN), (i64::MIN, i64::MIN)] {
        let asked = world.ask_with(AD, SP, |p| (p.start_epoch, p.end_epoch) = (start, end));
        assert!(asked.is_err());
    }
}

#[test]
fn a_proposal_for_another_client_is_refused() {
    let world = World::new().keeping(1);
    let facts = Facts { client: ANN, ..world.facts(SP) };
    let asked = world.state.admit(&world.store, &world.proposal(AD), &facts);
    assert_eq!(asked, Err(Error::ForeignClient));
}

#[test]
fn the_label_is_the_number_of_an_ad_as_text_or_as_bytes_and_nothing_else() {
    let world = World::new().keeping(1);
    let ask = |label: Label| world.ask_with(AD, SP, |p| p.label = label);
    for (label, expected) in [
        ("1000000001", Ok(())),
        ("", Err(Error::Label)),
        ("0", Err(Error::Label)),
        ("01000000001", Err(Error::Label)),
        ("+1000000001", Err(Error::Label)),
        ("-1", Err(Error::Label)),
        (" 1000000001", Err(Error::Label)),
        ("1000000001 ", Err(Error::Label)),
        ("1000000001\n", Err(Error::Label)),
        ("1_000_000_001", Err(Error::Label)),
        ("1e9", Err(Error::Label)),
        ("0x3b9aca01", Err(Error::Label)),
        ("１000000001", Err(Error::Label)),
        ("18446744073709551616", Err(Error::Label)),
        ("18446744073709551615", Err(Error::NoAd(u64::MAX))),
        ("1", Err(Error::NoAd(1))),
        ("1000000002", Err(Error::NoAd(AD + 1))),
        ("2000000001", Err(Error::NoAd(AD + ADS_PER_DEAL))),
    ] {
        assert_eq!(ask(Label::String(label.into())), expected, "{label:?}");
        assert_eq!(ask(Label::Bytes(label.into())), expected, "{label:?} as bytes");
    }
    assert_eq!(ask(Label::Bytes(vec![0xff, 0xfe])), Err(Error::Label));
    assert_eq!(ask(Label::Bytes(vec![b'1'; 256])), Err(Error::Label));
}

#[test]
fn a_label_takes_its_own_ad_and_no_one_else_s() {
    let mut world = World::new().keeping(1).funded(2_000);
    let params = CreatePerpetualDealParams {
        piece_cid: piece(1),
        piece_size: PaddedPieceSize(4_096),
        terms: terms(1),
    };
    let message = world.paying(BOB, 2_000);
    let _ = world.attempt(|state, store| state.create(store, &message, params)).unwrap();
    let others = AD + ADS_PER_DEAL;
    let named = |ad| move |p: &mut DealProposal| p.label = Label::String(alloc::format!("{ad}"));
    assert_eq!(world.ask_with(AD, SP, named(others)), Err(Error::OtherPiece(others)));
    assert_eq!(world.ask_with(others, SP, named(AD)), Err(Error::OtherPiece(AD)));
    // Both are open: the same provider keeps a replica of either.
    world.take(AD, SP, OWNER);
    world.take(others, SP, OWNER);
    world.check_invariants();
}

#[test]
fn an_ad_is_filled_once_though_the_market_was_told_yes_more_than_once() {
    let mut world = World::new().keeping(2);
    let proposal = world.proposal(AD);
    assert_eq!((world.ask(&proposal, SP), world.ask(&proposal, SP + 1)), (Ok(()), Ok(())));
    world.publish(&proposal, SP, OWNER).unwrap();
    assert_eq!(world.publish(&proposal, SP + 1, OWNER), Err(Error::NoAd(AD)));
    assert_eq!(world.ads(1), [AD + 1]);
    world.check_invariants();
}

#[test]
fn a_deal_counts_once() {
    let mut world = World::new().keeping(2).taken(1);
    world.last_deal -= 1;
    let again = world.take_with(AD + 1, SP + 1, OWNER, |_| {});
    assert_eq!(again, Err(Error::Recorded(7)));
}

#[test]
fn nothing_is_bought_from_the_expiry_on() {
    let expiry = 1_000 + MIN_DURATION;
    let mut world = World::new().keeping_with(1, |terms| terms.expiry = Some(expiry));
    world.now = expiry - 1;
    assert_eq!(world.ask(&world.proposal(AD), SP), Ok(()));
    world.now = expiry;
    assert_eq!(world.ask(&world.proposal(AD), SP), Err(Error::Expired(expiry)));
}

#[test]
fn a_policy_takes_the_providers_that_it_names_or_all_others() {
    let named = |providers: Providers| {
        let world = World::new().keeping_with(1, |terms| terms.policy.providers = providers);
        [SP, SP + 1].map(|provider| world.ask(&world.proposal(AD), provider))
    };
    let refused = |provider| Err(Error::ProviderNotAllowed(provider));
    assert_eq!(named(Providers::Any), [Ok(()), Ok(())]);
    assert_eq!(named(Providers::Only(vec![SP])), [Ok(()), refused(SP + 1)]);
    assert_eq!(named(Providers::Only(vec![])), [refused(SP), refused(SP + 1)]);
    assert_eq!(named(Providers::Except(vec![SP])), [refused(SP), Ok(())]);
}

#[test]
fn a_provider_keeps_one_replica_and_may_renew_it_itself() {
    let mut world = World::new().keeping(2).taken(1);
    assert_eq!(world.ask(&world.proposal(AD + 1), SP), Err(Error::SameProvider(SP)));
    let mut renewing = World::new().renewing();
    renewing.take(AD + 1, SP, OWNER);
    renewing.check_invariants();
    // With replicas of SP and SP + 1, neither renews the other's.
    world = world.taken(0).funded(1_000_000);
    world.take(AD + 1, SP + 1, OWNER);
    world.now = world.replica(7).end_epoch - WINDOW;
    let _ = world.refresh(1, &[7, 8].map(|deal| (deal, Standing::Active(1_000 + DAY))));
    let [first, second] = world.ads(1)[..] else { panic!() };
    assert_eq!(world.info(first).ad.renews, Some(7));
    assert_eq!(world.ask(&world.proposal(first), SP + 1), Err(Error::SameProvider(SP + 1)));
    assert_eq!(world.ask(&world.proposal(second), SP), Err(Error::SameProvider(SP)));
    assert_eq!(world.ask(&world.proposal(first), SP), Ok(()));
    // Nor does one that renews a replica already take another.
    world.take(first, SP + 2, OWNER);
    assert_eq!(world.ask(&world.proposal(second), SP + 2), Err(Error::SameProvider(SP + 2)));
}

#[test]
fn an_owner_has_as_many_replicas_as_the_policy_allows() {
    let two = |terms: &mut Terms| terms.policy.max_replicas_per_owner = 2;
    let mut world = World::new().keeping_with(4, two);
    world.take(AD, SP, OWNER);
    world.take(AD + 1, SP + 1, OWNER);
    let third = world.take_with(AD + 2, SP + 2, OWNER, |_| {});
    assert_eq!(third, Err(Error::OwnerReplicas(OWNER, 2)));
    world.take(AD + 2, SP + 2, OWNER + 1);
    world.check_invariants();
}

#[test]
fn what_renews_an_owner_s_own_replica_is_not_another_one() {
    let two = |terms: &mut Terms| terms.policy.max_replicas_per_owner = 2;
    let mut world = World::new().keeping_with(3, two).funded(1_000_000);
    for (n, owner) in [(0, OWNER), (1, OWNER), (2, OWNER + 1)] {
        world.take(AD + n, SP + n, owner);
    }
    world.now = world.replica(7).end_epoch - WINDOW;
    let _ = world.refresh(1, &[7, 8, 9].map(|deal| (deal, Standing::Active(1_000 + DAY))));
    let [own, own_too, other] = world.ads(1)[..] else { panic!() };
    // Its two are its two, whichever of its miners renews them; a third is the other's.
    let third = world.clone().take_with(other, SP + 5, OWNER, |_| {});
    assert_eq!(third, Err(Error::OwnerReplicas(OWNER, 2)));
    world.take(own, SP + 3, OWNER);
    let third = world.clone().take_with(other, SP + 5, OWNER, |_| {});
    assert_eq!(third, Err(Error::OwnerReplicas(OWNER, 2)));
    world.take(own_too, SP + 4, OWNER);
    let third = world.take_with(other, SP + 5, OWNER, |_| {});
    assert_eq!(third, Err(Error::OwnerReplicas(OWNER, 2)));
    // To renew another's is to take it over.
    world.take(other, SP + 5, OWNER + 2);
    world.check_invariants();
}

#[test]
fn what_renews_another_s_replica_counts_for_who_takes_it_over() {
    let one = |terms: &mut Terms| terms.policy.max_replicas_per_owner = 1;
    let mut world = World::new().keeping_with(2, one).taken(2).funded(1_000_000);
    world.now = world.replica(7).end_epoch - WINDOW;
    let _ = world.refresh(1, &[7, 8].map(|deal| (deal, Standing::Active(1_000 + DAY))));
    let [first, second] = world.ads(1)[..] else { panic!() };
    world.take(first, SP + 2, OWNER + 2);
    let another = world.take_with(second, SP + 3, OWNER + 2, |_| {});
    assert_eq!(another, Err(Error::OwnerReplicas(OWNER + 2, 1)));
    world.take(second, SP + 3, OWNER + 3);
}

#[test]
fn deals_use_datacap_within_the_policy_s_bound_and_give_it_back_if_they_were_never_proven() {
    let twice = |terms: &mut Terms| terms.policy.datacap = 2 * SIZE.0;
    let mut world = World::new().keeping_with(3, twice).funded(1_000_000);
    let verified = |p: &mut DealProposal| p.verified_deal = true;
    for n in 0..2 {
        assert!(world.info(AD + n).verified);
        world.take_with(AD + n, SP + n, OWNER, verified).unwrap();
    }
    assert_eq!(world.perpetual(1).datacap_used, 2 * SIZE.0);
    assert!(!world.info(AD + 2).verified);
    assert_eq!(world.ask_with(AD + 2, SP + 2, verified), Err(Error::Verified));
    world.take(AD + 2, SP + 2, OWNER);
    assert_eq!(world.perpetual(1).datacap_used, 2 * SIZE.0);
    world.check_invariants();
    world.now += DAY + 1;
    let active = Standing::Active(1_000);
    let _ = world.refresh(1, &[(7, active), (8, Standing::Waiting), (9, Standing::Waiting)]);
    assert_eq!(world.perpetual(1).datacap_used, SIZE.0, "one of the missed deals had DataCap");
    let _ = world.refresh(1, &[(7, Standing::Gone)]);
    assert_eq!(world.perpetual(1).datacap_used, SIZE.0, "used up by a deal that was active");
    world.check_invariants();
    // Nobody can tell whether it was proven.
    let mut world = World::new().keeping_with(1, twice);
    world.take_with(AD, SP, OWNER, verified).unwrap();
    assert_eq!(world.refresh(1, &[(7, Standing::Gone)]).sum.missed, 1);
    assert_eq!(world.perpetual(1).datacap_used, SIZE.0);
}

#[test]
fn datacap_that_does_not_cover_the_piece_is_for_no_deal() {
    let less = |terms: &mut Terms| terms.policy.datacap = SIZE.0 - 1;
    let world = World::new().keeping_with(1, less);
    assert_eq!(world.ask_with(AD, SP, |p| p.verified_deal = true), Err(Error::Verified));
}

#[test]
fn provider_collateral_covers_what_is_due_for_the_publish_and_three_tips() {
    // 400 of 1,000 at first, all of it after 75 epochs; a fifth for the publish; a tip of 2.
    for (open, on_publish) in [(0, 80), (75, 200)] {
        for locked in [true, false] {
            let mut world = World::new().keeping_with(1, |terms| terms.policy.locked = locked);
            world.now += open;
            let least = atto(on_publish + 6);
            assert_eq!(world.info(AD).min_provider_collateral, least);
            let ask = |amount| world.ask_with(AD, SP, |p| p.provider_collateral = amount);
            assert_eq!(ask(least.clone()), Ok(()));
            let refused = ask(&least - atto(1));
            assert_eq!(refused, Err(Error::ProviderCollateral(least)));
        }
    }
}

#[test]
fn the_publish_share_waits_for_the_proof_unless_the_policy_says_otherwise() {
    let mut locked = World::new().keeping(1);
    let before = locked.state.booked.clone();
    assert_eq!(locked.take_with(AD, SP, OWNER, |_| {}), Ok(atto(0)));
    assert_eq!((locked.replica(7).paid, locked.state.booked.clone()), (atto(0), before.clone()));
    let mut open = World::new().keeping_with(1, |terms| terms.policy.locked = false);
    assert_eq!(open.take_with(AD, SP, OWNER, |_| {}), Ok(atto(80)));
    assert_eq!((open.replica(7).paid, &open.state.booked), (atto(80), &(before - atto(80))));
    assert_eq!(open.funds(ANN).spent, atto(80));
    for mut world in [locked, open] {
        let Replica { bounty, on_publish, .. } = world.replica(7);
        assert_eq!((bounty, on_publish), (atto(400), atto(80)));
        world.check_invariants();
        world.now += DAY;
        let _ = world.refresh(1, &[(7, Standing::Active(world.now))]);
        assert_eq!(world.replica(7).paid, atto(80));
        world.check_invariants();
    }
}

#[test]
fn what_an_ad_had_set_aside_beyond_the_bounty_is_the_perpetual_deal_s_again() {
    let world = World::new().keeping(1);
    assert_eq!(world.perpetual(1).purse, atto(0));
    let world = world.taken(1);
    assert_eq!(world.perpetual(1).purse, atto(600));
    world.check_invariants();
}

#[test]
fn the_going_rate_follows_the_bounties_by_an_eighth_each() {
    let mut world = World::new().keeping_with(3, |t| t.policy.max_bounty = atto(1_000_000_000));
    assert_eq!(world.state.going_rate, None);
    let per_gib = i64::try_from(GIB / SIZE.0).unwrap();
    let rate = |bounty: i64| bounty * per_gib / TERM;
    let first = i64::try_from(world.info(AD).bounty.atto()).unwrap();
    world.take(AD, SP, OWNER);
    assert_eq!(world.state.going_rate, Some(atto(rate(first))));
    world.now += 200;
    world.take(AD + 1, SP + 1, OWNER);
    let second = (rate(first) * 7 + rate(1_000_000_000)) / 8;
    assert_eq!(world.state.going_rate, Some(atto(second)));
}

#[test]
fn a_renewal_ends_a_term_after_what_it_renews_or_after_its_own_start_if_that_is_later() {
    let mut world = World::new().renewing();
    let head = world.replica(7).end_epoch;
    assert_eq!(world.info(AD + 1).renews_until, Some(head));
    let end = |p: &mut DealProposal, end| p.end_epoch = end;
    assert_eq!(world.ask_with(AD + 1, SP, |p| end(p, head + TERM)), Ok(()));
    for wrong in [head + TERM - 1, head + TERM + 1, world.now + DAY + TERM] {
        let refused = world.ask_with(AD + 1, SP, |p| end(p, wrong));
        assert_eq!(refused, Err(Error::End(head + TERM)));
    }
    let mut late = world.clone();
    late.now = head;
    let start = head + DAY;
    assert_eq!(late.ask_with(AD + 1, SP, |p| end(p, start + TERM)), Ok(()));
    assert_eq!(late.ask_with(AD + 1, SP, |p| end(p, head + TERM)), Err(Error::End(start + TERM)));
    world.take(AD + 1, SP, OWNER);
    let Replica { from, renews, .. } = world.replica(8);
    assert_eq!((from, renews), (head, Some(7)));
}

#[test]
fn a_renewal_costs_no_more_for_starting_before_what_it_renews_ends() {
    let price = |terms: &mut Terms| terms.policy.max_price_per_epoch = atto(100);
    let world = World::new().renewing_with(price);
    let ask = |price| world.ask_with(AD + 1, SP, |p| p.storage_price_per_epoch = atto(price));
    // 100 per epoch for 200 days, over the 229 days from the start.
    assert_eq!(ask(20_000 / 229), Ok(()));
    assert_eq!(ask(20_000 / 229 + 1), Err(Error::Price));
}

#[test]
fn an_ad_for_what_ended_early_is_for_a_full_term_from_its_own_start() {
    let mut world = World::new().renewing();
    let _ = world.refresh(1, &[(7, Standing::Gone)]);
    assert_eq!((world.ads(1), world.info(AD + 1).renews_until), (vec![AD + 1], None));
    let deal = world.take(AD + 1, SP + 1, OWNER + 1);
    let Replica { start_epoch, end_epoch, from, renews, .. } = world.replica(deal);
    assert_eq!((end_epoch - start_epoch, from, renews), (TERM, world.now, None));
    world.check_invariants();
}
