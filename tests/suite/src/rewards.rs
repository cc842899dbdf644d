//! Rewards that vest while the deals last, and what the DAO owes.

use std::slice::from_ref;

use actor_datadao::api::{Payee, Refreshed, RewardRules, Withdraw};
use actor_datadao::treasury::MAX_PAYEES;
use fab::story::Dao;
use fvm_harness::{Call, Provider, fil};
use fvm_shared::address::Address;
use fvm_shared::bigint::BigInt;
use fvm_shared::error::ExitCode;
use fvm_shared::sector::SectorNumber;
use shared::ext::market::DealProposal;
use shared::ext::miner::{CHANGE_BENEFICIARY, ChangeBeneficiaryParams};
use shared::math::mul_div_down;

use crate::setup::{DAY, PIECE_SIZE, network, on_publish, piece, vesting};

/// A DAO with one deal that lasts 180 days, of which the provider has proven the sector.
fn with_active_deal() -> (Dao, SectorNumber, DealProposal) {
    let mut dao = vesting().listing(1, 1);
    let proposal = dao.proposal(1);
    let deal = dao.sp.publish_all(&mut dao.net, from_ref(&proposal))[0];
    let sector = dao.sp.activate(&mut dao.net, deal, &proposal);
    (dao, sector, proposal)
}

#[test]
fn a_locked_reward_is_earned_by_an_active_deal_and_paid_to_the_owner_by_anyone() {
    let mut dao = vesting().listing(1, 1);
    let proposal = dao.proposal(1);
    let deal = dao.sp.publish_all(&mut dao.net, from_ref(&proposal))[0];
    let owner = dao.sp.owner.clone();
    assert_eq!(dao.refresh(1), Refreshed::default());
    assert_eq!((dao.balance(&owner), dao.owed(&owner).data), (fil(0), fil(0)));
    dao.sp.activate(&mut dao.net, deal, &proposal);
    assert_eq!(dao.refresh(1).activated, 1);
    assert_eq!(dao.owed(&owner).data, fil(20));
    assert_eq!(dao.withdraw(&owner).data, fil(20));
    assert_eq!((dao.balance(&owner), dao.owed(&owner).data), (fil(20), fil(0)));
    dao.check_invariants();
}

#[test]
fn a_reward_vests_with_the_epochs_of_the_deal_and_is_whole_at_its_end() {
    let (mut dao, sector, proposal) = with_active_deal();
    let owner = dao.sp.owner.clone();
    dao.refresh(1);
    let (active, end) = (dao.net.epoch(), proposal.end_epoch);
    dao.sp.skip_proving(&mut dao.net, sector, (end - active) / 2);
    dao.refresh(1);
    let elapsed = BigInt::from(dao.net.epoch() - active);
    let vested = mul_div_down(&fil(80), &elapsed, &BigInt::from(end - active)).unwrap();
    assert_eq!(dao.owed(&owner).data, fil(20) + vested);
    let rest = end - dao.net.epoch();
    dao.sp.skip_proving(&mut dao.net, sector, rest);
    let refreshed = dao.refresh(1);
    assert_eq!(refreshed.completed, 1);
    assert_eq!(dao.owed(&owner).data, fil(100));
    assert!(dao.dataset(1).replicas.is_empty());
    dao.check_invariants();
}

#[test]
fn a_missed_start_earns_nothing_frees_the_slot_and_bars_the_owner() {
    let mut dao = vesting().listing(1, 1).listing(2, 1);
    let proposal = dao.proposal(1);
    dao.sp.publish_all(&mut dao.net, from_ref(&proposal));
    dao.net.skip(proposal.start_epoch + 1 - dao.net.epoch());
    assert_eq!(dao.refresh(1), Refreshed { missed: 1, ..Refreshed::default() });
    let owner = dao.sp.owner.clone();
    assert_eq!(dao.owed(&owner).data, fil(0));
    assert!(dao.dataset(1).replicas.is_empty());
    let again = dao.proposal(2);
    let barred = dao.sp.publish(&mut dao.net, from_ref(&again));
    let barred = barred.refused(ExitCode::USR_ILLEGAL_ARGUMENT);
    assert!(barred.backtrace.contains("it must wait until epoch"), "{barred}");
    dao.net.skip(7 * DAY);
    let later = dao.proposal(2);
    dao.sp.publish_all(&mut dao.net, from_ref(&later));
    dao.check_invariants();
}

