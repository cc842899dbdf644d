//! Many accounts that push at the same time, over HTTP and WebSocket.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use devnet::server::Mode;
use fvm_harness::{Account, Network, TokenAmount, atto};
use fvm_shared::message::Message;
use lotus::keys;
use lotus::message::{Signature, SignatureType, SignedMessage, SignedMessageJson, signing_bytes};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite;

use super::setup::Dev;

const ACCOUNTS: usize = 50;
/// Pushes that a connection has under way at the same time over WebSocket.
const WINDOW: usize = 32;

/// Messages of all accounts together: fewer than what is asked of the node by hand.
fn messages() -> usize {
    std::env::var("LOAD").map_or(2_000, |count| count.parse().unwrap())
}

fn accounts(net: &mut Network) -> Vec<Account> {
    (0..ACCOUNTS).map(|n| net.account(&format!("load/{n}"))).collect()
}

/// The messages of an account, in the order of their nonces: it pays the others in turn.
fn payments(accounts: &[Account], payer: usize, count: usize) -> Vec<SignedMessage> {
    let sign = |nonce: usize| {
        let message = Message {
            version: 0,
            from: accounts[payer].robust,
            to: accounts[(payer + 1 + nonce % (ACCOUNTS - 1)) % ACCOUNTS].robust,
            sequence: nonce as u64,
            value: atto(nonce as u64 + 1),
            method_num: 0,
            params: Default::default(),
            gas_limit: 2_500_000,
            gas_fee_cap: atto(100),
            gas_premium: atto(0),
        };
        let signed = accounts[payer].key.sign(&signing_bytes(&message).unwrap()).unwrap();
        let signature = Signature::new(SignatureType::Secp256k1, signed.bytes().to_vec());
        SignedMessage { message, signature }
    };
    (0..count).map(sign).collect()
}

fn call(id: usize, signed: &SignedMessage) -> String {
    let params = [SignedMessageJson::from(signed)];
    json!({ "jsonrpc": "2.0", "id": id, "method": "Filecoin.MpoolPush", "params": params })
        .to_string()
}

fn accepted(answer: &str) -> String {
    let answer: Value = serde_json::from_str(answer).unwrap();
    assert!(answer.get("error").is_none(), "{answer}");
    answer["result"]["/"].as_str().unwrap().to_owned()
}

/// Pushes one after the other.
fn push_over_http(url: &str, token: &str, messages: &[SignedMessage]) -> Vec<String> {
    let http: ureq::Agent = ureq::Agent::config_builder().build().into();
    let push = |(id, signed): (usize, &SignedMessage)| {
        let request = http.post(url).header("Authorization", format!("Bearer {token}"));
        let mut answer = request.send(call(id, signed)).unwrap();
        accepted(&answer.body_mut().read_to_string().unwrap())
    };
    messages.iter().enumerate().map(push).collect()
}

/// Pushes without waiting for each answer, which may come in another order.
fn push_over_websocket(url: &str, token: &str, messages: &[SignedMessage]) -> Vec<String> {
    let url = format!("{}?token={token}", url.replace("http", "ws"));
    let (mut socket, _) = tungstenite::connect(url).unwrap();
    let (mut sent, mut cids) = (0, HashMap::new());
    while cids.len() < messages.len() {
        while sent < messages.len() && sent - cids.len() < WINDOW {
            socket.send(tungstenite::Message::text(call(sent, &messages[sent]))).unwrap();
            sent += 1;
        }
        let tungstenite::Message::Text(answer) = socket.read().unwrap() else { continue };
        let id = serde_json::from_str::<Value>(&answer).unwrap()["id"].as_u64().unwrap();
        cids.insert(id, accepted(&answer));
    }
    (0..messages.len() as u64).map(|id| cids.remove(&id).unwrap()).collect()
}

/// Balance and nonce of each account.
fn books(net: &Network, accounts: &[Account]) -> Vec<(TokenAmount, u64)> {
    let book = |account: &Account| {
        let address = account.address();
        (net.balance(address), net.nonce(&address))
    };
    accounts.iter().map(book).collect()
}

/// The same messages one by one in process, each signature checked: what they come to, and in which
/// time.
fn in_process(messages: &[Vec<SignedMessage>]) -> (Vec<(TokenAmount, u64)>, Duration) {
    let mut net = Network::new(fab::actors().unwrap()).unwrap();
    let accounts = accounts(&mut net);
    let start = Instant::now();
    for n in 0..messages[0].len() {
        for of_account in messages {
            let signed = &of_account[n];
            keys::verify(signed, fvm_harness::CHAIN_ID).unwrap();
            let length = signed.chain_bytes().unwrap().len();
            let outcome = net.execute(signed.message.clone(), length).unwrap();
            assert!(outcome.exit_code.is_success(), "{outcome}");
        }
    }
    let elapsed = start.elapsed();
    (books(&net, &accounts), elapsed)
}

#[test]
fn messages_of_many_accounts_are_all_included_once_and_in_order() {
    let each = messages() / ACCOUNTS;
    let dev = Dev::free_gas(Mode::Interval(Duration::from_secs(1)));
    let node = dev.node();
    let accounts = node.intervene(|net| Ok(accounts(net))).unwrap();
    let messages: Vec<_> = (0..ACCOUNTS).map(|n| payments(&accounts, n, each)).collect();
    let (expected, serial) = in_process(&messages);

    let start = Instant::now();
    let cids: Vec<Vec<String>> = std::thread::scope(|scope| {
        let push = |(n, messages): (usize, &Vec<SignedMessage>)| {
            let (url, token, messages) = (dev.url.clone(), dev.token.clone(), messages.clone());
            scope.spawn(move || match n % 2 {
                0 => push_over_http(&url, &token, &messages),
                _ => push_over_websocket(&url, &token, &messages),
            })
        };
        let pushing: Vec<_> = messages.iter().enumerate().map(push).collect();
        pushing.into_iter().map(|pushed| pushed.join().unwrap()).collect()
    });
    while !node.pool().is_empty() {
        std::thread::sleep(Duration::from_millis(10));
    }
    let taken = start.elapsed();
    node.mine().unwrap();

    let mut next = vec![0_usize; ACCOUNTS];
    let mut included = 0;
    let mut tipset = Some(node.head());
    let mut chain = vec![];
    while let Some(at) = tipset {
        tipset = at
            .header
            .parents
            .first()
            .map(|_| node.tipset(&lotus::block::TipsetKey(at.header.parents.clone())).unwrap());
        chain.push(at);
    }
    for tipset in chain.iter().rev() {
        for signed in tipset.messages(node.store()).unwrap() {
            let payer = accounts.iter().position(|a| a.robust == signed.message.from).unwrap();
            assert_eq!(signed.message.sequence, next[payer] as u64, "account {payer}");
            assert_eq!(signed.cid().unwrap().to_string(), cids[payer][next[payer]]);
            next[payer] += 1;
            included += 1;
        }
    }
    assert_eq!(included, ACCOUNTS * each, "messages on the chain");
    for cid in cids.iter().flatten() {
        let found = node.lookup(&cid.parse().unwrap()).unwrap().expect("a message on the chain");
        assert!(found.receipt.exit_code.is_success());
    }
    let net = node.view(&node.head()).network().unwrap();
    assert_eq!(books(&net, &accounts), expected, "the state is that of a serial run");

    let rate = |time: Duration| included as f64 / time.as_secs_f64();
    println!(
        "{included} messages of {ACCOUNTS} accounts: {:.0}/s through the node, {:.0}/s in process",
        rate(taken),
        rate(serial)
    );
}
