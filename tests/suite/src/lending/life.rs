//! Whole loans, with the real miner in custody or with the agent as its beneficiary.

use actor_lending_market::api::*;
use fvm_harness::{Call, TokenAmount, atto, fil};
use fvm_shared::address::Address;
use shared::ext::miner::{CHANGE_BENEFICIARY, CHANGE_OWNER_ADDRESS, ChangeBeneficiaryParams};

use crate::setup::lending;

#[test]
fn a_loan_in_custody_is_collected_from_the_miner_and_the_miner_comes_back() {
    let mut m = lending().lent(2_000);
    let miner = m.sp.address();
    let before = m.net.balance(miner);
    let loan = m.loan(|_| {});
    let agent = Address::new_id(loan.agent);
    assert_eq!(m.net.balance(miner), before + fil(1_200));
    let sp = m.sp.clone();
    assert_eq!((m.owner(&sp).owner, m.owner(&sp).proposed), (agent, None));
    assert_eq!(m.beneficiary(&sp).active.beneficiary, agent);
    let mut paid = fil(0);
    for number in 1..=12 {
        m.pass_to_due(loan.loan);
        let due = m.due(loan.loan).arrears.total();
        let payment = m.collect(loan.loan).ok();
        assert_eq!((payment.paid.total(), payment.credit), (due.clone(), fil(0)));
        assert_eq!(m.info(loan.loan).settled, number);
        paid += due;
        m.check_invariants();
    }
    assert_eq!(m.info(loan.loan).phase, Phase::Repaid);
    let schedule = m.view::<GetSchedule>(&loan.loan);
    let planned: TokenAmount = schedule.iter().map(|row| &row.principal + &row.interest).sum();
    assert_eq!(paid, planned);
    let keeper = m.keeper.clone();
    assert_eq!(m.call::<Release>(&keeper, &loan.loan).ok(), Holding::Offered);
    m.net.run(Call::new(&sp.owner, miner).method(CHANGE_OWNER_ADDRESS, &sp.owner.address())).ok();
    assert_eq!(m.call::<Release>(&keeper, &loan.loan).ok(), Holding::Released);
    assert_eq!(m.owner(&sp).owner, sp.owner.address());
    assert_eq!(m.beneficiary(&sp).active.beneficiary, sp.owner.address());
    // What nobody's cover earned is spread over the days to come.
    m.pass(8);
    // What was earned is Ann's, but for the treasury's tenth and the roundings.
    let (ann, shares) = (m.ann.clone(), m.lender(&m.ann.clone()).shares);
    let out = m.redeem(&ann, shares).ok().paid;
    let pool = m.pool();
    assert_eq!(&out + &pool.fees + &pool.cash, fil(2_000) + paid - fil(1_200));
    assert!(pool.cash < atto(10_000_000));
    m.check_invariants();
}

#[test]
fn a_beneficiary_s_loan_leaves_the_miner_to_its_owner_and_pays_itself() {
    let mut m = lending().lent(2_000);
    let sp = m.sp.clone();
    let loan = m.loan(|spec| spec.control = Control::Beneficiary);
    let agent = Address::new_id(loan.agent);
    assert_eq!(m.owner(&sp).owner, sp.owner.address());
    assert_eq!(m.beneficiary(&sp).active.beneficiary, agent);
    for _ in 0..12 {
        m.pass_to_due(loan.loan);
        m.collect(loan.loan).ok();
        m.check_invariants();
    }
    assert_eq!(m.info(loan.loan).phase, Phase::Repaid);
    let keeper = m.keeper.clone();
    assert_eq!(m.call::<Release>(&keeper, &loan.loan).ok(), Holding::Offered);
    let back = ChangeBeneficiaryParams {
        new_beneficiary: sp.owner.address(),
        new_quota: fil(0),
        new_expiration: 0,
    };
    m.net.run(Call::new(&sp.owner, sp.address()).method(CHANGE_BENEFICIARY, &back)).ok();
    assert_eq!(m.call::<Release>(&keeper, &loan.loan).ok(), Holding::Released);
    assert_eq!(m.beneficiary(&sp).active.beneficiary, sp.owner.address());
    m.check_invariants();
}
