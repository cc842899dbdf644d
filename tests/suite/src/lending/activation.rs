//! What must be so for a loan to begin. Whatever is amiss, the activation fails and changes nothing.

use actor_lending_market::api::*;
use actor_lending_market::error::Error;
use fab::story::Lending;
use fvm_harness::{Call, atto, fil};
use fvm_shared::address::Address;
use fvm_shared::error::ExitCode;
use shared::Method;
use shared::ext::loan_agent::HoldsMiner;
use shared::ext::miner::BeneficiaryTerm;

use super::{MODELS, code, miner};
use crate::setup::{DAY, lending};

/// The agent's own codes are not the market's.
const AGENT: ExitCode = ExitCode::USR_UNSPECIFIED;

fn market() -> Lending {
    lending().lent(5_000)
}

fn beneficiary_spec(m: &mut Lending) -> LoanSpec {
    LoanSpec { control: Control::Beneficiary, ..m.spec() }
}

/// Asserts that the borrower cannot activate a loan, for this reason, and that trying leaves the market,
/// the miner and everybody's money as they were.
#[track_caller]
pub fn fails(m: &mut Lending, spec: &LoanSpec, loan: &Submitted, code: ExitCode, why: &str) {
    let before = m.net.snapshot();
    let call = Call::new(Address::new_id(spec.borrower), m.address);
    let outcome = m.net.implicit(call.method(Activate::NUMBER, &loan.loan)).refused(code);
    assert!(outcome.backtrace.contains(why), "{outcome}");
    assert_eq!(m.net.snapshot(), before);
}

#[test]
fn in_custody_the_agent_is_owner_and_beneficiary_and_nobody_awaits_the_miner() {
    let mut m = market();
    let (sp, eve) = (m.sp.clone(), m.keeper.clone());
    // What the owner had proposed is dropped.
    miner::change_beneficiary(&mut m, &sp.owner, &eve, &fil(9), 1_000_000).ok();
    let held = m.net.balance(sp.address());
    let loan = m.loan(|_| {});
    let agent = Address::new_id(loan.agent);
    assert_eq!((m.owner(&sp).owner, m.owner(&sp).proposed), (agent, None));
    let beneficiary = m.beneficiary(&sp);
    assert_eq!((beneficiary.active.beneficiary, beneficiary.proposed), (agent, None));
    assert_eq!(beneficiary.active.term, BeneficiaryTerm::default());
    assert!(m.net.view::<HoldsMiner>(agent, &()));
    assert_eq!(m.net.balance(sp.address()), held + fil(1_200));
    miner::change_beneficiary(&mut m, &eve, &eve, &fil(9), 1_000_000)
        .refused(ExitCode::USR_FORBIDDEN);
    m.check_invariants();
}

#[test]
fn a_beneficiary_has_the_term_that_was_proposed_and_the_owner_stays() {
    let mut m = market();
    let sp = m.sp.clone();
    let spec = beneficiary_spec(&mut m);
    let loan = m.lend(&spec);
    let agent = Address::new_id(loan.agent);
    assert_eq!((m.owner(&sp).owner, m.owner(&sp).proposed), (sp.owner.address(), None));
    let beneficiary = m.beneficiary(&sp);
    assert_eq!((beneficiary.active.beneficiary, beneficiary.proposed), (agent, None));
    let term = BeneficiaryTerm {
        quota: loan.quota.clone(),
        used_quota: fil(0),
        expiration: loan.expiration,
    };
    assert_eq!(beneficiary.active.term, term);
    assert!(m.net.view::<HoldsMiner>(agent, &()));
    m.check_invariants();
}

#[test]
fn the_principal_less_its_fee_goes_to_a_payee_only_where_the_specification_says_so() {
    let mut m = market();
    let (payee, held) = (m.ann.clone(), m.net.balance(m.sp.address()));
    let before = m.net.balance(&payee);
    m.loan(|spec| (spec.payee, spec.origination_fee) = (Some(payee.id), 100));
    assert_eq!(m.net.balance(&payee), before + fil(1_188));
    assert_eq!(m.net.balance(m.sp.address()), held);
    m.check_invariants();
}

#[test]
fn the_owner_proposes_the_agent_and_nobody_else() {
    let mut m = market();
    let (owner, eve, spec) = (m.sp.owner.clone(), m.keeper.clone(), m.spec());
    let loan = m.submit(&spec).ok();
    let why = "does not propose the agent";
    fails(&mut m, &spec, &loan, AGENT, why);
    miner::change_owner(&mut m, &owner, &eve).ok();
    fails(&mut m, &spec, &loan, AGENT, why);
    m.propose(&spec, &loan).ok();
    m.activate(&spec, &loan).ok();
    m.check_invariants();
}

