//! A node like Lotus over a network in process: it keeps a key, a pool and receipts, and can be cut off at
//! any request.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::spawn;

use ::lotus::json::{Addr, Atto, Link, NullableBase64, parse_address};
use ::lotus::message::{MessageJson, SignedMessage, SignedMessageJson};
use cid::Cid;
use fvm_harness::{Call, Key, Network, TokenAmount, atto};
use fvm_ipld_encoding::{from_slice, to_vec};
use fvm_shared::address::Address;
use fvm_shared::crypto::signature::Signature;
use fvm_shared::message::Message;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use shared::ext::init::{EXEC, ExecParams};

use crate::deploy::steps::{INIT, INSTALL, InstallParams, InstallReturn};
use crate::node::endpoint::Endpoint;

pub const TOKEN: &str = "secret";
/// AttoFIL that a unit of gas burns.
const BASE_FEE: u64 = 100;

/// How the network's Init behaves.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Init {
    /// It creates what the manifest lists, as ours does.
    Lists,
    /// It admits official codes alone.
    Official,
    /// It takes code by messages of so many bytes.
    Installs(usize),
}

/// When a node is cut off: before it does what it is asked, or after, with its answer lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Death {
    Before,
    After,
}

pub struct Node {
    pub net: Network,
    pub init: Init,
    pub name: &'static str,
    pub genesis: Cid,
    pub deployer: Address,
    key: Key,
    height: i64,
    pub pool: Vec<SignedMessage>,
    /// Messages that the node has the bytes of.
    pub known: BTreeSet<Cid>,
    ran: BTreeMap<Cid, (Value, i64)>,
    /// All that ran, with the exit codes.
    pub log: Vec<(Message, u32)>,
    installed: BTreeSet<Cid>,
    /// The methods of all requests.
    pub asked: Vec<String>,
    /// Cut off at this request from now on.
    pub dies: Option<(usize, Death)>,
}

type Answer = Result<Value, String>;

impl Node {
    pub fn new(init: Init) -> Self {
        let mut net = Network::new(crate::actors().unwrap()).unwrap();
        net.set_base_fee(atto(BASE_FEE));
        let deployer = net.account("deployer");
        // An account that was used before, so that no nonce is what it is by default.
        net.run(Call::new(deployer.robust, deployer.robust)).ok();
        Node {
            net,
            init,
            name: "localnet",
            genesis: ::lotus::cid_of(b"genesis"),
            deployer: deployer.robust,
            key: deployer.key,
            height: 10,
            pool: vec![],
            known: BTreeSet::new(),
            ran: BTreeMap::new(),
            log: vec![],
            installed: BTreeSet::new(),
            asked: vec![],
            dies: None,
        }
    }

    /// How many messages that create an actor of this name ran well.
    pub fn created(&self, actor: &str) -> usize {
        let code = self.net.actors().code(actor);
        let creates = |message: &Message| {
            let params = from_slice::<ExecParams>(&message.params);
            message.to == INIT && message.method_num == EXEC && params.unwrap().code_cid == code
        };
        self.log.iter().filter(|(message, exit)| *exit == 0 && creates(message)).count()
    }

    pub fn pushes(&self) -> usize {
        self.asked.iter().filter(|method| *method == "MpoolPush").count()
    }

    /// The deployer sends something else, which uses a nonce.
    pub fn send_something(&mut self) {
        self.net.run(Call::new(self.deployer, self.deployer)).ok();
    }

    /// All that the deployer has goes elsewhere, but for what a message costs.
    pub fn drain(&mut self) {
        let most = self.net.balance(self.deployer) - TokenAmount::from_atto(1_000_000_000);
        let faucet = Address::new_id(100);
        self.net.implicit(Call::new(self.deployer, faucet).value(most)).ok();
    }

    /// The node is restored from a snapshot.
    pub fn forget(&mut self) {
        self.known.clear();
        self.ran.clear();
    }

    /// The node takes a message by another way.
    pub fn take(&mut self, signed: Value) {
        self.push(read(&signed)).unwrap();
    }

    pub fn sign(&self, message: Message) -> SignedMessage {
        let signature = self.key.sign(&::lotus::message::signing_bytes(&message).unwrap());
        SignedMessage { message, signature: signature.unwrap().into() }
    }

    fn head(&self) -> Value {
        let block = json!({ "ParentBaseFee": Atto(atto(BASE_FEE)) });
        json!({ "Cids": [Link(self.genesis)], "Blocks": [block], "Height": self.height })
    }

