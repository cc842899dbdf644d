use proptest::prelude::*;

use super::*;
use crate::records::{FULL_WEIGHT, HALF_LIFE, decayed_down, score};
use crate::state::{RECORDS, Records, Subject};

const CAROL: ActorID = 132;

impl World {
    fn attest(&mut self, lender: ActorID, trust: BasisPoints) -> Result<TokenAmount, Error> {
        self.act(lender, fil(0), |state, store, message| {
            state.attest(store, message, BORROWER, trust)
        })
    }

    fn reputation(&self, subject: ActorID) -> Reputation {
        self.state.reputation(&self.store, subject, self.now).unwrap()
    }

    /// With 100 FIL each of Ann, Bob and Carol that are as old as they need to be.
    fn known() -> Self {
        let mut world = World::new();
        for lender in [ANN, BOB, CAROL] {
            world.deposit(lender, 100).unwrap();
        }
        world.now = FULL_WEIGHT;
        world
    }
}

#[test]
fn trust_is_at_most_a_whole() {
    let mut world = World::known();
    assert_eq!(world.attest(ANN, 10_001), Err(Error::Trust(10_001)));
    world.attest(ANN, 10_000).unwrap();
    world.attest(ANN, 0).unwrap();
}

#[test]
fn nobody_speaks_for_itself() {
    let mut world = World::known();
    let said =
        world.act(ANN, fil(0), |state, store, message| state.attest(store, message, ANN, 10_000));
    assert_eq!(said, Err(Error::OwnReputation));
}

#[test]
fn only_lenders_speak() {
    assert_eq!(World::known().attest(SPONSOR, 10_000), Err(Error::NoWeight));
}

#[test]
fn shares_weigh_nothing_when_they_come_and_rise_evenly_to_what_they_are_worth() {
    let mut world = World::lent(90);
    assert_eq!(world.attest(ANN, 10_000), Err(Error::NoWeight));
    for (days, weight) in [(1, 1), (45, 45), (89, 89), (90, 90), (91, 90), (900, 90)] {
        world.now = days * DAY;
        assert_eq!(world.attest(ANN, 10_000), Ok(fil(weight)));
    }
    // Shares that change hands are new.
    world
        .act(ANN, fil(0), |state, store, message| {
            state.moving(store, message.now, ANN, Some(BOB), &fil(50))?;
            Ok(state.token.transfer(store, message.now, ANN, BOB, &fil(50))?)
        })
        .unwrap();
    assert_eq!(world.attest(BOB, 10_000), Err(Error::NoWeight));
    assert_eq!(world.attest(ANN, 10_000), Ok(fil(40)));
}

#[test]
fn shares_that_wait_to_leave_weigh_nothing() {
    let mut world = World::known();
    world.loan(LoanSpec { amount: fil(300), rate: 0, ..spec() });
    world.redeem(ANN, fil(75), true).unwrap();
    assert_eq!(world.attest(ANN, 10_000), Ok(fil(25)));
}

#[test]
fn a_word_weighs_what_shares_are_worth_with_all_interest_up_to_now() {
    let mut world = World::known();
    world.loan(LoanSpec { amount: fil(300), ..spec() });
    world.pass(10);
    let value = world.lender(ANN).value;
    assert!(value > fil(100));
    assert_eq!(world.attest(ANN, 10_000), Ok(value));
}

#[test]
fn a_weight_halves_every_180_days_and_evenly_in_between() {
    let left = |from: i64, to: i64| decayed_down(&atto(1_000), from * DAY, to * DAY);
    assert_eq!([0, 90, 180, 270, 360].map(|to| left(0, to)), [1_000, 750, 500, 375, 250].map(atto));
    // Whenever it begins,
    assert_eq!([90, 180, 270, 450].map(|to| left(90, to)), [1_000, 666, 500, 250].map(atto));
    // down to nothing.
    assert_eq!(left(0, 180 * 10), atto(0));
    assert_eq!(decayed_down(&(fil(1) * (1_u128 << 127)), 0, ChainEpoch::MAX), fil(0));
}

#[test]
fn trust_is_that_of_all_lenders_by_weight() {
    let mut world = World::known();
    assert_eq!(world.reputation(BORROWER).attestations.trust(), None);
    world.attest(ANN, 10_000).unwrap();
    world.attest(BOB, 4_000).unwrap();
    let said = world.reputation(BORROWER).attestations;
    assert_eq!((&said.weight, &said.weighted_trust), (&fil(200), &(fil(100) * 14_000)));
    assert_eq!((said.trust(), said.at), (Some(7_000), FULL_WEIGHT));
    // An old word counts for less than a new one, of the same weight when it was said.
    world.pass(180);
    world.attest(CAROL, 1_000).unwrap();
    assert_eq!(world.reputation(BORROWER).attestations.trust(), Some(4_000));
}

