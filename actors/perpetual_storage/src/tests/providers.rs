use super::*;
use crate::ads::ADS_PER_DEAL;

const AD: AdId = ADS_PER_DEAL + 1;
/// Says where providers are.
const ATTESTER: ActorID = 700;

impl World {
    fn vouch(&mut self, owner: ActorID, provider: ActorID) {
        let message = self.by(owner);
        self.attempt(|state, store| state.vouch(store, &message, provider)).unwrap();
    }

    fn attest(
        &mut self,
        attester: ActorID,
        provider: ActorID,
        region: Option<(&str, ChainEpoch)>,
    ) -> Result<(), Error> {
        let message = self.by(attester);
        let region = region.map(|(name, until)| Attestation { region: name.into(), until });
        self.attempt(|state, store| state.attest(store, &message, provider, region))
    }

    /// With deal 7 of `SP`, which names `OWNER`, never proven; as of an epoch after its start.
    fn missed(mut self) -> Self {
        self = self.taken(1);
        self.now = self.replica(7).start_epoch + 1;
        let _ = self.refresh(1, &[(7, Standing::Waiting)]);
        self
    }

    /// Whether a provider of an owner would be taken on.
    fn takes(&self, provider: ActorID, owner: ActorID) -> Result<(), Error> {
        let mut world = self.clone();
        let [ad, ..] = world.ads(1)[..] else { panic!("no ad") };
        world.take_with(ad, provider, owner, |_| {}).map(|_| ())
    }
}

#[test]
fn a_provider_that_failed_waits_and_so_do_those_for_whom_nobody_answers_that_name_its_owner() {
    let mut world = World::new().keeping(1).missed();
    let until = world.now + 7 * DAY;
    assert_eq!(world.ask(&world.proposal(world.ads(1)[0]), SP), Err(Error::Barred(SP, until)));
    assert_eq!(world.takes(SP, OWNER + 1), Err(Error::Barred(SP, until)));
    assert_eq!(world.takes(SP + 1, OWNER), Err(Error::Barred(OWNER, until)));
    assert_eq!(world.takes(SP + 1, OWNER + 1), Ok(()));
    world.now = until - 1;
    assert_eq!(world.takes(SP, OWNER), Err(Error::Barred(SP, until)));
    assert_eq!(world.takes(SP + 1, OWNER), Err(Error::Barred(OWNER, until)));
    world.now = until;
    assert_eq!(world.takes(SP, OWNER), Ok(()));
    assert_eq!(world.takes(SP + 1, OWNER), Ok(()));
}

#[test]
fn a_stranger_s_miner_that_names_an_owner_does_not_bar_those_that_it_answers_for() {
    let mut world = World::new();
    world.vouch(OWNER, SP + 1);
    let world = world.keeping(1).missed();
    assert_eq!(world.takes(SP + 1, OWNER), Ok(()));
    let until = world.now + 7 * DAY;
    assert_eq!(world.takes(SP + 2, OWNER), Err(Error::Barred(OWNER, until)));
    let Record { barred_until, others_barred_until, .. } = world.record_of(OWNER);
    assert_eq!((barred_until, others_barred_until), (0, until));
}

#[test]
fn an_owner_whose_miner_failed_does_not_go_on_with_the_next_that_it_vouches_for() {
    let mut world = World::new().keeping(1).missed();
    let until = world.now + 7 * DAY;
    world.vouch(OWNER, SP + 1);
    assert_eq!(world.takes(SP + 1, OWNER), Err(Error::Barred(SP + 1, until)));
    world.now = until;
    assert_eq!(world.takes(SP + 1, OWNER), Ok(()));
}

#[test]
fn whoever_answers_for_a_provider_that_failed_waits_with_all_that_it_answers_for() {
    let mut world = World::new();
    for provider in [SP, SP + 1] {
        world.vouch(OWNER, provider);
    }
    let mut world = world.keeping(1).missed();
    let until = world.now + 7 * DAY;
    assert_eq!(world.takes(SP + 1, OWNER), Err(Error::Barred(OWNER, until)));
    assert_eq!(world.takes(SP + 2, OWNER), Err(Error::Barred(OWNER, until)), "and with others");
    let Record { barred_until, others_barred_until, .. } = world.record_of(OWNER);
    assert_eq!((barred_until, others_barred_until), (until, 0));
    world.now = until;
    assert_eq!(world.takes(SP + 1, OWNER), Ok(()));
}

