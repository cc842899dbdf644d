use super::*;
use crate::datasets::MAX_TRACKED;

#[test]
fn every_bound_of_the_policy_is_met_exactly() {
    let world = World::new().listing(1, 1);
    let ask = |change: &dyn Fn(&mut DealProposal)| {
        let mut proposal = world.proposal(0);
        change(&mut proposal);
        world.ask(&proposal, SP)
    };
    assert_eq!(ask(&|_| {}), Ok(()));
    assert_eq!(ask(&|p| p.end_epoch = 1_150), Ok(()));
    assert_eq!(ask(&|p| p.end_epoch = 1_151), Err(Error::Duration(101)));
    assert_eq!(ask(&|p| p.end_epoch = 1_059), Err(Error::Duration(9)));
    assert_eq!(ask(&|p| (p.start_epoch, p.end_epoch) = (1_051, 1_061)), Err(Error::Start(1_051)));
    assert_eq!(ask(&|p| p.storage_price_per_epoch = atto(8)), Err(Error::Price));
    assert_eq!(ask(&|p| p.client_collateral = atto(10)), Err(Error::Collateral));
    assert_eq!(
        ask(&|p| p.piece_size = PaddedPieceSize(1_024)),
        Err(Error::PieceSize(2_048, 1_024))
    );
    assert_eq!(ask(&|p| p.piece_cid = piece(9)), Err(Error::Unlisted));
    for label in [|n| Label::String("x".repeat(n)), |n| Label::Bytes(vec![0; n])] {
        assert_eq!(ask(&|p| p.label = label(16)), Ok(()));
        assert_eq!(ask(&|p| p.label = label(17)), Err(Error::LabelLength(16)));
    }
}

#[test]
fn a_proposal_for_another_client_is_refused() {
    let world = World::new().listing(1, 1);
    let config = config();
    let facts = Facts { client: ANN, ..world.facts(SP) };
    let asked = world.state.authenticate(&world.store, &config, &world.proposal(0), &facts);
    assert_eq!(asked, Err(Error::ForeignClient));
}

#[test]
fn the_policy_says_whether_deals_are_verified() {
    for (rule, plain, verified) in [
        (Verified::Never, true, false),
        (Verified::Allowed, true, true),
        (Verified::Required, false, true),
    ] {
        let world = World::with(|c| c.rules.policy.verified = rule).listing(1, 1);
        let ask =
            |verified_deal| world.ask(&DealProposal { verified_deal, ..world.proposal(0) }, SP);
        assert_eq!((ask(false).is_ok(), ask(true).is_ok()), (plain, verified), "{rule:?}");
    }
}

#[test]
fn a_policy_that_names_providers_takes_no_others() {
    let world = World::with(|c| c.rules.policy.providers = vec![SP]).listing(1, 1);
    assert_eq!(world.ask(&world.proposal(0), SP), Ok(()));
    assert_eq!(world.ask(&world.proposal(0), SP + 1), Err(Error::ProviderNotAllowed(SP + 1)));
}

#[test]
fn epochs_at_the_ends_of_their_range_are_refused_and_do_not_overflow() {
    let world = World::new().listing(1, 1);
    for (start_epoch, end_epoch) in
        [(i64::MIN, i64::MAX), (i64::MAX, i64::MIN), (i64::MIN, i64::MIN)]
    {
        let proposal = DealProposal { start_epoch, end_epoch, ..world.proposal(0) };
        assert!(world.ask(&proposal, SP).is_err());
    }
}

#[test]
fn a_slot_is_filled_once() {
    let mut world = World::new().listing(1, 2);
    let proposal = world.proposal(0);
    let _ = world.record(&proposal, 7, SP, OWNER).unwrap();
    assert_eq!(world.record(&proposal, 7, SP + 1, OWNER), Err(Error::Recorded(7)));
    assert_eq!(world.record(&proposal, 8, SP, OWNER), Err(Error::SameProvider(SP)));
    let _ = world.record(&proposal, 8, SP + 1, OWNER).unwrap();
    assert_eq!(world.record(&proposal, 9, SP + 2, OWNER), Err(Error::EnoughReplicas(2)));
    world.check_invariants();
}

