//! The keys that the node holds for its users.

use data_encoding::BASE64;
use serde_json::{Value, json};

use super::setup::Dev;

const TYPES: [&str; 3] = ["secp256k1", "bls", "delegated"];

fn new_key(dev: &Dev, key_type: &str) -> Value {
    dev.ask("WalletNew", json!([key_type]))
}

#[test]
fn the_first_key_is_the_default_until_another_is_or_it_is_deleted() {
    let dev = Dev::manual();
    let none = "failed to get default key: opening key 'default': key info not found";
    assert_eq!(dev.refused("WalletDefaultAddress", json!([])), (1, none.into()));
    let (first, second) = (new_key(&dev, "bls"), new_key(&dev, "secp256k1"));
    assert_eq!(dev.ask("WalletDefaultAddress", json!([])), first);
    dev.ask("WalletSetDefault", json!([second]));
    assert_eq!(dev.ask("WalletDefaultAddress", json!([])), second);
    assert_eq!(dev.ask("WalletDelete", json!([second])), Value::Null);
    assert_eq!(dev.refused("WalletDefaultAddress", json!([])), (1, none.into()));
    let third = new_key(&dev, "bls");
    assert_eq!(dev.ask("WalletDefaultAddress", json!([])), third);
}

#[test]
fn keys_of_every_type_go_out_and_come_back() {
    let dev = Dev::manual();
    assert_eq!(dev.ask("WalletList", json!([])), json!([]));
    for (key_type, prefix) in TYPES.into_iter().zip(["t1", "t3", "t410f"]) {
        let address = new_key(&dev, key_type);
        assert!(address.as_str().unwrap().starts_with(prefix), "{address}");
        let info = dev.ask("WalletExport", json!([address]));
        assert_eq!(info["Type"], key_type);
        dev.ask("WalletDelete", json!([address]));
        assert_eq!(dev.ask("WalletHas", json!([address])), json!(false));
        assert_eq!(dev.ask("WalletImport", json!([info])), address);
        let taken = format!(
            "saving to keystore: checking key before put 'wallet-{}': key already exists",
            address.as_str().unwrap()
        );
        assert_eq!(dev.refused("WalletImport", json!([info])), (1, taken));
    }
    let list = dev.ask("WalletList", json!([]));
    let mut sorted: Vec<_> = list.as_array().unwrap().iter().map(Value::to_string).collect();
    assert_eq!(sorted.len(), 3);
    sorted.sort();
    let list: Vec<_> = list.as_array().unwrap().iter().map(Value::to_string).collect();
    assert_eq!(list, sorted);
}

#[test]
fn a_key_type_may_be_the_number_of_its_signatures() {
    let dev = Dev::manual();
    let address = dev.ask("WalletNew", json!([3]));
    assert!(address.as_str().unwrap().starts_with("t410f"));
    let unknown = "unknown sig type: ed25519";
    assert_eq!(dev.refused("WalletNew", json!(["ed25519"])), (1, unknown.into()));
    assert_eq!(dev.refused("WalletNew", json!([7])).0, -32700);
}

#[test]
fn a_key_that_is_not_there_is_told_as_lotus_tells_it() {
    let dev = Dev::manual();
    let address = new_key(&dev, "secp256k1");
    let message = json!({ "From": address, "To": "t01" });
    dev.ask("WalletDelete", json!([address]));
    let text = address.as_str().unwrap();
    let missing = format!("key not found for {text}");
    assert_eq!(dev.refused("WalletExport", json!([address])), (1, missing.clone()));
    assert_eq!(dev.refused("WalletSign", json!([address, "AQI="])), (1, missing.clone()));
    let words = format!("failed to sign message: {missing}");
    assert_eq!(dev.refused("WalletSignMessage", json!([address, message])), (1, words));
    let words = format!("opening key 'wallet-{text}': key info not found");
    assert_eq!(dev.refused("WalletSetDefault", json!([address])), (1, words));
    assert_eq!(dev.ask("WalletDelete", json!([address])), Value::Null);
}

#[test]
fn a_bad_key_is_not_imported() {
    let dev = Dev::manual();
    let import = |key_type: &str, bytes: &[u8]| {
        let info = json!({ "Type": key_type, "PrivateKey": BASE64.encode(bytes) });
        dev.refused("WalletImport", json!([info])).1
    };
    let words = "failed to make key: cannot generate public key of unsupported type: 255";
    assert_eq!(import("jwt-hmac-secret", &[1; 32]), words);
    assert_eq!(import("bls", &[0; 32]), "failed to make key: bls signature invalid private key");
    assert!(import("secp256k1", &[1; 31]).starts_with("failed to make key: "));
}

#[test]
fn what_a_key_signs_verifies_for_it_and_nothing_else() {
    let dev = Dev::manual();
    for key_type in TYPES {
        let (address, other) = (new_key(&dev, key_type), new_key(&dev, key_type));
        let signature = dev.ask("WalletSign", json!([address, "AQID"]));
        let verify = |address: &Value, data: &str, signature: &Value| {
            dev.ask("WalletVerify", json!([address, data, signature])) == json!(true)
        };
        assert!(verify(&address, "AQID", &signature), "{key_type}");
        assert!(!verify(&address, "AQIE", &signature), "{key_type}");
        assert!(!verify(&other, "AQID", &signature), "{key_type}");
        assert!(!verify(&json!("t01"), "AQID", &signature), "{key_type}");
        assert!(!verify(&address, "AQID", &Value::Null), "{key_type}");
        let other_type = json!({ "Type": 9, "Data": signature["Data"] });
        assert!(!verify(&address, "AQID", &other_type), "{key_type}");
    }
}

