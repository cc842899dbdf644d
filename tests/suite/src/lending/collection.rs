//! What is pulled out of a miner, when it has it and when it has not, and whose it is.

use actor_lending_market::api::*;
use actor_lending_market::error::Error;
use fab::story::Lending;
use fvm_harness::{TokenAmount, atto, fil};
use fvm_ipld_encoding::RawBytes;
use fvm_shared::address::Address;
use fvm_shared::error::ExitCode;
use hostile_owner::{Forward, Message};
use shared::Method;
use shared::ext::loan_agent::HoldsMiner;
use shared::ext::miner::GET_AVAILABLE_BALANCE;

use super::{MODELS, code, lent, miner};
use crate::setup::{fields, lending};

/// Calls within calls that the FVM allows.
const CALL_DEPTH: usize = 1_024;

/// A loan in three instalments, paid to somebody else, on a miner that has nothing but what vests.
fn poor(control: Control) -> (Lending, Submitted) {
    let mut m = lending().lent(5_000);
    miner::earn(&mut m, fil(2_000));
    miner::withdraw_all(&mut m);
    let payee = m.treasury.id;
    let loan = m.loan(|spec| {
        spec.instalments = 3;
        (spec.control, spec.payee) = (control, Some(payee));
    });
    (m, loan)
}

#[test]
fn what_is_due_is_pulled_once_and_all_that_came_is_booked() {
    for control in MODELS {
        let (mut m, loan) = lent(control);
        let early = m.collect(loan.loan).ok();
        assert_eq!((early.received, early.paid), (fil(0), Amounts::default()));
        m.pass_to_due(loan.loan);
        let due = m.due(loan.loan).arrears.total();
        let (miner, booked) = (miner::at_hand(&mut m), m.state().booked());
        let held = m.net.balance(m.address);
        let payment = m.collect(loan.loan).ok();
        assert_eq!((payment.received.clone(), payment.paid.total()), (due.clone(), due.clone()));
        assert_eq!(miner::at_hand(&mut m), miner - &due);
        assert_eq!(m.net.balance(m.address), held + &due);
        assert_eq!(m.state().booked(), booked + &due);
        assert_eq!(m.collect(loan.loan).ok().received, fil(0));
        assert_eq!(m.due(loan.loan).arrears, Amounts::default());
        m.check_invariants();
    }
}

#[test]
fn a_miner_that_has_less_pays_that_and_the_rest_as_its_rewards_vest() {
    for control in MODELS {
        let (mut m, loan) = poor(control);
        m.pass_to_due(loan.loan);
        let (due, has) = (m.due(loan.loan).arrears.total(), miner::at_hand(&mut m));
        assert!(has.is_positive() && has < due);
        let payment = m.collect(loan.loan).ok();
        assert_eq!((payment.received, payment.paid.total()), (has.clone(), has.clone()));
        assert_eq!(m.due(loan.loan).arrears.total(), due - has);
        let mut days = 0;
        while m.due(loan.loan).overdue_since.is_some() {
            m.pass(1);
            days += 1;
            let (due, has) = (m.due(loan.loan).arrears.total(), miner::at_hand(&mut m));
            let payment = m.collect(loan.loan).ok();
            assert_eq!(
                (payment.received.clone(), payment.paid.total()),
                (has.min(due), payment.received)
            );
            m.check_invariants();
        }
        assert!(days > 1, "{days}");
        assert!(m.info(loan.loan).paid.fees.is_positive());
        assert_eq!(m.info(loan.loan).settled, 1);
    }
}

/// What a miner owes the network comes first. In custody the agent has it repay that; a beneficiary
/// may not, and is refused, which stops nothing.
#[test]
fn a_miner_that_owes_the_network_pays_nothing_until_that_is_repaid() {
    for control in MODELS {
        let (mut m, loan) = lent(control);
        let (sp, keeper) = (m.sp.address(), m.keeper.clone());
        m.pass_to_due(loan.loan);
        miner::penalise(&mut m, fil(30_000));
        let owed = -miner::ask::<TokenAmount>(&mut m, GET_AVAILABLE_BALANCE);
        assert!(owed > fil(1_000));
        m.net.fund(sp, fil(10));
        let due = m.due(loan.loan).arrears.total();
        let outcome = m.call::<Collect>(&keeper, &loan.loan).outcome.ok();
        let refused = fields::<ExitCode>(&outcome, "collected", "refused");
        assert_eq!(refused, [ExitCode::USR_INSUFFICIENT_FUNDS]);
        assert_eq!(outcome.returned::<Payment>().received, fil(0));
        let kept = if control == Control::Custody { fil(0) } else { fil(10) };
        assert_eq!(m.net.balance(sp), kept);
        assert_eq!(m.due(loan.loan).arrears.total(), due);
        m.net.fund(sp, owed - fil(10) + fil(50));
        assert_eq!(m.collect(loan.loan).ok().received, fil(50));
        assert_eq!(m.net.balance(sp), fil(0));
        m.check_invariants();
    }
}

