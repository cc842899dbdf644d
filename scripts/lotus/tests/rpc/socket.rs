use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant};

use lotus::rpc::Limits;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{self, Message};

use crate::toy::{BODY, Client, Toy, failure, result};

fn value(channel: u64, value: u64) -> Value {
    json!({ "jsonrpc": "2.0", "method": "xrpc.ch.val", "params": [channel, value] })
}

fn close(channel: u64) -> Value {
    json!({ "jsonrpc": "2.0", "method": "xrpc.ch.close", "params": [channel] })
}

fn cancel(client: &mut Client, id: u64) {
    client.send(&json!({ "jsonrpc": "2.0", "method": "xrpc.cancel", "params": [id] }).to_string());
}

#[test]
fn calls_are_answered_with_the_errors_of_http() {
    let toy = Toy::served();
    let mut client = toy.connect("/rpc/v1");
    client.call(1, "Filecoin.ChainHead", json!([]));
    assert_eq!(client.next(), result(1, json!({ "Height": 1 })));
    client.call(2, "Filecoin.Nope", json!([]));
    assert_eq!(client.next(), failure(2, -32601, "method 'Filecoin.Nope' not found"));
    client.call(3, "Filecoin.WalletList", json!([]));
    let refused = "missing permission to invoke 'WalletList' (need 'write')";
    assert_eq!(client.next(), failure(3, 1, refused));
    client.call(4, "Fab.Panic", json!([]));
    assert_eq!(client.next()["error"]["code"], 0);
    client.send("{");
    assert_eq!(client.next(), failure(Value::Null, -32700, "Parse error"));
    client.send(r#"[{"id":5,"method":"Filecoin.NetVersion"}]"#);
    assert_eq!(client.next(), json!([result(5, json!("31415926"))]));
    let text = r#"{"id":6,"method":"Filecoin.NetVersion"}"#;
    client.socket.send(Message::binary(text.as_bytes().to_vec())).unwrap();
    assert_eq!(client.next(), result(6, json!("31415926")));
}

#[test]
fn who_names_no_id_hears_nothing() {
    let toy = Toy::served();
    let mut client = toy.connect("/rpc/v1");
    for silent in [
        r#"{"method":"Filecoin.ChainHead"}"#,
        r#"{"method":"Filecoin.Nope"}"#,
        r#"{"method":"Fab.Count","params":[3]}"#,
        r#"{"id":9,"result":1}"#,
        r#"{"method":"xrpc.cancel","params":[77]}"#,
        r#"{"method":"xrpc.cancel"}"#,
    ] {
        client.send(silent);
    }
    thread::sleep(Duration::from_millis(30));
    client.call(1, "Filecoin.NetVersion", json!([]));
    assert_eq!(client.next()["id"], 1);
}

#[test]
fn a_token_is_asked_for_at_the_door() {
    let toy = Toy::served();
    let mut client =
        toy.connect(&format!("/rpc/v0?token={}", toy.token(&lotus::auth::Permission::ALL)));
    client.call(1, "Filecoin.WalletList", json!([]));
    assert_eq!(client.next(), result(1, json!([])));
    let stream = std::net::TcpStream::connect(toy.at).unwrap();
    let refused = tungstenite::client(format!("ws://{}/rpc/v1?token=junk", toy.at), stream);
    assert!(refused.is_err_and(|error| error.to_string().contains("401")));
    let upgrade = "GET /rpc/v1 HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, close\r\n\r\n";
    assert!(toy.raw(upgrade.as_bytes()).starts_with("HTTP/1.1 400"));
}

#[test]
fn calls_of_a_connection_run_beside_each_other() {
    let toy = Toy::served();
    let mut client = toy.connect("/rpc/v1");
    let begun = Instant::now();
    for id in 0..20 {
        client.call(id, "Fab.Sleep", json!([100]));
    }
    client.call(20, "Filecoin.NetVersion", json!([]));
    assert_eq!(client.next()["id"], 20);
    let others: BTreeSet<_> = (0..20).map(|_| client.next()["id"].as_u64().unwrap()).collect();
    assert_eq!(others, (0..20).collect());
    assert!(begun.elapsed() < Duration::from_millis(1_000));
}

#[test]
fn calls_beyond_the_bound_are_read_when_others_are_done() {
    let toy = Toy::limited(Limits { running: 2, ..Limits::default() });
    let mut client = toy.connect("/rpc/v1");
    let begun = Instant::now();
    for id in 0..6 {
        client.call(id, "Fab.Sleep", json!([30]));
    }
    let answered: BTreeSet<_> = (0..6).map(|_| client.next()["id"].as_u64().unwrap()).collect();
    assert_eq!(answered, (0..6).collect());
    assert!(begun.elapsed() >= Duration::from_millis(90));
}

#[test]
fn calls_that_wait_do_not_hold_up_others_and_are_bounded() {
    let toy = Toy::limited(Limits { running: 2, waiting: 4, ..Limits::default() });
    let mut client = toy.connect("/rpc/v0");
    for id in 0..4 {
        client.call(id, "Filecoin.StateWaitMsg", json!([{}, 0]));
    }
    toy.until_waiting(4);
    client.call(4, "Filecoin.StateWaitMsg", json!([{}, 0]));
    assert!(
        client.next()["error"]["message"].as_str().unwrap().contains("4 calls of this connection")
    );
    cancel(&mut client, 2);
    assert_eq!(client.next(), failure(2, 1, "context canceled"));
    toy.until_waiting(3);
    client.call(5, "Filecoin.NetVersion", json!([]));
    assert_eq!(client.next()["id"], 5);
    drop(client);
    toy.until_waiting(0);
}

#[test]
fn a_connection_has_so_many_channels_and_subscriptions() {
    let toy = Toy::limited(Limits { listening: 2, ..Limits::default() });
    let mut client = toy.connect("/rpc/v1");
    client.call(1, "Filecoin.ChainNotify", json!([]));
    assert_eq!(client.next(), result(1, json!(1)));
    client.call(2, "eth_subscribe", json!(["newHeads"]));
    assert_eq!(client.next(), result(2, json!("0x51")));
    let full = "2 subscriptions of this connection are open already: end some, or open another \
                connection";
    for (method, params) in
        [("Filecoin.ChainNotify", json!([])), ("eth_subscribe", json!(["newHeads"]))]
    {
        client.call(3, method, params);
        assert_eq!(client.next(), failure(3, 1, full));
    }
    cancel(&mut client, 1);
    assert_eq!(client.next(), close(1));
    client.call(4, "Filecoin.ChainNotify", json!([]));
    assert_eq!(client.next(), result(4, json!(2)));
}

#[test]
fn a_channel_is_named_before_its_first_value_and_closed_after_its_last() {
    let toy = Toy::served();
    let mut client = toy.connect("/rpc/v1");
    for (id, channel) in [(7, 1), (8, 2)] {
        client.call(id, "Fab.Count", json!([3]));
        assert_eq!(client.next(), result(id, json!(channel)));
        for count in 0..3 {
            assert_eq!(client.next(), value(channel, count));
        }
        assert_eq!(client.next(), close(channel));
    }
}

#[test]
fn a_channel_ends_when_its_call_is_cancelled() {
    let toy = Toy::served();
    let mut client = toy.connect("/rpc/v1");
    client.call(7, "Filecoin.ChainNotify", json!([]));
    assert_eq!(client.next(), result(7, json!(1)));
    toy.node.head(5);
    assert_eq!(client.next(), value(1, 5));
    cancel(&mut client, 7);
    assert_eq!(client.next(), close(1));
    toy.node.head(6);
    assert!(toy.node.heads.lock().unwrap().is_empty());
}

#[test]
fn a_subscription_is_pushed_until_its_connection_ends_it() {
    let toy = Toy::served();
    let mut client = toy.connect("/rpc/v1");
    let mut other = toy.connect("/rpc/v1");
    client.call(1, "eth_subscribe", json!(["newHeads"]));
    assert_eq!(client.next(), result(1, json!("0x51")));
    toy.node.head(5);
    let params = json!({ "subscription": "0x51", "result": 5 });
    assert_eq!(
        client.next(),
        json!({ "jsonrpc": "2.0", "method": "eth_subscription", "params": params })
    );
    other.call(2, "eth_unsubscribe", json!(["0x51"]));
    assert_eq!(other.next(), failure(2, 1, "subscription not found"));
    client.call(3, "eth_unsubscribe", json!(["0x51"]));
    assert_eq!(client.next(), result(3, json!(true)));
    client.call(4, "eth_unsubscribe", json!(["0x51"]));
    assert_eq!(client.next(), failure(4, 1, "subscription not found"));
    client.call(5, "eth_subscribe", json!(["tides"]));
    assert_eq!(client.next(), failure(5, 1, "unsupported event type: tides"));
}

#[test]
fn a_ping_is_answered_and_the_server_pings() {
    let toy = Toy::served();
    let mut client = toy.connect("/rpc/v1");
    client.socket.send(Message::Ping(b"here"[..].into())).unwrap();
    let (mut pinged, mut ponged) = (false, false);
    while !(pinged && ponged) {
        match client.socket.read().unwrap() {
            Message::Ping(_) => pinged = true,
            Message::Pong(data) => ponged = data.as_ref() == b"here",
            other => panic!("{other}"),
        }
    }
}

#[test]
fn a_message_is_limited() {
    let toy = Toy::served();
    let mut client = toy.connect("/rpc/v1");
    client.send(&" ".repeat(BODY + 1));
    let ended = std::iter::from_fn(|| Some(client.socket.read()))
        .take(3)
        .any(|read| !matches!(read, Ok(Message::Ping(_))));
    assert!(ended);
    toy.connect("/rpc/v1").call(1, "Filecoin.NetVersion", json!([]));
}

#[test]
fn a_server_that_stops_takes_leave_of_its_connections() {
    let mut toy = Toy::served();
    let mut client = toy.connect("/rpc/v1");
    client.call(7, "Filecoin.ChainNotify", json!([]));
    assert_eq!(client.next(), result(7, json!(1)));
    let begun = Instant::now();
    toy.stop();
    assert!(begun.elapsed() < Duration::from_millis(500));
    let last = std::iter::from_fn(|| client.socket.read().ok()).last();
    assert!(matches!(last, Some(Message::Close(_))), "{last:?}");
}
