//! A node in a process of its own, which is killed at work.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use cid::Cid;
use devnet::chain::Settings;
use devnet::node::Node;
use devnet::server::{Config, Mode, Running, start};
use fvm_harness::{Account, Actors, Key, OFFICIAL, TokenAmount, atto};
use fvm_shared::address::Address;
use fvm_shared::message::Message;
use lotus::block::ReceiptJson;
use lotus::message::{Signature, SignatureType, SignedMessage, SignedMessageJson, signing_bytes};
use lotus::rpc::Limits;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::payer::link;

/// Names the directory of a node to the process that is to be killed.
const VICTIM: &str = "FAB_VICTIM";
const TEST: &str = "node::kill::what_was_answered_for_outlives_a_node_that_is_killed";
const CLIENTS: usize = 4;
/// Milliseconds in which a node works before it is killed, at the most.
const LIFE: u64 = 800;
/// In which a node starts.
const PATIENCE: Duration = Duration::from_secs(120);

fn config(dir: &Path, mode: Mode) -> Config {
    Config {
        listen: ([127, 0, 0, 1], 0).into(),
        mode,
        repo: dir.to_owned(),
        keep: true,
        chain: Settings {
            name: "kill".into(),
            genesis_time: 0,
            base_fee: Some(atto(0)),
            import: None,
        },
        limits: Limits::default(),
    }
}

/// Goes on with the chain of a directory until the process is killed.
fn serve(dir: &Path) -> ! {
    let runtime = Runtime::new().unwrap();
    let of_the_chain = Actors::stored(vec![], |_| Ok(None)).unwrap();
    let config = config(dir, Mode::Interval(Duration::from_millis(20)));
    let _running = runtime.block_on(start(config, &of_the_chain)).unwrap();
    loop {
        thread::park();
    }
}

/// A process that serves.
struct Victim {
    process: Child,
    address: SocketAddr,
}

impl Victim {
    fn start(dir: &Path) -> Self {
        let mut process = Command::new(env::current_exe().unwrap())
            .args([TEST, "--exact", "--nocapture"])
            .env(VICTIM, dir)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let begun = Instant::now();
        loop {
            // The node that is dead has left its own address there.
            if let Ok(api) = fs::read_to_string(dir.join("api")) {
                let port = api.split('/').nth(4).unwrap().parse().unwrap();
                return Victim { process, address: ([127, 0, 0, 1], port).into() };
            }
            let ended = process.try_wait().unwrap().is_some();
            if ended || begun.elapsed() > PATIENCE {
                let _ = process.kill();
                process.wait().unwrap();
                panic!("the node does not start");
            }
            thread::sleep(Duration::from_millis(5));
        }
    }

    fn kill(mut self, dir: &Path) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        fs::remove_file(dir.join("api")).unwrap();
    }
}

/// An account whose messages all pay one address.
struct Client {
    account: Account,
    /// Messages that the node answered for, by their nonces.
    pushed: Vec<Cid>,
    /// What the node told of the first of them: the answers of `StateSearchMsg`.
    found: Vec<Value>,
}

fn sink() -> Address {
    Key::secp256k1("sink").address().unwrap()
}

impl Client {
    fn message(&self, nonce: u64) -> SignedMessage {
        let message = Message {
            version: 0,
            from: self.account.robust,
            to: sink(),
            sequence: nonce,
            value: atto(nonce + 1),
            method_num: 0,
            params: Default::default(),
            gas_limit: 10_000_000,
            gas_fee_cap: atto(100),
            gas_premium: atto(0),
        };
        let signed = self.account.key.sign(&signing_bytes(&message).unwrap()).unwrap();
        let signature = Signature::new(SignatureType::Secp256k1, signed.bytes().to_vec());
        SignedMessage { message, signature }
    }

    /// Pushes, and asks for what became of it, until the node is gone.
    fn work(&mut self, address: SocketAddr, token: &str) {
        let http: ureq::Agent = ureq::Agent::config_builder().build().into();
        let ask = |method: &str, params: Value| -> Option<Value> {
            let call = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
            let request = http.post(format!("http://{address}/rpc/v1"));
            let request = request.header("Authorization", format!("Bearer {token}"));
            let mut answer = request.send(call.to_string()).ok()?;
            let answer: Value =
                serde_json::from_str(&answer.body_mut().read_to_string().ok()?).ok()?;
            assert!(answer.get("error").is_none(), "{method}: {answer}");
            Some(answer["result"].clone())
        };
        loop {
            let signed = self.message(self.pushed.len() as u64);
            let json = json!([SignedMessageJson::from(&signed)]);
            if ask("Filecoin.MpoolPush", json).is_none() {
                return;
            }
            self.pushed.push(signed.cid().unwrap());
            let next = link(&self.pushed[self.found.len()]);
            match ask("Filecoin.StateSearchMsg", json!([[], next, -1, true])) {
                None => return,
                Some(Value::Null) => {}
                Some(found) => self.found.push(found),
            }
        }
    }

