//! The beneficiary of a miner, its quota and its term (FIP-0029).

use fvm_harness::{Account, Key, Provider, fil};
use fvm_shared::address::Address;
use shared::ext::miner::*;

use super::check;
use super::stage::Stage;

#[test]
fn beneficiary_changes_do_as_recorded() {
    check("miner-beneficiary", play);
}

/// Proposes or approves, and asks what there is then.
fn name(
    s: &mut Stage,
    sp: &Provider,
    caller: &Account,
    beneficiary: impl Into<Address>,
    quota: i64,
    expiration: i64,
) {
    let params = ChangeBeneficiaryParams {
        new_beneficiary: beneficiary.into(),
        new_quota: fil(quota),
        new_expiration: expiration,
    };
    s.call(caller, sp.address(), CHANGE_BENEFICIARY, &params);
    s.call(caller, sp.address(), GET_BENEFICIARY, &());
}

fn play(s: &mut Stage) {
    let sp = s.provider("sp");
    let (lender, other, eve) = (s.account("lender"), s.account("other"), s.account("eve"));
    let owner = sp.owner.clone();
    s.chapter("A beneficiary has a quota and an owner has none");
    s.call(&eve, sp.address(), GET_BENEFICIARY, &());
    let unborn = Key::secp256k1("unborn").address().expect("a key with an address");
    name(s, &sp, &owner, &lender, 0, 5_000);
    name(s, &sp, &owner, &lender, -1, 5_000);
    name(s, &sp, &owner, &owner, 1, 0);
    name(s, &sp, &owner, &owner, 0, 1);
    name(s, &sp, &owner, unborn, 1, 5_000);
    name(s, &sp, &owner, &owner, 0, 0);

    s.chapter("The nominee accepts exactly what the owner proposes");
    name(s, &sp, &lender, &lender, 100, 5_000);
    name(s, &sp, &owner, lender.robust, 100, 5_000);
    name(s, &sp, &lender, &lender, 99, 5_000);
    name(s, &sp, &lender, &lender, 100, 5_001);
    name(s, &sp, &lender, &owner, 100, 5_000);
    name(s, &sp, &eve, &lender, 100, 5_000);
    name(s, &sp, &sp.worker, &lender, 100, 5_000);
    name(s, &sp, &lender, &lender, 100, 5_000);

    s.chapter("A withdrawal goes to the beneficiary, whoever asks, up to its quota");
    s.withdraw(&sp, &owner, 30);
    s.withdraw(&sp, &lender, 0);
    s.withdraw(&sp, &eve, 1);
    s.withdraw(&sp, &lender, -1);

    s.chapter("All three agree on another beneficiary, or on other terms");
    name(s, &sp, &owner, &other, 50, 6_000);
    name(s, &sp, &other, &other, 50, 6_000);
    name(s, &sp, &owner, &other, 60, 6_000);
    name(s, &sp, &owner, &lender, 80, 6_000);
    name(s, &sp, &lender, &lender, 80, 6_000);
    s.withdraw(&sp, &lender, 500);
    s.withdraw(&sp, &lender, 1);
    s.withdraw(&sp, &owner, 0);

    s.chapter("A used-up quota lets the owner take over alone");
    name(s, &sp, &owner, &owner, 0, 0);
    s.withdraw(&sp, &lender, 1);
    s.withdraw(&sp, &owner, 1);

    s.chapter("A beneficiary with a term agrees to its end, until the term is over");
    let expiration = s.net.epoch() + 20;
    name(s, &sp, &owner, &lender, 100, expiration);
    name(s, &sp, &lender, &lender, 100, expiration);
    name(s, &sp, &owner, &owner, 0, 0);
    s.net.advance(19);
    s.withdraw(&sp, &lender, 2);
    s.net.advance(1);
    s.withdraw(&sp, &lender, 2);
    s.withdraw(&sp, &owner, 2);
    name(s, &sp, &owner, &owner, 0, 0);
    s.withdraw(&sp, &owner, 2);

    s.chapter("An owner that is its own beneficiary takes that along, another stays");
    sell(s, &sp, &owner, &other);
    name(s, &sp, &other, &lender, 7, 9_000);
    name(s, &sp, &lender, &lender, 7, 9_000);
    name(s, &sp, &other, &eve, 8, 9_000);
    sell(s, &sp, &other, &owner);
    name(s, &sp, &eve, &eve, 8, 9_000);
    name(s, &sp, &owner, &owner, 0, 0);
    name(s, &sp, &lender, &owner, 0, 0);
}

fn sell(s: &mut Stage, sp: &Provider, owner: &Account, buyer: &Account) {
    for caller in [owner, buyer] {
        s.call(caller, sp.address(), CHANGE_OWNER_ADDRESS, &buyer.address());
    }
    s.call(buyer, sp.address(), GET_BENEFICIARY, &());
}
