//! What auditors found in GLIF's Infinity Pool, tried here: Sherlock's contest report of June 2023.

use actor_lending_market::api::*;
use actor_lending_market::error::Error;
use actor_loan_agent::error::Error as AgentError;
use fab::story::Lending;
use fvm_harness::{Call, Network, Provider, atto, fil};
use shared::Method;
use shared::ext::miner::{CHANGE_BENEFICIARY, ChangeBeneficiaryParams};

use super::*;
use crate::setup::{DAY, lending};

fn name(net: &mut Network, from: &Account, sp: &Provider, to: &Account, quota: i64, until: i64) {
    let params = ChangeBeneficiaryParams {
        new_beneficiary: to.address(),
        new_quota: fil(quota),
        new_expiration: until,
    };
    net.run(Call::new(from, sp.address()).method(CHANGE_BENEFICIARY, &params)).ok();
}

/// Sherlock H-1: a miner whose beneficiary's term has expired is accepted, and then pays nobody.
#[test]
fn a_miner_with_another_s_expired_beneficiary_is_not_taken() {
    let mut m = lending().lent(2_000);
    let (sp, eve) = (m.sp.clone(), m.net.account("eve"));
    let until = m.net.epoch() + 10;
    name(&mut m.net, &sp.owner, &sp, &eve, 1, until);
    name(&mut m.net, &eve, &sp, &eve, 1, until);
    m.net.advance(20);
    let spec = m.spec();
    let submitted = m.submit(&spec).ok();
    m.propose(&spec, &submitted).ok();
    let refused = m.activate(&spec, &submitted).refused(ExitCode::USR_UNSPECIFIED);
    assert!(refused.backtrace.contains(&AgentError::Beneficiary.to_string()), "{refused}");
    assert_eq!((m.pool().cash, m.pool().reserved), (fil(2_000), fil(1_200)));
    assert_eq!(m.owner(&sp).owner, sp.owner.address());
    // Its term is over, so the owner takes the place back, and the same loan goes through.
    name(&mut m.net, &sp.owner, &sp, &sp.owner, 0, 0);
    m.activate(&spec, &submitted).ok();
    m.check_invariants();
}

/// Sherlock M-2: liquidation counts principal only, so that interest is lost unseen.
#[test]
fn a_loss_is_principal_and_all_interest_that_was_recognised() {
    let mut m = lending().lent(2_000);
    let loan = overdue(&mut m);
    pass_to_default(&mut m, loan);
    let before = m.pool();
    // 61 days at 12 % less what is charged.
    assert!(before.interest > fil(18) && before.interest < fil(22), "{}", before.interest);
    declare_default(&mut m, loan).ok();
    assert_eq!(m.info(loan).loss, fil(1_200) + before.interest);
    assert_eq!(m.pool().total_assets, fil(800));
    m.check_invariants();
}

/// Sherlock M-3: a new rate is applied to the time before it. Here each loan has its rate for good.
#[test]
fn a_loan_at_another_rate_changes_nothing_of_loans_that_run() {
    let mut m = lending().lent(4_000);
    let loan = m.loan(|_| {}).loan;
    m.pass(10);
    let before = (m.pool(), m.view::<GetSchedule>(&loan));
    let other = Provider::create(&mut m.net, "other");
    let spec = LoanSpec { rate: 9_000, ..m.spec_for(&other) };
    m.lend(&spec);
    let after = (m.pool(), m.view::<GetSchedule>(&loan));
    assert_eq!(after.1, before.1);
    assert_eq!(
        (&after.0.interest, &after.0.total_assets),
        (&before.0.interest, &before.0.total_assets)
    );
    assert!(after.0.rate > before.0.rate * 5);
    m.check_invariants();
}

