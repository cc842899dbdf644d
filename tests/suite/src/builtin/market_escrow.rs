//! Escrow: who puts in, who takes out, and how much.

use fvm_harness::{Call, Key, TokenAmount, fil};
use fvm_shared::address::Address;
use shared::ext::market::{ADD_BALANCE, GET_BALANCE, GetBalanceReturn, WithdrawBalanceParams};
use shared::ext::miner::{CHANGE_WORKER_ADDRESS, ChangeWorkerAddressParams};

use super::{FORBIDDEN, ILLEGAL_ARGUMENT, Market, NOBODY, ask, market, price};

/// What who has no escrow has.
fn nothing() -> GetBalanceReturn {
    GetBalanceReturn { balance: fil(0), locked: fil(0) }
}

/// An f1 address whose account does not exist.
fn unborn() -> Address {
    Key::secp256k1("unborn").address().unwrap()
}

#[test]
fn anyone_adds_to_the_escrow_of_any_actor_under_any_of_its_addresses() {
    let mut m = Market::open();
    let bob = m.net.account("bob");
    let actor = m.net.create(&bob, "hostile-owner", &()).ok();
    let sp = m.sp.address();
    let before = m.net.balance(market());
    m.net.add_escrow(&bob, bob.robust, fil(3)).ok();
    m.net.add_escrow(&bob, bob.address(), fil(4)).ok();
    m.net.add_escrow(&bob, actor.robust_address, fil(5)).ok();
    m.net.add_escrow(&bob, sp, fil(6)).ok();
    assert_eq!(m.net.balance(market()), before + fil(18));
    assert_eq!(m.net.balance(&bob), fil(100_000 - 18));
    for address in [bob.robust, bob.address()] {
        let escrow = GetBalanceReturn { balance: fil(7), locked: fil(0) };
        assert_eq!(m.net.escrow(address), escrow);
    }
    assert_eq!(m.net.escrow(actor.id_address).balance, fil(5));
    assert_eq!(m.net.escrow(sp).balance, fil(1_006));
}

#[test]
fn nothing_and_nobody_are_not_added_to() {
    let mut m = Market::open();
    let ann = m.ann.clone();
    let before = m.net.balance(&ann);
    m.net.add_escrow(&ann, &ann, fil(0)).refused(ILLEGAL_ARGUMENT);
    m.net.add_escrow(&ann, NOBODY, fil(1)).refused(ILLEGAL_ARGUMENT);
    m.net.add_escrow(&ann, unborn(), fil(1)).refused(ILLEGAL_ARGUMENT);
    assert_eq!(m.net.balance(&ann), before);
    assert_eq!(m.net.resolve(&unborn()), None);
}

#[test]
fn who_never_had_escrow_has_none_and_an_unknown_address_is_refused() {
    let mut m = Market::open();
    for address in [m.sp.owner.address(), NOBODY] {
        assert_eq!(m.net.escrow(address), nothing());
    }
    ask(&mut m.net, market(), GET_BALANCE, &unborn()).refused(ILLEGAL_ARGUMENT);
}

#[test]
fn a_client_withdraws_for_itself_alone_at_most_what_it_has() {
    let mut m = Market::open();
    let (ann, bob) = (m.ann.clone(), m.net.account("bob"));
    m.net.withdraw_escrow(&bob, &ann, fil(1)).refused(FORBIDDEN);
    m.net.withdraw_escrow(&ann, &ann, fil(-1)).refused(ILLEGAL_ARGUMENT);
    m.net.withdraw_escrow(&ann, NOBODY, fil(1)).refused(ILLEGAL_ARGUMENT);
    m.net.withdraw_escrow(&ann, unborn(), fil(1)).refused(ILLEGAL_ARGUMENT);
    let before = m.net.balance(&ann);
    for (asked, got) in [(0, 0), (300, 300), (900, 700), (1, 0)] {
        let paid: TokenAmount = m.net.withdraw_escrow(&ann, ann.robust, fil(asked)).returned();
        assert_eq!(paid, fil(got));
    }
    assert_eq!(m.net.balance(&ann), before + fil(1_000));
    assert_eq!(m.net.escrow(&ann), nothing());
}

#[test]
fn owner_and_worker_withdraw_a_miner_s_escrow_to_the_owner() {
    let mut m = Market::open();
    let (owner, worker, sp) = (m.sp.owner.clone(), m.sp.worker.clone(), m.sp.address());
    let control = m.net.account("control");
    let params = ChangeWorkerAddressParams {
        new_worker: worker.address(),
        new_control_addresses: vec![control.address()],
    };
    m.net.run(Call::new(&owner, sp).method(CHANGE_WORKER_ADDRESS, &params)).ok();
    m.net.withdraw_escrow(&control, sp, fil(1)).refused(FORBIDDEN);
    let ann = m.ann.clone();
    m.net.withdraw_escrow(&ann, sp, fil(1)).refused(FORBIDDEN);
    let (before, in_miner) = (m.net.balance(&owner), m.net.balance(sp));
    let paid: TokenAmount = m.net.withdraw_escrow(&owner, sp, fil(10)).returned();
    assert_eq!(paid, fil(10));
    let paid: TokenAmount = m.net.withdraw_escrow(&worker, sp, fil(5_000)).returned();
    assert_eq!(paid, fil(990));
    assert_eq!(m.net.balance(&owner), before + fil(1_000));
    assert_eq!((m.net.balance(&worker), m.net.balance(sp)), (fil(100_000), in_miner));
}

#[test]
fn what_deals_lock_cannot_be_withdrawn() {
    let mut m = Market::open();
    let proposal = m.paid(1);
    m.deal(&proposal);
    let (ann, sp, owner) = (m.ann.clone(), m.sp.address(), m.sp.owner.clone());
    let lockup = price(proposal.end_epoch - proposal.start_epoch) + fil(2);
    assert_eq!((m.locked(&ann), m.locked(sp)), (lockup.clone(), fil(1)));
    let paid: TokenAmount = m.net.withdraw_escrow(&ann, &ann, fil(1_000)).returned();
    assert_eq!(paid, fil(1_000) - &lockup);
    let paid: TokenAmount = m.net.withdraw_escrow(&owner, sp, fil(1_000)).returned();
    assert_eq!(paid, fil(999));
    let left = GetBalanceReturn { balance: lockup.clone(), locked: lockup };
    assert_eq!(m.net.escrow(&ann), left);
}

#[test]
fn the_unexported_methods_are_closed_to_user_actors() {
    let mut m = Market::open();
    let actor = m.net.create(&m.ann, "hostile-owner", &()).ok().id_address;
    m.net.fund(actor, fil(10));
    m.net.implicit(Call::new(actor, market()).method(2, &actor).value(fil(1))).refused(FORBIDDEN);
    let withdrawal = WithdrawBalanceParams { provider_or_client: actor, amount: fil(1) };
    m.net.implicit(Call::new(actor, market()).method(3, &withdrawal)).refused(FORBIDDEN);
    m.net.implicit(Call::new(actor, market()).method(ADD_BALANCE, &actor).value(fil(1))).ok();
    let ann = m.ann.clone();
    m.net.run(Call::new(&ann, market()).method(2, &actor).value(fil(1))).ok();
    assert_eq!(m.net.escrow(actor).balance, fil(2));
}
