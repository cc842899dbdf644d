//! Whatever is sent to an actor, it ends with a defined exit code and keeps its state.

use actor_datadao::api::*;
use fvm_harness::{Call, Network, atto};
use fvm_ipld_encoding::{RawBytes, to_vec};
use fvm_shared::MethodNum;
use fvm_shared::address::Address;
use fvm_shared::error::ExitCode;
use serde::Serialize;
use shared::ext::account::AuthenticateMessageParams;
use shared::ext::init::{ConstructorParams as InitParams, EXEC, EXEC4, ExecParams};
use shared::ext::market::MarketNotifyDealParams;
use shared::ext::{INIT_ACTOR, MARKET_ACTOR, SYSTEM_ACTOR};
use shared::{Method, method_hash, token};

use crate::setup::{HOOK_GAS, constructor_params, dataset, network, pushing};

/// Sends broken versions of good parameters and expects the exit code for each.
#[track_caller]
fn try_broken(
    net: &mut Network,
    from: Address,
    to: Address,
    method: MethodNum,
    good: &impl Serialize,
) {
    let good = to_vec(good).expect("parameters that encode");
    let mut broken: Vec<(&str, Vec<u8>)> = vec![
        ("nothing", vec![]),
        ("garbage", vec![0xff, 0x13, 0x37]),
        ("a map", vec![0xa0]),
        ("trailing bytes", [good.clone(), vec![0x00]].concat()),
    ];
    if good.len() > 1 {
        broken.push(("cut short", good[..good.len() - 1].to_vec()));
    }
    // A definite array of less than 23 items: one item more and one less.
    if let Some(arity @ 0x81..=0x96) = good.first().copied() {
        broken.push(("one field more", [&[arity + 1], &good[1..], &[0x00]].concat()));
        broken.push(("one field less", [&[arity - 1], &good[1..]].concat()));
    }
    for (what, params) in broken {
        let outcome = net.implicit(Call::new(from, to).raw(method, &params));
        assert_eq!(outcome.exit_code, ExitCode::USR_SERIALIZATION, "{what}: {outcome}");
    }
}

#[test]
fn the_dao_refuses_parameters_that_do_not_decode() {
    let mut dao = pushing();
    let (admin, to) = (dao.admin.address(), dao.address);
    let market = Address::new_id(MARKET_ACTOR);
    let ask = AuthenticateMessageParams { signature: vec![], message: vec![1] };
    let notice = MarketNotifyDealParams { proposal: vec![1], deal_id: 1 };
    let payment = RewardPayment { push: true, hook_gas_limit: HOOK_GAS };
    let constructor = constructor_params(&dao.admin, payment);
    let (net, init) = (&mut dao.net, Address::new_id(INIT_ACTOR));
    try_broken(net, init, to, Constructor::NUMBER, &constructor);
    try_broken(net, admin, to, AddDataset::NUMBER, &dataset(1, 1));
    try_broken(net, admin, to, GetDataset::NUMBER, &1_u64);
    try_broken(net, admin, to, GetDeal::NUMBER, &1_u64);
    try_broken(net, market, to, AuthenticateMessage::NUMBER, &ask);
    try_broken(net, market, to, MarketNotifyDeal::NUMBER, &notice);
    try_broken(net, admin, to, GetReward::NUMBER, &admin);
    try_broken(net, admin, to, ClaimRewards::NUMBER, &vec![admin]);
}

