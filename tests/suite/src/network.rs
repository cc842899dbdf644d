//! The network that everything else relies on.

use fvm::state_tree::StateTree;
use fvm_harness::{Call, Key, SignedMessage, atto, fil};
use fvm_ipld_blockstore::{Blockstore, MemoryBlockstore};
use fvm_ipld_car::load_car;
use fvm_shared::address::Address;
use fvm_shared::error::ExitCode;
use shared::Method;
use shared::ext::BURNT_FUNDS_ACTOR;
use shared::ext::REWARD_ACTOR;
use shared::ext::market::MARKET_NOTIFY_DEAL;
use shared::token::{Balance, TotalSupply};

use crate::setup::{network, pushing};

#[test]
fn a_plain_send_moves_fil_and_advances_the_nonce() {
    let mut net = network();
    let (ann, bob) = (net.account("ann"), net.account("bob"));
    net.run(Call::new(&ann, &bob).value(fil(5))).ok();
    assert_eq!(net.balance(&ann), fil(99_995));
    assert_eq!(net.balance(&bob), fil(100_005));
    assert_eq!(net.nonce(&ann.address()), 1);
}

#[test]
fn a_failed_message_moves_nothing_but_the_nonce() {
    let mut net = network();
    let (ann, bob) = (net.account("ann"), net.account("bob"));
    let all = Call::new(&ann, &bob).value(fil(100_001));
    net.run(all).refused(ExitCode::SYS_INSUFFICIENT_FUNDS);
    assert_eq!((net.balance(&ann), net.balance(&bob)), (fil(100_000), fil(100_000)));
    assert_eq!(net.nonce(&ann.address()), 1);
}

#[test]
fn gas_is_paid_for_by_the_sender_burnt_and_tipped() {
    let mut net = network();
    let (ann, bob) = (net.account("ann"), net.account("bob"));
    net.set_base_fee(atto(100));
    let burnt_funds = Address::new_id(BURNT_FUNDS_ACTOR);
    let reward = Address::new_id(REWARD_ACTOR);
    let (burnt, rewards) = (net.balance(burnt_funds), net.balance(reward));
    let call = Call::new(&ann, &bob).gas_limit(5_000_000).gas_fees(atto(150), atto(20));
    let outcome = net.run(call).ok();
    assert!(outcome.gas_burnt >= atto(100) * outcome.gas_used);
    assert_eq!(outcome.gas_tip, atto(20) * 5_000_000_u64);
    assert_eq!(net.balance(&ann), fil(100_000) - &outcome.gas_burnt - &outcome.gas_tip);
    assert_eq!(net.balance(burnt_funds), burnt + outcome.gas_burnt);
    assert_eq!(net.balance(reward), rewards + outcome.gas_tip);
}

#[test]
fn a_message_stops_at_its_gas_limit() {
    let mut dao = pushing();
    let call = Call::new(&dao.admin, dao.address).method(TotalSupply::NUMBER, &());
    let needed = dao.net.dry_run(call.clone()).ok().gas_used;
    dao.net.run(call.gas_limit(needed)).refused(ExitCode::SYS_OUT_OF_GAS);
}

#[test]
fn a_signed_message_runs_for_its_key_alone() {
    let mut net = network();
    let (ann, bls) = (net.account("ann"), net.bls_account("bls"));
    let eve = Key::secp256k1("eve");
    for sender in [&ann, &bls] {
        let message = Call::new(sender.robust, ann.robust).value(fil(1)).message(0);
        let forged = SignedMessage::sign(message.clone(), &eve).unwrap();
        assert!(net.submit(forged).is_err());
        assert_eq!(net.nonce(&sender.address()), 0, "nothing ran");
        let mut signed = SignedMessage::sign(message, &sender.key).unwrap();
        net.submit(signed.clone()).unwrap().ok();
        let replayed = net.submit(signed.clone()).unwrap();
        replayed.refused(ExitCode::SYS_SENDER_STATE_INVALID);
        signed.message.value = fil(2);
        assert!(net.submit(signed).is_err(), "the signature covers the value");
    }
}