    fn answer(&mut self, method: &str, params: &Value) -> Answer {
        Ok(match method {
            "Version" => json!({ "Version": "simulated", "APIVersion": 131_840, "BlockDelay": 0 }),
            "StateNetworkName" => json!(self.name),
            "StateNetworkVersion" => json!(28),
            "ChainGetGenesis" | "ChainHead" => self.head(),
            "EthChainId" => return Err("module disabled".into()),
            "WalletDefaultAddress" => json!(Addr(self.deployer)),
            "StateAccountKey" => json!(Addr(self.deployer)),
            "StateActorCodeCIDs" => {
                let entries = self.net.actors().entries.iter();
                let count = if self.init == Init::Lists { usize::MAX } else { 16 };
                entries.take(count).map(|(name, code)| (name.clone(), json!(Link(*code)))).collect()
            }
            "StateGetActor" => {
                let actor = self.net.actor(&address(&params[0])).ok_or("actor not found")?;
                let (code, head) = (Link(actor.code), Link(actor.state));
                let (nonce, balance) = (actor.sequence, Atto(actor.balance));
                json!({ "Code": code, "Head": head, "Nonce": nonce, "Balance": balance })
            }
            "StateLookupID" => {
                let id = self.net.resolve(&address(&params[0])).ok_or("actor not found")?;
                json!(Addr(Address::new_id(id)))
            }
            "StateCall" => {
                let call = call(&params[0]);
                let (exit, reply, gas) = self.judge(&call).unwrap_or_else(|| {
                    let outcome = self.net.dry_run(call);
                    (outcome.exit_code.value(), outcome.return_data.to_vec(), outcome.gas_used)
                });
                let error = if exit == 0 { "" } else { "refused" };
                json!({ "MsgRct": receipt(exit, reply, gas), "Error": error })
            }
            "GasEstimateMessageGas" => self.estimate(&params[0])?,
            "MpoolCheckMessages" => {
                let size = call(&params[0][0]["Message"]).params.len();
                let fits = !matches!(self.init, Init::Installs(limit) if size > limit);
                json!([[{ "Code": 1, "OK": true }, { "Code": 2, "OK": fits }]])
            }
            "MpoolGetNonce" => json!(self.next_nonce()),
            "WalletSignMessage" => {
                let message: MessageJson = read(&params[1]);
                json!(SignedMessageJson::from(&self.sign(message.message().unwrap())))
            }
            "MpoolPush" => self.push(read(&params[0]))?,
            "StateSearchMsg" => self.search(&read::<Link>(&params[1]).0)?,
            "StateReplay" => json!({ "GasCost": { "TotalCost": "12345" } }),
            other => panic!("nobody asks for {other}"),
        })
    }

    /// What an Init of another kind than ours answers: exit code, reply and gas.
    fn judge(&self, call: &Call) -> Option<(u32, Vec<u8>, u64)> {
        let to_init = call.to == INIT;
        match (self.init, call.method) {
            (Init::Official, EXEC) if to_init => Some((18, vec![], 1_000)),
            (Init::Installs(_), EXEC) if to_init => {
                let params: ExecParams = from_slice(&call.params).unwrap();
                let there = self.installed.contains(&params.code_cid);
                (!there).then_some((10, vec![], 1_000))
            }
            (Init::Installs(_), INSTALL) if to_init => {
                let reply = InstallReturn { code_cid: installs(call), installed: true };
                Some((0, to_vec(&reply).unwrap(), 1_000_000))
            }
            _ => None,
        }
    }

    fn estimate(&mut self, message: &Value) -> Answer {
        let call = call(message);
        let (exit, _, gas) = self.judge(&call).unwrap_or_else(|| {
            // Gas is free where it is estimated.
            self.net.set_base_fee(atto(0));
            let before = self.net.snapshot();
            let outcome = self.net.run(call.clone());
            self.net.restore(&before);
            self.net.set_base_fee(atto(BASE_FEE));
            (outcome.exit_code.value(), vec![], outcome.gas_used)
        });
        if exit != 0 {
            return Err(format!("message execution failed (exit=[{exit}], vm error=[refused])"));
        }
        let call = call.gas_limit(gas + gas / 4).gas_fees(atto(1_000), atto(10));
        Ok(json!(MessageJson::from(&call.message(0))))
    }

    fn next_nonce(&self) -> u64 {
        let waiting = self.pool.iter().map(|signed| signed.message.sequence + 1).max();
        self.net.nonce(&self.deployer).max(waiting.unwrap_or(0))
    }

    fn push(&mut self, json: SignedMessageJson) -> Answer {
        let message = json.message.message().unwrap();
        let signed = SignedMessage { message, signature: json.signature.signature().unwrap() };
        let (cid, nonce) = (signed.cid().unwrap(), signed.message.sequence);
        let expected = self.net.nonce(&signed.message.from);
        if nonce < expected {
            return Err(format!(
                "minimum expected nonce is {expected}, got {nonce}: message nonce too low"
            ));
        }
        if let Some(other) = self.pool.iter().find(|other| other.message.sequence == nonce) {
            let taken = format!("message from x with nonce {nonce} already in mpool");
            return Err(match other.cid().unwrap() == cid {
                true => format!("failed to add locked: {taken}: message with nonce already exists"),
                false => {
                    format!("{taken}, increase GasPremium to 9 from 8 to trigger replace by fee")
                }
            });
        }
        self.known.insert(cid);
        self.pool.push(signed);
        Ok(json!(Link(cid)))
    }

