//! The beneficiary of a miner and its terms (FIP-0029).

use fvm_harness::{Account, Call, Network, Outcome, Provider, TokenAmount, fil};
use fvm_shared::MethodNum;
use fvm_shared::address::Address;
use serde::Serialize;
use shared::ext::miner::*;

use super::{FORBIDDEN, ILLEGAL_ARGUMENT, ask};
use crate::setup::network;

/// A network with one miner.
pub(super) struct Mine {
    pub net: Network,
    pub sp: Provider,
}

impl Mine {
    pub fn new() -> Self {
        let mut net = network();
        let sp = Provider::create(&mut net, "sp");
        Mine { net, sp }
    }

    pub fn call<P: Serialize + 'static>(
        &mut self,
        caller: &Account,
        method: MethodNum,
        params: &P,
    ) -> Outcome {
        self.net.run(Call::new(caller, self.sp.address()).method(method, params))
    }

    pub fn ask<P: Serialize + 'static>(&mut self, method: MethodNum, params: &P) -> Outcome {
        ask(&mut self.net, self.sp.address(), method, params)
    }

    pub fn beneficiary(&mut self) -> GetBeneficiaryReturn {
        self.ask(GET_BENEFICIARY, &()).returned()
    }

    pub fn active(&mut self) -> (Address, TokenAmount, TokenAmount, i64) {
        let ActiveBeneficiary { beneficiary, term } = self.beneficiary().active;
        (beneficiary, term.quota, term.used_quota, term.expiration)
    }

    pub fn name(
        &mut self,
        caller: &Account,
        beneficiary: impl Into<Address>,
        quota: i64,
        expiration: i64,
    ) -> Outcome {
        let params = ChangeBeneficiaryParams {
            new_beneficiary: beneficiary.into(),
            new_quota: fil(quota),
            new_expiration: expiration,
        };
        self.call(caller, CHANGE_BENEFICIARY, &params)
    }

    /// The owner names a beneficiary, who accepts; the one before has no say.
    pub fn with_beneficiary(name: &str, quota: i64, expiration: i64) -> (Self, Account) {
        let mut mine = Mine::new();
        let (owner, new) = (mine.sp.owner.clone(), mine.net.account(name));
        mine.name(&owner, &new, quota, expiration).ok();
        mine.name(&new, &new, quota, expiration).ok();
        (mine, new)
    }

    pub fn withdraw(&mut self, caller: &Account, amount: TokenAmount) -> Outcome {
        self.call(caller, WITHDRAW_BALANCE, &WithdrawBalanceParams { amount_requested: amount })
    }
}

#[test]
fn a_new_miner_s_beneficiary_is_its_owner_without_terms() {
    let mut m = Mine::new();
    assert_eq!(m.active(), (m.sp.owner.address(), fil(0), fil(0), 0));
    assert_eq!(m.beneficiary().proposed, None);
}

#[test]
fn the_nominee_accepts_what_the_owner_proposes() {
    let mut m = Mine::new();
    let (owner, lender) = (m.sp.owner.clone(), m.net.account("lender"));
    m.name(&owner, lender.robust, 100, 5_000).ok();
    let proposed = m.beneficiary().proposed.unwrap();
    let expected = PendingBeneficiaryChange {
        new_beneficiary: lender.address(),
        new_quota: fil(100),
        new_expiration: 5_000,
        approved_by_beneficiary: true,
        approved_by_nominee: false,
    };
    assert_eq!(proposed, expected);
    for (quota, expiration) in [(99, 5_000), (100, 5_001)] {
        m.name(&lender, &lender, quota, expiration).refused(ILLEGAL_ARGUMENT);
    }
    m.name(&lender, &owner, 100, 5_000).refused(ILLEGAL_ARGUMENT);
    m.name(&lender, &lender, 100, 5_000).ok();
    assert_eq!(m.active(), (lender.address(), fil(100), fil(0), 5_000));
    assert_eq!(m.beneficiary().proposed, None);
}

#[test]
fn nobody_else_has_a_say() {
    let mut m = Mine::new();
    let (owner, lender) = (m.sp.owner.clone(), m.net.account("lender"));
    let (eve, worker) = (m.net.account("eve"), m.sp.worker.clone());
    m.name(&lender, &lender, 100, 5_000).refused(FORBIDDEN);
    m.name(&owner, &lender, 100, 5_000).ok();
    for caller in [&eve, &worker] {
        m.name(caller, &lender, 100, 5_000).refused(FORBIDDEN);
    }
}

#[test]
fn a_beneficiary_has_a_quota_and_an_owner_has_none() {
    let mut m = Mine::new();
    let (owner, lender) = (m.sp.owner.clone(), m.net.account("lender"));
    m.name(&owner, &lender, 0, 5_000).refused(ILLEGAL_ARGUMENT);
    m.name(&owner, &lender, -1, 5_000).refused(ILLEGAL_ARGUMENT);
    m.name(&owner, &owner, 1, 0).refused(ILLEGAL_ARGUMENT);
    m.name(&owner, &owner, 0, 1).refused(ILLEGAL_ARGUMENT);
    let unborn = fvm_harness::Key::secp256k1("unborn").address().unwrap();
    m.name(&owner, unborn, 1, 5_000).refused(ILLEGAL_ARGUMENT);
    m.name(&owner, &owner, 0, 0).ok();
    assert_eq!(m.active(), (owner.address(), fil(0), fil(0), 0));
    // A term that is over before it begins can be agreed on.
    m.name(&owner, &lender, 1, -1).ok();
}

