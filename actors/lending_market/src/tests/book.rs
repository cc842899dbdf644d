use alloc::vec::Vec;
use core::ops::Deref;

use cid::Cid;
use fvm_ipld_blockstore::MemoryBlockstore;
use fvm_shared::clock::ChainEpoch;
use proptest::prelude::*;

use super::schedule::{START, any_schedule};
use super::*;
use crate::book::{Book, SPREAD_DAYS};
use crate::error::Error;
use crate::schedule::*;

/// A book with its store, in the hands of someone who keeps the interest as the pool does.
struct Shelf {
    store: MemoryBlockstore,
    book: Book,
}

impl Deref for Shelf {
    type Target = Book;
    fn deref(&self) -> &Book {
        &self.book
    }
}

impl Shelf {
    fn at(now: ChainEpoch) -> Self {
        let store = MemoryBlockstore::default();
        let book = Book::empty(&store, now).unwrap();
        Shelf { store, book }
    }

    /// With a schedule that starts now.
    fn with(mut self, schedule: &Schedule) -> Self {
        self.start(schedule);
        self
    }

    fn accrue(&mut self, now: ChainEpoch) -> TokenAmount {
        self.book.accrue(&self.store, now).unwrap()
    }

    fn start(&mut self, schedule: &Schedule) {
        let now = self.at;
        self.book.start(&self.store, core::slice::from_ref(schedule), now).unwrap();
        self.book.interest += schedule.accrued(now);
    }

    fn stop(&mut self, schedule: &Schedule) {
        let now = self.at;
        self.book.stop(&self.store, core::slice::from_ref(schedule), now).unwrap();
        self.book.interest -= schedule.accrued(now);
    }

    fn spread(&mut self, amount: &TokenAmount) {
        let now = self.at;
        self.book.spread(&self.store, amount, now).unwrap();
    }

    fn root(&self) -> (TokenAmount, Cid) {
        (self.rate.clone(), self.steps)
    }
}

/// Drawn at this epoch: 1,200 FIL at 12 percent a year, in twelve level instalments, 30 days apart.
fn year(from: ChainEpoch) -> Schedule {
    let dues = dues(from, 30, 12).unwrap();
    Schedule::new(&fil(1_200), from, &dues, Plan::Level, 1_200, 1_000).unwrap()
}

#[test]
fn a_book_with_no_loans_gains_nothing() {
    let mut shelf = Shelf::at(START);
    assert_eq!(shelf.accrue(START + 1_000 * DAY), atto(0));
    assert_eq!((shelf.at, shelf.value()), (START + 1_000 * DAY, atto(0)));
}

#[test]
fn a_book_is_worth_its_principal_and_its_interest() {
    let mut shelf = Shelf::at(START);
    shelf.book.principal = atto(100);
    shelf.book.interest = atto(-1);
    assert_eq!(shelf.value(), atto(99));
}

#[test]
fn a_schedule_accrues_as_it_says() {
    let schedule = year(START + 700);
    let mut shelf = Shelf::at(START + 700).with(&schedule);
    let mut gained = atto(0);
    for (_, Instalment { due, .. }) in schedule.periods() {
        for now in [*due - DAY - 1, due - 1, *due, due + 1] {
            gained += shelf.accrue(now);
            assert_eq!(shelf.interest, schedule.accrued(now));
        }
    }
    assert_eq!((&gained, &shelf.rate), (&schedule.total().interest, &atto(0)));
    shelf.accrue(schedule.maturity() + 10 * DAY);
    assert_eq!(shelf.interest, gained);
}

#[test]
fn a_schedule_that_has_run_for_a_while_accrues_from_now_on() {
    let schedule = year(START);
    for from in [30 * DAY - 1, 30 * DAY, 45 * DAY + 5, 360 * DAY, 361 * DAY].map(|e| START + e) {
        let mut shelf = Shelf::at(from).with(&schedule);
        for now in [from + 1, START + 60 * DAY, START + 400 * DAY] {
            if now > from {
                shelf.accrue(now);
                assert_eq!(shelf.interest, schedule.accrued(now));
            }
        }
    }
}

