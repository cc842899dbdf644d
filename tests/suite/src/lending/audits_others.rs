//! What auditors found in other protocols that lend to storage providers, tried here: "Decurity" is the
//! report on Collectif's liquid staking of June 2023, "CertiK" that on STFIL.

use actor_lending_market::api::*;
use actor_lending_market::error::Error;
use actor_loan_agent::error::Error as AgentError;
use fvm_harness::{Call, Provider, atto, fil};
use shared::ext::miner::{
    CHANGE_BENEFICIARY, CHANGE_OWNER_ADDRESS, ChangeBeneficiaryParams, WITHDRAW_BALANCE,
    WithdrawBalanceParams,
};
use shared::token::{Burn, BurnParams};

use super::*;
use crate::setup::{DAY, lending, network};

/// What the agent refuses ends the market's method with no code of its own, and with the agent's words.
#[track_caller]
fn assert_agent_refuses(outcome: fvm_harness::Reply<()>, error: &AgentError) {
    let outcome = outcome.refused(ExitCode::USR_UNSPECIFIED);
    assert!(outcome.backtrace.contains(&error.to_string()), "{outcome}");
}

/// Decurity 5.1: whoever is first to deposit makes shares so dear that the next deposit rounds to none.
/// Without donations that takes burning one's own shares.
#[test]
fn to_burn_one_s_own_shares_takes_nothing_from_the_next_lender() {
    let mut m = lending();
    let (ann, eve) = (m.ann.clone(), m.net.account("eve"));
    m.deposit(&eve, fil(50_000)).ok();
    let burn = BurnParams { amount: fil(50_000) - atto(1) };
    m.call::<Burn>(&eve, &burn).ok();
    let shares = m.deposit(&ann, fil(100)).ok().shares;
    assert!(shares >= atto(1_999), "{shares}");
    // A share is worth 0.05 FIL now, and Ann loses less than one to rounding. It cost Eve all it had:
    // the virtual shares have it.
    let lost = fil(100) - m.lender(&ann).value;
    assert!(lost < fil(1).div_floor(10), "{lost}");
    assert!(m.lender(&eve).value < fil(1).div_floor(10));
    // Who minds says how many shares it wants.
    let exact = DepositParams { to: None, min_shares: fil(1) };
    m.pay::<Deposit>(&ann, &exact, fil(100)).refused(code(Error::MinShares(fil(0))));
    m.check_invariants();
}

/// Decurity 5.2: the beneficiary is changed by, or to, the wrong contract.
#[test]
fn a_miner_is_taken_by_the_agent_of_its_own_loan_alone() {
    let mut m = lending().lent(4_000);
    let (one, two) = (m.spec(), m.spec());
    let (first, second) = (m.submit(&one).ok(), m.submit(&two).ok());
    assert_ne!(first.agent, second.agent);
    m.propose(&two, &second).ok();
    let wrong = m.activate(&one, &first);
    assert_agent_refuses(wrong, &AgentError::OwnerNotProposed);
    // Nor does a stranger's miner do, whoever is proposed there.
    let other = Provider::create(&mut m.net, "other");
    let foreign = LoanSpec { miner: other.id, ..m.spec() };
    let third = m.submit(&foreign).ok();
    let propose = Call::new(&other.owner, other.address());
    let agent = Address::new_id(third.agent);
    m.net.run(propose.method(CHANGE_OWNER_ADDRESS, &agent)).ok();
    let owner = AgentError::Owner(m.sp.owner.id);
    let foreign = m.activate(&foreign, &third);
    assert_agent_refuses(foreign, &owner);
    assert_eq!(m.pool().cash, fil(4_000));
    m.activate(&two, &second).ok();
    m.check_invariants();
}

/// Decurity 5.3: nobody checks that the beneficiary has changed. A live one must approve its successor,
/// and until it has, the proposal succeeds and changes nothing.
#[test]
fn no_money_leaves_before_the_beneficiary_has_changed() {
    let mut m = lending().lent(2_000);
    let (sp, eve) = (m.sp.clone(), m.net.account("eve"));
    let term = |account: &Account| ChangeBeneficiaryParams {
        new_beneficiary: account.address(),
        new_quota: fil(1_000_000),
        new_expiration: 1_000 * DAY,
    };
    for caller in [&sp.owner, &eve] {
        let call = Call::new(caller, sp.address()).method(CHANGE_BENEFICIARY, &term(&eve));
        m.net.run(call).ok();
    }
    let spec = LoanSpec { control: Control::Beneficiary, ..m.spec() };
    let submitted = m.submit(&spec).ok();
    m.propose(&spec, &submitted).ok();
    let early = m.activate(&spec, &submitted);
    assert_agent_refuses(early, &AgentError::NotApproved);
    assert_eq!(m.pool().cash, fil(2_000));
    assert_eq!(m.beneficiary(&sp).active.beneficiary, eve.address());
    let agreed = ChangeBeneficiaryParams {
        new_beneficiary: Address::new_id(submitted.agent),
        new_quota: submitted.quota.clone(),
        new_expiration: submitted.expiration,
    };
    m.net.run(Call::new(&eve, sp.address()).method(CHANGE_BENEFICIARY, &agreed)).ok();
    m.activate(&spec, &submitted).ok();
    let agent = Address::new_id(submitted.agent);
    assert_eq!(m.beneficiary(&sp).active.beneficiary, agent);
    m.check_invariants();
}

