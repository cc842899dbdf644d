//! A chain in a file.

use std::fs;
use std::path::PathBuf;

use fvm_harness::fil;
use fvm_ipld_blockstore::Blockstore;
use fvm_ipld_car::CarReader;
use lotus::eth::EthAddress;
use serde_json::{Value, json};

use super::eth::wallet::World;
use super::setup::Dev;

const BOB: EthAddress = EthAddress([0xb0; 20]);

/// A chain on which somebody spent tokens, and the file it is exported to.
pub fn exported() -> (World, Value, PathBuf) {
    let world = World::new();
    let hash = world.transfer(0, BOB, fil(30));
    let car = world.dev.repo().join("chain.car");
    let root = world.dev.ask("Fab.Export", json!([car]));
    assert_eq!(world.dev.ask("ChainHead", json!([]))["Cids"], json!([root]));
    (world, hash, car)
}

#[test]
fn an_exported_chain_goes_on_elsewhere_with_all_of_its_past() {
    let (world, hash, car) = exported();
    let (here, there) = (&world.dev, Dev::import(&car).unwrap());
    let same = |method: &str, params: Value| {
        assert_eq!(there.ask(method, params.clone()), here.ask(method, params), "{method}");
    };
    same("ChainHead", json!([]));
    same("ChainGetGenesis", json!([]));
    same("StateNetworkName", json!([]));
    same("eth_getTransactionReceipt", json!([hash]));
    same("eth_getLogs", json!([{ "fromBlock": "0x1", "address": world.token }]));
    same("eth_getTransactionCount", json!([world.address, "latest"]));
    let cid = here.ask("EthGetMessageCidByTransactionHash", json!([hash]));
    let found = here.ask("StateSearchMsg", json!([[], cid, -1, true]));
    same("StateSearchMsg", json!([[], cid, -1, true]));
    same("ChainGetMessage", json!([cid]));
    same("StateGetActor", json!(["t04", found["TipSet"]]));
    let replayed = |dev: &Dev| dev.ask("StateReplay", json!([[], cid]))["MsgRct"].clone();
    assert_eq!(
        (replayed(&there), replayed(here)),
        (found["Receipt"].clone(), found["Receipt"].clone())
    );

    here.node().mine().unwrap();
    there.node().mine().unwrap();
    same("ChainHead", json!([]));
}

#[test]
fn a_file_is_whole_whoever_else_writes_it() {
    let (world, _, car) = exported();
    let export = || world.dev.ask("Fab.Export", json!([car]));
    let heads = std::thread::scope(|scope| {
        let exports = [(); 4].map(|()| scope.spawn(export));
        exports.map(|export| export.join().unwrap())
    });
    let head = Dev::import(&car).unwrap().ask("ChainHead", json!([]))["Cids"][0].clone();
    assert!(heads.contains(&head), "{head} of {heads:?}");
    let files = fs::read_dir(world.dev.repo()).unwrap().map(|file| file.unwrap().path());
    let cars: Vec<_> = files.filter(|file| file.to_string_lossy().contains("car")).collect();
    assert_eq!(cars, [car]);
}

#[test]
fn what_cannot_be_written_leaves_nothing() {
    let (world, _, car) = exported();
    fs::remove_file(&car).unwrap();
    fs::create_dir_all(car.join("taken")).unwrap();
    let (_, why) = world.dev.refused("Fab.Export", json!([car]));
    assert!(why.contains("cannot write"), "{why}");
    let files = fs::read_dir(world.dev.repo()).unwrap().map(|file| file.unwrap().path());
    let mut ends = files.filter_map(|file| Some(file.extension()?.to_owned()));
    assert!(ends.all(|end| end != "part"));
}

#[test]
fn a_node_does_not_keep_what_is_of_an_exported_file_alone() {
    let (world, _, car) = exported();
    let roots = CarReader::new(&fs::read(&car).unwrap()[..]).unwrap().header.roots;
    let kept: Vec<_> =
        roots.iter().map(|root| world.dev.node().store().has(root).unwrap()).collect();
    assert_eq!(kept, [true, false]);
}
