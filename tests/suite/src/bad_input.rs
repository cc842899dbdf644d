//! Whatever is sent to an actor, it ends with a defined exit code and keeps its state.

use actor_datadao::api::*;
use fvm_harness::{Call, Network, atto};
use fvm_ipld_encoding::{RawBytes, to_vec};
use fvm_shared::MethodNum;
use fvm_shared::address::Address;
use fvm_shared::error::ExitCode;
use serde::Serialize;
use shared::ext::account::{AuthenticateMessageParams, RECEIVE};
use shared::ext::init::{ConstructorParams as InitParams, EXEC, EXEC4, ExecParams};
use shared::ext::market::MarketNotifyDealParams;
use shared::ext::{INIT_ACTOR, MARKET_ACTOR, SYSTEM_ACTOR};
use shared::{Method, method_hash, token};

use crate::setup::{constructor_params, dataset, network, on_publish, pushing};

/// Methods of the DAO that one actor alone may call.
const GUARDED: [(MethodNum, Address); 3] = [
    (Constructor::NUMBER, Address::new_id(INIT_ACTOR)),
    (AuthenticateMessage::NUMBER, Address::new_id(MARKET_ACTOR)),
    (MarketNotifyDeal::NUMBER, Address::new_id(MARKET_ACTOR)),
];
/// Methods of the DAO that take FIL.
const PAYABLE: [MethodNum; 7] = [
    Constructor::NUMBER,
    Fund::NUMBER,
    BuyAccess::NUMBER,
    RequestCompute::NUMBER,
    AcceptCompute::NUMBER,
    DisputeCompute::NUMBER,
    token::InvokeEvm::NUMBER,
];

/// Every method that the DAO has: its own, the token's, and the receiver hook.
fn methods() -> impl Iterator<Item = (MethodNum, &'static str)> {
    let listed = METHODS.iter().chain(token::METHODS).map(|method| (method.number, method.params));
    listed.chain([(RECEIVE, "UniversalReceiverParams")])
}

/// Whom the table admits, if not everyone.
fn guard(method: MethodNum) -> Option<Address> {
    GUARDED.iter().find(|(guarded, _)| *guarded == method).map(|(_, caller)| *caller)
}

/// What means nothing to any method.
pub fn nonsense() -> [(&'static str, Vec<u8>); 7] {
    let endless = |start: &[u8]| [start, &[0xff; 8]].concat();
    [
        ("garbage", vec![0xff, 0x13, 0x37]),
        ("an array of 2^64 - 1", endless(&[0x9b])),
        ("an array of 2^64 - 1 in a pair", endless(&[0x82, 0x9b])),
        ("bytes of 2^64 - 1 in a pair", endless(&[0x82, 0x5b])),
        ("arrays in arrays", vec![0x81; 100_000]),
        ("tags on tags", vec![0xc1; 100_000]),
        ("a mebibyte of zeros", vec![0; 1 << 20]),
    ]
}

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
fn no_method_of_the_dao_makes_anything_of_nonsense() {
    let mut dao = pushing();
    let (admin, before) = (dao.admin.address(), dao.state());
    for (method, params) in methods() {
        // Empty is what a method without parameters takes, and a plain payment to the token.
        let empty = params != "()" && method != token::InvokeEvm::NUMBER;
        let inputs = nonsense().into_iter().chain(empty.then_some(("nothing", vec![])));
        for (what, input) in inputs {
            let mut sent = |from| {
                let call = Call::new(from, dao.address).raw(method, &input);
                dao.net.implicit(call).exit_code
            };
            let admitted = sent(guard(method).unwrap_or(admin));
            assert_eq!(admitted, ExitCode::USR_SERIALIZATION, "{what} to {method}({params})");
            if guard(method).is_some() {
                assert_eq!(sent(admin), ExitCode::USR_FORBIDDEN, "{what} to {method}");
            }
        }
        assert_eq!(dao.state(), before, "{method}({params})");
    }
    dao.check_invariants();
}

#[test]
fn a_method_takes_fil_only_where_it_says_so_and_keeps_none_where_it_fails() {
    let mut dao = pushing();
    let (admin, before) = (dao.admin.address(), dao.state());
    for (method, params) in methods() {
        let from = guard(method).unwrap_or(admin);
        dao.net.fund(from, atto(1));
        let code = match PAYABLE.contains(&method) {
            true => ExitCode::USR_SERIALIZATION,
            false => ExitCode::USR_NOT_PAYABLE,
        };
        let call = Call::new(from, dao.address).raw(method, &[0xff]).value(atto(1));
        dao.net.implicit(call).refused(code);
        let kept = (dao.state(), dao.net.balance(dao.address));
        assert_eq!(kept, (before.clone(), atto(0)), "{method}({params})");
    }
    dao.check_invariants();
}

#[test]
fn the_dao_refuses_parameters_that_do_not_decode() {
    let mut dao = pushing();
    let (admin, to) = (dao.admin.address(), dao.address);
    let market = Address::new_id(MARKET_ACTOR);
    let ask = AuthenticateMessageParams { signature: vec![], message: vec![1] };
    let notice = MarketNotifyDealParams { proposal: vec![1], deal_id: 1 };
    let constructor = constructor_params(&dao.admin, on_publish());
    let (net, init) = (&mut dao.net, Address::new_id(INIT_ACTOR));
    try_broken(net, init, to, Constructor::NUMBER, &constructor);
    try_broken(net, admin, to, AddDataset::NUMBER, &dataset(1, 1));
    try_broken(net, admin, to, GetDataset::NUMBER, &1_u64);
    try_broken(net, admin, to, GetDeal::NUMBER, &1_u64);
    try_broken(net, market, to, AuthenticateMessage::NUMBER, &ask);
    try_broken(net, market, to, MarketNotifyDeal::NUMBER, &notice);
    try_broken(net, admin, to, Withdraw::NUMBER, &vec![admin]);
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
    let params = constructor_params(&dao.admin, on_publish());
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
    let nonsense = nonsense().into_iter().map(|(_, message)| message);
    for message in [vec![], voucher, trailing, shorter].into_iter().chain(nonsense) {
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
