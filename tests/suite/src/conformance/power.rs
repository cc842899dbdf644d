//! Storage power, and the clock that drives it.

use fvm_harness::{Account, Call, Key, fil};
use fvm_shared::METHOD_CONSTRUCTOR;
use fvm_shared::address::Address;
use fvm_shared::econ::TokenAmount;
use fvm_shared::sector::RegisteredPoStProof;
use shared::ext::miner::{GET_OWNER, IS_CONTROLLING_ADDRESS};
use shared::ext::power::*;
use shared::ext::{CRON_ACTOR, MARKET_ACTOR, POWER_ACTOR, SYSTEM_ACTOR};

use super::names::{
    CRON_TICK, CURRENT_TOTAL_POWER, EPOCH_TICK, MINER_CONSENSUS_COUNT, MINER_COUNT,
    MINER_RAW_POWER, NETWORK_RAW_POWER, OLD_CREATE_MINER, ON_EPOCH_TICK_END, UPDATE_PLEDGE_TOTAL,
};
use super::stage::Stage;
use super::{NOBODY, address, check};

const POWER: Address = Address::new_id(POWER_ACTOR);

#[test]
fn storage_power_does_as_recorded() {
    check("power", play);
}

#[test]
fn the_clock_does_as_recorded() {
    check("cron", play_cron);
}

fn params(owner: impl Into<Address>, worker: impl Into<Address>) -> CreateMinerParams {
    CreateMinerParams {
        owner: owner.into(),
        worker: worker.into(),
        window_post_proof_type: RegisteredPoStProof::StackedDRGWindow32GiBV1P1,
        peer: b"peer".to_vec(),
        multiaddrs: vec![],
    }
}

fn play(s: &mut Stage) {
    let (owner, worker) = (s.account("owner"), s.bls_account("worker"));
    let eve = s.account("eve");
    let create = |s: &mut Stage, from: &Account, value: i64, params: &CreateMinerParams| {
        s.pay(from, POWER, CREATE_MINER, params, fil(value))
    };
    s.chapter("A miner is not created from wrong parameters");
    let unborn = |key: Key| key.address().expect("a key with an address");
    let good = params(&owner, &worker);
    let with =
        |window_post_proof_type| CreateMinerParams { window_post_proof_type, ..good.clone() };
    for (params, value) in [
        (params(&owner, &owner), 1_000),
        (params(&owner, POWER), 1_000),
        (params(&owner, NOBODY), 1_000),
        (params(&owner, unborn(Key::bls("w"))), 1_000),
        (params(unborn(Key::secp256k1("o")), &worker), 1_000),
        (with(RegisteredPoStProof::StackedDRGWinning32GiBV1), 1_000),
        (CreateMinerParams { peer: vec![1; 129], ..good.clone() }, 1_000),
        (good.clone(), 0),
    ] {
        create(s, &eve, value, &params);
    }
    s.net.run(Call::new(&eve, POWER).raw(CREATE_MINER, &[0x80]));

    s.chapter("Anyone creates a miner for any owner and worker");
    let made: CreateMinerReturn =
        create(s, &eve, 1_000, &params(owner.robust, worker.robust)).returned();
    s.name("miner", made.id_address);
    s.call(&eve, made.robust_address, GET_OWNER, &());
    s.call(&eve, made.id_address, IS_CONTROLLING_ADDRESS, &worker.address());
    let large = with(RegisteredPoStProof::StackedDRGWindow64GiBV1P1);
    s.pay(&owner, POWER, OLD_CREATE_MINER, &large, fil(1_000));
    let user = s.user_actor("user actor", &eve);
    s.net.fund(user, fil(5_000));
    for method in [OLD_CREATE_MINER, CREATE_MINER] {
        let call = Call::new(user, POWER).method(method, &params(user, &worker));
        s.net.implicit(call.value(fil(1_000)));
    }

    s.chapter("Power tells what miners there are and what they have");
    let miner = s.net.resolve(&made.id_address).expect("a miner that was created");
    for method in [MINER_COUNT, MINER_CONSENSUS_COUNT, NETWORK_RAW_POWER, CURRENT_TOTAL_POWER] {
        s.call(&eve, POWER, method, &());
    }
    for id in [miner, eve.id, 9_999_999] {
        s.call(&eve, POWER, MINER_POWER, &id);
        s.call(&eve, POWER, MINER_RAW_POWER, &id);
    }
    s.call_as(user, POWER, CURRENT_TOTAL_POWER, &());

    s.chapter("Only miners change their power and pledge, and only cron ticks");
    let pledge = TokenAmount::from_whole(1);
    s.call(&owner, POWER, UPDATE_PLEDGE_TOTAL, &pledge);
    s.call_as(made.id_address, POWER, UPDATE_PLEDGE_TOTAL, &pledge);
    s.call_as(made.id_address, POWER, UPDATE_PLEDGE_TOTAL, &(pledge * -2));
    s.call(&owner, POWER, ON_EPOCH_TICK_END, &());
    s.call(&owner, POWER, METHOD_CONSTRUCTOR, &());
    s.call(&owner, POWER, 1_000, &());

    s.chapter("The least sector and the deposit are the policy's");
    create(s, &eve, 1, &good);
    create(s, &eve, 1_000, &with(RegisteredPoStProof::StackedDRGWindow2KiBV1P1));
}

fn play_cron(s: &mut Stage) {
    let ann = s.account("ann");
    s.chapter("Only the system ticks, and cron the others");
    for (actor, method) in
        [(CRON_ACTOR, EPOCH_TICK), (POWER_ACTOR, ON_EPOCH_TICK_END), (MARKET_ACTOR, CRON_TICK)]
    {
        s.call(&ann, address(actor), method, &());
        s.call_as(address(SYSTEM_ACTOR), address(actor), method, &());
        s.call_as(address(CRON_ACTOR), address(actor), method, &());
    }
    s.call(&ann, address(CRON_ACTOR), METHOD_CONSTRUCTOR, &(Vec::<(Address, u64)>::new(),));
    s.call(&ann, address(CRON_ACTOR), 3, &());
    s.chapter("A tick leaves the world as it is where nothing is due");
    s.net.advance(3);
    s.net.skip(200);
}
