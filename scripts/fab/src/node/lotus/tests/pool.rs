//! Messages that are signed first and pushed after, in the words of Lotus.

use super::*;
use crate::node::lotus::{Pushed, Search};

fn message() -> SignedMessage {
    let signature = Signature::new_secp256k1(vec![7; 65]);
    SignedMessage { message: call().message(3), signature: signature.into() }
}

#[test]
fn a_message_is_signed_as_it_is_with_its_nonce_and_is_not_sent() {
    let lotus = Scripted::new(vec![("WalletSignMessage", signed().0)]);
    assert_eq!(lotus.node().sign_message(&call(), 3), Ok(message()));
    let asked = lotus.asked();
    assert_eq!((&asked[0][0], &asked[0][1]["Nonce"]), (&json!("f0100"), &json!(3)));

    let lotus = Scripted::new(vec![("WalletSignMessage", signed().0)]);
    let Err(Trouble::Refused(told)) = lotus.node().sign_message(&call(), 4) else { panic!() };
    assert!(told.contains("signed something else"), "{told}");
}

#[test]
fn what_the_pool_says_to_a_push_is_understood() {
    let lotus = Scripted::new(vec![("MpoolPush", link())]);
    assert_eq!(lotus.node().push(&message()), Ok(Pushed::Taken));
    let waits = "failed to add locked: message from t1 with nonce 3 already in mpool";
    let told = [
        (format!("{waits}: message with nonce already exists"), Pushed::Taken),
        (
            format!(
                "{waits}, increase GasPremium to 110001 from 100500 to trigger replace by fee: replace by \
                 fee has too low GasPremium"
            ),
            Pushed::Rival,
        ),
        ("minimum expected nonce is 5, got 3: message nonce too low".into(), Pushed::NonceUsed),
    ];
    for (told, pushed) in told {
        let lotus = Scripted::error("MpoolPush", &told);
        assert_eq!(lotus.node().push(&message()), Ok(pushed), "{told}");
    }
    let lotus = Scripted::error("MpoolPush", "gas fee cap too low");
    assert!(lotus.node().push(&message()).is_err());
}

#[test]
fn a_message_is_found_or_waits_or_is_replaced_or_is_unknown() {
    let cid = message().cid().unwrap();
    let search = |answer: Value| {
        let lotus = Scripted::new(vec![("ChainHead", head(12)), ("StateSearchMsg", answer)]);
        let found = lotus.node().search(&cid, 7);
        assert_eq!(lotus.asked()[1], json!([[], { "/": cid.to_string() }, 15, true]));
        found.unwrap()
    };
    let Search::Found { receipt, height: 7 } = search(lookup(receipt(0, &7_u64))) else { panic!() };
    assert_eq!(receipt.reply::<u64>(), Ok(7));
    assert_eq!(search(Value::Null), Search::Pending);
    let errors = [
        ("failed to load message: ipld: could not find bafy", Search::Unknown),
        ("message was replaced: found message with equal nonce as the one", Search::Replaced),
    ];
    for (message, known) in errors {
        let answer = |body: Value| body.to_string();
        let head = answer(json!({ "jsonrpc": "2.0", "id": 1, "result": head(12) }));
        let error = json!({ "code": 1, "message": message });
        let error = answer(json!({ "jsonrpc": "2.0", "id": 1, "error": error }));
        let lotus = Scripted::http(vec![("ChainHead", 200, head), ("StateSearchMsg", 200, error)]);
        assert_eq!(lotus.node().search(&cid, 7), Ok(known));
    }
}

#[test]
fn an_actor_that_is_not_there_is_none() {
    let actor = json!({ "Code": link(), "Head": link(), "Nonce": 1, "Balance": "5" });
    let lotus = Scripted::new(vec![("StateGetActor", actor)]);
    let there = lotus.node().actor(&Address::new_id(100)).unwrap().unwrap();
    assert_eq!(there.balance, atto(5));
    let missing = "resolution lookup failed (t01): resolve address t01: actor not found";
    let lotus = Scripted::error("StateGetActor", missing);
    assert_eq!(lotus.node().actor(&Address::new_id(100)), Ok(None));
    let lotus = Scripted::error("StateGetActor", "loading tipset");
    assert!(lotus.node().actor(&Address::new_id(100)).is_err());
}

#[test]
fn a_network_is_known_by_its_name_and_its_first_block() {
    let version = json!({ "Version": "1.36.2+2k", "APIVersion": 131_840, "BlockDelay": 4 });
    let script = vec![
        ("Version", version),
        ("StateNetworkName", json!("localnet-1")),
        ("StateNetworkVersion", json!(28)),
        ("ChainGetGenesis", head(0)),
        ("EthChainId", json!("0x1df5e76")),
    ];
    let on = Scripted::new(script).node().identity().unwrap();
    let genesis = ::lotus::cid_of(b"something");
    assert_eq!((on.name.as_str(), on.genesis, on.version), ("localnet-1", genesis, 28));
    assert_eq!((on.chain_id, on.block_delay), (Some(31_415_926), 4));
}

#[test]
fn the_pool_tells_whether_a_message_is_too_large() {
    let checked = |ok: bool| json!([[{ "Code": 1, "OK": true }, { "Code": 2, "OK": ok }]]);
    for ok in [true, false] {
        let lotus = Scripted::new(vec![("MpoolCheckMessages", checked(ok))]);
        assert_eq!(lotus.node().takes_size_of(&call()), Ok(Some(ok)));
    }
}
