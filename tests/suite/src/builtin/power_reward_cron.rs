//! Storage power, block rewards, and the clock that drives them.

use fvm_harness::{Account, Call, Key, Network, Outcome, TokenAmount, fil};
use fvm_ipld_encoding::tuple::*;
use fvm_shared::address::Address;
use fvm_shared::bigint::BigInt;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::error::ExitCode;
use fvm_shared::sector::RegisteredPoStProof;
use shared::ext::miner::{GET_OWNER, GetOwnerReturn, IS_CONTROLLING_ADDRESS};
use shared::ext::power::*;
use shared::ext::{BURNT_FUNDS_ACTOR, POWER_ACTOR, REWARD_ACTOR};
use shared::method_hash;

use super::{DAY, FORBIDDEN, ILLEGAL_ARGUMENT, INSUFFICIENT_FUNDS, Market, NOBODY, NOT_FOUND, ask};
use crate::setup::network;

const MINER_COUNT: u64 = method_hash!("MinerCount");
const VALIDATE_SECTOR_STATUS: u64 = method_hash!("ValidateSectorStatus");
const GENERATE_SECTOR_LOCATION: u64 = method_hash!("GenerateSectorLocation");
const NOMINAL_EXPIRATION: u64 = method_hash!("GetNominalSectorExpiration");
const DEAD: u8 = 0;
const ACTIVE: u8 = 1;