    /// Checks that the node has all that it answered for. Returns how many messages wait.
    fn check(&mut self, node: &Node) -> usize {
        let next = node.next_nonce(&self.account.robust).unwrap().unwrap();
        let unanswered = self.message(self.pushed.len() as u64).cid().unwrap();
        if next > self.pushed.len() as u64 {
            self.pushed.push(unanswered);
        }
        assert_eq!(next, self.pushed.len() as u64, "messages that the node has");
        for (cid, found) in self.pushed.iter().zip(&self.found) {
            let lookup = node.lookup(cid).unwrap().expect("a receipt that was told of");
            assert_eq!(json!(ReceiptJson::from(&lookup.receipt)), found["Receipt"]);
            assert_eq!(json!(lookup.tipset.key()), found["TipSet"]);
        }
        let waits = |cid: &&Cid| {
            let waits = node.pool().message(cid).is_some();
            let included = node.db().placement(cid).unwrap().is_some();
            assert!(waits != included, "{cid} waits: {waits}, is included: {included}");
            waits
        };
        self.pushed.iter().filter(waits).count()
    }
}

/// Checks that each message is on the chain once, in order, and that the state is what comes of them.
fn audit(node: &Node, clients: &[Client], funds: &TokenAmount) {
    let (mut next, mut paid) = (vec![0_usize; clients.len()], vec![atto(0); clients.len()]);
    let mut above = node.tipset_at_or_above(0).unwrap();
    while let Some(tipset) = above {
        for signed in tipset.messages(node.store()).unwrap() {
            let of = |client: &Client| client.account.robust == signed.message.from;
            let payer = clients.iter().position(of).unwrap();
            assert_eq!(signed.message.sequence, next[payer] as u64);
            assert_eq!(signed.cid().unwrap(), clients[payer].pushed[next[payer]]);
            let lookup = node.lookup(&signed.cid().unwrap()).unwrap().expect("a receipt");
            assert!(lookup.receipt.exit_code.is_success());
            next[payer] += 1;
            paid[payer] += &signed.message.value;
        }
        above = node.tipset_at_or_above(tipset.height() + 1).unwrap();
    }
    let balance = |address: &Address| {
        let sender = node.sender(address).unwrap();
        sender.map(|sender| sender.balance).unwrap_or_default()
    };
    for ((client, next), paid) in clients.iter().zip(&next).zip(&paid) {
        assert_eq!(*next, client.pushed.len(), "messages on the chain");
        assert_eq!(balance(&client.account.robust), funds - paid);
    }
    assert_eq!(balance(&sink()), paid.iter().sum());
}

/// Has a node in this process, for a while.
fn with_node<T>(dir: &Path, actors: &Actors, work: impl FnOnce(&Node) -> T) -> T {
    let runtime = Runtime::new().unwrap();
    let running: Running = runtime.block_on(start(config(dir, Mode::Manual), actors)).unwrap();
    let done = work(&running.node);
    runtime.block_on(running.stop()).unwrap();
    done
}

#[test]
fn what_was_answered_for_outlives_a_node_that_is_killed() {
    if let Some(dir) = env::var_os(VICTIM) {
        serve(&PathBuf::from(dir));
    }
    let dir = env::temp_dir().join(format!("fab-kill-{}", std::process::id()));
    let kills: u64 = env::var("KILLS").map_or(5, |kills| kills.parse().unwrap());
    // What compiles sooner.
    let mut actors = fab::actors().unwrap().clone();
    actors.entries.truncate(OFFICIAL.len());
    let mut clients: Vec<_> = with_node(&dir, &actors, |node| {
        let accounts = |n| node.intervene(|net| Ok(net.account(&format!("client/{n}")))).unwrap();
        let client = |n| Client { account: accounts(n), pushed: vec![], found: vec![] };
        (0..CLIENTS).map(client).collect()
    });
    let token = fs::read_to_string(dir.join("token")).unwrap();
    let (mut waited, start) = (0, Instant::now());
    for seed in 0..kills {
        let life = StdRng::seed_from_u64(seed).random_range(0..LIFE);
        let victim = Victim::start(&dir);
        thread::scope(|scope| {
            for client in &mut clients {
                let (address, token) = (victim.address, &token);
                scope.spawn(move || client.work(address, token));
            }
            thread::sleep(Duration::from_millis(life));
            victim.kill(&dir);
        });
        with_node(&dir, &actors, |node| {
            waited += clients.iter_mut().map(|client| client.check(node)).sum::<usize>();
            node.mine_some(2).unwrap();
            audit(node, &clients, &TokenAmount::from_whole(100_000));
        });
    }
    let pushed: usize = clients.iter().map(|client| client.pushed.len()).sum();
    let found: usize = clients.iter().map(|client| client.found.len()).sum();
    assert!(pushed > 0 && found > 0 && waited > 0, "{pushed} pushed, {found} told, {waited} wait");
    fs::remove_dir_all(&dir).unwrap();
    println!(
        "killed {kills} times in {:.0} s: {pushed} messages, {found} receipts told, {waited} \
         messages waited when the node was killed; none is lost, none is there twice",
        start.elapsed().as_secs_f64()
    );
}
