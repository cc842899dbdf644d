//! What is said of JSON and bytes that do not fit.

use serde_json::{Value, json};

use super::actor;

/// What is said of parameters, for one method of each actor that has something to get wrong.
fn refused(name: &str, method: &str, params: Value) -> String {
    let actor = actor(name);
    let method = actor.method(method).unwrap();
    actor.params_to_cbor(method, Some(&params)).unwrap_err().to_string()
}

fn with(name: &str, method: &str, pointer: &str, value: Value) -> String {
    let actor = actor(name);
    let mut params = actor.example(actor.method(method).unwrap()).unwrap();
    *params.pointer_mut(pointer).unwrap() = value;
    refused(name, method, params)
}

#[test]
fn a_wrong_value_is_named_by_its_path_with_what_is_expected() {
    let policy = "/rules/policy/min_duration";
    assert_eq!(
        with("datadao", "Constructor", policy, json!("soon")),
        "params.rules.policy.min_duration: expected epochs as an integer, got \"soon\"",
    );
    let said = [
        ("/piece_cid", json!("bafy"), "a CID as {\"/\": \"baf…\"} or as a string, got \"bafy\""),
        ("/piece_size", json!(-1), "bytes as an integer, got -1"),
        (
            "/terms/wanted",
            json!(4_294_967_296_u64),
            "an integer from 0 to 4294967295, got 4294967296",
        ),
        ("/terms/wanted", json!(1.5), "an integer from 0 to 4294967295, got 1.5"),
        (
            "/terms/reward",
            json!(5),
            "an amount as a string: \"1.5 FIL\", \"250 attoFIL\", or attoFIL without a unit, got 5",
        ),
        ("/terms/locations", json!("x"), "an array: Vec<String>, got \"x\""),
    ];
    for (pointer, value, what) in said {
        let path = pointer.replace('/', ".");
        let expected = format!("params{path}: expected {what}");
        assert_eq!(with("datadao", "AddDataset", pointer, value), expected);
    }
    let location = with("datadao", "AddDataset", "/terms/locations/0", json!(true));
    assert_eq!(location, "params.terms.locations[0]: expected a string, got true");
}

#[test]
fn an_address_is_of_any_network_and_nothing_else() {
    let dao = actor("datadao");
    let method = dao.method("GetRoles").unwrap();
    let encode = |text: &str| dao.params_to_cbor(method, Some(&json!(text)));
    assert_eq!(encode("t01000"), encode("f01000"));
    let error = encode("g01000").unwrap_err().to_string();
    assert_eq!(error, "params: expected an address \"f…\", got \"g01000\"");
}

#[test]
fn bytes_say_in_which_base_they_are() {
    let dao = actor("datadao");
    let method = dao.method("InvokeEVM").unwrap();
    let encode = |text: &str| dao.params_to_cbor(method, Some(&json!(text)));
    assert_eq!(encode("0xABcd"), encode("base64:q80="));
    for text in ["abcd", "q80=", "0xabc", "base64:?"] {
        let error = encode(text).unwrap_err().to_string();
        assert!(error.starts_with("params: expected bytes as \"0x…\" in hex or"), "{error}");
    }
}

#[test]
fn fields_are_all_there_and_no_others() {
    assert_eq!(
        refused("datadao", "UpdateDataset", json!({ "id": 1, "term": null })),
        "params: UpdateDatasetParams has no field \"term\": did you mean terms?",
    );
    let missing = refused("datadao", "ListDeals", json!({ "from": 1 }));
    let said =
        "params: the field \"limit\" of PageParams is missing, u64: How many numbers to look at";
    assert!(missing.starts_with(said), "{missing}");
    assert_eq!(
        refused("datadao", "ListDeals", json!([1])),
        "params: expected PageParams as an object with from, limit, got [1]",
    );
}

#[test]
fn a_variant_is_one_of_those_that_there_are() {
    let policy = |value| with("datadao", "SetAccess", "/policy", value);
    let one_of =
        "AccessPolicy as one of \"Granted\", \"Open\", \"Members\", {\"Paid\": AccessPrice}";
    assert_eq!(
        policy(json!("Opened")),
        format!("params.policy: expected {one_of}, got \"Opened\"")
    );
    assert_eq!(policy(json!(3)), format!("params.policy: expected {one_of}, got 3"));
    assert_eq!(policy(json!({ "Open": 1 })), "params.policy.Open: expected \"Open\" alone, got 1",);
    assert_eq!(
        policy(json!("Paid")),
        "params.policy: expected {\"Paid\": AccessPrice}, as Paid carries something, got \"Paid\"",
    );
    let inside = policy(json!({ "Paid": { "currency": "Fil", "amount": "1 FIL", "period": "x" } }));
    assert_eq!(inside, "params.policy.Paid.period: expected epochs as an integer, got \"x\"");
}

#[test]
fn a_method_without_parameters_takes_none() {
    assert_eq!(
        refused("datadao", "AcceptAdmin", json!([])),
        "params: expected nothing, as AcceptAdmin takes no parameters, got []",
    );
}

