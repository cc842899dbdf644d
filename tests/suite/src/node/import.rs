//! What is not a chain in a file, and what is left where one is not imported.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use devnet::chain::{Chain, Settings};
use devnet::db::Db;
use fvm_harness::{atto, car};
use fvm_ipld_blockstore::MemoryBlockstore;
use fvm_ipld_car::{CarReader, CarWriter, load_car};
use fvm_ipld_encoding::CborStore;
use lotus::block::BlockHeader;
use multihash_codetable::Code;
use serde_json::json;

use super::disk::Disk;
use super::export::exported;
use super::setup::Dev;

/// Runs of an import whose power goes somewhere, and at each of the last changes of the disk.
const CUTS: u64 = 8;

fn open(db: &Arc<Db>, import: Option<&Path>) -> anyhow::Result<Chain> {
    let import = import.map(Path::to_owned);
    let name = "another".into();
    let settings = Settings { name, genesis_time: 0, base_fee: Some(atto(100)), import };
    Chain::open(db.clone(), fab::actors()?, &settings)
}

/// Why the bytes are not imported. The store is as good as new.
fn refused(bytes: &[u8]) -> String {
    let (process, thread) = (std::process::id(), std::thread::current().id());
    let car = std::env::temp_dir().join(format!("fab-import-{process}-{thread:?}.car"));
    fs::write(&car, bytes).unwrap();
    let db = Arc::new(Db::in_memory().unwrap());
    let why = open(&db, Some(&car)).err().expect("a chain that is not imported");
    fs::remove_file(&car).unwrap();
    assert_eq!(open(&db, None).unwrap().head().height(), 0);
    format!("{why:#}")
}

fn without_last_block(car: &[u8]) -> Vec<u8> {
    let reader = CarReader::new(car).unwrap();
    let (mut short, roots) = (vec![], reader.header.roots.clone());
    let mut blocks: Vec<_> = reader.map(Result::unwrap).collect();
    blocks.pop().unwrap();
    let mut writer = CarWriter::new(roots.into(), &mut short).unwrap();
    blocks.into_iter().for_each(|block| writer.write(block).unwrap());
    writer.flush().unwrap();
    short
}

/// A chain of a genesis and a head that are not quite what a node made.
fn forged(change: impl FnOnce(&mut BlockHeader, &mut BlockHeader)) -> Vec<u8> {
    let (dev, store) = (Dev::manual(), MemoryBlockstore::default());
    let car = dev.repo().join("chain.car");
    dev.ask("Fab.Export", json!([car]));
    let roots = load_car(&store, &fs::read(&car).unwrap()[..]).unwrap();
    let header = |cid| store.get_cbor::<BlockHeader>(cid).unwrap().unwrap();
    let mut head = header(&roots[0]);
    let mut genesis = header(&head.parents[0]);
    change(&mut genesis, &mut head);
    let put = |header: &BlockHeader| store.put_cbor(header, Code::Blake2b256).unwrap();
    head.parents = vec![put(&genesis)];
    let mut forged = vec![];
    car::export(&store, &[put(&head), roots[1]], &mut forged).unwrap();
    forged
}

#[test]
fn what_is_not_a_whole_chain_is_not_imported() {
    let (_world, _, car) = exported();
    let whole = fs::read(&car).unwrap();
    let refused = |bytes: &[u8], why: &str| {
        let told = refused(bytes);
        assert!(told.starts_with("cannot import ") && told.contains(why), "{told}");
    };
    refused(&whole[..whole.len() - 1], "bytes, but read");
    refused(&without_last_block(&whole), "is missing");
    let mut turned = whole.clone();
    *turned.last_mut().unwrap() ^= 1;
    refused(&turned, "CAR has an incorrect CID");
    refused(b"", "failed to parse uvarint for header");
    let (mut state, mut net) = (vec![], crate::setup::network());
    net.export_car(&mut state).unwrap();
    refused(&state, "it has 1 roots instead of two");
}

#[test]
fn a_chain_of_another_node_is_not_imported() {
    let told = refused(&forged(|_, head| head.fork_signaling = 1));
    assert!(told.ends_with("is of another node"), "{told}");
}

#[test]
fn a_chain_begins_at_epoch_0_in_a_time_that_goes_on() {
    let refused = |change: fn(&mut BlockHeader, &mut BlockHeader), why: &str| {
        let told = refused(&forged(change));
        assert!(told.ends_with(why), "{told}");
    };
    refused(|genesis, head| (genesis.height, head.height) = (5, 6), "its genesis is at epoch 5");
    refused(|genesis, head| (genesis.height, head.height) = (-1, 0), "its genesis is at epoch -1");
    refused(|_, head| head.height = i64::MAX, "its head is at epoch 9223372036854775807");
    let why = "its genesis is at 18446744073709551615 s";
    refused(|genesis, _| genesis.timestamp = u64::MAX, why);
}

#[test]
fn a_chain_is_not_imported_over_another() {
    let (_world, _, car) = exported();
    let db = Arc::new(Db::in_memory().unwrap());
    drop(open(&db, None).unwrap());
    let refused = open(&db, Some(&car)).err().unwrap();
    assert!(refused.to_string().contains("there is a chain already"), "{refused}");
}

#[test]
fn an_import_that_is_cut_off_leaves_all_of_the_chain_or_nothing() {
    let (_world, _, car) = exported();
    let on = |disk: &Disk| Arc::new(Db::on(disk.clone()).unwrap());
    let empty = Disk::default();
    drop(on(&empty));
    let disk = empty.copy();
    let db = on(&disk);
    disk.fail_after(u64::MAX);
    let head = open(&db, Some(&car)).unwrap().head().clone();
    let changes = u64::MAX - disk.left();
    drop(db);

    let cuts = (0..CUTS).flat_map(|cut| [changes * cut / CUTS, changes - cut]);
    for (cut, seed) in cuts.zip(0..) {
        let disk = empty.copy();
        let db = on(&disk);
        disk.fail_after(cut);
        let imported = open(&db, Some(&car)).is_ok();
        drop(db);
        let disk = disk.after_power_loss(seed);
        let found = open(&on(&disk.copy()), None).unwrap().head().clone();
        assert!(found == head || (found.height() == 0 && !imported), "after {cut} changes");
        let again = open(&on(&disk), Some(&car));
        assert_eq!(again.is_ok(), found != head, "after {cut} changes");
    }
}
