//! Reading the chain.

use fvm_harness::fil;
use fvm_ipld_blockstore::Blockstore;
use fvm_ipld_encoding::to_vec;
use fvm_shared::event::{ActorEvent, Entry, Flags, StampedEvent};
use lotus::block::{
    BeaconEntry, BlockHeader, BlockJson, ElectionProof, Ticket, TipsetKey, write_events,
};
use lotus::cid_of;
use lotus::json::Addr;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{Message as Frame, connect};

use super::payer::{Payer, bob, link};
use super::setup::Dev;

/// The header that is written so in JSON.
fn header(json: &Value) -> BlockHeader {
    let json: BlockJson = serde_json::from_value(json.clone()).unwrap();
    let signature = |json: lotus::message::SignatureJson| json.signature().unwrap();
    BlockHeader {
        miner: json.miner.0,
        ticket: json.ticket.map(|ticket| Ticket { vrf_proof: ticket.vrf_proof.0 }),
        election_proof: json
            .election_proof
            .map(|e| ElectionProof { win_count: e.win_count, vrf_proof: e.vrf_proof.0 }),
        beacon_entries: json
            .beacon_entries
            .unwrap_or_default()
            .into_iter()
            .map(|entry| BeaconEntry { round: entry.round, data: entry.data.0 })
            .collect(),
        win_post_proof: vec![],
        parents: json.parents.0,
        parent_weight: json.parent_weight.0.atto().clone(),
        height: json.height,
        parent_state_root: json.parent_state_root.0,
        parent_message_receipts: json.parent_message_receipts.0,
        messages: json.messages.0,
        bls_aggregate: json.bls_aggregate.map(signature),
        timestamp: json.timestamp,
        block_sig: json.block_sig.map(signature),
        fork_signaling: json.fork_signaling,
        parent_base_fee: json.parent_base_fee.0,
    }
}

#[test]
fn a_tipset_has_the_cids_that_clients_compute_of_its_headers() {
    let dev = Dev::manual();
    dev.node().mine().unwrap();
    dev.node().advance(3).unwrap();
    let (head, genesis) = (dev.ask("ChainHead", json!([])), dev.ask("ChainGetGenesis", json!([])));
    assert_eq!((&head["Height"], &genesis["Height"]), (&json!(4), &json!(0)));
    for tipset in [&head, &genesis] {
        let cid = header(&tipset["Blocks"][0]).cid().unwrap();
        assert_eq!(tipset["Cids"], json!([link(&cid)]));
        assert_eq!(dev.ask("ChainGetTipSet", json!([tipset["Cids"]])), *tipset);
        assert_eq!(dev.ask("ChainGetBlock", json!([link(&cid)])), tipset["Blocks"][0]);
    }
    let key = TipsetKey(vec![header(&head["Blocks"][0]).cid().unwrap()]);
    let (cid, _) = key.block().unwrap();
    assert_eq!(dev.ask("ChainHasObj", json!([link(&cid)])), true);
}

#[test]
fn what_a_message_did_shows_one_tipset_later() {
    let (dev, payer) = (Dev::manual(), Payer::faucet());
    let cid = payer.push(&dev, payer.pay(0, bob(), fil(3)));
    let unsigned = cid_of(&to_vec(&payer.pay(0, bob(), fil(3))).unwrap());
    let pending = dev.ask("ChainGetMessage", json!([link(&cid)]));
    assert_eq!((&pending["CID"], &pending["Nonce"]), (&link(&unsigned), &json!(0)));
    assert_eq!(dev.ask("ChainGetMessage", json!([link(&unsigned)])), pending);

    dev.node().mine().unwrap();
    let block = dev.ask("ChainHead", json!([]))["Cids"][0].clone();
    let messages = dev.ask("ChainGetBlockMessages", json!([block]));
    assert_eq!(messages["BlsMessages"], json!([]));
    assert_eq!(messages["SecpkMessages"][0]["Message"], pending);
    assert_eq!(messages["Cids"], json!([link(&cid)]));
    let listed = json!([{ "Cid": link(&cid), "Message": pending }]);
    assert_eq!(dev.ask("ChainGetMessagesInTipset", json!([[]])), listed);
    assert_eq!(dev.ask("ChainGetParentMessages", json!([block])), Value::Null);
    assert_eq!(dev.ask("ChainGetParentReceipts", json!([block])), json!([]));
    let to = Addr(bob()).to_string();
    let (code, words) = dev.refused("StateGetActor", json!([to, []]));
    let absent = format!("resolution lookup failed ({to}): resolve address {to}: actor not found");
    assert_eq!((code, words), (1, absent));

    dev.node().mine().unwrap();
    let block = dev.ask("ChainHead", json!([]))["Cids"][0].clone();
    assert_eq!(dev.ask("ChainGetMessagesInTipset", json!([[]])), Value::Null);
    assert_eq!(dev.ask("ChainGetParentMessages", json!([block])), listed);
    let receipt = dev.ask("ChainGetParentReceipts", json!([block]))[0].clone();
    assert_eq!((&receipt["ExitCode"], &receipt["Return"]), (&json!(0), &Value::Null));
    let actor = dev.ask("StateGetActor", json!([to, []]));
    assert_eq!(actor["Balance"], fil(3).atto().to_string());
    for cid in [cid, unsigned] {
        assert_eq!(dev.ask("ChainGetMessage", json!([link(&cid)])), pending);
    }
}

