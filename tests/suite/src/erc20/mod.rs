//! $DATA is an ERC-20 token.

mod contract;
pub mod events;

use fab::story::Dao;
use fvm_harness::{Account, Call, Outcome, TokenAmount, atto, fil};
use fvm_ipld_encoding::{BytesDe, BytesSer, RawBytes, to_vec};
use fvm_shared::address::Address;
use fvm_shared::bigint::{BigInt, Sign};
use fvm_shared::error::ExitCode;
use hostile_owner::{CallAsContract, Message, Mood, Received, SetMood};
use shared::Method;
use shared::token::erc20::{self, EthAddress};
use shared::token::*;

use crate::setup::pushing;
use events::assert_logs;

/// A DAO whose provider's owner has 100 $DATA.
fn with_data() -> Dao {
    let mut dao = pushing().listing(1, 1);
    let deal = dao.proposal(1);
    dao.sp.publish_all(&mut dao.net, &[deal]);
    dao
}

/// The address of an Ethereum account that has FIL for gas and has never sent anything.
fn eth_account(dao: &mut Dao) -> (EthAddress, Address) {
    let eth = EthAddress([0xe7; 20]);
    let f410 = eth.filecoin().unwrap();
    dao.net.fund(f410, fil(1));
    (eth, f410)
}

/// Calls the token as a wallet does, with calldata as a CBOR byte string.
fn call(dao: &mut Dao, from: impl Into<Address>, call: erc20::Call) -> Outcome {
    let calldata = RawBytes::new(call.encode().unwrap());
    dao.net.run(Call::new(from, dao.address).method(InvokeEvm::NUMBER, &calldata))
}

/// What a function returns to whoever asks.
fn ask(dao: &mut Dao, call: erc20::Call) -> Vec<u8> {
    dao.net.view::<InvokeEvm>(dao.address, &RawBytes::new(call.encode().unwrap())).to_vec()
}

fn uint(word: &[u8]) -> TokenAmount {
    assert_eq!(word.len(), 32);
    TokenAmount::from_atto(BigInt::from_bytes_be(Sign::Plus, word))
}

/// A balance, by both faces.
#[track_caller]
fn balance(dao: &mut Dao, of: impl Into<Address>) -> TokenAmount {
    let of = of.into();
    let id = dao.net.resolve(&of).unwrap();
    let balance = dao.balance(of);
    let owner = EthAddress::from_id(id);
    assert_eq!(uint(&ask(dao, erc20::Call::BalanceOf { owner })), balance);
    balance
}

fn transfer_to(to: EthAddress, amount: TokenAmount) -> erc20::Call {
    erc20::Call::Transfer { to, amount }
}

fn masked(account: &Account) -> EthAddress {
    EthAddress::from_id(account.id)
}

/// One word that is 1, which is Solidity's `true`.
fn solidity_true() -> Vec<u8> {
    [vec![0; 31], vec![1]].concat()
}

#[test]
fn wallets_read_the_token_by_the_abi() {
    let mut dao = with_data();
    let text = |bytes: &[u8]| {
        let length = usize::from(bytes[63]);
        String::from_utf8(bytes[64..64 + length].to_vec()).unwrap()
    };
    assert_eq!(text(&ask(&mut dao, erc20::Call::Name)), "Data");
    assert_eq!(text(&ask(&mut dao, erc20::Call::Symbol)), "DATA");
    assert_eq!(uint(&ask(&mut dao, erc20::Call::Decimals)), atto(18));
    assert_eq!(uint(&ask(&mut dao, erc20::Call::TotalSupply)), fil(100));
    let owner = dao.sp.owner.clone();
    assert_eq!(balance(&mut dao, &owner), fil(100));
    for nobody in [EthAddress::NULL, EthAddress([9; 20])] {
        let balance = ask(&mut dao, erc20::Call::BalanceOf { owner: nobody });
        assert_eq!(uint(&balance), fil(0));
        let pair = erc20::Call::Allowance { owner: masked(&owner), spender: nobody };
        assert_eq!(uint(&ask(&mut dao, pair)), fil(0));
    }
}

#[test]
fn an_ethereum_account_spends_what_it_was_sent_with_its_first_message() {
    let mut dao = with_data();
    let (owner, bob) = (dao.sp.owner.clone(), dao.net.account("bob"));
    let (eth, f410) = eth_account(&mut dao);
    call(&mut dao, &owner, transfer_to(eth, fil(30))).ok();
    assert_eq!(balance(&mut dao, f410), fil(30));

    let sent = call(&mut dao, f410, transfer_to(masked(&bob), fil(10))).ok();
    assert_eq!(sent.returned::<BytesDe>().0, solidity_true());
    assert_eq!(dao.net.actor(&f410).unwrap().code, dao.net.actors().code("ethaccount"));
    assert_eq!((balance(&mut dao, f410), balance(&mut dao, &bob)), (fil(20), fil(10)));
    dao.check_invariants();
}

