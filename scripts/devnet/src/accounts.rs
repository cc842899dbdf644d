//! Accounts that every development network has, with keys that everybody knows.

use anyhow::Result;
use fvm_harness::TokenAmount;
use lotus::keys::{Key, KeyInfo};
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

/// Puts these keys into the node's wallet, the first as its default where there is none, and on a new
/// chain funds into their accounts.
pub fn provide(node: &Node, keys: &[Key]) -> Result<()> {
    // A wallet that is kept has them from the first time.
    for key in keys.iter().filter(|key| !node.wallet().has(&key.address())) {
        node.wallet().import(&KeyInfo::from(key))?;
    }
    if let (Err(_), Some(first)) = (node.wallet().default_address(), keys.first()) {
        node.wallet().set_default(&first.address())?;
    }
    if node.head().height() > 0 {
        return Ok(());
    }
    node.intervene(|net| {
        for key in keys {
            net.fund(key.address(), TokenAmount::from_whole(FUNDS));
        }
        Ok(())
    })
}