#[test]
fn an_owner_has_no_more_replicas_of_a_dataset_than_the_policy_allows() {
    let mut world = World::with(|c| c.rules.policy.max_replicas_per_owner = 1).listing(2, 3);
    let _ = world.record(&world.proposal(0), 7, SP, OWNER).unwrap();
    let again = world.record(&world.proposal(0), 8, SP + 1, OWNER);
    assert_eq!(again, Err(Error::OwnerReplicas(OWNER, 1)));
    let _ = world.record(&world.proposal(0), 8, SP + 1, OWNER + 1).unwrap();
    let _ = world.record(&world.proposal(1), 9, SP, OWNER).unwrap();
}

#[test]
fn a_reward_that_the_cap_does_not_cover_is_not_promised() {
    let mut world = World::with(|c| c.token.mint_cap = atto(150)).listing(2, 1);
    let recorded = world.record(&world.proposal(0), 7, SP, OWNER).unwrap();
    assert_eq!((recorded.promised, world.state.promised.clone()), (atto(100), atto(100)));
    assert_eq!(world.ask(&world.proposal(1), SP), Err(Error::MintCap));
    assert_eq!(world.record(&world.proposal(1), 8, SP, OWNER), Err(Error::MintCap));
    world.check_invariants();
}

#[test]
fn the_publish_share_waits_for_activation_unless_the_rules_say_otherwise() {
    let mut locked = World::new().listing(1, 1);
    assert_eq!(locked.record(&locked.proposal(0), 7, SP, OWNER).unwrap().paid, None);
    assert_eq!(locked.balance(OWNER), atto(0));
    let mut open = World::with(|c| c.rules.rewards.locked = false).listing(1, 1);
    let paid = open.record(&open.proposal(0), 7, SP, OWNER).unwrap().paid.unwrap();
    assert_eq!((paid.payee, paid.amount), (OWNER, atto(50)));
    assert_eq!((open.balance(OWNER), open.state.promised.clone()), (atto(50), atto(50)));
    open.check_invariants();
}

#[test]
fn a_dao_can_pay_all_on_publish() {
    let mut world = World::with(|c| {
        (c.rules.rewards.locked, c.rules.rewards.publish_share) = (false, 10_000);
    })
    .listing(1, 1);
    let _ = world.record(&world.proposal(0), 7, SP, OWNER).unwrap();
    assert_eq!((world.balance(OWNER), world.state.promised.clone()), (atto(100), atto(0)));
    let news = world.refresh(1, &[(7, Standing::Active(1_040))]).unwrap();
    assert_eq!(news[0].earned, atto(0));
    assert_eq!(world.state.minted, atto(100));
    world.check_invariants();
}

#[test]
fn a_provider_with_the_role_fills_slots_like_any_other_and_earns() {
    let mut world = World::new().listing(1, 1);
    let admin = world.by(ADMIN);
    world.attempt(|state, store| state.grant_role(store, &admin, Role::Provider, SP)).unwrap();
    let recorded = world.record(&world.proposal(0), 7, SP, OWNER).unwrap();
    assert_eq!(recorded.promised, atto(100));
}

