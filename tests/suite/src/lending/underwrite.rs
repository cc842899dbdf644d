//! The underwriter's tool, on the harness: what it makes is submitted and activated as it is.

use actor_lending_market::api::*;
use actor_lending_market::schedule::DAY;
use fab::node::Embedded;
use fab::story::Lending;
use fab::underwrite::Wish;
use fab::underwrite::assess::{Assessment, Verdict, assess};
use fab::underwrite::facts::{Facts, Parties, gather};
use fab::underwrite::offer::{Offer, Vouched};
use fab::underwrite::report::Report;
use fvm_harness::{Call, Provider, atto, fil};
use fvm_shared::address::Address;
use shared::ext::miner::{CHANGE_BENEFICIARY, CHANGE_OWNER_ADDRESS, ChangeBeneficiaryParams};

use crate::setup::lending;

/// A market with 5,000 FIL, and a miner that earns.
fn earning() -> Lending {
    let mut m = lending().lent(5_000);
    let miner = m.sp.address();
    m.net.block_reward(miner, fil(2_400)).ok();
    m
}

fn wish() -> Wish {
    Wish {
        amount: fil(1_200),
        plan: Plan::Level,
        instalments: 12,
        days_between: 30,
        control: Control::Custody,
        base_rate: 800,
        late_rate: 2_000,
        grace: 30 * DAY,
        max_debt: 8_000,
        income_share: 7_500,
        valid_for: 2 * DAY,
        nonce: 7,
    }
}

fn facts(m: &mut Lending) -> Facts {
    let (market, miner, underwriter) = (m.address, m.sp.address(), m.underwriter.robust);
    let parties = Parties { market, miner, underwriter };
    gather(&mut Embedded::new(&mut m.net), &parties).expect("a node that answers")
}

/// The underwriter's whole work.
fn underwritten(m: &mut Lending, wish: &Wish) -> (Facts, Assessment, Offer, Vouched) {
    let facts = facts(m);
    let assessment = assess(&facts, wish).expect("a wish that makes sense");
    assert_eq!(assessment.verdict, Verdict::Lend);
    let offer = Offer::new(&facts, wish, assessment.rate.rate).expect("an offer");
    let signature = m.underwriter.key.sign(&offer.message).expect("a key that signs").bytes;
    (facts, assessment, offer, Vouched::Signed(signature))
}

#[test]
fn an_underwritten_loan_is_submitted_and_activated_as_it_is() {
    for control in [Control::Custody, Control::Beneficiary] {
        let mut m = earning();
        let wish = Wish { control, ..wish() };
        let (facts, assessment, offer, vouched) = underwritten(&mut m, &wish);
        offer.rehearse(&mut Embedded::new(&mut m.net), &vouched).expect("a sound offer");
        let report = Report {
            facts: &facts,
            wish: &wish,
            assessment: &assessment,
            offer: Some((&offer, &vouched)),
        };
        let text = report.text();
        assert!(
            text.contains("by the income") && text.contains("the node does not know"),
            "{text}"
        );

        let submitted = m.net.run_as::<Submit>(offer.submit(&vouched)).ok();
        assert_eq!(submitted.agent_address, offer.agent);
        assert_eq!(m.net.resolve(&offer.agent), Some(submitted.agent));
        m.propose(&offer.spec, &submitted).ok();
        m.activate(&offer.spec, &submitted).ok();
        let planned = m.view::<GetSchedule>(&submitted.loan);
        let rows = planned.iter().zip(&offer.schedule.instalments);
        for (row, instalment) in rows {
            assert_eq!((row.due, &row.principal), (instalment.due, &instalment.principal));
        }
        assert_eq!(planned.len(), 12);
        m.check_invariants();
    }
}

#[test]
fn an_approved_loan_needs_no_signature() {
    let mut m = earning();
    let (.., offer, _) = underwritten(&mut m, &wish());
    let node = &mut Embedded::new(&mut m.net);
    offer.rehearse(node, &Vouched::Approved).expect("an approval that the market takes");
    m.net.run_as::<ApproveSpec>(offer.approve()).ok();
    let submitted = m.net.run_as::<Submit>(offer.submit(&Vouched::Approved)).ok();
    m.propose(&offer.spec, &submitted).ok();
    m.activate(&offer.spec, &submitted).ok();
    m.check_invariants();
}

#[test]
fn a_signature_by_another_key_does_not_pass_the_rehearsal() {
    let mut m = earning();
    let (.., offer, _) = underwritten(&mut m, &wish());
    let signature = m.ann.key.sign(&offer.message).expect("a key that signs").bytes;
    let node = &mut Embedded::new(&mut m.net);
    let told = offer.rehearse(node, &Vouched::Signed(signature)).expect_err("another's signature");
    assert!(told.to_string().contains("does not take the signature"), "{told}");
}

