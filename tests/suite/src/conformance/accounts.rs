//! Accounts: what they vouch for, what they answer, and how they come to be.

use fvm_harness::{Account, Call, Key, fil};
use fvm_shared::METHOD_CONSTRUCTOR;
use fvm_shared::address::Address;
use shared::ext::account::{AUTHENTICATE_MESSAGE, AuthenticateMessageParams, PUBKEY_ADDRESS};
use shared::ext::market::MARKET_NOTIFY_DEAL;
use shared::ext::miner::GET_OWNER;
use shared::method_hash;

use super::check;
use super::stage::Stage;

#[test]
fn accounts_do_as_recorded() {
    check("accounts", play);
}

pub fn play(s: &mut Stage) {
    let (ann, bea) = (s.account("ann"), s.bls_account("bea"));
    let eve = s.account("eve");
    let user = s.user_actor("user actor", &eve);
    s.chapter("An account vouches for what its key signed");
    for account in [&ann, &bea] {
        vouch(s, &eve, account, b"pay bob", &account.key);
        vouch(s, &eve, account, b"", &account.key);
        s.call(account, account.robust, AUTHENTICATE_MESSAGE, &signed(&account.key, b"pay bob"));
        s.call_as(user, account, AUTHENTICATE_MESSAGE, &signed(&account.key, b"pay bob"));
    }
    refusals(s, &ann, &bea, &eve);
    s.chapter("An account tells its key to built-in actors");
    for account in [&ann, &bea] {
        s.call(&eve, account, PUBKEY_ADDRESS, &());
        s.call_as(user, account, PUBKEY_ADDRESS, &());
    }
    s.call(&eve, &ann, METHOD_CONSTRUCTOR, &eve.robust);
    s.chapter("An account answers any exported method with nothing");
    for method in [GET_OWNER, MARKET_NOTIFY_DEAL, method_hash!("Receive"), 1 << 24, u64::MAX] {
        s.call(&eve, &ann, method, &1_u64);
    }
    for method in [3, 1_000, (1 << 24) - 1] {
        s.call(&eve, &bea, method, &1_u64);
    }
    births(s, &ann, &eve);
}

fn refusals(s: &mut Stage, ann: &Account, bea: &Account, eve: &Account) {
    s.chapter("An account refuses anything else");
    for (account, other) in [(ann, Key::secp256k1("eve")), (bea, Key::bls("eve"))] {
        vouch(s, eve, account, b"pay bob", &other);
        let good = signed(&account.key, b"pay bob");
        let with = |signature: Vec<u8>| AuthenticateMessageParams {
            signature,
            message: good.message.clone(),
        };
        let cut = good.signature[..good.signature.len() - 1].to_vec();
        let long = [good.signature.clone(), vec![0]].concat();
        for signature in [vec![], vec![0; good.signature.len()], cut, long] {
            s.call(eve, account, AUTHENTICATE_MESSAGE, &with(signature));
        }
        let altered = AuthenticateMessageParams { message: b"pay eve".to_vec(), ..good };
        s.call(eve, account, AUTHENTICATE_MESSAGE, &altered);
    }
    s.chapter("Parameters that do not decode are refused");
    for params in [&[0x80][..], &[0x81, 0x40], &[0x82, 0x40, 0x01], &[0xff]] {
        s.net.run(Call::new(eve, ann).raw(AUTHENTICATE_MESSAGE, params));
    }
}

/// FIL makes an account of an address of a key, and a placeholder of one of the EAM's.
fn births(s: &mut Stage, ann: &Account, eve: &Account) {
    s.chapter("FIL makes an account of the address of a key");
    for key in [Key::secp256k1("new"), Key::bls("new")] {
        let address = key.address().expect("a key with an address");
        s.net.run(Call::new(ann, address).value(fil(1)));
        s.call(eve, address, AUTHENTICATE_MESSAGE, &signed(&key, b"hello"));
        s.call(eve, address, PUBKEY_ADDRESS, &());
    }
    s.net.run(Call::new(ann, eve).value(fil(1_000_000)));
    s.net.run(Call::new(ann, eve).value(fil(7)));
    s.chapter("Accounts without a key sign nothing, and seem to");
    let placeholder = Address::new_delegated(10, &[7; 20]).expect("an address of the EAM's");
    s.name("placeholder", placeholder);
    s.net.run(Call::new(ann, placeholder).value(fil(10)));
    let probe = |s: &mut Stage| {
        s.call(eve, placeholder, AUTHENTICATE_MESSAGE, &signed(&ann.key, b"pay bob"));
        for method in [GET_OWNER, 2, 1_000] {
            s.call(eve, placeholder, method, &1_u64);
        }
    };
    probe(s);
    s.chapter("A placeholder that sends a message is an Ethereum account");
    s.net.run(Call::new(placeholder, ann).value(fil(1)));
    probe(s);
}

fn signed(key: &Key, message: &[u8]) -> AuthenticateMessageParams {
    let signature = key.sign(message).expect("a key that signs").bytes;
    AuthenticateMessageParams { signature, message: message.to_vec() }
}

fn vouch(s: &mut Stage, from: &Account, who: &Account, message: &[u8], key: &Key) {
    s.call(from, who, AUTHENTICATE_MESSAGE, &signed(key, message));
}
