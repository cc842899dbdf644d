use super::loan::plain;
use super::schedule::START;
use super::*;
use crate::rules::MAX_PERIOD;
use crate::spec::{MAX_RESERVE, Term, late_fee_up, message};

fn checked(change: impl FnOnce(&mut LoanSpec)) -> Result<(), Error> {
    checked_by(rules(), change)
}

fn checked_by(rules: Rules, change: impl FnOnce(&mut LoanSpec)) -> Result<(), Error> {
    let mut spec = spec();
    change(&mut spec);
    spec.check(HERE, &rules, 0)
}

fn pledge(spec: &mut LoanSpec, window: ChainEpoch) {
    spec.draws = Draws::Pledge(PledgeDraws { max_draw: fil(100), window });
}

#[test]
fn a_tag_and_all_of_the_specification_are_signed() {
    let signed = message(&spec()).unwrap();
    assert!(DOMAIN.ends_with(b"\n"));
    let of: LoanSpec = fvm_ipld_encoding::from_slice(signed.strip_prefix(DOMAIN).unwrap()).unwrap();
    assert_eq!(of, spec());
}

#[test]
fn a_change_of_any_field_changes_what_is_signed() {
    // A field that is added here needs its change below.
    let LoanSpec {
        chain_id: _,
        market: _,
        underwriter: _,
        borrower: _,
        miner: _,
        amount: _,
        plan: _,
        instalments: _,
        days_between: _,
        rate: _,
        late_rate: _,
        origination_fee: _,
        prepayment_fee: _,
        grace: _,
        control: _,
        max_debt: _,
        draws: _,
        payee: _,
        refinances: _,
        nonce: _,
        deadline: _,
    } = spec();
    let fields: [fn(&mut LoanSpec); 21] = [
        |spec| spec.chain_id += 1,
        |spec| spec.market += 1,
        |spec| spec.underwriter += 1,
        |spec| spec.borrower += 1,
        |spec| spec.miner += 1,
        |spec| spec.amount += atto(1),
        |spec| spec.plan = Plan::Bullet,
        |spec| spec.instalments += 1,
        |spec| spec.days_between += 1,
        |spec| spec.rate += 1,
        |spec| spec.late_rate += 1,
        |spec| spec.origination_fee += 1,
        |spec| spec.prepayment_fee += 1,
        |spec| spec.grace += 1,
        |spec| spec.control = Control::Beneficiary,
        |spec| spec.max_debt += 1,
        |spec| pledge(spec, DAY),
        |spec| spec.payee = Some(0),
        |spec| spec.refinances = Some(0),
        |spec| spec.nonce += 1,
        |spec| spec.deadline += 1,
    ];
    let signed = |change: &fn(&mut LoanSpec)| {
        let mut spec = spec();
        change(&mut spec);
        message(&spec).unwrap()
    };
    let within: [fn(&mut LoanSpec); 5] = [
        |spec| pledge(spec, DAY + 1),
        |spec| {
            let max_draw = fil(100) + atto(1);
            spec.draws = Draws::Pledge(PledgeDraws { max_draw, window: DAY });
        },
        |spec| spec.payee = Some(1),
        |spec| spec.refinances = Some(1),
        |_| {},
    ];
    let mut messages: Vec<_> = fields.iter().chain(&within).map(signed).collect();
    messages.sort();
    messages.dedup();
    assert_eq!(messages.len(), 26);
    // The CBOR is an array of as many.
    assert_eq!(messages[0][DOMAIN.len()], 0x80 + u8::try_from(fields.len()).unwrap());
}

#[test]
fn a_specification_is_for_one_chain_and_one_market() {
    assert_eq!(checked(|spec| spec.chain_id = 1), Err(Error::OtherChain(1)));
    assert_eq!(checked(|spec| spec.market = 1), Err(Error::OtherMarket(1)));
    assert_eq!(checked(|_| {}), Ok(()));
}

#[test]
fn a_specification_is_good_until_its_deadline_at_most_30_days_on() {
    assert_eq!(checked(|spec| spec.deadline = -1), Err(Error::Deadline(-1)));
    assert_eq!(checked(|spec| spec.deadline = 0), Ok(()));
    assert_eq!(checked(|spec| spec.deadline = MAX_RESERVE), Ok(()));
    let refused = checked(|spec| spec.deadline = MAX_RESERVE + 1);
    assert_eq!(refused, Err(Error::Spec("deadline")));
}

#[test]
fn rates_are_at_most_a_whole_and_fees_a_tenth() {
    type Field = fn(&mut LoanSpec) -> &mut BasisPoints;
    let fields: [(&str, Field, u32); 4] = [
        ("rate", |spec| &mut spec.rate, 10_000),
        ("late rate", |spec| &mut spec.late_rate, 10_000),
        ("origination fee", |spec| &mut spec.origination_fee, 1_000),
        ("prepayment fee", |spec| &mut spec.prepayment_fee, 1_000),
    ];
    for (name, field, most) in fields {
        assert_eq!(checked(|spec| *field(spec) = 0), Ok(()), "{name}");
        assert_eq!(checked(|spec| *field(spec) = most), Ok(()), "{name}");
        assert_eq!(checked(|spec| *field(spec) = most + 1), Err(Error::Spec(name)));
    }
}

