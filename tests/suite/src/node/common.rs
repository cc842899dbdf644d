//! What the node says of itself.

use serde_json::json;

use super::setup::Dev;

#[test]
fn the_node_has_the_version_that_clients_of_lotus_ask_for() {
    let dev = Dev::instant();
    let version = dev.ask("Version", json!([]));
    assert_eq!(version["APIVersion"], 0x02_03_00);
    let token = std::fs::read_to_string(dev.repo().join("token")).unwrap();
    let permissions = dev.ask("AuthVerify", json!([token]));
    assert_eq!(permissions, json!(["read", "write", "sign", "admin"]));
    let (code, words) = dev.refused("Nope", json!([]));
    assert_eq!((code, words.as_str()), (-32601, "method 'Filecoin.Nope' not found"));
}