#[test]
fn a_term_that_is_over_pays_nothing_and_stops_nothing() {
    let (mut m, loan) = lent(Control::Beneficiary);
    let (agent, keeper) = (Address::new_id(loan.agent), m.keeper.clone());
    m.pass_to(loan.expiration - 1);
    assert!(m.net.view::<HoldsMiner>(agent, &()));
    m.pass_to(loan.expiration);
    assert!(!m.net.view::<HoldsMiner>(agent, &()));
    let outcome = m.call::<Collect>(&keeper, &loan.loan).outcome.ok();
    let refused = fields::<ExitCode>(&outcome, "collected", "refused");
    assert_eq!(refused, [ExitCode::USR_FORBIDDEN]);
    assert_eq!(m.pay::<Repay>(&keeper, &loan.loan, fil(7)).ok().paid.total(), fil(7));
    m.check_invariants();
}

/// A message to be sent through so many calls of an actor by itself.
fn nested(actor: Address, message: Message, depth: usize) -> Message {
    (1..depth).fold(message, |inner, _| Message {
        to: actor,
        method: Forward::NUMBER,
        params: RawBytes::serialize(inner).unwrap(),
    })
}

/// A call that the FVM refuses for its depth must not pass for a miner that does not pay.
#[test]
fn a_miner_that_can_pay_is_not_made_to_look_poor_by_a_deep_stack_of_calls() {
    let (mut m, loan) = lent(Control::Custody);
    m.pass_to_due(loan.loan);
    m.pass(31);
    let keeper = m.keeper.clone();
    let actor = m.net.create(&keeper, "hostile-owner", &()).ok().id_address;
    let default = Message {
        to: m.address,
        method: DeclareDefault::NUMBER,
        params: RawBytes::serialize(loan.loan).unwrap(),
    };
    let start = m.net.snapshot();
    let mut went_through = 0;
    for depth in CALL_DEPTH - 12..CALL_DEPTH {
        let message = nested(actor, default.clone(), depth);
        let sent = m.net.call::<Forward>(&keeper, actor, &message).outcome;
        went_through += usize::from(sent.exit_code.is_success());
        let paid = m.info(loan.loan).paid.total().is_positive();
        assert_eq!((paid, m.info(loan.loan).phase), (sent.exit_code.is_success(), Phase::Live));
        m.net.restore(&start);
    }
    assert!((1..11).contains(&went_through), "{went_through}");
}

#[test]
fn what_an_agent_is_sent_pays_what_is_due_and_the_rest_is_credit() {
    for control in MODELS {
        let (mut m, loan) = lent(control);
        let agent = Address::new_id(loan.agent);
        m.net.fund(agent, fil(50));
        let payment = m.collect(loan.loan).ok();
        assert_eq!((payment.received, payment.paid.total()), (fil(50), fil(0)));
        assert_eq!(payment.credit, fil(50));
        m.pass_to_due(loan.loan);
        let due = m.due(loan.loan).arrears.total();
        m.net.fund(agent, fil(20));
        let before = miner::at_hand(&mut m);
        let payment = m.collect(loan.loan).ok();
        assert_eq!((payment.received, payment.credit), (due.clone(), fil(0)));
        assert_eq!(payment.paid.total(), &due + fil(50));
        assert_eq!(miner::at_hand(&mut m), before - due + fil(20));
        m.check_invariants();
    }
}

/// A beneficiary is paid whoever withdraws, so an owner that withdraws repays early.
#[test]
fn what_the_owner_withdraws_is_credit_and_only_the_rest_after_the_last_instalment_is_its_own() {
    let (mut m, loan) = lent(Control::Beneficiary);
    let (sp, agent) = (m.sp.clone(), Address::new_id(loan.agent));
    let before = m.net.balance(&sp.owner);
    assert_eq!(miner::withdraw_all(&mut m), loan.quota);
    assert_eq!(
        (m.net.balance(agent), m.net.balance(&sp.owner)),
        (loan.quota.clone(), before.clone())
    );
    // The quota is used up, so the owner takes the miner back alone; the loan does not need it.
    miner::change_beneficiary(&mut m, &sp.owner, &sp.owner, &fil(0), 0).ok();
    assert_eq!(m.beneficiary(&sp).active.beneficiary, sp.owner.address());
    assert_eq!(m.collect(loan.loan).ok().credit, loan.quota);
    assert_eq!(m.due(loan.loan).payoff, Amounts::default());
    let mut paid = fil(0);
    for number in 1..=12 {
        m.pass_to_due(loan.loan);
        let payment = m.collect(loan.loan).ok();
        paid += payment.paid.total();
        assert_eq!(payment.received, fil(0));
        let back = if number == 12 { &loan.quota - &paid } else { fil(0) };
        assert_eq!((payment.refunded, m.net.balance(&sp.owner)), (back.clone(), &before + back));
        m.check_invariants();
    }
    assert_eq!(m.info(loan.loan).phase, Phase::Repaid);
    assert_eq!(m.call::<Release>(&sp.owner, &loan.loan).ok(), Holding::Released);
}

