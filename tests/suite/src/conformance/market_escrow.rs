//! Escrow: who puts in, who takes out, and how much.

use fvm_harness::{Call, Key, Provider, atto, fil};
use fvm_shared::METHOD_CONSTRUCTOR;
use fvm_shared::address::Address;
use shared::ext::MARKET_ACTOR;
use shared::ext::market::{ADD_BALANCE, GET_BALANCE, WITHDRAW_BALANCE, WithdrawBalanceParams};
use shared::ext::miner::{CHANGE_WORKER_ADDRESS, ChangeWorkerAddressParams};

use super::names::{OLD_ADD_BALANCE, OLD_WITHDRAW_BALANCE};
use super::stage::Stage;
use super::{MARKET, NOBODY, check};

#[test]
fn escrow_does_as_recorded() {
    check("market-escrow", play);
}

fn play(s: &mut Stage) {
    let sp = s.provider("sp");
    let (ann, bob) = (s.account("ann"), s.bls_account("bob"));
    let user = s.user_actor("user actor", &bob);
    let unborn = Key::secp256k1("unborn").address().expect("a key with an address");

    s.chapter("Anyone adds to the escrow of any actor under any of its addresses");
    for (to, amount) in [(bob.robust, 3), (bob.address(), 4), (user, 5), (sp.address(), 6)] {
        s.net.add_escrow(&bob, to, fil(amount));
    }
    s.net.add_escrow(&ann, ann.robust, fil(1_000));
    s.pay(&ann, MARKET, OLD_ADD_BALANCE, &ann.address(), atto(1));

    s.chapter("Nothing, and nobody, is not added to");
    s.net.add_escrow(&ann, &ann, fil(0));
    s.net.add_escrow(&ann, NOBODY, fil(1));
    s.net.add_escrow(&ann, unborn, fil(1));
    s.net.add_escrow(&ann, &ann, fil(1_000_000));
    s.net.run(Call::new(&ann, MARKET).raw(ADD_BALANCE, &[0x80]).value(fil(1)));

    s.chapter("Anyone reads any escrow");
    for of in [ann.robust, bob.address(), user, sp.address(), sp.owner.address(), NOBODY, unborn] {
        s.call(&bob, MARKET, GET_BALANCE, &of);
    }

    s.chapter("A client withdraws for itself alone at most what it has");
    s.net.withdraw_escrow(&bob, &ann, fil(1));
    s.net.withdraw_escrow(&ann, &ann, fil(-1));
    s.net.withdraw_escrow(&ann, NOBODY, fil(1));
    s.net.withdraw_escrow(&ann, unborn, fil(1));
    for amount in [0, 300, 900, 1] {
        s.net.withdraw_escrow(&ann, ann.robust, fil(amount));
    }
    let withdrawal = WithdrawBalanceParams { provider_or_client: bob.address(), amount: fil(1) };
    s.call(&bob, MARKET, OLD_WITHDRAW_BALANCE, &withdrawal);
    s.net.run(Call::new(&bob, MARKET).raw(WITHDRAW_BALANCE, &[0x81, 0x00]));

    provider(s, &sp);
    locked(s, &sp);

    s.chapter("The methods without FRC-42 numbers are closed to user actors");
    s.net.fund(user, fil(10));
    s.net.implicit(Call::new(user, MARKET).method(OLD_ADD_BALANCE, &user).value(fil(1)));
    let withdrawal = WithdrawBalanceParams { provider_or_client: user, amount: fil(1) };
    s.call_as(user, MARKET, OLD_WITHDRAW_BALANCE, &withdrawal);
    s.net.implicit(Call::new(user, MARKET).method(ADD_BALANCE, &user).value(fil(1)));
    s.call_as(user, MARKET, WITHDRAW_BALANCE, &withdrawal);

    s.chapter("Other methods are the system's, or are not there");
    s.call(&ann, MARKET, METHOD_CONSTRUCTOR, &());
    s.call(&ann, MARKET, 8, &());
    s.call(&ann, MARKET, u64::MAX, &());
    s.net.run(Call::new(&ann, Address::new_id(MARKET_ACTOR)).value(fil(2)));
}

fn provider(s: &mut Stage, sp: &Provider) {
    s.chapter("Owner and worker withdraw a miner's escrow to the owner");
    let control = s.account("control");
    let params = ChangeWorkerAddressParams {
        new_worker: sp.worker.address(),
        new_control_addresses: vec![control.address()],
    };
    s.call(&sp.owner, sp.address(), CHANGE_WORKER_ADDRESS, &params);
    let ann = s.net.account("ann");
    for (caller, amount) in [(&control, 1), (&ann, 1), (&sp.owner, 10), (&sp.worker, 20)] {
        s.net.withdraw_escrow(caller, sp.address(), fil(amount));
    }
}

fn locked(s: &mut Stage, sp: &Provider) {
    s.chapter("What deals lock cannot be withdrawn");
    let cleo = s.account("cleo");
    s.net.add_escrow(&cleo, &cleo, fil(10));
    let proposal = s.paid(sp, &cleo, 1);
    s.publish(sp, &cleo, &[proposal]);
    s.net.withdraw_escrow(&cleo, &cleo, fil(10));
    s.net.withdraw_escrow(&cleo, &cleo, fil(1));
    s.net.withdraw_escrow(&sp.owner, sp.address(), fil(5_000));
    s.net.withdraw_escrow(&sp.worker, sp.address(), fil(1));
}