#[test]
fn an_owner_s_word_does_not_hold_under_another_owner() {
    let mut world = World::new();
    for provider in [SP, SP + 1] {
        world.vouch(OWNER + 1, provider);
    }
    let world = world.keeping(1).missed();
    let until = world.now + 7 * DAY;
    assert_eq!(world.takes(SP + 1, OWNER), Err(Error::Barred(OWNER, until)));
    assert_eq!(world.takes(SP + 1, OWNER + 1), Ok(()));
    assert_eq!(world.record_of(OWNER + 1), Record::default());
}

#[test]
fn the_last_owner_to_answer_for_a_provider_answers() {
    let mut world = World::new();
    world.vouch(OWNER, SP);
    world.vouch(OWNER + 1, SP);
    assert_eq!(world.record_of(SP).answers, Some(OWNER + 1));
    assert_eq!(world.record_of(OWNER), Record::default());
}

#[test]
fn a_bar_is_not_shortened_by_an_earlier_one() {
    let mut world = World::new().keeping(2).taken(2);
    let (later, earlier) = (world.clone().now + 2 * DAY, world.now + DAY + 1);
    world.now = later;
    let _ = world.refresh(1, &[(7, Standing::Waiting)]);
    let barred = world.record_of(SP).barred_until;
    world.now = earlier;
    let fates = [(SP, OWNER), (SP, OWNER)];
    for who in fates {
        let mut records =
            crate::state::Records::load(&world.store, &world.state.records, &crate::state::RECORDS)
                .unwrap();
        let fate = shared::deal::Fate::Missed;
        crate::providers::book(&mut records, who, fate, earlier + 7 * DAY).unwrap();
        world.state.records = records.flush().unwrap();
    }
    let record = world.record_of(SP);
    assert_eq!((record.barred_until, record.missed), (barred, 3));
    assert_eq!(world.record_of(OWNER).others_barred_until, barred);
}

#[test]
fn rules_without_a_cooldown_bar_nobody() {
    let world = World::with(|rules| rules.cooldown = 0).keeping(1).missed();
    assert_eq!(world.takes(SP, OWNER), Ok(()));
}

#[test]
fn a_record_counts_how_deals_ended() {
    let mut world = World::new().keeping(4).taken(4);
    let end = world.replica(7).end_epoch;
    world.now = end - 2 * DAY;
    let active = Standing::Active(1_000);
    let _ = world.refresh(1, &[(7, active), (8, active), (9, active)]);
    assert_eq!(world.record_of(SP), Record::default(), "nothing has ended");
    let _ = world.refresh(1, &[(8, Standing::Gone), (10, Standing::Waiting)]);
    world.now = end;
    let _ = world.refresh(1, &[(7, active), (9, Standing::Gone)]);
    let records = [0, 1, 2, 3].map(|n| {
        let Record { kept, missed, terminated, .. } = world.record_of(SP + n);
        (kept, missed, terminated)
    });
    assert_eq!(records, [(1, 0, 0), (0, 0, 1), (0, 0, 0), (0, 1, 0)]);
    // Who kept its deals, and who cannot be told from those who did, waits for nothing.
    let bars = [0, 1, 2, 3].map(|n| {
        let (sp, owner) = (world.record_of(SP + n), world.record_of(OWNER + n));
        (sp.barred_until > 0, owner.barred_until > 0, owner.others_barred_until > 0)
    });
    let (free, barred) = ((false, false, false), (true, false, true));
    assert_eq!(bars, [free, barred, free, barred]);
}