fn power() -> Address {
    Address::new_id(POWER_ACTOR)
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

fn create(net: &mut Network, from: &Account, value: i64, params: &CreateMinerParams) -> Outcome {
    net.run(Call::new(from, power()).method(CREATE_MINER, params).value(fil(value)))
}

fn miner_power(net: &mut Network, miner: u64) -> (BigInt, BigInt) {
    let MinerPowerReturn { raw_byte_power, quality_adj_power } =
        ask(net, power(), MINER_POWER, &miner).returned();
    (raw_byte_power, quality_adj_power)
}

fn gib(n: u64) -> BigInt {
    BigInt::from(n << 30)
}

#[test]
fn anyone_creates_a_miner_for_any_owner_and_worker() {
    let mut net = network();
    let (eve, owner, worker) =
        (net.account("eve"), net.account("owner"), net.bls_account("worker"));
    let before: i64 = ask(&mut net, power(), MINER_COUNT, &()).returned();
    let created: CreateMinerReturn =
        create(&mut net, &eve, 1_000, &params(owner.robust, worker.robust)).returned();
    let CreateMinerReturn { id_address, robust_address } = created;
    assert_eq!(net.resolve(&robust_address), net.resolve(&id_address));
    assert_eq!(net.actor(&id_address).unwrap().code, net.actors().code("storageminer"));
    assert_eq!(net.balance(id_address), fil(1_000));
    let reply: GetOwnerReturn = ask(&mut net, id_address, GET_OWNER, &()).returned();
    assert_eq!(reply, GetOwnerReturn { owner: owner.address(), proposed: None });
    let controls: bool =
        ask(&mut net, id_address, IS_CONTROLLING_ADDRESS, &worker.address()).returned();
    assert!(controls);
    let after: i64 = ask(&mut net, power(), MINER_COUNT, &()).returned();
    assert_eq!(after, before + 1);
    let id = net.resolve(&id_address).unwrap();
    assert_eq!(miner_power(&mut net, id), (gib(0), gib(0)));
}

#[test]
fn a_miner_is_not_created_from_wrong_parameters() {
    let mut net = network();
    let (owner, worker) = (net.account("owner"), net.bls_account("worker"));
    let good = params(&owner, &worker);
    let unborn = |key: Key| key.address().unwrap();
    let with_proof =
        |window_post_proof_type| CreateMinerParams { window_post_proof_type, ..good.clone() };
    let before = net.balance(&owner);
    for (what, params, value, code) in [
        ("a worker without BLS key", params(&owner, &owner), 1_000, ILLEGAL_ARGUMENT),
        ("an actor as worker", params(&owner, power()), 1_000, ILLEGAL_ARGUMENT),
        ("nobody as worker", params(&owner, NOBODY), 1_000, ILLEGAL_ARGUMENT),
        ("an unknown worker", params(&owner, unborn(Key::bls("w"))), 1_000, ILLEGAL_ARGUMENT),
        ("an unknown owner", params(unborn(Key::secp256k1("o")), &worker), 1_000, ILLEGAL_ARGUMENT),
        ("no money for the deposit", good.clone(), 0, INSUFFICIENT_FUNDS),
        (
            "a proof that is not for windows",
            with_proof(RegisteredPoStProof::StackedDRGWinning32GiBV1),
            1_000,
            ILLEGAL_ARGUMENT,
        ),
        (
            "a long peer id",
            CreateMinerParams { peer: vec![1; 129], ..good.clone() },
            1_000,
            ILLEGAL_ARGUMENT,
        ),
    ] {
        let outcome = create(&mut net, &owner, value, &params);
        assert_eq!(outcome.exit_code, code, "{what}: {outcome}");
    }
    assert_eq!(net.balance(&owner), before);
    create(&mut net, &owner, 1_000, &good).ok();
}

#[test]
fn user_actors_create_miners_by_the_exported_method_alone() {
    let mut net = network();
    let (ann, worker) = (net.account("ann"), net.bls_account("worker"));
    let actor = net.create(&ann, "hostile-owner", &()).ok().id_address;
    net.fund(actor, fil(5_000));
    let params = params(actor, &worker);
    let call = |method| Call::new(actor, power()).method(method, &params).value(fil(1_000));
    net.implicit(call(2)).refused(FORBIDDEN);
    net.implicit(call(CREATE_MINER)).ok();
}

#[test]
fn the_power_of_who_is_no_miner_is_not_found() {
    let mut net = network();
    let ann = net.account("ann");
    ask(&mut net, power(), MINER_POWER, &ann.id).refused(NOT_FOUND);
    ask(&mut net, power(), MINER_POWER, &9_999_999_u64).refused(NOT_FOUND);
}

#[test]
fn a_sector_that_is_proven_daily_is_active_and_has_power_until_its_end() {
    let mut m = Market::open();
    let proposal = m.proposal(1);
    let (_, sector) = m.active(&proposal);
    assert_eq!(miner_power(&mut m.net, m.sp.id), (gib(0), gib(0)));
    m.sp.skip_proving(&mut m.net, sector, 2 * DAY);
    assert_eq!(miner_power(&mut m.net, m.sp.id), (gib(32), gib(32)));
    let sp = m.sp.address();
    let location: Location = ask(&mut m.net, sp, GENERATE_SECTOR_LOCATION, &(sector,)).returned();
    assert_eq!(location.status, ACTIVE);
    let says = |status, aux_data| SectorStatus { sector, status, aux_data };
    let valid = |net: &mut Network, status| {
        let params = says(status, location.aux_data.clone());
        ask(net, sp, VALIDATE_SECTOR_STATUS, &params).returned::<bool>()
    };
    assert!(valid(&mut m.net, ACTIVE) && !valid(&mut m.net, DEAD));
    let expiration: ChainEpoch = ask(&mut m.net, sp, NOMINAL_EXPIRATION, &sector).returned();
    assert!(expiration >= proposal.end_epoch);

    m.sp.end_sector(&mut m.net, sector).ok();
    assert_eq!(miner_power(&mut m.net, m.sp.id), (gib(0), gib(0)));
    assert!(valid(&mut m.net, DEAD) && !valid(&mut m.net, ACTIVE));
    let elsewhere = says(ACTIVE, fvm_ipld_encoding::to_vec(&(47_i64, 3_i64)).unwrap());
    let outcome = ask(&mut m.net, sp, VALIDATE_SECTOR_STATUS, &elsewhere);
    assert!(!outcome.exit_code.is_success());
}

#[test]
fn block_rewards_shrink_with_the_epochs_alike_by_near_and_far_steps() {
    let mut net = network();
    let sp = fvm_harness::Provider::create(&mut net, "sp");
    let start = net.snapshot();
    let reward = |net: &mut Network| {
        let before = net.balance(sp.address());
        net.block_reward(sp.address(), fil(0)).ok();
        net.balance(sp.address()) - before
    };
    let first = reward(&mut net);
    net.advance(1_200);
    let near = reward(&mut net);
    assert!(near < first && near > fil(7));
    net.restore(&start);
    net.skip(1_100);
    net.advance(100);
    assert_eq!(reward(&mut net), near);
}

#[test]
fn a_reward_that_nobody_can_take_is_burnt() {
    let mut net = network();
    let ann = net.account("ann");
    let burnt = Address::new_id(BURNT_FUNDS_ACTOR);
    let (reserve, before) = (net.balance(Address::new_id(REWARD_ACTOR)), net.balance(burnt));
    net.block_reward(ann.address(), fil(1)).ok();
    let paid = reserve - net.balance(Address::new_id(REWARD_ACTOR));
    assert!(paid > fil(1));
    assert_eq!(net.balance(burnt), before + paid);
    assert_eq!(net.balance(&ann), fil(100_000));
}

#[test]
fn only_the_system_awards_rewards_and_ticks() {
    let mut net = network();
    let ann = net.account("ann");
    let reward = (ann.address(), TokenAmount::default(), TokenAmount::default(), 1_i64);
    let award = Call::new(&ann, Address::new_id(REWARD_ACTOR)).method(2, &reward);
    net.run(award).refused(FORBIDDEN);
    for (actor, method) in [(3, 2), (4, 5), (5, 9)] {
        let tick = Call::new(&ann, Address::new_id(actor)).method(method, &());
        net.run(tick).refused(FORBIDDEN);
    }
}

#[test]
fn supply_is_conserved_over_a_thousand_epochs_of_a_working_network() {
    let mut m = Market::open();
    let total = m.net.total_supply();
    let proposal = m.paid(1);
    let (deal, sector) = m.active(&proposal);
    m.net.block_reward(m.sp.address(), fil(3)).ok();
    m.net.advance(1_000);
    m.sp.skip_proving(&mut m.net, sector, 3 * DAY);
    let ann = m.ann.clone();
    m.net.settle(&ann, &[deal]);
    m.sp.end_sector(&mut m.net, sector).ok();
    assert_eq!(m.net.total_supply(), total);
    // Nobody was dropped by cron for failing.
    let exit = ask(&mut m.net, power(), MINER_POWER, &m.sp.id).exit_code;
    assert_eq!(exit, ExitCode::OK);
}

#[derive(Serialize_tuple, Deserialize_tuple)]
struct Location {
    status: u8,
    #[serde(with = "fvm_ipld_encoding::strict_bytes")]
    aux_data: Vec<u8>,
}

#[derive(Serialize_tuple, Deserialize_tuple)]
struct SectorStatus {
    sector: u64,
    status: u8,
    #[serde(with = "fvm_ipld_encoding::strict_bytes")]
    aux_data: Vec<u8>,
}