#[test]
fn a_transfer_creates_the_placeholder_it_goes_to() {
    let mut dao = with_data();
    let owner = dao.sp.owner.clone();
    let unborn = EthAddress([5; 20]);
    call(&mut dao, &owner, transfer_to(unborn, fil(1))).ok();
    assert_eq!(balance(&mut dao, unborn.filecoin().unwrap()), fil(1));
}

#[test]
fn a_spender_has_one_allowance_by_both_faces() {
    let mut dao = with_data();
    let (owner, bob) = (dao.sp.owner.clone(), dao.net.account("bob"));
    let (spender, spender_f410) = eth_account(&mut dao);
    let pull = |to: &Account, amount| erc20::Call::TransferFrom {
        from: masked(&owner),
        to: masked(to),
        amount,
    };
    let approve = |amount| erc20::Call::Approve { spender, amount };
    let left = |dao: &mut Dao| {
        let pair = GetAllowanceParams { owner: owner.address(), operator: spender_f410 };
        let left = dao.net.view::<Allowance>(dao.address, &pair);
        let pair = erc20::Call::Allowance { owner: masked(&owner), spender };
        assert_eq!(uint(&ask(dao, pair)), left);
        left
    };
    call(&mut dao, spender_f410, pull(&bob, fil(1))).refused(ExitCode::USR_INSUFFICIENT_FUNDS);
    let approved = call(&mut dao, &owner, approve(fil(50))).ok();
    assert_eq!(approved.returned::<BytesDe>().0, solidity_true());
    assert_eq!(left(&mut dao), fil(50));
    call(&mut dao, spender_f410, pull(&bob, fil(20))).ok();
    assert_eq!((left(&mut dao), balance(&mut dao, &bob)), (fil(30), fil(20)));
    call(&mut dao, &owner, approve(fil(7))).ok();
    assert_eq!(left(&mut dao), fil(7), "an approval does not add to the one before");
    call(&mut dao, &owner, approve(max_amount())).ok();
    call(&mut dao, spender_f410, pull(&bob, fil(80))).ok();
    assert_eq!((left(&mut dao), balance(&mut dao, &owner)), (max_amount(), fil(0)));
    dao.check_invariants();
}

#[test]
fn a_receiver_is_called_and_its_refusal_undoes_the_transfer() {
    let mut dao = with_data();
    let owner = dao.sp.owner.clone();
    let receiver = dao.net.create(&owner, "hostile-owner", &()).ok().id_address;
    let to = EthAddress::from_id(receiver.id().unwrap());
    call(&mut dao, &owner, transfer_to(to, fil(10))).ok();
    assert_eq!(dao.net.view::<Received>(receiver, &()), 1);
    let refuses = Mood { refuses: true, ..Mood::FRIENDLY };
    dao.net.call::<SetMood>(&owner, receiver, &refuses).ok();
    let refused = call(&mut dao, &owner, transfer_to(to, fil(10)));
    let refused = refused.refused(ExitCode::USR_UNSPECIFIED);
    assert_logs(dao.address, &refused, &[]);
    assert_eq!((balance(&mut dao, &owner), balance(&mut dao, receiver)), (fil(90), fil(10)));
}

/// What a transfer replies is how things are when it ends, not when the ledger changed.
#[test]
fn a_receiver_that_passes_on_what_it_was_sent_is_seen_in_the_reply() {
    let mut dao = with_data();
    let owner = dao.sp.owner.clone();
    let receiver = dao.net.create(&owner, "hostile-owner", &()).ok().id_address;
    let back =
        TransferParams { to: owner.address(), amount: fil(4), operator_data: RawBytes::default() };
    let message = Message {
        to: dao.address,
        method: Transfer::NUMBER,
        params: RawBytes::serialize(&back).unwrap(),
    };
    let mood = Mood { sends: Some(message), ..Mood::FRIENDLY };
    dao.net.call::<SetMood>(&owner, receiver, &mood).ok();
    let params = TransferParams { to: receiver, amount: fil(10), ..back };
    let sent = dao.net.call::<Transfer>(&owner, dao.address, &params).ok();
    assert_eq!((sent.from_balance, sent.to_balance), (fil(94), fil(6)));
}