#[test]
fn the_token_refuses_parameters_that_do_not_decode() {
    let mut dao = pushing();
    let (admin, to) = (dao.admin.address(), dao.address);
    let (amount, operator_data) = (atto(0), RawBytes::default());
    let (net, operator) = (&mut dao.net, admin);
    let send = token::TransferParams {
        to: admin,
        amount: amount.clone(),
        operator_data: operator_data.clone(),
    };
    let pull =
        token::TransferFromParams { from: to, to: admin, amount: amount.clone(), operator_data };
    let more = token::IncreaseAllowanceParams { operator, increase: amount.clone() };
    let less = token::DecreaseAllowanceParams { operator, decrease: amount.clone() };
    let none = token::RevokeAllowanceParams { operator };
    let pair = token::GetAllowanceParams { owner: to, operator };
    let burn = token::BurnParams { amount: amount.clone() };
    let burn_from = token::BurnFromParams { owner: to, amount };
    try_broken(net, admin, to, token::Balance::NUMBER, &admin);
    try_broken(net, admin, to, token::BalanceOf::NUMBER, &admin);
    try_broken(net, admin, to, token::Allowance::NUMBER, &pair);
    try_broken(net, admin, to, token::Transfer::NUMBER, &send);
    try_broken(net, admin, to, token::TransferFrom::NUMBER, &pull);
    try_broken(net, admin, to, token::IncreaseAllowance::NUMBER, &more);
    try_broken(net, admin, to, token::DecreaseAllowance::NUMBER, &less);
    try_broken(net, admin, to, token::RevokeAllowance::NUMBER, &none);
    try_broken(net, admin, to, token::Burn::NUMBER, &burn);
    try_broken(net, admin, to, token::BurnFrom::NUMBER, &burn_from);
}

#[test]
fn the_dao_is_constructed_by_init_alone() {
    let mut dao = pushing();
    let payment = RewardPayment { push: true, hook_gas_limit: HOOK_GAS };
    let params = constructor_params(&dao.admin, payment);
    let call = Call::new(&dao.admin, dao.address).method(Constructor::NUMBER, &params);
    dao.net.run(call).refused(ExitCode::USR_FORBIDDEN);
}

#[test]
fn a_method_without_parameters_takes_none() {
    let mut dao = pushing();
    for method in [
        token::Name::NUMBER,
        token::Symbol::NUMBER,
        token::Granularity::NUMBER,
        token::TotalSupply::NUMBER,
    ] {
        let call = Call::new(&dao.admin, dao.address).raw(method, &[0x80]);
        dao.net.run(call).refused(ExitCode::USR_SERIALIZATION);
    }
}

/// The message inside AuthenticateMessage and MarketNotifyDeal is CBOR of its own.
#[test]
fn the_dao_refuses_a_message_that_is_no_proposal() {
    let mut dao = pushing().listing(1, 1);
    let good = to_vec(&dao.proposal(1)).unwrap();
    let market = Address::new_id(MARKET_ACTOR);
    let trailing = [good.clone(), vec![0]].concat();
    let shorter = [&[0x8a], &good[1..]].concat();
    let voucher = b"a payment channel's voucher".to_vec();
    for message in [vec![], voucher, trailing, shorter] {
        let ask = AuthenticateMessageParams { signature: vec![], message: message.clone() };
        let call = Call::new(market, dao.address).method(AuthenticateMessage::NUMBER, &ask);
        dao.net.implicit(call).refused(ExitCode::USR_SERIALIZATION);
        let notice = MarketNotifyDealParams { proposal: message, deal_id: 1 };
        let call = Call::new(market, dao.address).method(MarketNotifyDeal::NUMBER, &notice);
        dao.net.implicit(call).refused(ExitCode::USR_SERIALIZATION);
    }
    assert!(dao.dataset(1).replicas.is_empty());
}

#[test]
fn methods_that_do_not_exist_are_unhandled_below_and_above_2_to_the_24() {
    let mut dao = pushing();
    let admin = dao.admin.address();
    let init = Address::new_id(INIT_ACTOR);
    for to in [dao.address, init] {
        for method in [2_u64 << 20, (1 << 24) - 1, 1 << 24, method_hash!("NoSuchMethod"), u64::MAX]
        {
            let call = Call::new(admin, to).raw(method, &[0x80]);
            dao.net.run(call).refused(ExitCode::USR_UNHANDLED_MESSAGE);
        }
    }
}

#[test]
fn init_refuses_parameters_that_do_not_decode() {
    let mut net = network();
    let (ann, init) = (net.account("ann"), Address::new_id(INIT_ACTOR));
    let exec = ExecParams {
        code_cid: net.actors().code("datadao"),
        constructor_params: RawBytes::default(),
    };
    try_broken(&mut net, ann.address(), init, EXEC, &exec);
    let construct = InitParams { network_name: "elsewhere".into() };
    let system = Address::new_id(SYSTEM_ACTOR);
    try_broken(&mut net, system, init, Constructor::NUMBER, &construct);
    let exec4 = net.exec4_params("datadao", b"x");
    try_broken(&mut net, ann.address(), init, EXEC4, &exec4);
}