#[test]
fn an_account_signs_by_its_id_too() {
    let dev = Dev::instant();
    let address = dev.account("bls");
    let id = dev.node().view_after(&dev.node().head());
    let id = id.resolve(&lotus::json::parse_address(&address).unwrap()).unwrap().unwrap();
    let signature = dev.ask("WalletSign", json!([format!("t0{id}"), "AQID"]));
    assert_eq!(dev.ask("WalletVerify", json!([address, "AQID", signature])), json!(true));
    let words = "failed to resolve ID address: failed to find actor: t0999999";
    assert_eq!(dev.refused("WalletSign", json!(["t0999999", "AQID"])), (1, words.into()));
}

#[test]
fn a_message_is_signed_as_it_is() {
    let dev = Dev::manual();
    let address = new_key(&dev, "secp256k1");
    let message = json!({ "From": "t01", "To": "t02", "Nonce": 7, "Value": "3" });
    let signed = dev.ask("WalletSignMessage", json!([address, message]));
    assert_eq!(signed["Message"]["From"], "t01");
    assert_eq!(signed["Message"]["Nonce"], 7);
    assert_eq!(signed["Signature"]["Type"], 1);
}

#[test]
fn a_delegated_key_signs_only_what_is_a_transaction() {
    let dev = Dev::manual();
    let address = new_key(&dev, "delegated");
    let message = |method: u64| json!({ "From": address, "To": "t02", "Method": method });
    let signed = dev.ask("WalletSignMessage", json!([address, message(3_844_450_837)]));
    assert_eq!(signed["Signature"]["Type"], 3);
    let (_, words) = dev.refused("WalletSignMessage", json!([address, message(0)]));
    let start = "failed to reconstruct eth transaction: failed to get eth params and recipient: \
                 invalid methodnum 0";
    assert!(words.starts_with(start), "{words}");
}

#[test]
fn addresses_of_any_network_are_valid() {
    let dev = Dev::manual();
    let validate = |text: &str| dev.ask("WalletValidateAddress", json!([text]));
    assert_eq!(validate("f01234"), "t01234");
    assert_eq!(validate(""), "<empty>");
    let invalid = |text: &str| dev.refused("WalletValidateAddress", json!([text]));
    for (text, words) in [
        ("x01234", "unknown address network"),
        ("t91234", "unknown address protocol"),
        ("t", "invalid address length"),
        ("t0abc", "invalid address payload"),
    ] {
        assert_eq!(invalid(text), (1, words.into()), "{text}");
    }
}

#[test]
fn an_account_that_is_not_there_has_nothing() {
    let dev = Dev::instant();
    let nobody = new_key(&dev, "bls");
    assert_eq!(dev.ask("WalletBalance", json!([nobody])), "0");
    let rich = dev.account("bls");
    assert_eq!(dev.ask("WalletBalance", json!([rich])), "10000000000000000000");
}

#[test]
fn keys_outlive_a_node_that_keeps_them() {
    let mut dev = Dev::kept();
    let keys = TYPES.map(|key_type| new_key(&dev, key_type));
    dev.ask("WalletSetDefault", json!([keys[1]]));
    dev.ask("WalletDelete", json!([keys[2]]));
    let signature = dev.ask("WalletSign", json!([keys[0], "AQID"]));
    let list = dev.ask("WalletList", json!([]));
    dev.restart();
    assert_eq!(dev.ask("WalletList", json!([])), list);
    assert_eq!(dev.ask("WalletDefaultAddress", json!([])), keys[1]);
    assert_eq!(dev.ask("WalletSign", json!([keys[0], "AQID"])), signature);
    dev.ask("WalletDelete", json!([keys[1]]));
    dev.restart();
    assert_eq!(dev.ask("WalletList", json!([])), json!([keys[0]]));
    assert_eq!(dev.refused("WalletDefaultAddress", json!([])).0, 1);
}

#[test]
fn each_method_of_the_wallet_asks_for_its_permission() {
    let mut dev = Dev::manual();
    let key = json!({ "Type": "bls", "PrivateKey": "AQ==" });
    let message = json!({ "From": "t01", "To": "t01" });
    for (granted, need, methods) in [
        (
            &["read", "write", "sign"][..],
            "admin",
            vec![
                ("WalletImport", json!([key])),
                ("WalletExport", json!(["t01"])),
                ("WalletDelete", json!(["t01"])),
            ],
        ),
        (
            &["read", "write"],
            "sign",
            vec![
                ("WalletSign", json!(["t01", ""])),
                ("WalletSignMessage", json!(["t01", message])),
            ],
        ),
        (
            &["read"],
            "write",
            vec![
                ("WalletNew", json!(["bls"])),
                ("WalletList", json!([])),
                ("WalletHas", json!(["t01"])),
                ("WalletDefaultAddress", json!([])),
                ("WalletSetDefault", json!(["t01"])),
            ],
        ),
    ] {
        dev.permit(granted);
        for (method, params) in methods {
            let words = format!("missing permission to invoke '{method}' (need '{need}')");
            assert_eq!(dev.refused(method, params), (1, words));
        }
    }
    dev.ask("WalletBalance", json!(["t01"]));
    dev.ask("WalletVerify", json!(["t01", "", null]));
    dev.ask("WalletValidateAddress", json!(["t01"]));
}
