//! `fab invoke` and `fab decode`.

use serde_json::json;

use super::{Deployed, fab};

#[test]
fn a_read_takes_and_replies_json_and_sends_nothing() {
    let Deployed { dev, dao, bob, .. } = Deployed::new();
    let head = dev.ask("ChainHead", json!([]));
    assert_eq!(dev.reads(&dao, "Symbol", &[]), json!("DATA"));
    let page = r#"{"from": 1, "limit": 10}"#;
    assert_eq!(dev.reads(&dao, "ListDeals", &[page]), json!([]));
    let curator = json!({ "role": "Curator", "account": bob }).to_string();
    dev.reads(&dao, "GrantRole", &[&curator]);
    assert_eq!(dev.reads(&dao, "GetRoles", &[&bob]), json!([]));
    assert_eq!(dev.ask("ChainHead", json!([])), head);
}

#[test]
fn a_message_does_what_its_sender_has_the_role_for() {
    let Deployed { dev, dao, bob, ann, .. } = Deployed::new();
    let curator = json!({ "role": "Curator", "account": bob }).to_string();
    let grant = ["invoke", &dao, "GrantRole", &curator];
    let heard = dev.fab(&grant);
    heard.end.unwrap();
    let facts: Vec<_> = heard.aside.lines().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!((facts, heard.out.as_str()), (vec!["message", "cost", "gas", "exit"], ""));
    assert_eq!(dev.reads(&dao, "GetRoles", &[&bob]), json!(["Curator"]));

    let by_bob = [&grant[..], &["--from", &bob]].concat();
    let told = dev.fails(&by_bob);
    let (_, why) = told.split_once("as the message would fail: NotAdmin (32): f0").unwrap();
    assert!(why.starts_with(|id: char| id.is_ascii_digit()), "{told}");
    let told = dev.fails(&[&by_bob[..], &["--gas-limit", "50000000"]].concat());
    assert!(told.starts_with("the message failed: NotAdmin (32)"), "{told}");
    let told = dev.fails(&["invoke", &dao, "GrantRol", "--from", &ann]);
    assert!(told.contains("did you mean GrantRole?"), "{told}");
}

#[test]
fn a_reply_is_decoded_from_its_bytes_as_well() {
    let Deployed { dev, dao, ann, .. } = Deployed::new();
    let heard = dev.fab(&["invoke", &dao, "GetRoles", &ann, "--read-only", "--raw"]);
    let roles = dev.reads(&dao, "GetRoles", &[&ann]);
    assert!(roles.as_array().unwrap().contains(&json!("Admin")), "{roles}");
    let decoded = fab(&["decode", "datadao", "GetRoles", heard.out.trim()]);
    assert_eq!(decoded.out, format!("{roles:#}\n"));
}

#[test]
fn a_receipt_gets_old_where_time_passes_by_messages_alone() {
    let Deployed { dev, dao, bob, .. } = Deployed::new();
    let height = || dev.ask("ChainHead", json!([]))["Height"].as_i64().unwrap();
    let before = height();
    let curator = json!({ "role": "Curator", "account": bob }).to_string();
    let heard = dev.fab(&["invoke", &dao, "GrantRole", &curator, "--confidence", "5"]);
    heard.end.unwrap();
    assert!(heard.aside.contains("to be 5 epochs old"), "{}", heard.aside);
    assert!(height() >= before + 5);
}

#[test]
fn built_in_actors_are_called_by_name() {
    let Deployed { dev, bob, .. } = Deployed::new();
    let miner = dev.prints(&["dev", "miner", "sp"]);
    let [id, owner, worker] = ["ID", "Owner", "Worker"].map(|key| miner[key].as_str().unwrap());
    let owner_id = dev.reads(id, "GetOwner", &[])["owner"].clone();
    let looked_up = dev.ask("StateLookupID", json!([owner, []]));
    assert_eq!(owner_id.as_str().unwrap()[1..], looked_up.as_str().unwrap()[1..]);

    assert_eq!(dev.reads(id, "IsControllingAddress", &[&bob]), json!(false));
    let keys = json!({ "new_worker": worker, "new_control_addresses": [bob] }).to_string();
    dev.prints(&["invoke", id, "ChangeWorkerAddress", &keys, "--from", owner]);
    assert_eq!(dev.reads(id, "IsControllingAddress", &[&bob]), json!(true));

    dev.prints(&["invoke", "t05", "AddBalance", &bob, "--value", "2"]);
    let escrow = dev.reads("t05", "GetBalance", &[&bob]);
    assert_eq!(escrow, json!({ "balance": "2000000000000000000", "locked": "0" }));
    let power = dev.reads("t04", "MinerPower", &[id]);
    assert_eq!(power, json!({ "raw_byte_power": "0", "quality_adj_power": "0" }));
    assert_eq!(dev.reads(&bob, "PubkeyAddress", &[]).as_str().unwrap()[1..], bob[1..]);

    let told = dev.fails(&["invoke", "t05", "GetDealTerm", "7", "--read-only"]);
    assert!(told.starts_with("the message failed: USR_NOT_FOUND (17)"), "{told}");
    let told = dev.fails(&["invoke", "t04", "Stop"]);
    assert!(told.starts_with("storagepower has no method Stop: it has CreateMiner, Mi"), "{told}");
}
