use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use lotus::auth::Permission::{self, Admin, Read as ReadOnly, Sign, Write as WriteTo};
use lotus::rpc::Limits;
use serde_json::{Value, json};

use crate::toy::{BODY, Toy, failure, result};

const HEAD: &str = r#"{"jsonrpc":"2.0","id":1,"method":"Filecoin.ChainHead","params":[]}"#;

#[test]
fn requests_are_answered_as_lotus_answers_them() {
    let toy = Toy::served();
    let head = json!({ "Height": 1 });
    let null = Value::Null;
    let array = "unmarshaling param array: json: cannot unmarshal object into Go value of type []jsonrpc.param";
    let replies = [
        ("", 400, failure(null.clone(), -32600, "Invalid request")),
        ("{", 500, failure(null.clone(), -32700, "Parse error")),
        ("[]", 400, failure(null.clone(), -32600, "Invalid request")),
        ("[1]", 500, failure(null.clone(), -32700, "Parse error")),
        ("null", 500, failure(null.clone(), -32601, "method '' not found")),
        (HEAD, 200, result(1, head.clone())),
        (r#"{"id":1,"method":"Filecoin.ChainHead","params":null}"#, 200, result(1, head.clone())),
        (r#"{"id":1.5,"method":"Filecoin.ChainHead"}"#, 200, result(1.5, head)),
        (r#"{"id":1,"method":"Filecoin.ChainHead","params":{}}"#, 500, failure(1, -32700, array)),
        (
            r#"{"id":1,"method":"Filecoin.ChainHead","params":[1]}"#,
            500,
            failure(1, -32602, "wrong param count (method 'Filecoin.ChainHead'): 1 != 0"),
        ),
        (
            r#"{"id":"a","method":"Filecoin.Nope","params":[]}"#,
            500,
            failure("a", -32601, "method 'Filecoin.Nope' not found"),
        ),
        (
            r#"{"id":true,"method":"Filecoin.ChainHead"}"#,
            500,
            failure(null.clone(), -32700, "failed to parse ID: invalid id type: bool"),
        ),
        (r#"{"id":1,"method":5}"#, 500, failure(1, -32700, "Parse error")),
        (r#"{"method":"Filecoin.ChainHead"}"#, 200, null.clone()),
        (r#"{"method":"Filecoin.WalletList"}"#, 200, null.clone()),
        (
            r#"{"method":"Filecoin.Nope"}"#,
            500,
            failure(null, -32601, "method 'Filecoin.Nope' not found"),
        ),
        (
            r#"{"id":1,"method":"Filecoin.ChainNotify","params":[]}"#,
            500,
            failure(
                1,
                -32601,
                "method 'Filecoin.ChainNotify' not supported in this mode (no out channel support)",
            ),
        ),
        (
            r#"{"id":1,"method":"Filecoin.WalletBalance","params":["x"]}"#,
            500,
            failure(
                1,
                -32700,
                "unmarshaling params for 'Filecoin.WalletBalance' (param: *address.Address): invalid address length",
            ),
        ),
        (
            r#"{"id":1,"method":"Filecoin.WalletList","params":[]}"#,
            200,
            failure(1, 1, "missing permission to invoke 'WalletList' (need 'write')"),
        ),
        (
            r#"{"id":1,"method":"Filecoin.WalletList","params":[1]}"#,
            500,
            failure(1, -32602, "wrong param count (method 'Filecoin.WalletList'): 1 != 0"),
        ),
        (
            r#"{"id":1,"method":"Fab.Advance","params":[5]}"#,
            200,
            failure(1, 1, "missing permission to invoke 'Advance' (need 'admin')"),
        ),
        (
            r#"{"id":1,"method":"eth_subscribe","params":["newHeads"]}"#,
            200,
            failure(1, 1, "connection doesn't support callbacks"),
        ),
        (
            r#"{"id":1,"method":"eth_unsubscribe","params":["0x1"]}"#,
            200,
            failure(1, 1, "subscription not found"),
        ),
    ];
    for (body, status, reply) in replies {
        assert_eq!(toy.post(body), (status, reply), "{body}");
    }
}

#[test]
fn a_request_without_a_body_is_invalid_whatever_its_verb() {
    let toy = Toy::served();
    for verb in ["GET", "HEAD", "POST", "PUT", "DELETE"] {
        let reply = toy.raw(
            format!("{verb} /rpc/v1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").as_bytes(),
        );
        assert!(reply.starts_with("HTTP/1.1 400"), "{verb}: {reply}");
    }
    let missing = toy.raw(b"POST /rpc/v9 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert!(missing.starts_with("HTTP/1.1 404") && missing.ends_with("404 page not found\n"));
    for path in ["livez", "readyz"] {
        let health = format!("GET /health/{path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        assert!(toy.raw(health.as_bytes()).starts_with("HTTP/1.1 200"));
    }
}

#[test]
fn the_names_of_ethereum_are_known() {
    let toy = Toy::served();
    let reply = toy.post(r#"{"id":1,"method":"net_version"}"#);
    assert_eq!(reply, (200, result(1, json!("31415926"))));
    let counted = toy.post(r#"{"id":1,"method":"net_version","params":[0]}"#);
    let text = "wrong param count (method 'net_version'): 1 != 0";
    assert_eq!(counted, (500, failure(1, -32602, text)));
    let absent = toy.post(r#"{"id":1,"method":"eth_getCode","params":[]}"#);
    assert_eq!(absent, (500, failure(1, -32601, "method 'eth_getCode' not found")));
    let raw = toy.post(r#"{"id":1,"method":"eth_feeHistory","params":{"any":[1]}}"#);
    assert_eq!(raw, (200, result(1, json!({ "any": [1] }))));
    let (_, reverted) = toy.post(r#"{"id":1,"method":"eth_estimateGas","params":[]}"#);
    let error = json!({ "code": 3, "message": "message execution failed", "data": "0xab" });
    assert_eq!(reverted["error"], error);
}

#[test]
fn endpoints_differ_where_their_methods_do() {
    let toy = Toy::served();
    let version = r#"{"id":1,"method":"Filecoin.Version"}"#;
    let at = |path| serde_json::from_str::<Value>(&toy.send(path, &[], version).1).unwrap();
    assert_eq!(at("/rpc/v0"), result(1, json!(66816)));
    assert_eq!(at("/rpc/v1"), result(1, json!(131840)));
    assert_eq!(at("/"), at("/rpc/v1"));
    let wait = r#"{"id":1,"method":"Filecoin.StateWaitMsg","params":[]}"#;
    assert!(toy.send("/rpc/v0", &[], wait).1.contains("0 != 2"));
    assert!(toy.send("/rpc/v1", &[], wait).1.contains("0 != 4"));
}

#[test]
fn only_a_token_of_the_node_is_taken() {
    let toy = Toy::served();
    let admin = toy.token(&[Admin]);
    for header in [
        "Bearer junk",
        "junk",
        "Bearer ",
        &admin,
        &format!("bearer {admin}"),
        &format!("Bearer {admin}x"),
    ] {
        assert_eq!(toy.send("/rpc/v1", &[("Authorization", header)], HEAD), (401, String::new()));
    }
    assert_eq!(toy.send("/rpc/v1?token=junk", &[], HEAD), (401, String::new()));
    let list = r#"{"id":1,"method":"Filecoin.WalletList"}"#;
    let path = format!("/rpc/v1?a=b&token={}", toy.token(&Permission::ALL));
    let (status, reply) = toy.send(&path, &[], list);
    assert_eq!((status, serde_json::from_str(&reply).unwrap()), (200, result(1, json!([]))));
}

#[test]
fn a_caller_may_call_what_its_token_names_and_nothing_else() {
    let toy = Toy::served();
    let calls = [
        (ReadOnly, "Filecoin.ChainHead", "[]"),
        (WriteTo, "Filecoin.WalletList", "[]"),
        (Sign, "Filecoin.WalletSign", r#"["t01",""]"#),
        (Admin, "Fab.Advance", "[9]"),
    ];
    for bits in 0..16_u8 {
        let granted: Vec<_> = Permission::ALL
            .into_iter()
            .filter(|permission| bits & 1 << *permission as u8 != 0)
            .collect();
        let token = format!("Bearer {}", toy.token(&granted));
        for (needs, method, params) in calls {
            let body = format!(r#"{{"id":1,"method":"{method}","params":{params}}}"#);
            let (status, reply) = toy.post_with(&[("Authorization", &token)], &body);
            let refused = reply["error"]["message"].as_str().unwrap_or_default();
            assert_eq!(status, 200);
            assert_eq!(
                refused.is_empty(),
                granted.contains(&needs),
                "{granted:?} {method} {reply}"
            );
            assert!(refused.is_empty() || refused.starts_with("missing permission to invoke"));
        }
    }
}

#[test]
fn a_batch_is_answered_in_order_without_its_notifications() {
    let toy = Toy::served();
    let reply = toy.post(
        r#"[{"method":"Filecoin.ChainHead"}, {"id":1,"method":"Filecoin.Nope"},
            {"id":[],"method":"a"}, {"id":2,"method":"Filecoin.NetVersion"}, {"method":"Filecoin.ChainHead"}]"#,
    );
    let replies = json!([
        failure(1, -32601, "method 'Filecoin.Nope' not found"),
        failure(Value::Null, -32700, "failed to parse ID: invalid id type: []interface {}"),
        result(2, json!("31415926")),
    ]);
    assert_eq!(reply, (200, replies));
    assert_eq!(toy.post(r#"[{"method":"Filecoin.ChainHead"}]"#), (200, Value::Null));
}

#[test]
fn a_batch_has_a_thousand_calls_at_most() {
    let toy = Toy::limited(Limits::default());
    let batch = |calls: usize| format!("[{}]", vec![HEAD; calls].join(","));
    let (status, replies) = toy.post(&batch(1_000));
    assert_eq!((status, replies.as_array().unwrap().len()), (200, 1_000));
    let text = "batch of 1001 calls: send 1000 at most, and the others after it";
    assert_eq!(toy.post(&batch(1_001)), (400, failure(Value::Null, -32600, text)));
}

#[test]
fn a_batch_is_answered_until_its_replies_are_too_long() {
    let toy = Toy::limited(Limits { replies: 60, ..Limits::default() });
    let call = |id: u64| format!(r#"{{"id":{id},"method":"Filecoin.NetVersion"}}"#);
    let unheard = r#"{"method":"Filecoin.NetVersion"}"#;
    let batch = format!("[{},{},{unheard},{}]", call(1), call(2), call(3));
    let text = "the replies before have 60 bytes already: ask in another batch";
    let version = |id: u64| result(id, json!("31415926"));
    let replies = json!([version(1), version(2), failure(3, -32003, text)]);
    assert_eq!(toy.post(&batch), (200, replies));
}

#[test]
fn a_body_may_be_of_any_content_type() {
    let toy = Toy::served();
    for kind in ["application/json", "application/x-www-form-urlencoded", "text/plain"] {
        assert_eq!(toy.post_with(&[("Content-Type", kind)], HEAD).0, 200, "{kind}");
    }
}

#[test]
fn a_body_is_limited() {
    let toy = Toy::served();
    let fits = format!("{HEAD}{}", " ".repeat(BODY - HEAD.len()));
    assert_eq!(toy.post(&fits).0, 200);
    let text = format!("request bigger than maximum {BODY} allowed");
    assert_eq!(toy.post(&format!("{fits} ")), (500, failure(Value::Null, -32700, &text)));
    let token = format!("Bearer {}", toy.token(&[ReadOnly, WriteTo]));
    let longer = format!("{HEAD}{}", " ".repeat(2 * BODY - HEAD.len()));
    assert_eq!(toy.post_with(&[("Authorization", &token)], &longer).0, 200);
    let endless = format!(
        "POST /rpc/v1 HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999999\r\n\r\n{}",
        "a".repeat(3 * BODY)
    );
    assert!(toy.raw(endless.as_bytes()).contains(&text));
    assert_eq!(toy.post(HEAD).0, 200);
}

#[test]
fn a_page_of_any_origin_may_read() {
    let toy = Toy::served();
    let ask =
        "OPTIONS /rpc/v1 HTTP/1.1\r\nHost: a\r\nOrigin: https://dapp\r\nConnection: close\r\n\r\n";
    let preflight = toy.raw(ask.as_bytes());
    assert!(preflight.starts_with("HTTP/1.1 204"), "{preflight}");
    for header in [
        "access-control-allow-origin: *",
        "access-control-allow-methods: GET, POST, OPTIONS",
        "access-control-allow-headers: Accept, Content-Type,",
        "access-control-allow-private-network: true",
    ] {
        assert!(preflight.contains(header), "{preflight}");
    }
    let length = HEAD.len();
    let post = format!(
        "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{HEAD}"
    );
    assert!(toy.raw(post.as_bytes()).contains("access-control-allow-origin: *"));
}

#[test]
fn a_panic_is_an_answer_and_the_node_goes_on() {
    let toy = Toy::served();
    for (method, panic) in [("Fab.Panic", "boom"), ("Fab.LatePanic", "late")] {
        let reply = toy.post(&format!(r#"{{"id":1,"method":"{method}"}}"#));
        let text =
            format!("fatal error calling '{method}': panic in rpc method '{method}': {panic}");
        assert_eq!(reply, (500, failure(1, 0, &text)));
    }
    assert_eq!(toy.post(HEAD).0, 200);
}

#[test]
fn who_sends_slowly_is_cut_off() {
    let patience = Duration::from_millis(50);
    let toy = Toy::limited(Limits { headers: patience, pause: patience, ..Limits::default() });
    assert_eq!(toy.raw(b"POST /rpc/v1 HTTP/1.1\r\nHost"), "");
    let reply = toy.raw(
        b"POST /rpc/v1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 9\r\n\r\n{",
    );
    assert!(reply.contains("reading request: nothing came for 50ms"), "{reply}");
}

#[test]
fn a_call_is_dropped_with_its_connection() {
    let toy = Toy::served();
    let body = r#"{"id":1,"method":"Filecoin.StateWaitMsg","params":[{},0,0,true]}"#;
    let mut stream = TcpStream::connect(toy.at).unwrap();
    let length = body.len();
    write!(stream, "POST /rpc/v1 HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n{body}")
        .unwrap();
    toy.until_waiting(1);
    drop(stream);
    toy.until_waiting(0);
}

#[test]
fn a_server_that_stops_answers_what_it_has_begun() {
    let mut toy = Toy::served();
    let body = r#"{"id":1,"method":"Filecoin.StateWaitMsg","params":[{},0,0,true]}"#;
    let mut waiting = TcpStream::connect(toy.at).unwrap();
    let length = body.len();
    write!(waiting, "POST /rpc/v1 HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n{body}")
        .unwrap();
    toy.until_waiting(1);
    let mut busy = TcpStream::connect(toy.at).unwrap();
    let body = r#"{"id":1,"method":"Fab.Sleep","params":[100]}"#;
    let length = body.len();
    write!(busy, "POST /rpc/v1 HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n{body}")
        .unwrap();
    thread::sleep(Duration::from_millis(30));
    toy.stop();
    let (mut cancelled, mut answered) = (String::new(), String::new());
    waiting.read_to_string(&mut cancelled).unwrap();
    busy.read_to_string(&mut answered).unwrap();
    assert!(cancelled.contains("context canceled"), "{cancelled}");
    assert!(answered.contains(r#""result":100"#), "{answered}");
    assert!(TcpStream::connect(toy.at).is_err());
}