/// Sherlock H-1: what such a miner pays can never be pulled.
#[test]
fn a_beneficiary_that_is_not_the_owner_bars_custody_even_after_its_term() {
    let mut m = market();
    let (owner, eve) = (m.sp.owner.clone(), m.keeper.clone());
    let expiration = m.net.epoch() + DAY;
    for from in [&owner, &eve] {
        miner::change_beneficiary(&mut m, from, &eve, &fil(9), expiration).ok();
    }
    let spec = m.spec();
    let loan = m.submit(&spec).ok();
    m.propose(&spec, &loan).ok();
    let why = "the miner's beneficiary is not its owner";
    fails(&mut m, &spec, &loan, AGENT, why);
    m.pass_to(expiration);
    fails(&mut m, &spec, &loan, AGENT, why);
    miner::change_beneficiary(&mut m, &owner, &owner, &fil(0), 0).ok();
    m.activate(&spec, &loan).ok();
    m.check_invariants();
}

#[test]
fn nothing_but_a_miner_is_taken() {
    let mut m = market();
    let (owner, account) = (m.sp.owner.clone(), m.keeper.id);
    let actor = m.net.create(&owner, "hostile-owner", &()).ok().id_address.id().unwrap();
    for fake in [account, actor, 9_999_999] {
        let spec = LoanSpec { miner: fake, ..m.spec() };
        let loan = m.submit(&spec).ok();
        fails(&mut m, &spec, &loan, code(Error::NotMiner(0)), "is not a storage miner");
    }
    m.check_invariants();
}

/// Even where the owner goes along.
#[test]
fn the_borrower_is_the_owner() {
    let mut m = market();
    for control in MODELS {
        let spec = LoanSpec { borrower: m.keeper.id, control, ..m.spec() };
        let loan = m.submit(&spec).ok();
        m.propose(&LoanSpec { borrower: m.sp.owner.id, ..spec.clone() }, &loan).ok();
        fails(&mut m, &spec, &loan, AGENT, "is not the miner's owner");
    }
    m.check_invariants();
}

#[test]
fn the_borrower_activates_and_nobody_else() {
    let mut m = market();
    let spec = m.spec();
    let loan = m.submit(&spec).ok();
    m.propose(&spec, &loan).ok();
    for other in [&m.keeper, &m.underwriter, &m.governor].map(|account| account.id) {
        let as_other = LoanSpec { borrower: other, ..spec.clone() };
        fails(&mut m, &as_other, &loan, code(Error::NotBorrower(0)), "is not the borrower");
    }
    m.activate(&spec, &loan).ok();
    m.check_invariants();
}

#[test]
fn the_collateral_before_the_loan_carries_it_to_the_last_atto() {
    let mut m = market();
    let (spec, miner) = (m.spec(), m.sp.address());
    let loan = m.submit(&spec).ok();
    m.propose(&spec, &loan).ok();
    let value = m.view::<GetCollateral>(&miner).value;
    let spare = value - fil(1_500) + atto(1);
    assert_eq!(miner::withdraw(&mut m, &spare), spare);
    fails(
        &mut m,
        &spec,
        &loan,
        code(Error::Collateral(fil(0))),
        "the collateral carries a debt of",
    );
    m.net.fund(miner, atto(1));
    m.activate(&spec, &loan).ok();
    m.check_invariants();
}

#[test]
fn a_miner_has_one_loan_at_a_time() {
    for control in MODELS {
        let mut m = market();
        let [first, second] = [0, 1].map(|_| LoanSpec { control, ..m.spec() });
        let (loan, late) = (m.submit(&first).ok(), m.submit(&second).ok());
        m.propose(&first, &loan).ok();
        m.activate(&first, &loan).ok();
        m.propose(&second, &late);
        fails(&mut m, &second, &late, code(Error::MinerHasLoan(0, 0)), "has loan 1");
        m.check_invariants();
    }
}

#[test]
fn a_loan_is_activated_to_its_deadline_and_then_anyone_frees_its_money() {
    let mut m = market();
    let (spec, keeper) = (m.spec(), m.keeper.clone());
    let loan = m.submit(&spec).ok();
    m.propose(&spec, &loan).ok();
    m.pass_to(spec.deadline);
    m.call::<FreeReserve>(&keeper, &loan.loan).refused(code(Error::Reserved(0)));
    let last = Call::new(&m.sp.owner, m.address).method(Activate::NUMBER, &loan.loan);
    m.net.dry_run(last).ok();
    m.net.advance(1);
    fails(&mut m, &spec, &loan, code(Error::Deadline(0)), "was good until");
    assert_eq!(m.call::<FreeReserve>(&keeper, &loan.loan).ok(), fil(1_200));
    assert_eq!(m.pool().reserved, fil(0));
    m.check_invariants();
}

#[test]
fn a_borrower_gives_up_at_once_and_for_good() {
    let mut m = market();
    let (spec, owner) = (m.spec(), m.sp.owner.clone());
    let loan = m.submit(&spec).ok();
    m.propose(&spec, &loan).ok();
    assert_eq!(m.call::<FreeReserve>(&owner, &loan.loan).ok(), fil(1_200));
    assert_eq!((m.info(loan.loan).phase, m.pool().reserved), (Phase::Lapsed, fil(0)));
    fails(&mut m, &spec, &loan, code(Error::Phase(Phase::Live)), "Lapsed");
    m.call::<FreeReserve>(&owner, &loan.loan).refused(code(Error::Phase(Phase::Live)));
    // The agent that was proposed takes nothing any more.
    assert_eq!(m.call::<Release>(&owner, &loan.loan).ok(), Holding::Released);
    assert_eq!(m.owner(&m.sp.clone()).owner, owner.address());
    m.check_invariants();
}