#[test]
fn a_beneficiary_with_a_term_must_agree_to_its_end() {
    let (mut m, lender) = Mine::with_beneficiary("lender", 100, 5_000);
    let owner = m.sp.owner.clone();
    m.name(&owner, &owner, 0, 0).ok();
    let proposed = m.beneficiary().proposed.unwrap();
    assert!(!proposed.approved_by_beneficiary && proposed.approved_by_nominee);
    assert_eq!(m.active().0, lender.address());
    m.name(&lender, &owner, 0, 0).ok();
    assert_eq!(m.active(), (owner.address(), fil(0), fil(0), 0));
}

#[test]
fn a_beneficiary_hands_over_to_another_when_all_three_agree() {
    let (mut m, lender) = Mine::with_beneficiary("lender", 100, 5_000);
    let (owner, other) = (m.sp.owner.clone(), m.net.account("other"));
    m.name(&owner, &other, 50, 6_000).ok();
    m.name(&other, &other, 50, 6_000).ok();
    assert_eq!(m.active().0, lender.address());
    // A new proposal forgets the approvals of the old one.
    m.name(&owner, &other, 60, 6_000).ok();
    m.name(&lender, &other, 60, 6_000).ok();
    assert_eq!(m.active().0, lender.address());
    m.name(&other, &other, 60, 6_000).ok();
    assert_eq!(m.active(), (other.address(), fil(60), fil(0), 6_000));
}

#[test]
fn at_the_expiration_the_owner_takes_over_alone() {
    let (mut m, lender) = Mine::with_beneficiary("lender", 100, 200);
    let owner = m.sp.owner.clone();
    m.net.advance(199 - m.net.epoch());
    m.name(&owner, &owner, 0, 0).ok();
    assert_eq!(m.active().0, lender.address());
    m.net.advance(1);
    m.name(&owner, &owner, 0, 0).ok();
    assert_eq!(m.active(), (owner.address(), fil(0), fil(0), 0));
}

#[test]
fn a_used_up_quota_lets_the_owner_take_over_alone() {
    let (mut m, lender) = Mine::with_beneficiary("lender", 100, 5_000);
    let owner = m.sp.owner.clone();
    m.withdraw(&lender, fil(100)).ok();
    assert_eq!(m.active(), (lender.address(), fil(100), fil(100), 5_000));
    m.name(&owner, &owner, 0, 0).ok();
    assert_eq!(m.active(), (owner.address(), fil(0), fil(0), 0));
}

#[test]
fn the_same_beneficiary_keeps_what_it_has_used() {
    let (mut m, lender) = Mine::with_beneficiary("lender", 100, 5_000);
    let owner = m.sp.owner.clone();
    m.withdraw(&lender, fil(40)).ok();
    m.name(&owner, &lender, 70, 9_000).ok();
    assert_eq!(m.active().1, fil(100));
    m.name(&lender, &lender, 70, 9_000).ok();
    assert_eq!(m.active(), (lender.address(), fil(70), fil(40), 9_000));
    // Even below what is used already.
    m.name(&owner, &lender, 30, 9_000).ok();
    m.name(&lender, &lender, 30, 9_000).ok();
    assert_eq!(m.active(), (lender.address(), fil(30), fil(40), 9_000));
    m.withdraw(&lender, fil(1)).refused(FORBIDDEN);
}

#[test]
fn an_owner_that_is_its_own_beneficiary_takes_that_along() {
    let mut m = Mine::new();
    let (owner, buyer, third) =
        (m.sp.owner.clone(), m.net.account("buyer"), m.net.account("third"));
    m.name(&owner, &third, 100, 5_000).ok();
    for (caller, new) in [(&owner, &buyer), (&buyer, &buyer)] {
        m.call(caller, CHANGE_OWNER_ADDRESS, &new.address()).ok();
    }
    assert_eq!(m.active().0, buyer.address());
    // What the old owner had proposed is gone.
    assert_eq!(m.beneficiary().proposed, None);
    m.name(&third, &third, 100, 5_000).refused(FORBIDDEN);
}

#[test]
fn another_beneficiary_survives_the_change_of_the_owner() {
    let (mut m, lender) = Mine::with_beneficiary("lender", 100, 5_000);
    let (owner, buyer) = (m.sp.owner.clone(), m.net.account("buyer"));
    m.name(&owner, &owner, 0, 0).ok();
    for (caller, new) in [(&owner, &buyer), (&buyer, &buyer)] {
        m.call(caller, CHANGE_OWNER_ADDRESS, &new.address()).ok();
    }
    assert_eq!(m.active(), (lender.address(), fil(100), fil(0), 5_000));
    assert_eq!(m.beneficiary().proposed, None);
    // The new owner cannot take it away alone, not even for itself.
    m.name(&buyer, &buyer, 0, 0).ok();
    assert_eq!(m.active().0, lender.address());
}
