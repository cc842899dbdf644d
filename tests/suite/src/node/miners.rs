//! Miners that the node makes, and the sectors that it proves for them.

use devnet::controls::Proven;
use fvm_harness::Provider;
use fvm_shared::deal::DealID;
use fvm_shared::piece::{PaddedPieceSize, zero_piece_commitment};
use shared::ext::market::PublishStorageDealsReturn;

use super::setup::Dev;

/// A deal with a provider of a new client.
fn publish(dev: &Dev, provider: &devnet::controls::Miner) -> DealID {
    let published = dev.node().intervene(|net| {
        let provider = Provider::of(net, provider.id).unwrap();
        let client = net.account("client");
        let size = PaddedPieceSize(1 << 30);
        let piece = zero_piece_commitment(size);
        let piece = fvm_shared::commcid::data_commitment_v1_to_cid(&piece).unwrap();
        let proposal = provider.proposal(net, client.address(), piece, size);
        let signed = client.sign_deal(&proposal);
        Ok(provider.publish_signed(net, vec![signed]))
    });
    published.unwrap().returned::<PublishStorageDealsReturn>().ids[0]
}

fn sectors(dev: &Dev) -> Vec<Proven> {
    dev.node().db().sectors().unwrap().into_iter().map(|(sector, _)| sector).collect()
}

#[test]
fn a_miner_can_be_made_again_after_a_revert() {
    let dev = Dev::manual();
    let miner = dev.node().make_miner("ann").unwrap();
    let refused = dev.node().make_miner("ann").unwrap_err().to_string();
    assert_eq!(refused, format!("there is a miner of the name ann: t0{}", miner.id));
    dev.node().revert(0).unwrap();
    let again = dev.node().make_miner("ann").unwrap();
    assert_eq!((again.id, again.worker), (miner.id, miner.worker));
    assert!(dev.node().wallet().has(&again.owner) && dev.node().wallet().has(&again.worker));
}

#[test]
fn a_sector_is_proven_as_long_as_its_tipset_is_on_the_chain() {
    let mut dev = Dev::kept();
    let miner = dev.node().make_miner("ann").unwrap();
    let deal = publish(&dev, &miner);
    let before = dev.node().head().height();
    let proven = dev.node().prove_sector(deal).unwrap();
    assert_eq!(proven.miner, miner.id);
    dev.restart();
    assert_eq!(sectors(&dev), [proven]);
    dev.node().revert(before).unwrap();
    assert_eq!(sectors(&dev), []);
}

#[test]
fn an_imported_chain_goes_on_proving_its_sectors() {
    let here = Dev::manual();
    let miner = here.node().make_miner("ann").unwrap();
    here.node().prove_sector(publish(&here, &miner)).unwrap();
    let car = here.repo().join("chain.car");
    here.node().export(&car).unwrap();
    let there = Dev::import(&car).unwrap();
    assert_eq!(sectors(&there), sectors(&here));
    for dev in [&here, &there] {
        dev.node().skip(2 * 2_880).unwrap();
        dev.node().mine().unwrap();
    }
    assert_eq!(there.node().head().block, here.node().head().block);
}
