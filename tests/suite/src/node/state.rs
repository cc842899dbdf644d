//! Reading states.

use fvm_harness::{Account, CHAIN_ID, Provider, fil};
use lotus::json::Addr;
use serde_json::{Value, json};

use super::payer::{Payer, bob};
use super::setup::Dev;

#[test]
fn addresses_are_looked_up() {
    let (dev, payer) = (Dev::instant(), Payer::faucet());
    let (key, absent) = (Addr(payer.address()).to_string(), Addr(bob()).to_string());
    assert_eq!(dev.ask("StateLookupID", json!([key, []])), "t0100");
    assert_eq!(dev.ask("StateLookupID", json!(["t0777777", []])), "t0777777");
    assert_eq!(dev.refused("StateLookupID", json!([absent, []])), (11, "actor not found".into()));
    assert_eq!(dev.ask("StateAccountKey", json!(["t0100", []])), *key);
    assert_eq!(dev.ask("StateAccountKey", json!([absent, []])), *absent);
    let refused = |address| dev.refused("StateAccountKey", json!([address, []])).1;
    assert_eq!(refused("t0777777"), "failed to find actor: t0777777");
    let init = "failed to get account actor state for t01: actor code is not account: init";
    assert_eq!(refused("t01"), init);
    assert_eq!(dev.ask("StateLookupRobustAddress", json!(["t0100", []])), *key);
    let refused = |address| dev.refused("StateLookupRobustAddress", json!([address, []])).1;
    assert_eq!(refused("t0777777"), "Address t0777777 not found");
    assert_eq!(
        dev.refused("StateGetActor", json!(["t0777777", []])),
        (1, "actor not found".into())
    );
}

#[test]
fn a_new_account_has_its_key_before_the_tipset_names_it() {
    let (dev, payer) = (Dev::manual(), Payer::faucet());
    payer.push(&dev, payer.pay(0, bob(), fil(1)));
    dev.node().mine().unwrap();
    let id = dev.node().view_after(&dev.node().head()).resolve(&bob()).unwrap().unwrap();
    let key = dev.ask("StateAccountKey", json!([format!("t0{id}"), []]));
    assert_eq!(key, Addr(bob()).to_string());
}

#[test]
fn states_are_read_where_their_layout_is_known() {
    let (dev, payer) = (Dev::manual(), Payer::faucet());
    let state = |address: &str| dev.ask("StateReadState", json!([address, []]))["State"].clone();
    assert_eq!(state("t0100"), json!({ "Address": Addr(payer.address()).to_string() }));
    assert_eq!(state("t01")["NetworkName"], "suite");
    assert_eq!(state("t010"), Value::Null);
    let (_, words) = dev.refused("StateReadState", json!(["t05", []]));
    let start = "dumping actor state (a:t05): state type for actor baf";
    assert!(words.starts_with(start) && words.ends_with(" not found"), "{words}");
    let (_, words) = dev.refused("StateReadState", json!(["t0777777", []]));
    assert_eq!(words, "getting actor: actor not found");
}

#[test]
fn the_network_says_what_it_is() {
    let dev = Dev::manual();
    assert_eq!(dev.ask("StateNetworkName", json!([])), "suite");
    assert_eq!(dev.ask("StateNetworkVersion", json!([[]])), 28);
    let params = dev.ask("StateGetNetworkParams", json!([]));
    assert_eq!(
        (&params["Eip155ChainID"], &params["NetworkName"]),
        (&json!(CHAIN_ID), &json!("suite"))
    );
    assert_eq!(params["BlockDelaySecs"], 1);
    assert_eq!(params["ForkUpgradeParams"]["UpgradeFireHorseHeight"], -32);

    let codes = dev.ask("StateActorCodeCIDs", json!([28]));
    let account = dev.ask("StateGetActor", json!(["t0100", []]));
    assert_eq!(codes["account"], account["Code"]);
    assert!(codes.get("datadao").is_some(), "{codes}");
    let (_, words) = dev.refused("StateActorCodeCIDs", json!([27]));
    assert_eq!(words, "could not find cids for network version 27, actors version 17");
    let (_, words) = dev.refused("StateActorManifestCID", json!([99]));
    assert_eq!(words, "invalid network version");
    assert!(dev.ask("StateActorManifestCID", json!([28]))["/"].is_string());
}

#[test]
fn a_miner_tells_of_itself() {
    let dev = Dev::manual();
    assert_eq!(dev.ask("StateListMiners", json!([[]])), Value::Null);
    let (owner, miner) = dev
        .node()
        .intervene(|network| {
            let owner: Account = network.account("owner");
            let provider = Provider::owned_by(network, "miner", owner.clone());
            Ok((Addr(owner.address()).to_string(), Addr(provider.address()).to_string()))
        })
        .unwrap();
    assert_eq!(dev.ask("StateListMiners", json!([[]])), json!([miner]));
    let actors = dev.ask("StateListActors", json!([[]]));
    assert!([&owner, &miner].iter().all(|id| actors.as_array().unwrap().contains(&json!(id))));
    let info = dev.ask("StateMinerInfo", json!([miner, []]));
    assert_eq!((&info["Owner"], &info["Beneficiary"]), (&json!(owner), &json!(owner)));
    assert!(info["SectorSize"].as_u64().unwrap().is_power_of_two(), "{info}");
    let none = json!({ "RawBytePower": "0", "QualityAdjPower": "0" });
    for address in [&miner, &owner] {
        let power = dev.ask("StateMinerPower", json!([address, []]));
        assert_eq!((&power["MinerPower"], &power["TotalPower"]), (&none, &none));
        assert_eq!(power["HasMinPower"], false);
    }
    let available = dev.ask("StateMinerAvailableBalance", json!([miner, []]));
    assert!(available.as_str().unwrap().parse::<u128>().is_ok(), "{available}");
    let (_, words) = dev.refused("StateMinerInfo", json!([owner, []]));
    assert_eq!(words, "failed to load miner actor state: actor code is not miner: account");
    let market = dev.ask("StateMarketBalance", json!([owner, []]));
    assert_eq!(market, json!({ "Escrow": "0", "Locked": "0" }));
}

#[test]
fn the_node_tells_clients_that_it_is_in_sync() {
    let dev = Dev::manual();
    dev.node().mine().unwrap();
    let sync = &dev.ask("SyncState", json!([]))["ActiveSyncs"][0];
    assert_eq!((&sync["Stage"], &sync["Height"]), (&json!(4), &json!(1)));
    assert_eq!(dev.ask("NodeStatus", json!([true]))["SyncStatus"]["Epoch"], 1);
    let id = dev.ask("ID", json!([]));
    assert!(id.as_str().unwrap().starts_with("12D3KooW"), "{id}");
    assert_eq!(dev.ask("NetAddrsListen", json!([])), json!({ "Addrs": [], "ID": id }));
    assert_eq!(dev.ask("NetPeers", json!([])), json!([]));
    assert_eq!(dev.ask("Session", json!([])), dev.ask("Session", json!([])));
}