#[test]
fn grace_is_1_to_365_days_and_not_over_before_impairment() {
    let early = || Rules { impair_after: DAY, ..rules() };
    let refused = Err(Error::Spec("grace"));
    assert_eq!(checked_by(early(), |spec| spec.grace = DAY - 1), refused);
    assert_eq!(checked_by(early(), |spec| spec.grace = DAY), Ok(()));
    assert_eq!(checked(|spec| spec.grace = MAX_PERIOD), Ok(()));
    let refused = Err(Error::Spec("grace"));
    assert_eq!(checked(|spec| spec.grace = MAX_PERIOD + 1), refused);
    let refused = Err(Error::Spec("grace before impairment"));
    assert_eq!(checked(|spec| spec.grace = 5 * DAY - 1), refused);
    assert_eq!(checked(|spec| spec.grace = 5 * DAY), Ok(()));
}

#[test]
fn a_specification_allows_some_debt_and_no_more_than_the_rules() {
    for max_debt in [0, 8_001] {
        let refused = checked(|spec| spec.max_debt = max_debt);
        assert_eq!(refused, Err(Error::Spec("max debt")));
    }
    assert_eq!(checked(|spec| spec.max_debt = 8_000), Ok(()));
}

#[test]
fn a_specification_makes_a_schedule() {
    let refused = Err(Error::Schedule("nothing is drawn"));
    assert_eq!(checked(|spec| spec.amount = fil(0)), refused);
    let refused = Err(Error::Schedule("not 1 to 60 instalments"));
    assert_eq!(checked(|spec| spec.instalments = 61), refused);
    let refused = Err(Error::Schedule("not 1 to 366 days between instalments"));
    assert_eq!(checked(|spec| spec.days_between = 367), refused);
    let refused = Err(Error::Schedule("an instalment of nothing"));
    assert_eq!(checked(|spec| (spec.rate, spec.plan) = (0, Plan::Bullet)), refused);
}

#[test]
fn the_time_to_draw_is_over_before_the_last_instalment() {
    // The last but one of twelve is due on day 330.
    let refused = || Err(Error::Spec("time to draw"));
    assert_eq!(checked(|spec| pledge(spec, 0)), refused());
    assert_eq!(checked(|spec| pledge(spec, 1)), Ok(()));
    assert_eq!(checked(|spec| pledge(spec, 330 * DAY)), Ok(()));
    assert_eq!(checked(|spec| pledge(spec, 330 * DAY + 1)), refused());
    let one = |spec: &mut LoanSpec| {
        pledge(spec, 1);
        spec.instalments = 1;
    };
    assert_eq!(checked(one), refused());
}

#[test]
fn a_draw_against_pledge_is_of_something() {
    let draws = |max_draw| {
        checked(|spec| spec.draws = Draws::Pledge(PledgeDraws { max_draw, window: DAY }))
    };
    assert_eq!(draws(fil(0)), Err(Error::Spec("max draw")));
    assert_eq!(draws(atto(1)), Ok(()));
}

#[test]
fn a_loan_against_pledge_is_paid_to_the_miner_and_refinances_nothing() {
    let with = |change: fn(&mut LoanSpec)| {
        checked(|spec| {
            pledge(spec, DAY);
            change(spec);
        })
    };
    let refused = Err(Error::Spec("payee of a loan against pledge"));
    assert_eq!(with(|spec| spec.payee = Some(BORROWER)), refused);
    let refused = Err(Error::Spec("draws of a loan that refinances"));
    assert_eq!(with(|spec| spec.refinances = Some(1)), refused);
    assert_eq!(checked(|spec| spec.payee = Some(BORROWER)), Ok(()));
    assert_eq!(checked(|spec| spec.refinances = Some(1)), Ok(()));
}

#[test]
fn in_custody_a_beneficiary_has_no_term() {
    let none = Term { quota: fil(0), expiration: 0 };
    assert_eq!(spec().term(START, &rules()), Ok(none));
}

#[test]
fn a_term_covers_the_debt_its_late_fees_and_prepayment_and_leaves_time_to_recover() {
    let spec = LoanSpec { control: Control::Beneficiary, prepayment_fee: 500, ..plain() };
    let term = spec.term(START, &rules()).unwrap();
    // 1,200 FIL, a thousandth of it for each of 361 days and 30 of grace, and 5 percent.
    let quota = fil(1_200) + fil(4_692).div_floor(10) + fil(60);
    assert_eq!(term, Term { quota, expiration: START + (360 + 30 + 180) * DAY });
}

#[test]
fn a_term_is_the_same_whenever_in_a_day_the_loan_begins() {
    let spec = LoanSpec { control: Control::Beneficiary, ..spec() };
    let term = |now| spec.term(now, &rules()).unwrap();
    let end = term(START);
    assert_eq!([1, DAY / 2, DAY - 1].map(|left| term(START - left)), [(); 3].map(|()| end.clone()));
    let next = term(START + 1);
    assert_eq!((next.quota, next.expiration), (end.quota, end.expiration + DAY));
}

#[test]
fn late_fees_are_by_the_year_and_rounded_up() {
    let fee = |amount, rate, epochs| late_fee_up(&atto(amount), rate, epochs).unwrap();
    assert_eq!(fee(1_000, 3_650, 10 * DAY), atto(10));
    assert_eq!(fee(1_000, 3_650, 10 * DAY + 1), atto(11));
    assert_eq!(fee(1_000, 10_000, 365 * DAY), atto(1_000));
    assert_eq!(fee(1, 1, 1), atto(1));
    assert_eq!([fee(1, 1, 0), fee(0, 1, 1), fee(1, 0, 1)], [0; 3].map(atto));
}