#[test]
fn what_is_left_of_the_quota_and_the_credit_always_cover_the_debt() {
    let (mut m, loan) = lent(Control::Beneficiary);
    let sp = m.sp.clone();
    miner::withdraw(&mut m, &fil(300));
    let covered = |m: &mut Lending| {
        let term = m.beneficiary(&sp).active.term;
        // The payoff is after the credit.
        let payoff = m.due(loan.loan).payoff.total() - m.net.balance(Address::new_id(loan.agent));
        assert!(term.quota - term.used_quota >= payoff);
    };
    covered(&mut m);
    let last = m.view::<GetSchedule>(&loan.loan).last().unwrap().due;
    let grace = m.info(loan.loan).spec.grace;
    for epoch in [last / 2, last, last + grace] {
        m.pass_to(epoch);
        covered(&mut m);
    }
    let due = m.due(loan.loan).arrears.total();
    assert_eq!(m.collect(loan.loan).ok().received, due);
    assert_eq!(m.beneficiary(&sp).active.term.used_quota, due);
    assert_eq!(m.info(loan.loan).phase, Phase::Repaid);
    m.check_invariants();
}

/// Only what the agent approves ends its term before the debt is zero.
#[test]
fn an_owner_that_sells_its_miner_or_names_another_beneficiary_pays_all_the_same() {
    let (mut m, loan) = lent(Control::Beneficiary);
    let (sp, buyer, keeper) = (m.sp.clone(), m.ann.clone(), m.keeper.clone());
    for from in [&sp.owner, &buyer] {
        miner::change_owner(&mut m, from, &buyer).ok();
    }
    for from in [&buyer, &keeper] {
        miner::change_beneficiary(&mut m, from, &keeper, &fil(9), 1_000_000).ok();
    }
    assert!(m.net.view::<HoldsMiner>(Address::new_id(loan.agent), &()));
    m.pass_to_due(loan.loan);
    let due = m.due(loan.loan).arrears.total();
    m.call::<Release>(&buyer, &loan.loan).refused(code(Error::Phase(Phase::Live)));
    assert_eq!(m.collect(loan.loan).ok().received, due);
    assert_eq!(m.beneficiary(&sp).active.beneficiary, Address::new_id(loan.agent));
    m.check_invariants();
}

#[test]
fn anyone_repays_what_is_due_first_and_then_ahead() {
    let (mut m, loan) = lent(Control::Custody);
    let (ann, owner) = (m.ann.clone(), m.sp.owner.clone());
    m.pass_to_due(loan.loan);
    let due = m.due(loan.loan).arrears.total();
    let payment = m.pay::<Repay>(&ann, &loan.loan, &due + fil(30)).ok();
    assert_eq!((payment.paid.total(), payment.credit), (due.clone(), fil(30)));
    assert_eq!(m.collect(loan.loan).ok().received, fil(0));
    m.pass_to_due(loan.loan);
    let rest = m.due(loan.loan).arrears.total();
    assert!(rest < &due - fil(29));
    assert_eq!(m.collect(loan.loan).ok().received, rest);
    // With all of it ahead, the loan runs on, and the credit pays it.
    let payment = m.pay::<Repay>(&ann, &loan.loan, fil(1_500)).ok();
    assert_eq!((payment.credit, payment.phase), (fil(1_500), Phase::Live));
    for _ in 0..10 {
        m.pass_to_due(loan.loan);
        assert_eq!(m.collect(loan.loan).ok().received, fil(0));
    }
    assert_eq!(m.info(loan.loan).phase, Phase::Repaid);
    // What comes after that is the borrower's.
    let before = m.net.balance(&owner);
    assert_eq!(m.pay::<Repay>(&ann, &loan.loan, fil(3)).ok().refunded, fil(3));
    assert_eq!(m.net.balance(&owner), before + fil(3));
    m.pay::<Repay>(&ann, &9, fil(3)).refused(code(Error::NoLoan(0)));
    m.check_invariants();
}