/// Sherlock M-6: FIL that is sent without a method buys shares, in a pause too.
#[test]
fn fil_without_a_method_buys_no_share() {
    let mut m = lending().lent(100);
    let ann = m.ann.clone();
    for paused in [false, true] {
        let (governor, at) = (m.governor.clone(), m.address);
        m.call::<SetPaused>(&governor, &paused).ok();
        let before = m.state();
        donate(&mut m, &ann, at, fil(10));
        let by_abi = Call::new(&ann, at).raw(shared::token::InvokeEvm::NUMBER, &[]);
        m.net.run(by_abi.value(fil(10))).refused(ExitCode::USR_NOT_PAYABLE);
        assert_eq!(m.state(), before);
    }
    m.deposit(&ann, fil(10)).refused(code(Error::Paused));
    assert_eq!(m.lender(&ann).shares, fil(100));
    m.check_invariants();
}

/// Sherlock M-7: a pause keeps borrowers from repaying, and so makes them late.
#[test]
fn a_borrower_repays_in_a_pause() {
    let mut m = lending().lent(2_000);
    let loan = m.loan(|_| {}).loan;
    pause(&mut m);
    m.pass_to_due(loan);
    let due = m.due(loan).arrears;
    assert_eq!(due.fees, fil(0));
    assert_eq!(repay(&mut m, loan, due.total()).ok().paid, due);
    assert_eq!(pay_off(&mut m, loan).ok().phase, Phase::Repaid);
    m.check_invariants();
}

/// Sherlock M-9: whoever leaves just before a loan is written off and comes back just after it leaves
/// the loss to the others.
#[test]
fn to_leave_before_a_write_off_and_come_back_costs_as_much_as_to_stay() {
    let mut m = lending().lent(1_000);
    let (ann, bob) = (m.ann.clone(), m.net.account("bob"));
    m.deposit(&bob, fil(1_000)).ok();
    let loan = overdue(&mut m);
    pass_to_impairment(&mut m, loan);
    impair(&mut m, loan).ok();
    // 800 of 2,000 FIL are left for 2,000 shares.
    let paid = m.redeem(&bob, fil(1_000)).ok().paid;
    assert_about(&paid, fil(400));
    pass_to_default(&mut m, loan);
    declare_default(&mut m, loan).ok();
    m.deposit(&bob, paid).ok();
    let values = (m.lender(&ann).value, m.lender(&bob).value);
    assert_about(&values.0, fil(400));
    assert_about(&values.1, fil(400));
    m.check_invariants();
}

/// Sherlock M-9, where the loan is restored after all: who left bears what the others no longer do.
#[test]
fn to_leave_an_impaired_pool_and_come_back_gains_nothing() {
    let mut m = lending().lent(1_000);
    let (ann, bob) = (m.ann.clone(), m.net.account("bob"));
    m.deposit(&bob, fil(1_000)).ok();
    let loan = overdue(&mut m);
    pass_to_impairment(&mut m, loan);
    impair(&mut m, loan).ok();
    let paid = m.redeem(&bob, fil(1_000)).ok().paid;
    // Deposits are priced with the impaired loan.
    m.deposit(&bob, paid.clone()).ok();
    assert!(m.lender(&bob).shares < fil(260), "{}", m.lender(&bob).shares);
    let arrears = m.due(loan).arrears.total();
    repay(&mut m, loan, arrears).ok();
    assert!(m.lender(&ann).value > fil(1_500));
    assert!(m.lender(&bob).value < &paid + fil(1));
    m.check_invariants();
}

/// Sherlock M-10: anyone can use up a credential that was issued to another.
#[test]
fn a_stranger_s_submission_of_a_loan_uses_nothing_up() {
    let mut m = lending().lent(2_000);
    let eve = m.net.account("eve");
    let spec = m.spec();
    let signed = m.signed(&spec);
    let before = m.state();
    m.call::<Submit>(&eve, &signed).refused(code(Error::NotBorrower(0)));
    m.call::<CancelNonces>(&eve, &vec![spec.nonce]).ok();
    assert_eq!(known_underwriter(&mut m).period_used, fil(0));
    assert_eq!(m.state().reserved, before.reserved);
    m.lend(&spec);
    m.submit(&spec).refused(code(Error::Nonce(0)));
    m.check_invariants();
}