#[test]
fn accrual_is_of_the_epochs_since_the_last_and_no_others() {
    let mut shelf = Shelf::at(START + 5).with(&year(START + 5));
    let pace = shelf.rate.clone();
    assert_eq!(shelf.accrue(START + 5), atto(0));
    assert_eq!(shelf.accrue(START + 8), &pace * 3);
    assert_eq!(shelf.accrue(START + 8), atto(0));
    assert_eq!(shelf.accrue(START + 2 * DAY), &pace * (2 * DAY - 8));
}

#[test]
fn a_book_does_not_go_back() {
    let mut shelf = Shelf::at(START).with(&year(START));
    let refused = shared::Error::state("book", "accrued beyond this epoch").into();
    assert_eq!(shelf.book.accrue(&shelf.store, START - 1), Err(refused));
}

#[test]
fn nothing_changes_in_a_book_that_is_not_accrued() {
    let mut shelf = Shelf::at(START);
    let refused: Result<(), Error> =
        Err(shared::Error::state("book", "not accrued to this epoch").into());
    for now in [START - 1, START + 1] {
        let (book, store, schedules) = (&mut shelf.book, &shelf.store, [year(START)]);
        assert_eq!(book.start(store, &schedules, now), refused);
        assert_eq!(book.stop(store, &schedules, now), refused);
        assert_eq!(book.spread(store, &atto(1), now), refused);
    }
}

#[test]
fn nothing_changes_within_a_day() {
    let mut shelf = Shelf::at(START);
    let mut schedule = year(START);
    schedule.instalments[11].due += 1;
    let refused = shared::Error::state("book", "a step within a day").into();
    assert_eq!(shelf.book.start(&shelf.store, &[schedule], START), Err(refused));
}

#[test]
fn stopping_undoes_starting_whenever_that_was() {
    let (first, second) = (year(START + 7), year(START + DAY));
    let mut shelf = Shelf::at(START + 7);
    let empty = shelf.root();
    shelf.start(&first);
    let one = shelf.root();
    assert_ne!(one, empty);
    shelf.start(&second);
    shelf.stop(&second);
    assert_eq!(shelf.root(), one);
    shelf.stop(&first);
    assert_eq!(shelf.root(), empty);

    shelf.start(&first);
    shelf.accrue(START + 29 * DAY);
    shelf.stop(&first);
    assert_eq!(shelf.root(), empty);
    assert_eq!(shelf.interest, atto(0));
}

#[test]
fn several_schedules_start_at_once_as_they_do_one_by_one() {
    let schedules = [year(START - 40 * DAY), year(START - 9), year(START)];
    let (mut together, mut apart) = (Shelf::at(START), Shelf::at(START));
    together.book.start(&together.store, &schedules, START).unwrap();
    for schedule in &schedules {
        apart.start(schedule);
    }
    assert_eq!(together.root(), apart.root());
    together.book.stop(&together.store, &schedules, START).unwrap();
    assert_eq!(together.root(), Shelf::at(START).root());
}

#[test]
fn a_schedule_that_has_ended_leaves_the_array_alone() {
    let schedules = [year(START)];
    let mut shelf = Shelf::at(schedules[0].maturity());
    // Not even the root is there to be read.
    let nowhere = MemoryBlockstore::default();
    let (book, now) = (&mut shelf.book, schedules[0].maturity());
    let before = book.clone();
    assert_eq!(book.start(&nowhere, &schedules, now), Ok(()));
    assert_eq!(book.stop(&nowhere, &schedules, now), Ok(()));
    assert_eq!(book.spread(&nowhere, &atto(0), now), Ok(()));
    assert_eq!(book.accrue(&nowhere, now + DAY - 1), Ok(atto(0)));
    assert_eq!(*book, Book { at: now + DAY - 1, ..before });
    assert!(book.accrue(&nowhere, now + DAY).is_err());
}

#[test]
fn income_that_is_spread_comes_back_by_the_end_of_its_last_day() {
    let length = SPREAD_DAYS * DAY + DAY - 10;
    let mut shelf = Shelf::at(START + 10);
    shelf.spread(&atto(i128::from(3 * length + 7)));
    assert_eq!(shelf.interest, atto(-i128::from(3 * length + 7)));
    assert_eq!(shelf.accrue(START + 11), atto(3));
    shelf.accrue(START + 10 + length - 1);
    assert_eq!(shelf.interest, atto(-3 - 7));
    assert_eq!(shelf.accrue(START + 10 + length), atto(3 + 7));
    assert_eq!((&shelf.interest, &shelf.rate), (&atto(0), &atto(0)));
    assert_eq!(shelf.accrue(START + 20 * DAY), atto(0));
}

