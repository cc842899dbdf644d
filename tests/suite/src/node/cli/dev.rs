//! `fab dev`, and the accounts of `fab devnet`.

use serde_json::json;

use super::{Deployed, accounts};
use crate::node::setup::Dev;

#[test]
fn anybody_is_acted_as_without_a_key() {
    let Deployed { dev, dao, ann, bob, .. } = Deployed::new();
    dev.ask("WalletDelete", json!([ann]));
    let curator = json!({ "role": "Curator", "account": bob }).to_string();
    let told = dev.fails(&["invoke", &dao, "GrantRole", &curator, "--from", &ann]);
    assert!(told.contains("key not found"), "{told}");
    let acted = dev.fab(&["dev", "act-as", &ann, &dao, "GrantRole", &curator]);
    acted.end.unwrap();
    assert!(acted.aside.ends_with("exit      0\n"), "{}", acted.aside);
    assert_eq!(dev.reads(&dao, "GetRoles", &[&bob]), json!(["Curator"]));
    let sent = dev.fab(&["dev", "act-as", &ann, &dao, "Symbol", "--no-wait"]);
    let message = json!({ "/": sent.out.trim() });
    let found = dev.ask("StateSearchMsg", json!([[], message, -1, true]));
    assert_eq!(found["Receipt"]["ExitCode"], json!(0));
    assert_eq!(dev.prints(&["dev", "act-as", &ann, &dao, "Symbol"]), json!("DATA"));

    let told = dev.fails(&["dev", "act-as", &bob, &dao, "GrantRole", &curator]);
    assert!(told.starts_with("the message failed: NotAdmin (32): f0"), "{told}");
    let told = dev.fails(&["dev", "act-as", "t09999", &dao, "Symbol"]);
    assert!(told.starts_with("no actor is at f09999"), "{told}");

    // An actor has no key at all.
    let balance = || dev.ask("WalletBalance", json!([dao]));
    dev.prints(&["dev", "fund", &dao, "3"]);
    dev.fab(&["dev", "act-as", &dao, &bob, "0", "--value", "1"]).end.unwrap();
    assert_eq!(balance(), json!("2000000000000000000"));
}

#[test]
fn time_passes_and_comes_back() {
    let dev = Dev::instant();
    let height = || dev.ask("ChainHead", json!([]))["Height"].as_i64().unwrap();
    dev.fab(&["dev", "mine", "2"]).end.unwrap();
    let (before, snapshot) = (height(), dev.prints(&["dev", "snapshot"]));
    dev.fab(&["dev", "advance", "10"]).end.unwrap();
    assert_eq!(height(), before + 10);
    assert_eq!(dev.prints(&["dev", "revert", &snapshot.to_string()]), json!(before));
    assert_eq!(height(), before);
    let told = dev.fails(&["dev", "advance-to", "1"]);
    assert!(told.contains("Fab.AdvanceTo") && told.contains("this is epoch"), "{told}");
}

#[test]
fn what_a_control_cannot_do_is_told_with_what_it_can() {
    let dev = Dev::instant();
    let [ann, _] = accounts(&dev);
    let told = dev.fails(&["dev", "reward", &ann]);
    assert!(told.contains("is no miner: `cargo fab dev miner` makes one"), "{told}");
    let made = dev.prints(&["dev", "miner", "sam"]);
    let told = dev.fails(&["dev", "miner", "sam"]);
    let named = format!("a miner of the name sam: {}", made["ID"].as_str().unwrap());
    assert!(told.ends_with(&named), "{told}");
}

#[test]
fn accounts_are_provided_once_however_often_a_kept_node_is_started() {
    let mut dev = Dev::kept();
    let [ann, _] = accounts(&dev);
    let balance = |dev: &Dev| dev.ask("WalletBalance", json!([ann]));
    assert_eq!(balance(&dev), json!("100000000000000000000000"));
    let head = dev.ask("ChainHead", json!([]));
    dev.restart();
    assert_eq!(accounts(&dev)[0], ann);
    assert_eq!(
        (balance(&dev), dev.ask("ChainHead", json!([]))),
        (json!("100000000000000000000000"), head)
    );
    assert_eq!(dev.ask("WalletDefaultAddress", json!([])), json!(ann));
}
