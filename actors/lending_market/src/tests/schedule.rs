use alloc::vec;
use alloc::vec::Vec;

use fvm_shared::bigint::BigInt;
use fvm_shared::clock::ChainEpoch;
use num_traits::Zero;
use proptest::prelude::*;

use super::*;
use crate::error::Error;
use crate::schedule::*;

/// The end of the thousandth day.
pub const START: ChainEpoch = 1_000 * DAY;

/// 1,200 FIL from some epoch on, in twelve instalments 30 days apart, at 12 percent a year, of which a
/// tenth is charged.
fn year(plan: Plan, from: ChainEpoch) -> Schedule {
    Schedule::new(&fil(1_200), from, &dues(from, 30, 12).unwrap(), plan, 1_200, 1_000).unwrap()
}

fn drawn(amount: TokenAmount, dues: &[ChainEpoch], plan: Plan) -> Result<Schedule, Error> {
    Schedule::new(&amount, START, dues, plan, 1_200, 1_000)
}

fn sums(principal: i128, interest: i128, charge: i128) -> Sums {
    Sums { principal: atto(principal), interest: atto(interest), charge: atto(charge) }
}

/// Its parts, and what they come to.
fn parts(instalment: &Instalment) -> (Sums, TokenAmount) {
    let Instalment { principal, interest, charge, .. } = instalment.clone();
    let sums = Sums { principal, interest, charge };
    let total = sums.total();
    (sums, total)
}

#[test]
fn instalments_are_due_at_the_ends_of_days() {
    let at = |day| day * DAY;
    assert_eq!(dues(START, 30, 3), Ok(vec![at(1_030), at(1_060), at(1_090)]));
    assert_eq!(dues(START + 1, 30, 2), Ok(vec![at(1_031), at(1_061)]));
    assert_eq!(dues(START + DAY - 1, 366, 1), Ok(vec![at(1_367)]));
    assert_eq!(dues(-1, 1, 1), Ok(vec![at(1)]));
}

#[test]
fn there_are_1_to_60_instalments() {
    let refused = Err(Error::Schedule("not 1 to 60 instalments"));
    assert_eq!(dues(START, 30, 0), refused);
    assert_eq!(dues(START, 30, 60).unwrap().len(), 60);
    assert_eq!(dues(START, 30, 61), refused);
    let refused = Err(Error::Schedule("not 1 to 60 instalments"));
    assert_eq!(drawn(fil(1), &[], Plan::Level), refused);
    let many: Vec<_> = (1..=61).map(|day| START + day * DAY).collect();
    assert_eq!(drawn(fil(1), &many, Plan::Level), refused);
    assert!(drawn(fil(1), &many[1..], Plan::Level).is_ok());
}

#[test]
fn there_are_1_to_366_days_between_instalments() {
    let refused = Err(Error::Schedule("not 1 to 366 days between instalments"));
    assert_eq!(dues(START, 0, 1), refused);
    assert!(dues(START, 1, 1).is_ok() && dues(START, 366, 1).is_ok());
    assert_eq!(dues(START, 367, 1), refused);
}

#[test]
fn there_are_no_due_epochs_after_the_last() {
    let last = ChainEpoch::MAX / DAY * DAY;
    assert_eq!(dues(last - DAY, 1, 1), Ok(vec![last]));
    let refused = |what| Err(shared::Error::Overflow(what).into());
    assert_eq!(dues(last - DAY, 1, 2), refused("a due epoch"));
    assert_eq!(dues(last + 1, 1, 1), refused("the end of a day"));
}

#[test]
fn due_epochs_ascend_from_after_the_draw() {
    for (plan, days) in [(Plan::Level, [0, 1]), (Plan::Bullet, [1, 1]), (Plan::Bullet, [2, 1])] {
        let refused = Err(Error::Schedule("due epochs do not ascend"));
        assert_eq!(drawn(fil(1), &days.map(|day| START + day * DAY), plan), refused);
    }
}

#[test]
fn periods_are_even_for_level_instalments_but_for_the_first() {
    let [one, two, four] = [1, 2, 4].map(|day| START + day * DAY);
    let refused = Err(Error::Schedule("level, with uneven periods"));
    assert_eq!(drawn(fil(1), &[one, two, four], Plan::Level), refused);
    assert!(drawn(fil(1), &[two, four], Plan::Level).is_ok());
    assert!(drawn(fil(1), &[one, four], Plan::Level).is_ok());
    assert!(drawn(fil(1), &[one, two, four], Plan::Bullet).is_ok());
}