#[test]
fn a_pause_and_a_revoked_underwriter_stop_loans_that_are_not_active() {
    let mut m = market();
    let (spec, governor) = (m.spec(), m.governor.clone());
    let loan = m.submit(&spec).ok();
    m.propose(&spec, &loan).ok();
    m.call::<SetPaused>(&governor, &true).ok();
    fails(&mut m, &spec, &loan, code(Error::Paused), "paused");
    m.call::<SetPaused>(&governor, &false).ok();
    m.appoint(fil(0));
    fails(&mut m, &spec, &loan, code(Error::NotUnderwriter(0)), "is not an underwriter");
    m.appoint(fil(1_200));
    m.activate(&spec, &loan).ok();
    m.check_invariants();
}

#[test]
fn a_beneficiary_s_quota_and_term_suffice_to_the_last_atto_and_epoch() {
    let mut m = market();
    let (owner, spec) = (m.sp.owner.clone(), beneficiary_spec(&mut m));
    let loan = m.submit(&spec).ok();
    let agent = Address::new_id(loan.agent);
    let term = spec.term(m.net.epoch(), &m.view::<GetRules>(&())).unwrap();
    assert!(term.quota <= loan.quota && term.expiration <= loan.expiration);
    let propose = |m: &mut Lending, quota, expiration| {
        miner::change_beneficiary(m, &owner, agent, quota, expiration).ok();
    };
    let short = &term.quota - atto(1);
    propose(&mut m, &short, term.expiration);
    fails(&mut m, &spec, &loan, AGENT, "the quota is less than");
    propose(&mut m, &term.quota, term.expiration - 1);
    fails(&mut m, &spec, &loan, AGENT, "the term ends before");
    propose(&mut m, &term.quota, term.expiration);
    m.activate(&spec, &loan).ok();
    m.check_invariants();
}

/// The first period is longest for a loan that starts as a day begins.
#[test]
fn what_submit_tells_to_propose_suffices_whenever_the_loan_is_activated() {
    let mut m = market();
    let first_of_day = (m.net.epoch() / DAY + 1) * DAY + 1;
    for deadline in [first_of_day, first_of_day + DAY - 1, first_of_day + 2 * DAY - 2] {
        let start = m.net.snapshot();
        let spec = LoanSpec { deadline, ..beneficiary_spec(&mut m) };
        let loan = m.submit(&spec).ok();
        m.propose(&spec, &loan).ok();
        let submitted = m.net.snapshot();
        for epoch in [m.net.epoch(), first_of_day, deadline] {
            m.net.restore(&submitted);
            m.pass_to(epoch.max(submitted.epoch + 1));
            m.activate(&spec, &loan).ok();
            m.check_invariants();
        }
        m.net.restore(&start);
    }
}

#[test]
fn the_owner_proposes_the_agent_as_beneficiary_and_nobody_else() {
    let mut m = market();
    let (owner, eve, spec) = (m.sp.owner.clone(), m.keeper.clone(), beneficiary_spec(&mut m));
    let loan = m.submit(&spec).ok();
    let why = format!("does not propose f0{} as beneficiary", loan.agent);
    fails(&mut m, &spec, &loan, AGENT, &why);
    miner::change_beneficiary(&mut m, &owner, &eve, &loan.quota, loan.expiration).ok();
    fails(&mut m, &spec, &loan, AGENT, &why);
    m.propose(&spec, &loan).ok();
    miner::change_owner(&mut m, &owner, &eve).ok();
    fails(&mut m, &spec, &loan, AGENT, "proposes another owner");
    miner::change_owner(&mut m, &owner, &owner).ok();
    m.activate(&spec, &loan).ok();
    m.check_invariants();
}

#[test]
fn a_beneficiary_whose_term_runs_must_have_made_way() {
    let mut m = market();
    let (owner, eve) = (m.sp.owner.clone(), m.keeper.clone());
    for from in [&owner, &eve] {
        miner::change_beneficiary(&mut m, from, &eve, &fil(9), 1_000_000).ok();
    }
    let spec = beneficiary_spec(&mut m);
    let loan = m.submit(&spec).ok();
    m.propose(&spec, &loan).ok();
    fails(&mut m, &spec, &loan, AGENT, "has not approved another");
    let proposed = m.beneficiary(&m.sp.clone()).proposed.unwrap();
    let agent = Address::new_id(loan.agent);
    assert_eq!(proposed.new_beneficiary, agent);
    miner::change_beneficiary(&mut m, &eve, agent, &loan.quota, loan.expiration).ok();
    m.activate(&spec, &loan).ok();
    assert!(m.net.view::<HoldsMiner>(agent, &()));
    m.check_invariants();
}
