//! The network that everything else relies on.

use fvm_harness::{Call, Provider, fil};

use crate::setup::network;

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
fn a_provider_is_made_through_storage_power() {
    let mut net = network();
    let provider = Provider::create(&mut net, "sp");
    assert!(net.balance(provider.address()) >= fil(10_000));
}
