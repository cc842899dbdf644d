//! A contract of Ethereum's that has the token.

use fvm_harness::{Call, TokenAmount, atto, fil};
use fvm_ipld_encoding::{BytesDe, RawBytes};
use fvm_shared::address::Address;
use fvm_shared::error::ExitCode;
use fvm_shared::{ActorID, MethodNum};
use shared::Method;
use shared::ext::EAM_ACTOR;
use shared::token::InvokeEvm;
use shared::token::erc20::{self, EthAddress};

use fab::story::Dao;

use super::events::{Log, assert_logs};
use super::{ask, balance, call, eth_account, masked, solidity_true, transfer_to, uint, with_data};
use crate::setup::official;

/// Ethereum's contract, by its mnemonics: calls the address in the first word of its calldata with
/// the rest and with the value it was sent, and returns or reverts with what comes back. Calldata
/// that does not begin with an address, as that of a receiver hook, it takes without a word.
const FORWARDER: [u8; 51] = [
    0x60, 0x00, 0x35, // PUSH1 0, CALLDATALOAD: the address
    0x80, 0x60, 0xa0, 0x1c, // DUP1, PUSH1 160, SHR: what is above it
    0x60, 0x31, 0x57, // PUSH1 stop, JUMPI
    0x60, 0x20, 0x36, 0x03, // PUSH1 32, CALLDATASIZE, SUB: the size of the rest
    0x80, 0x60, 0x20, 0x60, 0x00, 0x37, // DUP1, PUSH1 32, PUSH1 0, CALLDATACOPY
    0x60, 0x00, 0x60, 0x00, // PUSH1 0, PUSH1 0: no memory for what is returned
    0x91, 0x60, 0x00, 0x34, // SWAP2, PUSH1 0, CALLVALUE
    0x85, 0x5a, 0xf1, // DUP6, GAS, CALL
    0x3d, 0x60, 0x00, 0x60, 0x00, 0x3e, // RETURNDATASIZE, PUSH1 0, PUSH1 0, RETURNDATACOPY
    0x60, 0x2c, 0x57, // PUSH1 return, JUMPI
    0x3d, 0x60, 0x00, 0xfd, // RETURNDATASIZE, PUSH1 0, REVERT
    0x5b, 0x3d, 0x60, 0x00, 0xf3, // return: JUMPDEST, RETURNDATASIZE, PUSH1 0, RETURN
    0x5b, 0x00, // stop: JUMPDEST, STOP
];
/// Returns the contract that follows it.
const INIT_CODE: [u8; 12] = [
    0x60, 0x33, 0x60, 0x0c, 0x60, 0x00, 0x39, // PUSH1 51, PUSH1 12, PUSH1 0, CODECOPY
    0x60, 0x33, 0x60, 0x00, 0xf3, // PUSH1 51, PUSH1 0, RETURN
];

#[test]
fn a_solidity_contract_has_and_spends_the_token() {
    const CREATE_EXTERNAL: MethodNum = 4;
    const EVM_CONTRACT_REVERTED: ExitCode = ExitCode::new(33);
    if !official("erc20::contract::a_solidity_contract_has_and_spends_the_token") {
        return;
    }
    let mut dao = with_data();
    let (owner, bob) = (dao.sp.owner.clone(), dao.net.account("bob"));
    let (_, f410) = eth_account(&mut dao);
    let code = BytesDe([&INIT_CODE[..], &FORWARDER].concat());
    let eam = Address::new_id(EAM_ACTOR);
    let create = Call::new(f410, eam).method(CREATE_EXTERNAL, &code);
    let (id, _, BytesDe(eth)): (ActorID, Option<Address>, BytesDe) = dao.net.run(create).returned();
    let contract = EthAddress(eth.try_into().unwrap());
    call(&mut dao, &owner, transfer_to(contract, fil(10))).ok();

    let token = EthAddress::from_id(dao.address.id().unwrap()).word();
    let forward = |dao: &mut Dao, call: &erc20::Call, value: TokenAmount| {
        let calldata = RawBytes::new([&token[..], &call.encode().unwrap()].concat());
        let to = Address::new_id(id);
        dao.net.run(Call::new(f410, to).method(InvokeEvm::NUMBER, &calldata).value(value))
    };
    let own = erc20::Call::BalanceOf { owner: contract };
    let returned = forward(&mut dao, &own, fil(0)).returned::<BytesDe>();
    assert_eq!(uint(&returned.0), fil(10));
    let name = forward(&mut dao, &erc20::Call::Name, fil(0)).returned::<BytesDe>();
    assert_eq!(name.0, ask(&mut dao, erc20::Call::Name));
    let sent = forward(&mut dao, &transfer_to(masked(&bob), fil(4)), fil(0)).ok();
    assert_logs(dao.address, &sent, &[Log::transfer(contract, masked(&bob), fil(4))]);
    assert_eq!(sent.returned::<BytesDe>().0, solidity_true());
    let deposit = forward(&mut dao, &erc20::Call::Deposit, atto(5)).returned::<BytesDe>();
    assert_eq!((deposit.0, dao.net.balance(dao.address)), (vec![], atto(5)));
    let over = transfer_to(masked(&bob), fil(7));
    forward(&mut dao, &over, fil(0)).refused(EVM_CONTRACT_REVERTED);
    assert_eq!((balance(&mut dao, &bob), balance(&mut dao, Address::new_id(id))), (fil(4), fil(6)));
    dao.check_invariants();
}
