//! A node that makes a tipset as soon as there is a message.

use devnet::node::Mining;
use devnet::pool::check_syntax;
use fvm_harness::{atto, fil};

use super::disk::Disk;
use super::payer::{Payer, bob};
use super::pending::node_on;
use super::setup::Dev;

#[test]
fn receipts_show_after_a_stop_between_two_tipsets() {
    let (disk, payer) = (Disk::default(), Payer::faucet());
    let node = node_on(&disk, Mining::OnDemand, Some(atto(100)));
    let paid = payer.sign(payer.pay(0, bob(), fil(1)));
    let cid = node.push(check_syntax(paid).unwrap()).unwrap();
    node.mine().unwrap();
    assert!(node.lookup(&cid).unwrap().is_none());
    drop(node);
    let node = node_on(&disk, Mining::Instant, Some(atto(100)));
    assert!(node.lookup(&cid).unwrap().is_some());
}

#[test]
fn receipts_show_after_a_revert_to_their_messages() {
    let (dev, payer) = (Dev::instant(), Payer::faucet());
    let cid = payer.push(&dev, payer.pay(0, bob(), fil(1)));
    assert_eq!(dev.node().head().height(), 2);
    dev.node().revert(1).unwrap();
    assert_eq!(dev.node().head().height(), 2);
    assert!(dev.node().lookup(&cid).unwrap().is_some());
    dev.node().revert(2).unwrap();
    assert_eq!(dev.node().head().height(), 2, "nothing is left to show");
}

#[test]
fn what_is_below_the_base_fee_of_earlier_is_included_at_the_one_that_is_fixed() {
    let (disk, payer) = (Disk::default(), Payer::faucet());
    let node = node_on(&disk, Mining::OnDemand, None);
    let cheap = payer.sign(payer.pay(0, bob(), fil(1)));
    let cid = node.push(check_syntax(cheap).unwrap()).unwrap();
    node.mine().unwrap();
    assert!(node.db().placement(&cid).unwrap().is_none());
    drop(node);
    let node = node_on(&disk, Mining::Instant, Some(atto(100)));
    assert!(node.lookup(&cid).unwrap().is_some());
}
