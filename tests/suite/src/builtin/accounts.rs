//! Accounts: what vouches for a message, and what only seems to.

use fvm_harness::{Account, Call, Key, Network, Outcome, fil};
use fvm_shared::MethodNum;
use fvm_shared::address::Address;
use fvm_shared::error::ExitCode;
use shared::ext::account::{
    AUTHENTICATE_MESSAGE, AuthenticateMessageParams, PUBKEY_ADDRESS, RECEIVE,
};
use shared::ext::market::MARKET_NOTIFY_DEAL;
use shared::ext::miner::{GET_BENEFICIARY, GET_OWNER};
use shared::method_hash;

use super::{FORBIDDEN, ILLEGAL_ARGUMENT, ask};
use crate::setup::network;

const UNHANDLED: ExitCode = ExitCode::USR_UNHANDLED_MESSAGE;

/// FRC-42 methods that an account does not have.
const FOREIGN: [MethodNum; 6] =
    [GET_OWNER, GET_BENEFICIARY, MARKET_NOTIFY_DEAL, RECEIVE, method_hash!("Balance"), u64::MAX];

fn authenticate(net: &mut Network, who: Address, signature: Vec<u8>, message: &[u8]) -> Outcome {
    let params = AuthenticateMessageParams { signature, message: message.to_vec() };
    ask(net, who, AUTHENTICATE_MESSAGE, &params)
}

fn both(net: &mut Network) -> [Account; 2] {
    [net.account("ann"), net.bls_account("ann")]
}

/// An f4 address of an Ethereum account, with funds and without code.
fn placeholder(net: &mut Network) -> Address {
    let address = Address::new_delegated(10, &[7; 20]).unwrap();
    net.fund(address, fil(10));
    assert_eq!(net.actor(&address).unwrap().code, net.actors().code("placeholder"));
    address
}

fn eth_account(net: &mut Network) -> Address {
    let address = placeholder(net);
    net.run(Call::new(address, Address::new_id(99))).ok();
    assert_eq!(net.actor(&address).unwrap().code, net.actors().code("ethaccount"));
    address
}

#[test]
fn an_account_vouches_for_what_its_key_signed() {
    let mut net = network();
    for account in both(&mut net) {
        for message in [&b"pay bob"[..], b"", &[0xff; 10_000]] {
            let signature = account.key.sign(message).unwrap().bytes;
            let outcome = authenticate(&mut net, account.robust, signature, message).ok();
            assert_eq!(outcome.return_data.bytes(), [0xf5]);
        }
    }
}

#[test]
fn an_account_refuses_anything_else() {
    let mut net = network();
    for account in both(&mut net) {
        let good = account.key.sign(b"pay bob").unwrap().bytes;
        let other = match account.key {
            Key::Secp256k1(_) => Key::secp256k1("eve"),
            Key::Bls(_) => Key::bls("eve"),
        };
        let mut flipped = good.clone();
        flipped[10] ^= 1;
        let foreign = other.sign(b"pay bob").unwrap().bytes;
        let mut prefixed = vec![account.key.sign(b"pay bob").unwrap().signature_type() as u8];
        prefixed.extend(&good);
        let cut = good[..good.len() - 1].to_vec();
        for signature in [vec![], vec![0; good.len()], flipped, foreign, prefixed, cut] {
            authenticate(&mut net, account.address(), signature, b"pay bob")
                .refused(ILLEGAL_ARGUMENT);
        }
        authenticate(&mut net, account.address(), good, b"pay eve").refused(ILLEGAL_ARGUMENT);
    }
}

#[test]
fn parameters_that_do_not_decode_are_refused() {
    let mut net = network();
    let ann = net.account("ann");
    for params in [&[0x80][..], &[0x81, 0x40], &[0x82, 0x40, 0x01], &[0xff]] {
        let call = Call::new(&ann, &ann).raw(AUTHENTICATE_MESSAGE, params);
        net.run(call).refused(ExitCode::USR_SERIALIZATION);
    }
}

/// The trap: a method that an account does not have succeeds with nothing in reply.
#[test]
fn an_account_answers_any_exported_method_with_nothing() {
    let mut net = network();
    for account in both(&mut net) {
        for method in FOREIGN {
            let outcome = ask(&mut net, account.robust, method, &1_u64).ok();
            assert!(outcome.return_data.is_empty());
        }
        for method in [3, 1_000, (1 << 24) - 1] {
            ask(&mut net, account.robust, method, &1_u64).refused(UNHANDLED);
        }
    }
}

#[test]
fn accounts_without_a_key_answer_everything_with_nothing_and_sign_nothing() {
    let mut net = network();
    let ann = net.account("ann");
    let signature = ann.key.sign(b"pay bob").unwrap().bytes;
    for make in [placeholder, eth_account] {
        let address = make(&mut net);
        for method in FOREIGN {
            assert!(ask(&mut net, address, method, &1_u64).ok().return_data.is_empty());
        }
        let vouched = authenticate(&mut net, address, signature.clone(), b"pay bob").ok();
        assert!(vouched.return_data.is_empty());
    }
}

#[test]
fn a_placeholder_takes_any_method_and_an_ethereum_account_exported_ones_alone() {
    let mut net = network();
    let address = placeholder(&mut net);
    assert!(ask(&mut net, address, 2, &()).ok().return_data.is_empty());
    let address = eth_account(&mut net);
    ask(&mut net, address, 2, &()).refused(UNHANDLED);
}

#[test]
fn an_account_tells_its_key_to_built_in_actors() {
    let mut net = network();
    for account in both(&mut net) {
        let key: Address = ask(&mut net, account.address(), PUBKEY_ADDRESS, &()).returned();
        assert_eq!(key, account.robust);
        let user = net.create(&account, "hostile-owner", &()).ok().id_address;
        let call = Call::new(user, account.address()).method(PUBKEY_ADDRESS, &());
        net.implicit(call).refused(FORBIDDEN);
    }
}

#[test]
fn fil_makes_an_account_of_an_address_of_a_key() {
    let mut net = network();
    let ann = net.account("ann");
    for key in [Key::secp256k1("new"), Key::bls("new")] {
        let address = key.address().unwrap();
        assert_eq!(net.resolve(&address), None);
        net.run(Call::new(&ann, address).value(fil(1))).ok();
        assert_eq!(net.actor(&address).unwrap().code, net.actors().code("account"));
        let signature = key.sign(b"hello").unwrap().bytes;
        assert!(authenticate(&mut net, address, signature, b"hello").returned::<bool>());
    }
}
