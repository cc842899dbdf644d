//! A node with a few methods of each kind, and its clients.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use lotus::auth::Permission::{Admin, Read as ReadOnly, Sign, Write as WriteTo};
use lotus::auth::{Permission, Secret};
use lotus::json::Addr;
use lotus::rpc::{Endpoints, Failure, Limits, Methods, Raw, Subscription, serve};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio_tungstenite::tungstenite::{self, Message, WebSocket};

/// Bytes of the largest body of who may only read. That of others is twice as large.
pub const BODY: usize = 20_000;

#[derive(Default)]
pub struct Node {
    /// Who hears of new heads.
    pub heads: Mutex<Vec<mpsc::Sender<u64>>>,
    /// Calls that wait.
    pub waiting: AtomicUsize,
}

impl Node {
    pub fn head(&self, epoch: u64) {
        self.heads.lock().unwrap().retain(|listener| listener.try_send(epoch).is_ok());
    }

    fn listen(&self) -> mpsc::Receiver<u64> {
        let (sender, receiver) = mpsc::channel(16);
        self.heads.lock().unwrap().push(sender);
        receiver
    }
}

struct Waiting(Arc<Node>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::SeqCst);
    }
}

async fn forever(node: Arc<Node>) -> Result<(), Failure> {
    node.waiting.fetch_add(1, Ordering::SeqCst);
    let _waiting = Waiting(node);
    std::future::pending().await
}

fn late() -> Result<(), Failure> {
    panic!("late")
}

fn v1() -> Methods<Node> {
    let mut methods = Methods::default();
    methods.call("ChainHead", ReadOnly, |_: &Node, ()| Ok(json!({ "Height": 1 })));
    methods.call("NetVersion", ReadOnly, |_: &Node, ()| Ok("31415926"));
    methods.call("Version", ReadOnly, |_: &Node, ()| Ok(0x02_03_00));
    methods.call("WalletBalance", ReadOnly, |_: &Node, (_,): (Addr,)| Ok("0"));
    methods.call("WalletList", WriteTo, |_: &Node, ()| Ok(json!([])));
    methods.call("WalletSign", Sign, |_: &Node, (_, _): (Addr, String)| Ok(()));
    methods.call("Fab.Advance", Admin, |_: &Node, (epoch,): (u64,)| Ok(epoch));
    methods.call("Fab.Sleep", ReadOnly, |_: &Node, (millis,): (u64,)| {
        thread::sleep(Duration::from_millis(millis));
        Ok(millis)
    });
    methods.call("Fab.Panic", ReadOnly, |_: &Node, ()| -> Result<(), Failure> { panic!("boom") });
    methods.call("EthEstimateGas", ReadOnly, |_: &Node, _: Raw| -> Result<(), Failure> {
        Err(Failure::reverted("message execution failed", &[0xab]))
    });
    methods.call("EthFeeHistory", ReadOnly, |_: &Node, params: Raw| params.decode::<Value>());
    methods.wait("StateWaitMsg", ReadOnly, |node, _: (Value, u64, i64, bool)| forever(node));
    methods.wait("Fab.LatePanic", ReadOnly, |_: Arc<Node>, ()| async {
        tokio::task::yield_now().await;
        late()
    });
    methods.stream("ChainNotify", ReadOnly, |node: &Node, ()| Ok(node.listen()));
    methods.stream("Fab.Count", ReadOnly, |_: &Node, (most,): (u64,)| {
        let (sender, receiver) = mpsc::channel(1);
        thread::spawn(move || (0..most).try_for_each(|value| sender.blocking_send(value)));
        Ok(receiver)
    });
    methods.subscribe("EthSubscribe", ReadOnly, |node: &Arc<Node>, params: Raw| {
        match params.decode::<Vec<String>>()?.as_slice() {
            [kind] if kind == "newHeads" => {
                Ok(Subscription { id: "0x51".to_owned(), events: node.listen() })
            }
            kinds => Err(Failure::new(format!("unsupported event type: {}", kinds.join(" ")))),
        }
    });
    methods.unsubscribe("EthUnsubscribe", ReadOnly);
    methods
}

