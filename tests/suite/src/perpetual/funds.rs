//! Deposits, and what perpetual deals take of them.

use actor_perpetual_storage::api::{
    ChangePerpetualDeal, ChangePerpetualDealParams, ClosePerpetualDeal, CreatePerpetualDeal,
    CreatePerpetualDealParams, Deposit, GetPerpetualDeal, TopUp, Withdraw,
};
use fab::story::storage_terms;
use fvm_harness::{Call, TokenAmount, atto, fil};
use fvm_shared::address::Address;
use fvm_shared::error::ExitCode;
use shared::Method;

use crate::setup::{PIECE_SIZE, piece, storage};

#[test]
fn a_deposit_is_for_oneself_or_for_another_and_can_be_withdrawn() {
    let mut storage = storage();
    storage.deposit(fil(7));
    let (uploader, keeper) = (storage.uploader.clone(), storage.keeper.clone());
    storage.pay::<Deposit>(&keeper, &Some(uploader.address()), fil(3)).ok();
    assert_eq!(storage.funds(&uploader).free, fil(10));
    let before = storage.net.balance(&uploader);
    storage.call::<Withdraw>(&uploader, &fil(4)).ok();
    assert_eq!(storage.net.balance(&uploader), before + fil(4));
    storage.call::<Withdraw>(&uploader, &(fil(6) + atto(1))).refused(ExitCode::new(52));
    storage.call::<Withdraw>(&keeper, &atto(1)).refused(ExitCode::new(52));
    storage.call::<Withdraw>(&uploader, &fil(6)).ok();
    assert_eq!(storage.funds(&uploader).free, fil(0));
    storage.check_invariants();
}

#[test]
fn a_plain_send_is_no_deposit() {
    let mut storage = storage();
    storage.net.fund(storage.address, fil(5));
    let books = storage.state().books();
    assert_eq!(books.booked, fil(0));
    storage.call::<Withdraw>(&storage.uploader.clone(), &atto(1)).refused(ExitCode::new(52));
    storage.check_invariants();
}

#[test]
fn a_deposit_for_nobody_is_refused() {
    let mut storage = storage();
    let nobody = Address::new_id(storage.keeper.id + 1_000);
    let keeper = storage.keeper.clone();
    storage.pay::<Deposit>(&keeper, &Some(nobody), fil(1)).refused(ExitCode::USR_NOT_FOUND);
    storage.pay::<Deposit>(&keeper, &None, fil(0)).refused(ExitCode::new(50));
}

#[test]
fn creation_is_refused_with_the_amount_that_is_missing_and_taken_with_just_that() {
    let mut storage = storage();
    let uploader = storage.uploader.clone();
    let params = CreatePerpetualDealParams {
        piece_cid: piece(1),
        piece_size: PIECE_SIZE,
        terms: storage_terms(3),
    };
    storage.deposit(fil(30));
    // Two tips a replica are set aside beside the bounties.
    let missing = storage.state().rules.tip * 6_u64;
    let refused = storage.call::<CreatePerpetualDeal>(&uploader, &params).outcome;
    let refused = refused.refused(ExitCode::new(53));
    let said = format!("{missing} FIL are missing for the first term");
    assert!(refused.backtrace.contains(&said), "{refused}");
    storage
        .pay::<CreatePerpetualDeal>(&uploader, &params, &missing - atto(1))
        .refused(ExitCode::new(53));
    storage.pay::<CreatePerpetualDeal>(&uploader, &params, missing.clone()).ok();
    let funds = storage.funds(&uploader);
    assert_eq!((funds.free, funds.committed), (fil(0), fil(30) + missing));
    storage.check_invariants();
}

#[test]
fn anyone_tops_up_and_only_the_uploader_changes_or_closes() {
    let mut storage = storage().keeping(1);
    let (uploader, keeper) = (storage.uploader.clone(), storage.keeper.clone());
    storage.pay::<TopUp>(&keeper, &1, fil(5)).ok();
    assert_eq!(storage.perpetual(1).purse, fil(5));
    let change = ChangePerpetualDealParams { id: 1, terms: storage_terms(2) };
    storage.call::<ChangePerpetualDeal>(&keeper, &change).refused(ExitCode::new(55));
    storage.call::<ClosePerpetualDeal>(&keeper, &1).refused(ExitCode::new(55));
    storage.call::<ChangePerpetualDeal>(&uploader, &change).ok();
    assert_eq!((storage.ads(1).len(), storage.perpetual(1).purse), (2, fil(0)));
    storage.call::<ClosePerpetualDeal>(&uploader, &1).ok();
    assert_eq!(storage.funds(&uploader).free, fil(505));
    storage.pay::<TopUp>(&keeper, &1, fil(5)).refused(ExitCode::new(54));
    let read = Call::new(&keeper, storage.address).method(GetPerpetualDeal::NUMBER, &1_u64);
    storage.net.dry_run(read).refused(ExitCode::new(54));
    assert_eq!(storage.funds(&uploader).committed, TokenAmount::default());
    storage.check_invariants();
}

#[test]
fn closing_leaves_running_deals_what_they_were_promised() {
    let mut storage = storage().keeping(2);
    let ads = storage.ads(1);
    let (_, proposal) = storage.store(ads[0]);
    storage.refresh(1);
    let uploader = storage.uploader.clone();
    storage.call::<ClosePerpetualDeal>(&uploader, &1).ok();
    let bounty = storage.replicas(1)[0].bounty.clone();
    let miner = storage.sp.address();
    storage.pass_to(proposal.end_epoch);
    let before = storage.net.balance(miner);
    let work = storage.refresh(1);
    assert_eq!((work.completed, work.opened), (1, 0));
    assert_eq!(storage.net.balance(miner) - before, work.paid);
    let tips = storage.state().rules.tip * 2_u64;
    assert_eq!(storage.funds(&uploader).free, fil(500) - bounty - tips);
    assert_eq!(storage.funds(&uploader).committed, fil(0));
    assert_eq!(storage.state().books().booked, storage.funds(&uploader).free);
    storage.check_invariants();
}