#[test]
fn income_at_the_end_of_a_day_is_spread_over_seven() {
    let mut shelf = Shelf::at(START);
    shelf.spread(&atto(7 * i128::from(DAY)));
    assert_eq!(shelf.accrue(START + 1), atto(1));
    assert_eq!(shelf.accrue(START + 7 * DAY - 1), atto(7 * i128::from(DAY) - 2));
    assert_eq!(shelf.accrue(START + 7 * DAY), atto(1));
    assert_eq!(shelf.rate, atto(0));
}

#[derive(Clone, Debug)]
enum Act {
    Wait(ChainEpoch),
    /// A schedule that begins so many epochs ago.
    Start(Schedule),
    Stop(prop::sample::Index),
    Spread(u64),
}

fn any_act() -> impl Strategy<Value = Act> {
    prop_oneof![
        2 => (0..3 * DAY).prop_map(Act::Wait),
        2 => (0..90i64).prop_map(|days| Act::Wait(days * DAY)),
        3 => any_schedule().prop_map(Act::Start),
        2 => any::<prop::sample::Index>().prop_map(Act::Stop),
        1 => any::<u64>().prop_map(Act::Spread),
    ]
}

/// What is out of the interest at an epoch, of an amount that was spread at another.
fn still_to_come(amount: u64, at: ChainEpoch, now: ChainEpoch) -> TokenAmount {
    let end = (at + SPREAD_DAYS * DAY).div_euclid(DAY) * DAY;
    let end = if at % DAY == 0 { end } else { end + DAY };
    if now >= end {
        return atto(0);
    }
    let pace = i128::from(amount) / i128::from(end - at);
    atto(i128::from(amount) - pace * i128::from(now - at))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_book_is_the_sum_of_its_schedules_in_any_order(
        acts in prop::collection::vec(any_act(), 1..40),
    ) {
        // After the latest epoch at which any schedule begins.
        let mut shelf = Shelf::at(START + 61 * DAY);
        let empty = shelf.root();
        let (mut running, mut spread) = (Vec::<Schedule>::new(), Vec::new());
        for act in acts {
            let now = shelf.at;
            match act {
                Act::Wait(epochs) => {
                    let before = shelf.interest.clone();
                    let gained = shelf.accrue(now + epochs);
                    prop_assert_eq!(&gained, &(&shelf.interest - before));
                    prop_assert!(!gained.is_negative());
                }
                Act::Start(schedule) => {
                    shelf.start(&schedule);
                    running.push(schedule);
                }
                Act::Stop(index) if !running.is_empty() => {
                    let schedule = running.swap_remove(index.index(running.len()));
                    shelf.stop(&schedule);
                }
                Act::Stop(_) => {}
                Act::Spread(amount) => {
                    shelf.spread(&TokenAmount::from_atto(amount));
                    spread.push((amount, now));
                }
            }
            let now = shelf.at;
            let accrued: TokenAmount = running.iter().map(|s| s.accrued(now)).sum();
            let coming = spread.iter().map(|(amount, at)| still_to_come(*amount, *at, now));
            prop_assert_eq!(&shelf.interest, &(accrued - coming.sum::<TokenAmount>()));
            prop_assert!(!shelf.rate.is_negative());
        }
        shelf.accrue(shelf.at + 10_000 * DAY);
        prop_assert_eq!(&shelf.interest, &running.iter().map(|s| s.total().interest).sum());
        prop_assert_eq!(&shelf.rate, &empty.0);
    }

    #[test]
    fn it_does_not_matter_when_a_book_is_accrued(
        schedules in prop::collection::vec(any_schedule(), 1..6),
        mut epochs in prop::collection::vec(0..1_000 * DAY, 2..30),
    ) {
        epochs.sort_unstable();
        let start = START + 61 * DAY;
        let (mut often, mut once) = (Shelf::at(start), Shelf::at(start));
        for schedule in &schedules {
            often.start(schedule);
            once.start(schedule);
        }
        let gained: TokenAmount = epochs.iter().map(|epoch| often.accrue(start + epoch)).sum();
        prop_assert_eq!(gained, once.accrue(start + epochs.last().unwrap()));
        prop_assert_eq!(&often.book, &once.book);
    }
}