#[test]
fn a_provider_with_the_role_is_taken_on_whatever_is_wanted_and_earns_nothing_for_it() {
    let mut world = World::with(|c| c.rules.policy.providers = vec![1]).listing(1, 1);
    assert_eq!(world.ask(&world.proposal(9), SP), Err(Error::Unlisted));
    let admin = world.by(ADMIN);
    world.attempt(|state, store| state.grant_role(store, &admin, Role::Provider, SP)).unwrap();
    for (deal, n) in [(7, 0), (8, 0), (9, 9)] {
        assert_eq!(world.ask(&world.proposal(n), SP), Ok(()));
        let recorded = world.record(&world.proposal(n), deal, SP, OWNER).unwrap();
        assert_eq!(recorded.promised, atto(0), "deal {deal}");
    }
    let tracked = world.state.dataset(&world.store, 2).unwrap();
    assert_eq!((tracked.piece_cid, tracked.terms), (piece(9), None));
    assert_eq!(tracked.replicas.len(), 1);
    // Terms bind it as they bind everyone.
    let dear = DealProposal { storage_price_per_epoch: atto(8), ..world.proposal(0) };
    assert_eq!(world.ask(&dear, SP), Err(Error::Price));
    world.check_invariants();
}

/// Neither a bar, nor its owner's replicas, nor an exhausted cap keeps it out; each keeps it from
/// earning.
#[test]
fn a_provider_with_the_role_is_taken_on_whatever_is_known_of_it() {
    let mut world = World::with(|c| {
        (c.rules.policy.max_replicas_per_owner, c.token.mint_cap) = (1, atto(100));
    })
    .listing(3, 3);
    for sp in [SP, SP + 1] {
        let admin = world.by(ADMIN);
        world.attempt(|state, store| state.grant_role(store, &admin, Role::Provider, sp)).unwrap();
    }
    let first = world.record(&world.proposal(0), 7, SP, OWNER).unwrap();
    assert_eq!(first.promised, atto(100));
    let over_the_cap = world.record(&world.proposal(1), 8, SP, OWNER).unwrap();
    assert_eq!(over_the_cap.promised, atto(0));
    world.now += 51;
    world.refresh(1, &[(7, Standing::Waiting)]).unwrap();
    assert_eq!(world.ask(&world.proposal(0), SP), Ok(()), "barred, with the role");
    assert_eq!(world.record(&world.proposal(0), 9, SP, OWNER).unwrap().promised, atto(0));
    let owner_barred = world.record(&world.proposal(2), 10, SP + 1, OWNER).unwrap();
    assert_eq!(owner_barred.promised, atto(0));
    world.now += 20;
    let owner_has_its_replicas = world.record(&world.proposal(0), 11, SP + 1, OWNER).unwrap();
    assert_eq!(owner_has_its_replicas.promised, atto(0));
    assert_eq!(world.state.promised, atto(0));
    world.check_invariants();
}

#[test]
fn a_tracked_piece_keeps_its_replicas_when_it_is_listed() {
    let mut world = World::new();
    let admin = world.by(ADMIN);
    world.attempt(|state, store| state.grant_role(store, &admin, Role::Provider, SP)).unwrap();
    let _ = world.record(&world.proposal(3), 7, SP, OWNER).unwrap();
    let smaller = AddDatasetParams {
        piece_cid: piece(3),
        piece_size: PaddedPieceSize(1_024),
        terms: terms(3, 2),
    };
    let refused = world.attempt(|state, store| state.add_dataset(store, &admin, smaller));
    assert_eq!(refused, Err(Error::PieceSize(2_048, 1_024)));
    assert_eq!(world.list(3, 2), Ok(1));
    assert_eq!(world.state.dataset(&world.store, 1).unwrap().replicas.len(), 1);
    assert_eq!(world.list(3, 2), Err(Error::Listed(1)));
    world.check_invariants();
}

#[test]
fn replicas_that_are_tracked_are_bounded() {
    let mut world = World::new().listing(1, 1);
    let admin = world.by(ADMIN);
    world.attempt(|state, store| state.grant_role(store, &admin, Role::Provider, SP)).unwrap();
    for deal in 0..u64::from(MAX_TRACKED) {
        let _ = world.record(&world.proposal(0), deal, SP, OWNER).unwrap();
    }
    assert_eq!(world.record(&world.proposal(0), 99, SP, OWNER), Err(Error::Full(MAX_TRACKED)));
    world.check_invariants();
}
