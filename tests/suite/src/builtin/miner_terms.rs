//! The beneficiary of a miner and its terms (FIP-0029).

use fvm_harness::{Account, Call, Network, Outcome, Provider, TokenAmount, fil};
use fvm_shared::MethodNum;
use fvm_shared::address::Address;
use serde::Serialize;
use shared::ext::miner::*;

use super::{FORBIDDEN, ask};
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
fn a_term_that_is_over_before_it_begins_can_be_agreed_on() {
    let mut m = Mine::new();
    let (owner, lender) = (m.sp.owner.clone(), m.net.account("lender"));
    m.name(&owner, &lender, 1, -1).ok();
    m.name(&lender, &lender, 1, -1).ok();
    assert_eq!(m.active(), (lender.address(), fil(1), fil(0), -1));
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
