//! $DATA is an FRC-46 token.

use fab::story::Dao;
use fvm_harness::{Call, TokenAmount, fil};
use fvm_ipld_encoding::RawBytes;
use fvm_shared::address::Address;
use fvm_shared::error::ExitCode;
use hostile_owner::{Mood, Received, SetMood};
use shared::token::*;

use crate::setup::pushing;

/// A DAO whose provider's owner has 100 $DATA.
fn with_data() -> Dao {
    let mut dao = pushing().listing(1, 1);
    let deal = dao.proposal(1);
    dao.sp.publish_all(&mut dao.net, &[deal]);
    dao
}

fn transfer(to: Address, amount: TokenAmount) -> TransferParams {
    TransferParams { to, amount, operator_data: RawBytes::default() }
}

#[test]
fn the_token_tells_its_name_supply_and_balances() {
    let mut dao = with_data();
    let token = dao.address;
    assert_eq!(dao.net.view::<Name>(token, &()), "Data");
    assert_eq!(dao.net.view::<Symbol>(token, &()), "DATA");
    assert_eq!(dao.net.view::<Granularity>(token, &()), 1);
    assert_eq!(dao.net.view::<TotalSupply>(token, &()), fil(100));
    let owner = dao.sp.owner.clone();
    assert_eq!(dao.net.view::<Balance>(token, &owner.robust), fil(100));
    assert_eq!(dao.net.view::<BalanceOf>(token, &owner.address()), fil(100));
    let nobody = Address::new_secp256k1(&[7; 65]).unwrap();
    assert_eq!(dao.net.view::<Balance>(token, &nobody), fil(0));
}

#[test]
fn a_transfer_moves_what_the_sender_has_and_no_more() {
    let mut dao = with_data();
    let (owner, bob) = (dao.sp.owner.clone(), dao.net.account("bob"));
    let moved = dao.net.call::<Transfer>(&owner, dao.address, &transfer(bob.robust, fil(30))).ok();
    assert_eq!((moved.from_balance, moved.to_balance), (fil(70), fil(30)));
    for (amount, code) in
        [(fil(71), ExitCode::USR_INSUFFICIENT_FUNDS), (fil(-1), ExitCode::USR_ILLEGAL_ARGUMENT)]
    {
        let params = transfer(bob.address(), amount);
        dao.net.call::<Transfer>(&owner, dao.address, &params).refused(code);
    }
    let to_self = transfer(owner.address(), fil(70));
    dao.net.call::<Transfer>(&owner, dao.address, &to_self).ok();
    assert_eq!((dao.balance(&owner), dao.balance(&bob)), (fil(70), fil(30)));
    dao.check_invariants();
}

#[test]
fn a_transfer_creates_the_account_it_goes_to() {
    let mut dao = with_data();
    let owner = dao.sp.owner.clone();
    let unborn = fvm_harness::Key::secp256k1("unborn").address().unwrap();
    dao.net.call::<Transfer>(&owner, dao.address, &transfer(unborn, fil(1))).ok();
    assert_eq!(dao.balance(unborn), fil(1));
}

#[test]
fn a_receiver_is_called_and_its_refusal_undoes_the_transfer() {
    let mut dao = with_data();
    let owner = dao.sp.owner.clone();
    let receiver = dao.net.create(&owner, "hostile-owner", &()).ok().id_address;
    let params = transfer(receiver, fil(10));
    dao.net.call::<Transfer>(&owner, dao.address, &params).ok();
    assert_eq!(dao.net.view::<Received>(receiver, &()), 1);
    // What the receiver means by its exit code 90 is not for the DAO to repeat as its own.
    let refuses = Mood { refuses: true, ..Mood::FRIENDLY };
    dao.net.call::<SetMood>(&owner, receiver, &refuses).ok();
    dao.net.call::<Transfer>(&owner, dao.address, &params).refused(ExitCode::USR_UNSPECIFIED);
    assert_eq!((dao.balance(&owner), dao.balance(receiver)), (fil(90), fil(10)));
    dao.check_invariants();
}

#[test]
fn a_miner_has_no_receiver_so_a_transfer_to_it_fails() {
    let mut dao = with_data();
    let (owner, miner) = (dao.sp.owner.clone(), dao.sp.address());
    dao.net
        .call::<Transfer>(&owner, dao.address, &transfer(miner, fil(1)))
        .refused(ExitCode::USR_UNHANDLED_MESSAGE);
    assert_eq!(dao.balance(&owner), fil(100));
}

#[test]
fn an_operator_spends_its_allowance_and_no_more() {
    let mut dao = with_data();
    let (owner, operator) = (dao.sp.owner.clone(), dao.net.account("operator"));
    let token = dao.address;
    let pull = |amount| TransferFromParams {
        from: owner.address(),
        to: operator.address(),
        amount,
        operator_data: RawBytes::default(),
    };
    dao.net
        .call::<TransferFrom>(&operator, token, &pull(fil(1)))
        .refused(ExitCode::USR_INSUFFICIENT_FUNDS);
    let grant = IncreaseAllowanceParams { operator: operator.address(), increase: fil(50) };
    assert_eq!(dao.net.call::<IncreaseAllowance>(&owner, token, &grant).ok(), fil(50));
    let less = DecreaseAllowanceParams { operator: operator.address(), decrease: fil(20) };
    assert_eq!(dao.net.call::<DecreaseAllowance>(&owner, token, &less).ok(), fil(30));
    let pulled = dao.net.call::<TransferFrom>(&operator, token, &pull(fil(20))).ok();
    assert_eq!(pulled.allowance, fil(10));
    let burn = BurnFromParams { owner: owner.address(), amount: fil(4) };
    let burnt = dao.net.call::<BurnFrom>(&operator, token, &burn).ok();
    assert_eq!((burnt.balance, burnt.allowance), (fil(76), fil(6)));
    dao.net
        .call::<TransferFrom>(&operator, token, &pull(fil(7)))
        .refused(ExitCode::USR_INSUFFICIENT_FUNDS);
    let revoke = RevokeAllowanceParams { operator: operator.address() };
    dao.net.call::<RevokeAllowance>(&owner, token, &revoke).ok();
    let pair = GetAllowanceParams { owner: owner.address(), operator: operator.address() };
    assert_eq!(dao.net.view::<Allowance>(token, &pair), fil(0));
    dao.check_invariants();
}

#[test]
fn a_burn_lowers_the_supply() {
    let mut dao = with_data();
    let owner = dao.sp.owner.clone();
    let burnt = dao.net.call::<Burn>(&owner, dao.address, &BurnParams { amount: fil(40) }).ok();
    assert_eq!(burnt.balance, fil(60));
    assert_eq!(dao.state().token.supply, fil(60));
    dao.net
        .call::<Burn>(&owner, dao.address, &BurnParams { amount: fil(61) })
        .refused(ExitCode::USR_INSUFFICIENT_FUNDS);
    dao.check_invariants();
}

/// A plain send runs no code of the receiver, so the DAO must not take it for anything.
#[test]
fn fil_sent_to_the_dao_buys_nothing() {
    let mut dao = with_data();
    let before = dao.state();
    let donor = dao.sp.owner.clone();
    dao.net.run(Call::new(&donor, dao.address).value(fil(5))).ok();
    assert_eq!(dao.state(), before);
    assert_eq!(dao.net.balance(dao.address), fil(5));
}