/// Sherlock M-10: a submission that fails uses nothing up either.
#[test]
fn a_submission_that_fails_can_be_made_again() {
    let mut m = lending().lent(1_000);
    let spec = m.spec();
    let before = m.state();
    m.submit(&spec).refused(code(Error::Cash(fil(0))));
    m.net.snapshot();
    assert_eq!(m.state(), before);
    let ann = m.ann.clone();
    m.deposit(&ann, fil(200)).ok();
    m.lend(&spec);
    m.check_invariants();
}

/// Sherlock M-13: an upgrade forgets which loans are in default. Here nothing is ever upgraded: what is
/// used or lost is in the state, and the constructor has run.
#[test]
fn a_default_and_a_used_nonce_stay_for_good() {
    let upgrades = METHODS.iter().filter(|method| method.name.contains("Upgrade"));
    assert_eq!(upgrades.count(), 0);
    let mut m = lending().lent(4_000);
    let spec = m.spec();
    let loan = m.lend(&spec).loan;
    ruin(&mut m);
    m.pass_to_due(loan);
    pass_to_default(&mut m, loan);
    declare_default(&mut m, loan).ok();
    let (rules, roles) = (m.view::<GetRules>(&()), m.view::<GetRoles>(&()));
    let again = ConstructorParams {
        governor: m.keeper.address(),
        treasury: m.keeper.address(),
        deposit_cap: roles.deposit_cap,
        rules,
    };
    let (keeper, governor) = (m.keeper.clone(), m.governor.clone());
    for caller in [&keeper, &governor] {
        m.call::<Constructor>(caller, &again).refused(ExitCode::USR_FORBIDDEN);
    }
    m.pass(400);
    assert_eq!(m.info(loan).phase, Phase::Defaulted);
    declare_default(&mut m, loan).refused(code(Error::Phase(Phase::Defaulted)));
    let late = LoanSpec { deadline: m.net.epoch() + DAY, ..spec };
    m.submit(&late).refused(code(Error::Nonce(0)));
    m.check_invariants();
}

/// Sherlock M-14: who deposits just before income comes and leaves just after takes it from those who
/// earned it. Tried on an origination fee, on late fees with overdue interest, on a fee for prepayment,
/// and on a recovery.
#[test]
fn a_deposit_just_before_income_gains_nothing_of_it() {
    let mut m = lending().lent(2_000);
    let eve = m.net.account("eve");
    let jit = |m: &mut Lending, income: &mut dyn FnMut(&mut Lending)| {
        let before = m.pool();
        let shares = m.deposit(&eve, fil(50_000)).ok().shares;
        income(m);
        let paid = m.redeem(&eve, shares).ok().paid;
        // But for what a period's interest is rounded up by: an attoFIL an epoch at the most.
        let gain = paid - fil(50_000);
        assert!(gain < atto(30 * 2_880), "{gain}");
        assert_about(&gain, fil(0));
        m.pass(8);
        assert!(m.pool().total_assets > before.total_assets + fil(1));
    };
    let spec = LoanSpec { origination_fee: 1_000, prepayment_fee: 1_000, ..m.spec() };
    let submitted = m.submit(&spec).ok();
    m.propose(&spec, &submitted).ok();
    jit(&mut m, &mut |m| {
        m.activate(&spec, &submitted).ok();
    });
    let loan = submitted.loan;
    m.pass_to_due(loan);
    m.pass(60);
    jit(&mut m, &mut |m| {
        assert!(m.due(loan).arrears.fees > fil(1));
        m.collect(loan).ok();
    });
    jit(&mut m, &mut |m| {
        pay_off(m, loan).ok();
    });
    let other = Provider::create(&mut m.net, "other");
    m.sp = other;
    let loan = overdue(&mut m);
    pass_to_default(&mut m, loan);
    declare_default(&mut m, loan).ok();
    jit(&mut m, &mut |m| {
        repay(m, loan, fil(1_000)).ok();
    });
    m.check_invariants();
}

