//! Storage power, block rewards, and the clock that drives them.

use fvm_harness::{Network, fil};
use fvm_ipld_encoding::tuple::*;
use fvm_shared::address::Address;
use fvm_shared::bigint::BigInt;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::error::ExitCode;
use shared::ext::POWER_ACTOR;
use shared::ext::power::*;
use shared::method_hash;

use super::{DAY, Market, ask};
use crate::setup::network;

const VALIDATE_SECTOR_STATUS: u64 = method_hash!("ValidateSectorStatus");
const GENERATE_SECTOR_LOCATION: u64 = method_hash!("GenerateSectorLocation");
const NOMINAL_EXPIRATION: u64 = method_hash!("GetNominalSectorExpiration");
const DEAD: u8 = 0;
const ACTIVE: u8 = 1;

fn power() -> Address {
    Address::new_id(POWER_ACTOR)
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