fn v0() -> Methods<Node> {
    let mut methods = v1();
    methods.call("Version", ReadOnly, |_: &Node, ()| Ok(0x01_05_00));
    methods.wait("StateWaitMsg", ReadOnly, |node, _: (Value, u64)| forever(node));
    methods
}

/// A toy that is served until it is dropped.
pub struct Toy {
    pub at: SocketAddr,
    pub node: Arc<Node>,
    secret: Arc<Secret>,
    stop: Option<oneshot::Sender<()>>,
    server: Option<JoinHandle<()>>,
}

impl Toy {
    pub fn served() -> Toy {
        Toy::limited(Limits { body: 2 * BODY, public_body: BODY, ..Limits::default() })
    }

    pub fn limited(limits: Limits) -> Toy {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let at = listener.local_addr().unwrap();
        let (node, secret) = (Arc::new(Node::default()), Arc::new(Secret::generate().unwrap()));
        let (stop, stopped) = oneshot::channel();
        let shutdown = async { drop(stopped.await) };
        let endpoints = Endpoints { v0: v0(), v1: v1() };
        let served =
            serve(listener, endpoints, Arc::clone(&node), Arc::clone(&secret), limits, shutdown);
        let server = thread::spawn(move || runtime.block_on(served));
        Toy { at, node, secret, stop: Some(stop), server: Some(server) }
    }

    /// Stops the server, and waits until it has stopped.
    pub fn stop(&mut self) {
        drop(self.stop.take());
        if let Some(server) = self.server.take() {
            server.join().unwrap();
        }
    }

    pub fn token(&self, permissions: &[Permission]) -> String {
        self.secret.token(permissions).unwrap()
    }

    /// Posts text to a path, with headers; status and text of the reply.
    pub fn send(&self, path: &str, headers: &[(&str, &str)], body: &str) -> (u16, String) {
        let agent: ureq::Agent =
            ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let mut request = agent.post(format!("http://{}{path}", self.at));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut response = request.send(body).unwrap();
        (response.status().as_u16(), response.body_mut().read_to_string().unwrap())
    }

    /// Posts to `/rpc/v1` without a token.
    pub fn post(&self, body: &str) -> (u16, Value) {
        self.post_with(&[], body)
    }

    /// The same with headers. The value is null where there is no text.
    pub fn post_with(&self, headers: &[(&str, &str)], body: &str) -> (u16, Value) {
        let (status, text) = self.send("/rpc/v1", headers, body);
        (status, if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() })
    }

    /// Sends bytes, and reads until the server closes.
    pub fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.at).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        let mut text = Vec::new();
        // The server may have closed before all was sent.
        let _ = stream.write_all(bytes);
        let _ = stream.read_to_end(&mut text);
        String::from_utf8_lossy(&text).into_owned()
    }

    pub fn connect(&self, path: &str) -> Client {
        let stream = TcpStream::connect(self.at).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        let (socket, _) = tungstenite::client(format!("ws://{}{path}", self.at), stream).unwrap();
        Client { socket }
    }

    /// Waits until as many calls wait.
    pub fn until_waiting(&self, count: usize) {
        let deadline = Instant::now() + Duration::from_secs(5);
        while self.node.waiting.load(Ordering::SeqCst) != count {
            assert!(Instant::now() < deadline, "never {count} calls that wait");
            thread::sleep(Duration::from_millis(2));
        }
    }
}

impl Drop for Toy {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A client over WebSocket.
pub struct Client {
    pub socket: WebSocket<TcpStream>,
}

impl Client {
    pub fn send(&mut self, text: &str) {
        self.socket.send(Message::text(text)).unwrap();
    }

    pub fn call(&mut self, id: u64, method: &str, params: Value) {
        self.send(
            &json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string(),
        );
    }

    /// The next frame of text.
    pub fn next(&mut self) -> Value {
        loop {
            if let Message::Text(text) = self.socket.read().unwrap() {
                return serde_json::from_str(&text).unwrap();
            }
        }
    }
}

/// A successful reply.
pub fn result(id: impl Into<Value>, result: Value) -> Value {
    json!({ "id": id.into(), "jsonrpc": "2.0", "result": result })
}

/// A reply that says what failed.
pub fn failure(id: impl Into<Value>, code: i64, message: &str) -> Value {
    json!({ "id": id.into(), "jsonrpc": "2.0", "error": { "code": code, "message": message } })
}