#[test]
fn nothing_cannot_be_drawn() {
    let due = dues(START, 30, 1).unwrap();
    for nothing in [0, -1] {
        let refused = Err(Error::Schedule("nothing is drawn"));
        assert_eq!(drawn(atto(nothing), &due, Plan::Bullet), refused);
    }
    assert!(drawn(atto(1), &due, Plan::Bullet).is_ok());
}

#[test]
fn no_more_is_charged_than_the_interest() {
    let due = dues(START, 365, 1).unwrap();
    let charged = |part| Schedule::new(&fil(1), START, &due, Plan::Bullet, 10_000, part);
    assert_eq!(charged(10_001), Err(Error::Schedule("more charged than interest")));
    let all = charged(10_000).unwrap().total();
    assert_eq!((all.interest, all.charge), (fil(0), fil(1)));
}

#[test]
fn no_instalment_is_of_nothing() {
    let three = dues(START, 30, 3).unwrap();
    let draw = |amount, plan, rate| Schedule::new(&atto(amount), START, &three, plan, rate, 0);
    let refused = Err(Error::Schedule("an instalment of nothing"));
    // Rounding up would repay 4 as 2, 2 and 0, and 2 as 1, 1 and 0.
    for repaid_early in [4, 2, 1] {
        assert_eq!(draw(repaid_early, Plan::Level, 0), refused);
    }
    let repaid = |amount| draw(amount, Plan::Level, 0).unwrap();
    let principal = |schedule: Schedule| schedule.instalments.into_iter().map(|i| i.principal);
    assert!(principal(repaid(3)).eq([1, 1, 1].map(atto)));
    assert!(principal(repaid(5)).eq([2, 2, 1].map(atto)));
    assert_eq!(draw(3, Plan::Level, 1), refused);
    assert_eq!(draw(1_000, Plan::Bullet, 0), refused);
    assert!(draw(1, Plan::Bullet, 1).is_ok());
}

/// The numbers are worked out apart from this crate, in exact fractions.
#[test]
fn level_instalments_are_an_annuity() {
    let level = year(Plan::Level, START);
    // 106.526288297724701313…, rounded up, and one.
    let payment = atto(106_526288297724701315);
    let expected = [
        (94_690671859368536931, 10_652054794520547946, 1_183561643835616438),
        (95_624607253049980035, 9_811512940207249152, 1_090168104467472128),
        (96_567754064312938742, 8_962680810070586316, 995853423341176257),
        (97_520203145495203343, 8_105476637006548175, 900608515222949797),
        (98_482046245012416308, 7_239817847441056507, 804424205271228500),
        (99_453376016196100414, 6_365621053375740811, 707291228152860090),
        (100_434286026218856473, 5_482802044355260358, 609200227150584484),
        (101_424870765107590400, 4_591275779355399824, 510141753261711091),
        (102_425225654845637867, 3_690956378591157104, 410106264287906344),
        (103_435447058564663336, 2_781757115244034182, 309084123916003797),
        (104_455632289827218920, 1_863590407107734156, 207065600789748239),
        (105_485879622000857231, 936367808151459665, 104040867572384407),
    ];
    assert_eq!(level.instalments.len(), 12);
    for (i, (instalment, (principal, interest, charge))) in
        (1..).zip(level.instalments.iter().zip(expected))
    {
        assert_eq!(instalment.due, START + i * 30 * DAY);
        let short = if i == 12 { atto(12) } else { atto(0) };
        assert_eq!(parts(instalment), (sums(principal, interest, charge), &payment - short));
    }
    let total = sums(1_200_000_000_000_000_000_000, 70_483913615426774196, 7_831545957269641572);
    assert_eq!(level.total(), total);
}

#[test]
fn a_longer_first_period_has_its_interest_on_top() {
    let (regular, stub) = (year(Plan::Level, START), year(Plan::Level, START + DAY - 1_000));
    let first = sums(94_690671859368536931, 10_775342465753424659, 1_197260273972602739);
    assert_eq!(parts(&stub.instalments[0]), (first, atto(106_663274599094564329)));
    assert_eq!(stub.instalments[0].due, START + 31 * DAY);
    for (instalment, other) in stub.instalments.iter().zip(&regular.instalments).skip(1) {
        assert_eq!(parts(instalment), parts(other));
    }
}