#[test]
fn nothing_is_collected_or_repaid_before_a_loan_begins() {
    let mut m = lending().lent(5_000);
    let (spec, keeper) = (m.spec(), m.keeper.clone());
    let loan = m.submit(&spec).ok();
    m.collect(loan.loan).refused(code(Error::Phase(Phase::Live)));
    m.pay::<Repay>(&keeper, &loan.loan, fil(3)).refused(code(Error::Phase(Phase::Live)));
    assert_eq!(m.net.balance(m.address), fil(5_000));
    m.check_invariants();
}

#[test]
fn a_pause_stops_no_payment() {
    for control in MODELS {
        let (mut m, loan) = lent(control);
        let (governor, owner) = (m.governor.clone(), m.sp.owner.clone());
        m.call::<SetPaused>(&governor, &true).ok();
        m.pass_to_due(loan.loan);
        assert!(m.collect(loan.loan).ok().received.is_positive());
        m.pay::<Repay>(&owner, &loan.loan, fil(3)).ok();
        let rest = PayOffParams { loan: loan.loan, from_miner: fil(2_000) };
        assert_eq!(m.call::<PayOff>(&owner, &rest).ok().phase, Phase::Repaid);
        assert_eq!(m.call::<Release>(&owner, &loan.loan).ok(), Holding::Offered);
        m.check_invariants();
    }
}

#[test]
fn a_borrower_has_the_income_that_the_collateral_can_spare() {
    let (mut m, loan) = lent(Control::Custody);
    let (owner, miner) = (m.sp.owner.clone(), m.sp.address());
    let spare = m.view::<GetCollateral>(&miner).value - fil(1_500);
    miner::income(&mut m, loan.loan, &spare + atto(1)).refused(code(Error::Collateral(fil(0))));
    miner::income(&mut m, loan.loan, atto(1) - fil(1)).refused(ExitCode::USR_ILLEGAL_ARGUMENT);
    let before = m.net.balance(&owner);
    assert_eq!(miner::income(&mut m, loan.loan, spare.clone()).ok(), spare);
    assert_eq!(m.net.balance(&owner), before + spare);
    miner::income(&mut m, loan.loan, atto(1)).refused(code(Error::Collateral(fil(0))));
    m.check_invariants();
}

#[test]
fn income_leaves_the_miner_what_the_next_instalment_comes_to() {
    let (mut m, loan) = poor(Control::Custody);
    miner::earn(&mut m, fil(4_000));
    let next = m.due(loan.loan).next.unwrap().amount;
    let spare = miner::at_hand(&mut m) - next;
    miner::income(&mut m, loan.loan, &spare + atto(1)).refused(code(Error::NextInstalment(fil(0))));
    assert_eq!(miner::income(&mut m, loan.loan, spare.clone()).ok(), spare);
    // The credit counts for it.
    let keeper = m.keeper.clone();
    m.pay::<Repay>(&keeper, &loan.loan, fil(2)).ok();
    assert_eq!(miner::income(&mut m, loan.loan, fil(2)).ok(), fil(2));
    m.check_invariants();
}

#[test]
fn income_is_for_the_borrower_of_a_loan_in_custody_that_is_not_overdue() {
    let (mut m, loan) = lent(Control::Custody);
    let (keeper, governor) = (m.keeper.clone(), m.governor.clone());
    let params = WithdrawIncomeParams { loan: loan.loan, amount: fil(1) };
    m.call::<WithdrawIncome>(&keeper, &params).refused(code(Error::NotBorrower(0)));
    m.call::<SetPaused>(&governor, &true).ok();
    miner::income(&mut m, loan.loan, fil(1)).refused(code(Error::Paused));
    m.call::<SetPaused>(&governor, &false).ok();
    m.pass_to_due(loan.loan);
    miner::income(&mut m, loan.loan, fil(1)).refused(code(Error::Arrears));
    m.collect(loan.loan).ok();
    assert_eq!(miner::income(&mut m, loan.loan, fil(1)).ok(), fil(1));
    let next = m.due(loan.loan).payoff.total();
    let owner = m.sp.owner.clone();
    m.pay::<PayOff>(&owner, &PayOffParams { loan: loan.loan, from_miner: fil(0) }, next).ok();
    miner::income(&mut m, loan.loan, fil(1)).refused(code(Error::Phase(Phase::Live)));
    m.check_invariants();

    let (mut m, loan) = lent(Control::Beneficiary);
    miner::income(&mut m, loan.loan, fil(1)).refused(code(Error::NotInCustody(0)));
    m.check_invariants();
}