/// Decurity 5.10: the beneficiary's quota is less than what is owed.
#[test]
fn a_quota_or_a_term_that_may_not_suffice_starts_no_loan() {
    let mut m = lending().lent(2_000);
    let spec = LoanSpec { control: Control::Beneficiary, ..m.spec() };
    let submitted = m.submit(&spec).ok();
    let schedule = {
        let interest = fil(1_200 * 12 / 100);
        assert!(submitted.quota > fil(1_200) + interest.div_floor(2));
        m.net.epoch() + 12 * 30 * DAY
    };
    assert!(submitted.expiration > schedule + spec.grace + 180 * DAY);
    // The terms that Submit names suffice until the deadline; at once a little less does.
    let short = Submitted { quota: submitted.quota.clone() - fil(5), ..submitted.clone() };
    m.propose(&spec, &short).ok();
    let refused = m.activate(&spec, &submitted).refused(ExitCode::USR_UNSPECIFIED);
    assert!(refused.backtrace.contains("the quota is less than"), "{refused}");
    let brief = Submitted { expiration: submitted.expiration - 5 * DAY, ..submitted.clone() };
    m.propose(&spec, &brief).ok();
    let refused = m.activate(&spec, &submitted).refused(ExitCode::USR_UNSPECIFIED);
    assert!(refused.backtrace.contains("the term ends before"), "{refused}");
    assert_eq!(m.pool().cash, fil(2_000));
    m.propose(&spec, &submitted).ok();
    m.activate(&spec, &submitted).ok();
    m.check_invariants();
}

/// Decurity 5.10, to the end: a loan on which nothing is paid until its last day is collected in full,
/// late fees and all, within the quota.
#[test]
fn the_quota_suffices_for_a_loan_that_is_late_from_the_first_day() {
    let mut m = lending().lent(2_000);
    let loan = m.loan(|spec| spec.control = Control::Beneficiary).loan;
    let last = m.view::<GetSchedule>(&loan).last().expect("an instalment").due;
    m.pass_to(last + 30 * DAY);
    let owed = m.due(loan).arrears;
    assert!(owed.fees > fil(50));
    let payment = m.collect(loan).ok();
    assert_eq!((payment.paid, payment.phase), (owed, Phase::Repaid));
    m.check_invariants();
}

/// Collectif's RewardCollector fails where a miner pays less than was asked for, so that a miner with
/// something pays nothing.
#[test]
fn a_miner_that_has_less_than_is_due_pays_what_it_has() {
    let mut m = lending().lent(2_000);
    let loan = m.loan(|_| {}).loan;
    ruin(&mut m);
    m.pass_to_due(loan);
    let due = m.due(loan).arrears.total();
    for part in [10, 0, 30] {
        endow(&mut m, &fil(part));
        assert_eq!(m.collect(loan).ok().received, fil(part));
        m.check_invariants();
    }
    assert_eq!(m.due(loan).arrears.total(), due - fil(40));
    m.check_invariants();
}

/// The same for what the owner of a miner with a beneficiary withdraws: it lies with the agent until it
/// is collected, and is then the borrower's payment.
#[test]
fn what_comes_to_the_agent_by_another_way_is_collected_too() {
    let mut m = lending().lent(2_000);
    let loan = m.loan(|spec| spec.control = Control::Beneficiary);
    let (sp, agent) = (m.sp.clone(), Address::new_id(loan.agent));
    let withdraw = WithdrawBalanceParams { amount_requested: fil(150) };
    m.net.run(Call::new(&sp.owner, sp.address()).method(WITHDRAW_BALANCE, &withdraw)).ok();
    assert_eq!(m.net.balance(agent), fil(150));
    let payment = m.collect(loan.loan).ok();
    assert_eq!((payment.received, payment.credit), (fil(150), fil(150)));
    assert_eq!(m.net.balance(agent), fil(0));
    m.check_invariants();
}

/// CertiK SPU-01: the safety buffer is not updated when a loan is liquidated, and covers others after
/// that.
#[test]
fn cover_that_paid_for_a_default_covers_no_other_loan() {
    let with_cover = fab::story::Lending::deploy_with(network(), |rules| rules.min_cover = 1_000);
    let mut m = with_cover.lent(4_000);
    let sponsor = m.net.account("sponsor");
    stake(&mut m, &sponsor, fil(120));
    let loan = m.loan(|_| {}).loan;
    let other = Provider::create(&mut m.net, "other");
    let spec = m.spec_for(&other);
    m.submit(&spec).refused(code(Error::MinCover(fil(0))));
    ruin(&mut m);
    m.pass_to_due(loan);
    pass_to_default(&mut m, loan);
    declare_default(&mut m, loan).ok();
    let known = known_underwriter(&mut m);
    assert_eq!((known.cover, known.outstanding), (fil(0), fil(0)));
    let spec = m.spec_for(&other);
    m.submit(&spec).refused(code(Error::MinCover(fil(0))));
    // Nor does its sponsor have anything left, but for what may be recovered: who gives that up stakes
    // anew.
    let underwriter = m.underwriter.address();
    let asked = GetCoverParams { underwriter, sponsor: sponsor.address() };
    let cover = m.view::<GetCover>(&asked);
    assert_eq!(cover.value, fil(0));
    m.pay::<StakeCover>(&sponsor, &underwriter, fil(120)).refused(code(Error::Ruined));
    let all = UnstakeCoverParams { underwriter, shares: cover.shares };
    m.call::<UnstakeCover>(&sponsor, &all).ok();
    m.pass(31);
    m.call::<WithdrawCover>(&sponsor, &underwriter).ok();
    stake(&mut m, &sponsor, fil(120));
    let spec = m.spec_for(&other);
    m.submit(&spec).ok();
    m.check_invariants();
}
