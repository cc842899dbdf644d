//! Access is sold to readers and shared with holders who stake.

use std::slice::from_ref;

use actor_datadao::api::{
    AccessParams, AccessPolicy, AccessPrice, BuyAccess, BuyAccessParams, Cash, ClaimRevenue,
    Currency, ExpireAccess, ExpireAccessParams, GetAccess, GetStake, GetVotes, GetVotesParams,
    GrantAccess, GrantAccessParams, HasAccess, ReleaseUnstaked, RevokeAccess, RevokeAccessParams,
    Role, SetAccess, SetAccessParams, Stake, StakeParams, Unstake, Withdraw,
};
use fab::story::Dao;
use fvm_harness::{Account, Call, Key, TokenAmount, atto, fil};
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::error::ExitCode;
use shared::Method;

use crate::setup::{DAY, fields, pushing};

const PERIOD: ChainEpoch = 30 * DAY;

/// A DAO with one dataset, which costs 1,000 FIL or $DATA for 30 days, and a reader who has that
/// several times over.
fn selling(currency: Currency) -> (Dao, Account) {
    let mut dao = pushing().listing(1, 1);
    let price = AccessPrice { currency, amount: fil(1_000), period: PERIOD };
    set_policy(&mut dao, AccessPolicy::Paid(price));
    let reader = dao.holder("reader", fil(5_000));
    (dao, reader)
}

fn set_policy(dao: &mut Dao, policy: AccessPolicy) {
    let admin = dao.admin.address();
    dao.call::<SetAccess>(admin, &SetAccessParams { dataset: 1, policy }).ok();
}

/// Access for an account for so many periods, at the price of [`selling`].
fn access(to: &Account, periods: u32) -> BuyAccessParams {
    let max_price = fil(1_000) * periods;
    BuyAccessParams { dataset: 1, to: to.address(), periods, max_price, min_period: PERIOD }
}

fn has(dao: &mut Dao, account: impl Into<Address>) -> bool {
    dao.net.view::<HasAccess>(dao.address, &AccessParams { account: account.into(), dataset: 1 })
}

fn stake(dao: &mut Dao, holder: &Account, amount: i64) {
    dao.call::<Stake>(holder, &StakeParams { amount: fil(amount) }).ok();
}

/// What an account has of a currency, outside of the DAO's books.
fn purse(dao: &mut Dao, currency: Currency, of: impl Into<Address>) -> TokenAmount {
    let of = of.into();
    match currency {
        Currency::Fil => dao.net.balance(of),
        Currency::Data => dao.balance(of),
    }
}

#[test]
fn income_goes_to_stakers_curator_payees_and_treasury_to_the_last_atto() {
    for currency in [Currency::Fil, Currency::Data] {
        let (mut dao, reader) = selling(currency);
        dao.store(1);
        dao.refresh(1);
        let (ann, bob) = (dao.holder("ann", fil(300)), dao.holder("bob", fil(100)));
        stake(&mut dao, &ann, 300);
        stake(&mut dao, &bob, 100);
        let (admin, owner) = (dao.admin.clone(), dao.sp.owner.clone());
        let there_was = dao.net.total_supply();
        let paid = Cash::of(currency, fil(1_000));
        let held = dao.treasury().booked;

        let bought = dao.pay::<BuyAccess>(&reader, &access(&reader, 1), paid.fil.clone()).ok();
        assert_eq!(fields::<Cash>(&bought, "access-bought", "paid"), from_ref(&paid));
        let until = dao.net.epoch() + PERIOD;
        assert_eq!(bought.returned::<ChainEpoch>(), until);
        let mut holds = held.clone();
        holds += &paid;
        assert_eq!(dao.treasury().booked, holds);
        let there = dao.address;
        assert_eq!((dao.net.balance(there), dao.balance(there)), (holds.fil, holds.data));

        let parts = [(&ann, 225), (&bob, 75), (&admin, 100), (&owner, 300)];
        for (staker, part) in &parts[..2] {
            let claimed = dao.call::<ClaimRevenue>(&reader, &staker.address()).ok();
            assert_eq!(claimed, Cash::of(currency, fil(*part)));
        }
        let before = parts.map(|(account, _)| purse(&mut dao, currency, account));
        let accounts = parts.map(|(account, _)| account.address()).to_vec();
        dao.call::<Withdraw>(&reader, &accounts).ok();
        for ((account, part), before) in parts.into_iter().zip(before) {
            assert_eq!(purse(&mut dao, currency, account) - before, fil(part));
        }
        assert_eq!(*dao.treasury().free.get(currency), fil(300));
        assert_eq!(dao.treasury().booked.get(currency) - held.get(currency), fil(300));
        assert_eq!(dao.net.total_supply(), there_was);
        dao.check_invariants();
    }
}