#[test]
fn a_record_meets_what_a_policy_wants_on_its_bounds() {
    let met = |kept, missed, terminated, wanted: (u64, u32)| {
        let record = Record { kept, missed, terminated, ..Record::default() };
        record.meets(&MinRecord { kept: wanted.0, failed: wanted.1 })
    };
    assert!(met(0, 0, 0, (0, 0)));
    assert!(met(3, 0, 0, (3, 0)) && !met(2, 0, 0, (3, 10_000)));
    // One in four.
    assert!(met(3, 1, 0, (3, 2_500)) && met(3, 0, 1, (3, 2_500)));
    assert!(!met(3, 1, 0, (3, 2_499)) && !met(3, 1, 1, (3, 2_500)));
    assert!(met(0, 1, 1, (0, 10_000)) && !met(0, 1, 0, (0, 9_999)));
    assert!(met(u64::MAX, u64::MAX, 0, (0, 5_000)));
}

#[test]
fn a_policy_takes_those_who_kept_their_deals_as_it_wants() {
    let wanted = MinRecord { kept: 1, failed: 0 };
    let mut world = World::new().keeping(1).taken(1);
    world.now = world.replica(7).end_epoch;
    let _ = world.refresh(1, &[(7, Standing::Active(1_000))]);
    world.deposit(BOB, 10_000);
    let id = world.create(BOB, 1, |terms| terms.policy.min_record = Some(wanted)).unwrap();
    let proposal = world.proposal(world.ads(id)[0]);
    assert_eq!(world.ask(&proposal, SP), Ok(()));
    assert_eq!(world.ask(&proposal, SP + 1), Err(Error::MinRecord));
}

#[test]
fn a_policy_takes_the_attester_s_word_for_a_region_and_nobody_else_s() {
    let mut world = World::new().keeping_with(1, |terms| {
        terms.policy.region = Some(Region { attester: ATTESTER, name: "EU".into() });
    });
    let now = world.now;
    assert_eq!(world.ask(&world.proposal(AD), SP), Err(Error::Region));
    world.attest(ATTESTER + 1, SP, Some(("EU", now + 10))).unwrap();
    world.attest(ATTESTER, SP + 1, Some(("EU", now + 10))).unwrap();
    world.attest(ATTESTER, SP, Some(("eu", now + 10))).unwrap();
    assert_eq!(world.ask(&world.proposal(AD), SP), Err(Error::Region));
    assert_eq!(world.ask(&world.proposal(AD), SP + 1), Ok(()));
    world.attest(ATTESTER, SP, Some(("EU", now + 10))).unwrap();
    world.now = now + 9;
    assert_eq!(world.ask(&world.proposal(AD), SP), Ok(()));
    world.now = now + 10;
    assert_eq!(world.ask(&world.proposal(AD), SP), Err(Error::Region));
}

#[test]
fn a_word_can_be_taken_back() {
    let mut world = World::new();
    let until = world.now + 10;
    world.attest(ATTESTER, SP, Some(("EU", until))).unwrap();
    let said = |world: &World| world.state.region(&world.store, ATTESTER, SP).unwrap();
    assert_eq!(said(&world), Some(Attestation { region: "EU".into(), until }));
    world.attest(ATTESTER + 1, SP, None).unwrap();
    assert!(said(&world).is_some());
    world.attest(ATTESTER, SP, None).unwrap();
    assert_eq!(said(&world), None);
}

#[test]
fn an_attestation_lasts_from_an_epoch_to_two_years_and_names_a_region_of_1_to_32_bytes() {
    let mut world = World::new();
    let (now, latest) = (world.now, world.now + 730 * DAY);
    for (name, until, expected) in [
        ("EU", now + 1, Ok(())),
        ("EU", latest, Ok(())),
        ("EU", now, Err(Error::AttestationEnd(latest))),
        ("EU", latest + 1, Err(Error::AttestationEnd(latest))),
        ("x", latest, Ok(())),
        ("an area whose name has 32 letters", latest, Err(Error::RegionName)),
        ("an area whose name has 32 bytes.", latest, Ok(())),
        ("", latest, Err(Error::RegionName)),
    ] {
        let said = world.attest(ATTESTER, SP, Some((name, until)));
        assert_eq!(said, expected, "{name:?} until {until}");
    }
}