#[test]
fn the_genesis_has_no_parents_to_tell_of() {
    let dev = Dev::manual();
    let block = dev.ask("ChainGetGenesis", json!([]))["Cids"][0].clone();
    for method in ["ChainGetParentMessages", "ChainGetParentReceipts"] {
        assert_eq!(dev.ask(method, json!([block])), Value::Null);
    }
}

#[test]
fn null_rounds_have_the_tipsets_around_them() {
    let dev = Dev::manual();
    dev.node().mine().unwrap();
    dev.node().advance(5).unwrap();
    let height =
        |method, height: i64| dev.ask(method, json!([height, []]))["Height"].as_i64().unwrap();
    for (asked, below, above) in [(0, 0, 0), (1, 1, 1), (2, 1, 6), (5, 1, 6), (6, 6, 6)] {
        assert_eq!(height("ChainGetTipSetByHeight", asked), below);
        assert_eq!(height("ChainGetTipSetAfterHeight", asked), above);
    }
    let refused = |params| dev.refused("ChainGetTipSetByHeight", params).1;
    assert_eq!(refused(json!([-1, []])), "height -1 is negative");
    let above = "looking for tipset with height greater than start point, req: 7, head: 6";
    assert_eq!(refused(json!([7, []])), above);
    assert_eq!(dev.refused("ChainGetFinalizedTipSet", json!([])).1, "height -894 is negative");
    let (_, words) = dev.refused("ChainGetTipSet", json!([[]]));
    assert_eq!(words, "NewTipSet called with zero length array of blocks");
}

#[test]
fn a_tipset_weighs_what_its_child_says() {
    let dev = Dev::manual();
    let weight = dev.ask("ChainTipSetWeight", json!([[]]));
    dev.node().mine().unwrap();
    assert_eq!(dev.ask("ChainHead", json!([]))["Blocks"][0]["ParentWeight"], weight);
}

#[test]
fn objects_are_read_and_measured() {
    let dev = Dev::manual();
    let head = dev.ask("ChainHead", json!([]));
    let (block, state) = (&head["Cids"][0], &head["Blocks"][0]["ParentStateRoot"]);
    let bytes = header(&head["Blocks"][0]).bytes().unwrap();
    let read = dev.ask("ChainReadObj", json!([block]));
    assert_eq!(read, data_encoding::BASE64.encode(&bytes));
    let all = dev.ask("ChainStatObj", json!([block, null]));
    let of_state = dev.ask("ChainStatObj", json!([state, null]));
    let without_state = dev.ask("ChainStatObj", json!([block, state]));
    let count = |stat: &Value, what| stat[what].as_u64().unwrap();
    for what in ["Size", "Links"] {
        assert_eq!(count(&all, what), count(&of_state, what) + count(&without_state, what));
    }
    let absent = link(&cid_of(b"absent"));
    let missing = format!("ipld: could not find {}", cid_of(b"absent"));
    assert_eq!(dev.ask("ChainHasObj", json!([absent])), false);
    assert_eq!(
        dev.refused("ChainReadObj", json!([absent])).1,
        format!("blockstore get: {missing}")
    );
    assert_eq!(dev.refused("ChainGetBlock", json!([absent])).1, missing);
    assert_eq!(dev.refused("ChainGetMessage", json!([absent])).1, missing);
    let (_, words) = dev.refused("ChainGetTipSet", json!([[absent]]));
    assert_eq!(words, format!("get block {}: {missing}", cid_of(b"absent")));
}

#[test]
fn events_are_read_by_their_root() {
    let dev = Dev::manual();
    let entry = Entry {
        flags: Flags::FLAG_INDEXED_ALL,
        key: "$type".into(),
        codec: 0x55,
        value: b"paid".to_vec(),
    };
    let event = StampedEvent::new(1_005, ActorEvent { entries: vec![entry] });
    let root = write_events(dev.node().store(), &[event]).unwrap().unwrap();
    let entry = json!({ "Flags": 3, "Key": "$type", "Codec": 85, "Value": "cGFpZA==" });
    let expected = json!([{ "Emitter": 1_005, "Entries": [entry] }]);
    assert_eq!(dev.ask("ChainGetEvents", json!([link(&root)])), expected);
    let (_, words) = dev.refused("ChainGetEvents", json!([link(&cid_of(b"absent"))]));
    assert!(words.starts_with("load events amt: "), "{words}");
}