#[test]
fn a_dry_run_tells_the_outcome_and_leaves_no_trace() {
    let mut dao = pushing().listing(1, 1);
    let before = dao.net.snapshot();
    let publish = dao.sp.publish_call(&[dao.proposal(1)]);
    dao.net.dry_run(publish.clone()).ok();
    assert_eq!(dao.net.snapshot(), before);
    dao.net.run(publish).ok();
    assert_ne!(dao.net.snapshot(), before);
}

#[test]
fn a_network_goes_back_to_a_snapshot() {
    let mut net = network();
    let (ann, bob) = (net.account("ann"), net.account("bob"));
    let before = net.snapshot();
    net.run(Call::new(&ann, &bob).value(fil(5))).ok();
    net.advance(3);
    net.restore(&before);
    assert_eq!(net.snapshot(), before);
    assert_eq!(net.epoch(), before.epoch);
    assert_eq!((net.balance(&bob), net.nonce(&ann.address())), (fil(100_000), 0));
}

#[test]
fn two_networks_with_the_same_history_are_the_same() {
    let history = || {
        let mut dao = pushing().listing(1, 1);
        let deal = dao.proposal(1);
        dao.sp.publish_all(&mut dao.net, &[deal]);
        dao.net.advance(10);
        dao.net.snapshot()
    };
    assert_eq!(history(), history());
}

#[test]
fn no_message_creates_or_destroys_fil() {
    let mut dao = pushing().listing(1, 1);
    let before = dao.net.total_supply();
    let deal = dao.proposal(1);
    dao.sp.publish_all(&mut dao.net, &[deal]);
    dao.net.block_reward(dao.sp.address(), atto(1_000)).ok();
    dao.net.advance(100);
    assert_eq!(dao.net.total_supply(), before);
}

#[test]
fn epochs_pass_one_by_one_or_far_at_once() {
    let mut net = network();
    assert_eq!(net.epoch(), 1);
    net.advance(2_000);
    assert_eq!(net.epoch(), 2_001);
    net.skip(2_880 * 30 + 7);
    assert_eq!(net.epoch(), 2_001 + 2_880 * 30 + 7);
}

#[test]
fn a_block_reward_goes_to_the_miner() {
    let mut dao = pushing();
    let before = dao.net.balance(dao.sp.address());
    dao.net.block_reward(dao.sp.address(), atto(0)).ok();
    assert!(dao.net.balance(dao.sp.address()) > before);
}

#[test]
fn a_trace_shows_who_called_whom_and_for_how_much_gas() {
    let mut dao = pushing().listing(1, 1);
    dao.net.set_tracing(true);
    let deal = dao.proposal(1);
    let outcome = dao.sp.publish(&mut dao.net, &[deal]).ok();
    let notices = outcome.calls.of_method(MARKET_NOTIFY_DEAL);
    let [notice] = notices[..] else { panic!("{}", outcome.calls) };
    assert_eq!(notice.to, dao.address);
    assert_eq!(notice.exit_code, Some(ExitCode::OK));
    assert!(notice.gas > 1_000_000 && notice.gas < outcome.gas_used);
    assert!(!outcome.calls.to_string().is_empty());
}

#[test]
fn a_failure_says_through_which_actors_it_came() {
    let mut dao = pushing();
    let stranger = dao.sp.owner.clone();
    let call = Call::new(&stranger, dao.address).raw(Balance::NUMBER, &[0xff]);
    let outcome = dao.net.run(call).refused(ExitCode::USR_SERIALIZATION);
    assert!(outcome.backtrace.contains(&dao.address.to_string()), "{}", outcome.backtrace);
    assert!(outcome.backtrace.contains("parameters"), "{}", outcome.backtrace);
}

#[test]
fn the_state_is_exported_whole() {
    let mut net = network();
    let mut car = vec![];
    let root = net.export_car(&mut car).unwrap();
    let store = MemoryBlockstore::new();
    let roots = load_car(&store, car.as_slice()).unwrap();
    assert_eq!(roots, [root]);
    let tree = StateTree::new_from_root(&store, &root).unwrap();
    let mut actors = 0;
    tree.for_each(|address, actor| {
        assert!(store.has(&actor.code)? && store.has(&actor.state)?, "{address}");
        actors += 1;
        Ok(())
    })
    .unwrap();
    assert!(actors >= 12, "{actors}");
}
