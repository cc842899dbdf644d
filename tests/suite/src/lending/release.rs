//! How a loan ends before its time, and how a miner is let go: to its borrower, or to the next loan.

use actor_lending_market::api::*;
use actor_lending_market::error::Error;
use fab::story::Lending;
use fvm_harness::{Call, atto, fil};
use fvm_shared::address::Address;
use fvm_shared::error::ExitCode;
use shared::Method;
use shared::ext::loan_agent::HoldsMiner;

use super::activation::fails;
use super::{MODELS, code, lent, miner};
use crate::setup::lending;

/// The borrower repays all of a loan with what the miner has.
fn pay_off(m: &mut Lending, loan: LoanId) -> Payment {
    let (owner, from_miner) = (m.sp.owner.clone(), m.due(loan).payoff.total());
    m.call::<PayOff>(&owner, &PayOffParams { loan, from_miner }).ok()
}

#[test]
fn a_borrower_repays_all_with_what_it_sends_and_what_the_miner_has() {
    for control in MODELS {
        let (mut m, loan) = lent(control);
        let (owner, keeper, sp) = (m.sp.owner.clone(), m.keeper.clone(), m.sp.address());
        m.pass(10);
        let debt = m.due(loan.loan).payoff.total();
        let of_miner = |amount| PayOffParams { loan: loan.loan, from_miner: amount };
        m.call::<PayOff>(&keeper, &of_miner(debt.clone())).refused(code(Error::NotBorrower(0)));
        let before = (m.net.balance(&owner), m.net.balance(sp));
        let short = &debt - fil(500) - atto(1);
        m.pay::<PayOff>(&owner, &of_miner(fil(500)), short).refused(code(Error::Missing(fil(0))));
        assert_eq!((m.net.balance(&owner), m.net.balance(sp)), before);
        let payment = m.pay::<PayOff>(&owner, &of_miner(fil(500)), &debt - fil(495)).ok();
        // No more is pulled than is missing.
        assert_eq!((payment.received, payment.paid.total()), (debt.clone(), debt.clone()));
        assert_eq!((payment.refunded, payment.phase), (fil(0), Phase::Repaid));
        assert_eq!(m.net.balance(&owner), before.0 - debt + fil(495));
        assert_eq!(m.net.balance(sp), before.1 - fil(495));
        m.call::<PayOff>(&owner, &of_miner(fil(1))).refused(code(Error::Phase(Phase::Live)));
        m.check_invariants();
    }
}

#[test]
fn to_repay_early_costs_what_was_agreed_on_what_is_not_due() {
    let mut m = lending().lent(5_000);
    let loan = m.loan(|spec| spec.prepayment_fee = 100);
    m.pass_to_due(loan.loan);
    let schedule = m.view::<GetSchedule>(&loan.loan);
    let early = fil(1_200) - &schedule[0].principal;
    let payment = pay_off(&mut m, loan.loan);
    assert_eq!(payment.paid.fees, (early * 100).div_ceil(10_000));
    assert_eq!(
        (payment.paid.principal, payment.paid.interest),
        (fil(1_200), schedule[0].interest.clone())
    );
    m.check_invariants();
}

#[test]
fn a_miner_is_let_go_at_zero_debt_and_not_before() {
    for control in MODELS {
        let (mut m, loan) = lent(control);
        let (sp, keeper) = (m.sp.clone(), m.keeper.clone());
        m.call::<Release>(&keeper, &loan.loan).refused(code(Error::Phase(Phase::Live)));
        m.pay::<Repay>(&keeper, &loan.loan, fil(1_500)).ok();
        m.call::<Release>(&keeper, &loan.loan).refused(code(Error::Phase(Phase::Live)));
        assert!(m.net.view::<HoldsMiner>(Address::new_id(loan.agent), &()));
        assert_eq!(pay_off(&mut m, loan.loan).phase, Phase::Repaid);
        m.net.fund(Address::new_id(loan.agent), fil(4));
        let before = m.net.balance(&sp.owner);
        assert_eq!(m.call::<Release>(&keeper, &loan.loan).ok(), Holding::Offered);
        assert_eq!(m.net.balance(&sp.owner), before + fil(4));
        m.check_invariants();
    }
}

