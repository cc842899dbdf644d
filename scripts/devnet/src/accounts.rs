//! Accounts that every development network has, with keys that everybody knows.

use anyhow::Result;
use fvm_harness::TokenAmount;
use lotus::keys::Key;
use lotus::message::SignatureType;

use crate::controls::key_of;
use crate::node::Node;

/// FIL that each of them has at first.
const FUNDS: i64 = 100_000;

/// The n-th account that signs as Filecoin does.
fn native(n: usize) -> Result<Key> {
    key_of(&fvm_harness::Key::secp256k1(&format!("dev/{n}")))
}

/// The n-th account that signs as Ethereum does.
fn ethereum(n: usize) -> Result<Key> {
    let fvm_harness::Key::Secp256k1(key) = fvm_harness::Key::secp256k1(&format!("eth/{n}")) else {
        unreachable!("a secp256k1 key is made as one")
    };
    Ok(Key::from_bytes(SignatureType::Delegated, &key.to_bytes())?)
}

/// So many accounts of Filecoin, and so many of Ethereum.
pub fn keys(natives: usize, ethereums: usize) -> Result<Vec<Key>> {
    (0..natives).map(native).chain((0..ethereums).map(ethereum)).collect()
}

/// Puts these keys into the node's wallet, the first as its default where there is none, and funds
/// into those of their accounts that the chain does not have.
pub fn provide(node: &Node, keys: &[Key]) -> Result<()> {
    // A wallet that is kept has them from the first time.
    for key in keys {
        node.wallet().provide(key)?;
    }
    if let (Err(_), Some(first)) = (node.wallet().default_address(), keys.first()) {
        node.wallet().set_default(&first.address())?;
    }
    let view = node.view_after(&node.head());
    let mut poor = vec![];
    for address in keys.iter().map(Key::address) {
        if view.actor(&address)?.is_none() {
            poor.push(address);
        }
    }
    if poor.is_empty() {
        return Ok(());
    }
    node.intervene(|net| {
        for address in poor {
            net.fund(address, TokenAmount::from_whole(FUNDS));
        }
        Ok(())
    })
}