    /// A message that waits is on chain when it is looked for the next time.
    fn search(&mut self, cid: &Cid) -> Answer {
        if let Some((receipt, height)) = self.ran.get(cid) {
            return Ok(json!({ "Message": Link(*cid), "Receipt": receipt, "Height": height }));
        }
        if !self.known.contains(cid) {
            return Err(format!("failed to load message: ipld: could not find {cid}"));
        }
        self.mine();
        Ok(Value::Null)
    }

    pub fn mine(&mut self) {
        self.height += 1;
        for signed in std::mem::take(&mut self.pool) {
            let (cid, message) = (signed.cid().unwrap(), signed.message.clone());
            let call = as_call(message.clone());
            let (exit, reply, gas) = match self.judge(&call) {
                Some(judged) => {
                    self.send_something();
                    if call.method == INSTALL {
                        self.installed.insert(installs(&call));
                    }
                    judged
                }
                None => {
                    let SignedMessage { message, signature } = signed;
                    let signature = Signature::new_secp256k1(signature.bytes);
                    let signed = fvm_harness::SignedMessage { message, signature };
                    let outcome = self.net.submit(signed).unwrap();
                    (outcome.exit_code.value(), outcome.return_data.to_vec(), outcome.gas_used)
                }
            };
            self.ran.insert(cid, (receipt(exit, reply, gas), self.height));
            self.log.push((message, exit));
        }
    }
}

fn installs(call: &Call) -> Cid {
    let params: InstallParams = from_slice(&call.params).unwrap();
    let entries = &crate::actors().unwrap().entries;
    let is = |code: &Cid| ::lotus::cid_of(&params.code).hash() == code.hash();
    entries.iter().map(|(_, code)| *code).find(is).unwrap()
}

fn receipt(exit: u32, reply: Vec<u8>, gas: u64) -> Value {
    json!({ "ExitCode": exit, "Return": NullableBase64(reply), "GasUsed": gas, "EventsRoot": null })
}

fn read<T: DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).unwrap()
}

fn address(value: &Value) -> Address {
    parse_address(value.as_str().unwrap()).unwrap()
}

fn call(message: &Value) -> Call {
    as_call(read::<MessageJson>(message).message().unwrap())
}

fn as_call(message: Message) -> Call {
    Call::new(message.from, message.to)
        .raw(message.method_num, &message.params)
        .value(TokenAmount::clone(&message.value))
}

/// A node that listens.
#[derive(Clone)]
pub struct Simulated {
    node: Arc<Mutex<Node>>,
    pub endpoint: Endpoint,
}

impl Simulated {
    pub fn start(node: Node) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/rpc/v1", listener.local_addr().unwrap());
        let node = Arc::new(Mutex::new(node));
        let serving = node.clone();
        spawn(move || {
            for stream in listener.incoming() {
                serve(stream.unwrap(), &mut serving.lock().unwrap());
            }
        });
        Simulated { node, endpoint: Endpoint { url, token: Some(TOKEN.into()) } }
    }

    pub fn node(&self) -> MutexGuard<'_, Node> {
        self.node.lock().unwrap()
    }
}

fn serve(stream: TcpStream, node: &mut Node) {
    let mut reader = BufReader::new(&stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(reader.read_line(&mut head).unwrap(), 0, "a request that ends early: {head}");
    }
    let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")).unwrap();
    let mut body = vec![0; length.parse().unwrap()];
    reader.read_exact(&mut body).unwrap();
    let reply = |status: u16, body: String| {
        let length = body.len();
        let head =
            format!("HTTP/1.1 {status} X\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
        (&stream).write_all((head + &body).as_bytes()).unwrap();
    };
    if !head.contains(&format!("Authorization: Bearer {TOKEN}\r\n")) {
        return reply(401, String::new());
    }
    let request: Value = serde_json::from_slice(&body).unwrap();
    let method = request["method"].as_str().unwrap().strip_prefix("Filecoin.").unwrap().to_owned();
    let death = match node.dies {
        Some((0, death)) => Some(death),
        Some((left, death)) => {
            node.dies = Some((left - 1, death));
            None
        }
        None => None,
    };
    if death == Some(Death::Before) {
        return;
    }
    // Whatever comes after is not answered, and not done either.
    if death == Some(Death::After) {
        node.dies = Some((0, Death::Before));
    }
    node.asked.push(method.clone());
    let answer = match node.answer(&method, &request["params"]) {
        Ok(result) => json!({ "jsonrpc": "2.0", "id": 1, "result": result }),
        Err(message) => {
            json!({ "jsonrpc": "2.0", "id": 1, "error": { "code": 1, "message": message } })
        }
    };
    if death.is_none() {
        reply(200, answer.to_string());
    }
}