#[test]
fn a_lender_s_word_is_in_place_of_what_it_said_before() {
    let mut world = World::known();
    world.attest(ANN, 10_000).unwrap();
    world.attest(BOB, 5_000).unwrap();
    // Others speak in between, and each time all that was said is brought up to date.
    for _ in 0..60 {
        world.pass(3);
        world.attest(CAROL, 1_000).unwrap();
    }
    world.attest(ANN, 2_000).unwrap();
    world.attest(BOB, 3_000).unwrap();
    let said = world.reputation(BORROWER).attestations;
    assert_near(&said.weight, &fil(300), 1_000);
    assert_near(&said.weighted_trust, &(fil(100) * 6_000), 10_000_000);
    assert_eq!(said.trust(), Some(2_000));
}

#[test]
fn what_was_said_is_told_as_it_weighs_now() {
    let mut world = World::known();
    world.attest(ANN, 10_000).unwrap();
    world.pass(180);
    let said = world.reputation(BORROWER).attestations;
    assert_eq!((said.weight, said.weighted_trust), (fil(50), fil(50) * 10_000));
    assert_eq!(said.at, FULL_WEIGHT + HALF_LIFE);
}

#[test]
fn a_sum_never_falls_below_nothing_by_what_takes_the_place_of_a_part() {
    let mut world = World::known();
    world.attest(ANN, 10_000).unwrap();
    // Had rounding taken all of it:
    let mut records = Records::load(&world.store, &world.state.records, &RECORDS).unwrap();
    let none = Attestations { at: world.now, ..Attestations::default() };
    records.set(&BORROWER, Subject { attestations: none, ..Subject::default() }).unwrap();
    world.state.records = records.flush().unwrap();
    world.attest(ANN, 4_000).unwrap();
    let said = world.reputation(BORROWER).attestations;
    assert_eq!((said.weight, said.weighted_trust), (fil(100), fil(100) * 4_000));
}

#[test]
fn trust_is_never_above_a_whole_and_there_is_none_without_weight() {
    let said = |weight: i128, trust: i128| {
        let (weight, weighted_trust) = (atto(weight), atto(trust));
        Attestations { weight, weighted_trust, at: 0 }.trust()
    };
    assert_eq!([said(0, 5), said(2, 30_000), said(2, 9_001)], [None, Some(10_000), Some(4_500)]);
}

#[test]
fn each_part_of_a_score_has_its_bounds() {
    let points = |record: Record, trust| -> Vec<i64> {
        score(&record, trust).into_iter().map(|part| part.points).collect()
    };
    let record = Record::default;
    assert_eq!(points(record(), None), [5_000, 0, 0, 0, 0, 0]);
    let paid = |on_time| points(Record { on_time, ..record() }, None)[1];
    assert_eq!([1, 19, 20, 21, u32::MAX].map(paid), [100, 1_900, 2_000, 2_000, 2_000]);
    let late = |late| points(Record { late, ..record() }, None)[2];
    assert_eq!([1, 30].map(late), [-200, -6_000]);
    let repaid = |repaid| points(Record { repaid, ..record() }, None)[3];
    assert_eq!([1, 3, 4, 5, u32::MAX].map(repaid), [500, 1_500, 2_000, 2_000, 2_000]);
    let defaults = |defaults| points(Record { defaults, ..record() }, None)[4];
    assert_eq!([1, 2].map(defaults), [-3_000, -6_000]);
    let said = |trust| points(record(), Some(trust))[5];
    assert_eq!([0, 4_995, 5_000, 10_000].map(said), [-1_000, -1, 0, 1_000]);
}

#[test]
fn a_score_is_the_sum_of_its_parts_within_its_bounds() {
    let mut world = World::known();
    assert_eq!(world.reputation(BORROWER).score, 5_000);
    world.attest(ANN, 10_000).unwrap();
    let known = world.reputation(BORROWER);
    assert_eq!((known.score, known.parts.len()), (6_000, 6));
    let scored = |change: fn(&mut Record)| {
        let mut world = world.clone();
        let spec = spec();
        world.state.change_subjects(&world.store, &spec, change).unwrap();
        [world.reputation(BORROWER).score, world.reputation(MINER).score]
    };
    assert_eq!(scored(|record| (record.on_time, record.repaid) = (20, 4)), [10_000, 9_000]);
    assert_eq!(scored(|record| record.defaults = u32::MAX), [0, 0]);
    assert_eq!(scored(|record| record.defaults = 1), [3_000, 2_000]);
}

proptest! {
    #[test]
    fn a_sum_decays_as_its_parts_do_however_often(
        weights in prop::collection::vec(0..10_u64.pow(18), 1..5),
        from in 0..2 * HALF_LIFE,
        steps in prop::collection::vec(0..HALF_LIFE, 1..10),
    ) {
        let parts: Vec<_> = weights.iter().map(|weight| TokenAmount::from_atto(*weight)).collect();
        let mut sum: TokenAmount = parts.iter().sum();
        let mut at = from;
        for step in &steps {
            let decayed = decayed_down(&sum, at, at + step);
            prop_assert!(decayed <= sum && !decayed.is_negative());
            (sum, at) = (decayed, at + step);
        }
        let left: TokenAmount = parts.iter().map(|part| decayed_down(part, from, at)).sum();
        assert_near(&sum, &left, 16);
    }
}