#[test]
fn parameters_that_are_needed_are_asked_for() {
    let dao = actor("datadao");
    let encode = |method, json: Option<&Value>| {
        dao.params_to_cbor(dao.method(method).unwrap(), json).map_err(|error| error.to_string())
    };
    assert_eq!(encode("Mint", None), Err("params: Mint takes MintParams, got nothing".to_owned()));
    assert_eq!(encode("Delegate", Some(&Value::Null)), Ok(vec![0xf6]));
    assert!(encode("Delegate", None).is_err());
}

#[test]
fn methods_and_actors_are_found_by_name_and_number_or_suggested() {
    let dao = actor("datadao");
    let mint = dao.method("Mint").unwrap();
    assert_eq!(dao.method("mint").unwrap(), mint);
    assert_eq!(dao.method(&mint.number.to_string()).unwrap(), mint);
    assert_eq!(
        dao.method("AddDatset").unwrap_err(),
        "datadao has no method AddDatset: did you mean AddDataset?; `cargo fab methods datadao` describes them",
    );
    assert_eq!(
        actor("storagepower").method("Stop").unwrap_err(),
        "storagepower has no method Stop: it has CreateMiner, MinerPower; `cargo fab methods storagepower` \
         describes them",
    );
    assert_eq!(actor("lending_market").name, "lending-market");
    assert_eq!(
        super::ABI.actor("datado").unwrap_err(),
        "no actor datado: did you mean datadao?; there are init, datadao, perpetual-storage, \
         lending-market, loan-agent, account, storagepower, storageminer, storagemarket",
    );
}

#[test]
fn bytes_that_are_not_what_is_described_are_refused_where_they_differ() {
    let dao = actor("datadao");
    let list = dao.method("ListDeals").unwrap();
    let said = |cbor: &[u8]| dao.params_to_json(list, cbor).unwrap_err().to_string();
    assert_eq!(said(&[0x81, 1]), "params: expected PageParams in CBOR, got [1]");
    assert_eq!(said(&[0x82, 1, 0x20]), "params.limit: expected u64 in CBOR, got -1");
    assert!(said(&[]).starts_with("params: not one value of CBOR"));
    let unit = dao.method("AcceptAdmin").unwrap();
    let reply = dao.reply_to_json(unit, &[0xf6]).unwrap_err().to_string();
    assert_eq!(reply, "reply: expected no bytes, got 1");
}

#[test]
fn the_values_of_built_in_actors_are_written_as_lotus_writes_them() {
    let market = actor("storagemarket");
    let settle = market.method("SettleDealPayments").unwrap();
    let deals = market.params_to_cbor(settle, Some(&json!([3, 2]))).unwrap();
    assert_eq!(market.params_to_json(settle, &deals).unwrap(), json!([3, 2]));
    let publish = |pointer, value| with("storagemarket", "PublishStorageDeals", pointer, value);
    assert_eq!(
        publish("/deals/0/client_signature", json!("0x01")),
        "params.deals[0].client_signature: expected a signature as {\"Type\": 1 or 2, \"Data\": \
         \"base64\"}, got \"0x01\"",
    );
    let label = publish("/deals/0/proposal/label", json!(7));
    assert!(label.ends_with("a string, or bytes as {\"Bytes\": \"0x…\"}, got 7"), "{label}");
}

#[test]
fn an_amount_less_than_nothing_is_refused() {
    let minted = with("datadao", "Mint", "/amount", json!("-1.5 FIL"));
    assert!(minted.starts_with("params.amount: expected an amount"), "{minted}");
}

#[test]
fn a_method_says_whether_it_takes_fil() {
    let payable = |name, method| actor(name).method(method).unwrap().payable;
    assert!(payable("init", "Exec") && payable("datadao", "Fund"));
    assert!(payable("storagemarket", "AddBalance"));
    assert!(!payable("datadao", "Mint") && !payable("loan-agent", "Activate"));
}

#[test]
fn an_exit_code_is_in_the_actor_s_words() {
    assert_eq!(actor("datadao").explain_exit(32, ""), "NotAdmin (32): f0… is not an admin");
    let expired = actor("storagemarket").explain_exit(32, "");
    assert!(expired.starts_with("EX_DEAL_EXPIRED (32): The deal expired"), "{expired}");
    assert!(actor("init").explain_exit(18, "").starts_with("USR_FORBIDDEN (18)"));
}

#[test]
fn notes_tell_the_units_of_fields_by_their_paths() {
    let dao = actor("datadao");
    let notes = dao.notes(dao.method("AddDataset").unwrap());
    let note = |path: &str| notes.iter().find(|(at, _)| at == path).unwrap().1.as_str();
    assert!(note("terms.reward").starts_with("TokenAmount: AttoDATA for each replica"));
    assert!(note("terms.policy.max_price_per_epoch").starts_with("TokenAmount"), "{notes:?}");

    let notes = dao.notes(dao.method("SetAccess").unwrap());
    let note = |path: &str| notes.iter().find(|(at, _)| at == path).unwrap().1.as_str();
    assert!(note("dataset").starts_with("DatasetId: Number of a dataset"));
    assert!(note("policy").starts_with("AccessPolicy as one of \"Granted\", \"Open\""));
    assert!(note("policy.Paid.period").starts_with("ChainEpoch: Epochs of a period"));
}