#[test]
fn subscribers_hear_of_every_change_of_the_head() {
    let dev = Dev::manual();
    let genesis = dev.ask("ChainHead", json!([]));
    let (mut socket, _) = connect(dev.url.replace("http", "ws")).unwrap();
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "Filecoin.ChainNotify", "params": [] });
    socket.send(Frame::text(call.to_string())).unwrap();
    let mut next = || loop {
        if let Frame::Text(text) = socket.read().unwrap() {
            return serde_json::from_str::<Value>(&text).unwrap();
        }
    };
    assert_eq!(next()["result"], 1);
    let mut changes = || {
        let changes = next()["params"][1].as_array().unwrap().clone();
        let of = |change: &Value| (change["Type"].clone(), change["Val"]["Height"].clone());
        changes.iter().map(of).collect::<Vec<_>>()
    };
    assert_eq!(changes(), [(json!("current"), json!(0))]);
    dev.node().mine().unwrap();
    assert_eq!(changes(), [(json!("apply"), json!(1))]);
    dev.node().advance(4).unwrap();
    assert_eq!(changes(), [(json!("apply"), json!(5))]);
    let high = dev.ask("ChainHead", json!([]));
    dev.node().revert(0).unwrap();
    assert_eq!(changes(), [(json!("revert"), json!(5)), (json!("revert"), json!(1))]);

    dev.node().mine().unwrap();
    let head = dev.ask("ChainHead", json!([]));
    let path = dev.ask("ChainGetPath", json!([genesis["Cids"], head["Cids"]]));
    assert_eq!(path, json!([{ "Type": "apply", "Val": head }]));
    assert_eq!(dev.ask("ChainGetPath", json!([head["Cids"], head["Cids"]])), json!([]));
    let (_, words) = dev.refused("ChainGetPath", json!([high["Cids"], head["Cids"]]));
    assert!(words.starts_with("loading from tipset {bafy"), "{words}");
}

#[test]
fn a_path_is_a_days_tipsets_long_at_most() {
    let dev = Dev::manual();
    let genesis = dev.ask("ChainGetGenesis", json!([]))["Cids"].clone();
    dev.ask("Fab.Mine", json!([2_880]));
    let path = |to: &Value| json!([genesis, to]);
    let head = dev.ask("ChainHead", json!([]))["Cids"].clone();
    assert_eq!(dev.ask("ChainGetPath", path(&head)).as_array().unwrap().len(), 2_880);
    dev.node().mine().unwrap();
    let head = dev.ask("ChainHead", json!([]))["Cids"].clone();
    let words = "the path is longer than 2880 tipsets: ask for it in parts";
    assert_eq!(dev.refused("ChainGetPath", path(&head)), (1, words.into()));
}

#[test]
fn an_object_is_measured_up_to_a_hundred_thousand_blocks() {
    let dev = Dev::manual();
    let store = dev.node().store();
    let leaves = (0..100_000_u32).map(|n| {
        let leaf = to_vec(&n).unwrap();
        store.put_keyed(&cid_of(&leaf), &leaf).unwrap();
        cid_of(&leaf)
    });
    let leaves: Vec<_> = leaves.collect();
    let put = |leaves: &[cid::Cid]| {
        let root = to_vec(leaves).unwrap();
        store.put_keyed(&cid_of(&root), &root).unwrap();
        json!([link(&cid_of(&root)), null])
    };
    let most = put(&leaves[1..]);
    assert_eq!(dev.ask("ChainStatObj", most)["Links"], 100_000);
    let words = "the object has more than 100000 blocks: ask for parts of it";
    assert_eq!(dev.refused("ChainStatObj", put(&leaves)), (1, words.into()));
}

#[test]
fn a_snapshot_is_come_back_to_as_often_as_one_likes_and_ends_later_ones() {
    let dev = Dev::manual();
    let revert = |snapshot: &Value| dev.ask("Fab.Revert", json!([snapshot]));
    dev.node().mine().unwrap();
    let first = dev.ask("Fab.Snapshot", json!([]));
    let head = dev.ask("ChainHead", json!([]));
    dev.node().advance(5).unwrap();
    let second = dev.ask("Fab.Snapshot", json!([]));
    assert_eq!(revert(&second), json!(6));
    for _ in 0..2 {
        dev.node().mine().unwrap();
        assert_eq!(revert(&first), json!(1));
        assert_eq!(dev.ask("ChainHead", json!([])), head);
    }
    let (_, why) = dev.refused("Fab.Revert", json!([second]));
    assert_eq!(why, "there is no snapshot 2, but 1");
    let third = dev.ask("Fab.Snapshot", json!([]));
    assert_ne!(third, second);
}

#[test]
fn a_height_is_no_snapshot() {
    let dev = Dev::manual();
    dev.node().mine().unwrap();
    let (_, why) = dev.refused("Fab.Revert", json!([1]));
    assert_eq!(why, "there is no snapshot 1: nobody made any since the node started");
    assert_eq!(dev.node().head().height(), 1);
}