#[test]
fn a_terminated_deal_earns_no_more_and_frees_its_slot_once() {
    let (mut dao, sector, _) = with_active_deal();
    let owner = dao.sp.owner.clone();
    dao.refresh(1);
    let (deadline, partition) = dao.sp.locate(&mut dao.net, sector);
    dao.sp.terminate(&mut dao.net, deadline, partition, sector).ok();
    dao.net.advance(10);
    assert_eq!(dao.refresh(1).terminated, 1);
    assert_eq!(dao.refresh(1), Refreshed::default());
    assert_eq!(dao.owed(&owner).data, fil(20));
    let again = dao.proposal(1);
    dao.asked(&again).refused(ExitCode::new(52));
    let other = Provider::create(&mut dao.net, "other");
    let theirs = other.proposal(&dao.net, dao.address, piece(1), PIECE_SIZE);
    other.publish_all(&mut dao.net, from_ref(&theirs));
    dao.check_invariants();
}

#[test]
fn a_payment_is_made_once_however_often_it_is_asked_for() {
    let (mut dao, _, _) = with_active_deal();
    dao.refresh(1);
    let owner = dao.sp.owner.clone();
    let thrice = vec![owner.address(), owner.robust, Address::new_id(99_999)];
    let paid = dao.net.call::<Withdraw>(&owner, dao.address, &thrice).ok();
    let paid: Vec<_> = paid.into_iter().map(|cash| cash.data).collect();
    assert_eq!(paid, [fil(20), fil(0), fil(0)]);
    assert_eq!(dao.state().token.supply, fil(20));
    dao.check_invariants();
}

#[test]
fn a_batch_of_payments_is_bounded() {
    let mut dao = vesting();
    let owners = vec![dao.admin.address(); MAX_PAYEES + 1];
    dao.net.call::<Withdraw>(&dao.admin, dao.address, &owners).refused(ExitCode::new(74));
    let paid = dao.net.call::<Withdraw>(&dao.admin, dao.address, &owners[1..].to_vec()).ok();
    assert_eq!(paid.len(), MAX_PAYEES);
}

#[test]
fn a_payment_to_an_address_that_stands_for_nobody_is_refused_and_pays_nobody() {
    let (mut dao, _, _) = with_active_deal();
    dao.refresh(1);
    let owner = dao.sp.owner.clone();
    let nobody = Address::new_secp256k1(&[7; 65]).unwrap();
    dao.net
        .call::<Withdraw>(&owner, dao.address, &vec![owner.address(), nobody])
        .refused(ExitCode::USR_NOT_FOUND);
    assert_eq!((dao.balance(&owner), dao.owed(&owner).data), (fil(0), fil(20)));
}

#[test]
fn a_reward_goes_to_the_beneficiary_where_the_rules_say_so() {
    let rules = RewardRules { to: Payee::Beneficiary, ..on_publish() };
    let mut dao = Dao::deploy(network(), rules).listing(1, 1);
    let (owner, bank) = (dao.sp.owner.clone(), dao.net.account("bank"));
    let terms = ChangeBeneficiaryParams {
        new_beneficiary: bank.address(),
        new_quota: fil(1_000),
        new_expiration: dao.net.epoch() + 400 * DAY,
    };
    for by in [&owner, &bank] {
        let call = Call::new(by, dao.sp.address()).method(CHANGE_BENEFICIARY, &terms);
        dao.net.run(call).ok();
    }
    let deal = dao.proposal(1);
    dao.sp.publish_all(&mut dao.net, from_ref(&deal));
    assert_eq!((dao.balance(&bank), dao.balance(&owner)), (fil(100), fil(0)));
    assert_eq!(dao.dataset(1).replicas[0].owner, owner.id);
    dao.check_invariants();
}