#[test]
fn a_nonce_that_was_used_does_not_pass_the_rehearsal() {
    let mut m = earning();
    let (.., offer, vouched) = underwritten(&mut m, &wish());
    m.net.run_as::<Submit>(offer.submit(&vouched)).ok();
    let node = &mut Embedded::new(&mut m.net);
    let told = format!("{:#}", offer.rehearse(node, &vouched).expect_err("a used nonce"));
    assert!(told.contains("nonce 7 is used"), "{told}");
}

/// A limit is what the chain takes: with the bound of the collateral it is so to the attoFIL.
#[test]
fn a_limit_by_the_collateral_is_lent_and_one_atto_fil_more_is_not() {
    for (more, lends) in [(0, true), (1, false)] {
        let mut m = lending().lent(50_000);
        let facts = facts(&mut m);
        let bound = assess(&facts, &wish()).expect("a wish that makes sense").bounds.remove(0);
        assert_eq!(bound.what, "collateral");
        let wish = Wish { amount: bound.amount + atto(more), ..wish() };
        let offer = Offer::new(&facts, &wish, 1_000).expect("an offer");
        let signature = m.underwriter.key.sign(&offer.message).expect("a key that signs").bytes;
        let submitted = m.net.run_as::<Submit>(offer.submit(&Vouched::Signed(signature))).ok();
        m.propose(&offer.spec, &submitted).ok();
        let activated = m.activate(&offer.spec, &submitted);
        assert_eq!(activated.outcome.exit_code.is_success(), lends, "{}", activated.outcome);
    }
}

#[test]
fn a_miner_with_a_loan_is_told_from_one_without() {
    for control in [Control::Custody, Control::Beneficiary] {
        let mut m = earning();
        m.loan(|spec| spec.control = control);
        let assessment = assess(&facts(&mut m), &wish()).expect("a wish that makes sense");
        let Verdict::Refuse(reasons) = assessment.verdict else { panic!("a second loan") };
        let reason = match control {
            Control::Custody => "is held by",
            Control::Beneficiary => "a miner has one loan at a time",
        };
        assert!(reasons.iter().any(|told| told.contains(reason)), "{reasons:?}");
    }
}

#[test]
fn arrears_are_found_on_other_miners_of_the_borrower() {
    let mut m = earning();
    let owner = m.sp.owner.clone();
    let other = Provider::owned_by(&mut m.net, "other", owner);
    let loan = m.loan(|_| {});
    m.sp = other;
    m.pass_to_due(loan.loan);
    let refused = |m: &mut Lending| match assess(&facts(m), &wish()).expect("a wish").verdict {
        Verdict::Refuse(reasons) => reasons.concat(),
        Verdict::Lend => String::new(),
    };
    assert!(refused(&mut m).contains("is in arrears with"));
    m.collect(loan.loan).ok();
    assert!(!refused(&mut m).contains("arrears"));
}

#[test]
fn a_third_party_beneficiary_and_pending_changes_are_seen_on_the_miner() {
    let mut m = earning();
    let (owner, miner, keeper) = (m.sp.owner.clone(), m.sp.address(), m.keeper.address());
    let change = ChangeBeneficiaryParams {
        new_beneficiary: keeper,
        new_quota: fil(10),
        new_expiration: 100_000,
    };
    m.net.run(Call::new(&owner, miner).method(CHANGE_OWNER_ADDRESS, &keeper)).ok();
    m.net.run(Call::new(&owner, miner).method(CHANGE_BENEFICIARY, &change)).ok();
    let assessment = assess(&facts(&mut m), &wish()).expect("a wish that makes sense");
    let told: Vec<_> = assessment.findings.iter().map(|found| found.what.as_str()).collect();
    assert!(told.iter().any(|what| what.contains(&format!("proposes {keeper} as owner"))));
    assert!(told.iter().any(|what| what.contains(&format!("proposes {keeper} as beneficiary"))));
    assert_eq!(assessment.verdict, Verdict::Lend);
    m.net.run(Call::new(keeper, miner).method(CHANGE_BENEFICIARY, &change)).ok();
    let assessment = assess(&facts(&mut m), &wish()).expect("a wish that makes sense");
    assert_ne!(assessment.verdict, Verdict::Lend);
}

#[test]
fn what_is_no_market_or_no_miner_is_refused_with_what_was_asked() {
    let mut m = lending();
    let market = Address::new_id(shared::ext::MARKET_ACTOR);
    let (address, miner, underwriter) = (m.address, m.sp.address(), m.underwriter.address());
    let mut ask = |market, miner| {
        let parties = Parties { market, miner, underwriter };
        let facts = gather(&mut Embedded::new(&mut m.net), &parties);
        facts.expect_err("no facts").to_string()
    };
    assert!(ask(market, miner).starts_with("GetRules of f05: exit "));
    let told = ask(address, underwriter);
    assert!(told.contains("is not a storage miner"), "{told}");
}