#[test]
fn a_purchase_brings_just_the_price_and_is_what_the_buyer_agreed_to() {
    for currency in [Currency::Fil, Currency::Data] {
        let (mut dao, reader) = selling(currency);
        let before = (dao.state(), dao.net.balance(dao.address));
        let price = Cash::of(currency, fil(2_000)).fil;
        let good = access(&reader, 2);
        let dear = BuyAccessParams { max_price: fil(2_000) - atto(1), ..good.clone() };
        let short = BuyAccessParams { min_period: PERIOD + 1, ..good.clone() };
        let nobody = BuyAccessParams { to: Address::new_id(9_999_999), ..good.clone() };
        for (params, value, code) in [
            (&good, &price + atto(1), ExitCode::new(126)),
            (&good, fil(1), ExitCode::new(126)),
            (&dear, price.clone(), ExitCode::new(124)),
            (&short, price.clone(), ExitCode::new(125)),
            (&nobody, price.clone(), ExitCode::USR_NOT_FOUND),
        ] {
            dao.pay::<BuyAccess>(&reader, params, value).refused(code);
        }
        let broke = dao.holder("broke", fil(1_999));
        if currency == Currency::Data {
            let params = access(&broke, 2);
            let refused = dao.call::<BuyAccess>(&broke, &params);
            refused.refused(ExitCode::USR_INSUFFICIENT_FUNDS);
        }
        assert!(!has(&mut dao, &reader) && !has(&mut dao, &broke));
        assert_eq!((dao.state().cold, dao.net.balance(dao.address)), (before.0.cold, before.1));
        dao.check_invariants();
    }
}

/// A server off the chain asks a node, which runs the call and keeps nothing of it.
#[test]
fn a_key_server_asks_from_any_address_about_any_address() {
    let (mut dao, reader) = selling(Currency::Fil);
    dao.pay::<BuyAccess>(&reader, &access(&reader, 1), fil(1_000)).ok();
    let unborn = Key::secp256k1("unborn").address().unwrap();
    let before = dao.state();
    let callers = [reader.address(), dao.sp.worker.robust, Address::new_id(9_999_999)];
    let asked = [(reader.robust, true), (dao.admin.robust, false), (unborn, false)];
    for caller in callers {
        for (account, expected) in asked {
            let params = AccessParams { account, dataset: 1 };
            let ask = Call::new(caller, dao.address).method(HasAccess::NUMBER, &params);
            let answer = dao.net.dry_run(ask);
            assert_eq!(answer.returned::<bool>(), expected, "{caller} about {account}");
        }
    }
    assert!(
        !dao.net
            .view::<HasAccess>(dao.address, &AccessParams { account: reader.robust, dataset: 2 })
    );
    set_policy(&mut dao, AccessPolicy::Open);
    assert!(has(&mut dao, unborn));
    set_policy(&mut dao, AccessPolicy::Members);
    let admin = dao.admin.robust;
    assert!(!has(&mut dao, unborn) && !has(&mut dao, admin));
    assert!(has(&mut dao, &reader), "what was bought lasts");
    dao.grant(Role::Member, admin);
    assert!(has(&mut dao, admin));
    assert_eq!(dao.state().token, before.token);
    dao.check_invariants();
}

