//! Each bound where it is the least.

use actor_lending_market::schedule::Schedule;
use fvm_harness::atto;

use super::super::limit::{Income, bounds};
use super::super::rate::rate;
use super::*;

#[test]
fn collateral_carries_a_debt_of_a_part_of_its_value() {
    assert_eq!(bound(|facts, _| facts.collateral.value = fil(1_000)), ("collateral", fil(800)));
    let by_half = bound(|facts, wish| {
        facts.collateral.value = fil(1_000);
        wish.max_debt = 5_000;
    });
    assert_eq!(by_half, ("collateral", fil(500)));
    // Rounded down.
    assert_eq!(bound(|facts, _| facts.collateral.value = atto(4)), ("collateral", atto(3)));
}

#[test]
fn an_underwriter_has_no_more_out_than_its_ceiling() {
    assert_eq!(bound(|facts, _| facts.standing.limits.ceiling = fil(1_600)), ("ceiling", fil(600)));
    // One whose ceiling was lowered since has nothing to lend.
    assert_eq!(bound(|facts, _| facts.standing.limits.ceiling = fil(900)), ("ceiling", fil(0)));
}

#[test]
fn an_underwriter_commits_no_more_in_a_period_than_it_may() {
    let (what, room) = bound(|facts, _| facts.standing.limits.per_period = fil(1_600));
    assert_eq!((what, room), ("period", fil(600)));
    let (what, room) = bound(|facts, _| {
        facts.standing.limits.per_period = fil(700);
        facts.now = facts.standing.period_start + facts.standing.limits.period;
        facts.vesting.iter_mut().for_each(|(epoch, _)| *epoch += 30 * DAY);
    });
    assert_eq!((what, room), ("period", fil(700)), "a period that is over counts no more");
}

#[test]
fn cover_is_a_part_of_what_is_out_where_the_rules_ask_for_it() {
    // 160 FIL are a tenth of 1,600, of which 1,000 are out.
    assert_eq!(bound(|facts, _| facts.standing.cover = fil(160)), ("cover", fil(600)));
    let assessment = assessed(|facts, _| {
        facts.standing.cover = fil(0);
        facts.rules.min_cover = 0;
    });
    assert!(assessment.bounds.iter().all(|bound| bound.what != "cover"));
}

#[test]
fn only_cash_is_lent_that_nothing_is_reserved_for() {
    assert_eq!(
        bound(|facts, _| facts.pool.reserved = &facts.pool.cash - fil(300)),
        ("cash", fil(300))
    );
}

#[test]
fn nothing_is_lent_while_lenders_wait_to_exit() {
    let assessment = assessed(|facts, _| facts.pool.queued = atto(1));
    let binding = assessment.binding().unwrap();
    assert_eq!((binding.what, &binding.amount), ("cash", &fil(0)));
    assert!(binding.why.contains("lenders wait"), "{}", binding.why);
}

#[test]
fn instalments_take_no_more_than_their_part_of_the_income() {
    let (facts, wish) = (facts(), wish());
    // 10 FIL a day, of which three quarters may go into instalments.
    let income = Income::new(&facts, &wish).unwrap();
    let told = (income.days, income.vests, income.per_period, income.spendable);
    assert_eq!(told, (180, fil(1_800), fil(300), fil(2_700)));
    let (what, limit) = bound(|_, _| {});
    assert_eq!(what, "income");
    let dues = actor_lending_market::schedule::dues(facts.now, 30, 12).unwrap();
    let all = |amount: &TokenAmount| {
        let rate = rate(&facts, &wish, amount).rate;
        Schedule::new(amount, facts.now, &dues, wish.plan, rate, 0).unwrap().total().total()
    };
    assert!(all(&limit) <= fil(2_700) && all(&(&limit + atto(1_000))) > fil(2_700), "{limit}");
}

#[test]
fn what_has_vested_or_vests_after_the_loan_is_no_income() {
    let vests = |wish: &Wish, facts: &Facts| Income::new(facts, wish).unwrap().vests;
    let (mut facts, wish) = (facts(), Wish { instalments: 3, ..wish() });
    assert_eq!(vests(&wish, &facts), fil(900));
    facts.now += DAY;
    // The day that has passed is gone, and another has come.
    assert_eq!(vests(&wish, &facts), fil(900));
    facts.vesting.truncate(1);
    assert_eq!(vests(&wish, &facts), fil(0));
}

#[test]
fn a_bullet_carries_less_than_level_instalments() {
    let level = bound(|_, _| {}).1;
    let (what, bullet) = bound(|_, wish| wish.plan = Plan::Bullet);
    assert!(what == "income" && bullet < level, "{bullet} {level}");
}

/// So that whoever is told a limit gets a loan of it.
#[test]
fn a_limit_does_not_depend_on_the_wish_and_is_lent() {
    let limit = bound(|_, wish| wish.amount = fil(1)).1;
    let much = assessed(|_, wish| wish.amount = fil(50_000));
    assert_eq!(much.limit, limit);
    let Verdict::Refuse(reasons) = much.verdict else { panic!("too much") };
    assert!(reasons[0].contains("by the income") && reasons[0].contains("longer"), "{reasons:?}");
    assert_eq!(assessed(|_, wish| wish.amount = limit.clone()).verdict, Verdict::Lend);
    let more = assessed(|_, wish| wish.amount = &limit + atto(1));
    assert_ne!(more.verdict, Verdict::Lend);
}

#[test]
fn every_bound_says_its_figures_and_what_raises_it() {
    for bound in bounds(&facts(), &wish()).unwrap() {
        assert!(bound.why.chars().any(|c| c.is_ascii_digit()), "{bound:?}");
        assert!(!bound.advice.is_empty(), "{bound:?}");
    }
}