#[test]
fn a_contract_s_raw_calldata_is_understood() {
    let mut dao = with_data();
    let (owner, bob) = (dao.sp.owner.clone(), dao.net.account("bob"));
    let contract = dao.net.create(&owner, "hostile-owner", &()).ok().id_address;
    let to = EthAddress::from_id(contract.id().unwrap());
    call(&mut dao, &owner, transfer_to(to, fil(10))).ok();
    let mut as_contract = |call: erc20::Call| {
        let params = RawBytes::new(call.encode().unwrap());
        let message = Message { to: dao.address, method: InvokeEvm::NUMBER, params };
        dao.net.call::<CallAsContract>(&owner, contract, &message).ok().to_vec()
    };
    assert_eq!(as_contract(transfer_to(masked(&bob), fil(3))), solidity_true());
    assert_eq!(uint(&as_contract(erc20::Call::BalanceOf { owner: to })), fil(7));
    assert!(as_contract(erc20::Call::Deposit).is_empty());
    assert_eq!(balance(&mut dao, &bob), fil(3));
}

#[test]
fn calldata_that_asks_for_nothing_sensible_has_a_defined_exit_code() {
    let mut dao = with_data();
    let (owner, bob) = (dao.sp.owner.clone(), dao.net.account("bob"));
    let good = transfer_to(masked(&bob), fil(1)).encode().unwrap();
    let mut wide = good.clone();
    wide[4] = 1;
    let refused = |calldata: &[u8], code| (to_vec(&BytesSer(calldata)).unwrap(), code);
    let encoded = |call: erc20::Call, code| refused(&call.encode().unwrap(), code);
    let (to, amount, from) = (masked(&bob), fil(1), masked(&owner));
    let ghost = EthAddress([9; 20]);
    let null = EthAddress::NULL;
    for (params, code) in [
        (vec![0xff], ExitCode::USR_SERIALIZATION),
        (good.clone(), ExitCode::USR_SERIALIZATION),
        refused(&good[..3], ExitCode::USR_SERIALIZATION),
        refused(&good[..67], ExitCode::USR_SERIALIZATION),
        refused(&[&good[..], &[0]].concat(), ExitCode::USR_SERIALIZATION),
        refused(&wide, ExitCode::USR_SERIALIZATION),
        refused(&[1, 2, 3, 4], ExitCode::USR_UNHANDLED_MESSAGE),
        encoded(transfer_to(to, fil(101)), ExitCode::USR_INSUFFICIENT_FUNDS),
        encoded(transfer_to(null, fil(1)), ExitCode::USR_ILLEGAL_ARGUMENT),
        encoded(
            erc20::Call::TransferFrom { from, to, amount: amount.clone() },
            ExitCode::USR_ILLEGAL_ARGUMENT,
        ),
        encoded(
            erc20::Call::TransferFrom { from: ghost, to, amount: amount.clone() },
            ExitCode::USR_NOT_FOUND,
        ),
        encoded(
            erc20::Call::Approve { spender: null, amount: amount.clone() },
            ExitCode::USR_ILLEGAL_ARGUMENT,
        ),
        encoded(
            erc20::Call::Approve { spender: from, amount: amount.clone() },
            ExitCode::USR_ILLEGAL_ARGUMENT,
        ),
        encoded(erc20::Call::Approve { spender: ghost, amount }, ExitCode::USR_NOT_FOUND),
    ] {
        let call = Call::new(&owner, dao.address).raw(InvokeEvm::NUMBER, &params);
        let outcome = dao.net.run(call);
        assert_eq!(outcome.exit_code, code, "{params:x?}: {outcome}");
    }
    assert_eq!((balance(&mut dao, &owner), balance(&mut dao, &bob)), (fil(100), fil(0)));
}

#[test]
fn fil_comes_without_calldata_and_not_with_a_function() {
    let mut dao = with_data();
    let (owner, bob) = (dao.sp.owner.clone(), dao.net.account("bob"));
    let before = dao.state();
    for params in [vec![], vec![0x40]] {
        let call = Call::new(&owner, dao.address).raw(InvokeEvm::NUMBER, &params).value(fil(2));
        assert!(dao.net.run(call).returned::<BytesDe>().0.is_empty());
    }
    assert_eq!((dao.state(), dao.net.balance(dao.address)), (before, fil(4)));
    let calldata = RawBytes::new(transfer_to(masked(&bob), fil(1)).encode().unwrap());
    let call = Call::new(&owner, dao.address).method(InvokeEvm::NUMBER, &calldata).value(fil(1));
    dao.net.run(call).refused(ExitCode::USR_ILLEGAL_ARGUMENT);
}
