//! Specifications of loans that somebody signed: those that the market takes can be repaid.

use abi::defaults;
use actor_lending_market::api::{Control, DOMAIN, Draws, LoanSpec, Plan, PledgeDraws, Rules};
use actor_lending_market::schedule::DAY;
use actor_lending_market::spec::{Here, message};
use cid::Cid;
use fvm_ipld_encoding::{from_slice, to_vec};
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;

use crate::messages::USER;

pub const HERE: Here = Here { chain_id: 314, market: 100 };

pub fn rules() -> Rules {
    defaults::lending_rules(Cid::default())
}

/// The epoch at which the specification comes, and its CBOR.
pub fn run(input: &[u8]) {
    let Some((now, spec)) = input.split_first_chunk() else { return };
    let now = ChainEpoch::from_be_bytes(*now);
    let Ok(spec) = from_slice::<LoanSpec>(spec) else { return };
    let signed = message(&spec).expect("what decodes encodes");
    let said = signed.strip_prefix(DOMAIN).expect("the domain stands first");
    assert_eq!(from_slice::<LoanSpec>(said).as_ref().ok(), Some(&spec));
    if now >= 0 && spec.check(HERE, &rules(), now).is_ok() {
        repaid(&spec, now);
    }
}

/// The instalments come to the principal, each is something, and a beneficiary's term that suffices
/// until the deadline suffices now and then.
fn repaid(spec: &LoanSpec, now: ChainEpoch) {
    let about = || format!("{spec:?} at {now}");
    let fine = |error| panic!("{error}\n{}", about());
    let rules = rules();
    let dues = spec.dues(now).unwrap_or_else(fine);
    let schedule = spec.schedule(&spec.amount, now, &dues, &rules);
    let schedule = schedule.unwrap_or_else(|error| panic!("{error}\n{}", about()));
    let total = schedule.total();
    assert_eq!(total.principal, spec.amount, "{}", about());
    for part in &schedule.instalments {
        let parts = [&part.principal, &part.interest, &part.charge];
        assert!(parts.iter().all(|part| !part.is_negative()), "{part:?} of {}", about());
        assert!(parts.into_iter().sum::<TokenAmount>().is_positive(), "{part:?} of {}", about());
    }
    let term = |epoch| spec.term(epoch, &rules).unwrap_or_else(|e| panic!("{e}\n{}", about()));
    let last = spec.term_by_deadline(&rules).unwrap_or_else(|e| panic!("{e}\n{}", about()));
    for epoch in [now, now + (spec.deadline - now) / 2, spec.deadline] {
        let term = term(epoch);
        let suffices = last.quota >= term.quota && last.expiration >= term.expiration;
        assert!(suffices, "{last:?} for {term:?} of {}", about());
    }
}

/// 1,200 FIL for a miner in custody, in twelve instalments at 12 % a year, drawn at once by the day
/// after the next.
pub fn spec(now: ChainEpoch) -> LoanSpec {
    LoanSpec {
        chain_id: HERE.chain_id,
        market: HERE.market,
        underwriter: USER,
        borrower: USER + 1,
        miner: 500,
        amount: TokenAmount::from_whole(1_200),
        plan: Plan::Level,
        instalments: 12,
        days_between: 30,
        rate: 1_200,
        late_rate: 2_000,
        origination_fee: 100,
        prepayment_fee: 100,
        grace: 30 * DAY,
        control: Control::Custody,
        max_debt: 8_000,
        draws: Draws::Whole,
        payee: None,
        refinances: None,
        nonce: 1,
        deadline: now + 3 * DAY,
    }
}

/// Against pledge, in draws of 200 FIL at the most within 60 days.
pub fn pledge_draws() -> Draws {
    Draws::Pledge(PledgeDraws { max_draw: TokenAmount::from_whole(200), window: 60 * DAY })
}

/// Loans of every plan, control and way to draw, at noon of the second day.
pub fn seeds() -> Vec<Vec<u8>> {
    let now = 3 * DAY / 2;
    let mut seeds = Vec::new();
    for (plan, control) in [(Plan::Level, Control::Custody), (Plan::Bullet, Control::Beneficiary)] {
        for (draws, payee) in [(Draws::Whole, Some(7)), (pledge_draws(), None)] {
            let spec = LoanSpec { plan, control, draws, payee, ..spec(now) };
            assert_eq!(spec.check(HERE, &rules(), now), Ok(()));
            let spec = to_vec(&spec).expect("a specification encodes");
            seeds.push([&now.to_be_bytes()[..], &spec].concat());
        }
    }
    seeds
}
