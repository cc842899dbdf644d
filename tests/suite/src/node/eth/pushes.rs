//! What clients hear of without asking, or by asking again.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use fvm_harness::fil;
use lotus::eth::EthAddress;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{Message, WebSocket, client};

use super::wallet::{TRANSFER, World, number, topic};

const BOB: EthAddress = EthAddress([0xb0; 20]);

/// A connection on which the node may speak unasked.
struct Socket(WebSocket<TcpStream>);

impl Socket {
    fn open(world: &World) -> Self {
        let address = world.dev.running.as_ref().unwrap().address;
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        Socket(client(format!("ws://{address}/rpc/v1"), stream).unwrap().0)
    }

    fn next(&mut self) -> Value {
        let patience = Instant::now() + Duration::from_secs(20);
        loop {
            // The node pings whoever waits.
            assert!(Instant::now() < patience, "nothing came");
            if let Message::Text(text) = self.0.read().unwrap() {
                return serde_json::from_str(&text).unwrap();
            }
        }
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        let call = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        self.0.send(Message::text(call.to_string())).unwrap();
        self.next()["result"].clone()
    }

    /// What is pushed next, and to which subscription.
    fn pushed(&mut self) -> (Value, Value) {
        let push = self.next();
        assert_eq!(push["method"], "eth_subscription", "{push}");
        (push["params"]["subscription"].clone(), push["params"]["result"].clone())
    }
}

#[test]
fn a_subscriber_hears_of_new_heads() {
    let world = World::new();
    let mut socket = Socket::open(&world);
    let id = socket.ask("eth_subscribe", json!(["newHeads"]));
    let hash = world.transfer(0, BOB, fil(1));
    // The tipset before the transaction's was the head, and is the latest now.
    let (to, before) = socket.pushed();
    assert_eq!((to, &before["transactions"]), (id.clone(), &json!([])));
    let (_, head) = socket.pushed();
    assert_eq!(head["parentHash"], before["hash"]);
    assert_eq!(head["transactions"][0]["hash"], hash);
    let block = world.dev.ask("eth_getBlockByNumber", json!(["latest", true]));
    assert_eq!(head, block);
    assert_eq!(socket.ask("eth_unsubscribe", json!([id])), true);
}

#[test]
fn a_subscriber_hears_of_the_logs_it_wants() {
    let world = World::new();
    let mut socket = Socket::open(&world);
    let wanted = json!({ "address": world.token, "topics": [TRANSFER, null, topic(BOB)] });
    socket.ask("eth_subscribe", json!(["logs", wanted]));
    world.transfer(0, EthAddress([0xee; 20]), fil(1));
    let hash = world.transfer(1, BOB, fil(2));
    let (_, log) = socket.pushed();
    assert_eq!(log, world.dev.ask("eth_getTransactionReceipt", json!([hash]))["logs"][0]);
}

#[test]
fn a_subscriber_hears_of_transactions_that_wait() {
    let world = World::new();
    let mut socket = Socket::open(&world);
    socket.ask("eth_subscribe", json!(["newPendingTransactions"]));
    let hash = world.transfer(0, BOB, fil(1));
    assert_eq!(socket.pushed().1, hash);
}

#[test]
fn only_who_can_be_told_subscribes_and_to_what_there_is() {
    let world = World::new();
    let refused = |kind: &str| world.dev.refused("eth_subscribe", json!([kind])).1;
    assert_eq!(refused("newHeads"), "connection doesn't support callbacks");
    assert_eq!(refused("weather"), "unsupported event type: weather");
}

#[test]
fn a_filter_tells_only_what_is_new() {
    let world = World::new();
    let dev = &world.dev;
    let logs = dev.ask("eth_newFilter", json!([{ "address": world.token, "topics": [TRANSFER] }]));
    let blocks = dev.ask("eth_newBlockFilter", json!([]));
    let pending = dev.ask("eth_newPendingTransactionFilter", json!([]));
    let changes = |id: &Value| dev.ask("eth_getFilterChanges", json!([id]));
    // The DAO minted in the latest block, which the filter begins with.
    changes(&logs);

    let hash = world.transfer(0, BOB, fil(1));
    assert_eq!(changes(&pending), json!([hash]));
    let receipt = dev.ask("eth_getTransactionReceipt", json!([hash]));
    assert_eq!(changes(&logs), receipt["logs"]);
    let new = changes(&blocks);
    assert_eq!(new.as_array().unwrap().len(), 2);
    assert_eq!(new[0], receipt["blockHash"]);
    for id in [&logs, &blocks, &pending] {
        assert_eq!(changes(id), json!([]));
    }
    let (_, words) = dev.refused("eth_getFilterLogs", json!([blocks]));
    assert_eq!(words, "wrong filter type");
    assert_eq!(dev.ask("eth_uninstallFilter", json!([logs])), true);
    assert_eq!(dev.ask("eth_uninstallFilter", json!([logs])), false);
    assert_eq!(dev.refused("eth_getFilterChanges", json!([logs])).1, "filter not found");
}

#[test]
fn a_filter_tells_the_past_that_it_asks_for() {
    let world = World::new();
    let dev = &world.dev;
    let hash = world.transfer(0, BOB, fil(1));
    let spec = json!({ "fromBlock": "0x1", "topics": [TRANSFER, topic(world.address)] });
    let id = dev.ask("eth_newFilter", json!([spec]));
    let logs = dev.ask("eth_getFilterLogs", json!([id]));
    assert_eq!(logs[0]["transactionHash"], hash);
    assert_eq!(logs.as_array().unwrap().len(), 1);
}

#[test]
fn a_filter_hears_again_of_what_took_the_place_of_a_chain_that_went_back() {
    let world = World::new();
    let dev = &world.dev;
    let id = dev.ask("eth_newFilter", json!([{ "topics": [TRANSFER, topic(world.address)] }]));
    let node = &dev.running.as_ref().unwrap().node;
    let height = node.head().height();
    world.transfer(0, BOB, fil(1));
    let first = dev.ask("eth_getFilterChanges", json!([id]));
    node.revert(height).unwrap();
    let hash = world.transfer(0, BOB, fil(2));
    let second = dev.ask("eth_getFilterChanges", json!([id]));
    assert_eq!(second[0]["transactionHash"], hash);
    assert_eq!((first.as_array().unwrap().len(), second.as_array().unwrap().len()), (1, 1));
}

#[test]
fn there_are_a_hundred_filters_at_the_most() {
    let world = World::new();
    for _ in 0..100 {
        world.dev.ask("eth_newBlockFilter", json!([]));
    }
    let (_, words) = world.dev.refused("eth_newBlockFilter", json!([]));
    assert!(words.ends_with("maximum number of filters registered"), "{words}");
}

#[test]
fn a_subscriber_who_reads_late_hears_everything() {
    let world = World::new();
    let mut socket = Socket::open(&world);
    socket.ask("eth_subscribe", json!(["newHeads"]));
    let count = 3_000;
    world.dev.ask("Fab.Mine", json!([count]));
    let first = number(&socket.pushed().1["number"]);
    for next in 1..count {
        assert_eq!(number(&socket.pushed().1["number"]), first + next);
    }
}
