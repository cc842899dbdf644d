//! What the node says of itself.

use std::thread;
use std::time::{Duration, Instant};

use devnet::chain::Settings;
use devnet::server::{Config, Mode, start};
use lotus::rpc::Limits;
use serde_json::json;
use tokio::runtime::Runtime;

use super::setup::Dev;

#[test]
fn the_node_has_the_version_that_clients_of_lotus_ask_for() {
    let dev = Dev::instant();
    let version = dev.ask("Version", json!([]));
    assert_eq!(version["APIVersion"], 0x02_03_00);
    let token = std::fs::read_to_string(dev.repo().join("token")).unwrap();
    let permissions = dev.ask("AuthVerify", json!([token]));
    assert_eq!(permissions, json!(["read", "write", "sign", "admin"]));
    let (code, words) = dev.refused("Nope", json!([]));
    assert_eq!((code, words.as_str()), (-32601, "method 'Filecoin.Nope' not found"));
}

#[test]
fn a_node_stops_while_something_takes_long() {
    let (runtime, dev) = (Runtime::new().unwrap(), Dev::manual());
    let config = Config {
        listen: ([127, 0, 0, 1], 0).into(),
        mode: Mode::Interval(Duration::from_millis(1)),
        repo: dev.repo().join("other"),
        keep: false,
        chain: Settings { name: "suite".into(), genesis_time: 0, base_fee: None, import: None },
        limits: Limits { grace: Duration::from_millis(50), ..Limits::default() },
    };
    let running = runtime.block_on(start(config, fab::actors().unwrap())).unwrap();
    let (node, (begun, begins)) = (running.node.clone(), std::sync::mpsc::channel());
    let long = Duration::from_secs(5);
    runtime.spawn_blocking(move || {
        node.intervene(|_| {
            begun.send(()).unwrap();
            thread::sleep(long);
            Ok(())
        })
    });
    begins.recv().unwrap();
    // Until the clock waits for it too.
    thread::sleep(Duration::from_millis(100));
    let begun = Instant::now();
    runtime.block_on(running.stop()).unwrap();
    runtime.shutdown_background();
    assert!(begun.elapsed() < long / 2);
}
