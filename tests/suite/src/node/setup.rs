//! A node of the tests' own, and its clients.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use data_encoding::BASE64;
use devnet::chain::Settings;
use devnet::node::Node;
use devnet::server::{Config, Mode, Running, start};
use fvm_harness::{Key, TokenAmount, atto};
use lotus::json::Addr;
use lotus::rpc::Limits;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

/// A node that is served until it is dropped.
pub struct Dev {
    runtime: Option<Runtime>,
    pub running: Option<Running>,
    pub url: String,
    pub token: String,
    config: Config,
    repo: Repo,
    http: ureq::Agent,
}

/// A directory for a node, which goes with it.
struct Repo(PathBuf);

impl Drop for Repo {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Dev {
    /// A node that makes a tipset for each message, on a network where gas costs next to nothing.
    pub fn instant() -> Self {
        Self::mining(Mode::Instant)
    }

    /// A node that makes tipsets when it is told to.
    pub fn manual() -> Self {
        Self::mining(Mode::Manual)
    }

    /// A node on a network where gas costs nothing.
    pub fn free_gas(mode: Mode) -> Self {
        Self::open(mode, false, atto(0))
    }

    pub fn mining(mode: Mode) -> Self {
        Self::open(mode, false, atto(100))
    }

    /// A node that makes tipsets when it is told to, and that has its chain and its keys again after
    /// [`Dev::restart`].
    pub fn kept() -> Self {
        Self::open(Mode::Manual, true, atto(100))
    }

    /// A node that goes on with the chain of a CAR, or says why it cannot.
    pub fn import(car: &Path) -> anyhow::Result<Self> {
        let mut dev = Self::prepare(Mode::Manual, false, atto(100));
        dev.config.chain.import = Some(car.to_owned());
        dev.start()?;
        Ok(dev)
    }

    fn open(mode: Mode, keep: bool, base_fee: TokenAmount) -> Self {
        let mut dev = Self::prepare(mode, keep, base_fee);
        dev.start().unwrap();
        dev
    }

    fn prepare(mode: Mode, keep: bool, base_fee: TokenAmount) -> Self {
        static NODES: AtomicU32 = AtomicU32::new(0);
        let n = NODES.fetch_add(1, Ordering::Relaxed);
        let repo = Repo(std::env::temp_dir().join(format!("fab-{}-{n}", std::process::id())));
        let config = Config {
            listen: ([127, 0, 0, 1], 0).into(),
            mode,
            repo: repo.0.clone(),
            keep,
            chain: Settings {
                name: "suite".into(),
                genesis_time: 0,
                base_fee: Some(base_fee),
                import: None,
            },
            limits: Limits::default(),
        };
        Dev {
            runtime: Some(Runtime::new().unwrap()),
            running: None,
            url: String::new(),
            token: String::new(),
            config,
            repo,
            http: ureq::Agent::config_builder().http_status_as_error(false).build().into(),
        }
    }

    fn start(&mut self) -> anyhow::Result<()> {
        let runtime = self.runtime.as_ref().unwrap();
        let running = start(self.config.clone(), fab::actors().unwrap());
        let running = runtime.block_on(running)?;
        self.url = format!("http://{}/rpc/v1", running.address);
        self.token.clone_from(&running.token);
        self.running = Some(running);
        Ok(())
    }

    /// Stops the node, and starts another in the same directory.
    pub fn restart(&mut self) {
        let running = self.running.take().unwrap();
        self.runtime.as_ref().unwrap().block_on(running.stop()).unwrap();
        self.start().unwrap();
    }

    /// The node itself, for what only its owner does.
    pub fn node(&self) -> &Arc<Node> {
        &self.running.as_ref().unwrap().node
    }

    /// Gives the caller no more than these permissions from now on.
    pub fn permit(&mut self, permissions: &[&str]) {
        self.token = self.running.as_ref().unwrap().token.clone();
        let token = self.ask("AuthNew", json!([permissions]));
        let token = BASE64.decode(token.as_str().unwrap().as_bytes()).unwrap();
        self.token = String::from_utf8(token).unwrap();
    }

    /// The account with most FIL, whose key is in the wallet from then on.
    pub fn faucet(&self) -> String {
        let key = Key::secp256k1("faucet");
        let address = Addr(key.address().unwrap()).to_string();
        if self.ask("WalletHas", json!([address])) == json!(false) {
            let Key::Secp256k1(key) = key else { unreachable!("the key of another type") };
            let key = BASE64.encode(&key.to_bytes());
            self.ask("WalletImport", json!([{ "Type": "secp256k1", "PrivateKey": key }]));
        }
        address
    }

    /// A new account of the wallet with 10 FIL.
    pub fn account(&self, key_type: &str) -> String {
        let address = self.ask("WalletNew", json!([key_type])).as_str().unwrap().to_owned();
        let value = "10000000000000000000";
        let gift = json!({ "From": self.faucet(), "To": address, "Value": value });
        self.ask("MpoolPushMessage", json!([gift, null]));
        if self.config.mode == Mode::Manual {
            self.node().mine().unwrap();
            self.node().mine().unwrap();
        }
        address
    }

    /// Where clients find the node's address and token.
    pub fn repo(&self) -> &PathBuf {
        &self.repo.0
    }

    /// The whole answer of a call with the node's own token.
    pub fn answer(&self, method: &str, params: Value) -> Value {
        let call = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let request = self
            .http
            .post(&self.url)
            .header("Authorization", format!("Bearer {}", self.token))
            .header("Content-Type", "application/json");
        let mut response = request.send(call.to_string()).unwrap();
        serde_json::from_str(&response.body_mut().read_to_string().unwrap()).unwrap()
    }

    /// What a method of Lotus returns.
    #[track_caller]
    pub fn ask(&self, method: &str, params: Value) -> Value {
        let answer = self.answer(&full_name(method), params);
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].clone()
    }

    /// Why a method of Lotus does not do what it is asked: its code, and its words.
    #[track_caller]
    pub fn refused(&self, method: &str, params: Value) -> (i64, String) {
        let answer = self.answer(&full_name(method), params);
        let error = answer.get("error").unwrap_or_else(|| panic!("{method}: {answer}"));
        (error["code"].as_i64().unwrap(), error["message"].as_str().unwrap().to_owned())
    }
}

/// Names without a namespace are those of Lotus.
fn full_name(method: &str) -> String {
    match method.contains(['.', '_']) {
        true => method.to_owned(),
        false => format!("Filecoin.{method}"),
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        if let (Some(runtime), Some(running)) = (self.runtime.take(), self.running.take()) {
            let _ = runtime.block_on(running.stop());
            runtime.shutdown_background();
        }
    }
}
