use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;
use tokio_tungstenite::tungstenite::Message;

use crate::toy::{Toy, result};

const REQUESTS: [&str; 4] = [
    r#"{"jsonrpc":"2.0","id":1,"method":"Filecoin.ChainHead","params":[]}"#,
    r#"[{"id":"a","method":"eth_feeHistory","params":[{"x":[1,2.5e3,null]}]},{"method":"net_version"}]"#,
    r#"{"id":null,"method":"Filecoin.WalletBalance","params":["t01"]}"#,
    r#"{"id":-7,"method":"Filecoin.WalletSign","params":["t3é\u00e9",""]}"#,
];
const SPICE: [&[u8]; 12] = [
    b"[",
    b"]",
    b"{",
    b"}",
    b"\"",
    b"\\",
    b",",
    b"null",
    b"1e999",
    b"\xff\xfe",
    b"\\ud800",
    b"[[[[[[[[",
];

/// A request with a few bytes changed, dropped, put in or said again.
fn mutated(random: &mut StdRng) -> Vec<u8> {
    let mut body = REQUESTS[random.random_range(0..REQUESTS.len())].as_bytes().to_vec();
    for _ in 0..random.random_range(1..5) {
        let at = random.random_range(0..=body.len());
        let to = random.random_range(at..=body.len());
        match random.random_range(0..4) {
            0 => drop(body.drain(at..to)),
            1 => drop(
                body.splice(at..at, SPICE[random.random_range(0..SPICE.len())].iter().copied()),
            ),
            2 => body.extend_from_within(at..to),
            _ => body.iter_mut().skip(at).take(1).for_each(|byte| *byte = random.random()),
        }
    }
    body
}

/// A connection that is kept.
struct Kept(BufReader<TcpStream>);

impl Kept {
    fn to(toy: &Toy) -> Kept {
        let stream = TcpStream::connect(toy.at).unwrap();
        stream.set_nodelay(true).unwrap();
        Kept(BufReader::new(stream))
    }

    /// The text of the reply to a body.
    fn post(&mut self, body: &[u8]) -> String {
        let mut request =
            format!("POST /rpc/v1 HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n", body.len())
                .into_bytes();
        request.extend(body);
        self.0.get_mut().write_all(&request).unwrap();
        let (mut length, mut line) = (0, String::new());
        while line != "\r\n" {
            line.clear();
            self.0.read_line(&mut line).unwrap();
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.trim().parse().unwrap();
            }
        }
        let mut text = vec![0; length];
        self.0.read_exact(&mut text).unwrap();
        String::from_utf8(text).unwrap()
    }
}

#[test]
fn no_body_stops_the_server_or_gets_a_reply_that_is_no_json() {
    let toy = Toy::served();
    let mut kept = Kept::to(&toy);
    let mut random = StdRng::seed_from_u64(5);
    for _ in 0..1_500 {
        let body = mutated(&mut random);
        let reply = kept.post(&body);
        let json = serde_json::from_str::<Value>(&reply);
        assert!(reply.is_empty() || json.is_ok(), "{:?}: {reply}", String::from_utf8_lossy(&body));
    }
    assert_eq!(toy.post(REQUESTS[0]).0, 200);
}

#[test]
fn no_message_ends_a_connection() {
    let toy = Toy::served();
    let mut client = toy.connect("/rpc/v1");
    let mut random = StdRng::seed_from_u64(6);
    for _ in 0..500 {
        client.socket.send(Message::binary(mutated(&mut random))).unwrap();
    }
    client.send(r#"{"id":"last","method":"Filecoin.NetVersion"}"#);
    while client.next() != result("last", "31415926".into()) {}
}

#[test]
fn no_bytes_stop_the_server() {
    let toy = Toy::served();
    let mut random = StdRng::seed_from_u64(7);
    for _ in 0..50 {
        let mut bytes =
            b"POST /rpc/v1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}"
                .to_vec();
        let at = random.random_range(0..20);
        bytes[at] = random.random();
        bytes.extend(b"\r\n\r\n");
        let mut stream = TcpStream::connect(toy.at).unwrap();
        stream.write_all(&bytes).unwrap();
    }
    assert_eq!(toy.post(REQUESTS[0]).0, 200);
}

#[test]
fn json_is_read_however_deep_it_is() {
    let toy = Toy::served();
    let deep = format!(r#"{{"id":1,"method":"eth_feeHistory","params":{}"#, "[".repeat(9_000));
    assert_eq!(toy.post(&deep).0, 500);
    let closed = format!("{deep}{}}}", "]".repeat(9_000));
    assert!(toy.post(&closed).1["error"]["message"].as_str().unwrap().contains("recursion limit"));
}

/// A figure rather than a rule: how many small requests a second four clients get through.
#[test]
fn small_requests_are_answered_by_the_thousand() {
    let toy = Toy::served();
    let begun = Instant::now();
    let each = 2_000;
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut kept = Kept::to(&toy);
                for _ in 0..each {
                    assert!(kept.post(REQUESTS[0].as_bytes()).contains("Height"));
                }
            });
        }
    });
    let spent = begun.elapsed();
    println!("{:.0} requests a second", f64::from(4 * each) / spent.as_secs_f64());
    assert!(spent < Duration::from_secs(8));
}