/// Sherlock M-15: who borrows again is charged interest from when it borrowed first.
#[test]
fn a_second_draw_bears_interest_from_its_own_epoch() {
    let mut m = lending().lent(2_000);
    let draws = PledgeDraws { max_draw: fil(600), window: 100 * DAY };
    let loan = m.loan(|spec| spec.draws = Draws::Pledge(draws)).loan;
    let owner = m.sp.owner.clone();
    let half = fil(1).div_floor(2);
    m.call::<Draw>(&owner, &DrawParams { loan, amount: half }).ok();
    seal(&mut m);
    m.net.advance(DAY / 2);
    let before = m.due(loan).payoff;
    assert!(before.interest.is_positive());
    m.call::<Draw>(&owner, &DrawParams { loan, amount: fil(600) }).ok();
    let after = m.due(loan).payoff;
    assert_eq!((after.interest, after.principal), (before.interest, before.principal + fil(600)));
    m.check_invariants();
}

/// Sherlock M-15, for a loan that follows another on the same miner.
#[test]
fn a_second_loan_bears_interest_from_its_own_activation() {
    let mut m = lending().lent(2_000);
    let first = m.loan(|_| {}).loan;
    m.pass(45);
    let spec = LoanSpec { refinances: Some(first), amount: fil(1_300), ..m.spec() };
    let submitted = m.submit(&spec).refused(code(Error::Cash(fil(0))));
    assert!(submitted.return_data.is_empty());
    let ann = m.ann.clone();
    m.deposit(&ann, fil(1_000)).ok();
    let second = m.submit(&spec).ok();
    m.activate(&spec, &second).ok();
    let payoff = m.due(second.loan).payoff;
    assert_eq!((payoff.fees, payoff.interest, payoff.principal), (fil(0), fil(0), fil(1_300)));
    assert_eq!(m.info(first).phase, Phase::Repaid);
    m.check_invariants();
}

/// Sherlock M-16: a list that borrowers can grow makes liquidation too dear to run.
#[test]
fn a_default_costs_the_same_gas_however_many_loans_there_are() {
    let gas = |others: usize| {
        let mut m = lending().lent(80_000);
        for n in 0..others {
            let sp = Provider::create(&mut m.net, &format!("sp {n}"));
            let spec = m.spec_for(&sp);
            m.lend(&spec);
            let waiting = LoanSpec { nonce: 1_000 + spec.nonce, ..spec };
            m.submit(&waiting).ok();
        }
        let loan = overdue(&mut m);
        pass_to_default(&mut m, loan);
        let outcome = declare_default(&mut m, loan).outcome.ok();
        m.check_invariants();
        outcome.gas_used
    };
    // Trees grow deeper, a level each time that there are eight times as many.
    let (few, many) = (gas(6), gas(24));
    assert!(many < few + few / 4, "{few} among 12, {many} among 48");
}

/// Sherlock M-17: a pool that is shut down keeps its lenders' money.
#[test]
fn lenders_leave_a_paused_pool_whose_loans_are_in_default() {
    let mut m = lending().lent(2_000);
    let ann = m.ann.clone();
    let loan = overdue(&mut m);
    pause(&mut m);
    pass_to_default(&mut m, loan);
    declare_default(&mut m, loan).ok();
    let before = m.net.balance(&ann);
    assert_eq!(m.redeem(&ann, fil(2_000)).ok().exit, None);
    assert_about(&(m.net.balance(&ann) - before), fil(800));
    assert_eq!(m.pool().shares, fil(0));
    m.check_invariants();
}