#[test]
fn a_shorter_first_period_has_less_interest_and_the_same_principal() {
    let dues = dues(START, 30, 12).unwrap();
    let late = |from| Schedule::new(&fil(1_200), from, &dues, Plan::Level, 1_200, 0).unwrap();
    let (regular, late) = (late(START), late(START + 29 * DAY));
    assert_eq!(late.instalments[0].principal, regular.instalments[0].principal);
    // 1,200 FIL × 12 percent ÷ 365.
    assert_eq!(late.instalments[0].interest, atto(394520547945205480));
    assert_eq!(late.instalments[1..], regular.instalments[1..]);
}

#[test]
fn a_bullet_pays_interest_and_the_principal_with_the_last() {
    let bullet = year(Plan::Bullet, START);
    // 1,200 FIL × 12 percent × 30 ÷ 365, a tenth of it charged.
    let interest = sums(0, 10_652054794520547946, 1_183561643835616438);
    let (last, others) = bullet.instalments.split_last().unwrap();
    for instalment in others {
        assert_eq!(parts(instalment).0, interest);
    }
    assert_eq!(parts(last).0, Sums { principal: fil(1_200), ..interest });
}

#[test]
fn one_instalment_repays_everything_under_either_plan() {
    let due = dues(START + 1, 364, 1).unwrap();
    let repaid = |plan| drawn(fil(100), &due, plan).unwrap();
    assert_eq!(repaid(Plan::Level), repaid(Plan::Bullet));
    assert_eq!(
        repaid(Plan::Level).total(),
        Sums { principal: fil(100), ..sums(0, 10_800000000000000000, 1_200000000000000000) }
    );
}

#[test]
fn what_is_due_is_due_from_its_epoch_on() {
    let level = year(Plan::Level, START);
    let (first, _) = parts(&level.instalments[0]);
    let due = START + 30 * DAY;
    assert_eq!([START, due - 1].map(|now| level.due(now)), [Sums::default(), Sums::default()]);
    assert_eq!([due, due + 1].map(|now| level.due(now)), [first.clone(), first]);
    assert_eq!(level.maturity(), START + 360 * DAY);
    assert_eq!(level.due(level.maturity()), level.total());
    assert_ne!(level.due(level.maturity() - 1), level.total());
}

#[test]
fn the_next_instalment_is_the_first_that_is_not_due() {
    let level = year(Plan::Level, START);
    let next = |now| level.next(now).map(|instalment| instalment.due);
    let (first, second) = (START + 30 * DAY, START + 60 * DAY);
    assert_eq!([0, first - 1].map(next), [Some(first), Some(first)]);
    assert_eq!([first, second - 1].map(next), [Some(second), Some(second)]);
    assert_eq!(next(level.maturity() - 1), Some(level.maturity()));
    assert_eq!(next(level.maturity()), None);
}

/// Two periods of a day each; the lenders have 2,880 × 3 + 5 attoFIL of interest for the first.
fn two_days() -> Schedule {
    let instalment = |day, interest, charge| Instalment {
        due: START + day * DAY,
        principal: atto(50),
        interest: atto(interest),
        charge: atto(charge),
    };
    Schedule { from: START, instalments: vec![instalment(1, 8_645, 100), instalment(2, 2_879, 1)] }
}

#[test]
fn interest_accrues_in_whole_atto_and_the_rest_at_the_end() {
    let schedule = two_days();
    let accrued = |after| schedule.accrued(START + after);
    assert_eq!([-1, 0, 1, 2].map(accrued), [0, 0, 3, 6].map(atto));
    assert_eq!([DAY - 1, DAY].map(accrued), [8_637, 8_645].map(atto));
    assert_eq!([2 * DAY - 1, 2 * DAY, 3 * DAY].map(accrued), [8_645, 11_524, 11_524].map(atto));
}

#[test]
fn a_payoff_has_all_principal_and_the_interest_up_to_now_rounded_up() {
    let schedule = two_days();
    let payoff = |after| schedule.payoff(START + after);
    assert_eq!([-1, 0].map(payoff), [sums(100, 0, 0), sums(100, 0, 0)]);
    // 3.0017… and 0.0347…; 4,322.5 and 50.
    assert_eq!([1, DAY / 2].map(payoff), [sums(100, 4, 1), sums(100, 4_323, 50)]);
    assert_eq!([DAY, DAY + 1].map(payoff), [sums(100, 8_645, 100), sums(100, 8_646, 101)]);
    assert_eq!([2 * DAY, 3 * DAY].map(payoff), [schedule.total(), schedule.total()]);
}

