//! The node's store, when the power goes.

use std::sync::Arc;

use cid::Cid;
use devnet::chain::{Chain, Settings};
use devnet::db::Db;
use fvm_harness::{Key, atto};
use fvm_shared::message::Message;
use lotus::message::{Signature, SignatureType, SignedMessage, signing_bytes};

use super::disk::Disk;

/// Tipsets that are made after the genesis.
const TIPSETS: u64 = 6;
/// Messages in each of them.
const MESSAGES: u64 = 3;

fn settings() -> Settings {
    Settings { name: "crash".into(), genesis_time: 0, base_fee: Some(atto(100)), import: None }
}

fn open(disk: &Disk) -> anyhow::Result<Chain> {
    Chain::open(Arc::new(Db::on(disk.clone())?), fab::actors()?, &settings())
}

/// The n-th tipset's messages: the faucet pays somebody new.
fn messages(n: u64) -> Vec<Arc<SignedMessage>> {
    let faucet = Key::secp256k1("faucet");
    let pay = |index: u64| {
        let message = Message {
            version: 0,
            from: faucet.address().unwrap(),
            to: Key::secp256k1(&format!("{n}/{index}")).address().unwrap(),
            sequence: n * MESSAGES + index,
            value: atto(1_000 + n),
            method_num: 0,
            params: Default::default(),
            gas_limit: 5_000_000,
            gas_fee_cap: atto(200),
            gas_premium: atto(0),
        };
        let signed = faucet.sign(&signing_bytes(&message).unwrap()).unwrap();
        let signature = Signature::new(SignatureType::Secp256k1, signed.bytes().to_vec());
        Arc::new(SignedMessage { message, signature })
    };
    (0..MESSAGES).map(pay).collect()
}

/// What the chain is at a height, by a run that nothing disturbs.
struct Undisturbed {
    genesis: Disk,
    /// Blocks of the tipsets by height.
    blocks: Vec<Cid>,
    /// Changes and syncs of the disk that all tipsets take.
    changes: u64,
}

impl Undisturbed {
    fn run() -> Self {
        let genesis = Disk::default();
        let mut blocks = vec![open(&genesis).unwrap().head().block];
        let disk = genesis.copy();
        disk.fail_after(u64::MAX);
        let mut chain = open(&disk).unwrap();
        for n in 0..TIPSETS {
            chain.produce(&messages(n), |_| Ok(())).unwrap();
            blocks.push(chain.head().block);
        }
        drop(chain);
        Undisturbed { genesis, blocks, changes: u64::MAX - disk.left() }
    }

    /// Lets the power go after so many changes, and looks at what is there when it is back.
    fn lose_power_after(&self, changes: u64, seed: u64) {
        let disk = self.genesis.copy();
        disk.fail_after(changes);
        let mut acknowledged = 0;
        if let Ok(mut chain) = open(&disk) {
            for n in 0..TIPSETS {
                if chain.produce(&messages(n), |_| Ok(())).is_err() {
                    break;
                }
                acknowledged += 1;
            }
        }
        let mut chain = open(&disk.after_power_loss(seed)).unwrap();
        let height = chain.head().height().unsigned_abs();
        let told = format!("power lost after {changes} changes, seed {seed}");
        assert!(height >= acknowledged, "{told}: {acknowledged} tipsets were acknowledged");
        assert!(height <= acknowledged + 1, "{told}: {height} of {acknowledged} tipsets");
        for n in height..TIPSETS {
            chain.produce(&messages(n), |_| Ok(())).unwrap();
        }
        assert_eq!(Some(&chain.head().block), self.blocks.last(), "{told}");
    }
}

#[test]
fn the_store_loses_no_tipset_and_keeps_no_half_when_the_power_goes() {
    let undisturbed = Undisturbed::run();
    let runs: u64 = std::env::var("CRASHES").map_or(100, |runs| runs.parse().unwrap());
    for run in 0..runs {
        // All of the run's length, in steps that hit other places each time around.
        let changes = run * 7_919 % undisturbed.changes;
        undisturbed.lose_power_after(changes, run);
    }
}

#[test]
fn a_chain_goes_on_where_it_was() {
    let disk = Disk::default();
    let mut chain = open(&disk).unwrap();
    chain.produce(&messages(0), |_| Ok(())).unwrap();
    let head = chain.head().clone();
    drop(chain);
    let mut chain = open(&disk).unwrap();
    assert_eq!(*chain.head(), head);
    chain.produce(&messages(1), |_| Ok(())).unwrap();
    assert_eq!(chain.head().header.parents, [head.block]);
}