#[test]
fn periods_that_are_bought_add_up_and_end() {
    let (mut dao, reader) = selling(Currency::Fil);
    let anyone = dao.sp.worker.clone();
    let start = dao.net.epoch();
    dao.pay::<BuyAccess>(&anyone, &access(&reader, 1), fil(1_000)).ok();
    dao.net.skip(DAY);
    dao.pay::<BuyAccess>(&reader, &access(&reader, 2), fil(2_000)).ok();
    let until = start + 3 * PERIOD;
    let asked = AccessParams { account: reader.address(), dataset: 1 };
    assert_eq!(dao.net.view::<GetAccess>(dao.address, &asked).bought_until, until);
    let expire = ExpireAccessParams { dataset: 1, accounts: vec![reader.robust, anyone.robust] };
    dao.net.skip(until - 1 - dao.net.epoch());
    assert!(has(&mut dao, &reader));
    let early = dao.call::<ExpireAccess>(&anyone, &expire).outcome.ok();
    assert!(early.events_of("access-expired").is_empty());
    dao.net.skip(1);
    assert!(!has(&mut dao, &reader));
    let expired = dao.call::<ExpireAccess>(&anyone, &expire).outcome.ok();
    assert_eq!(fields::<u64>(&expired, "access-expired", "account"), [reader.id]);
    assert_eq!(dao.net.view::<GetAccess>(dao.address, &asked).bought_until, 0);
    dao.check_invariants();
}

#[test]
fn a_grant_can_be_revoked_and_a_purchase_cannot() {
    let (mut dao, reader) = selling(Currency::Fil);
    let (admin, guest) = (dao.admin.address(), dao.net.account("guest"));
    let until = dao.net.epoch() + 10 * DAY;
    let grant = |to: &Account| GrantAccessParams { dataset: 1, to: to.robust, until };
    let revoke = |from: &Account| RevokeAccessParams { dataset: 1, from: from.robust };
    dao.call::<GrantAccess>(&guest, &grant(&guest)).refused(ExitCode::new(67));
    let granted = dao.call::<GrantAccess>(admin, &grant(&guest)).outcome.ok();
    assert_eq!(fields::<ChainEpoch>(&granted, "access-granted", "until"), [until]);
    dao.call::<GrantAccess>(admin, &grant(&reader)).ok();
    dao.pay::<BuyAccess>(&reader, &access(&reader, 1), fil(1_000)).ok();
    assert!(has(&mut dao, &guest) && has(&mut dao, &reader));

    for account in [&guest, &reader] {
        let revoked = dao.call::<RevokeAccess>(admin, &revoke(account)).outcome.ok();
        assert_eq!(fields::<u64>(&revoked, "access-revoked", "account"), [account.id]);
        dao.call::<RevokeAccess>(admin, &revoke(account)).refused(ExitCode::new(129));
    }
    assert!(!has(&mut dao, &guest) && has(&mut dao, &reader));
    dao.check_invariants();
}

#[test]
fn what_is_unstaked_is_released_after_the_period_and_neither_earns_nor_votes() {
    let (mut dao, reader) = selling(Currency::Fil);
    let ann = dao.holder("ann", fil(500));
    stake(&mut dao, &ann, 400);
    let votes = |dao: &mut Dao| {
        let params = GetVotesParams { account: ann.address(), snapshot: None };
        dao.net.view::<GetVotes>(dao.address, &params)
    };
    assert_eq!((dao.balance(&ann), votes(&mut dao)), (fil(100), fil(500)));
    let release = dao.call::<Unstake>(&ann, &StakeParams { amount: fil(300) }).ok();
    assert_eq!(release, dao.net.epoch() + 7 * DAY);
    let again = dao.call::<Unstake>(&ann, &StakeParams { amount: fil(101) });
    again.refused(ExitCode::USR_INSUFFICIENT_FUNDS);
    assert_eq!(votes(&mut dao), fil(200));
    dao.pay::<BuyAccess>(&reader, &access(&reader, 1), fil(1_000)).ok();
    let known = dao.net.view::<GetStake>(dao.address, &ann.robust);
    assert_eq!((known.staked, known.earned.fil), (fil(100), fil(300)));
    assert_eq!(known.unbonding, [(release, fil(300))]);

    dao.net.skip(release - 1 - dao.net.epoch());
    assert_eq!(dao.call::<ReleaseUnstaked>(&reader, &ann.robust).ok(), fil(0));
    dao.net.skip(1);
    assert_eq!(dao.call::<ReleaseUnstaked>(&reader, &ann.robust).ok(), fil(300));
    dao.call::<ClaimRevenue>(&reader, &ann.robust).ok();
    let before = dao.net.balance(&ann);
    assert_eq!(dao.withdraw(&ann), Cash { fil: fil(300), data: fil(300) });
    assert_eq!((dao.net.balance(&ann) - before, dao.balance(&ann)), (fil(300), fil(400)));
    assert_eq!(votes(&mut dao), fil(500));
    dao.check_invariants();
}
