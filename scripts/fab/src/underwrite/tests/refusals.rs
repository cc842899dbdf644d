//! What stands against a loan whatever its size.

use actor_loan_agent::api::AgentInfo;
use shared::ext::loan_agent::Holding;
use shared::ext::miner::{BeneficiaryTerm, PendingBeneficiaryChange};

use super::*;

/// Checks that nothing is lent, for a reason that says this.
#[track_caller]
fn refused(says: &str, change: impl FnOnce(&mut Facts, &mut Wish)) {
    let Verdict::Refuse(reasons) = assessed(change).verdict else { panic!("lent: {says}") };
    assert!(reasons.iter().any(|reason| reason.contains(says)), "{reasons:?}");
    assert!(reasons.iter().all(|reason| reason.contains(": ")), "no advice: {reasons:?}");
}

/// Checks that it is lent all the same, with a warning that says this.
#[track_caller]
fn warned(says: &str, change: impl FnOnce(&mut Facts, &mut Wish)) {
    let assessment = assessed(change);
    assert_eq!(assessment.verdict, Verdict::Lend);
    let findings = assessment.findings;
    assert!(findings.iter().any(|finding| finding.what.contains(says)), "{findings:?}");
}

fn beneficiary(facts: &mut Facts, quota: i64, used: i64, expiration: ChainEpoch) {
    facts.beneficiary.active.beneficiary = Address::new_id(300);
    facts.beneficiary.active.term =
        BeneficiaryTerm { quota: fil(quota), used_quota: fil(used), expiration };
}

#[test]
fn nothing_is_found_of_a_healthy_miner() {
    let assessment = assessed(|_, _| {});
    assert_eq!((assessment.verdict, assessment.findings), (Verdict::Lend, vec![]));
}

#[test]
fn a_paused_market_lends_nothing() {
    refused("paused", |facts, _| facts.roles.paused = true);
}

#[test]
fn a_stranger_is_no_underwriter() {
    refused("f0201 is not an underwriter", |facts, _| facts.standing = Underwriter::default());
}

#[test]
fn whoever_is_in_default_or_arrears_gets_no_other_loan() {
    refused("loan 3 of f0200 on miner f0999 is in default", |facts, _| {
        facts.loans = vec![LoanSummary { phase: Phase::Defaulted, ..running(OWNER, 999) }];
    });
    refused("in arrears with 2 FIL", |facts, _| {
        facts.loans = vec![LoanSummary { arrears: fil(2), ..running(OWNER, 999) }];
    });
    assert_eq!(
        assessed(|facts, _| facts.loans = vec![running(OWNER, 999)]).verdict,
        Verdict::Lend,
        "a loan on another miner that is paid on time"
    );
}

#[test]
fn a_miner_has_one_loan_at_a_time() {
    refused("one loan at a time", |facts, _| facts.loans = vec![running(999, MINER)]);
}

#[test]
fn a_miner_in_custody_of_another_loan_is_refused() {
    refused("the agent of a loan of market f0900 to f0901", |facts, _| {
        facts.agent = Some(AgentInfo {
            market: 900,
            borrower: 901,
            miner: MINER,
            control: Control::Custody,
            holding: Holding::Held,
            seized: false,
        });
    });
}

#[test]
fn a_third_party_as_beneficiary_is_refused() {
    for control in [Control::Custody, Control::Beneficiary] {
        refused("beneficiary is f0300", |facts, wish| {
            beneficiary(facts, 10, 0, 2_000);
            wish.control = control;
        });
    }
}

#[test]
fn a_third_party_whose_term_is_over_stays_in_the_way_of_custody_alone() {
    for (quota, used, expiration) in [(10, 10, 2_000), (10, 0, 1_000)] {
        refused("beneficiary is f0300", |facts, _| beneficiary(facts, quota, used, expiration));
        let assessment = assessed(|facts, wish| {
            beneficiary(facts, quota, used, expiration);
            wish.control = Control::Beneficiary;
        });
        assert_eq!(assessment.verdict, Verdict::Lend);
    }
}

#[test]
fn changes_that_wait_are_warned_of() {
    for control in [Control::Custody, Control::Beneficiary] {
        warned("proposes f0300 as owner", |facts, wish| {
            facts.next_owner = Some(Address::new_id(300));
            wish.control = control;
        });
        warned("proposes f0300 as beneficiary", |facts, wish| {
            facts.beneficiary.proposed = Some(PendingBeneficiaryChange {
                new_beneficiary: Address::new_id(300),
                new_quota: fil(1),
                new_expiration: 9_000,
                approved_by_beneficiary: true,
                approved_by_nominee: false,
            });
            wish.control = control;
        });
    }
}

#[test]
fn a_miner_that_owes_the_network_is_refused() {
    refused("owes the network 3 FIL", |facts, _| facts.collateral.available = fil(-3));
}

#[test]
fn a_miner_with_many_faults_is_refused() {
    let faulty = |faulty| Some(Sectors { live: 1_000, faulty });
    refused("10.10 % of its sectors are faulty", |facts, _| facts.sectors = faulty(101));
    assert_eq!(assessed(|facts, _| facts.sectors = faulty(100)).verdict, Verdict::Lend);
}

#[test]
fn a_miner_without_power_is_warned_of() {
    warned("no power", |facts, _| facts.power.raw_byte_power = 0.into());
}