/// Whoever calls it again does no harm.
#[test]
fn release_does_what_is_left_to_do_each_time() {
    for control in MODELS {
        let (mut m, loan) = lent(control);
        let (sp, keeper) = (m.sp.clone(), m.keeper.clone());
        pay_off(&mut m, loan.loan);
        for _ in 0..3 {
            assert_eq!(m.call::<Release>(&keeper, &loan.loan).ok(), Holding::Offered);
        }
        let again = Call::new(&keeper, m.address).method(Release::NUMBER, &loan.loan);
        let before = m.net.snapshot();
        assert!(m.net.implicit(again).ok().events.is_empty());
        assert_eq!(m.net.snapshot(), before);
        match control {
            Control::Custody => miner::change_owner(&mut m, &sp.owner, &sp.owner),
            Control::Beneficiary => {
                miner::change_beneficiary(&mut m, &sp.owner, &sp.owner, &fil(0), 0)
            }
        }
        .ok();
        for _ in 0..2 {
            assert_eq!(m.call::<Release>(&keeper, &loan.loan).ok(), Holding::Released);
        }
        assert_eq!((m.owner(&sp).owner, m.owner(&sp).proposed), (sp.owner.address(), None));
        let beneficiary = m.beneficiary(&sp);
        assert_eq!(
            (beneficiary.active.beneficiary, beneficiary.proposed),
            (sp.owner.address(), None)
        );
        // It is free for the next loan.
        m.loan(|spec| spec.control = control);
        assert_eq!(m.call::<Release>(&keeper, &loan.loan).ok(), Holding::Released);
        m.check_invariants();
    }
}

#[test]
fn at_zero_debt_a_beneficiary_makes_way_for_whomever_the_owner_names() {
    let (mut m, loan) = lent(Control::Beneficiary);
    let (sp, bank) = (m.sp.clone(), m.keeper.clone());
    pay_off(&mut m, loan.loan);
    for from in [&sp.owner, &bank] {
        miner::change_beneficiary(&mut m, from, &bank, &fil(9), 1_000_000).ok();
    }
    assert_eq!(m.beneficiary(&sp).active.beneficiary, Address::new_id(loan.agent));
    assert_eq!(m.call::<Release>(&bank, &loan.loan).ok(), Holding::Released);
    assert_eq!(m.beneficiary(&sp).active.beneficiary, bank.address());
    m.check_invariants();
}

#[test]
fn a_loan_is_refinanced_in_one_message_from_agent_to_agent() {
    for control in MODELS {
        let (mut m, old) = lent(control);
        let (sp, keeper) = (m.sp.clone(), m.keeper.clone());
        m.pass(10);
        let debt = m.due(old.loan).payoff.total();
        let spec = LoanSpec { refinances: Some(old.loan), amount: fil(2_000), control, ..m.spec() };
        let new = m.submit(&spec).ok();
        if control == Control::Beneficiary {
            fails(&mut m, &spec, &new, ExitCode::USR_UNSPECIFIED, "as beneficiary");
            m.propose(&spec, &new).ok();
        }
        let (held, income) = (m.net.balance(sp.address()), m.net.balance(&sp.owner));
        m.net.fund(Address::new_id(old.agent), fil(6));
        m.activate(&spec, &new).ok();
        assert_eq!(m.net.balance(sp.address()), held + fil(2_000) - debt);
        assert_eq!(m.net.balance(&sp.owner), income + fil(6));
        let phases = [old.loan, new.loan].map(|loan| m.info(loan).phase);
        assert_eq!(phases, [Phase::Repaid, Phase::Live]);
        let agents = [old.agent, new.agent].map(Address::new_id);
        assert_eq!(agents.map(|agent| m.net.view::<HoldsMiner>(agent, &())), [false, true]);
        assert_eq!(m.beneficiary(&sp).active.beneficiary, agents[1]);
        // The old loan has no say any more.
        assert_eq!(m.call::<Release>(&keeper, &old.loan).ok(), Holding::Released);
        assert!(m.net.view::<HoldsMiner>(agents[1], &()));
        m.check_invariants();
        m.pass_to_due(new.loan);
        let due = m.due(new.loan).arrears.total();
        assert_eq!(m.collect(new.loan).ok().received, due);
        pay_off(&mut m, new.loan);
        assert_eq!(m.call::<Release>(&keeper, &new.loan).ok(), Holding::Offered);
        m.check_invariants();
    }
}

#[test]
fn a_loan_is_refinanced_by_its_borrower_on_its_miner_in_its_model_and_in_full() {
    for control in MODELS {
        let (mut m, old) = lent(control);
        m.pass(10);
        let refinance = LoanSpec { refinances: Some(old.loan), control, ..m.spec() };
        let other = match control {
            Control::Custody => Control::Beneficiary,
            Control::Beneficiary => Control::Custody,
        };
        for bad in [
            LoanSpec { control: other, ..refinance.clone() },
            LoanSpec { miner: m.keeper.id, ..refinance.clone() },
            LoanSpec { borrower: m.keeper.id, ..refinance.clone() },
        ] {
            m.submit(&bad).refused(code(Error::Refinance(0)));
        }
        m.submit(&LoanSpec { refinances: Some(9), ..refinance.clone() })
            .refused(code(Error::NoLoan(0)));
        let debt = m.due(old.loan).payoff.total();
        let short = LoanSpec { amount: debt - atto(1), ..refinance };
        let new = m.submit(&short).ok();
        m.propose(&short, &new);
        fails(&mut m, &short, &new, code(Error::Missing(fil(0))), "are missing to repay all");
        pay_off(&mut m, old.loan);
        fails(&mut m, &short, &new, code(Error::Refinance(0)), "can refinance");
        m.check_invariants();
    }
}
