use super::draws::against_pledge;
use super::loan::{amounts, bullet, milli, plain};
use super::*;

#[test]
fn a_loan_says_what_it_is_and_where_it_stands() {
    let (mut world, loan) = World::running(LoanSpec { deadline: DAY, ..plain() });
    world.pay(loan, fil(150)).unwrap();
    world.at(30).touch(loan);
    let spec = LoanSpec { deadline: DAY, ..plain() };
    let expected = LoanInfo {
        hash: hash(&spec),
        spec,
        agent: AGENTS + loan,
        phase: Phase::Live,
        activated: Some(0),
        drawn: fil(1_200),
        reserved: fil(0),
        paid: amounts(fil(0), fil(0), fil(100)),
        credit: fil(50),
        settled: 1,
        loss: fil(0),
        slashed: fil(0),
    };
    assert_eq!(world.loan_info(loan), expected);
    assert_eq!(world.state.loan_info(&world.store, 2), Err(Error::NoLoan(2)));
}

#[test]
fn a_schedule_has_a_row_for_each_due_epoch() {
    let (mut world, loan) = World::running(bullet());
    world.at(60).pay(loan, fil(37) + milli(80)).unwrap();
    let rows = world.state.schedule(&world.store, loan).unwrap();
    let row = |day, principal, settled| InstalmentInfo {
        due: day * DAY,
        principal: fil(principal),
        interest: fil(36),
        settled,
    };
    assert_eq!(rows.len(), 12);
    assert_eq!(rows[..2], [row(30, 0, true), row(60, 0, false)]);
    assert_eq!(rows[11], row(360, 1_200, false));
}

#[test]
fn a_loan_that_is_not_activated_owes_nothing() {
    let (world, loan) = World::in_phase(Phase::Submitted, plain());
    let none = Due {
        arrears: Amounts::default(),
        overdue_since: None,
        next: None,
        payoff: Amounts::default(),
        impaired_from: None,
        default_from: None,
    };
    assert_eq!(world.due(loan), none);
    assert_eq!(world.state.schedule(&world.store, loan), Ok(Vec::new()));
}

#[test]
fn what_is_due_counts_the_credit() {
    let (mut world, loan) = World::running(bullet());
    world.pay(loan, fil(40)).unwrap();
    let due = world.due(loan);
    assert_eq!(due.arrears, Amounts::default());
    assert_eq!(due.next, Some(NextInstalment { due: 30 * DAY, amount: fil(0) }));
    assert_eq!(due.payoff, amounts(fil(0), fil(0), fil(1_160)));
    let due = world.at(30).due(loan);
    assert_eq!((due.arrears, due.overdue_since), (Amounts::default(), None));
    assert_eq!(due.next, Some(NextInstalment { due: 60 * DAY, amount: fil(32) }));
    let due = world.at(70).due(loan);
    assert_eq!(due.arrears, amounts(milli(320), fil(32), fil(0)));
    assert_eq!(due.next, Some(NextInstalment { due: 90 * DAY, amount: fil(36) }));
    assert_eq!(due.overdue_since, Some(60 * DAY));
    assert_eq!(due.impaired_from, Some(65 * DAY + 1));
    assert_eq!(due.default_from, Some(90 * DAY + 1));
}

#[test]
fn credit_pays_the_fee_for_prepayment_too() {
    let (mut world, loan) = World::running(LoanSpec { prepayment_fee: 100, ..plain() });
    world.pay(loan, fil(1_205)).unwrap();
    assert_eq!(world.due(loan).payoff, amounts(fil(7), fil(0), fil(0)));
    world.pay(loan, fil(100)).unwrap();
    assert_eq!(world.due(loan).payoff, Amounts::default());
    assert_eq!(world.pay_off(loan, fil(0)).unwrap().refunded, fil(93));
}

#[test]
fn what_is_due_says_what_a_payment_then_pays() {
    let (mut world, loan) = World::running(spec());
    world.pay(loan, fil(60)).unwrap();
    let due = world.at(95).due(loan);
    let before = world.loan_info(loan).paid;
    world.touch(loan);
    let after = world.due(loan);
    assert_eq!((&after.arrears, &after.next), (&due.arrears, &due.next));
    assert_eq!(after.payoff.total(), due.payoff.total());
    let payment = world.pay(loan, due.arrears.total()).unwrap();
    assert_eq!((payment.paid, payment.credit), (due.arrears, fil(0)));
    assert_eq!(before.total(), fil(0));
}

#[test]
fn views_change_nothing() {
    let (mut world, loan) = World::running(against_pledge());
    let before = world.state.clone();
    world.at(100);
    let _ = (world.due(loan), world.loan_info(loan), world.collectable(loan));
    assert_eq!(world.state, before);
}

#[test]
fn loans_are_listed_by_number() {
    let mut world = World::lent(3_000);
    let first = world.loan(plain());
    let other = LoanSpec { nonce: 2, miner: MINER + 1, deadline: 30 * DAY, ..plain() };
    world.submit(&other).unwrap();
    world.at(30).pay(first, fil(20)).unwrap();
    world.at(40);
    let list =
        |from, limit| world.state.list_loans(&world.store, &PageParams { from, limit }, world.now);
    let summary = |id, miner, phase, principal, arrears| LoanSummary {
        id,
        borrower: BORROWER,
        miner,
        phase,
        principal,
        arrears,
    };
    let running = summary(first, MINER, Phase::Live, fil(1_180), milli(80_800));
    let waiting = summary(2, MINER + 1, Phase::Submitted, fil(0), fil(0));
    assert_eq!(list(1, 100), Ok([running.clone(), waiting.clone()].into()));
    assert_eq!((list(1, 1), list(2, 5)), (Ok([running].into()), Ok([waiting].into())));
    assert_eq!((list(1, 0), list(1, 101)), (Err(Error::Page(100)), Err(Error::Page(100))));
}