/// Any draw of up to a million FIL, at any time of a loan: with those of its dues that are left.
pub fn any_schedule() -> impl Strategy<Value = Schedule> {
    let terms = (1..=40u32, 1..=24u32, prop::bool::ANY, 0..=10_000u32, 0..=10_000u32);
    let draw = (0..=60i64, 0..DAY, 1..=1_000_000u32, 5..=24u32);
    (terms, draw).prop_filter_map("repaid by rounding", |(terms, draw)| {
        let (days_between, count, level, rate, charged) = terms;
        let (day, epoch, digits, zeros) = draw;
        let from = START + day * DAY + epoch;
        let mut dues = dues(START, days_between, count).unwrap();
        dues.retain(|due| *due > from);
        let amount = atto(i128::from(digits) * 10_i128.pow(zeros - 5) + 7);
        let plan = if level { Plan::Level } else { Plan::Bullet };
        Schedule::new(&amount, from, &dues, plan, rate, charged).ok()
    })
}

proptest! {
    #[test]
    fn all_that_is_drawn_is_repaid_with_interest_rounded_up(
        amount in 1_000_000..=u128::from(u64::MAX) * 1_000_000, from in 0..=START,
        between in 1..=366u32, count in 1..=60u32, level: bool,
        rate in 1..=10_000u32, charged in 0..=10_000u32,
    ) {
        let amount = TokenAmount::from_atto(amount);
        let plan = if level { Plan::Level } else { Plan::Bullet };
        let dues = dues(from, between, count).unwrap();
        let schedule = Schedule::new(&amount, from, &dues, plan, rate, charged).unwrap();
        prop_assert!(schedule.instalments.iter().map(|i| i.due).eq(dues));
        prop_assert_eq!(schedule.total().principal, amount.clone());
        let whole = BigInt::from(10_000 * YEAR);
        let mut outstanding = amount;
        for (start, instalment) in schedule.periods() {
            let interest = &instalment.interest + &instalment.charge;
            let length = instalment.due - start;
            let over = interest.atto() * &whole - outstanding.atto() * rate * length;
            prop_assert!(over >= BigInt::zero() && over < whole);
            let uncharged = interest.atto() * charged - instalment.charge.atto() * 10_000;
            prop_assert!(uncharged >= BigInt::zero() && uncharged < BigInt::from(10_000));
            let last = instalment.due == schedule.maturity();
            prop_assert_eq!(level || last, instalment.principal.is_positive());
            outstanding -= &instalment.principal;
        }
        prop_assert!(outstanding.is_zero());
    }

    #[test]
    fn level_instalments_are_of_one_size_and_the_last_is_not_larger(
        amount in 1_000_000..=u128::from(u64::MAX) * 1_000_000, between in 1..=366u32,
        count in 2..=60u32, rate in 0..=10_000u32, charged in 0..=10_000u32,
    ) {
        let amount = TokenAmount::from_atto(amount);
        let dues = dues(START, between, count).unwrap();
        let level = Schedule::new(&amount, START, &dues, Plan::Level, rate, charged).unwrap();
        let sizes: Vec<_> = level.instalments.iter().map(|i| parts(i).1).collect();
        let (last, others) = sizes.split_last().unwrap();
        prop_assert!(others.iter().all(|size| size == &sizes[0]));
        prop_assert!(last <= &sizes[0]);
    }

    #[test]
    fn interest_accrues_up_to_what_is_due_and_a_payoff_covers_it(
        schedule in any_schedule(), mut epochs in prop::collection::vec(0..=1_100 * DAY, 1..40),
    ) {
        let ends = schedule.periods().flat_map(|(start, i)| [start, i.due - 1, i.due]);
        epochs.extend(ends.map(|epoch| epoch - START));
        epochs.sort_unstable();
        let (mut accrued, mut payoff) = (atto(0), atto(0));
        for now in epochs.into_iter().map(|epoch| START + epoch) {
            let (before, due) = (accrued, schedule.due(now));
            accrued = schedule.accrued(now);
            let asked = schedule.payoff(now);
            prop_assert!(before <= accrued && due.interest <= accrued && accrued <= asked.interest);
            prop_assert!(asked.interest <= schedule.total().interest);
            prop_assert!(due.charge <= asked.charge && asked.charge <= schedule.total().charge);
            prop_assert_eq!(&asked.principal, &schedule.total().principal);
            prop_assert!(payoff <= asked.total());
            payoff = asked.total();
        }
        for instalment in &schedule.instalments {
            let due = schedule.due(instalment.due);
            prop_assert_eq!(&schedule.accrued(instalment.due), &due.interest);
            let Sums { interest, charge, .. } = schedule.payoff(instalment.due);
            prop_assert_eq!((interest, charge), (due.interest, due.charge));
        }
        prop_assert_eq!(schedule.payoff(schedule.maturity()), schedule.total());
    }
}
