//! Who a miner belongs to and who works for it.

use fvm_harness::{Account, Call, Key, Provider};
use fvm_shared::address::Address;
use shared::ext::miner::*;

use super::names::{
    CONTROL_ADDRESSES, GET_MULTIADDRS, GET_PEER_ID, GET_SECTOR_SIZE, OLD_CHANGE_OWNER_ADDRESS,
    OLD_GET_BENEFICIARY,
};
use super::stage::Stage;
use super::{MARKET, NOBODY, check};

/// Epochs until a new worker may be put in place.
const WORKER_DELAY: i64 = 900;

#[test]
fn owner_changes_do_as_recorded() {
    check("miner-owner", play_owner);
}

#[test]
fn worker_changes_do_as_recorded() {
    check("miner-worker", play_worker);
}

fn play_owner(s: &mut Stage) {
    let sp = s.provider("sp");
    let (new, other, eve) = (s.account("new"), s.account("other"), s.account("eve"));
    let miner = sp.address();
    let change = |s: &mut Stage, caller: &Account, to: Address| {
        s.call(caller, miner, CHANGE_OWNER_ADDRESS, &to);
        s.call(caller, miner, GET_OWNER, &());
    };
    let id = Account::address;
    s.chapter("Only the owner proposes, by an f0 address");
    for caller in [&new, &eve, &sp.worker] {
        change(s, caller, id(caller));
    }
    change(s, &sp.owner, new.robust);
    s.chapter("Only the nominee confirms, by naming itself");
    change(s, &sp.owner, id(&new));
    for (caller, to) in [(&eve, &new), (&eve, &eve), (&sp.worker, &new), (&new, &sp.owner)] {
        change(s, caller, id(to));
    }
    change(s, &new, new.robust);
    s.chapter("A proposal can be replaced and taken back");
    change(s, &sp.owner, id(&other));
    change(s, &new, id(&new));
    change(s, &sp.owner, id(&sp.owner));
    change(s, &other, id(&other));
    change(s, &sp.owner, NOBODY);
    change(s, &sp.owner, MARKET);
    s.chapter("The new owner has the miner, and the old one nothing");
    change(s, &sp.owner, id(&new));
    change(s, &new, id(&new));
    change(s, &sp.owner, id(&sp.owner));
    s.call(&eve, miner, GET_BENEFICIARY, &());
    for who in [&new, &sp.owner, &sp.worker] {
        s.call(&eve, miner, IS_CONTROLLING_ADDRESS, &id(who));
    }
    s.call(&eve, miner, CONTROL_ADDRESSES, &());
    s.call(&sp.owner, miner, OLD_CHANGE_OWNER_ADDRESS, &sp.owner.address());
    s.chapter("An actor becomes the owner by the exported method");
    let user = s.user_actor("user actor", &eve);
    change(s, &new, user);
    s.call_as(user, miner, OLD_CHANGE_OWNER_ADDRESS, &user);
    s.call_as(user, miner, CHANGE_OWNER_ADDRESS, &user);
    s.call(&eve, miner, GET_OWNER, &());
    s.call_as(user, miner, CONTROL_ADDRESSES, &());
    s.call_as(user, miner, OLD_GET_BENEFICIARY, &());
    s.net.run(Call::new(&eve, miner).raw(CHANGE_OWNER_ADDRESS, &[0x40]));
    s.call(&eve, miner, 1_000, &());
    s.call(&eve, miner, u64::MAX, &());
}

fn params(worker: Address, control: &[Address]) -> ChangeWorkerAddressParams {
    ChangeWorkerAddressParams { new_worker: worker, new_control_addresses: control.to_vec() }
}

fn play_worker(s: &mut Stage) {
    let sp = s.provider("sp");
    let (one, two, eve) = (s.account("one"), s.account("two"), s.account("eve"));
    let (new, late) = (s.bls_account("new"), s.bls_account("late"));
    let miner = sp.address();
    let change = |s: &mut Stage, caller: &Account, worker: Address, control: &[Address]| {
        s.call(caller, miner, CHANGE_WORKER_ADDRESS, &params(worker, control));
    };
    let now = sp.worker.address();
    s.chapter("Control addresses change at once");
    change(s, &sp.worker, now, &[one.address()]);
    change(s, &eve, now, &[eve.address()]);
    change(s, &sp.owner, now, &[one.robust, two.address()]);
    who_controls(s, &sp, &eve, &[&one, &two, &eve, &sp.worker, &sp.owner]);
    change(s, &one, now, &[]);
    change(s, &sp.owner, now, &[two.address()]);
    who_controls(s, &sp, &eve, &[&one, &two]);
    s.call(&eve, miner, IS_CONTROLLING_ADDRESS, &NOBODY);
    let unborn = Key::secp256k1("unborn").address().expect("a key with an address");
    s.call(&eve, miner, IS_CONTROLLING_ADDRESS, &unborn);
    s.chapter("There are ten control addresses at most, and they exist");
    change(s, &sp.owner, now, &[one.address(); 10]);
    change(s, &sp.owner, now, &[one.address(); 11]);
    change(s, &sp.owner, now, &[unborn]);
    s.call(&eve, miner, CONTROL_ADDRESSES, &());
    s.chapter("A worker is an account with a BLS key");
    let bls = Key::bls("unborn").address().expect("a key with an address");
    for worker in [one.address(), one.robust, miner, NOBODY, bls] {
        change(s, &sp.owner, worker, &[]);
    }
    s.chapter("A new worker waits 900 epochs for the owner to confirm");
    change(s, &sp.owner, new.robust, &[]);
    change(s, &sp.owner, late.address(), &[]);
    confirm(s, &sp, &[&new, &sp.worker, &sp.owner]);
    s.net.advance(WORKER_DELAY - 1);
    confirm(s, &sp, &[&sp.owner]);
    s.net.advance(1);
    who_controls(s, &sp, &eve, &[&new, &sp.worker]);
    confirm(s, &sp, &[&sp.worker, &new, &sp.owner, &sp.owner]);
    who_controls(s, &sp, &eve, &[&new, &sp.worker, &late]);
    s.chapter("Controlling addresses say where the miner is reached");
    let long = ChangePeerIdParams { new_id: vec![1; 129] };
    let peer = ChangePeerIdParams { new_id: b"peer".to_vec() };
    for (caller, params) in [(&eve, &peer), (&new, &long), (&new, &peer)] {
        s.call(caller, miner, CHANGE_PEER_ID, params);
    }
    let at = |bytes: &[&[u8]]| ChangeMultiaddrsParams {
        new_multiaddrs: bytes.iter().map(|b| fvm_ipld_encoding::BytesDe(b.to_vec())).collect(),
    };
    for addresses in [at(&[b"here"]), at(&[b""]), at(&[&[1; 1_025]]), at(&[])] {
        s.call(&new, miner, CHANGE_MULTIADDRS, &addresses);
    }
    for method in [GET_PEER_ID, GET_MULTIADDRS, GET_SECTOR_SIZE] {
        s.call(&eve, miner, method, &());
    }
}

fn confirm(s: &mut Stage, sp: &Provider, callers: &[&Account]) {
    for caller in callers {
        s.call(caller, sp.address(), CONFIRM_CHANGE_WORKER_ADDRESS, &());
    }
}

fn who_controls(s: &mut Stage, sp: &Provider, asker: &Account, asked: &[&Account]) {
    for who in asked {
        s.call(asker, sp.address(), IS_CONTROLLING_ADDRESS, &who.robust);
    }
}
